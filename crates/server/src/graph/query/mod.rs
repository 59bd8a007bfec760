//! Query options: `$select`, `$expand`, `$filter`, `$orderby`, `$search`, `$top`, `$skip`, `$count`, with and without
//! `$`. Nested options of `$expand` have the same form.

mod cursor;
mod names;
mod options;
mod page;
mod search;
mod shape;

use jiff::Timestamp;
use ringfence_model::document::ApiVersion;
use serde_json::Value;

use super::{
    filter::{Filter, How, Narrow},
    schema::Type,
};
use crate::http::ApiError;

pub(crate) use cursor::{After, Next};
pub(super) use names::check as check_name;
pub(crate) use options::foreign_token;
pub(super) use page::is_a;
pub(crate) use page::{Page, apply, retain};
use search::Search;
pub(super) use shape::shape;

/// The options of one request, or of one expanded member.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    /// Members to show, each a path of names; empty shows all.
    select: Vec<Vec<String>>,
    expand: Vec<Expand>,
    filter: Option<Filter>,
    order: Vec<Order>,
    search: Option<Search>,
    pub(crate) top: Option<usize>,
    pub(crate) skip: usize,
    /// Where the page before ended.
    pub(crate) after: Option<After>,
    pub(crate) count: bool,
    /// What the path says about the answer.
    pub(super) scope: Scope,
    /// Everything as it came, to be repeated in a next link.
    pairs: Vec<(String, String)>,
}

/// What the path says about the answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scope {
    /// Type of the objects the path leads to, when the table knows.
    pub(super) kind: Option<&'static Type>,
    /// Only objects of this type are wanted.
    pub(super) cast: Option<&'static Type>,
    /// Only their number is wanted.
    pub(super) count_only: bool,
    /// Only where they are is wanted.
    pub(super) references: bool,
}

/// A navigation that is to be written inline.
#[derive(Debug, Clone)]
pub(crate) struct Expand {
    pub(super) name: String,
    /// Its own options.
    pub(super) query: Query,
}

#[derive(Debug, Clone)]
struct Order {
    path: Vec<String>,
    descending: bool,
}

impl Query {
    /// Unknown, empty and repeated parts do not fail; a wrong number does.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        options::parse(text)
    }

    /// Whether a navigation property is to be written inline.
    pub(crate) fn expands(&self, name: &str) -> bool {
        self.expanded(name).is_some()
    }

    /// The options for a navigation property that is to be written inline. They are applied to it afterwards; what
    /// is costly to gather can be cut before.
    pub(crate) fn expanded(&self, name: &str) -> Option<&Self> {
        let found = self.expand.iter().find(|expand| expand.name.eq_ignore_ascii_case(name));
        found.map(|expand| &expand.query)
    }

    /// Whether anything is to be written inline.
    pub(crate) fn expands_anything(&self) -> bool {
        !self.expand.is_empty()
    }

    /// The value of an option that is not OData's, such as `userId`.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether only some members are shown.
    pub(super) fn has_selection(&self) -> bool {
        !self.select.is_empty()
    }

    /// Whether the collection can be cut by the database.
    pub(crate) fn is_plain(&self) -> bool {
        self.filter.is_none()
            && self.order.is_empty()
            && self.search.is_none()
            && self.scope.cast.is_none()
            && !self.count
    }

    /// Whether everything is wanted, in whatever order; some of it perhaps, or how much it is.
    pub(crate) fn is_whole(&self) -> bool {
        self.filter.is_none() && self.order.is_empty() && self.search.is_none()
    }

    /// Whether only the number of objects is wanted.
    pub(crate) fn counts_only(&self) -> bool {
        self.scope.count_only
    }

    /// What a database can narrow the collection by, and whether that is all that the filter and the search say.
    pub(crate) fn narrowing(&self) -> (Vec<Narrow>, bool) {
        let (mut found, mut exact) = self.filter.as_ref().map_or((Vec::new(), true), Filter::narrow);
        if let Some(search) = &self.search {
            found.extend(search.single().into_iter().map(|(member, text)| Narrow {
                member,
                how: How::Contains,
                text,
            }));
            exact = false;
        }
        (found, exact && self.scope.cast.is_none())
    }

    /// The earliest and the latest time, in milliseconds since 1970, that a member can have in what the filter lets through.
    pub(crate) fn times(&self, member: &str) -> (Option<i64>, Option<i64>) {
        let (since, until) = self.filter.as_ref().map_or((None, None), |filter| filter.times(member));
        (since.map(Timestamp::as_millisecond), until.map(Timestamp::as_millisecond))
    }

    /// Whether nothing is left out, in whatever order.
    pub(crate) fn is_unfiltered(&self) -> bool {
        self.filter.is_none() && self.search.is_none() && self.scope.cast.is_none()
    }

    /// The one member that orders the collection, and whether the last comes first; `None` for none or several.
    pub(crate) fn ordered_by(&self) -> Option<(&str, bool)> {
        match self.order.as_slice() {
            [Order { path, descending }] => match path.as_slice() {
                [name] => Some((name, *descending)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an order is wanted.
    pub(crate) fn is_ordered(&self) -> bool {
        !self.order.is_empty()
    }

    /// The options of the page after this one.
    pub(crate) fn next(&self, next: &Next) -> String {
        let next = match next {
            Next::Skip(skip) => format!("$skip={skip}"),
            Next::After(after) => format!("$skiptoken={}", after.token()),
        };
        let kept = self.pairs.iter().filter(|(name, _)| name != "$skip" && name != "$skiptoken");
        let parts = kept.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        parts.chain([next]).collect::<Vec<_>>().join("&")
    }

    /// The fragment of the context that tells what was selected and expanded: `(id,apps())`.
    pub(crate) fn shape(&self) -> String {
        let selected = self.select.iter().map(|path| path.join("/"));
        let expanded = self.expand.iter().map(|expand| {
            let inner = expand.query.shape();
            format!("{}{}", expand.name, if inner.is_empty() { "()".to_owned() } else { inner })
        });
        let all: Vec<String> = selected.chain(expanded).collect();
        if all.is_empty() { String::new() } else { format!("({})", all.join(",")) }
    }

    /// Refuses names that neither the type nor any of the items has, and navigation that was not written inline.
    pub(super) fn check_shown(
        &self,
        kind: Option<&Type>,
        version: ApiVersion,
        items: &[Value],
    ) -> Result<(), ApiError> {
        for path in &self.select {
            names::check("$select", path, kind, items)?;
        }
        for expand in &self.expand {
            names::check_navigation(&expand.name, kind, version, items)?;
        }
        Ok(())
    }
}

/// A member of an entity, its name in any letter case.
pub(super) fn member<'a>(item: &'a Value, name: &str) -> &'a Value {
    find_member(item, name).unwrap_or(&Value::Null)
}

/// The same, absent when the entity does not have it.
pub(super) fn find_member<'a>(item: &'a Value, name: &str) -> Option<&'a Value> {
    let members = item.as_object()?;
    members
        .get(name)
        .or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Percent encoding for a query.
pub(super) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~,()'/$".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
