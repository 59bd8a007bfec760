//! What an entry says for people: before and after, from where, which objects. Never a secret.
//!
//! The text that is stored is the text that is hashed. It begins with a salt, so that nobody can find out by trying what
//! an erased content was.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::chain;

/// Objects named in one entry at most; `count` says how many there were.
const OBJECTS_MAX: usize = 1000;

/// Members whose values never enter the log, in small letters.
const SECRETS: [&str; 14] = [
    "password",
    "passwordprofile",
    "newpassword",
    "oldpassword",
    "onetimepassword",
    "passwordhash",
    "secret",
    "clientsecret",
    "secretkey",
    "totpsecret",
    "token",
    "accesstoken",
    "refreshtoken",
    "privatekey",
];

/// What stands in the place of a secret.
const REDACTED: &str = "(not kept)";

/// The content of an entry.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Content {
    /// Sixteen random bytes, hexadecimal.
    pub salt: String,
    /// The address the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The object before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The object after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// The objects read, when there were several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<String>,
    /// How many objects were read, when there were several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// What was asked for, of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// How many more refusals of the same kind there were since the last entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated: Option<u64>,
    /// Why somebody was not let in, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The sign-in name that was given, when nobody has it and it looks like one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<String>,
    /// Numbers of the entries whose content was erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<i64>,
}

impl Content {
    /// Whether there is nothing to keep.
    pub(super) fn is_empty(&self) -> bool {
        self.from.is_none()
            && self.before.is_none()
            && self.after.is_none()
            && self.objects.is_empty()
            && self.request.is_none()
            && self.reason.is_none()
            && self.erased.is_empty()
    }

    /// Names the objects, at most a thousand of them.
    pub(super) fn of_objects(mut objects: Vec<String>) -> Self {
        let count = Some(objects.len());
        objects.truncate(OBJECTS_MAX);
        Self { objects, count, ..Self::default() }
    }

    /// The text that is stored and hashed.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The content of an entry as the database has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// The text, unless there is none or it was erased.
    pub text: Option<String>,
    /// The entry that tells of its erasure.
    pub erased_by: Option<i64>,
}

impl Stored {
    /// What the text says; nothing when it is gone or is not one.
    pub fn read(&self) -> Content {
        self.text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// SHA-256 of a content's text, hexadecimal.
pub(super) fn hash(text: &str) -> String {
    chain::sha256(text.as_bytes())
}

/// An object as it enters the log: JSON without secrets; what is not JSON as a text.
pub(super) fn clean(bytes: &[u8]) -> Value {
    let mut value = serde_json::from_slice(bytes).unwrap_or_else(
        |_| json!({ "hexadecimal": hex::encode(bytes.get(..bytes.len().min(4096)).unwrap_or(bytes)) }),
    );
    redact(&mut value);
    value
}

/// A setting that is a pair of name and value, such as `customSettings` has them, and whose name tells of a secret.
fn redact_pair(members: &mut Map<String, Value>) {
    let Some(Value::String(name)) = members.get("name") else { return };
    let plain = name.to_ascii_lowercase().replace(['_', '-', '.', ' '], "");
    let secret = ["password", "secret", "token", "privatekey", "apikey", "passphrase"];
    if secret.iter().any(|end| plain.ends_with(end))
        && let Some(value) = members.get_mut("value")
    {
        *value = json!(REDACTED);
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            redact_pair(members);
            for (name, member) in members {
                let plain = name.to_ascii_lowercase().replace(['_', '-'], "");
                if SECRETS.contains(&plain.as_str()) && !member.is_null() {
                    *member = json!(REDACTED);
                } else {
                    redact(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_enter() {
        let given = json!({"displayName": "Anna", "passwordProfile": {"password": "x"}, "list": [{"client_secret": "y"}], "token": null});
        let kept = clean(given.to_string().as_bytes());
        assert_eq!(
            kept,
            json!({"displayName": "Anna", "passwordProfile": REDACTED, "list": [{"client_secret": REDACTED}], "token": null})
        );
        // A setting of an app whose name tells what it is.
        let pairs = json!({"customSettings": [{"name": "sync.API-Token", "value": "s3cret"}, {"name": "colour", "value": "red"}]});
        assert_eq!(
            clean(pairs.to_string().as_bytes()),
            json!({"customSettings": [{"name": "sync.API-Token", "value": REDACTED}, {"name": "colour", "value": "red"}]})
        );
        assert_eq!(clean(&[0xff, 1]), json!({"hexadecimal": "ff01"}));
    }

    #[test]
    fn the_text_survives_reading() {
        let content = Content {
            salt: "00".into(),
            from: Some("192.0.2.1".into()),
            before: Some(clean(br#"{"b":1,"a":[1.0,"\u0000"]}"#)),
            ..Content::default()
        };
        let stored = Stored { text: Some(content.text()), erased_by: None };
        assert_eq!(stored.read().text(), content.text());
        assert!(!content.is_empty() && Content::default().is_empty());
    }
}
