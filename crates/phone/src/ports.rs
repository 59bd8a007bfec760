//! The local ports of the client core: key store, durable slots and the app's container.

use std::path::{Path, PathBuf};

use ringfence_client::{FileOp, FileReply, KeyFailure, KeyOp, KeyReply, StateOp, StorageFailure};

use crate::{
    KeyStore, Phone, PhoneError,
    atomic::{self, Access},
    keystore::KeyStoreError,
    lock::Lock,
};

/// Executes local effects for one app.
pub(crate) struct Ports {
    phone: Phone,
    app: String,
    keys: KeyStore,
    own_prefix: String,
    state: PathBuf,
    shared_state: PathBuf,
    files: PathBuf,
}

/// Keys with this prefix are shared by the managed apps of the phone.
pub(crate) const SHARED_PREFIX: &str = "account.";

/// A key that goes with the last app that holds it.
fn is_held(alias: &str) -> bool {
    alias.starts_with(SHARED_PREFIX) && alias.rsplit('.').next() == Some("share")
}

impl Ports {
    pub(crate) fn new(phone: &Phone, app: &str) -> Self {
        let folder = phone.app_folder(app);
        Self {
            phone: phone.clone(),
            app: app.to_ascii_lowercase(),
            keys: phone.key_store(),
            own_prefix: Phone::key_prefix(app),
            state: folder.join("state"),
            shared_state: phone.folder().join("account"),
            files: folder.join("files"),
        }
    }

    /// Executes a key operation; an app reaches its own keys and those of the account, no others.
    pub(crate) fn key(&self, op: KeyOp) -> Result<KeyReply, KeyFailure> {
        let result = match op {
            KeyOp::MakeSignKey { alias } => {
                self.own(&alias)?;
                self.keys.make_p256(&alias).map(KeyReply::PublicKey)
            }
            KeyOp::Sign { alias, message } => {
                self.own(&alias)?;
                self.keys.sign(&alias, &message).map(KeyReply::Bytes)
            }
            KeyOp::MakeSealKey { alias } => {
                self.own(&alias)?;
                let made =
                    if is_held(&alias) { self.hold(&alias) } else { self.keys.make_secret_once(&alias) };
                made.map(KeyReply::Changed)
            }
            KeyOp::Seal { alias, context, plain } => {
                self.own(&alias)?;
                self.keys.seal(&alias, &context, &plain).map(KeyReply::Bytes)
            }
            KeyOp::Unseal { alias, context, sealed } => {
                self.own(&alias)?;
                self.keys.unseal(&alias, &context, &sealed).map(KeyReply::Bytes)
            }
            KeyOp::Destroy { alias } => {
                self.own(&alias)?;
                let gone = if is_held(&alias) { self.give_up(&alias) } else { self.keys.destroy(&alias) };
                gone.map(KeyReply::Changed)
            }
        };
        result.map_err(|error| key_failure(&error))
    }

    fn hold(&self, alias: &str) -> Result<bool, PhoneError> {
        let installed = self.phone.holders()?;
        let own = installed.iter().find(|holder| holder.app == self.app);
        let own = own.ok_or_else(|| PhoneError::missing("app", &self.app))?;
        self.keys.hold(alias, own, &installed)
    }

    fn give_up(&self, alias: &str) -> Result<bool, PhoneError> {
        self.keys.give_up(alias, &self.app, &self.phone.holders()?)
    }

    fn own(&self, alias: &str) -> Result<(), KeyFailure> {
        let lower = alias.to_ascii_lowercase();
        if KeyStore::is_of(&lower, &self.own_prefix) || lower.starts_with(SHARED_PREFIX) {
            Ok(())
        } else {
            Err(KeyFailure::Refused)
        }
    }

    /// Executes an operation on a durable slot.
    pub(crate) fn state(&self, op: StateOp) -> Result<Option<Vec<u8>>, StorageFailure> {
        match op {
            StateOp::Get { slot } => atomic::read(&self.slot(slot)?).map_err(failed),
            StateOp::Put { slot, bytes } => {
                let path = self.slot(slot)?;
                let _lock = self.lock(slot)?;
                atomic::write(&path, &bytes, Access::Private).map(|()| None).map_err(failed)
            }
            StateOp::Swap { slot, was, bytes } => {
                let path = self.slot(slot)?;
                let _lock = self.lock(slot)?;
                if atomic::read(&path).map_err(failed)? != was {
                    return Err(StorageFailure::Changed);
                }
                atomic::write(&path, &bytes, Access::Private).map(|()| None).map_err(failed)
            }
            StateOp::Delete { slot } => {
                let path = self.slot(slot)?;
                let _lock = self.lock(slot)?;
                atomic::remove(&path).map(|_| None).map_err(failed)
            }
        }
    }

    /// What changes a slot of the account keeps the other apps out; an app's own slots are changed by nobody else.
    fn lock(&self, slot: &str) -> Result<Option<Lock>, StorageFailure> {
        let shared = slot.starts_with(SHARED_PREFIX);
        shared.then(|| Lock::wait(&self.phone.folder().join("account.lock"))).transpose().map_err(failed)
    }

    /// Slots of the account lie beside the apps, those of the app within it.
    fn slot(&self, slot: &str) -> Result<PathBuf, StorageFailure> {
        place(if slot.starts_with(SHARED_PREFIX) { &self.shared_state } else { &self.state }, slot)
    }

    /// Executes an operation on the container.
    pub(crate) fn file(&self, op: FileOp) -> Result<FileReply, StorageFailure> {
        match op {
            FileOp::Write { path, bytes, new } => {
                let path = place(&self.files, &path)?;
                if new && path.exists() {
                    return Err(StorageFailure::Exists);
                }
                atomic::write(&path, &bytes, Access::Private).map(|()| FileReply::Done).map_err(failed)
            }
            FileOp::Read { path } => {
                let bytes = atomic::read(&place(&self.files, &path)?).map_err(failed)?;
                bytes.map(FileReply::Bytes).ok_or(StorageFailure::Missing)
            }
            FileOp::Delete { path } => {
                atomic::remove(&place(&self.files, &path)?).map(|_| FileReply::Done).map_err(failed)
            }
            FileOp::List { folder } => {
                atomic::list(&place(&self.files, folder)?).map(FileReply::Names).map_err(failed)
            }
        }
    }
}

fn place(root: &Path, name: &str) -> Result<PathBuf, StorageFailure> {
    atomic::inside(root, name).map_err(failed)
}

fn failed(_: PhoneError) -> StorageFailure {
    StorageFailure::Failed
}

fn key_failure(error: &PhoneError) -> KeyFailure {
    match error {
        PhoneError::KeyStore(KeyStoreError::Locked) => KeyFailure::Locked,
        PhoneError::KeyStore(KeyStoreError::NoSuchKey(_)) => KeyFailure::Missing,
        PhoneError::KeyStore(KeyStoreError::Refused(_)) => KeyFailure::Refused,
        _ => KeyFailure::Broken,
    }
}

#[cfg(test)]
mod tests {
    use ringfence_model::Platform;

    use super::*;
    use crate::{Install, MakePhone};

    fn ports() -> (tempfile::TempDir, Ports) {
        let dir = tempfile::tempdir().unwrap();
        let make = MakePhone::new(Platform::Ios, "http://127.0.0.1:8080");
        let phone = Phone::create(dir.path().join("p"), &make).unwrap();
        phone.install(&Install::managed("org.example.Notes")).unwrap();
        let ports = Ports::new(&phone, "org.example.Notes");
        (dir, ports)
    }

    #[test]
    fn an_app_reaches_its_own_keys_and_those_of_the_account_only() {
        let (_dir, ports) = ports();
        let make = |alias: &str| ports.key(KeyOp::MakeSealKey { alias: alias.to_owned() });
        assert_eq!(make("app.org.example.notes.kek"), Ok(KeyReply::Changed(true)));
        assert_eq!(make("app.org.example.notes.kek"), Ok(KeyReply::Changed(false)));
        assert_eq!(make("account.one.kek"), Ok(KeyReply::Changed(true)));
        assert_eq!(make("app.org.example.notes2.kek"), Err(KeyFailure::Refused));
        assert_eq!(make("app.org.example.notes.pro.one.seal"), Err(KeyFailure::Refused));
        assert_eq!(make("device"), Err(KeyFailure::Refused));
    }

    #[test]
    fn slots_and_files_do_what_the_core_expects() {
        let (_dir, ports) = ports();
        assert_eq!(ports.state(StateOp::Get { slot: "policy" }), Ok(None));
        ports.state(StateOp::Put { slot: "policy", bytes: vec![1] }).unwrap();
        assert_eq!(ports.state(StateOp::Get { slot: "policy" }), Ok(Some(vec![1])));
        ports.state(StateOp::Delete { slot: "policy" }).unwrap();
        assert_eq!(ports.state(StateOp::Delete { slot: "policy" }), Ok(None));

        let swap = |was: Option<&[u8]>, bytes: &[u8]| {
            let was = was.map(<[u8]>::to_vec);
            ports.state(StateOp::Swap { slot: "account.pin", was, bytes: bytes.to_vec() })
        };
        assert_eq!(swap(Some(b"a"), b"b"), Err(StorageFailure::Changed));
        assert_eq!(swap(None, b"a"), Ok(None));
        assert_eq!(swap(None, b"b"), Err(StorageFailure::Changed));
        assert_eq!(swap(Some(b"a"), b"b"), Ok(None));
        assert_eq!(ports.state(StateOp::Get { slot: "account.pin" }), Ok(Some(b"b".to_vec())));

        let write = |new| FileOp::Write { path: "work/a.txt".into(), bytes: vec![7], new };
        assert_eq!(ports.file(FileOp::List { folder: "work" }), Ok(FileReply::Names(vec![])));
        assert_eq!(ports.file(write(true)), Ok(FileReply::Done));
        assert_eq!(ports.file(write(true)), Err(StorageFailure::Exists));
        assert_eq!(ports.file(write(false)), Ok(FileReply::Done));
        assert_eq!(ports.file(FileOp::List { folder: "work" }), Ok(FileReply::Names(vec!["a.txt".into()])));
        assert_eq!(ports.file(FileOp::Read { path: "work/b.txt".into() }), Err(StorageFailure::Missing));
        assert_eq!(ports.file(FileOp::Read { path: "../app.json".into() }), Err(StorageFailure::Failed));
        assert_eq!(ports.file(FileOp::Delete { path: "work/b.txt".into() }), Ok(FileReply::Done));
    }
}
