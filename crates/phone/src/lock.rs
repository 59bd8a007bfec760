//! Advisory locks, so that two processes never change one app or one phone at the same time.

use std::{fs, path::Path};

use crate::PhoneError;

/// A lock that is held as long as the value lives; the operating system releases it when the process dies.
#[derive(Debug)]
pub struct Lock {
    _file: fs::File,
}

fn open(path: &Path) -> Result<fs::File, PhoneError> {
    fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(PhoneError::io("lock", path))
}

impl Lock {
    /// Waits until the lock is free; meant for changes that take milliseconds.
    pub fn wait(path: &Path) -> Result<Self, PhoneError> {
        let file = open(path)?;
        file.lock().map_err(PhoneError::io("lock", path))?;
        Ok(Self { _file: file })
    }

    /// Takes the lock if it is free, `None` when another holds it.
    pub fn try_take(path: &Path) -> Result<Option<Self>, PhoneError> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(source)) => {
                Err(PhoneError::Io { action: "lock", path: path.to_owned(), source })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_has_to_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = Lock::try_take(&path).unwrap();
        assert!(first.is_some());
        assert!(Lock::try_take(&path).unwrap().is_none());
        drop(first);
        assert!(Lock::try_take(&path).unwrap().is_some());
    }
}
