//! Sealed data in memory beside the raw cipher, sealed files beside a plain copy.

use std::{
    fs::{self, File},
    hint::black_box,
    io::{self, Read, Write},
    path::Path,
};

use anyhow::Result;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ringfence_model::{AccountId, AppId, Platform, TenantId, UnixMillis};
use ringfence_vault::{KeyRing, Scope, chunked, container};

use crate::{
    dice::Dice,
    measure::{Effort, Work, cpu_since, interleave, thread_cpu},
    table::{Figure, Goal},
};

const MESSAGE_BYTES: usize = 1 << 20;
const CALL_BYTES: usize = 1 << 20;
const FILE_BYTES: usize = 512 << 20;

/// The figures of this group.
pub(crate) fn run(effort: Effort) -> Result<Vec<Figure>> {
    let mut figures = memory(effort)?;
    figures.extend(files(effort)?);
    Ok(figures)
}

/// GB per second of CPU from nanoseconds per message.
fn speeds(nanos: &[f64], bytes: usize) -> Vec<f64> {
    nanos.iter().map(|each| bytes as f64 / each).collect()
}

fn nonce(chunk: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&chunk.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

/// A message of 1 MiB in chunks of 16 KiB.
fn memory(effort: Effort) -> Result<Vec<Figure>> {
    let (key, salt) = ([7; 32], [9; 24]);
    let plain = vec![5; MESSAGE_BYTES];
    let sealed = chunked::seal(&key, b"bench", &salt, &plain)?;
    let raw_key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key)?);
    let mut raw_sealed = vec![0; sealed.len() - chunked::HEADER_BYTES];
    let chunk = chunked::CHUNK_BYTES;
    let raw_seal = |plain: &[u8], out: &mut [u8]| {
        let chunks = plain.chunks(chunk).zip(out.chunks_mut(chunk + chunked::TAG_BYTES));
        for (number, (plain, out)) in (0..).zip(chunks) {
            let (body, tag) = out.split_at_mut(plain.len());
            let done = raw_key.seal_out_of_place_scatter(nonce(number), Aad::empty(), plain, body, &[], tag);
            black_box(done.is_ok());
        }
    };
    raw_seal(&plain, &mut raw_sealed);
    let (mut out_a, mut out_b) = (vec![0; sealed.len()], raw_sealed.clone());
    let (mut open_a, mut open_b) = (vec![0; MESSAGE_BYTES], vec![0; MESSAGE_BYTES]);
    let seal: Work<'_> = Box::new(|count| {
        for _ in 0..count {
            black_box(chunked::seal_into(&key, b"bench", &salt, black_box(&plain), &mut out_a).is_ok());
        }
    });
    let seal_raw: Work<'_> = Box::new(|count| {
        for _ in 0..count {
            raw_seal(black_box(&plain), &mut out_b);
        }
    });
    let open: Work<'_> = Box::new(|count| {
        for _ in 0..count {
            black_box(chunked::open_into(&key, b"bench", black_box(&sealed), &mut open_a).is_ok());
        }
    });
    let open_raw: Work<'_> = Box::new(|count| {
        for _ in 0..count {
            let chunks = raw_sealed.chunks(chunk + chunked::TAG_BYTES).zip(open_b.chunks_mut(chunk));
            for (number, (sealed, out)) in (0..).zip(chunks) {
                let (body, tag) = sealed.split_at(out.len());
                let opened = raw_key.open_separate_gather(nonce(number), Aad::empty(), body, tag, out);
                black_box(opened.is_ok());
            }
        }
    });
    let samples = interleave(effort, &mut [seal, seal_raw, open, open_raw]);
    anyhow::ensure!(out_a == sealed && open_a == plain && open_b == plain, "what was measured was not right");
    let speeds: Vec<_> = samples.iter().map(|each| speeds(each, MESSAGE_BYTES)).collect();
    let goal = Goal::RatioAtLeast(0.92);
    let limit = "raw AES-256-GCM of aws-lc-rs, 16 KiB chunks";
    Ok(vec![
        Figure::compare("seal 1 MiB in memory", "GB/s", &speeds[0], (limit, &speeds[1]), goal),
        Figure::compare("open 1 MiB in memory", "GB/s", &speeds[2], (limit, &speeds[3]), goal),
    ])
}

fn ring() -> KeyRing {
    let dice = &mut Dice(13);
    let now = UnixMillis(1_790_000_000_000);
    let scope = Scope {
        tenant: TenantId::make(now, dice.bytes()),
        account: AccountId::make(now, dice.bytes()),
        app: AppId::new(Platform::Ios, "org.example.notes"),
    };
    KeyRing::make(scope, &mut |out| out.fill(dice.roll() as u8))
}

/// Moves everything in calls of 1 MiB.
fn pump(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; CALL_BYTES];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            count => to.write_all(&buffer[..count])?,
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    Ok(pump(&mut File::open(from)?, &mut File::create(to)?)?)
}

fn seal(ring: &KeyRing, from: &Path, to: &Path) -> Result<()> {
    let mut writer = container::writer(File::create(to)?, ring, &mut |out| out.fill(3))?;
    pump(&mut File::open(from)?, &mut writer)?;
    writer.finish()?;
    Ok(())
}

fn open(ring: &KeyRing, from: &Path, to: &Path) -> Result<()> {
    Ok(pump(&mut container::reader(File::open(from)?, ring)?, &mut File::create(to)?)?)
}

/// A whole file in memory-backed storage, where nothing hides the cost of sealing behind a slow disk. Removing the result is not timed.
fn files(effort: Effort) -> Result<Vec<Figure>> {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    let size = FILE_BYTES / effort.shrink;
    let (plain, sealed, out) =
        (folder.path().join("plain"), folder.path().join("sealed"), folder.path().join("out"));
    let dice = &mut Dice(17);
    let content: Vec<u8> = (0..size / 8).flat_map(|_| dice.roll().to_le_bytes()).collect();
    fs::write(&plain, &content)?;
    let ring = ring();
    seal(&ring, &plain, &sealed)?;
    open(&ring, &sealed, &out)?;
    anyhow::ensure!(fs::read(&out)? == content, "what was sealed does not open to the same");
    drop(content);
    fs::remove_file(&out)?;

    let mut samples = vec![Vec::new(); 3];
    for _ in 0..effort.rounds.div_ceil(5) {
        let mut timed = |place: usize, step: &dyn Fn() -> Result<()>| -> Result<()> {
            let before = thread_cpu();
            step()?;
            samples[place].push(size as f64 / cpu_since(before).as_nanos() as f64);
            Ok(fs::remove_file(&out)?)
        };
        timed(0, &|| copy(&plain, &out))?;
        timed(1, &|| seal(&ring, &plain, &out))?;
        timed(2, &|| open(&ring, &sealed, &out))?;
    }
    let goal = Goal::RatioAtLeast(0.78);
    let limit = "buffered copy, 1 MiB calls";
    let mebibytes = size >> 20;
    Ok(vec![
        Figure::compare(
            format!("seal a file of {mebibytes} MiB"),
            "GB/s",
            &samples[1],
            (limit, &samples[0]),
            goal,
        ),
        Figure::compare(
            format!("open a file of {mebibytes} MiB"),
            "GB/s",
            &samples[2],
            (limit, &samples[0]),
            goal,
        ),
    ])
}
