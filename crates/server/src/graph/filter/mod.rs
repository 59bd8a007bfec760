//! `$filter`: comparisons, `in`, `has`, `and`, `or`, `not`, text functions, `isof`, nested paths with casts, `any` and
//! `all`. Parsed, then checked against the table of types, then evaluated; every refusal names the position.

mod check;
mod eval;
mod lex;
mod literal;
mod narrow;
mod parse;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::schema::Type;
use crate::http::ApiError;
use literal::{Literal, Shape};

pub(crate) use narrow::{How, Narrow};

/// Longest filter, in characters.
const LENGTH_MAX: usize = 16_384;

/// Deepest nesting of parentheses, functions, lambdas and `not`.
const DEPTH_MAX: usize = 32;

/// A parsed filter.
#[derive(Debug, Clone)]
pub(super) struct Filter(Expr);

/// A filter that has been checked against the type of what it is applied to.
#[derive(Debug)]
pub(super) struct Checked {
    expr: Expr,
    kind: Option<&'static Type>,
}

/// What is wrong, and where: the number of the character, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    at: usize,
    what: String,
}

impl Wrong {
    fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

impl From<Wrong> for ApiError {
    fn from(wrong: Wrong) -> Self {
        let detail = format!("`$filter`, position {}: {}", wrong.at, wrong.what);
        Self::bad_request("filter_not_understood", detail)
    }
}

#[derive(Debug, Clone)]
enum Expr {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    Compare(Box<Compare>),
    In {
        of: Operand,
        list: Vec<Literal>,
        shape: Shape,
    },
    Text {
        function: Function,
        of: Operand,
        wanted: Operand,
    },
    IsOf {
        path: Option<Path>,
        kind: &'static Type,
    },
    Lambda {
        all: bool,
        path: Path,
        body: Option<Box<Self>>,
    },
    /// A value that is true or false itself.
    Truth(Operand),
}

#[derive(Debug, Clone)]
struct Compare {
    at: usize,
    operator: Operator,
    left: Operand,
    right: Operand,
    /// As what both sides are read; known once checked.
    shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Has,
}

#[derive(Debug, Clone, Copy)]
enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Lower,
    Upper,
    Trim,
    Length,
}

#[derive(Debug, Clone)]
enum Operand {
    Path(Path),
    Literal(Literal),
    Changed(Change, Box<Self>),
}

/// Members to follow, from the item or from what a lambda's variable stands for.
#[derive(Debug, Clone)]
struct Path {
    at: usize,
    /// 0 is the item, n the variable of the n-th enclosing lambda.
    scope: usize,
    steps: Vec<String>,
    /// Ends in `$count`.
    count: bool,
}

impl Operand {
    fn at(&self) -> usize {
        match self {
            Self::Path(path) => path.at,
            Self::Literal(literal) => literal.at,
            Self::Changed(_, inner) => inner.at(),
        }
    }
}

impl Filter {
    /// # Errors
    /// The position and what was expected there.
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        parse::parse(text).map(Self)
    }

    /// Names and types against the type of the items, and against the items themselves where it does not know.
    pub(super) fn check(&self, kind: Option<&'static Type>, items: &[Value]) -> Result<Checked, ApiError> {
        let mut expr = self.0.clone();
        check::Checker::new(kind, items).expr(&mut expr)?;
        Ok(Checked { expr, kind })
    }
}

impl Checked {
    /// # Errors
    /// A value of the item cannot be compared with what the filter compares it with.
    pub(super) fn holds(&self, item: &Value) -> Result<bool, ApiError> {
        Ok(eval::Scope::new(self.kind, item).holds(&self.expr)?)
    }
}
