//! Literals, and the shapes that values have.

use jiff::{
    SpanRelativeTo, Timestamp, Unit,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use crate::graph::schema::{Enum, Of, schema};

#[derive(Debug, Clone)]
pub(super) struct Literal {
    pub(super) at: usize,
    pub(super) value: Fixed,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fixed {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Quoted.
    Text(String),
    Date(String),
    Duration(String),
    Guid(String),
    /// A member of a named enumeration.
    Member(&'static str, String),
}

/// As what a value is compared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Not known before the items are seen.
    Any,
    Text,
    Bool,
    Number,
    Date,
    Duration,
    Guid,
    Enum(&'static Enum),
    /// A complex value or an entity.
    Object,
    Many,
    Null,
}

impl Shape {
    pub(super) fn of(of: Of) -> Self {
        if of.many {
            return Self::Many;
        }
        match of.name {
            "String" | "Binary" => Self::Text,
            "Boolean" => Self::Bool,
            "Int16" | "Int32" | "Int64" | "Byte" | "SByte" | "Double" | "Single" | "Decimal" => Self::Number,
            "DateTimeOffset" | "Date" => Self::Date,
            "Duration" => Self::Duration,
            "Guid" => Self::Guid,
            name => match schema().find_enum(name) {
                Some(found) => Self::Enum(found),
                None if schema().find_type(name).is_some() => Self::Object,
                None => Self::Any,
            },
        }
    }

    /// What it is called in a refusal.
    pub(super) fn title(self) -> String {
        match self {
            Self::Any => "a value".to_owned(),
            Self::Text => "a text in quotes".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Date => "a point in time such as 2026-01-31T12:00:00Z".to_owned(),
            Self::Duration => "a duration such as duration'PT12H'".to_owned(),
            Self::Guid => "an id such as 11111111-2222-3333-4444-555555555555".to_owned(),
            Self::Enum(of) => {
                let names: Vec<String> =
                    of.members.iter().map(|member| format!("'{}'", member.name)).collect();
                format!("one of {}", names.join(", "))
            }
            Self::Object => "null; its members are reached with `/`".to_owned(),
            Self::Many => "its items, through `/any(x: ...)` or `/all(x: ...)`".to_owned(),
            Self::Null => "null".to_owned(),
        }
    }
}

/// A point in time with an offset, or a date, which begins at midnight UTC. The end of the year 9999, by which people mean
/// "for ever", is the last moment that can be told.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    if let Ok(told) = text.parse() {
        return Some(told);
    }
    let moment: DateTime = match text.strip_suffix(['Z', 'z']) {
        Some(local) if local.contains(['T', 't', ' ']) => local.parse().ok()?,
        None if !text.contains(['T', 't', ' ', ':']) => text.parse::<Date>().ok()?.into(),
        _ => return None,
    };
    match moment.to_zoned(TimeZone::UTC) {
        Ok(zoned) => Some(zoned.timestamp()),
        Err(_) => (moment.year() > 0).then_some(Timestamp::MAX),
    }
}

/// Seconds of an ISO 8601 duration of days, hours, minutes and seconds.
pub(super) fn seconds(text: &str) -> Option<f64> {
    if !text.trim_start_matches('-').starts_with('P') {
        return None;
    }
    let span: jiff::Span = text.parse().ok()?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    span.total((Unit::Second, SpanRelativeTo::days_are_24_hours())).ok()
}
