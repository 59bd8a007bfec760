//! What survives a restart: small JSON records in named slots, each with a version. A slot is written whole.
//!
//! | slot | record | holds |
//! |---|---|---|
//! | `server` | [`ServerRecord`] | the pinned root key and the newest keyset |
//! | `instance` | [`InstanceRecord`] | the account and the app instance |
//! | `keys` | [`KeysRecord`] | the sealed root of the key hierarchy and the wrapped content keys |
//! | `policy` | [`PolicyRecord`] | the bundle obeyed and the floors below which nothing is accepted |
//! | `clock` | [`ClockRecord`] | the time floor |
//! | `wipe` | [`WipeRecord`] | the tombstone of a wipe in progress |
//! | `start` | [`crate::start::StartRecord`] | starts that did not come to their end |
//! | `notes` | [`crate::notes::NotesRecord`] | the last dialogs, and since when it is not working time |
//! | `legacy` | [`crate::legacy::LegacyRecord`] | a sign-in without an identity |
//!
//! A record of a newer version, or one that cannot be read, counts as damage and is never guessed at.

use ringfence_messages::{Args, ReasonCode};
use ringfence_model::{AccountId, InstanceId, TenantId, UnixMillis, WipeId};
use ringfence_protocol::{Bytes, InstancePublicKey, VerifyKey, bundle::Floors, keyset::KeysetFloor};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::status::Told;
pub(crate) use crate::time::ClockRecord;

/// The version of every record below.
const VERSION: u32 = 1;

/// A slot and the record in it.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// Name of the slot.
    const SLOT: &'static str;
}

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u32,
    #[serde(flatten)]
    record: T,
}

/// A slot does not hold what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

/// The bytes of a record.
pub(crate) fn encode<T: Record>(record: &T) -> Vec<u8> {
    // Records hold strings, numbers and lists only, which always have a JSON form.
    serde_json::to_vec(&Versioned { v: VERSION, record }).unwrap_or_default()
}

/// Reads a record back.
pub(crate) fn decode<T: Record>(bytes: &[u8]) -> Result<T, Damaged> {
    let versioned: Versioned<T> = serde_json::from_slice(bytes).map_err(|_| Damaged)?;
    if versioned.v == VERSION { Ok(versioned.record) } else { Err(Damaged) }
}

/// The server this app belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerRecord {
    /// The organisation.
    pub tenant: TenantId,
    /// Its name, for dialogs.
    pub name: String,
    /// The root key; pinned by configuration or on first contact.
    pub root: VerifyKey,
    /// The newest keyset, signed by the root.
    pub keyset: Bytes,
    /// Nothing older is accepted.
    pub keyset_floor: KeysetFloor,
}

impl Record for ServerRecord {
    const SLOT: &'static str = "server";
}

/// How far registration has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Stage {
    /// The intent is written; keys may or may not exist, the server may or may not know.
    Registering,
    /// The server has answered and every key exists.
    Registered,
    /// The server does not know the instance any more; the user has to sign in again. Data is kept.
    Lost,
}

/// The account and the app instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstanceRecord {
    /// How far registration has come.
    pub stage: Stage,
    /// The organisation.
    pub tenant: TenantId,
    /// The work account.
    pub account: AccountId,
    /// What the user typed to sign in, as the server spells it.
    pub user_principal_name: String,
    /// The app instance; absent while registering.
    pub instance: Option<InstanceId>,
    /// The public half of the instance key.
    pub key: Option<InstancePublicKey>,
    /// Android: names the companion's data at registration; other data means that the companion was cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companion_data: Option<String>,
    /// While registering: the instance that was registered before, whose policy counts until another one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<InstanceId>,
}

impl Record for InstanceRecord {
    const SLOT: &'static str = "instance";
}

/// The root of the key hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeysRecord {
    /// The account whose data the keys open.
    pub account: AccountId,
    /// 32 random bytes, sealed by the key store.
    pub sealed_secret: Bytes,
    /// The content keys, wrapped under a key derived from the secret.
    pub ring: Bytes,
}

impl Record for KeysRecord {
    const SLOT: &'static str = "keys";
}

/// What the server said last about protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Verdict {
    /// A bundle is obeyed.
    Protected,
    /// No policy covers this user and app.
    NoPolicy,
    /// The account has no licence.
    NotLicensed,
    /// The account is disabled; the last bundle is still obeyed.
    Disabled,
}

impl Verdict {
    /// The server said that nothing protects this user in this app.
    pub(crate) const fn is_unprotected(self) -> bool {
        matches!(self, Self::NoPolicy | Self::NotLicensed)
    }
}

/// The policy obeyed and what it takes to replace it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicyRecord {
    /// What the server said last.
    pub verdict: Verdict,
    /// The signed bundle, as received; kept also when the verdict is not [`Verdict::Protected`].
    pub bundle: Option<Bytes>,
    /// Nothing older than this is accepted.
    pub floors: Floors,
    /// The entity tag of the check-in that gave all this.
    pub etag: Option<String>,
    /// Version last reported as obeyed.
    pub reported_version: Option<u64>,
    /// What else the server was told then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Told>,
    /// Number of the last status report.
    pub status_sequence: u64,
    /// The app should be restarted once because this was its first policy (D2).
    pub restart_pending: bool,
}

impl Record for PolicyRecord {
    const SLOT: &'static str = "policy";
}

impl Record for ClockRecord {
    const SLOT: &'static str = "clock";
}

/// Why work data is being removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Cause {
    /// The administrator asked for it.
    Order(WipeId),
    /// A condition of the policy demands it.
    Condition(ReasonCode),
    /// The user removed the account.
    SignOut,
    /// Android: the companion or its data is gone.
    CompanionRemoved,
}

/// How far a wipe has come. Each stage is durable before the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum WipeStage {
    /// The intent is written; nothing has been destroyed for certain.
    Intended,
    /// Keys and their slots are gone: the data is unreadable.
    KeysDestroyed,
    /// The files are gone and the receipt is signed; all that remains is to hand it in.
    Signed,
}

/// The tombstone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WipeRecord {
    /// Why.
    pub cause: Cause,
    /// How far it has come.
    pub stage: WipeStage,
    /// The organisation.
    pub tenant: TenantId,
    /// The account whose data goes.
    pub account: AccountId,
    /// The instance that signs the receipt.
    pub instance: Option<InstanceId>,
    /// The public half of its key.
    pub key: Option<InstancePublicKey>,
    /// When it began.
    pub started_at: UnixMillis,
    /// There was something to wipe.
    pub had_data: bool,
    /// Work files there were when the first was removed.
    pub files: u64,
    /// Keys that were destroyed; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<u64>,
    /// What the notice tells besides the reason, as it was when the wipe began.
    #[serde(default, skip_serializing_if = "Args::is_empty")]
    pub told: Args,
    /// The signed receipt, from [`WipeStage::Signed`] on.
    pub receipt: Option<Bytes>,
}

impl Record for WipeRecord {
    const SLOT: &'static str = "wipe";
}

#[cfg(test)]
mod tests {
    use ringfence_model::Millis;
    use ringfence_protocol::{Digest, InstanceKey, SigningKey, status::ShownDialog};
    use uuid::Uuid;

    use super::*;
    use crate::{legacy::LegacyRecord, notes::NotesRecord, start::StartRecord};

    /// The bytes of version 1 are kept for ever: an update of the app finds what an older one wrote.
    /// `RINGFENCE_BLESS=1` writes a file that does not exist yet.
    fn golden<T: Record + PartialEq + std::fmt::Debug>(name: &str, record: &T) {
        let path = format!("{}/../../fixtures/client/v1/{name}.json", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("RINGFENCE_BLESS").is_some() && std::fs::metadata(&path).is_err() {
            std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
            std::fs::write(&path, encode(record)).unwrap();
        }
        let kept = std::fs::read(&path).unwrap();
        assert_eq!(String::from_utf8_lossy(&kept), String::from_utf8_lossy(&encode(record)), "{name}");
        assert_eq!(&decode::<T>(&kept).unwrap(), record, "{name}");
        let newer = String::from_utf8(kept).unwrap().replace("\"v\":1", "\"v\":2");
        assert_eq!(decode::<T>(newer.as_bytes()), Err(Damaged), "{name}");
    }

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn golden_file_of_what_was_reported() {
        golden(
            "policy-reported",
            &PolicyRecord {
                verdict: Verdict::Disabled,
                bundle: None,
                floors: Floors::default(),
                etag: None,
                reported_version: Some(12),
                reported: Some(Told {
                    blocked_by: vec!["os_too_old_block".to_owned()],
                    warnings: vec!["app_too_old_warn".to_owned()],
                }),
                status_sequence: 8,
                restart_pending: false,
            },
        );
    }

    #[test]
    fn golden_files_of_every_slot() {
        let floors =
            Floors { version: 12, content_hash: Some(Digest([4; 32])), time: UnixMillis(1_800_000_000_000) };
        let key = InstanceKey::from_scalar(&[3; 32]).unwrap().public();
        let (tenant, account) = (TenantId(id(1)), AccountId(id(2)));
        golden(
            "server",
            &ServerRecord {
                tenant,
                name: "Example".to_owned(),
                root: SigningKey::from_seed(&[1; 32]).unwrap().public(),
                keyset: Bytes(b"signed keyset".to_vec()),
                keyset_floor: KeysetFloor { version: 3, hash: Some(Digest([5; 32])) },
            },
        );
        golden(
            "instance",
            &InstanceRecord {
                stage: Stage::Registered,
                tenant,
                account,
                user_principal_name: "kim@example.org".to_owned(),
                instance: Some(InstanceId(id(3))),
                key: Some(key),
                companion_data: None,
                replaces: None,
            },
        );
        golden(
            "keys",
            &KeysRecord {
                account,
                sealed_secret: Bytes(b"sealed secret".to_vec()),
                ring: Bytes(b"wrapped ring".to_vec()),
            },
        );
        golden(
            "policy",
            &PolicyRecord {
                verdict: Verdict::Protected,
                bundle: Some(Bytes(b"signed bundle".to_vec())),
                floors,
                etag: Some("\"12-a\"".to_owned()),
                reported_version: Some(11),
                reported: None,
                status_sequence: 7,
                restart_pending: true,
            },
        );
        golden(
            "clock",
            &ClockRecord {
                floor_at: UnixMillis(1_800_000_000_000),
                boot_id: u64::MAX,
                mono_ms: Millis(90_000),
                from_server: true,
                silent_ms: Millis(5_000),
                checked_in_at: Some(UnixMillis(1_799_999_995_000)),
            },
        );
        for (name, cause) in [
            ("wipe-order", Cause::Order(WipeId(id(4)))),
            ("wipe-condition", Cause::Condition(ReasonCode::DeviceCompromisedWipe)),
            ("wipe-sign-out", Cause::SignOut),
            ("wipe-companion-removed", Cause::CompanionRemoved),
        ] {
            golden(
                name,
                &WipeRecord {
                    cause,
                    stage: WipeStage::Signed,
                    tenant,
                    account,
                    instance: Some(InstanceId(id(3))),
                    key: Some(key),
                    started_at: UnixMillis(1_800_000_000_000),
                    had_data: true,
                    told: Args::new(),
                    files: 2,
                    keys: None,
                    receipt: Some(Bytes(b"signed receipt".to_vec())),
                },
            );
        }
    }

    #[test]
    fn golden_files_of_the_slots_beside_the_account() {
        golden(
            "start",
            &StartRecord { begun: 1, app_version: Some("2.1".parse().unwrap()), protected: true },
        );
        golden(
            "notes",
            &NotesRecord {
                dialogs: vec![ShownDialog {
                    reason: "sign_in_required".to_owned(),
                    at: UnixMillis(1_800_000_000_000),
                }],
                clocked_out_at: Some(UnixMillis(1_799_999_995_000)),
                told: None,
            },
        );
        golden(
            "legacy",
            &LegacyRecord {
                user_principal_name: "kim@example.org".to_owned(),
                at: UnixMillis(1_800_000_000_000),
            },
        );
    }
}
