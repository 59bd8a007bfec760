//! Metadata levels and values of evolving enumerations: the last step before an answer is written.

use axum::http::{HeaderValue, header};
use ringfence_model::document::ApiVersion;
use serde_json::{Value, json};

use super::{
    Request,
    full::Full,
    schema::{Enum, Type, schema},
};

/// What a client sees instead of a member that was added to an enumeration later.
const LATER: &str = "unknownFutureValue";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    None,
    Minimal,
    Full,
}

/// What the client asked for about the form of the answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dress {
    level: Level,
    /// 64-bit numbers as texts.
    long_as_text: bool,
    /// Members of enumerations that were added later are shown.
    evolved: bool,
}

impl Dress {
    pub(super) fn wanted(request: &Request) -> Self {
        let stated = request.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        let format = request.query.option("$format");
        let text =
            format!("{};{}", stated.unwrap_or_default(), format.unwrap_or_default()).to_ascii_lowercase();
        let level = if text.contains("odata.metadata=full") {
            Level::Full
        } else if text.contains("odata.metadata=none") {
            Level::None
        } else {
            Level::Minimal
        };
        Self {
            level,
            long_as_text: text.contains("ieee754compatible=true"),
            evolved: request.prefers("include-unknown-enum-members"),
        }
    }

    pub(super) fn content_type(self) -> HeaderValue {
        let level = match self.level {
            Level::None => "none",
            Level::Minimal => "minimal",
            Level::Full => "full",
        };
        let text = format!(
            "application/json;odata.metadata={level};odata.streaming=true;IEEE754Compatible={};charset=utf-8",
            self.long_as_text
        );
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("application/json"))
    }

    /// `kind` is the type of the set that `context` names.
    pub(super) fn put_on(
        self,
        request: &Request,
        kind: Option<&'static Type>,
        context: &str,
        mut body: Value,
    ) -> Value {
        if let Some(kind) = kind {
            let whole = !request.query.has_selection();
            let put_on = |item: &mut Value| self.values(request.version, kind, whole, item);
            match body.get_mut("value") {
                Some(Value::Array(items)) => items.iter_mut().for_each(put_on),
                _ => put_on(&mut body),
            }
        }
        match (self.level, kind) {
            (Level::None, _) => strip(&mut body),
            (Level::Full, Some(kind)) => body = Full::new(request).annotate(kind, context, body),
            _ => {}
        }
        body
    }

    /// Values that depend on what the client takes, all the way down; declared members that are absent, where the
    /// whole object is shown.
    fn values(self, version: ApiVersion, declared: &Type, whole: bool, item: &mut Value) {
        if whole {
            complete(declared, version, item);
        }
        let Value::Object(members) = item else { return };
        let stated = members.get("@odata.type").and_then(Value::as_str);
        let kind = stated.and_then(|name| schema().find_type(name)).unwrap_or(declared);
        for (name, value) in members.iter_mut().filter(|(name, _)| !name.contains('@')) {
            let Some(member) = schema().find_member(kind, name) else { continue };
            if let Some(inner) = schema().find_type(member.of.name) {
                // What is expanded may be cut by options of its own.
                let put_on = |item: &mut Value| self.values(version, inner, !member.navigation, item);
                match value {
                    Value::Array(items) => items.iter_mut().for_each(put_on),
                    one => put_on(one),
                }
            } else if self.long_as_text && member.of.name == "Int64" && value.is_number() {
                *value = json!(value.to_string());
            } else if let Some(of) = schema().find_enum(member.of.name).filter(|_| !self.evolved) {
                hide_evolved(of, value);
            }
        }
    }
}

/// Declared properties of an entity that have no value are written as `null`, collections as `[]`. Objects of the
/// directory are answered with a chosen few members, as Graph does; complex values go out as they came in.
fn complete(declared: &Type, version: ApiVersion, item: &mut Value) {
    let Value::Object(members) = item else { return };
    let stated = members.get("@odata.type").and_then(Value::as_str);
    let kind = stated.and_then(|name| schema().find_type(name)).unwrap_or(declared);
    if !kind.entity || schema().line(kind).any(|of| of.name == "directoryObject") {
        return;
    }
    for member in schema().members(kind, version) {
        if !member.navigation && (member.of.many || !member.required) && !members.contains_key(member.name) {
            members.insert(member.name.to_owned(), if member.of.many { json!([]) } else { Value::Null });
        }
    }
}

fn hide_evolved(of: &Enum, value: &mut Value) {
    let evolved = |text: &str| of.members.iter().any(|member| member.evolved && member.name == text);
    if value.as_str().is_some_and(evolved) {
        *value = json!(LATER);
    }
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| {
                !name.contains("@odata.") || name == "@odata.nextLink" || name == "@odata.count"
            });
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// The enumeration's name as an annotation writes it, with what else is annotated.
pub(super) fn annotated(name: &str, many: bool, version: ApiVersion) -> Option<String> {
    let schema = schema();
    let described =
        schema.find_type(name).map(|of| of.versions).or_else(|| schema.find_enum(name).map(|of| of.versions));
    let short = match described {
        Some(versions) if versions.has(version) || name.starts_with(|c: char| c.is_ascii_lowercase()) => {
            format!("microsoft.graph.{name}")
        }
        Some(_) => return None,
        None => name.to_owned(),
    };
    match (many, short.as_str()) {
        (true, _) => Some(format!("#Collection({short})")),
        (false, "String" | "Boolean" | "Int32" | "-") => None,
        (false, _) => Some(format!("#{short}")),
    }
}
