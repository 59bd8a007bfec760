//! Settings to and from their Graph JSON forms.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::{Kind, Pair, Setting, Settings, Value, format_span, parse_span, span::parse_clock_span};
use crate::{FieldError, Version};

/// Longest text, list and list item that a setting may have.
const LONGEST_TEXT: usize = 4_096;
const LONGEST_LIST: usize = 1_000;

/// The Graph forms of `settings`, by name.
pub fn settings_to_json(settings: &Settings) -> BTreeMap<String, Json> {
    settings.iter().map(|(setting, value)| (setting.name().to_owned(), setting.to_json(value))).collect()
}

/// Reads Graph forms. `null` and the forms that mean *not set* give no entry. Every fault is reported, an unknown name
/// is one: whoever obeys settings must understand all of them.
pub fn settings_from_json<'a, I>(members: I) -> Result<Settings, Vec<FieldError>>
where
    I: IntoIterator<Item = (&'a String, &'a Json)>,
{
    let mut settings = Settings::new();
    let mut errors = Vec::new();
    for (name, json) in members {
        match Setting::from_name(name) {
            None => errors.push(FieldError::new(name, json, "is not a known setting")),
            Some(setting) => match setting.from_json(json) {
                Ok(Some(value)) => {
                    settings.insert(setting, value);
                }
                Ok(None) => {}
                Err(error) => errors.push(error),
            },
        }
    }
    if errors.is_empty() { Ok(settings) } else { Err(errors) }
}

impl Setting {
    /// The Graph form of `value`.
    pub fn to_json(self, value: &Value) -> Json {
        self.spec().kind.write(value)
    }

    /// Reads a Graph form; `Ok(None)` when it means *not set*.
    pub fn from_json(self, json: &Json) -> Result<Option<Value>, FieldError> {
        let name = self.name();
        if json.is_null() {
            return Ok(None);
        }
        if self == Self::MinimumPinLength && json.as_i64() == Some(0) {
            return Ok(None);
        }
        let value = self.spec().kind.read(name, json)?;
        Ok(value.filter(|value| !self.means_unset(value)))
    }

    /// Consoles write a biometric override after zero time for "no override", and an empty list of models for "any".
    fn means_unset(self, value: &Value) -> bool {
        match value {
            Value::Span(span) => span.0 == 0 && self == Self::PinRequiredInsteadOfBiometricTimeout,
            Value::Texts(texts) => texts.is_empty() && self == Self::AllowedAndroidDeviceModels,
            _ => false,
        }
    }
}

impl Kind {
    /// Reads a Graph form found at `path`; `Ok(None)` when it means *not set*.
    pub(crate) fn read(self, path: &str, json: &Json) -> Result<Option<Value>, FieldError> {
        match self {
            Self::Bool => match json {
                Json::Bool(value) => Ok(Some(Value::Bool(*value))),
                _ => Err(FieldError::new(path, json, "is not a boolean").allowing("true or false")),
            },
            Self::Int { min, max } => read_int(path, json, min, max).map(Some),
            Self::Choice(members) => {
                read_member(path, json, members).map(|member| Some(Value::Choice(member)))
            }
            Self::Flags(members) => read_flags(path, json, members).map(|set| Some(Value::Flags(set))),
            Self::Choices(members) => read_choices(path, json, members).map(|set| Some(Value::Choices(set))),
            Self::Span => read_span(path, json).map(|span| Some(Value::Span(span))),
            Self::Version => read_version(path, json),
            Self::Date => read_date(path, json),
            Self::Text => {
                let text = read_text(path, json)?;
                Ok((!text.is_empty()).then(|| Value::Text(text.to_owned())))
            }
            Self::Texts => read_texts(path, json).map(|texts| Some(Value::Texts(texts))),
            Self::JoinedTexts => {
                let parts = read_text(path, json)?.split(';').map(str::trim).filter(|part| !part.is_empty());
                let texts: Vec<String> = parts.map(str::to_owned).collect();
                Ok((!texts.is_empty()).then_some(Value::Texts(texts)))
            }
            Self::Pairs => read_pairs(path, json).map(|pairs| Some(Value::Pairs(pairs))),
        }
    }

    /// The Graph form of a value of this kind.
    pub(crate) fn write(self, value: &Value) -> Json {
        match value {
            Value::Bool(value) => json!(value),
            Value::Int(value) => json!(value),
            Value::Choice(value) => json!(value),
            Value::Flags(set) => match self {
                Self::Flags(members) if set.is_empty() => json!(members.first()),
                _ => json!(set.iter().copied().collect::<Vec<_>>().join(",")),
            },
            Value::Span(value) => json!(format_span(*value)),
            Value::Version(value) => json!(value.to_string()),
            Value::Date(value) | Value::Text(value) => json!(value),
            Value::Texts(values) if self == Self::JoinedTexts => json!(values.join(";")),
            Value::Texts(values) => json!(values),
            Value::Choices(set) => json!(set),
            Value::Pairs(pairs) => json!(pairs),
        }
    }
}

fn read_int(path: &str, json: &Json, min: i64, max: i64) -> Result<Value, FieldError> {
    let allowed = format!("{min} to {max}");
    match json.as_i64() {
        Some(value) if (min..=max).contains(&value) => Ok(Value::Int(value)),
        Some(_) => Err(FieldError::new(path, json, "is out of range").allowing(allowed)),
        None if json.is_number() => {
            Err(FieldError::new(path, json, "is not a whole number in range").allowing(allowed))
        }
        None => Err(FieldError::new(path, json, "is not a number").allowing(allowed)),
    }
}

pub(crate) fn read_text<'a>(path: &str, json: &'a Json) -> Result<&'a str, FieldError> {
    let text = json.as_str().ok_or_else(|| FieldError::new(path, json, "is not a text"))?;
    if text.len() > LONGEST_TEXT {
        let problem = "is too long";
        return Err(FieldError::new(path, json, problem).allowing(format!("at most {LONGEST_TEXT} bytes")));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(FieldError::new(path, json, "contains a control character"));
    }
    Ok(text.trim())
}

fn find_member(text: &str, members: &'static [&'static str]) -> Option<&'static str> {
    members.iter().copied().find(|member| member.eq_ignore_ascii_case(text.trim()))
}

/// Reads the name of a member without regard to case.
pub(crate) fn read_member(
    path: &str,
    json: &Json,
    members: &'static [&'static str],
) -> Result<&'static str, FieldError> {
    let allowed = || members.join(", ");
    let text =
        json.as_str().ok_or_else(|| FieldError::new(path, json, "is not a text").allowing(allowed()))?;
    find_member(text, members)
        .ok_or_else(|| FieldError::new(path, json, "is not a known value").allowing(allowed()))
}

/// Reads comma-separated flags; the first member stands for none.
pub(crate) fn read_flags(
    path: &str,
    json: &Json,
    members: &'static [&'static str],
) -> Result<BTreeSet<&'static str>, FieldError> {
    let allowed = || format!("one or more of {}, separated by commas", members.join(", "));
    let text =
        json.as_str().ok_or_else(|| FieldError::new(path, json, "is not a text").allowing(allowed()))?;
    let mut set = BTreeSet::new();
    // One published client sends an empty text for flags that it has read and not changed.
    for part in text.split(',').filter(|_| !text.trim().is_empty()) {
        let member = find_member(part, members)
            .ok_or_else(|| FieldError::new(path, json, "is not a known value").allowing(allowed()))?;
        set.insert(member);
    }
    if let Some(none) = members.first() {
        set.remove(none);
    }
    Ok(set)
}

fn read_items<'a>(path: &str, json: &'a Json) -> Result<&'a [Json], FieldError> {
    match json.as_array() {
        Some(items) if items.len() <= LONGEST_LIST => Ok(items),
        Some(_) => Err(FieldError::new(path, json, "is too long a list")
            .allowing(format!("at most {LONGEST_LIST} items"))),
        None => Err(FieldError::new(path, json, "is not a list").allowing("a list")),
    }
}

fn read_choices(
    path: &str,
    json: &Json,
    members: &'static [&'static str],
) -> Result<BTreeSet<&'static str>, FieldError> {
    let items = read_items(path, json)?;
    items.iter().enumerate().map(|(at, item)| read_member(&format!("{path}[{at}]"), item, members)).collect()
}

fn read_span(path: &str, json: &Json) -> Result<crate::Millis, FieldError> {
    let parsed =
        json.as_str().map(str::trim).and_then(|text| parse_span(text).or_else(|| parse_clock_span(text)));
    parsed.ok_or_else(|| {
        FieldError::new(path, json, "is not a duration").allowing("ISO 8601 such as P90D, PT12H or PT30M")
    })
}

fn read_version(path: &str, json: &Json) -> Result<Option<Value>, FieldError> {
    let text = read_text(path, json)?;
    if text.is_empty() {
        return Ok(None);
    }
    let version: Version = text.parse().map_err(|_| {
        FieldError::new(path, json, "is not a version")
            .allowing("one to four numbers with dots, such as 17.4.1")
    })?;
    Ok((version != Version::default()).then_some(Value::Version(version)))
}

fn read_date(path: &str, json: &Json) -> Result<Option<Value>, FieldError> {
    let text = read_text(path, json)?;
    if text.is_empty() || text == "0000-00-00" {
        return Ok(None);
    }
    let valid = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    if valid {
        return Ok(Some(Value::Date(text.to_owned())));
    }
    Err(FieldError::new(path, json, "is not a date").allowing("YYYY-MM-DD, or 0000-00-00 for none"))
}

fn read_texts(path: &str, json: &Json) -> Result<Vec<String>, FieldError> {
    let items = read_items(path, json)?;
    let text = |(at, item)| read_text(&format!("{path}[{at}]"), item).map(str::to_owned);
    items.iter().enumerate().map(text).collect()
}

/// Reads `[{name, value}]`; a missing or null value is empty.
pub(crate) fn read_pairs(path: &str, json: &Json) -> Result<Vec<Pair>, FieldError> {
    let items = read_items(path, json)?;
    items.iter().enumerate().map(|(at, item)| read_pair(&format!("{path}[{at}]"), item)).collect()
}

fn read_pair(path: &str, json: &Json) -> Result<Pair, FieldError> {
    let members =
        json.as_object().ok_or_else(|| FieldError::new(path, json, "is not a name with a value"))?;
    let name = members.get("name").unwrap_or(&Json::Null);
    let name = read_text(&format!("{path}.name"), name)?.to_owned();
    let value = match members.get("value") {
        None | Some(Json::Null) => String::new(),
        Some(value) => read_text(&format!("{path}.value"), value)?.to_owned(),
    };
    Ok(Pair { name, value })
}
