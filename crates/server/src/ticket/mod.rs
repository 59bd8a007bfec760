//! Tickets: references under which people send diagnostics to help desk, without a session and without being registered.
//!
//! A reference is random and short enough to be read out. Knowing it is the right to *send* under it for seven days, never
//! to read. What came in is read by help desk, each read is audited, and everything goes after thirty days.

pub(crate) mod api;
mod limit;
pub(crate) mod ops;
mod sql;

pub(crate) use limit::Uploads;

use ringfence_model::{InstanceId, Millis, Platform, UnixMillis, UserId, Version};
use uuid::Uuid;

/// For how long a reference takes diagnostics.
pub(crate) const OPEN_FOR: Millis = Millis::from_days(7);
/// When a ticket and what came in under it are deleted, counted from its making.
pub(crate) const KEPT_FOR: Millis = Millis::from_days(30);
/// Bundles under one reference.
pub(crate) const BUNDLES_MAX: i64 = 20;
/// Bytes under one reference.
pub(crate) const TICKET_BYTES_MAX: i64 = 16 * 1024 * 1024;
/// Largest upload, in bytes.
pub(crate) const UPLOAD_MAX: usize = 4 * 1024 * 1024;
/// Characters of a note.
pub(crate) const NOTE_MAX: usize = 500;
/// Tickets of one organisation at a time.
pub(crate) const TICKETS_MAX: i64 = 10_000;

/// No letters that are taken for another one when read out (Crockford).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HALF: usize = 5;

/// A reference, `XXXXX-XXXXX`, 50 random bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    pub(crate) fn make(random: [u8; 10]) -> Self {
        let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from);
        let (first, last) = random.split_at(HALF);
        let half = |bytes: &[u8]| bytes.iter().map(letter).collect::<String>();
        Self(format!("{}-{}", half(first), half(last)))
    }

    /// Reads what a person typed: any case, with or without hyphen and spaces, `O` for `0`, `I` and `L` for `1`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let letters: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            })
            .collect();
        let known = letters.bytes().all(|byte| ALPHABET.contains(&byte));
        let (first, last) = letters.split_at_checked(HALF)?;
        (known && last.len() == HALF).then(|| Self(format!("{first}-{last}")))
    }

    /// As written and stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A ticket.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Its reference.
    pub reference: Reference,
    /// The person it is about, when help desk said so.
    pub user: Option<UserId>,
    /// What help desk wrote down.
    pub note: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: UnixMillis,
    /// Until when it takes diagnostics.
    pub expires_at: UnixMillis,
    /// How many bundles have come in.
    pub bundles: i64,
}

/// A bundle without its content.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Its id.
    pub id: Uuid,
    /// Operating system of the phone.
    pub platform: Platform,
    /// The app that recorded it.
    pub app: String,
    /// The app's version.
    pub app_version: Version,
    /// The device, when the app knew its tag.
    pub device_tag: Option<String>,
    /// The app instance, when there was one.
    pub instance: Option<InstanceId>,
    /// Bytes of the content.
    pub size: i64,
    /// When it came in.
    pub received_at: UnixMillis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_people_type_them() {
        let made = Reference::make([0, 1, 2, 31, 30, 250, 17, 18, 19, 20]);
        assert_eq!(made.as_str(), "012ZY-THJKM");
        for typed in ["012ZY-THJKM", "o12zy thjkm", "0L2ZYTHJKM", " 0-1-2-Z-Y-THJKM "] {
            assert_eq!(Reference::parse(typed), Some(made.clone()), "{typed}");
        }
        for wrong in ["", "012ZY", "012ZY-THJK", "012ZY-THJKMM", "012ZY-THJKU", "012ZY-THJK!", "ééééé-ééééé"]
        {
            assert_eq!(Reference::parse(wrong), None, "{wrong}");
        }
    }
}
