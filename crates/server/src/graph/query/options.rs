//! Reads query options.

use axum::http::StatusCode;

use super::{After, Expand, Order, Query, search};
use crate::{
    graph::{
        filter::Filter,
        path::{not_utf8, percent_decode, split_outside},
        schema::schema,
    },
    http::ApiError,
};

/// Options that OData names; they are written with `$` in next links.
const KNOWN: [&str; 10] =
    ["select", "expand", "filter", "orderby", "search", "top", "skip", "skiptoken", "count", "format"];

/// Longest nesting of `$expand`.
const EXPAND_DEPTH_MAX: usize = 4;

/// The query of a URL.
pub(super) fn parse(text: &str) -> Result<Query, ApiError> {
    let mut query = Query::default();
    for part in text.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let decode = |raw: &str| percent_decode(&raw.replace('+', " ")).ok_or_else(|| not_utf8("query", raw));
        let (name, value) = (decode(name)?, decode(value)?);
        let known = name.strip_prefix('$').unwrap_or(&name).to_ascii_lowercase();
        if KNOWN.contains(&known.as_str()) {
            set(&mut query, &known, &value, 0)?;
            query.pairs.push((format!("${known}"), value));
        } else if !name.trim().is_empty() {
            query.pairs.push((name, value));
        }
    }
    Ok(query)
}

fn set(query: &mut Query, name: &str, value: &str, depth: usize) -> Result<(), ApiError> {
    let text = value.trim();
    match name {
        "select" => {
            query.select = parts(text, ',').into_iter().filter(|part| *part != "*").map(path).collect();
        }
        "expand" => {
            query.expand =
                parts(text, ',').into_iter().map(|part| expand(part, depth)).collect::<Result<_, _>>()?;
        }
        "filter" => query.filter = if text.is_empty() { None } else { Some(Filter::parse(value)?) },
        "orderby" => query.order = order(text)?,
        "search" => query.search = search::parse(text)?,
        "top" => query.top = Some(number("$top", text)?),
        "skip" => query.skip = number("$skip", text)?,
        "skiptoken" => query.after = Some(After::parse(text).ok_or_else(|| foreign_token(text))?),
        "count" => query.count = flag("$count", text)?,
        _ => {}
    }
    Ok(())
}

fn parts(text: &str, separator: char) -> Vec<&str> {
    split_outside(text, separator).into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// `microsoft.graph.x/a/b` → `a`, `b`: casts say nothing that the object does not say itself.
fn path(text: &str) -> Vec<String> {
    let steps = text.split('/').map(str::trim).filter(|step| !step.is_empty());
    steps.filter(|step| !is_cast(step)).map(str::to_owned).collect()
}

fn is_cast(step: &str) -> bool {
    step.contains('.') && schema().find_type(step).is_some()
}

/// `apps`, `apps($select=id;$top=2)`, `microsoft.graph.x/roleScopeTags`, `members/microsoft.graph.user`.
fn expand(text: &str, depth: usize) -> Result<Expand, ApiError> {
    let (name, inner) = match text.split_once('(') {
        Some((name, rest)) => {
            let inner = rest.strip_suffix(')').ok_or_else(|| {
                ApiError::bad_request("query_not_understood", format!("`$expand` lacks a `)`: `{text}`"))
            })?;
            (name, inner)
        }
        None => (text, ""),
    };
    if depth >= EXPAND_DEPTH_MAX {
        let detail = format!("`$expand` is nested deeper than {EXPAND_DEPTH_MAX} levels");
        return Err(ApiError::bad_request("query_not_understood", detail));
    }
    let mut query = Query::default();
    for part in parts(inner, ';') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let known = name.trim().trim_start_matches('$').to_ascii_lowercase();
        if !KNOWN.contains(&known.as_str()) {
            let there = KNOWN.iter().map(|known| format!("`${known}`")).collect::<Vec<_>>().join(", ");
            let detail = format!("`$expand`: inside `{text}` stands `{}`; there may be {there}", name.trim());
            return Err(ApiError::bad_request("query_not_understood", detail));
        }
        set(&mut query, &known, value, depth + 1)?;
        query.pairs.push((format!("${known}"), value.to_owned()));
    }
    let mut steps: Vec<&str> = name.split('/').map(str::trim).filter(|step| !step.is_empty()).collect();
    if steps.last().is_some_and(|last| last.eq_ignore_ascii_case("$ref")) {
        let detail = format!("`$expand`: this server writes whole objects, not where they are: `{name}`");
        return Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, "operation_not_offered", detail));
    }
    // A cast before the name says of which type it is, one behind it which objects are wanted.
    if let [.., _, last] = steps.as_slice()
        && is_cast(last)
    {
        query.scope.cast = schema().find_type(last);
        steps.pop();
    }
    Ok(Expand { name: steps.pop().unwrap_or_default().to_owned(), query })
}

fn order(text: &str) -> Result<Vec<Order>, ApiError> {
    let one = |part: &str| {
        let mut words = part.split_whitespace();
        let path = path(words.next().unwrap_or_default());
        let descending = match words.next() {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("asc") => false,
            Some(word) if word.eq_ignore_ascii_case("desc") => true,
            Some(word) => {
                let detail = format!("`$orderby` takes `asc` or `desc` after a name, not `{word}`");
                return Err(ApiError::bad_request("query_not_understood", detail));
            }
        };
        Ok(Order { path, descending })
    };
    parts(text, ',').into_iter().map(one).collect()
}

/// A `$skiptoken` that this set did not give.
pub(crate) fn foreign_token(text: &str) -> ApiError {
    let detail = format!("`$skiptoken` must be one that a next link of this list brought, not `{text}`");
    ApiError::bad_request("invalid_value", detail)
}

fn number(name: &str, value: &str) -> Result<usize, ApiError> {
    value.parse().map_err(|_| {
        ApiError::bad_request("invalid_value", format!("`{name}` must be a whole number, not `{value}`"))
    })
}

fn flag(name: &str, value: &str) -> Result<bool, ApiError> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => Err(ApiError::bad_request(
            "invalid_value",
            format!("`{name}` must be true or false, not `{value}`"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Query;

    #[test]
    fn nested_options_and_casts() {
        let query = Query::parse(
            "%24expand=apps($select=id;$top=2),microsoft.graph.x/assignments,roles($expand=a(select=b))&&_=1&$select=id,microsoft.graph.iosManagedAppProtection/faceIdBlocked&",
        );
        let query = query.unwrap();
        assert_eq!(query.shape(), "(id,faceIdBlocked,apps(id),assignments(),roles(a(b)))");
        assert_eq!(query.expanded("APPS").unwrap().top, Some(2));
        assert_eq!(query.option("_"), Some("1"));
        assert!(query.next(&super::super::Next::Skip(7)).ends_with("faceIdBlocked&$skip=7"));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let deep = format!("$expand={}{}", "a($expand=".repeat(1000), ")".repeat(1000));
        for text in ["$top=x", "$count=maybe", "$orderby=a up", "$expand=a(", "$filter=%ff", "%ff=1", &deep] {
            assert!(Query::parse(text).is_err(), "{text}");
        }
        for text in ["", "&&", "=", "x", "?", "$top=1&$top=2", "$select=,,", "top=5&format=json"] {
            assert!(Query::parse(text).is_ok(), "{text}");
        }
    }
}
