//! What is left of content in a recording: how long it was, and the first bytes of what is sealed, because they decide
//! how it is read.

use ringfence_vault::container;
use serde::{Deserialize, Serialize};

use super::blob;
use crate::share;

/// The shape of some content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(with = "blob")]
    head: Vec<u8>,
    length: usize,
}

impl Shape {
    /// Ordinary content leaves nothing but its length.
    pub(crate) fn of(content: &[u8]) -> Self {
        let head = if content.starts_with(&container::MAGIC) {
            container::MAGIC.to_vec()
        } else {
            share::header(content).map(<[u8]>::to_vec).unwrap_or_default()
        };
        Self { head, length: content.len() }
    }

    /// Content of that shape.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone();
        bytes.resize(self.length.min(crate::documents::MAX_DOCUMENT.saturating_mul(2)), 0);
        bytes
    }
}

/// Content of the same shape as `content`.
pub(super) fn hidden(content: &[u8]) -> Vec<u8> {
    Shape::of(content).bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_length_and_seal_are_left() {
        assert_eq!(hidden(b"secret"), [0; 6]);
        let sealed = [container::MAGIC.as_slice(), b"ciphertext"].concat();
        assert_eq!(hidden(&sealed), [container::MAGIC.as_slice(), &[0; 10]].concat());
        assert_eq!(hidden(b"RNGSecret plans"), [0; 15], "no packet");
        let packet = [b"RNGS".as_slice(), &[1, 1, 0, 2], &[7; 32], b"kkbody"].concat();
        assert_eq!(hidden(&packet), [&packet[..40], &[0; 6]].concat());
        assert_eq!(hidden(&hidden(&packet)), hidden(&packet));
    }
}
