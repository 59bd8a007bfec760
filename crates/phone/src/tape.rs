//! Recordings of an app on the phone: one file per process, bounded, without content, names and secrets.
//!
//! A file begins with the start of the process, so that it can be replayed. When a process goes on for so long that its file
//! is full, its newest steps go to two small files in turn: they can be read, and not replayed, because steps between are
//! gone.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use ringfence_client::{
    AppConfig, Effect, Input, Now, Testimony,
    recording::{self, Recorder},
};

use crate::{Phone, PhoneError, atomic};

/// Folder inside the app's.
pub(crate) const FOLDER: &str = "recording";
/// All files of an app.
const TOTAL_BYTES: u64 = 1024 * 1024;
/// The file of a process. With its newest steps less than half of all, so that the process before this one fits too.
const FILE_BYTES: u64 = 384 * 1024;
/// Each of the two files for its newest steps.
const TAIL_BYTES: u64 = 32 * 1024;

/// Records one process.
#[derive(Debug)]
pub(crate) struct Tape {
    recorder: Recorder,
    /// The file of this process; the others are named after it.
    path: PathBuf,
    full: bool,
    tail: usize,
}

fn folder(phone: &Phone, app: &str) -> PathBuf {
    phone.app_folder(app).join(FOLDER)
}

fn tail_path(path: &Path, which: usize) -> PathBuf {
    path.with_extension(if which == 0 { "tail0" } else { "tail1" })
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

impl Tape {
    /// Begins the recording of a process. A phone that cannot write one runs on without.
    pub(crate) fn begin(phone: &Phone, app: &str, config: &AppConfig) -> Self {
        let folder = folder(phone, app);
        let names = if folder.is_dir() { atomic::list(&folder).unwrap_or_default() } else { Vec::new() };
        make_room(&folder, &names);
        let last = names.iter().filter_map(|name| number(name)).max().unwrap_or_default();
        let path = folder.join(format!("{:08}.jsonl", last.saturating_add(1)));
        let (recorder, line) = Recorder::begin(config);
        let tape = Self { recorder, path, full: false, tail: 0 };
        if fs::create_dir_all(&folder).is_ok() {
            append(&tape.path, &line);
        }
        tape
    }

    /// What a step takes in, as it is kept.
    pub(crate) fn input(&mut self, input: &Input) -> Input {
        self.recorder.input(input)
    }

    /// A step was made.
    pub(crate) fn step(&mut self, now: Now, input: Input, results: Vec<Testimony>, effects: &[Effect]) {
        let line = self.recorder.step(now, input, results, effects);
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        self.full |= size(&self.path).saturating_add(length) > FILE_BYTES;
        if !self.full {
            return append(&self.path, &line);
        }
        if length > TAIL_BYTES {
            return;
        }
        let tail = tail_path(&self.path, self.tail);
        if size(&tail).saturating_add(length) <= TAIL_BYTES {
            return append(&tail, &line);
        }
        self.tail = 1 - self.tail.min(1);
        let other = tail_path(&self.path, self.tail);
        // The older half makes room; a recording that cannot be written is no reason to stop.
        let _ = fs::remove_file(&other);
        append(&other, &line);
    }
}

fn number(name: &str) -> Option<u64> {
    name.split('.').next()?.parse().ok()
}

/// Removes the oldest processes until a new one has room for all of its own. The files of a process go together: without
/// their beginning the newest steps say nothing.
fn make_room(folder: &Path, names: &[String]) {
    let most = TOTAL_BYTES.saturating_sub(FILE_BYTES).saturating_sub(TAIL_BYTES.saturating_mul(2));
    let mut sizes = BTreeMap::<u64, u64>::new();
    for name in names {
        let known = sizes.entry(number(name).unwrap_or_default()).or_default();
        *known = known.saturating_add(size(&folder.join(name)));
    }
    let mut kept = 0_u64;
    for (process, size) in sizes.into_iter().rev() {
        kept = kept.saturating_add(size);
        if kept > most {
            for name in names.iter().filter(|name| number(name).unwrap_or_default() == process) {
                // What cannot be removed now is tried again at the next start.
                let _ = fs::remove_file(folder.join(name));
            }
        }
    }
}

fn append(path: &Path, text: &str) {
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    // As with the journal: what cannot be written is lost, and nothing else.
    let _ = file.and_then(|mut file| file.write_all(text.as_bytes()));
}

impl Phone {
    /// The diagnostics of an app as they would be sent: what went into its client core and what came out, hidden, since
    /// the last starts of the app.
    ///
    /// # Errors
    /// [`PhoneError::Missing`] when the app has never been started.
    pub fn bundle(&self, app: &str) -> Result<String, PhoneError> {
        let record = self.app(app)?;
        let folder = folder(self, &record.id);
        let mut names = if folder.is_dir() { atomic::list(&folder)? } else { Vec::new() };
        // Of a process first its file, then the older and the newer of its newest steps.
        names.sort_by_key(|name| (number(name), name.contains("tail"), modified(&folder.join(name))));
        let mut bundle = recording::about(self.record()?.wall());
        let first = bundle.len();
        for name in names {
            let text = String::from_utf8(atomic::read(&folder.join(&name))?.unwrap_or_default());
            let text = text.map_err(|_| PhoneError::damaged(folder.join(&name), "not UTF-8"))?;
            // A process that died while it wrote left half a line.
            let whole = text.rfind('\n').and_then(|end| text.get(..=end)).unwrap_or_default();
            bundle.push_str(whole);
        }
        if bundle.len() == first { Err(PhoneError::missing("recording of", &record.id)) } else { Ok(bundle) }
    }
}

fn modified(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

#[cfg(test)]
mod tests {
    use ringfence_client::{AppRequest, Core, Identity, RequestId, recording::replay};
    use ringfence_model::{Millis, Platform, UnixMillis};

    use super::*;
    use crate::{Install, MakePhone};

    #[test]
    fn stays_small_keeps_the_newest_and_can_be_replayed() {
        let dir = tempfile::tempdir().unwrap();
        let make = MakePhone::new(Platform::Ios, "http://127.0.0.1:8080");
        let phone = Phone::create(dir.path().join("p"), &make).unwrap();
        let app = phone.install(&Install::managed("org.example.notes")).unwrap();
        assert_eq!(phone.bundle(&app.id).unwrap_err().code(), "missing");
        let config = crate::config::core_config(&phone, &phone.record().unwrap(), &app).unwrap();
        for _ in 0..3 {
            let mut tape = Tape::begin(&phone, &app.id, &config);
            let mut core = Core::new(config.clone()).noting();
            for step in 0..2_000_u32 {
                let now = Now { wall: UnixMillis(step.into()), mono: Millis(step.into()), boot_id: 1 };
                let request = AppRequest::Read { identity: Identity::Work, name: format!("{step:0200}") };
                let id = RequestId(step.into());
                // Before its start the core answers at once, so that nothing piles up.
                let input = Input::Request { id, request };
                let taken = tape.input(&input);
                let effects = core.step(now, &mut |out| out.fill(7), input);
                tape.step(now, taken, core.take_testimony(), &effects);
            }
        }
        let bundle = phone.bundle(&app.id).unwrap();
        assert!(bundle.len() <= 1024 * 1024 + 200, "{}", bundle.len());
        let played = replay(&bundle, None).unwrap();
        assert_eq!((played.difference, played.same), (None, played.played));
        assert!(played.played > 1_000 && played.played < played.steps.len(), "{}", played.played);
        let last = played.steps.last().unwrap();
        assert_eq!((last.recorded.step, last.process), (1_999, 1), "the process before is kept whole");
    }
}
