//! The key set of an issuer (RFC 7517): what can verify signatures is kept, everything else skipped.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{
    Algorithm,
    algorithm::{Curve, Material},
};

/// Keys of one set that are kept; an issuer has a handful.
const KEYS_MAX: usize = 32;

/// Shortest RSA modulus, in bytes.
const MODULUS_MIN: usize = 256;

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    material: Material,
}

/// The public keys of an issuer.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a key set. Keys that are symmetric, for encryption, of unknown kinds or too short are left out.
    ///
    /// # Errors
    /// It is not a JSON object with `keys`.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let whole: Value = serde_json::from_slice(bytes).map_err(|_| "is not JSON")?;
        let keys = whole.get("keys").and_then(Value::as_array).ok_or("has no `keys`")?;
        Ok(Self(keys.iter().filter_map(Value::as_object).filter_map(key).take(KEYS_MAX).collect()))
    }

    /// How many keys can verify.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a token with this key id can be judged: an unknown id means that the issuer has new keys.
    pub(crate) fn knows(&self, id: Option<&str>) -> bool {
        id.is_none_or(|id| self.0.iter().any(|key| key.id.as_deref() == Some(id)))
    }

    /// Whether the key that the id means made the signature. A token without an id is judged by the only key that fits: where
    /// there are several, it must name one (OpenID Connect Core 1.0 §10.1).
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let mut fitting =
            self.0.iter().filter(|key| id.is_none_or(|id| key.id.as_deref() == Some(id))).filter(|key| {
                key.algorithm.is_none_or(|only| only == algorithm) && key.material.fits(algorithm)
            });
        if id.is_none() && fitting.clone().count() > 1 {
            return false;
        }
        fitting.any(|key| key.material.verify(algorithm, message, signature))
    }
}

fn key(members: &Map<String, Value>) -> Option<Key> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    if text("use").is_some_and(|usage| usage != "sig") {
        return None;
    }
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    let material = match text("kty")? {
        "RSA" => {
            let mut n = bytes("n")?;
            let zeros = n.iter().take_while(|byte| **byte == 0).count();
            n.drain(..zeros);
            if n.len() < MODULUS_MIN {
                return None;
            }
            Material::Rsa { n, e: bytes("e")? }
        }
        "EC" => {
            let (curve, length) = Curve::find(text("crv")?)?;
            let (x, y) = (bytes("x")?, bytes("y")?);
            if x.len() != length || y.len() != length {
                return None;
            }
            Material::Ec { curve, point: [&[4], x.as_slice(), y.as_slice()].concat() }
        }
        "OKP" if text("crv")? == "Ed25519" => Material::Ed25519(bytes("x")?),
        _ => return None,
    };
    let algorithm = match text("alg") {
        None => None,
        Some(name) => Some(Algorithm::find(name)?),
    };
    Some(Key { id: text("kid").map(str::to_owned), algorithm, material })
}
