//! Private keys at rest: sealed with AES-256-GCM under a data key that is kept in a file beside the database, never in it.

use std::{fs, io, io::Write as _, path::Path};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::{db::DbError, env::Env};

/// Why the data key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file cannot be read or made.
    #[error("the key file `{path}` cannot be used: {why}")]
    File {
        /// Which file.
        path: String,
        /// The operating system's reason.
        why: String,
    },
    /// The file does not hold a key.
    #[error("the key file `{0}` does not hold 64 hexadecimal digits")]
    Content(String),
    /// The key file is another one than the sealed keys were made with.
    #[error("a stored key cannot be opened: is the key file the one this database was made with?")]
    Wrong,
}

impl From<SealError> for DbError {
    fn from(error: SealError) -> Self {
        Self::Open(error.to_string())
    }
}

/// The key that seals all others. Several nodes on one database share the file.
pub(crate) struct DataKey(LessSafeKey);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey")
    }
}

impl DataKey {
    /// Reads the key file, making it (readable by the owner only) when missing.
    pub(crate) fn load_or_make(path: &Path, env: &Env) -> Result<Self, SealError> {
        let failed =
            |error: io::Error| SealError::File { path: path.display().to_string(), why: error.to_string() };
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let seed = Zeroizing::new(env.bytes::<32>());
                let text = Zeroizing::new(hex::encode(seed.as_slice()));
                write_private(path, text.as_bytes()).map_err(failed)?;
                text
            }
            Err(error) => return Err(failed(error)),
        };
        let wrong = || SealError::Content(path.display().to_string());
        let bytes = Zeroizing::new(hex::decode(text.trim()).map_err(|_| wrong())?);
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| wrong())?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Nonce, ciphertext, tag. `label` names what is sealed; it must be given again to open.
    pub(crate) fn seal(&self, env: &Env, label: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce = env.bytes::<NONCE_LEN>();
        let mut sealed = secret.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(label.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| SealError::Wrong)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed under this key and label.
    pub(crate) fn open(&self, label: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Wrong)?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let plain = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(label.as_bytes()), &mut opened)
            .map_err(|_| SealError::Wrong)?;
        let length = plain.len();
        opened.truncate(length);
        Ok(opened)
    }
}

/// Writes a file that never exists half or with wider permissions.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let partial = path.with_extension("partial");
    let _ = fs::remove_file(&partial);
    let mut file = options.open(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_file_and_label_only() {
        let dir = tempfile::tempdir().unwrap();
        let (env, path) = (Env::system(), dir.path().join("data.key"));
        let key = DataKey::load_or_make(&path, &env).unwrap();
        let sealed = key.seal(&env, "a", b"secret").unwrap();
        let again = DataKey::load_or_make(&path, &env).unwrap();
        assert_eq!(again.open("a", &sealed).unwrap().as_slice(), b"secret");
        assert!(again.open("b", &sealed).is_err());
        let other = DataKey::load_or_make(&dir.path().join("other.key"), &env).unwrap();
        assert!(other.open("a", &sealed).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "not a key").unwrap();
        assert!(matches!(DataKey::load_or_make(&path, &env), Err(SealError::Content(_))));
    }
}
