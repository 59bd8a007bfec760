//! Our sealed file: a header and a [`chunked`] message that is bound to the header.
//!
//! ```text
//! 0   magic "RNGF"
//! 4   format version u8 = 1
//! 5   suite u8 = 1 (Cobblestone-256)
//! 6   reserved u16 = 0
//! 8   key generation u32, big-endian
//! 12  identity tag, 16 bytes
//! 28  chunked message, context = "ringfence/file/v1" ‖ 0 ‖ header
//! ```

use std::io::{self, Read, Seek, SeekFrom, Write};

use zeroize::Zeroizing;

use crate::{
    Entropy,
    chunked::{self, ChunkedError, OpenReader, SALT_BYTES, SealWriter},
    keys::{ContentKey, IdentityTag, KeyRing},
};

/// First bytes of every sealed file.
pub const MAGIC: [u8; 4] = *b"RNGF";
/// Bytes before the chunked message.
pub const FILE_HEADER_BYTES: usize = 28;
/// Format version.
pub const VERSION: u8 = 1;
/// Cobblestone-256.
pub const SUITE: u8 = 1;

const CONTEXT: &[u8; 18] = b"ringfence/file/v1\0";

/// A sealed file could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// Not a sealed file: a personal file, or something else.
    #[error("not a sealed file")]
    NotSealed,
    /// Sealed in a format that this version does not know.
    #[error("sealed in format {version}, suite {suite}, which is not known here")]
    UnknownFormat {
        /// Format version.
        version: u8,
        /// Suite.
        suite: u8,
    },
    /// Sealed for another identity.
    #[error("sealed for another identity")]
    OtherIdentity,
    /// The key generation is not in the ring.
    #[error("key generation {generation} is gone")]
    KeyGone {
        /// Generation that the header names.
        generation: u32,
    },
    /// Cut off, changed, or sealed with another key.
    #[error(transparent)]
    Message(#[from] ChunkedError),
    /// Reading or writing failed.
    #[error(transparent)]
    Io(io::Error),
}

impl ContainerError {
    /// Stable code for logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotSealed => "not_sealed",
            Self::UnknownFormat { .. } => "unknown_format",
            Self::OtherIdentity => "other_identity",
            Self::KeyGone { .. } => "key_gone",
            Self::Message(error) => error.code(),
            Self::Io(_) => "io",
        }
    }
}

impl From<io::Error> for ContainerError {
    fn from(error: io::Error) -> Self {
        ChunkedError::from_io(&error).map_or(Self::Io(error), Self::Message)
    }
}

/// What a sealed file says about itself without any key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileHeader {
    /// Which content key of the ring.
    pub generation: u32,
    /// Whose file.
    pub identity: IdentityTag,
}

impl FileHeader {
    /// The 28 bytes.
    pub fn to_bytes(&self) -> [u8; FILE_HEADER_BYTES] {
        let mut out = [0; FILE_HEADER_BYTES];
        let parts = MAGIC.into_iter().chain([VERSION, SUITE, 0, 0]);
        let parts = parts.chain(self.generation.to_be_bytes()).chain(self.identity.0);
        for (to, from) in out.iter_mut().zip(parts) {
            *to = from;
        }
        out
    }

    /// Reads a header from the start of `bytes`.
    pub fn parse(bytes: &[u8]) -> Result<Self, ContainerError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(ContainerError::NotSealed)?;
        let header = rest.first_chunk::<24>().ok_or(ChunkedError::Truncated)?;
        let [version, suite, r0, r1, g0, g1, g2, g3, identity @ ..] = *header;
        if version != VERSION || suite != SUITE || r0 != 0 || r1 != 0 {
            return Err(ContainerError::UnknownFormat { version, suite });
        }
        Ok(Self { generation: u32::from_be_bytes([g0, g1, g2, g3]), identity: IdentityTag(identity) })
    }

    fn context(&self) -> [u8; CONTEXT.len() + FILE_HEADER_BYTES] {
        let mut out = [0; CONTEXT.len() + FILE_HEADER_BYTES];
        for (to, from) in out.iter_mut().zip(CONTEXT.iter().copied().chain(self.to_bytes())) {
            *to = from;
        }
        out
    }

    /// The content key for this header.
    fn key<'a>(&self, ring: &'a KeyRing) -> Result<&'a ContentKey, ContainerError> {
        if self.identity != ring.tag() {
            return Err(ContainerError::OtherIdentity);
        }
        ring.find_key(self.generation).ok_or(ContainerError::KeyGone { generation: self.generation })
    }
}

fn current(ring: &KeyRing) -> Result<(FileHeader, &ContentKey), ContainerError> {
    let header = FileHeader { generation: ring.current_generation(), identity: ring.tag() };
    Ok((header, header.key(ring)?))
}

fn make_salt(entropy: Entropy<'_>) -> [u8; SALT_BYTES] {
    let mut salt = [0; SALT_BYTES];
    entropy(&mut salt);
    salt
}

/// Length of the file that holds `plain` bytes; `None` beyond 4 PiB.
pub fn sealed_len(plain: u64) -> Option<u64> {
    chunked::sealed_len(plain)?.checked_add(FILE_HEADER_BYTES as u64)
}

/// Length of the content of a sealed file of `sealed` bytes.
pub fn plain_len(sealed: u64) -> Result<u64, ChunkedError> {
    chunked::plain_len(sealed.checked_sub(FILE_HEADER_BYTES as u64).ok_or(ChunkedError::Truncated)?)
}

/// Seals `plain` under the current key of the ring.
pub fn seal(ring: &KeyRing, entropy: Entropy<'_>, plain: &[u8]) -> Result<Vec<u8>, ContainerError> {
    let length =
        sealed_len(plain.len() as u64).and_then(|n| usize::try_from(n).ok()).ok_or(ChunkedError::TooLong)?;
    let mut out = vec![0; length];
    seal_into(ring, entropy, plain, &mut out)?;
    Ok(out)
}

/// Seals into a buffer whose length is [`sealed_len`].
pub fn seal_into(
    ring: &KeyRing,
    entropy: Entropy<'_>,
    plain: &[u8],
    out: &mut [u8],
) -> Result<(), ContainerError> {
    let (header, key) = current(ring)?;
    let (head, body) = out.split_first_chunk_mut::<FILE_HEADER_BYTES>().ok_or(ChunkedError::BufferLength)?;
    *head = header.to_bytes();
    chunked::seal_into(key.bytes(), &header.context(), &make_salt(entropy), plain, body)?;
    Ok(())
}

/// Opens a whole sealed file.
pub fn open(ring: &KeyRing, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, ContainerError> {
    let (header, body) = split(sealed)?;
    Ok(chunked::open(header.key(ring)?.bytes(), &header.context(), body)?)
}

/// Opens into a buffer whose length is [`plain_len`]. On failure the buffer holds zeros.
pub fn open_into(ring: &KeyRing, sealed: &[u8], out: &mut [u8]) -> Result<(), ContainerError> {
    let (header, body) = split(sealed)?;
    chunked::open_into(header.key(ring)?.bytes(), &header.context(), body, out)?;
    Ok(())
}

fn split(sealed: &[u8]) -> Result<(FileHeader, &[u8]), ContainerError> {
    let header = FileHeader::parse(sealed)?;
    let (_, body) = sealed.split_first_chunk::<FILE_HEADER_BYTES>().ok_or(ChunkedError::Truncated)?;
    Ok((header, body))
}

/// Writes the header and returns the writer for the content; call [`SealWriter::finish`] at the end.
pub fn writer<W: Write>(
    mut inner: W,
    ring: &KeyRing,
    entropy: Entropy<'_>,
) -> Result<SealWriter<W>, ContainerError> {
    let (header, key) = current(ring)?;
    inner.write_all(&header.to_bytes())?;
    Ok(SealWriter::new(inner, key.bytes(), &header.context(), &make_salt(entropy))?)
}

/// Reads the header at the present position and returns the reader for the content, with random access.
pub fn reader<R: Read + Seek>(mut inner: R, ring: &KeyRing) -> Result<OpenReader<R>, ContainerError> {
    let header = inspect(&mut inner)?;
    Ok(OpenReader::new(inner, header.key(ring)?.bytes(), &header.context())?)
}

/// Reads a header and leaves `inner` behind it.
pub fn inspect<R: Read + Seek>(inner: &mut R) -> Result<FileHeader, ContainerError> {
    let begin = inner.stream_position()?;
    let mut bytes = Vec::with_capacity(FILE_HEADER_BYTES);
    inner.by_ref().take(FILE_HEADER_BYTES as u64).read_to_end(&mut bytes)?;
    inner.seek(SeekFrom::Start(begin + bytes.len() as u64))?;
    FileHeader::parse(&bytes)
}

#[cfg(test)]
mod tests;
