//! Query options: `$select`, `$expand`, `$filter`, `$orderby`, `$top`, `$skip`, `$count`, with and without `$`.

use serde_json::{Map, Value};

use super::{filter, path::percent_decode};
use crate::http::ApiError;

/// The options of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    select: Vec<String>,
    expand: Vec<String>,
    filter: Option<String>,
    order: Vec<(String, bool)>,
    pub(crate) top: Option<usize>,
    pub(crate) skip: usize,
    pub(crate) count: bool,
    /// Everything as it came, to be repeated in a next link.
    pairs: Vec<(String, String)>,
}

/// One page of a collection.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    /// Of the whole collection, when asked for.
    pub(crate) count: Option<usize>,
    /// How many the next page skips, when there is one.
    pub(crate) next_skip: Option<usize>,
}

impl Query {
    /// Unknown, empty and repeated parts do not fail; a wrong number does.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let mut query = Self::default();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = percent_decode(name).trim_start_matches('$').to_ascii_lowercase();
            let value = percent_decode(&value.replace('+', " "));
            match name.as_str() {
                "select" => query.select = names(&value),
                "expand" => query.expand = names(&value),
                "filter" if !value.trim().is_empty() => query.filter = Some(value.clone()),
                "orderby" => query.order = order(&value),
                "top" => query.top = Some(number("$top", &value)?),
                "skip" | "skiptoken" => query.skip = number("$skip", &value)?,
                "count" => query.count = value.eq_ignore_ascii_case("true"),
                _ => continue,
            }
            query.pairs.push((name, value));
        }
        Ok(query)
    }

    /// Whether a navigation property is to be written inline.
    pub(crate) fn expands(&self, name: &str) -> bool {
        self.expand.iter().any(|expanded| expanded.eq_ignore_ascii_case(name))
    }

    /// Whether the collection can be cut by the database.
    pub(crate) fn is_plain(&self) -> bool {
        self.filter.is_none() && self.order.is_empty() && !self.count
    }

    /// The options of the page after this one.
    pub(crate) fn next(&self, skip: usize) -> String {
        let kept = self.pairs.iter().filter(|(name, _)| name != "skip" && name != "skiptoken");
        let mut parts: Vec<String> = kept.map(|(name, value)| format!("${name}={}", encode(value))).collect();
        parts.push(format!("$skip={skip}"));
        parts.join("&")
    }

    /// The fragment of the context that tells what was selected: `(id,displayName)`.
    pub(crate) fn shape(&self) -> String {
        let expanded = self.expand.iter().map(|name| format!("{name}()"));
        let all: Vec<String> = self.select.iter().cloned().chain(expanded).collect();
        if all.is_empty() { String::new() } else { format!("({})", all.join(",")) }
    }
}

/// Filters, orders and cuts a collection that is wholly in memory.
pub(crate) fn apply(query: &Query, mut items: Vec<Value>, page_default: usize) -> Result<Page, ApiError> {
    if let Some(text) = &query.filter {
        let filter = filter::parse(text).map_err(|why| {
            ApiError::bad_request("filter_not_understood", format!("`$filter` {why}: `{text}`"))
        })?;
        items.retain(|item| filter.holds(item));
    }
    for (name, descending) in query.order.iter().rev() {
        items.sort_by(|a, b| {
            let ordering = sort_key(a, name).cmp(&sort_key(b, name));
            if *descending { ordering.reverse() } else { ordering }
        });
    }
    let count = query.count.then_some(items.len());
    let (top, total) = (query.top.unwrap_or(page_default), items.len());
    let items: Vec<Value> = items.into_iter().skip(query.skip).take(top).collect();
    let reached = query.skip.saturating_add(items.len());
    let next_skip = (reached < total && !items.is_empty()).then_some(reached);
    Ok(Page { items, count, next_skip })
}

/// Trims an entity to what was selected; annotations stay.
pub(crate) fn select(query: &Query, entity: Value) -> Value {
    let Value::Object(members) = entity else { return entity };
    if query.select.is_empty() {
        return Value::Object(members);
    }
    let wanted = |name: &str| {
        let plain = name.split('@').next().unwrap_or_default();
        name.starts_with("@odata.")
            || query.select.iter().any(|selected| selected.eq_ignore_ascii_case(plain))
            || query.expand.iter().any(|expanded| expanded.eq_ignore_ascii_case(plain))
    };
    Value::Object(members.into_iter().filter(|(name, _)| wanted(name)).collect::<Map<_, _>>())
}

/// A member of an entity, its name in any letter case.
pub(super) fn member<'a>(item: &'a Value, name: &str) -> &'a Value {
    let found =
        item.as_object().and_then(|members| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
    found.map_or(&Value::Null, |(_, value)| value)
}

fn sort_key(item: &Value, name: &str) -> String {
    match member(item, name) {
        Value::String(text) => text.to_lowercase(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// `a,microsoft.graph.x/b,apps($select=id)`: the last step of each path, nested options dropped.
fn names(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => out.push(String::new()),
            _ if depth == 0 => out.iter_mut().last().into_iter().for_each(|last| last.push(c)),
            _ => {}
        }
    }
    let short = |name: String| name.trim().rsplit('/').next().unwrap_or_default().to_owned();
    out.into_iter().map(short).filter(|name| !name.is_empty() && name != "*").collect()
}

fn order(text: &str) -> Vec<(String, bool)> {
    let parse = |part: &str| {
        let mut words = part.split_whitespace();
        let name = words.next()?.rsplit('/').next()?.to_owned();
        Some((name, words.next().is_some_and(|word| word.eq_ignore_ascii_case("desc"))))
    };
    text.split(',').filter_map(parse).collect()
}

fn number(name: &str, value: &str) -> Result<usize, ApiError> {
    value.trim().parse().map_err(|_| {
        ApiError::bad_request("invalid_value", format!("`{name}` must be a whole number, not `{value}`"))
    })
}

fn encode(text: &str) -> String {
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
