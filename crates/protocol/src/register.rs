//! Sign-in and registration (protocol §3).

use ringfence_model::{
    AccountId, InstanceId, ManagementState, Platform, SignInMethod, TenantId, UnixMillis, Version,
};
use serde::{Deserialize, Serialize};

use crate::{
    bytes::{Bytes, Digest},
    envelope::{self, Algorithm, Namespace, Pending},
    keys::{InstancePublicKey, VerifyKey},
    refusal::Refusal,
};

/// How old a registration may be when it arrives, in either direction of clock error.
pub const REGISTRATION_WINDOW: ringfence_model::Millis = ringfence_model::Millis::from_minutes(10);

/// `GET /phone/v1/tenant`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantInfo {
    /// Organisation.
    pub tenant_id: TenantId,
    /// Its display name.
    pub name: String,
    /// Its root key; trusted only if it matches the pin, or on first contact.
    pub root_key: VerifyKey,
    /// Its signed keyset.
    pub keyset: Bytes,
    /// The server's time: what a phone signs for its registration says this time, however wrong its own clock is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<UnixMillis>,
}

/// `POST /phone/v1/signin`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInRequest {
    /// `kim@example.org`
    pub user_principal_name: String,
    /// Password of a built-in account.
    pub password: String,
    /// `legacy` only checks the password: it gives no identity and is answered with a [`LegacySignIn`].
    #[serde(default, skip_serializing_if = "is_modern")]
    pub method: SignInMethod,
    /// A code of the authenticator app, or a recovery code, where the account has a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_time_code: Option<String>,
    /// Where somebody signs in; the troubleshooter's evidence, decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<SignInPlace>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_modern(method: &SignInMethod) -> bool {
    *method == SignInMethod::Modern
}

/// The app on the phone that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInPlace {
    /// Operating system.
    pub platform: Platform,
    /// Bundle or package id.
    pub app: String,
    /// As in [`RegistrationHello::device_tag`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_tag: Option<String>,
}

/// Answer to a legacy [`SignInRequest`]: the password is right, and nobody has been identified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegacySignIn {
    /// Always `legacy`.
    pub method: SignInMethod,
}

impl std::fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignInRequest(..)")
    }
}

/// Answer to [`SignInRequest`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInReply {
    /// Bearer token for registrations.
    pub access_token: String,
    /// When it stops working.
    pub expires_at: UnixMillis,
    /// The account.
    pub account_id: AccountId,
    /// As the directory writes it.
    pub user_principal_name: String,
    /// The person's name.
    pub display_name: String,
    /// Organisation.
    pub tenant_id: TenantId,
}

impl std::fmt::Debug for SignInReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInReply").field("account_id", &self.account_id).finish_non_exhaustive()
    }
}

/// What a new instance says about itself, signed by its own key (which proves that it holds the key).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationHello {
    /// Organisation.
    pub tenant: TenantId,
    /// Account that signed in.
    pub account: AccountId,
    /// SHA-256 of the access token: the signature is good with this token only.
    pub access_token_hash: Digest,
    /// The instance key.
    pub public_key: InstancePublicKey,
    /// Operating system.
    pub platform: Platform,
    /// Bundle or package id.
    pub app: String,
    /// Version of the app.
    pub app_version: Version,
    /// Version of the client core.
    pub sdk_version: Version,
    /// Random tag that the apps of one phone share: tells two phones apart, says nothing else.
    pub device_tag: String,
    /// Version of the operating system.
    pub os_version: Version,
    /// `Pixel 8`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `Google`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// How the device is managed.
    pub management: ManagementState,
    /// SHA-256 of the certificate that the app is signed with, as the operating system reports it (catalogue I10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Android: the key that the companion will keep for all managed apps of this account (see [`crate::device`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_key: Option<InstancePublicKey>,
    /// When it was signed.
    pub at: UnixMillis,
}

impl RegistrationHello {
    /// Prepares the hello for the instance key to sign.
    pub fn prepare(&self) -> Result<Pending, Refusal> {
        envelope::prepare(Algorithm::Es256, Namespace::Registration, self.public_key.id(), self)
    }
}

/// Verifies a registration: signed by the key it names, for this tenant, account and access token, recently.
pub fn verify(
    bytes: &[u8],
    tenant: TenantId,
    account: AccountId,
    access_token: &str,
    now: UnixMillis,
) -> Result<RegistrationHello, Refusal> {
    let object = envelope::parse(bytes)?;
    if object.namespace != Namespace::Registration {
        return Err(Refusal::WrongNamespace);
    }
    let hello: RegistrationHello = object.claims()?;
    object.verify_instance(Namespace::Registration, &hello.public_key)?;
    if hello.tenant != tenant {
        return Err(Refusal::WrongTenant);
    }
    if hello.account != account || hello.access_token_hash != Digest::of(access_token.as_bytes()) {
        return Err(Refusal::WrongAccount);
    }
    within(hello.at, now)?;
    Ok(hello)
}

/// Refuses what was signed more than [`REGISTRATION_WINDOW`] from `now`.
pub(crate) fn within(at: UnixMillis, now: UnixMillis) -> Result<(), Refusal> {
    if at > now.plus(REGISTRATION_WINDOW) {
        return Err(Refusal::NotYetValid);
    }
    if now.since(at) > REGISTRATION_WINDOW { Err(Refusal::Expired) } else { Ok(()) }
}

/// `POST /phone/v1/registrations`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationRequest {
    /// Signed [`RegistrationHello`].
    pub hello: Bytes,
}

/// Answer to [`RegistrationRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationReply {
    /// The new instance.
    pub instance_id: InstanceId,
    /// Organisation.
    pub tenant_id: TenantId,
    /// The signed keyset.
    pub keyset: Bytes,
}
