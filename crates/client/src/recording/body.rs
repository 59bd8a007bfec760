//! What is left of a slot or of a message in a recording.
//!
//! Closed by default: a text passes when its member is on a list below, and bytes that are not JSON leave their length.
//! What a server adds later is hidden until it is listed here.

use ringfence_protocol::Bytes;
use serde_json::Value;

use super::names::Names;

/// What stands for a secret text, whatever its length.
pub(super) const SECRET: &str = "(secret)";
/// What stands for any other text that is not on the list.
const HIDDEN: &str = "(hidden)";

/// Members whose texts are the same for many people, or random: signed objects of the organisation, ids, versions,
/// codes.
const OPEN: &[&str] = &[
    "account",
    "accountId",
    "allowed",
    "app",
    "appVersion",
    "blockedBy",
    "bundle",
    "bundleHash",
    "cause",
    "clockedOutAt",
    "code",
    "companionData",
    "companionVersion",
    "condition",
    "contentHash",
    "device",
    "deviceTag",
    "dialogs",
    "etag",
    "field",
    "floors",
    "hash",
    "instance",
    "instanceId",
    "kind",
    "key",
    "keyset",
    "keysetFloor",
    "management",
    "manufacturer",
    "method",
    "model",
    "name",
    "order",
    "orders",
    "osVersion",
    "outcome",
    "platform",
    "publicKey",
    "reason",
    "root",
    "rootKey",
    "sdkVersion",
    "signer",
    "stage",
    "state",
    "tenant",
    "tenantId",
    "title",
    "told",
    "type",
    "verdict",
    "version",
    "warnings",
];
/// Members with bytes that are secret, sealed under a secret, or a proof made with one.
const SEALED: &[&str] = &["hello", "pepper", "receipt", "reply", "ring", "salt", "sealedSecret", "tag"];
/// Members with secret texts.
const SECRETS: &[&str] = &["accessToken", "oneTimeCode", "password"];
/// Members that name a person.
const PEOPLE: &[&str] = &["upn", "userPrincipalName", "value"];

/// A slot or a message with everything hidden that is not on a list.
pub(super) fn hidden(names: &mut Names, bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let Ok(Value::Object(mut members)) = serde_json::from_slice(bytes) else { return vec![0; bytes.len()] };
    for (name, value) in &mut members {
        hide(names, name, value);
    }
    // An object read from JSON has a JSON form.
    serde_json::to_vec(&members).unwrap_or_default()
}

fn hide(names: &mut Names, member: &str, value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                hide(names, name, value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(names, member, item)),
        Value::String(text) => *text = hidden_text(names, member, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn hidden_text(names: &mut Names, member: &str, text: &str) -> String {
    if PEOPLE.contains(&member) {
        return names.person(text);
    }
    if SECRETS.contains(&member) {
        return SECRET.to_owned();
    }
    if SEALED.contains(&member) {
        return sealed(text);
    }
    if OPEN.contains(&member) { names.text(text) } else { HIDDEN.to_owned() }
}

/// Bytes of the same length, all zero.
fn sealed(text: &str) -> String {
    let quoted = serde_json::from_value::<Bytes>(Value::String(text.to_owned()));
    let zeros = quoted.map(|bytes| serde_json::to_value(Bytes(vec![0; bytes.0.len()])));
    match zeros {
        Ok(Ok(Value::String(zeros))) => zeros,
        _ => SECRET.to_owned(),
    }
}
