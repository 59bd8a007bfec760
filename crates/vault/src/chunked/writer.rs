//! Sealing as a stream: about 1 MiB per write to the inner writer, plaintext kept no longer than a chunk.

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::{
    CHUNK_BYTES, CHUNKS_PER_CALL, ChunkedError, HEADER_BYTES, MessageKey, SALT_BYTES, SEALED_CHUNK_BYTES,
    TAG_BYTES,
};

/// Seals what is written to it. Only [`SealWriter::finish`] completes the message; without it what was written is
/// a truncated message, which nothing opens.
#[derive(Debug)]
pub struct SealWriter<W> {
    inner: W,
    message: MessageKey,
    /// Sealed bytes that wait for the inner writer, then the plaintext of a chunk that is not full, then room. Its
    /// length never changes: growing it would cost a fill with zeros for every chunk.
    buffer: Zeroizing<Vec<u8>>,
    /// Where that plaintext begins.
    sealed: usize,
    /// Where it ends.
    end: usize,
    /// Number of the chunk being filled.
    chunk: u64,
    failed: bool,
}

impl<W: Write> SealWriter<W> {
    /// Starts a message. The salt must be random, or at least never used before under this key.
    pub fn new(
        inner: W,
        key: &[u8; 32],
        context: &[u8],
        salt: &[u8; SALT_BYTES],
    ) -> Result<Self, ChunkedError> {
        let message = MessageKey::derive(key, context, salt)?;
        let mut buffer = Zeroizing::new(vec![0; HEADER_BYTES + CHUNKS_PER_CALL * SEALED_CHUNK_BYTES]);
        *buffer.first_chunk_mut().ok_or(ChunkedError::BufferLength)? = message.header(salt);
        Ok(Self { inner, message, buffer, sealed: HEADER_BYTES, end: HEADER_BYTES, chunk: 0, failed: false })
    }

    /// Seals the last chunk, writes everything and returns the inner writer (not flushed, not synced).
    pub fn finish(mut self) -> io::Result<W> {
        self.guarded(|this| {
            this.seal_pending()?;
            this.drain()
        })?;
        Ok(self.inner)
    }

    /// After a failure the same chunk number must not be sealed again with other bytes.
    fn guarded(&mut self, step: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if self.failed {
            return Err(ChunkedError::Failed.into());
        }
        let result = step(self);
        self.failed = result.is_err();
        result
    }

    const fn pending(&self) -> usize {
        self.end - self.sealed
    }

    /// Seals the pending plaintext in place.
    fn seal_pending(&mut self) -> io::Result<()> {
        let end = self.end + TAG_BYTES;
        let chunk = self.buffer.get_mut(self.sealed..end).ok_or(ChunkedError::BufferLength)?;
        self.message.seal_chunk_in_place(self.chunk, chunk)?;
        self.advance(end);
        Ok(())
    }

    /// Seals a full chunk straight from the caller's slice.
    fn seal_full(&mut self, plain: &[u8]) -> io::Result<()> {
        let end = self.sealed + SEALED_CHUNK_BYTES;
        let room = self.buffer.get_mut(self.sealed..end).ok_or(ChunkedError::BufferLength)?;
        self.message.seal_chunk(self.chunk, plain, room)?;
        self.advance(end);
        Ok(())
    }

    /// The buffer is sealed up to `end`.
    const fn advance(&mut self, end: usize) {
        self.sealed = end;
        self.end = end;
        self.chunk += 1;
    }

    /// Writes the sealed bytes; there is no pending plaintext.
    fn drain(&mut self) -> io::Result<()> {
        self.inner.write_all(self.buffer.get(..self.sealed).ok_or(ChunkedError::BufferLength)?)?;
        self.sealed = 0;
        self.end = 0;
        Ok(())
    }

    fn drain_if_full(&mut self) -> io::Result<()> {
        let full = self.pending() == 0 && self.end >= CHUNKS_PER_CALL * SEALED_CHUNK_BYTES;
        if full { self.drain() } else { Ok(()) }
    }

    fn take(&mut self, mut plain: &[u8]) -> io::Result<()> {
        while !plain.is_empty() {
            if self.pending() == 0
                && let Some((full, rest)) = plain.split_at_checked(CHUNK_BYTES)
            {
                self.seal_full(full)?;
                plain = rest;
            } else {
                let room = CHUNK_BYTES - self.pending();
                let (now, rest) = plain.split_at_checked(room).unwrap_or((plain, &[]));
                let end = self.end + now.len();
                self.buffer.get_mut(self.end..end).ok_or(ChunkedError::BufferLength)?.copy_from_slice(now);
                self.end = end;
                plain = rest;
                if self.pending() == CHUNK_BYTES {
                    self.seal_pending()?;
                }
            }
            self.drain_if_full()?;
        }
        Ok(())
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        self.guarded(|this| this.take(plain))?;
        Ok(plain.len())
    }

    /// Does nothing: a message is complete only after [`SealWriter::finish`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
