//! From text to filter.

use serde_json::Value;

use super::{
    Filter, Misread, Op, Place,
    judge::{boolean, instant},
};
use crate::scim::{
    Resource,
    path::{Named, Target, resolve},
    schema::{Attribute, Kind, find},
};

/// Deepest nesting of brackets and `not`.
const DEPTH_MAX: usize = 40;

/// Parses a filter on resources of a kind.
pub(in crate::scim) fn parse(resource: Resource, text: &str) -> Result<Filter, Misread> {
    let mut parser = Parser::new(resource, text);
    let filter = parser.any(None)?;
    parser.end()?;
    Ok(filter)
}

/// Parses the path of a change.
pub(in crate::scim) fn parse_place(resource: Resource, text: &str) -> Result<Place, Misread> {
    let mut parser = Parser::new(resource, text);
    parser.blanks();
    let (at, word) = (parser.at, parser.word());
    let mut target = match resolve(resource, &word) {
        Named::Attribute(target) => target,
        Named::Extension => return parser.end().map(|()| Place::Extension),
        Named::Dropped => return Ok(Place::Dropped),
        Named::Unknown => return Err(parser.unknown(at, &word)),
    };
    let mut filter = None;
    if parser.take('[') {
        filter = Some(parser.within(at, target)?);
        if parser.take('.') {
            let (at, name) = (parser.at, parser.word());
            let Some(part) = find(target.attribute.parts(), &name) else {
                let dropped = resolve(resource, &format!("{}.{name}", target.attribute.name));
                return match dropped {
                    Named::Dropped => Ok(Place::Dropped),
                    _ => Err(parser.unknown(at, &name)),
                };
            };
            target.part = Some(part);
        }
    }
    parser.end()?;
    Ok(Place::Attribute { target, filter })
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    resource: Resource,
}

impl Parser {
    fn new(resource: Resource, text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0, depth: 0, resource }
    }

    fn any(&mut self, inside: Option<&'static Attribute>) -> Result<Filter, Misread> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error(self.at, "it is nested too deeply"));
        }
        let mut parts = vec![self.all(inside)?];
        while self.keyword("or") {
            parts.push(self.all(inside)?);
        }
        self.depth -= 1;
        Ok(one_or(parts, Filter::Any))
    }

    fn all(&mut self, inside: Option<&'static Attribute>) -> Result<Filter, Misread> {
        let mut parts = vec![self.term(inside)?];
        while self.keyword("and") {
            parts.push(self.term(inside)?);
        }
        Ok(one_or(parts, Filter::All))
    }

    fn term(&mut self, inside: Option<&'static Attribute>) -> Result<Filter, Misread> {
        self.blanks();
        let start = self.at;
        let negated = self.keyword("not");
        self.blanks();
        if self.take('(') {
            let filter = self.any(inside)?;
            self.blanks();
            if !self.take(')') {
                return Err(self.error(self.at, "expected `)`"));
            }
            return Ok(if negated { Filter::Not(Box::new(filter)) } else { filter });
        }
        if negated {
            self.at = start;
        }
        self.test(inside)
    }

    /// `attribute op value`, `attribute pr`, `attribute[filter]`
    fn test(&mut self, inside: Option<&'static Attribute>) -> Result<Filter, Misread> {
        let (at, word) = (self.at, self.word());
        if word.is_empty() {
            return Err(self.error(at, "expected an attribute"));
        }
        let named = match inside {
            None => resolve(self.resource, &word),
            Some(attribute) => within(self.resource, attribute, &word),
        };
        let target = match named {
            Named::Attribute(target) => Some(target),
            Named::Dropped => None,
            Named::Unknown | Named::Extension => return Err(self.unknown(at, &word)),
        };
        if self.take('[') {
            let Some(target) = target else { return Err(self.error(at, "this attribute is not kept")) };
            let inner = self.within(at, target)?;
            if !self.take('.') {
                return Ok(Filter::Within(target, Box::new(inner)));
            }
            let then = self.test(Some(target.attribute))?;
            return Ok(Filter::Within(target, Box::new(Filter::All(vec![inner, then]))));
        }
        self.operation(at, target)
    }

    /// The filter in brackets after an attribute; the opening one is read.
    fn within(&mut self, at: usize, target: Target) -> Result<Filter, Misread> {
        if !target.attribute.many || target.part.is_some() {
            return Err(self.error(at, "only an attribute with several values takes a filter in brackets"));
        }
        let filter = self.any(Some(target.attribute))?;
        self.blanks();
        if !self.take(']') {
            return Err(self.error(self.at, "expected `]`"));
        }
        Ok(filter)
    }

    fn operation(&mut self, attribute_at: usize, target: Option<Target>) -> Result<Filter, Misread> {
        self.blanks();
        let (at, word) = (self.at, self.word());
        if word.eq_ignore_ascii_case("pr") {
            return Ok(target.map_or(Filter::Never, Filter::Present));
        }
        let Some(op) = Op::parse(&word) else {
            return Err(self.error(at, "expected one of eq, ne, co, sw, ew, gt, ge, lt, le, pr"));
        };
        self.blanks();
        let (value_at, value) = (self.at, self.value()?);
        let Some(target) = target else {
            return Ok(if op == Op::Ne { Filter::Not(Box::new(Filter::Never)) } else { Filter::Never });
        };
        let Some(compared) = target.compared() else {
            return Err(self.error(attribute_at, "it has parts, and one of them must be named"));
        };
        comparable(compared, op, &value).map_err(|why| self.error(value_at, why))?;
        Ok(Filter::Test(target, op, value))
    }

    /// A JSON string, number, `true`, `false` or `null`.
    fn value(&mut self) -> Result<Value, Misread> {
        let start = self.at;
        if self.take('"') {
            let mut escaped = false;
            while let Some(c) = self.peek() {
                self.at += 1;
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => return self.json(start),
                    _ => {}
                }
            }
            return Err(self.error(start, "the text does not end"));
        }
        self.word();
        if self.at == start {
            return Err(self.error(start, "expected a value, texts in quotes"));
        }
        self.json(start)
    }

    fn json(&self, start: usize) -> Result<Value, Misread> {
        let text: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        let value: Value = serde_json::from_str(&text)
            .map_err(|_| self.error(start, "expected a JSON value, texts in quotes"))?;
        Ok(value)
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| !c.is_whitespace() && !"()[]\"".contains(c)) {
            self.at += 1;
        }
        self.chars.get(start..self.at).unwrap_or_default().iter().collect()
    }

    /// Reads a keyword if it is next.
    fn keyword(&mut self, word: &str) -> bool {
        let start = self.at;
        self.blanks();
        if self.word().eq_ignore_ascii_case(word) {
            return true;
        }
        self.at = start;
        false
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn end(&mut self) -> Result<(), Misread> {
        self.blanks();
        if self.at < self.chars.len() {
            return Err(self.error(self.at, "expected `and`, `or` or the end"));
        }
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "reads like the other steps")]
    fn error(&self, at: usize, why: impl Into<String>) -> Misread {
        Misread { at: at + 1, why: why.into(), unknown: false }
    }

    fn unknown(&self, at: usize, name: &str) -> Misread {
        let name: String = name.chars().take(80).collect();
        let why = format!("`{name}` is not an attribute of a {}", self.resource.name());
        Misread { unknown: true, ..self.error(at, why) }
    }
}

/// A part of an attribute, named inside its brackets.
fn within(resource: Resource, attribute: &'static Attribute, name: &str) -> Named {
    match find(attribute.parts(), name) {
        Some(part) => Named::Attribute(Target::of(part)),
        None => match resolve(resource, &format!("{}.{name}", attribute.name)) {
            Named::Dropped => Named::Dropped,
            _ => Named::Unknown,
        },
    }
}

fn one_or(mut parts: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => Filter::Never,
    }
}

/// Whether an attribute can be compared with a value in this way.
fn comparable(attribute: &Attribute, op: Op, value: &Value) -> Result<(), String> {
    let name = attribute.name;
    if value.is_null() {
        return if matches!(op, Op::Eq | Op::Ne) {
            Ok(())
        } else {
            Err("null can only be compared with eq and ne".to_owned())
        };
    }
    match attribute.kind {
        Kind::Boolean if boolean(value).is_none() => Err(format!("`{name}` is true or false")),
        Kind::Boolean if !matches!(op, Op::Eq | Op::Ne) => Err(format!("`{name}` takes eq and ne only")),
        Kind::Boolean => Ok(()),
        Kind::DateTime if instant(value).is_none() => {
            Err(format!("`{name}` is compared with a date and time"))
        }
        Kind::Integer if value.is_number() => Ok(()),
        _ if !value.is_string() => Err(format!("`{name}` is compared with a text in quotes")),
        _ => Ok(()),
    }
}
