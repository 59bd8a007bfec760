//! The software key store of a virtual phone.
//!
//! It stands in for the secure hardware of a telephone: keys are made inside and never leave through this
//! interface, only *sign*, *agree*, *seal* and *unseal* are offered. Its secrecy is that of file permissions
//! (0600), which is all a folder can give; the client core relies on the interface alone.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{self, AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    agreement::{self, ECDH_P256, UnparsedPublicKey},
    encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, PublicKeyX509Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    PhoneError,
    atomic::{self, Access},
    lock::Lock,
};

/// Why the key store did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// The phone has not been unlocked since it started.
    #[error("the key store is locked")]
    Locked,
    /// The key store does not work; keys cannot be read.
    #[error("the key store does not work")]
    Broken,
    /// There is no key of that name.
    #[error("there is no key `{0}`")]
    NoSuchKey(String),
    /// The operation does not fit the key or the input is wrong.
    #[error("the key store refused: {0}")]
    Refused(&'static str),
}

impl KeyStoreError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Locked => "key_store_locked",
            Self::Broken => "key_store_broken",
            Self::NoSuchKey(_) => "key_missing",
            Self::Refused(_) => "key_refused",
        }
    }
}

/// Faults that a test or a person can switch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Every operation answers [`KeyStoreError::Locked`].
    pub locked: bool,
    /// Every operation answers [`KeyStoreError::Broken`].
    pub broken: bool,
    /// Fail once, at this many operations from now (1 = the next one).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_at: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Stored {
    /// P-256: PKCS #8, base64url.
    P256 { pkcs8: String },
    /// AES-256-GCM: 32 bytes, base64url. A shared one is held by apps, each named with its installation.
    Secret {
        key: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        holders: BTreeMap<String, String>,
    },
}

/// The key store in one folder.
#[derive(Debug, Clone)]
pub struct KeyStore {
    folder: PathBuf,
}

impl KeyStore {
    /// The key store in `folder`, which is made at the first key.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The faults switched on at present.
    pub fn faults(&self) -> Result<Fault, PhoneError> {
        Ok(atomic::read_json(&self.fault_path())?.unwrap_or_default())
    }

    /// Switches faults on or off.
    pub fn set_faults(&self, fault: Fault) -> Result<(), PhoneError> {
        atomic::write_json(&self.fault_path(), &fault, Access::Ordinary)
    }

    fn fault_path(&self) -> PathBuf {
        self.folder.join("faults.json")
    }

    /// Every operation passes here first, so that faults strike all of them alike.
    fn enter(&self) -> Result<(), PhoneError> {
        let mut fault = self.faults()?;
        if fault.locked {
            return Err(KeyStoreError::Locked.into());
        }
        if fault.broken {
            return Err(KeyStoreError::Broken.into());
        }
        if let Some(left) = fault.fail_at {
            fault.fail_at = left.checked_sub(1).filter(|left| *left > 0);
            self.set_faults(fault)?;
            if left <= 1 {
                return Err(KeyStoreError::Broken.into());
            }
        }
        Ok(())
    }

    fn path(&self, alias: &str) -> Result<PathBuf, PhoneError> {
        let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if alias.is_empty() || alias.len() > 200 || alias.starts_with('.') || !alias.chars().all(good) {
            return Err(
                KeyStoreError::Refused("a key name has letters, digits, `.`, `_` and `-` only").into()
            );
        }
        Ok(self.folder.join(format!("{alias}.key.json")))
    }

    fn load(&self, alias: &str) -> Result<Stored, PhoneError> {
        atomic::read_json(&self.path(alias)?)?
            .ok_or_else(|| KeyStoreError::NoSuchKey(alias.to_owned()).into())
    }

    fn store(&self, alias: &str, key: &Stored) -> Result<(), PhoneError> {
        atomic::write_json(&self.path(alias)?, key, Access::Private)
    }

    /// Makes a P-256 key, replacing an older one of that name.
    ///
    /// # Returns
    /// The public key as SubjectPublicKeyInfo (DER).
    pub fn make_p256(&self, alias: &str) -> Result<Vec<u8>, PhoneError> {
        self.enter()?;
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| KeyStoreError::Refused("no key could be made"))?;
        self.store(alias, &Stored::P256 { pkcs8: URL_SAFE_NO_PAD.encode(document.as_ref()) })?;
        self.public_spki(alias)
    }

    /// Makes a sealing secret, replacing an older one of that name.
    pub fn make_secret(&self, alias: &str) -> Result<(), PhoneError> {
        self.enter()?;
        self.put_secret(alias, BTreeMap::new())
    }

    fn put_secret(&self, alias: &str, holders: BTreeMap<String, String>) -> Result<(), PhoneError> {
        let mut key = [0_u8; 32];
        aws_lc_rs::rand::fill(&mut key).map_err(|_| KeyStoreError::Refused("no key could be made"))?;
        self.store(alias, &Stored::Secret { key: URL_SAFE_NO_PAD.encode(key), holders })
    }

    /// Makes a sealing secret unless a key of that name exists; `true` when one was made.
    pub fn make_secret_once(&self, alias: &str) -> Result<bool, PhoneError> {
        if self.path(alias)?.exists() {
            return self.enter().map(|()| false);
        }
        self.make_secret(alias).map(|()| true)
    }

    /// Whether a key of that name exists.
    pub fn contains(&self, alias: &str) -> Result<bool, PhoneError> {
        self.enter()?;
        Ok(self.path(alias)?.exists())
    }

    /// Destroys a key; `false` when there was none.
    pub fn destroy(&self, alias: &str) -> Result<bool, PhoneError> {
        self.enter()?;
        atomic::remove(&self.path(alias)?)
    }

    /// Destroys every key whose name starts with `prefix`.
    pub fn destroy_all(&self, prefix: &str) -> Result<u32, PhoneError> {
        self.destroy_if(|alias| alias.starts_with(prefix))
    }

    /// Destroys the keys of one app, whose names start with `prefix`: what removing an app does on Android.
    pub fn destroy_own(&self, prefix: &str) -> Result<u32, PhoneError> {
        self.destroy_if(|alias| Self::is_of(alias, prefix))
    }

    fn destroy_if(&self, chosen: impl Fn(&str) -> bool) -> Result<u32, PhoneError> {
        let mut count = 0;
        for alias in self.list()?.iter().filter(|alias| chosen(alias)) {
            count += u32::from(atomic::remove(&self.path(alias)?)?);
        }
        Ok(count)
    }

    /// Whether a key belongs to the app whose keys start with `prefix`: account and purpose follow, in two parts at most.
    /// The id of another app may begin with all of this one's.
    pub(crate) fn is_of(alias: &str, prefix: &str) -> bool {
        alias.strip_prefix(prefix).is_some_and(|rest| rest.split('.').count() <= 2)
    }

    /// Makes a sealing secret that apps share, unless one of that name is held by an installed app, and lets `holder`
    /// hold it; `true` when one was made.
    pub(crate) fn hold(
        &self,
        alias: &str,
        holder: &Holder,
        installed: &[Holder],
    ) -> Result<bool, PhoneError> {
        self.enter()?;
        let _lock = self.lock()?;
        match atomic::read_json(&self.path(alias)?)? {
            Some(Stored::Secret { key, mut holders }) if is_held(&holders, installed) => {
                holders.insert(holder.app.clone(), holder.install_id.clone());
                self.store(alias, &Stored::Secret { key, holders }).map(|()| false)
            }
            _ => {
                let holders = BTreeMap::from([(holder.app.clone(), holder.install_id.clone())]);
                self.put_secret(alias, holders).map(|()| true)
            }
        }
    }

    /// `app` holds this shared key no more; with its last holder the key is destroyed. `true` when it was.
    pub(crate) fn give_up(&self, alias: &str, app: &str, installed: &[Holder]) -> Result<bool, PhoneError> {
        self.enter()?;
        let _lock = self.lock()?;
        self.release(alias, app, installed)
    }

    /// `app` is gone from the phone and holds nothing any more.
    pub(crate) fn give_up_all(&self, app: &str, installed: &[Holder]) -> Result<(), PhoneError> {
        let _lock = self.lock()?;
        for alias in self.list()? {
            if let Ok(Stored::Secret { holders, .. }) = self.load(&alias)
                && holders.contains_key(app)
            {
                self.release(&alias, app, installed)?;
            }
        }
        Ok(())
    }

    fn release(&self, alias: &str, app: &str, installed: &[Holder]) -> Result<bool, PhoneError> {
        let path = self.path(alias)?;
        let Some(stored) = atomic::read_json(&path)? else { return Ok(false) };
        if let Stored::Secret { key, mut holders } = stored {
            holders.remove(app);
            if is_held(&holders, installed) {
                return self.store(alias, &Stored::Secret { key, holders }).map(|()| false);
            }
        }
        atomic::remove(&path)
    }

    /// Apps run in processes of their own; who reads holders to write them does it alone.
    fn lock(&self) -> Result<Lock, PhoneError> {
        fs::create_dir_all(&self.folder).map_err(PhoneError::io("make folder", &self.folder))?;
        Lock::wait(&self.folder.join("lock"))
    }

    fn pair(&self, alias: &str) -> Result<EcdsaKeyPair, PhoneError> {
        let Stored::P256 { pkcs8 } = self.load(alias)? else {
            return Err(KeyStoreError::Refused("this key cannot sign").into());
        };
        let path = self.path(alias)?;
        let bytes = URL_SAFE_NO_PAD.decode(pkcs8).map_err(|error| PhoneError::damaged(&path, error))?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes)
            .map_err(|error| PhoneError::damaged(path, error))
    }

    /// The public key as SubjectPublicKeyInfo (DER).
    pub fn public_spki(&self, alias: &str) -> Result<Vec<u8>, PhoneError> {
        self.enter()?;
        let pair = self.pair(alias)?;
        let der: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| KeyStoreError::Refused("the public key has no form"))?;
        Ok(der.as_ref().to_vec())
    }

    /// The public key as an uncompressed point (X9.62, 65 bytes).
    pub fn public_point(&self, alias: &str) -> Result<Vec<u8>, PhoneError> {
        self.enter()?;
        Ok(self.pair(alias)?.public_key().as_ref().to_vec())
    }

    /// Signs with ES256: the 64 bytes `r ‖ s`.
    pub fn sign(&self, alias: &str, message: &[u8]) -> Result<Vec<u8>, PhoneError> {
        self.enter()?;
        let signature = self.pair(alias)?.sign(&SystemRandom::new(), message);
        Ok(signature.map_err(|_| KeyStoreError::Refused("signing failed"))?.as_ref().to_vec())
    }

    /// The ECDH secret with the peer's uncompressed point: the 32 bytes of the x coordinate.
    pub fn agree(&self, alias: &str, peer: &[u8]) -> Result<Vec<u8>, PhoneError> {
        self.enter()?;
        let pair = self.pair(alias)?;
        let scalar: EcPrivateKeyBin<'_> =
            pair.private_key().as_be_bytes().map_err(|_| KeyStoreError::Refused("this key cannot agree"))?;
        let private = agreement::PrivateKey::from_private_key(&ECDH_P256, scalar.as_ref())
            .map_err(|_| KeyStoreError::Refused("this key cannot agree"))?;
        let refused: PhoneError = KeyStoreError::Refused("the peer's key is not a point of P-256").into();
        agreement::agree(&private, UnparsedPublicKey::new(&ECDH_P256, peer), refused, |secret| {
            Ok(secret.to_vec())
        })
    }

    fn sealer(&self, alias: &str) -> Result<[u8; 32], PhoneError> {
        let Stored::Secret { key, .. } = self.load(alias)? else {
            return Err(KeyStoreError::Refused("this key cannot seal").into());
        };
        let path = self.path(alias)?;
        let bytes = URL_SAFE_NO_PAD.decode(key).map_err(|error| PhoneError::damaged(&path, error))?;
        bytes.try_into().map_err(|_| PhoneError::damaged(path, "not 32 bytes"))
    }

    /// Seals bytes with AES-256-GCM under a fresh nonce: `nonce ‖ ciphertext ‖ tag`.
    pub fn seal(&self, alias: &str, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, PhoneError> {
        self.enter()?;
        let refused = |_| KeyStoreError::Refused("sealing failed");
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.sealer(alias)?).map_err(refused)?;
        let mut sealed = plain.to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(context), &mut sealed).map_err(refused)?;
        let mut whole = nonce.as_ref().to_vec();
        whole.append(&mut sealed);
        Ok(whole)
    }

    /// Opens what [`Self::seal`] made with the same key and context.
    pub fn unseal(&self, alias: &str, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, PhoneError> {
        self.enter()?;
        let refused = || KeyStoreError::Refused("these bytes were not sealed with this key");
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or_else(refused)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
        let key = aead::UnboundKey::new(&AES_256_GCM, &self.sealer(alias)?).map_err(|_| refused())?;
        let mut plain = body.to_vec();
        let length = aead::LessSafeKey::new(key)
            .open_in_place(nonce, Aad::from(context), &mut plain)
            .map_err(|_| refused())?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// Names of the keys, for `phone show`.
    pub fn list(&self) -> Result<Vec<String>, PhoneError> {
        let names = atomic::list(&self.folder)?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".key.json")).map(str::to_owned).collect())
    }

    /// The folder of the store.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// An installed app as a holder of shared keys: an app that is installed anew holds nothing of before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Id of the app in lower case.
    pub(crate) app: String,
    /// Which installation of it.
    pub(crate) install_id: String,
}

fn is_held(holders: &BTreeMap<String, String>, installed: &[Holder]) -> bool {
    installed.iter().any(|one| holders.get(&one.app) == Some(&one.install_id))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    fn store() -> (tempfile::TempDir, KeyStore) {
        let dir = tempfile::tempdir().unwrap();
        let store = KeyStore::new(dir.path().join("keystore"));
        (dir, store)
    }

    #[test]
    fn signs_so_that_the_public_key_verifies() {
        let (_dir, store) = store();
        let spki = store.make_p256("app.sign").unwrap();
        assert_eq!(spki.len(), 91);
        let signature = store.sign("app.sign", b"hello").unwrap();
        assert_eq!(signature.len(), 64);
        let public =
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, store.public_point("app.sign").unwrap());
        public.verify(b"hello", &signature).unwrap();
        assert!(public.verify(b"hullo", &signature).is_err());
    }

    #[test]
    fn both_sides_agree_on_one_secret() {
        let (_dir, store) = store();
        store.make_p256("a").unwrap();
        store.make_p256("b").unwrap();
        let ab = store.agree("a", &store.public_point("b").unwrap()).unwrap();
        let ba = store.agree("b", &store.public_point("a").unwrap()).unwrap();
        assert_eq!(ab, ba);
        assert_eq!(ab.len(), 32);
        assert!(store.agree("a", &[4; 65]).is_err());
    }

    #[test]
    fn sealed_bytes_open_with_the_same_key_and_context_only() {
        let (_dir, store) = store();
        store.make_secret("k").unwrap();
        store.make_secret("other").unwrap();
        let sealed = store.seal("k", b"ctx", b"plain").unwrap();
        assert_ne!(sealed, store.seal("k", b"ctx", b"plain").unwrap());
        assert_eq!(store.unseal("k", b"ctx", &sealed).unwrap(), b"plain");
        assert!(store.unseal("k", b"else", &sealed).is_err());
        assert!(store.unseal("other", b"ctx", &sealed).is_err());
        assert!(store.unseal("k", b"ctx", &sealed[..5]).is_err());
        assert!(store.destroy("k").unwrap());
        let error = store.unseal("k", b"ctx", &sealed).unwrap_err();
        assert_eq!(error.code(), "key_missing");
    }

    #[test]
    fn faults_strike_when_told() {
        let (_dir, store) = store();
        store.make_secret("k").unwrap();
        store.set_faults(Fault { fail_at: Some(2), ..Fault::default() }).unwrap();
        assert!(store.contains("k").unwrap());
        assert_eq!(store.contains("k").unwrap_err().code(), "key_store_broken");
        assert!(store.contains("k").unwrap());
        store.set_faults(Fault { locked: true, ..Fault::default() }).unwrap();
        assert_eq!(store.seal("k", b"", b"").unwrap_err().code(), "key_store_locked");
        store.set_faults(Fault { broken: true, ..Fault::default() }).unwrap();
        assert_eq!(store.sign("k", b"").unwrap_err().code(), "key_store_broken");
    }

    #[test]
    fn a_shared_key_goes_with_its_last_installed_holder() {
        let (_dir, store) = store();
        let holder = |app: &str, install: &str| Holder { app: app.into(), install_id: install.into() };
        let (notes, mail) = (holder("notes", "1"), holder("mail", "1"));
        let both = [notes.clone(), mail.clone()];
        assert!(store.hold("k", &notes, &both).unwrap());
        let sealed = store.seal("k", b"", b"plain").unwrap();
        assert!(!store.hold("k", &mail, &both).unwrap());
        assert!(!store.give_up("k", "notes", &both).unwrap());
        assert!(!store.give_up("k", "notes", &both).unwrap(), "twice is once");
        assert_eq!(store.unseal("k", b"", &sealed).unwrap(), b"plain");

        // Mail is installed anew: nobody holds what was of before.
        let again = [notes.clone(), holder("mail", "2")];
        assert!(store.hold("k", &notes, &again).unwrap());
        assert_eq!(store.unseal("k", b"", &sealed).unwrap_err().code(), "key_refused");
        assert!(store.give_up("k", "notes", &again).unwrap());
        assert_eq!(store.unseal("k", b"", &sealed).unwrap_err().code(), "key_missing");
        assert!(!store.give_up("k", "notes", &again).unwrap());
    }

    #[test]
    fn names_stay_inside_the_store() {
        let (_dir, store) = store();
        for bad in ["", "../x", "a/b", ".hidden", "a b"] {
            assert_eq!(store.make_secret(bad).unwrap_err().code(), "key_refused", "{bad:?}");
        }
    }

    #[test]
    fn removing_an_app_removes_its_keys_only() {
        let (_dir, store) = store();
        for alias in ["app.one.id.a", "app.one.id.b", "app.one.pro.id.a", "app.two.id.a"] {
            store.make_secret(alias).unwrap();
        }
        assert_eq!(store.destroy_own("app.one.").unwrap(), 2);
        assert_eq!(store.list().unwrap(), ["app.one.pro.id.a", "app.two.id.a"]);
    }
}
