//! Compact JWS: three parts, taken apart strictly, believed only after the signature is verified.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{Algorithm, KeySet};

/// Longest token that is looked at, in bytes.
pub(crate) const TOKEN_MAX: usize = 16 * 1024;

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JwsError {
    /// Not three parts of base64url, not JSON in them, or too long.
    #[error("it is no signed token: {0}")]
    Malformed(&'static str),
    /// The algorithm is not on the list of the provider.
    #[error("its signature algorithm `{0}` is not accepted")]
    Algorithm(String),
    /// No key of the issuer made the signature.
    #[error("its signature is not by a key that the issuer publishes now")]
    Signature,
}

/// A token taken apart. Nothing in it is true yet.
#[derive(Debug)]
pub(crate) struct Unverified<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    message: &'a str,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart.
    pub(crate) fn parse(token: &'a str) -> Result<Self, JwsError> {
        let bad = JwsError::Malformed;
        if token.len() > TOKEN_MAX {
            return Err(bad("it is longer than 16 KiB"));
        }
        let (message, signature) = token.rsplit_once('.').ok_or(bad("it has no three parts"))?;
        let (header, claims) = message.split_once('.').ok_or(bad("it has no three parts"))?;
        if claims.contains('.') {
            return Err(bad("it has more than three parts"));
        }
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let header = object(header).ok_or(bad("its header is not JSON in base64url"))?;
        if header.contains_key("crit") {
            return Err(bad("its header demands extensions"));
        }
        Ok(Self {
            header,
            claims: object(claims).ok_or(bad("its content is not JSON in base64url"))?,
            message,
            signature: URL_SAFE_NO_PAD
                .decode(signature)
                .map_err(|_| bad("its signature is not base64url"))?,
        })
    }

    /// Whether a text has the shape of a signed token at all, as opposed to our own opaque ones.
    pub(crate) fn looks_like(token: &str) -> bool {
        token.starts_with("ey") && token.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// Who says it issued the token; only good for finding out whose keys to try.
    pub(crate) fn claimed_issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// The id of the key that is said to have signed.
    pub(crate) fn key_id(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// What kind of token it says it is, in lower case, without `application/`.
    pub(crate) fn kind(&self) -> Option<String> {
        let kind = self.header.get("typ")?.as_str()?.to_ascii_lowercase();
        Some(kind.strip_prefix("application/").map(str::to_owned).unwrap_or(kind))
    }

    /// The algorithm, if it is one of these.
    pub(crate) fn algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, JwsError> {
        let name = self.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        Algorithm::find(name)
            .filter(|algorithm| allowed.contains(algorithm))
            .ok_or_else(|| JwsError::Algorithm(name.chars().take(16).collect()))
    }

    /// The claims, once a key of the set has been found that made the signature.
    pub(crate) fn verify(self, keys: &KeySet, allowed: &[Algorithm]) -> Result<Map<String, Value>, JwsError> {
        let algorithm = self.algorithm(allowed)?;
        if keys.verify(algorithm, self.key_id(), self.message.as_bytes(), &self.signature) {
            Ok(self.claims)
        } else {
            Err(JwsError::Signature)
        }
    }
}
