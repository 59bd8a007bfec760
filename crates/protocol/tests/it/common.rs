//! Fixed keys, ids and messages that the tests of this crate share.

use std::{fs, path::PathBuf};

use ringfence_model::{
    AccountId, InstanceId, ManagementState, Millis, Platform, PolicyId, SessionId, TenantId, UnixMillis,
    WipeId,
};
use ringfence_protocol::{
    Digest, InstanceKey, Namespace, SigningKey,
    bundle::{Audience, Bundle, BundleContent, BundleSource, ConfigEntry},
    keyset::{Keyset, ListedKey},
    register::RegistrationHello,
    session::Hello,
    wipe::{WipeCause, WipeOrder, WipeOutcome, WipeReceipt},
};
use serde_json::json;
use uuid::Uuid;

pub(crate) const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
pub(crate) const APP: &str = "com.example.notes";
pub(crate) const TOKEN: &str = "an-access-token";

const fn id(last: u128) -> Uuid {
    Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8000 + last)
}

pub(crate) const TENANT: TenantId = TenantId(id(1));
pub(crate) const ACCOUNT: AccountId = AccountId(id(2));
pub(crate) const INSTANCE: InstanceId = InstanceId(id(3));
pub(crate) const SESSION: SessionId = SessionId(id(4));
pub(crate) const ORDER: WipeId = WipeId(id(5));
pub(crate) const POLICY: PolicyId = PolicyId(id(6));

pub(crate) fn root() -> SigningKey {
    SigningKey::from_seed(&[1; 32]).unwrap()
}

pub(crate) fn signing() -> SigningKey {
    SigningKey::from_seed(&[2; 32]).unwrap()
}

pub(crate) fn instance_key() -> InstanceKey {
    InstanceKey::from_scalar(&[3; 32]).unwrap()
}

pub(crate) fn keyset() -> Keyset {
    let until = NOW.plus(Millis::from_days(400));
    Keyset {
        tenant: TENANT,
        version: 4,
        issued_at: NOW,
        expires_at: until,
        keys: vec![ListedKey::new(signing().public(), &Namespace::SERVER, NOW, until)],
    }
}

pub(crate) const AUDIENCE: Audience<'_> = Audience { tenant: TENANT, platform: Platform::Ios, app: APP };

pub(crate) fn content() -> BundleContent {
    BundleContent {
        settings: [
            ("allowedOutboundDataTransferDestinations", json!("managedApps")),
            ("dataBackupBlocked", json!(true)),
            ("minimumPinLength", json!(6)),
            ("periodOfflineBeforeAccessCheck", json!("PT12H")),
            ("allowedDataStorageLocations", json!(["oneDriveForBusiness", "sharePoint"])),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect(),
        sources: vec![BundleSource { policy: POLICY, name: "Finance".into(), version: "7".into() }],
        deciders: [("dataBackupBlocked".to_owned(), vec![0])].into(),
        managed_apps: vec![APP.into(), "com.example.mail".into()],
        config: vec![ConfigEntry {
            name: "signature".into(),
            value: "Sent from work".into(),
            sources: Vec::new(),
        }],
        app_signers: vec![],
    }
}

pub(crate) fn bundle() -> Bundle {
    Bundle::new(AUDIENCE, 17, 4, NOW, Millis::from_days(1), content()).unwrap()
}

pub(crate) fn order() -> WipeOrder {
    WipeOrder {
        tenant: TENANT,
        order: ORDER,
        account: ACCOUNT,
        instance: INSTANCE,
        app: APP.into(),
        issued_at: NOW,
        expires_at: NOW.plus(Millis::from_days(30)),
        reason: "wiped_by_administrator".into(),
    }
}

pub(crate) fn receipt() -> WipeReceipt {
    WipeReceipt {
        tenant: TENANT,
        order: Some(ORDER),
        cause: WipeCause::Order,
        reason: None,
        instance: INSTANCE,
        outcome: WipeOutcome::Wiped,
        files_removed: 12,
        keys_destroyed: 2,
        started_at: NOW,
        finished_at: NOW.plus(Millis(250)),
    }
}

pub(crate) fn registration() -> RegistrationHello {
    RegistrationHello {
        tenant: TENANT,
        account: ACCOUNT,
        access_token_hash: Digest::of(TOKEN.as_bytes()),
        public_key: instance_key().public(),
        platform: Platform::Android,
        app: APP.into(),
        app_version: "4.2".parse().unwrap(),
        sdk_version: "0.1".parse().unwrap(),
        device_tag: "b0c6b7".into(),
        os_version: "16".parse().unwrap(),
        model: Some("Pixel 8".into()),
        manufacturer: None,
        management: ManagementState::Unmanaged,
        signer: None,
        device_key: None,
        at: NOW,
    }
}

pub(crate) fn hello(handshake_bytes: &[u8]) -> Hello {
    ringfence_protocol::session::peek_hello(handshake_bytes).unwrap()
}

/// Randomness that is the same in every run.
pub(crate) fn entropy(seed: u8) -> impl FnMut(&mut [u8]) {
    let mut next = seed;
    move |out: &mut [u8]| {
        for byte in out {
            next = next.wrapping_mul(5).wrapping_add(113);
            *byte = next;
        }
    }
}

pub(crate) fn blessing() -> bool {
    std::env::var_os("RINGFENCE_BLESS").is_some()
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/protocol/v1").join(name)
}

pub(crate) fn read_golden(name: &str) -> Option<String> {
    fs::read_to_string(path(name)).ok()
}

/// Compares with a golden file; `RINGFENCE_BLESS=1` writes it.
pub(crate) fn golden(name: &str, text: &str) {
    if blessing() {
        fs::create_dir_all(path("")).unwrap();
        fs::write(path(name), text).unwrap();
    }
    let stored = read_golden(name).unwrap_or_else(|| panic!("{name} is missing"));
    assert_eq!(stored, text, "{name} has changed: the wire format of version 1 is kept for ever");
}

pub(crate) fn hex_lines(bytes: &[u8]) -> String {
    let text = hex::encode(bytes);
    text.as_bytes().chunks(96).map(|line| std::str::from_utf8(line).unwrap().to_owned() + "\n").collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}
