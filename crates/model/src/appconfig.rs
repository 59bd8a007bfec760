//! Targeted app configuration: names with values that the service passes to apps unchanged (behaviour §10).

use serde_json::{Map, Value as Json};

use crate::{FieldError, document::PolicyDocument, settings::Pair};

/// Longest name, value and number of values; the service's envelope must stay below its own limit.
const LONGEST_NAME: usize = 512;
const LONGEST_VALUE: usize = 64 * 1024;
const MOST_VALUES: usize = 1_000;

/// Tokens that the service replaces by facts about the user; nothing else may stand in double braces.
pub const TOKENS: [&str; 7] =
    ["userprincipalname", "mail", "partialupn", "accountid", "userid", "username", "primarysmtpaddress"];

/// The configuration that a document carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppConfiguration {
    /// Names with values, in order; a name may occur more than once.
    pub values: Vec<Pair>,
}

impl AppConfiguration {
    /// Reads `customSettings`; other carriers of configuration (`encodedSettingXml`, `settings`) are left untouched in
    /// the document.
    pub fn parse(document: &PolicyDocument) -> Result<Self, Vec<FieldError>> {
        let (values, errors) = read_custom_settings(&document.body);
        if errors.is_empty() { Ok(Self { values }) } else { Err(errors) }
    }

    /// The values of `name` (exact case), in order.
    pub fn values_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |pair| pair.name == name).map(|pair| pair.value.as_str())
    }

    /// All configurations together: every distinct value of every name reaches the app, sorted, so that the result does
    /// not depend on the order of policies. The service resolves no conflict.
    #[must_use]
    pub fn combine<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut values: Vec<Pair> = parts.into_iter().flat_map(|part| part.values.iter().cloned()).collect();
        values.sort();
        values.dedup();
        Self { values }
    }

    /// Names with more than one distinct value.
    pub fn conflicts(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .values
            .iter()
            .filter(|one| self.values.iter().any(|other| other.name == one.name && other.value != one.value))
            .map(|pair| pair.name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The configuration with tokens replaced; `fact` gets the token in lower case, `None` leaves an empty text.
    #[must_use]
    pub fn with_tokens(&self, fact: impl Fn(&str) -> Option<String>) -> Self {
        let replace =
            |pair: &Pair| Pair { name: pair.name.clone(), value: replace_tokens(&pair.value, &fact) };
        Self { values: self.values.iter().map(replace).collect() }
    }
}

fn replace_tokens(text: &str, fact: &impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("{{") {
        let Some((token, after)) = tail.split_once("}}") else { break };
        out.push_str(before);
        out.push_str(&fact(&token.trim().to_ascii_lowercase()).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The pairs that read, and the faults of those that do not.
pub(crate) fn read_custom_settings(body: &Map<String, Json>) -> (Vec<Pair>, Vec<FieldError>) {
    let items = match body.get("customSettings") {
        None | Some(Json::Null) => return (Vec::new(), Vec::new()),
        Some(Json::Array(items)) => items,
        Some(other) => {
            return (
                Vec::new(),
                vec![
                    FieldError::new("customSettings", other, "is not a list")
                        .allowing("a list of names and values"),
                ],
            );
        }
    };
    let mut pairs = Vec::new();
    let mut errors = Vec::new();
    if items.len() > MOST_VALUES {
        let found = Json::from(items.len());
        let allowed = format!("at most {MOST_VALUES} values");
        errors.push(FieldError::new("customSettings", &found, "is too long a list").allowing(allowed));
        return (pairs, errors);
    }
    for (at, item) in items.iter().enumerate() {
        match read_pair(&format!("customSettings[{at}]"), item) {
            Ok(pair) => pairs.push(pair),
            Err(error) => errors.push(error),
        }
    }
    (pairs, errors)
}

fn read_pair(path: &str, item: &Json) -> Result<Pair, FieldError> {
    let text = |field: &str, longest: usize| -> Result<String, FieldError> {
        let found = item.get(field).unwrap_or(&Json::Null);
        let path = format!("{path}.{field}");
        match found {
            Json::Null if field == "value" => Ok(String::new()),
            Json::String(text) if text.len() <= longest => Ok(text.clone()),
            Json::String(_) => {
                Err(FieldError::new(path, found, "is too long").allowing(format!("at most {longest} bytes")))
            }
            _ => Err(FieldError::new(path, found, "is not a text")),
        }
    };
    let pair = Pair { name: text("name", LONGEST_NAME)?, value: text("value", LONGEST_VALUE)? };
    if pair.name.trim().is_empty() {
        return Err(FieldError::new(format!("{path}.name"), &Json::from(pair.name), "is empty"));
    }
    check_tokens(path, &pair)?;
    Ok(pair)
}

fn check_tokens(path: &str, pair: &Pair) -> Result<(), FieldError> {
    let mut rest = pair.value.as_str();
    while let Some((_, tail)) = rest.split_once("{{") {
        let Some((token, after)) = tail.split_once("}}") else { return Ok(()) };
        if !TOKENS.contains(&token.trim().to_ascii_lowercase().as_str()) {
            let found = Json::from(format!("{{{{{token}}}}}"));
            return Err(FieldError::new(format!("{path}.value"), &found, "is not a known token")
                .allowing(TOKENS.map(|token| format!("{{{{{token}}}}}")).join(", ")));
        }
        rest = after;
    }
    Ok(())
}
