//! C2SP chunked-encryption, instance Cobblestone-256 (HKDF-Expand-SHA-512, AES-256-GCM, 16 KiB chunks):
//! <https://c2sp.org/chunked-encryption>.
//!
//! `salt[24] ‖ commitment[32] ‖ chunk…`, each chunk 16 KiB and a tag, the last always shorter. Truncation,
//! extension, reordering, another key or another context are refused.

mod reader;
mod writer;

use std::{fmt, io};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    constant_time, hkdf,
};
use zeroize::Zeroizing;

pub use reader::OpenReader;
pub use writer::SealWriter;

/// Plaintext bytes of every chunk but the last.
pub const CHUNK_BYTES: usize = 16 * 1024;
/// Tag of a chunk.
pub const TAG_BYTES: usize = 16;
/// Salt and commitment before the first chunk.
pub const HEADER_BYTES: usize = 56;
/// The salt: unique for every message under a key.
pub const SALT_BYTES: usize = 24;
/// A sealed full chunk.
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
/// How many chunks one system call moves: about 1 MiB.
const CHUNKS_PER_CALL: usize = 64;
/// Most chunks in a message (4 PiB).
const MAX_CHUNKS: u64 = 1 << 38;

const INFO: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";

/// A sealed message could not be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkedError {
    /// The message ends too early, or has a length that no message has.
    #[error("sealed message is cut off")]
    Truncated,
    /// The commitment does not match: another key, another context, or a changed header.
    #[error("sealed with another key or for another context")]
    WrongKey,
    /// A chunk was changed, moved or replaced.
    #[error("sealed message was changed in chunk {chunk}")]
    Changed {
        /// Number of the chunk, from 0.
        chunk: u64,
    },
    /// More than 4 PiB.
    #[error("message is too long")]
    TooLong,
    /// A buffer has another length than [`sealed_len`] or [`plain_len`] gives.
    #[error("buffer has the wrong length")]
    BufferLength,
    /// The writer failed before and must not be used again.
    #[error("writer has failed before")]
    Failed,
    /// The cryptographic library failed.
    #[error("cryptographic library failed")]
    Library,
}

impl ChunkedError {
    /// Stable code for logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Truncated => "sealed_truncated",
            Self::WrongKey => "sealed_wrong_key",
            Self::Changed { .. } => "sealed_changed",
            Self::TooLong => "sealed_too_long",
            Self::BufferLength => "buffer_length",
            Self::Failed => "writer_failed",
            Self::Library => "crypto_failed",
        }
    }

    /// The error inside an [`io::Error`] that a reader or writer of this module returned.
    pub fn from_io(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<ChunkedError> for io::Error {
    fn from(error: ChunkedError) -> Self {
        let kind = match error {
            ChunkedError::Truncated => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

/// Length of the sealed form of `plain` bytes; `None` beyond 4 PiB.
pub fn sealed_len(plain: u64) -> Option<u64> {
    let full = plain / CHUNK_BYTES as u64;
    (full < MAX_CHUNKS).then(|| plain + (full + 1) * TAG_BYTES as u64 + HEADER_BYTES as u64)
}

/// Length of the plaintext of a sealed message of `sealed` bytes.
pub fn plain_len(sealed: u64) -> Result<u64, ChunkedError> {
    let body = sealed.checked_sub(HEADER_BYTES as u64).ok_or(ChunkedError::Truncated)?;
    let full = body / SEALED_CHUNK_BYTES as u64;
    let last =
        (body % SEALED_CHUNK_BYTES as u64).checked_sub(TAG_BYTES as u64).ok_or(ChunkedError::Truncated)?;
    if full >= MAX_CHUNKS { Err(ChunkedError::TooLong) } else { Ok(full * CHUNK_BYTES as u64 + last) }
}

struct OkmLength;

impl hkdf::KeyType for OkmLength {
    fn len(&self) -> usize {
        32 + 12 + 32
    }
}

/// Key, base nonce and commitment of one message.
struct MessageKey {
    key: LessSafeKey,
    base_nonce: [u8; 12],
    commitment: [u8; 32],
}

impl fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageKey(..)")
    }
}

impl MessageKey {
    fn derive(key: &[u8; 32], context: &[u8], salt: &[u8; SALT_BYTES]) -> Result<Self, ChunkedError> {
        let mut okm = Zeroizing::new([0; 76]);
        let info = [INFO, salt, context];
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA512, key)
            .expand(&info, OkmLength)
            .and_then(|o| o.fill(okm.as_mut()))
            .map_err(|_| ChunkedError::Library)?;
        let (key, rest) = okm.split_first_chunk::<32>().ok_or(ChunkedError::Library)?;
        let (base_nonce, rest) = rest.split_first_chunk::<12>().ok_or(ChunkedError::Library)?;
        let commitment = rest.first_chunk::<32>().ok_or(ChunkedError::Library)?;
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| ChunkedError::Library)?;
        Ok(Self { key: LessSafeKey::new(key), base_nonce: *base_nonce, commitment: *commitment })
    }

    /// Derives the key that a header names and checks the commitment.
    fn open(key: &[u8; 32], context: &[u8], header: &[u8; HEADER_BYTES]) -> Result<Self, ChunkedError> {
        let (salt, commitment) = header.split_first_chunk::<SALT_BYTES>().ok_or(ChunkedError::Library)?;
        let derived = Self::derive(key, context, salt)?;
        constant_time::verify_slices_are_equal(&derived.commitment, commitment)
            .map_err(|_| ChunkedError::WrongKey)?;
        Ok(derived)
    }

    /// Salt and commitment.
    fn header(&self, salt: &[u8; SALT_BYTES]) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        for (to, from) in header.iter_mut().zip(salt.iter().chain(&self.commitment)) {
            *to = *from;
        }
        header
    }

    fn nonce(&self, chunk: u64) -> Result<Nonce, ChunkedError> {
        if chunk >= MAX_CHUNKS {
            return Err(ChunkedError::TooLong);
        }
        let mut nonce = self.base_nonce;
        for (to, from) in nonce.iter_mut().rev().zip(chunk.to_le_bytes()) {
            *to ^= from;
        }
        Ok(Nonce::assume_unique_for_key(nonce))
    }

    /// Seals `plain` into `out`, which is [`TAG_BYTES`] longer.
    #[inline]
    fn seal_chunk(&self, chunk: u64, plain: &[u8], out: &mut [u8]) -> Result<(), ChunkedError> {
        let (body, tag) = out.split_at_mut_checked(plain.len()).ok_or(ChunkedError::BufferLength)?;
        let nonce = self.nonce(chunk)?;
        self.key
            .seal_out_of_place_scatter(nonce, Aad::empty(), plain, body, &[], tag)
            .map_err(|_| ChunkedError::Library)
    }

    /// Seals in place: the last [`TAG_BYTES`] of `chunk_and_tag` are room for the tag.
    fn seal_chunk_in_place(&self, chunk: u64, chunk_and_tag: &mut [u8]) -> Result<(), ChunkedError> {
        let length = chunk_and_tag.len().checked_sub(TAG_BYTES).ok_or(ChunkedError::BufferLength)?;
        let (body, room) = chunk_and_tag.split_at_mut_checked(length).ok_or(ChunkedError::BufferLength)?;
        let nonce = self.nonce(chunk)?;
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::empty(), body)
            .map_err(|_| ChunkedError::Library)?;
        room.copy_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens `sealed` into `out`, which is [`TAG_BYTES`] shorter. On failure `out` holds zeros.
    #[inline]
    fn open_chunk(&self, chunk: u64, sealed: &[u8], out: &mut [u8]) -> Result<(), ChunkedError> {
        let (body, tag) = sealed.split_at_checked(out.len()).ok_or(ChunkedError::BufferLength)?;
        let nonce = self.nonce(chunk)?;
        self.key.open_separate_gather(nonce, Aad::empty(), body, tag, out).map_err(|_| {
            out.fill(0);
            ChunkedError::Changed { chunk }
        })
    }
}

/// Seals `plain` into `out`, whose length is [`sealed_len`]. The salt must be random, or at least never used
/// before under this key.
pub fn seal_into(
    key: &[u8; 32],
    context: &[u8],
    salt: &[u8; SALT_BYTES],
    plain: &[u8],
    out: &mut [u8],
) -> Result<(), ChunkedError> {
    if sealed_len(plain.len() as u64) != Some(out.len() as u64) {
        return Err(ChunkedError::BufferLength);
    }
    let message = MessageKey::derive(key, context, salt)?;
    let (header, body) = out.split_first_chunk_mut::<HEADER_BYTES>().ok_or(ChunkedError::BufferLength)?;
    *header = message.header(salt);
    let mut full = plain.chunks_exact(CHUNK_BYTES);
    let last = full.remainder();
    let chunks = full.by_ref().chain(std::iter::once(last));
    for (number, (plain, out)) in (0..).zip(chunks.zip(body.chunks_mut(SEALED_CHUNK_BYTES))) {
        message.seal_chunk(number, plain, out)?;
    }
    Ok(())
}

/// Opens `sealed` into `out`, whose length is [`plain_len`]. On failure `out` holds zeros.
pub fn open_into(key: &[u8; 32], context: &[u8], sealed: &[u8], out: &mut [u8]) -> Result<(), ChunkedError> {
    let result = open_chunks(key, context, sealed, out);
    if result.is_err() {
        out.fill(0);
    }
    result
}

fn open_chunks(key: &[u8; 32], context: &[u8], sealed: &[u8], out: &mut [u8]) -> Result<(), ChunkedError> {
    if plain_len(sealed.len() as u64)? != out.len() as u64 {
        return Err(ChunkedError::BufferLength);
    }
    let (header, body) = sealed.split_first_chunk::<HEADER_BYTES>().ok_or(ChunkedError::Truncated)?;
    let message = MessageKey::open(key, context, header)?;
    let mut full = out.chunks_exact_mut(CHUNK_BYTES);
    let mut number = 0;
    let mut chunks = body.chunks(SEALED_CHUNK_BYTES);
    for (out, sealed) in full.by_ref().zip(chunks.by_ref()) {
        message.open_chunk(number, sealed, out)?;
        number += 1;
    }
    let last = chunks.next().ok_or(ChunkedError::Truncated)?;
    message.open_chunk(number, last, full.into_remainder())
}

/// Seals into a new buffer.
pub fn seal(
    key: &[u8; 32],
    context: &[u8],
    salt: &[u8; SALT_BYTES],
    plain: &[u8],
) -> Result<Vec<u8>, ChunkedError> {
    let length =
        sealed_len(plain.len() as u64).and_then(|n| usize::try_from(n).ok()).ok_or(ChunkedError::TooLong)?;
    let mut out = vec![0; length];
    seal_into(key, context, salt, plain, &mut out)?;
    Ok(out)
}

/// Opens into a new buffer.
pub fn open(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, ChunkedError> {
    let length = usize::try_from(plain_len(sealed.len() as u64)?).map_err(|_| ChunkedError::TooLong)?;
    let mut out = Zeroizing::new(vec![0; length]);
    open_into(key, context, sealed, &mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests;
