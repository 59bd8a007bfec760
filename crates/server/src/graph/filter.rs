//! The part of `$filter` that clients of these sets use: comparisons, `startswith`, `endswith`, `contains`, `isof`,
//! `and`, `or`, `not`, parentheses.

use serde_json::Value;

use super::query::member;

/// Deepest nesting of parentheses and `not`.
const DEPTH_MAX: usize = 32;

#[derive(Debug)]
pub(super) enum Filter {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare { name: String, operator: Operator, value: Value },
    Text { function: Function, name: String, value: String },
    IsOf(String),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, PartialEq)]
enum Lexeme {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
}

pub(super) fn parse(text: &str) -> Result<Filter, &'static str> {
    let mut parser = Parser { lexemes: lex(text)?.into_iter().peekable() };
    let filter = parser.or(0)?;
    if parser.lexemes.next().is_some() { Err("goes on after its end") } else { Ok(filter) }
}

impl Filter {
    pub(super) fn holds(&self, item: &Value) -> bool {
        match self {
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Or(a, b) => a.holds(item) || b.holds(item),
            Self::Not(a) => !a.holds(item),
            Self::Compare { name, operator, value } => compare(member(item, name), *operator, value),
            Self::Text { function, name, value } => {
                let found = member(item, name).as_str().unwrap_or_default().to_lowercase();
                match function {
                    Function::StartsWith => found.starts_with(value),
                    Function::EndsWith => found.ends_with(value),
                    Function::Contains => found.contains(value),
                }
            }
            Self::IsOf(kind) => {
                let found = member(item, "@odata.type").as_str().unwrap_or_default();
                found.rsplit('.').next().unwrap_or_default().eq_ignore_ascii_case(kind)
            }
        }
    }
}

fn compare(found: &Value, operator: Operator, wanted: &Value) -> bool {
    use std::cmp::Ordering;
    let ordering = match (found, wanted) {
        (Value::String(a), Value::String(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (a, b) if a == b => Ordering::Equal,
        // Values of different kinds are unequal and have no order.
        _ => return matches!(operator, Operator::Ne),
    };
    match operator {
        Operator::Eq => ordering.is_eq(),
        Operator::Ne => ordering.is_ne(),
        Operator::Gt => ordering.is_gt(),
        Operator::Ge => ordering.is_ge(),
        Operator::Lt => ordering.is_lt(),
        Operator::Le => ordering.is_le(),
    }
}

struct Parser {
    lexemes: std::iter::Peekable<std::vec::IntoIter<Lexeme>>,
}

impl Parser {
    fn or(&mut self, depth: usize) -> Result<Filter, &'static str> {
        let mut left = self.and(depth)?;
        while self.take_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Result<Filter, &'static str> {
        let mut left = self.one(depth)?;
        while self.take_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.one(depth)?));
        }
        Ok(left)
    }

    fn one(&mut self, depth: usize) -> Result<Filter, &'static str> {
        if depth > DEPTH_MAX {
            return Err("is nested too deep");
        }
        if self.take_word("not") {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        match self.lexemes.next() {
            Some(Lexeme::Open) => {
                let inner = self.or(depth + 1)?;
                self.expect(&Lexeme::Close)?;
                Ok(inner)
            }
            Some(Lexeme::Word(word)) if self.lexemes.peek() == Some(&Lexeme::Open) => self.function(&word),
            Some(Lexeme::Word(name)) => self.comparison(&name),
            _ => Err("is not understood"),
        }
    }

    fn function(&mut self, name: &str) -> Result<Filter, &'static str> {
        self.expect(&Lexeme::Open)?;
        let first = self.lexemes.next();
        let filter = match (name.to_ascii_lowercase().as_str(), first) {
            ("isof", Some(Lexeme::Text(kind) | Lexeme::Word(kind))) => Filter::IsOf(last_step(&kind, '.')),
            (function, Some(Lexeme::Word(field))) => {
                let function = match function {
                    "startswith" => Function::StartsWith,
                    "endswith" => Function::EndsWith,
                    "contains" => Function::Contains,
                    _ => return Err("uses a function that is not offered"),
                };
                self.expect(&Lexeme::Comma)?;
                let Some(Lexeme::Text(value)) = self.lexemes.next() else { return Err("is not understood") };
                Filter::Text { function, name: last_step(&field, '/'), value: value.to_lowercase() }
            }
            _ => return Err("is not understood"),
        };
        self.expect(&Lexeme::Close)?;
        Ok(filter)
    }

    fn comparison(&mut self, name: &str) -> Result<Filter, &'static str> {
        let Some(Lexeme::Word(operator)) = self.lexemes.next() else { return Err("is not understood") };
        let operator = match operator.to_ascii_lowercase().as_str() {
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "gt" => Operator::Gt,
            "ge" => Operator::Ge,
            "lt" => Operator::Lt,
            "le" => Operator::Le,
            _ => return Err("uses an operator that is not offered"),
        };
        let value = match self.lexemes.next() {
            Some(Lexeme::Text(text)) => Value::String(text),
            Some(Lexeme::Word(word)) => literal(&word),
            _ => return Err("is not understood"),
        };
        Ok(Filter::Compare { name: last_step(name, '/'), operator, value })
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        self.lexemes
            .next_if(|lexeme| matches!(lexeme, Lexeme::Word(word) if word.eq_ignore_ascii_case(wanted)))
            .is_some()
    }

    fn expect(&mut self, wanted: &Lexeme) -> Result<(), &'static str> {
        if self.lexemes.next().as_ref() == Some(wanted) { Ok(()) } else { Err("is not understood") }
    }
}

fn last_step(path: &str, separator: char) -> String {
    path.rsplit(separator).next().unwrap_or_default().to_owned()
}

/// `null`, `true`, `5`; anything else bare (a date, an id) is text.
fn literal(word: &str) -> Value {
    match word.to_ascii_lowercase().as_str() {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => word.parse::<i64>().map_or_else(|_| Value::String(word.to_owned()), Value::from),
    }
}

fn lex(text: &str) -> Result<Vec<Lexeme>, &'static str> {
    let (mut out, mut chars) = (Vec::new(), text.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '(' => out.push(Lexeme::Open),
            ')' => out.push(Lexeme::Close),
            ',' => out.push(Lexeme::Comma),
            '\'' => {
                let mut value = String::new();
                loop {
                    match chars.next() {
                        Some('\'') if chars.next_if_eq(&'\'').is_some() => value.push('\''),
                        Some('\'') => break,
                        Some(c) => value.push(c),
                        None => return Err("has a text without an end"),
                    }
                }
                out.push(Lexeme::Text(value));
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !"(),'".contains(*c)) {
                    word.push(c);
                }
                out.push(Lexeme::Word(word));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn forms_seen_in_the_wild() {
        let item = json!({
            "@odata.type": "#microsoft.graph.group", "displayName": "Staff o'clock", "size": 3, "mail": null
        });
        let cases = [
            ("displayName eq 'staff o''clock'", true),
            ("displayname ne 'x' and size gt 2", true),
            ("startswith(displayName,'staff')", true),
            ("not(contains(displayName, 'x'))", true),
            ("mail eq null or size lt 0", true),
            ("(isof('microsoft.graph.user') or isof('microsoft.graph.group')) and size le 3", true),
            ("endswith(displayName,'staff')", false),
            ("size eq 'three'", false),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse(text).unwrap().holds(&item), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let deep = format!("{}a eq 1", "(".repeat(100_000));
        for text in ["", "displayName", "a eq", "a eq 'x", "a eq 1)", "length(a) eq 1", "a has 'b'", &deep] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
