//! Places on the phone that belong to no app: photos, files, cloud folders of a person, the clipboard.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use ringfence_client::Identity;
use serde::{Deserialize, Serialize};

use crate::{
    Phone, PhoneError,
    atomic::{self, Access},
    lock::Lock,
};

/// The clipboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Clip {
    /// Bundle id of the app that copied.
    pub from: String,
    /// Number of characters of the text.
    pub characters: u64,
    /// What was copied.
    pub content: Clipped,
}

/// What the clipboard holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Clipped {
    /// The text itself, for everybody.
    #[serde(with = "bytes")]
    Data(Vec<u8>),
    /// A document of a managed app, which hands the text over when somebody pastes and may refuse.
    Promise {
        /// Whose document.
        identity: Identity,
        /// Its name.
        name: String,
    },
}

mod bytes {
    use super::{Deserialize, Engine, STANDARD};

    pub(super) fn serialize<S: serde::Serializer>(data: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(data))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

impl Phone {
    fn clipboard_path(&self) -> PathBuf {
        self.folder().join("shared/clipboard.json")
    }

    /// What is on the clipboard.
    pub fn clipboard(&self) -> Result<Option<Clip>, PhoneError> {
        atomic::read_json(&self.clipboard_path())
    }

    /// Puts something on the clipboard, or empties it.
    pub fn set_clipboard(&self, clip: Option<&Clip>) -> Result<(), PhoneError> {
        let _lock = Lock::wait(&self.folder().join("lock"))?;
        match clip {
            Some(clip) => atomic::write_json(&self.clipboard_path(), clip, Access::Ordinary),
            None => atomic::remove(&self.clipboard_path()).map(drop),
        }
    }

    /// The folder of a place outside apps, such as `photos`.
    pub fn place_folder(&self, place: &str) -> Result<PathBuf, PhoneError> {
        atomic::inside(&self.folder().join("shared"), place)
    }

    /// Writes a file into a place outside apps.
    pub fn put_shared(&self, place: &str, name: &str, data: &[u8]) -> Result<PathBuf, PhoneError> {
        let path = atomic::inside(&self.place_folder(place)?, name)?;
        atomic::write(&path, data, Access::Ordinary)?;
        Ok(path)
    }

    /// Reads a file of a place outside apps.
    pub fn get_shared(&self, place: &str, name: &str) -> Result<Vec<u8>, PhoneError> {
        let path = atomic::inside(&self.place_folder(place)?, name)?;
        atomic::read(&path)?.ok_or_else(|| PhoneError::missing("file", name))
    }

    /// Names of the files in a place outside apps.
    pub fn list_shared(&self, place: &str) -> Result<Vec<String>, PhoneError> {
        atomic::list(&self.place_folder(place)?)
    }
}

#[cfg(test)]
mod tests {
    use ringfence_model::Platform;

    use super::*;
    use crate::MakePhone;

    #[test]
    fn the_clipboard_and_places_survive_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let make = MakePhone::new(Platform::Ios, "http://127.0.0.1:8080");
        let phone = Phone::create(dir.path().join("p"), &make).unwrap();
        assert_eq!(phone.clipboard().unwrap(), None);
        let clip = Clip { from: "a.b".into(), characters: 2, content: Clipped::Data(vec![0, 255]) };
        phone.set_clipboard(Some(&clip)).unwrap();
        assert_eq!(Phone::open(phone.folder()).unwrap().clipboard().unwrap(), Some(clip));
        phone.set_clipboard(None).unwrap();
        assert_eq!(phone.clipboard().unwrap(), None);

        phone.put_shared("photos", "cat.jpg", b"meow").unwrap();
        assert_eq!(phone.list_shared("photos").unwrap(), ["cat.jpg"]);
        assert_eq!(phone.get_shared("photos", "cat.jpg").unwrap(), b"meow");
        assert_eq!(phone.get_shared("photos", "dog.jpg").unwrap_err().code(), "missing");
        assert!(phone.put_shared("photos", "../../phone.json", b"").is_err());
    }
}
