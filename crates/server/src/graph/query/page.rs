//! Filters, orders and cuts a collection that is wholly in memory.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Next, Query, member, names, options::foreign_token};
use crate::{
    graph::schema::{Type, schema},
    http::ApiError,
};

/// One page of a collection.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    /// Of the whole collection, when asked for.
    pub(crate) count: Option<usize>,
    /// Where the next page begins, when there is one.
    pub(crate) next: Option<Next>,
}

/// Those that are of the wanted type and meet filter and search. A large collection is cut down with it batch by batch
/// before it is handed to [`apply`].
pub(crate) fn retain(query: &Query, mut items: Vec<Value>) -> Result<Vec<Value>, ApiError> {
    let kind = query.scope.kind;
    if let Some(cast) = query.scope.cast {
        items.retain(|item| is_a(item, kind, cast));
    }
    if let Some(filter) = &query.filter {
        let filter = filter.check(kind, &items)?;
        let mut kept = Vec::with_capacity(items.len());
        for item in items {
            if filter.holds(&item)? {
                kept.push(item);
            }
        }
        items = kept;
    }
    if let Some(search) = &query.search {
        for name in search.members() {
            names::check("$search", std::slice::from_ref(name), kind, &items)?;
        }
        items.retain(|item| search.holds(item));
    }
    Ok(items)
}

/// Filters, searches, orders and cuts.
pub(crate) fn apply(query: &Query, items: Vec<Value>, page_default: usize) -> Result<Page, ApiError> {
    let kind = query.scope.kind;
    if let Some(after) = &query.after {
        return Err(foreign_token(&after.token()));
    }
    let mut items = retain(query, items)?;
    for order in &query.order {
        names::check("$orderby", &order.path, kind, &items)?;
    }
    for order in query.order.iter().rev() {
        items.sort_by(|a, b| {
            let ordering = compare(at(a, &order.path), at(b, &order.path));
            if order.descending { ordering.reverse() } else { ordering }
        });
    }
    let count = query.count.then_some(items.len());
    let (top, total) = (query.top.unwrap_or(page_default), items.len());
    let items: Vec<Value> = items.into_iter().skip(query.skip).take(top).collect();
    let reached = query.skip.saturating_add(items.len());
    let next = (reached < total && !items.is_empty()).then_some(Next::Skip(reached));
    Ok(Page { items, count, next })
}

/// Whether an item is of a type: of its own, or of the set's when it states none.
pub(in crate::graph) fn is_a(item: &Value, declared: Option<&'static Type>, wanted: &Type) -> bool {
    let stated = member(item, "@odata.type").as_str();
    let found = stated.and_then(|name| schema().find_type(name)).or(declared);
    found.is_some_and(|found| schema().is_a(found, wanted))
}

fn at<'a>(item: &'a Value, path: &[String]) -> &'a Value {
    path.iter().fold(item, |value, step| member(value, step))
}

/// Nothing comes first, then false, true, numbers, texts in any letter case.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        _ => 4,
    }
}
