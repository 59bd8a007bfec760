//! Deterministic CBOR (RFC 8949 §4.2.1) and a reader that takes nothing else.

use ciborium::Value;
use serde::{Serialize, de::DeserializeOwned};

use crate::{MAX_SIGNED_BYTES, refusal::Refusal};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 16;

/// Encodes `message` deterministically: shortest forms, definite lengths, map keys in bytewise order.
pub(crate) fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, Refusal> {
    let value = Value::serialized(message).map_err(|_| Refusal::Malformed("not expressible in CBOR"))?;
    encode_value(value)
}

/// Encodes one value deterministically.
pub(crate) fn encode_value(value: Value) -> Result<Vec<u8>, Refusal> {
    write(&sorted(value)?)
}

fn write(value: &Value) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).map_err(|_| Refusal::Malformed("not expressible in CBOR"))?;
    Ok(out)
}

/// The value with every map in order; a duplicate key is refused.
fn sorted(value: Value) -> Result<Value, Refusal> {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect::<Result<_, _>>().map(Value::Array),
        Value::Tag(tag, inner) => Ok(Value::Tag(tag, Box::new(sorted(*inner)?))),
        Value::Map(entries) => {
            let mut keyed = entries
                .into_iter()
                .map(|(key, value)| Ok((write(&key)?, key, sorted(value)?)))
                .collect::<Result<Vec<_>, Refusal>>()?;
            keyed.sort_by(|(a, ..), (b, ..)| a.cmp(b));
            if keyed.iter().zip(keyed.iter().skip(1)).any(|((a, ..), (b, ..))| a == b) {
                return Err(Refusal::Malformed("duplicate map key"));
            }
            Ok(Value::Map(keyed.into_iter().map(|(_, key, value)| (key, value)).collect()))
        }
        other => Ok(other),
    }
}

/// Reads one value that fills `bytes` and is encoded deterministically.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Refusal> {
    if bytes.len() > MAX_SIGNED_BYTES {
        return Err(Refusal::TooLarge);
    }
    let value: Value = ciborium::de::from_reader_with_recursion_limit(bytes, MAX_DEPTH)
        .map_err(|_| Refusal::Malformed("not CBOR, or nested too deeply"))?;
    // Only one encoding of a value exists for us; this also refuses trailing bytes and duplicate keys.
    if encode_value(value.clone())? != bytes {
        return Err(Refusal::Malformed("not in deterministic encoding"));
    }
    Ok(value)
}

/// Turns a value into a message; unknown fields are ignored.
pub(crate) fn message<T: DeserializeOwned>(value: &Value) -> Result<T, Refusal> {
    value.deserialized().map_err(|_| Refusal::Malformed("a field is missing or of the wrong type"))
}

/// The value of a text key in a map.
pub(crate) fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}
