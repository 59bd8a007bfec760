//! Names and types of a filter, before any item is looked at.

use serde_json::Value;

use super::{
    Compare, Expr, Operand, Operator, Path, Wrong,
    lex::is_guid,
    literal::{Fixed, Literal, Shape, seconds, timestamp},
};
use crate::{
    graph::{
        query::check_name,
        schema::{Type, schema},
    },
    http::ApiError,
};

pub(super) struct Checker<'a> {
    items: &'a [Value],
    /// Type of the items, then of what each lambda's variable stands for.
    kinds: Vec<Option<&'static Type>>,
    /// Shapes of the same: variables may stand for plain values.
    shapes: Vec<Shape>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(kind: Option<&'static Type>, items: &'a [Value]) -> Self {
        Self { items, kinds: vec![kind], shapes: vec![Shape::Object] }
    }

    pub(super) fn expr(&mut self, expr: &mut Expr) -> Result<(), ApiError> {
        match expr {
            Expr::Or(all) | Expr::And(all) => all.iter_mut().try_for_each(|one| self.expr(one)),
            Expr::Not(inner) => self.expr(inner),
            Expr::Compare(compare) => self.compare(compare),
            Expr::In { of, list, shape } => {
                *shape = self.operand(of)?;
                list.iter_mut().try_for_each(|literal| Ok(fit(literal, *shape, &name_of(of))?))
            }
            Expr::Text { of, wanted, .. } => {
                for operand in [of, wanted] {
                    match self.operand(operand)? {
                        Shape::Text | Shape::Any | Shape::Guid | Shape::Enum(_) => {}
                        other => {
                            let what = format!(
                                "expected a text, {} is compared with {}",
                                name_of(operand),
                                other.title()
                            );
                            return Err(Wrong::new(operand.at(), what).into());
                        }
                    }
                }
                Ok(())
            }
            Expr::IsOf { path, .. } => path.as_ref().map_or(Ok(()), |path| self.path(path).map(drop)),
            Expr::Lambda { path, body, .. } => self.lambda(path, body.as_deref_mut()),
            Expr::Truth(operand) => match self.operand(operand)? {
                Shape::Bool | Shape::Any => Ok(()),
                _ => {
                    let what =
                        format!("{} is neither true nor false: compare it with something", name_of(operand));
                    Err(Wrong::new(operand.at(), what).into())
                }
            },
        }
    }

    fn compare(&mut self, compare: &mut Compare) -> Result<(), ApiError> {
        let (left, right) = (self.operand(&compare.left)?, self.operand(&compare.right)?);
        let shape = match (&mut compare.left, &mut compare.right) {
            (Operand::Literal(a), Operand::Literal(b)) => {
                let shape = shape_of(&a.value);
                fit(b, shape, "the value before it")?;
                shape
            }
            (operand, Operand::Literal(literal)) => {
                fit(literal, left, &name_of(operand))?;
                left
            }
            (Operand::Literal(literal), operand) => {
                fit(literal, right, &name_of(operand))?;
                right
            }
            (a, b) => {
                if !alike(left, right) {
                    let what = format!("{} and {} cannot be compared", name_of(a), name_of(b));
                    return Err(Wrong::new(compare.at, what).into());
                }
                left
            }
        };
        let flags = matches!(shape, Shape::Enum(_) | Shape::Any | Shape::Text);
        if compare.operator == Operator::Has && !flags {
            let what = "`has` asks for a member of an enumeration".to_owned();
            return Err(Wrong::new(compare.at, what).into());
        }
        compare.shape = shape;
        Ok(())
    }

    fn operand(&self, operand: &Operand) -> Result<Shape, ApiError> {
        match operand {
            Operand::Path(path) => Ok(self.path(path)?.0),
            Operand::Literal(literal) => Ok(shape_of(&literal.value)),
            Operand::Changed(change, inner) => match self.operand(inner)? {
                Shape::Text | Shape::Any | Shape::Enum(_) | Shape::Guid => {
                    Ok(if matches!(change, super::Change::Length) { Shape::Number } else { Shape::Text })
                }
                _ => {
                    Err(Wrong::new(inner.at(), format!("expected a text, {} is none", name_of(inner))).into())
                }
            },
        }
    }

    /// What a path leads to, and the type of its items when there are many.
    fn path(&self, path: &Path) -> Result<(Shape, Option<&'static Type>), ApiError> {
        let mut kind = self.kinds.get(path.scope).copied().flatten();
        let mut shape = self.shapes.get(path.scope).copied().unwrap_or(Shape::Any);
        // What the items hold is looked at only directly: it is for members that no schema knows.
        let items = if path.scope == 0 { self.items } else { &[] };
        for (index, step) in path.steps.iter().enumerate() {
            if matches!(shape, Shape::Many) {
                let what = format!("`{step}` is a member of many: ask with `/any(x: x/{step} ...)`");
                return Err(Wrong::new(path.at, what).into());
            }
            let Some(of) = kind else {
                if index == 0 {
                    let known = check_name("$filter", std::slice::from_ref(step), None, items);
                    known.map_err(|error| placed(path.at, &error))?;
                }
                return Ok((if path.count { Shape::Number } else { Shape::Any }, None));
            };
            let found = schema().find_member(of, step);
            if found.is_none() {
                let there = if index == 0 { items } else { &[] };
                let known = check_name("$filter", std::slice::from_ref(step), Some(of), there);
                known.map_err(|error| placed(path.at, &error))?;
                return Ok((Shape::Any, None));
            }
            let Some(member) = found else { continue };
            shape = Shape::of(member.of);
            kind = schema().find_type(member.of.name);
        }
        match (path.count, shape) {
            (false, _) => Ok((shape, kind)),
            (true, Shape::Many | Shape::Any) => Ok((Shape::Number, None)),
            (true, _) => Err(Wrong::new(path.at, "`$count` is of a collection").into()),
        }
    }

    fn lambda(&mut self, path: &Path, body: Option<&mut Expr>) -> Result<(), ApiError> {
        let (shape, kind) = self.path(path)?;
        if !matches!(shape, Shape::Many | Shape::Any) {
            let what =
                format!("`{}` is no collection: `any` and `all` ask about items", path.steps.join("/"));
            return Err(Wrong::new(path.at, what).into());
        }
        let Some(body) = body else { return Ok(()) };
        self.shapes.push(match (shape, kind) {
            (Shape::Many, Some(_)) => Shape::Object,
            (Shape::Many, None) => self.element(path),
            _ => Shape::Any,
        });
        self.kinds.push(kind);
        let result = self.expr(body);
        self.kinds.pop();
        self.shapes.pop();
        result
    }

    /// Shape of the items of a collection of plain values.
    fn element(&self, path: &Path) -> Shape {
        let mut kind = self.kinds.get(path.scope).copied().flatten();
        let mut shape = Shape::Any;
        for step in &path.steps {
            let Some(member) = kind.and_then(|of| schema().find_member(of, step)) else { return Shape::Any };
            shape = Shape::of(crate::graph::schema::Of { many: false, ..member.of });
            kind = schema().find_type(member.of.name);
        }
        shape
    }
}

/// The refusal of an unknown name, with its position.
fn placed(at: usize, error: &ApiError) -> ApiError {
    let text = error.detail().strip_prefix("`$filter`: ").unwrap_or(error.detail());
    ApiError::bad_request(error.code(), format!("`$filter`, position {at}: {text}"))
}

fn name_of(operand: &Operand) -> String {
    match operand {
        Operand::Path(path) if path.steps.is_empty() => "the item".to_owned(),
        Operand::Path(path) => format!("`{}`", path.steps.join("/")),
        Operand::Literal(_) => "the value".to_owned(),
        Operand::Changed(_, inner) => name_of(inner),
    }
}

fn shape_of(value: &Fixed) -> Shape {
    match value {
        Fixed::Null => Shape::Null,
        Fixed::Bool(_) => Shape::Bool,
        Fixed::Int(_) | Fixed::Float(_) => Shape::Number,
        Fixed::Text(_) => Shape::Text,
        Fixed::Date(_) => Shape::Date,
        Fixed::Duration(_) => Shape::Duration,
        Fixed::Guid(_) => Shape::Guid,
        Fixed::Member(of, _) => schema().find_enum(of).map_or(Shape::Text, Shape::Enum),
    }
}

fn alike(a: Shape, b: Shape) -> bool {
    use Shape::{Any, Bool, Date, Duration, Enum, Guid, Number, Text};
    matches!(
        (a, b),
        (Any, _)
            | (_, Any)
            | (Text | Guid | Enum(_), Text | Guid | Enum(_))
            | (Bool, Bool)
            | (Number, Number)
            | (Date, Date)
            | (Duration, Duration)
    )
}

/// Whether a literal can be compared with something of a shape; numbers and spellings of enumerations become names.
fn fit(literal: &mut Literal, shape: Shape, of: &str) -> Result<(), Wrong> {
    let fits = match (shape, &literal.value) {
        (_, Fixed::Null)
        | (Shape::Any, _)
        | (Shape::Text, Fixed::Text(_) | Fixed::Guid(_) | Fixed::Date(_))
        | (Shape::Bool, Fixed::Bool(_))
        | (Shape::Number, Fixed::Int(_) | Fixed::Float(_)) => true,
        (Shape::Date, Fixed::Date(text) | Fixed::Text(text)) => timestamp(text).is_some(),
        (Shape::Duration, Fixed::Duration(text) | Fixed::Text(text)) => seconds(text).is_some(),
        (Shape::Guid, Fixed::Guid(text) | Fixed::Text(text)) => is_guid(text),
        (Shape::Enum(found), value) => {
            if let Some(name) = member_names(found, value) {
                literal.value = Fixed::Text(name);
                return Ok(());
            }
            false
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Wrong::new(
        literal.at,
        format!("{of} is compared with {}, not with {}", shape.title(), shown(&literal.value)),
    ))
}

/// The names of members as the schema writes them, from names in any letter case, lists of flags or a number.
fn member_names(of: &'static crate::graph::schema::Enum, value: &Fixed) -> Option<String> {
    let text = match value {
        Fixed::Int(number) => {
            let found = of.members.iter().find(|member| member.number == Some(*number));
            return found.map(|member| member.name.to_owned());
        }
        Fixed::Member(named, _) if !named.eq_ignore_ascii_case(of.name) => return None,
        Fixed::Text(text) | Fixed::Member(_, text) => text,
        _ => return None,
    };
    let parts: Option<Vec<&str>> = text
        .split(',')
        .map(|part| {
            let found = of.members.iter().find(|member| member.name.eq_ignore_ascii_case(part.trim()));
            found.map(|member| member.name)
        })
        .collect();
    parts.map(|parts| parts.join(","))
}

fn shown(value: &Fixed) -> String {
    match value {
        Fixed::Null => "null".to_owned(),
        Fixed::Bool(value) => format!("`{value}`"),
        Fixed::Int(value) => format!("`{value}`"),
        Fixed::Float(value) => format!("`{value}`"),
        Fixed::Text(text) => format!("`'{text}'`"),
        Fixed::Date(text) | Fixed::Guid(text) => format!("`{text}`"),
        Fixed::Duration(text) => format!("`duration'{text}'`"),
        Fixed::Member(of, text) => format!("`{of}'{text}'`"),
    }
}
