//! Whether a resource meets a filter.

use serde_json::Value;

use super::{Filter, Op};
use crate::scim::{
    path::Target,
    schema::{Attribute, ENTERPRISE, Kind},
};

impl Filter {
    /// Whether a resource, or a value in brackets, meets the filter.
    pub(in crate::scim) fn holds(&self, item: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(item)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(item)),
            Self::Not(part) => !part.holds(item),
            Self::Never => false,
            Self::Present(target) => values(target, item).iter().any(|value| is_there(value)),
            Self::Within(target, inner) => {
                values(target, item).into_iter().any(|element| inner.holds(element))
            }
            Self::Test(target, op, wanted) => test(target, *op, wanted, item),
        }
    }
}

/// A truth value, also as the text that some clients write.
pub(in crate::scim) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

pub(super) fn instant(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str()?.parse().ok()
}

/// The values at a target, the parts of a multi-valued attribute one by one.
pub(in crate::scim) fn values<'a>(target: &Target, item: &'a Value) -> Vec<&'a Value> {
    let holder = if target.extension { item.get(ENTERPRISE.id) } else { Some(item) };
    let Some(found) = holder.and_then(|holder| holder.get(target.attribute.name)) else { return Vec::new() };
    let each: Vec<&Value> = match found {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    };
    match target.part {
        Some(part) => each.into_iter().filter_map(|value| value.get(part.name)).collect(),
        None => each,
    }
}

fn is_there(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}

fn test(target: &Target, op: Op, wanted: &Value, item: &Value) -> bool {
    let Some(compared) = target.compared() else { return false };
    let found = values(target, item);
    // `emails eq "x"` means the `value` of one of them.
    let found: Vec<&Value> = if target.part.is_none() && !std::ptr::eq(compared, target.attribute) {
        found.into_iter().filter_map(|value| value.get(compared.name)).collect()
    } else {
        found
    };
    if wanted.is_null() {
        return found.iter().any(|value| is_there(value)) == (op == Op::Ne);
    }
    if op == Op::Ne {
        return !found.iter().any(|value| compare(compared, Op::Eq, value, wanted));
    }
    found.iter().any(|value| compare(compared, op, value, wanted))
}

fn compare(attribute: &Attribute, op: Op, found: &Value, wanted: &Value) -> bool {
    match attribute.kind {
        Kind::Boolean => boolean(found) == boolean(wanted),
        Kind::DateTime if !matches!(op, Op::Co | Op::Sw | Op::Ew) => {
            match (instant(found), instant(wanted)) {
                (Some(found), Some(wanted)) => ordered(op, found.cmp(&wanted)),
                _ => false,
            }
        }
        _ => {
            let (Some(found), Some(wanted)) = (found.as_str(), wanted.as_str()) else { return false };
            if attribute.case_exact {
                text(op, found, wanted)
            } else {
                text(op, &found.to_lowercase(), &wanted.to_lowercase())
            }
        }
    }
}

fn text(op: Op, found: &str, wanted: &str) -> bool {
    match op {
        Op::Co => found.contains(wanted),
        Op::Sw => found.starts_with(wanted),
        Op::Ew => found.ends_with(wanted),
        _ => ordered(op, found.cmp(wanted)),
    }
}

fn ordered(op: Op, ordering: std::cmp::Ordering) -> bool {
    match op {
        Op::Eq => ordering.is_eq(),
        Op::Ne => ordering.is_ne(),
        Op::Gt => ordering.is_gt(),
        Op::Ge => ordering.is_ge(),
        Op::Lt => ordering.is_lt(),
        Op::Le => ordering.is_le(),
        Op::Co | Op::Sw | Op::Ew => false,
    }
}
