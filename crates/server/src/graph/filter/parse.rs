//! Recursive descent over the tokens.

use super::{
    Change, Compare, DEPTH_MAX, Expr, Function, Operand, Operator, Path, Wrong,
    lex::{Placed, Token, lex},
    literal::{Fixed, Literal, Shape},
};
use crate::graph::schema::{Type, schema};

const OPERATORS: &str = "an operator: eq, ne, gt, ge, lt, le, has, in";
const OPERAND: &str = "a member name, a value, a function, `not` or `(`";
const FUNCTIONS: &str = "startswith, endswith, contains, isof, tolower, toupper, trim, length";

pub(super) fn parse(text: &str) -> Result<Expr, Wrong> {
    let mut parser = Parser { tokens: lex(text)?, next: 0, variables: Vec::new() };
    let expr = parser.or(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.expected("`and`, `or` or the end")),
    }
}

struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    /// Of the lambdas around, outermost first.
    variables: Vec<String>,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |placed| &placed.token)
    }

    fn peek_after(&self) -> &Token {
        self.tokens.get(self.next + 1).map_or(&Token::End, |placed| &placed.token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).or(self.tokens.last()).map_or(1, |placed| placed.at)
    }

    fn expected(&self, what: &str) -> Wrong {
        Wrong::new(self.at(), format!("expected {what}, found {}", self.peek().shown()))
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == token;
        self.next += usize::from(found);
        found
    }

    fn need(&mut self, token: &Token) -> Result<(), Wrong> {
        if self.take(token) { Ok(()) } else { Err(self.expected(&token.shown())) }
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(word) if word.eq_ignore_ascii_case(wanted));
        self.next += usize::from(found);
        found
    }

    fn deeper(&self, depth: usize) -> Result<usize, Wrong> {
        if depth < DEPTH_MAX {
            return Ok(depth + 1);
        }
        Err(Wrong::new(self.at(), format!("nested deeper than {DEPTH_MAX} levels")))
    }

    fn or(&mut self, depth: usize) -> Result<Expr, Wrong> {
        let first = self.and(depth)?;
        let mut all = vec![first];
        while self.take_word("or") {
            all.push(self.and(depth)?);
        }
        Ok(single(all, Expr::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Expr, Wrong> {
        let first = self.one(depth)?;
        let mut all = vec![first];
        while self.take_word("and") {
            all.push(self.one(depth)?);
        }
        Ok(single(all, Expr::And))
    }

    fn one(&mut self, depth: usize) -> Result<Expr, Wrong> {
        if self.take_word("not") {
            let depth = self.deeper(depth)?;
            return Ok(Expr::Not(Box::new(self.one(depth)?)));
        }
        if self.take(&Token::Open) {
            let depth = self.deeper(depth)?;
            let inner = self.or(depth)?;
            self.need(&Token::Close)?;
            return self.compared_with_truth(inner);
        }
        if let Some(call) = self.predicate(depth)? {
            return self.compared_with_truth(call);
        }
        let operand = self.operand(depth)?;
        match operand {
            Operand::Path(path) if self.ends_in_lambda(&path) => self.lambda(path, depth),
            operand => self.comparison(operand, depth),
        }
    }

    /// `contains(a,'b') eq true` says what `contains(a,'b')` says.
    fn compared_with_truth(&mut self, expr: Expr) -> Result<Expr, Wrong> {
        let same = match self.peek() {
            Token::Name(word) if word.eq_ignore_ascii_case("eq") => true,
            Token::Name(word) if word.eq_ignore_ascii_case("ne") => false,
            _ => return Ok(expr),
        };
        self.next += 1;
        let wanted = if self.take_word("true") {
            true
        } else if self.take_word("false") {
            false
        } else {
            return Err(self.expected("true or false"));
        };
        Ok(if wanted == same { expr } else { Expr::Not(Box::new(expr)) })
    }

    /// A function that answers true or false.
    fn predicate(&mut self, depth: usize) -> Result<Option<Expr>, Wrong> {
        let (Token::Name(name), Token::Open) = (self.peek(), self.peek_after()) else { return Ok(None) };
        let function = match name.to_ascii_lowercase().as_str() {
            "startswith" => Function::StartsWith,
            "endswith" => Function::EndsWith,
            "contains" => Function::Contains,
            "isof" => {
                self.next += 2;
                return self.isof().map(Some);
            }
            _ => return Ok(None),
        };
        self.next += 2;
        let depth = self.deeper(depth)?;
        let of = self.operand(depth)?;
        self.need(&Token::Comma)?;
        let wanted = self.operand(depth)?;
        self.need(&Token::Close)?;
        Ok(Some(Expr::Text { function, of, wanted }))
    }

    fn isof(&mut self) -> Result<Expr, Wrong> {
        let mut path = None;
        if let (Token::Name(_), false) = (self.peek(), matches!(self.peek_after(), Token::Close)) {
            path = Some(self.path()?);
            self.need(&Token::Comma)?;
        }
        let (at, token) = (self.at(), self.peek().clone());
        let (Token::Text(name) | Token::Name(name)) = token else {
            return Err(self.expected("the name of a type in quotes"));
        };
        self.next += 1;
        let kind = find_type(at, &name)?;
        self.need(&Token::Close)?;
        Ok(Expr::IsOf { path, kind })
    }

    fn comparison(&mut self, left: Operand, depth: usize) -> Result<Expr, Wrong> {
        let at = self.at();
        let operator = match self.peek() {
            Token::Name(word) => word.to_ascii_lowercase(),
            _ => String::new(),
        };
        let operator = match operator.as_str() {
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "gt" => Operator::Gt,
            "ge" => Operator::Ge,
            "lt" => Operator::Lt,
            "le" => Operator::Le,
            "has" => Operator::Has,
            "in" => {
                self.next += 1;
                return self.list(left);
            }
            _ if self.ends_a_term() => return Ok(Expr::Truth(left)),
            _ => return Err(self.expected(OPERATORS)),
        };
        self.next += 1;
        let right = self.operand(depth)?;
        Ok(Expr::Compare(Box::new(Compare { at, operator, left, right, shape: Shape::Any })))
    }

    /// Whether a bare value may stand here as a condition: `accountEnabled and ...`.
    fn ends_a_term(&self) -> bool {
        match self.peek() {
            Token::End | Token::Close => true,
            Token::Name(word) => word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or"),
            _ => false,
        }
    }

    fn list(&mut self, of: Operand) -> Result<Expr, Wrong> {
        self.need(&Token::Open)?;
        let mut list = Vec::new();
        loop {
            list.push(self.literal()?.ok_or_else(|| self.expected("a value"))?);
            if !self.take(&Token::Comma) {
                break;
            }
        }
        self.need(&Token::Close)?;
        Ok(Expr::In { of, list, shape: Shape::Any })
    }

    fn operand(&mut self, depth: usize) -> Result<Operand, Wrong> {
        if let Some(literal) = self.literal()? {
            return Ok(Operand::Literal(literal));
        }
        let (Token::Name(name), after) = (self.peek(), self.peek_after()) else {
            return Err(self.expected(OPERAND));
        };
        if *after != Token::Open {
            return self.path().map(Operand::Path);
        }
        let change = match name.to_ascii_lowercase().as_str() {
            "tolower" => Change::Lower,
            "toupper" => Change::Upper,
            "trim" => Change::Trim,
            "length" => Change::Length,
            _ => return Err(self.expected(&format!("one of the functions {FUNCTIONS}"))),
        };
        self.next += 2;
        let depth = self.deeper(depth)?;
        let inner = self.operand(depth)?;
        self.need(&Token::Close)?;
        Ok(Operand::Changed(change, Box::new(inner)))
    }

    fn literal(&mut self) -> Result<Option<Literal>, Wrong> {
        let at = self.at();
        let value = match self.peek().clone() {
            Token::Text(text) => Fixed::Text(text),
            Token::Int(number) => Fixed::Int(number),
            Token::Float(number) => Fixed::Float(number),
            Token::Date(text) => Fixed::Date(text),
            Token::Guid(text) => Fixed::Guid(text),
            Token::Tagged(tag, text) => tagged(at, &tag, text)?,
            Token::Name(word) if *self.peek_after() != Token::Slash => {
                match word.to_ascii_lowercase().as_str() {
                    "null" => Fixed::Null,
                    "true" => Fixed::Bool(true),
                    "false" => Fixed::Bool(false),
                    _ => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        self.next += 1;
        Ok(Some(Literal { at, value }))
    }

    /// `a/b`, `microsoft.graph.x/a`, `variable/a`, `a/$count`; stops before `any` and `all`.
    fn path(&mut self) -> Result<Path, Wrong> {
        let mut path = Path { at: self.at(), scope: 0, steps: Vec::new(), count: false };
        loop {
            let at = self.at();
            let Token::Name(name) = self.peek().clone() else { return Err(self.expected("a member name")) };
            let first = path.steps.is_empty() && path.scope == 0;
            if self.is_lambda() && !first {
                return Ok(path);
            }
            self.next += 1;
            let variable = self.variables.iter().rposition(|variable| first && *variable == name);
            if let Some(index) = variable {
                path.scope = index + 1;
            } else if name.eq_ignore_ascii_case("$count") && !first {
                path.count = true;
                return Ok(path);
            } else if name.contains('.') && !name.starts_with('@') {
                find_type(at, &name)?;
            } else {
                path.steps.push(name);
            }
            if !self.take(&Token::Slash) {
                return Ok(path);
            }
        }
    }

    fn is_lambda(&self) -> bool {
        let named = matches!(self.peek(), Token::Name(name)
            if name.eq_ignore_ascii_case("any") || name.eq_ignore_ascii_case("all"));
        named && *self.peek_after() == Token::Open
    }

    fn ends_in_lambda(&self, path: &Path) -> bool {
        !path.count && self.is_lambda()
    }

    /// `any()`, `any(x: x/a eq 1)`, `all(x: ...)`.
    fn lambda(&mut self, path: Path, depth: usize) -> Result<Expr, Wrong> {
        let all = matches!(self.peek(), Token::Name(name) if name.eq_ignore_ascii_case("all"));
        self.next += 2;
        if !all && self.take(&Token::Close) {
            return Ok(Expr::Lambda { all, path, body: None });
        }
        let Token::Name(variable) = self.peek().clone() else {
            return Err(self.expected("a name for the items"));
        };
        self.next += 1;
        self.need(&Token::Colon)?;
        let depth = self.deeper(depth)?;
        self.variables.push(variable);
        let body = self.or(depth)?;
        self.variables.pop();
        self.need(&Token::Close)?;
        Ok(Expr::Lambda { all, path, body: Some(Box::new(body)) })
    }
}

fn single(mut all: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    if all.len() == 1 { all.swap_remove(0) } else { many(all) }
}

fn find_type(at: usize, name: &str) -> Result<&'static Type, Wrong> {
    schema().find_type(name).ok_or_else(|| Wrong::new(at, format!("there is no type `{name}`")))
}

/// `duration'PT5M'`, `guid'...'`, `datetimeoffset'...'`, `microsoft.graph.x'y'`.
fn tagged(at: usize, tag: &str, text: String) -> Result<Fixed, Wrong> {
    Ok(match tag.to_ascii_lowercase().as_str() {
        "duration" => Fixed::Duration(text),
        "guid" => Fixed::Guid(text),
        "datetimeoffset" | "datetime" | "date" => Fixed::Date(text),
        _ => match schema().find_enum(tag) {
            Some(of) => Fixed::Member(of.name, text),
            None => return Err(Wrong::new(at, format!("there is no enumeration `{tag}`"))),
        },
    })
}
