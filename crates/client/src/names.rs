//! Names of keys and documents, and a small source of bytes drawn beforehand.

use ringfence_model::{AccountId, AppId};

use crate::request::{Failure, Identity};

/// Longest name of a document, in bytes.
const MAX_NAME: usize = 200;

/// The app's own signing key for an account.
pub(crate) fn sign_alias(app: &AppId, account: AccountId) -> String {
    format!("app.{}.{account}.sign", safe(&app.key()))
}

/// The app's own sealing key for an account: the root of its key hierarchy.
pub(crate) fn seal_alias(app: &AppId, account: AccountId) -> String {
    format!("app.{}.{account}.seal", safe(&app.key()))
}

/// The sealing key that the managed apps of an account share on this device.
pub(crate) fn share_alias(account: AccountId) -> String {
    format!("account.{account}.share")
}

/// The signing key that the companion keeps for the managed apps of an account on this device.
pub(crate) fn device_alias(account: AccountId) -> String {
    format!("account.{account}.device")
}

/// The sealing key behind the PIN that the managed apps of an account share on this device.
pub(crate) fn pin_alias(account: AccountId) -> String {
    format!("account.{account}.pin")
}

/// Bundle ids hold nothing else; what does is replaced so that an alias is always valid.
fn safe(id: &str) -> String {
    id.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
        .take(120)
        .collect()
}

/// The path of a document.
pub(crate) fn document_path(identity: Identity, name: &str) -> Result<String, Failure> {
    let plain = |c: char| !c.is_control() && c != '/' && c != '\\';
    if name.is_empty() || name.len() > MAX_NAME || name.starts_with('.') || !name.chars().all(plain) {
        return Err(Failure::BadName);
    }
    Ok(format!("{}/{name}", identity.folder()))
}

/// Random bytes drawn beforehand, handed out piece by piece.
pub(crate) struct Drawn<'a> {
    rest: &'a [u8],
}

impl<'a> Drawn<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Fills `out`. Callers draw enough; what is missing stays zero, which no key derivation accepts as a scalar.
    pub(crate) fn fill(&mut self, out: &mut [u8]) {
        let (now, rest) = self.rest.split_at_checked(out.len()).unwrap_or((self.rest, &[]));
        for (to, from) in out.iter_mut().zip(now) {
            *to = *from;
        }
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_names_stay_inside_their_folder() {
        for bad in ["", ".", "..", ".x", "a/b", "a\\b", "a\0", "a\nb", &"x".repeat(201)] {
            assert_eq!(document_path(Identity::Work, bad), Err(Failure::BadName), "{bad:?}");
        }
        assert_eq!(document_path(Identity::Personal, "Verslag é.txt").unwrap(), "personal/Verslag é.txt");
    }
}
