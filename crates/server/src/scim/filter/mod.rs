//! Filters (RFC 7644 §3.4.2.2) and paths of changes (§3.5.2): parsed against the attributes, errors name the position.

mod judge;
mod parse;

use serde_json::Value;

use super::{path::Target, schema::Attribute};
use crate::directory::{Column, Condition};

pub(super) use judge::{boolean, values};
pub(super) use parse::{parse, parse_place};

/// A parsed filter.
#[derive(Debug, Clone)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Test(Target, Op, Value),
    Present(Target),
    /// One value of a complex attribute meets the filter.
    Within(Target, Box<Filter>),
    /// It asks for what is never kept.
    Never,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Op {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "co" => Self::Co,
            "sw" => Self::Sw,
            "ew" => Self::Ew,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "lt" => Self::Lt,
            "le" => Self::Le,
            _ => return None,
        })
    }
}

/// Where a change is made.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Attribute { target: Target, filter: Option<Filter> },
    Extension,
    Dropped,
}

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misread {
    /// Counts characters from 1.
    pub(super) at: usize,
    pub(super) why: String,
    /// The attribute is one that this kind of resource does not have.
    pub(super) unknown: bool,
}

impl Filter {
    /// What the database can narrow the resources by; all that meet the filter meet these.
    pub(super) fn conditions(&self) -> Vec<Condition> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::conditions).collect(),
            Self::Test(target, op, Value::String(text)) => condition(target, *op, text).into_iter().collect(),
            Self::Test(target, Op::Eq, value) if target.is("active", None) => {
                let enabled = boolean(value).map(|on| if on { "1" } else { "0" }.to_owned());
                enabled.map(|enabled| Condition::Equals(Column::Enabled, enabled)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The one id that an attribute (`members`, `groups`) must have among its values, and the rest of the filter; `None`
    /// when it asks for the attribute in any other way or not at all.
    pub(super) fn split_id(&self, attribute: &str) -> Option<(String, Filter)> {
        if let Some(id) = self.id_among(attribute) {
            return Some((id, Self::All(Vec::new())));
        }
        let Self::All(parts) = self else { return None };
        let at = parts.iter().position(|part| part.id_among(attribute).is_some())?;
        let id = parts.get(at)?.id_among(attribute)?;
        let rest: Vec<Self> = parts
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != at)
            .map(|(_, part)| part.clone())
            .collect();
        let rest = Self::All(rest);
        (!rest.asks(attribute)).then_some((id, rest))
    }

    fn id_among(&self, attribute: &str) -> Option<String> {
        match self {
            Self::Test(target, Op::Eq, Value::String(id))
                if target.is(attribute, Some("value")) || target.is(attribute, None) =>
            {
                Some(id.clone())
            }
            Self::Within(target, inner) if target.is(attribute, None) => inner.id_alone(),
            _ => None,
        }
    }

    /// The id, of a filter in the brackets of `members` that asks for it alone.
    pub(super) fn id_alone(&self) -> Option<String> {
        match self {
            Self::Test(part, Op::Eq, Value::String(id)) if part.is("value", None) => Some(id.clone()),
            _ => None,
        }
    }

    /// The id that everything must have that meets a filter in the brackets of `members`.
    pub(super) fn id_demanded(&self) -> Option<String> {
        match self {
            Self::All(parts) => parts.iter().find_map(Self::id_demanded),
            _ => self.id_alone(),
        }
    }

    /// Whether it asks for an attribute.
    pub(super) fn asks(&self, name: &str) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.asks(name)),
            Self::Not(part) => part.asks(name),
            Self::Test(target, ..) | Self::Present(target) | Self::Within(target, _) => {
                target.attribute.name == name
            }
            Self::Never => false,
        }
    }

    /// The values that something must have to meet it, when it says no more than that: `type eq "work"`.
    pub(super) fn demanded(&self) -> Option<Vec<(&'static Attribute, Value)>> {
        match self {
            Self::Test(target, Op::Eq, value) if !value.is_null() => {
                Some(vec![(target.compared()?, value.clone())])
            }
            Self::All(parts) => {
                let all: Option<Vec<_>> = parts.iter().map(Self::demanded).collect();
                all.map(|all| all.into_iter().flatten().collect())
            }
            _ => None,
        }
    }
}

fn condition(target: &Target, op: Op, text: &str) -> Option<Condition> {
    let column = match target.attribute.name {
        _ if target.part.is_some() || target.extension => return None,
        "id" => Column::Id,
        "userName" => Column::Name,
        "externalId" => Column::External,
        "displayName" => Column::Display,
        _ => return None,
    };
    match op {
        Op::Eq => Some(Condition::Equals(column, text.to_owned())),
        Op::Sw => Some(Condition::Begins(column, text.to_owned())),
        _ => None,
    }
}
