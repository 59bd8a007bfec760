//! Whether an item meets a checked filter. Texts are compared in any letter case.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::Value;

use super::{
    Change, Compare, Expr, Function, Operand, Operator, Path, Wrong,
    literal::{Fixed, Literal, Shape, seconds, timestamp},
};
use crate::graph::{
    query::{is_a, member},
    schema::Type,
};

/// The item, and what the variables of the lambdas around stand for.
pub(super) struct Scope<'a> {
    kind: Option<&'static Type>,
    values: Vec<&'a Value>,
}

/// A value while it is compared.
enum Seen<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Other,
}

impl<'a> Scope<'a> {
    pub(super) fn new(kind: Option<&'static Type>, item: &'a Value) -> Self {
        Self { kind, values: vec![item] }
    }

    pub(super) fn holds(&self, expr: &Expr) -> Result<bool, Wrong> {
        match expr {
            Expr::Or(all) => any(all, |one| self.holds(one)),
            Expr::And(all) => any(all, |one| self.holds(one).map(|holds| !holds)).map(|found| !found),
            Expr::Not(inner) => self.holds(inner).map(|holds| !holds),
            Expr::Compare(compare) => self.compare(compare),
            Expr::In { of, list, shape } => {
                let found = self.operand(of);
                any(list, |literal| {
                    let order = order(&found, &seen(literal), *shape, of.at())?;
                    Ok(order.is_some_and(Ordering::is_eq))
                })
            }
            Expr::Text { function, of, wanted } => Ok(self.text(*function, of, wanted)),
            Expr::IsOf { path, kind } => Ok(match path {
                None => is_a(self.values.first().copied().unwrap_or(&Value::Null), self.kind, kind),
                Some(path) => is_a(self.follow(path), None, kind),
            }),
            Expr::Lambda { all, path, body } => self.lambda(*all, path, body.as_deref()),
            Expr::Truth(operand) => match self.operand(operand) {
                Seen::Bool(value) => Ok(value),
                Seen::Null => Ok(false),
                _ => Err(Wrong::new(operand.at(), "is neither true nor false: compare it with something")),
            },
        }
    }

    fn follow(&self, path: &Path) -> &'a Value {
        let from = self.values.get(path.scope).copied().unwrap_or(&Value::Null);
        path.steps.iter().fold(from, |value, step| member(value, step))
    }

    fn operand(&self, operand: &'a Operand) -> Seen<'a> {
        match operand {
            Operand::Literal(literal) => seen(literal),
            Operand::Path(path) => {
                let found = self.follow(path);
                if path.count {
                    let count = found.as_array().map_or(0, Vec::len);
                    return Seen::Int(i64::try_from(count).unwrap_or(i64::MAX));
                }
                match found {
                    Value::Null => Seen::Null,
                    Value::Bool(value) => Seen::Bool(*value),
                    Value::Number(number) => match number.as_i64() {
                        Some(number) => Seen::Int(number),
                        None => Seen::Float(number.as_f64().unwrap_or(f64::NAN)),
                    },
                    Value::String(text) => Seen::Text(Cow::Borrowed(text)),
                    Value::Array(_) | Value::Object(_) => Seen::Other,
                }
            }
            Operand::Changed(change, inner) => match (change, self.operand(inner)) {
                (Change::Lower, Seen::Text(text)) => Seen::Text(text.to_lowercase().into()),
                (Change::Upper, Seen::Text(text)) => Seen::Text(text.to_uppercase().into()),
                (Change::Trim, Seen::Text(text)) => Seen::Text(text.trim().to_owned().into()),
                (Change::Length, Seen::Text(text)) => {
                    Seen::Int(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))
                }
                (_, _) => Seen::Null,
            },
        }
    }

    fn compare(&self, compare: &'a Compare) -> Result<bool, Wrong> {
        let (left, right) = (self.operand(&compare.left), self.operand(&compare.right));
        if compare.operator == Operator::Has {
            return Ok(match (left, right) {
                (Seen::Text(flags), Seen::Text(wanted)) => {
                    let has =
                        |one: &str| flags.split(',').any(|flag| flag.trim().eq_ignore_ascii_case(one.trim()));
                    wanted.split(',').all(has)
                }
                _ => false,
            });
        }
        let null = matches!(left, Seen::Null) || matches!(right, Seen::Null);
        let order = order(&left, &right, compare.shape, compare.at)?;
        Ok(match (compare.operator, order) {
            (Operator::Eq, order) => order.is_some_and(Ordering::is_eq),
            (Operator::Ne, order) => !order.is_some_and(Ordering::is_eq),
            // Nothing is neither more nor less than anything.
            (_, Some(_)) if null => false,
            (Operator::Gt, Some(order)) => order.is_gt(),
            (Operator::Ge, Some(order)) => order.is_ge(),
            (Operator::Lt, Some(order)) => order.is_lt(),
            (Operator::Le, Some(order)) => order.is_le(),
            (_, None) | (Operator::Has, Some(_)) => false,
        })
    }

    fn text(&self, function: Function, of: &'a Operand, wanted: &'a Operand) -> bool {
        let (Seen::Text(found), Seen::Text(wanted)) = (self.operand(of), self.operand(wanted)) else {
            return false;
        };
        let (found, wanted) = (found.to_lowercase(), wanted.to_lowercase());
        match function {
            Function::StartsWith => found.starts_with(&wanted),
            Function::EndsWith => found.ends_with(&wanted),
            Function::Contains => found.contains(&wanted),
        }
    }

    fn lambda(&self, all: bool, path: &Path, body: Option<&'a Expr>) -> Result<bool, Wrong> {
        let items = self.follow(path).as_array().map(Vec::as_slice).unwrap_or_default();
        let Some(body) = body else { return Ok(!items.is_empty()) };
        let inner = |item: &'a Value| {
            let values = self.values.iter().copied().chain([item]).collect();
            Scope { kind: self.kind, values }.holds(body)
        };
        if all {
            any(items, |item| inner(item).map(|holds| !holds)).map(|found| !found)
        } else {
            any(items, inner)
        }
    }
}

fn any<'a, T>(all: &'a [T], test: impl Fn(&'a T) -> Result<bool, Wrong>) -> Result<bool, Wrong> {
    for one in all {
        if test(one)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn seen(literal: &Literal) -> Seen<'_> {
    match &literal.value {
        Fixed::Null => Seen::Null,
        Fixed::Bool(value) => Seen::Bool(*value),
        Fixed::Int(value) => Seen::Int(*value),
        Fixed::Float(value) => Seen::Float(*value),
        Fixed::Text(text)
        | Fixed::Date(text)
        | Fixed::Duration(text)
        | Fixed::Guid(text)
        | Fixed::Member(_, text) => Seen::Text(Cow::Borrowed(text)),
    }
}

/// `None` when there is no order: nothing beside something.
fn order(a: &Seen<'_>, b: &Seen<'_>, shape: Shape, at: usize) -> Result<Option<Ordering>, Wrong> {
    Ok(match (a, b) {
        (Seen::Null, Seen::Null) => Some(Ordering::Equal),
        (Seen::Null, _) | (_, Seen::Null) => None,
        (Seen::Bool(a), Seen::Bool(b)) => Some(a.cmp(b)),
        (Seen::Int(a), Seen::Int(b)) => Some(a.cmp(b)),
        (Seen::Int(a), Seen::Float(b)) => (*a as f64).partial_cmp(b),
        (Seen::Float(a), Seen::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Seen::Float(a), Seen::Float(b)) => a.partial_cmp(b),
        (Seen::Text(a), Seen::Text(b)) => Some(texts(a, b, shape)),
        (a, b) => {
            let what = format!("{} cannot be compared with {}", title(a), title(b));
            return Err(Wrong::new(at, what));
        }
    })
}

fn texts(a: &str, b: &str, shape: Shape) -> Ordering {
    let read = match shape {
        Shape::Date => timestamp(a).zip(timestamp(b)).map(|(a, b)| a.cmp(&b)),
        Shape::Duration => seconds(a).zip(seconds(b)).and_then(|(a, b)| a.partial_cmp(&b)),
        _ => None,
    };
    read.unwrap_or_else(|| a.to_lowercase().cmp(&b.to_lowercase()))
}

fn title(value: &Seen<'_>) -> &'static str {
    match value {
        Seen::Null => "nothing",
        Seen::Bool(_) => "true or false",
        Seen::Int(_) | Seen::Float(_) => "a number",
        Seen::Text(_) => "a text",
        Seen::Other => "a value with members",
    }
}
