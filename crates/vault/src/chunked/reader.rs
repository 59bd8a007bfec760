//! Opening as a stream with random access.

use std::io::{self, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use super::{
    CHUNK_BYTES, CHUNKS_PER_CALL, ChunkedError, HEADER_BYTES, MessageKey, SEALED_CHUNK_BYTES, TAG_BYTES,
    plain_len,
};

/// Opens a sealed message. The length of the message is authenticated when it is opened, every chunk before any of
/// its bytes is handed out.
#[derive(Debug)]
pub struct OpenReader<R> {
    inner: R,
    message: MessageKey,
    /// Where chunk 0 begins in the inner reader.
    start: u64,
    /// Length of the plaintext.
    length: u64,
    position: u64,
    /// Sealed chunks read ahead, the first of which is `window_first`.
    window: Vec<u8>,
    window_first: u64,
    /// Where a sequential read would go on, and how many chunks it would read.
    next: u64,
    ahead: usize,
    /// One opened chunk, for reads that do not take all of it.
    plain: Zeroizing<Vec<u8>>,
    plain_chunk: Option<u64>,
}

impl<R: Read + Seek> OpenReader<R> {
    /// Opens the message from the present position of `inner` to its end: checks the commitment, and by the last
    /// chunk that nothing was cut off or added.
    pub fn new(mut inner: R, key: &[u8; 32], context: &[u8]) -> io::Result<Self> {
        let begin = inner.stream_position()?;
        let end = inner.seek(SeekFrom::End(0))?;
        let sealed = end.checked_sub(begin).ok_or(ChunkedError::Truncated)?;
        let length = plain_len(sealed)?;
        inner.seek(SeekFrom::Start(begin))?;
        let mut header = [0; HEADER_BYTES];
        inner.read_exact(&mut header)?;
        let message = MessageKey::open(key, context, &header)?;
        let mut reader = Self {
            inner,
            message,
            start: begin + HEADER_BYTES as u64,
            length,
            position: 0,
            window: Vec::new(),
            window_first: 0,
            next: 0,
            ahead: 1,
            plain: Zeroizing::default(),
            plain_chunk: None,
        };
        reader.open_plain(reader.last_chunk())?;
        reader.next = 0;
        Ok(reader)
    }

    /// Length of the plaintext; authenticated.
    pub const fn plain_len(&self) -> u64 {
        self.length
    }

    const fn last_chunk(&self) -> u64 {
        self.length / CHUNK_BYTES as u64
    }

    /// Plaintext bytes in a chunk.
    fn chunk_len(&self, chunk: u64) -> usize {
        if chunk < self.last_chunk() { CHUNK_BYTES } else { (self.length % CHUNK_BYTES as u64) as usize }
    }

    /// Reads the sealed chunks from `first` on: `wanted`, or more when reading goes on where it stopped.
    fn load(&mut self, first: u64, wanted: usize) -> io::Result<()> {
        self.ahead = if first == self.next { (self.ahead * 2).min(CHUNKS_PER_CALL) } else { 1 };
        let count = wanted.max(self.ahead).clamp(1, CHUNKS_PER_CALL) as u64;
        let left = self.last_chunk() - first;
        let bytes = if left < count {
            left as usize * SEALED_CHUNK_BYTES + self.chunk_len(self.last_chunk()) + TAG_BYTES
        } else {
            count as usize * SEALED_CHUNK_BYTES
        };
        self.window.resize(bytes, 0);
        self.window_first = first;
        self.inner.seek(SeekFrom::Start(self.start + first * SEALED_CHUNK_BYTES as u64))?;
        if let Err(error) = self.inner.read_exact(&mut self.window) {
            self.window.clear();
            return Err(error);
        }
        self.next = first + count;
        Ok(())
    }

    /// The sealed bytes of a chunk, if they have been read.
    fn loaded(window: &[u8], first: u64, chunk: u64, length: usize) -> Option<&[u8]> {
        let offset = usize::try_from(chunk.checked_sub(first)?).ok()?.checked_mul(SEALED_CHUNK_BYTES)?;
        window.get(offset..offset.checked_add(length)?.checked_add(TAG_BYTES)?)
    }

    /// Opens chunk `chunk` into `out`, which has its length.
    fn open_chunk(&mut self, chunk: u64, wanted: usize, out: &mut [u8]) -> io::Result<()> {
        if Self::loaded(&self.window, self.window_first, chunk, out.len()).is_none() {
            self.load(chunk, wanted)?;
        }
        let sealed = Self::loaded(&self.window, self.window_first, chunk, out.len());
        self.message.open_chunk(chunk, sealed.ok_or(ChunkedError::Truncated)?, out)?;
        Ok(())
    }

    fn open_plain(&mut self, chunk: u64) -> io::Result<()> {
        if self.plain_chunk == Some(chunk) {
            return Ok(());
        }
        self.plain_chunk = None;
        let mut plain = std::mem::take(&mut self.plain);
        plain.resize(self.chunk_len(chunk), 0);
        let result = self.open_chunk(chunk, 1, &mut plain);
        self.plain = plain;
        if result.is_ok() {
            self.plain_chunk = Some(chunk);
        }
        result
    }
}

impl<R: Read + Seek> Read for OpenReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.position)).unwrap_or(usize::MAX);
        if left == 0 || out.is_empty() {
            return Ok(0);
        }
        let chunk = self.position / CHUNK_BYTES as u64;
        let within = (self.position % CHUNK_BYTES as u64) as usize;
        let length = self.chunk_len(chunk);
        if within == 0 && out.len() >= length {
            // Straight into the caller's buffer, as many chunks as fit.
            let wanted = out.len().min(left).div_ceil(CHUNK_BYTES);
            let mut done = 0;
            for (number, part) in (chunk..).zip(out.chunks_mut(CHUNK_BYTES).take(wanted)) {
                let length = self.chunk_len(number);
                let Some(part) = part.get_mut(..length).filter(|p| !p.is_empty()) else { break };
                if let Err(error) = self.open_chunk(number, wanted, part) {
                    // What was handed out before is good; the next read reports the error.
                    return if done == 0 { Err(error) } else { Ok(done) };
                }
                done += length;
                self.position += length as u64;
            }
            return Ok(done);
        }
        self.open_plain(chunk)?;
        let available = self.plain.get(within..).unwrap_or_default();
        let count = available.len().min(out.len());
        for (to, from) in out.iter_mut().zip(available) {
            *to = *from;
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for OpenReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.length.checked_add_signed(n),
            SeekFrom::Current(n) => self.position.checked_add_signed(n),
        };
        self.position =
            target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        Ok(self.position)
    }
}
