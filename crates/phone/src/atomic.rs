//! Files that are either the old or the new version after a crash, never a mixture.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::PhoneError;

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The owner only (0600).
    Private,
    /// As the process's mask says.
    Ordinary,
}

static TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// Prefix of unfinished files; readers of folders skip them.
pub const UNFINISHED: &str = ".tmp-";

/// Replaces `path` by `bytes`: temporary file, fsync, rename, fsync of the folder.
pub fn write(path: &Path, bytes: &[u8], access: Access) -> Result<(), PhoneError> {
    let folder = parent(path)?;
    fs::create_dir_all(folder).map_err(PhoneError::io("make folder", folder))?;
    let number = TEMPORARY.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!("{UNFINISHED}{}-{number}", std::process::id()));
    let result = fill(&temporary, bytes, access).and_then(|()| fs::rename(&temporary, path));
    if let Err(source) = result {
        // The temporary file is worthless now; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(PhoneError::Io { action: "write", path: path.to_owned(), source });
    }
    sync_folder(folder)
}

fn fill(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Private {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn parent(path: &Path) -> Result<&Path, PhoneError> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).ok_or_else(|| PhoneError::Invalid {
        what: "path",
        value: path.display().to_string(),
        allowed: "a file inside the phone's folder".to_owned(),
    })
}

fn sync_folder(folder: &Path) -> Result<(), PhoneError> {
    fs::File::open(folder).and_then(|file| file.sync_all()).map_err(PhoneError::io("sync", folder))
}

/// The bytes of `path`, `None` when there is no such file.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, PhoneError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PhoneError::Io { action: "read", path: path.to_owned(), source }),
    }
}

/// Removes `path` durably; `false` when it was not there.
pub fn remove(path: &Path) -> Result<bool, PhoneError> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(parent(path)?).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(PhoneError::Io { action: "remove", path: path.to_owned(), source }),
    }
}

/// Removes a folder with all it holds; nothing happens when it is not there.
pub fn remove_folder(path: &Path) -> Result<(), PhoneError> {
    match fs::remove_dir_all(path) {
        Ok(()) => sync_folder(parent(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(PhoneError::Io { action: "remove", path: path.to_owned(), source }),
    }
}

/// Files below `folder`, as paths relative to it with `/`, sorted; unfinished files are left out.
pub fn list(folder: &Path) -> Result<Vec<String>, PhoneError> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = open.pop() {
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(PhoneError::Io { action: "list", path, source }),
        };
        for entry in entries {
            let entry = entry.map_err(PhoneError::io("list", &path))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(PhoneError::io("list", &path))?;
            if kind.is_dir() {
                open.push((entry.path(), format!("{prefix}{name}/")));
            } else if kind.is_file() && !name.starts_with(UNFINISHED) {
                found.push(format!("{prefix}{name}"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads JSON; `None` when there is no such file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, PhoneError> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| PhoneError::damaged(path, error))
}

/// Writes JSON for people to read.
pub fn write_json<T: Serialize>(path: &Path, value: &T, access: Access) -> Result<(), PhoneError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| PhoneError::damaged(path, error))?;
    bytes.push(b'\n');
    write(path, &bytes, access)
}

/// Joins a relative name that came from elsewhere to `root`, refusing every way out of it.
///
/// # Errors
/// [`PhoneError::Invalid`] for absolute names, `..`, empty parts, backslashes, control characters and over-long names.
pub fn inside(root: &Path, name: &str) -> Result<PathBuf, PhoneError> {
    let bad_part = |part: &str| {
        part.is_empty()
            || part == "."
            || part == ".."
            || part.len() > 200
            || part.starts_with(UNFINISHED)
            || part.chars().any(|c| c.is_control() || c == '\\')
    };
    if name.len() > 1024 || name.split('/').any(bad_part) {
        return Err(PhoneError::Invalid {
            what: "name",
            value: name.chars().take(80).collect(),
            allowed: "a relative name without `..`, backslashes or control characters".to_owned(),
        });
    }
    Ok(root.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_files_whole_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.bin");
        assert_eq!(read(&path).unwrap(), None);
        write(&path, b"one", Access::Private).unwrap();
        write(&path, b"two", Access::Private).unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"two");
        assert_eq!(list(dir.path()).unwrap(), ["a/b.bin"]);
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1);
        assert!(remove(&path).unwrap());
        assert!(!remove(&path).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn private_files_are_for_the_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write(&path, b"secret", Access::Private).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn names_cannot_leave_the_folder() {
        let root = Path::new("/phone/files");
        for bad in ["", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a\\b", "a\nb", "./a", ".tmp-1"] {
            assert!(inside(root, bad).is_err(), "{bad:?}");
        }
        assert_eq!(inside(root, "work/Q3 plan.txt").unwrap(), root.join("work/Q3 plan.txt"));
    }
}
