//! A key ring at rest: every content key wrapped under the KEK.
//!
//! ```text
//! 0   magic "RNGK" | version u8 = 1 | suite u8 = 1 (AES-256-GCM-SIV) | key count u16
//! 8   identity tag, 16 bytes
//! 24  KEK generation u32 | current generation u32
//! 32  per key, ascending: generation u32 | nonce 12 bytes | wrapped key 48 bytes
//! ```
//! Big-endian. Each key is bound to the scope, to everything before it in the header and to its generation, so no
//! key can be dropped, added or exchanged.

use super::{
    Aad, BTreeMap, ContentKey, Entropy, IdentityTag, Kek, KeyError, KeyRing, Nonce, Scope, Zeroizing, siv,
};

/// Most keys in a ring.
pub(super) const MAX_KEYS: usize = 1_000;

const MAGIC: [u8; 4] = *b"RNGK";
const VERSION: u8 = 1;
const SUITE: u8 = 1;
const HEADER_BYTES: usize = 32;
const ENTRY_BYTES: usize = 64;

/// One wrapped content key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Its generation.
    pub generation: u32,
    nonce: [u8; 12],
    sealed: [u8; 48],
}

/// A key ring as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedRing {
    tag: IdentityTag,
    kek_generation: u32,
    current: u32,
    keys: Vec<WrappedKey>,
}

impl KeyRing {
    /// Wraps every key under `kek`, whose generation is `kek_generation`.
    pub fn wrap(
        &self,
        kek: &Kek,
        kek_generation: u32,
        entropy: Entropy<'_>,
    ) -> Result<WrappedRing, KeyError> {
        let mut ring = WrappedRing { tag: self.tag, kek_generation, current: self.current, keys: Vec::new() };
        let header = ring.header(self.keys.len())?;
        let cipher = siv(kek.bytes())?;
        for (&generation, key) in &self.keys {
            let mut nonce = [0; 12];
            entropy(&mut nonce);
            let aad = aad(&self.scope, &header, generation);
            let mut sealed = [0; 48];
            let (body, room) = sealed.split_at_mut(32);
            body.copy_from_slice(key.bytes());
            let tag = cipher
                .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), body)
                .map_err(|_| KeyError::Library)?;
            room.copy_from_slice(tag.as_ref());
            ring.keys.push(WrappedKey { generation, nonce, sealed });
        }
        Ok(ring)
    }
}

fn aad(scope: &Scope, header: &[u8; HEADER_BYTES], generation: u32) -> Vec<u8> {
    [b"ringfence/wrapped-key/v1\0".as_slice(), header, &generation.to_be_bytes(), &scope.to_bytes()].concat()
}

impl WrappedRing {
    /// Whose keys, without opening them.
    pub const fn tag(&self) -> IdentityTag {
        self.tag
    }

    /// Generation of the KEK that opens it.
    pub const fn kek_generation(&self) -> u32 {
        self.kek_generation
    }

    /// Number of wrapped keys.
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// Unwraps every key.
    pub fn unwrap_keys(&self, kek: &Kek, scope: &Scope) -> Result<KeyRing, KeyError> {
        let header = self.header(self.keys.len())?;
        let cipher = siv(kek.bytes())?;
        let mut keys = BTreeMap::new();
        for wrapped in &self.keys {
            let aad = aad(scope, &header, wrapped.generation);
            let mut buffer = Zeroizing::new(wrapped.sealed);
            let plain = cipher
                .open_in_place(Nonce::assume_unique_for_key(wrapped.nonce), Aad::from(aad), buffer.as_mut())
                .map_err(|_| KeyError::WrongKey)?;
            let key = plain.first_chunk::<32>().ok_or(KeyError::Library)?;
            keys.insert(wrapped.generation, ContentKey::from_bytes(*key));
        }
        if !keys.contains_key(&self.current) {
            return Err(KeyError::Malformed);
        }
        Ok(KeyRing { scope: scope.clone(), tag: self.tag, current: self.current, keys })
    }

    fn header(&self, count: usize) -> Result<[u8; HEADER_BYTES], KeyError> {
        if count > MAX_KEYS {
            return Err(KeyError::Exhausted);
        }
        let count = u16::try_from(count).map_err(|_| KeyError::Exhausted)?;
        let mut out = [0; HEADER_BYTES];
        let parts = MAGIC
            .into_iter()
            .chain([VERSION, SUITE])
            .chain(count.to_be_bytes())
            .chain(self.tag.0)
            .chain(self.kek_generation.to_be_bytes())
            .chain(self.current.to_be_bytes());
        for (to, from) in out.iter_mut().zip(parts) {
            *to = from;
        }
        Ok(out)
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, KeyError> {
        let mut out = self.header(self.keys.len())?.to_vec();
        for key in &self.keys {
            out.extend_from_slice(&key.generation.to_be_bytes());
            out.extend_from_slice(&key.nonce);
            out.extend_from_slice(&key.sealed);
        }
        Ok(out)
    }

    /// Reads the stored form; any other bytes are refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(KeyError::Malformed)?;
        let rest = rest.strip_prefix(&[VERSION, SUITE]).ok_or(KeyError::Malformed)?;
        let (count, rest) = rest.split_first_chunk::<2>().ok_or(KeyError::Malformed)?;
        let (tag, rest) = rest.split_first_chunk::<16>().ok_or(KeyError::Malformed)?;
        let (kek_generation, rest) = rest.split_first_chunk::<4>().ok_or(KeyError::Malformed)?;
        let (current, rest) = rest.split_first_chunk::<4>().ok_or(KeyError::Malformed)?;
        let count = usize::from(u16::from_be_bytes(*count));
        if count > MAX_KEYS || rest.len() != count * ENTRY_BYTES {
            return Err(KeyError::Malformed);
        }
        let keys = rest
            .chunks_exact(ENTRY_BYTES)
            .map(entry)
            .collect::<Option<Vec<_>>>()
            .ok_or(KeyError::Malformed)?;
        let ascending = keys.iter().zip(keys.iter().skip(1)).all(|(a, b)| a.generation < b.generation);
        let current = u32::from_be_bytes(*current);
        if !ascending || !keys.iter().any(|k| k.generation == current) {
            return Err(KeyError::Malformed);
        }
        Ok(Self {
            tag: IdentityTag(*tag),
            kek_generation: u32::from_be_bytes(*kek_generation),
            current,
            keys,
        })
    }
}

fn entry(bytes: &[u8]) -> Option<WrappedKey> {
    let (generation, rest) = bytes.split_first_chunk::<4>()?;
    let (nonce, rest) = rest.split_first_chunk::<12>()?;
    let sealed = rest.first_chunk::<48>()?;
    Some(WrappedKey { generation: u32::from_be_bytes(*generation), nonce: *nonce, sealed: *sealed })
}
