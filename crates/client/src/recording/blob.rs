//! How bytes are written in a recording, so that a person can read them: text as text, a long run of zeros as its length.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Shorter runs of zeros are not worth a member of their own.
const RUN: usize = 16;
/// What a bundle may claim at most: a document, as the core takes it.
const MAX_ZEROS: u64 = 300 * 1024 * 1024;

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    zeros: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Written {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let run = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        let zeros = if run >= RUN { run } else { 0 };
        let head = bytes.get(..bytes.len().saturating_sub(zeros)).unwrap_or(bytes);
        let zeros = u64::try_from(zeros).unwrap_or(u64::MAX);
        match std::str::from_utf8(head) {
            Ok("") if zeros > 0 => Self { zeros, ..Self::default() },
            Ok(text) => Self { text: Some(text.to_owned()), zeros, ..Self::default() },
            Err(_) => Self { base64: Some(STANDARD.encode(head)), zeros, ..Self::default() },
        }
    }

    pub(super) fn bytes(self) -> Result<Vec<u8>, &'static str> {
        let mut bytes = match (self.text, self.base64) {
            (Some(_), Some(_)) => return Err("bytes are either text or base64"),
            (Some(text), None) => text.into_bytes(),
            (None, Some(base64)) => STANDARD.decode(base64).map_err(|_| "bytes are not base64")?,
            (None, None) => Vec::new(),
        };
        if self.zeros > MAX_ZEROS {
            return Err("too many zeros");
        }
        let zeros = usize::try_from(self.zeros).map_err(|_| "too many zeros")?;
        bytes.resize(bytes.len().saturating_add(zeros), 0);
        Ok(bytes)
    }
}

/// For `#[serde(with)]`.
pub(crate) fn serialize<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
    Written::of(bytes).serialize(out)
}

/// For `#[serde(serialize_with)]`.
#[expect(clippy::ref_option, reason = "serde gives a reference")]
pub(crate) fn serialize_optional<S: Serializer>(bytes: &Option<Vec<u8>>, out: S) -> Result<S::Ok, S::Error> {
    bytes.as_deref().map(Written::of).serialize(out)
}

/// For `#[serde(with)]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    Written::deserialize(from)?.bytes().map_err(D::Error::custom)
}

/// The same for the outcome of an operation on a slot.
pub(crate) mod slot {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    use super::Written;
    use crate::input::StorageFailure;

    type Slot = Result<Option<Vec<u8>>, StorageFailure>;

    /// For `#[serde(with)]`.
    pub(crate) fn serialize<S: Serializer>(slot: &Slot, out: S) -> Result<S::Ok, S::Error> {
        let written = slot.as_ref().map(|bytes| bytes.as_deref().map(Written::of));
        written.serialize(out)
    }

    /// For `#[serde(with)]`.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Slot, D::Error> {
        match Result::<Option<Written>, StorageFailure>::deserialize(from)? {
            Ok(written) => written.map(Written::bytes).transpose().map(Ok).map_err(D::Error::custom),
            Err(failure) => Ok(Err(failure)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_were() {
        for bytes in [
            Vec::new(),
            b"text".to_vec(),
            vec![0; 15],
            vec![0; 16],
            vec![255, 0, 1],
            [b"RNGS".as_slice(), &[0; 100]].concat(),
            [[255, 254].as_slice(), &[0; 40]].concat(),
        ] {
            let written = serde_json::to_string(&Written::of(&bytes)).unwrap();
            assert_eq!(
                serde_json::from_str::<Written>(&written).unwrap().bytes().unwrap(),
                bytes,
                "{written}"
            );
        }
        assert_eq!(serde_json::to_string(&Written::of(&[0; 99])).unwrap(), r#"{"zeros":99}"#);
        for bad in [r#"{"zeros":999999999999}"#, r#"{"text":"a","base64":""}"#, r#"{"base64":"*"}"#] {
            assert!(serde_json::from_str::<Written>(bad).unwrap().bytes().is_err(), "{bad}");
        }
    }
}
