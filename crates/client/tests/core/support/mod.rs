//! A phone and a server in memory. The server half is built from `ringfence_protocol`, so that what the core talks to
//! obeys the same rules as the real one; the phone half keeps exactly what survives a crash.

pub(crate) mod phone;
pub(crate) mod provider;
pub(crate) mod server;
pub(crate) mod tape;

pub(crate) use self::{
    phone::{Driver, Durable, Run},
    server::Server,
    tape::Tape,
};

use ringfence_client::{AppConfig, Identities, PhoneFacts};
use ringfence_messages::Lang;
use ringfence_model::{AppId, Platform, facts::DeviceFacts};

/// The app under test.
pub(crate) const APP: &str = "org.example.notes";
/// Another managed app.
pub(crate) const PEER: &str = "org.example.mail";
/// An app nobody manages.
pub(crate) const STRANGER: &str = "com.example.game";
/// The user.
pub(crate) const USER: &str = "kim@example.org";

/// Bytes that are the same in every run: a counter through SHA-256.
pub(crate) struct Entropy(pub u64);

impl Entropy {
    pub(crate) fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            self.0 += 1;
            let block = ringfence_protocol::Digest::of(&self.0.to_be_bytes());
            chunk.copy_from_slice(&block.0[..chunk.len()]);
        }
    }
}

pub(crate) fn config(platform: Platform, app: &str) -> AppConfig {
    AppConfig {
        app: AppId::new(platform, app),
        app_version: "2.1".parse().unwrap(),
        sdk_version: "1.0".parse().unwrap(),
        server_pin: None,
        requires_policy: false,
        registers: true,
        identities: Identities::default(),
        lang: Lang::En,
    }
}

pub(crate) fn facts(platform: Platform) -> PhoneFacts {
    PhoneFacts {
        device: DeviceFacts {
            patch_level: Some("2026-10-01".to_owned()),
            model: Some("Test 1".to_owned()),
            manufacturer: Some("Test".to_owned()),
            jailbroken: Some(false),
            companion_version: (platform == Platform::Android).then(|| "5.0".parse().unwrap()),
            ..DeviceFacts::silent(platform, "17.1".parse().unwrap())
        },
        device_tag: "tag-1".to_owned(),
        schemes: Vec::new(),
        installed: vec![
            AppId::new(platform, APP),
            AppId::new(platform, PEER),
            AppId::new(platform, STRANGER),
        ],
        app_signer: None,
        companion_data: None,
        companion_account: None,
        clocked_out: None,
        biometric: None,
    }
}
