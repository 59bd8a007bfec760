//! The policy bundle: the effective policy of a class of users for one app, signed; and the rules by which a
//! phone accepts one (protocol §5).

use std::collections::BTreeMap;

use ringfence_model::{
    Millis, Platform, PolicyId, TenantId, UnixMillis,
    settings::{Settings, settings_from_json},
};
use serde::{Deserialize, Serialize};

use crate::{
    CLOCK_SKEW,
    bytes::Digest,
    cbor,
    envelope::{self, Namespace, SignError},
    keys::SigningKey,
    keyset::Keyset,
    refusal::Refusal,
};

/// A policy that contributed to the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleSource {
    /// Which policy.
    pub policy: PolicyId,
    /// Its display name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One entry of targeted app configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigEntry {
    /// Key, as the app knows it.
    pub name: String,
    /// Value, always text.
    pub value: String,
    /// Indexes into the content's `sources` of the policies that gave it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<u32>,
}

/// What the phone obeys. Settings have Graph names and forms; lists are in a fixed order so that equal policy
/// has equal bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleContent {
    /// Setting name → value in Graph form; settings without a value are absent.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// The policies that contributed.
    pub sources: Vec<BundleSource>,
    /// Setting name → indexes into `sources` of the policies that decided it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deciders: BTreeMap<String, Vec<u32>>,
    /// Bundle or package ids of the managed apps of this tenant on this platform.
    pub managed_apps: Vec<String>,
    /// Targeted app configuration.
    pub config: Vec<ConfigEntry>,
    /// SHA-256 of the certificates that this app may be signed with, lower-case hexadecimal; empty = any (catalogue I10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub app_signers: Vec<String>,
}

impl BundleContent {
    /// SHA-256 of the deterministic encoding.
    pub fn hash(&self) -> Result<Digest, Refusal> {
        Ok(Digest::of(&cbor::encode(self)?))
    }
}

/// A signed policy for one class of users and one app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    /// Organisation.
    pub tenant: TenantId,
    /// Operating system.
    pub platform: Platform,
    /// Bundle or package id of the app.
    pub app: String,
    /// Names the set of users with this content ([`class_of`]).
    pub class: Digest,
    /// Tenant revision at which this recipient's content last changed; only grows.
    pub version: u64,
    /// The keyset version needed to verify it.
    pub keyset_version: u64,
    /// When it was signed.
    pub issued_at: UnixMillis,
    /// End of the lease.
    pub expires_at: UnixMillis,
    /// [`BundleContent::hash`].
    pub content_hash: Digest,
    /// The policy.
    pub content: BundleContent,
}

/// The class of users whose effective policy for this app is `content_hash`.
pub fn class_of(tenant: TenantId, platform: Platform, app: &str, content_hash: &Digest) -> Digest {
    let app = app.to_ascii_lowercase();
    Digest::of_parts(&[
        b"ringfence/class/v1\0",
        tenant.0.as_bytes(),
        platform.as_str().as_bytes(),
        b"\0",
        app.as_bytes(),
        b"\0",
        &content_hash.0,
    ])
}

/// Who a bundle is for, besides the users of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audience<'a> {
    /// Organisation.
    pub tenant: TenantId,
    /// Operating system.
    pub platform: Platform,
    /// Bundle or package id.
    pub app: &'a str,
}

impl Bundle {
    /// A bundle with the class and hash that belong to its content.
    pub fn new(
        audience: Audience<'_>,
        version: u64,
        keyset_version: u64,
        issued_at: UnixMillis,
        lease: Millis,
        content: BundleContent,
    ) -> Result<Self, Refusal> {
        let content_hash = content.hash()?;
        Ok(Self {
            tenant: audience.tenant,
            platform: audience.platform,
            app: audience.app.to_owned(),
            class: class_of(audience.tenant, audience.platform, audience.app, &content_hash),
            version,
            keyset_version,
            issued_at,
            expires_at: issued_at.plus(lease),
            content_hash,
            content,
        })
    }

    /// Signs with a key of the current keyset.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignError> {
        envelope::sign_ed25519(key, Namespace::Bundle, self)
    }
}

/// What a phone has seen and never goes below; kept durably, written before a bundle is obeyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Floors {
    /// Version of the bundle obeyed; 0 before the first.
    pub version: u64,
    /// Content hash of the bundle obeyed.
    pub content_hash: Option<Digest>,
    /// Latest instant that an authenticated reply of the server has named.
    pub time: UnixMillis,
}

impl Floors {
    /// What counts as now: never before the time floor, whatever the wall clock says.
    pub fn now(&self, wall: UnixMillis) -> UnixMillis {
        self.time.max(wall)
    }
}

/// What the phone expects of the bundle in a reply.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The recipient.
    pub audience: Audience<'a>,
    /// `bundleHash` of the authenticated reply; `None` only when re-reading one's own stored bundle.
    pub bundle_hash: Option<&'a Digest>,
    /// The wall clock.
    pub wall: UnixMillis,
}

/// A bundle that was accepted. Make `floors` durable together with the bundle before obeying it.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The bundle.
    pub bundle: Bundle,
    /// Its settings, every one understood.
    pub settings: Settings,
    /// The new floors.
    pub floors: Floors,
    /// Whether the content differs from the content obeyed so far.
    pub changed: bool,
}

/// Accepts or refuses a bundle, checking in the order of protocol §5. Pure: on refusal nothing has changed.
///
/// The reply's MAC is the caller's first check ([`crate::session`]), a durable write its last.
pub fn accept(
    bytes: &[u8],
    keyset: &Keyset,
    expected: &Expected<'_>,
    floors: &Floors,
) -> Result<Accepted, Refusal> {
    let object = envelope::parse(bytes)?;
    let claims: Bundle = object.claims()?;
    let verified = keyset.verify(object, Namespace::Bundle, claims.issued_at)?;
    let bundle = claims;

    let audience = &expected.audience;
    if bundle.tenant != audience.tenant || keyset.tenant != audience.tenant {
        return Err(Refusal::WrongTenant);
    }
    if bundle.platform != audience.platform {
        return Err(Refusal::WrongPlatform);
    }
    if !bundle.app.eq_ignore_ascii_case(audience.app) {
        return Err(Refusal::WrongApp);
    }
    if expected.bundle_hash.is_some_and(|hash| *hash != Digest::of(bytes)) {
        return Err(Refusal::NotTheNamedBundle);
    }
    // Hash what was signed, not what we understood of it.
    let content_hash = Digest::of(&verified.member("content")?);
    let class = class_of(bundle.tenant, bundle.platform, &bundle.app, &content_hash);
    if bundle.content_hash != content_hash || bundle.class != class {
        return Err(Refusal::ContentDiffers);
    }
    if bundle.keyset_version > keyset.version {
        return Err(Refusal::KeysetMissing);
    }
    if bundle.version < floors.version {
        return Err(Refusal::Older);
    }
    let known = floors.content_hash;
    if bundle.version == floors.version && known.is_some_and(|hash| hash != content_hash) {
        return Err(Refusal::EqualVersionOtherContent);
    }
    let now = floors.now(expected.wall);
    if bundle.expires_at <= now {
        return Err(Refusal::Expired);
    }
    if bundle.issued_at > now.plus(CLOCK_SKEW) || bundle.issued_at >= bundle.expires_at {
        return Err(Refusal::NotYetValid);
    }
    let settings = settings_from_json(&bundle.content.settings).map_err(|errors| {
        Refusal::Settings(errors.iter().map(|e| e.path.as_str()).collect::<Vec<_>>().join(", "))
    })?;
    // The issue time proves that the server's clock has been there.
    let time = floors.time.max(bundle.issued_at);
    let floors = Floors { version: bundle.version, content_hash: Some(content_hash), time };
    Ok(Accepted { bundle, settings, floors, changed: known != Some(content_hash) })
}
