//! Hashing of ids: one multiplication per eight bytes, keyed per map. Ids are random already; the key keeps whoever
//! may choose them (provisioning) from choosing collisions.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Builds [`IdHasher`]s that share a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct IdHash(u64);

/// See the module.
#[derive(Debug)]
pub(super) struct IdHasher {
    state: u64,
    key: u64,
}

impl Default for IdHash {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0u8) | 1)
    }
}

impl BuildHasher for IdHash {
    type Hasher = IdHasher;

    fn build_hasher(&self) -> IdHasher {
        IdHasher { state: self.0.rotate_left(32), key: self.0 }
    }
}

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.key ^ 0x9e37_79b9_7f4a_7c15);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }

    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.state
    }
}
