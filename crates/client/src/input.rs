//! What the outside world tells the core. Every fact, instant and completion enters here and nowhere else.

use ringfence_model::{AppId, Millis, UnixMillis, facts::DeviceFacts};
use ringfence_policy::access::BiometricKind;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    effect::ReqId,
    request::{AppRequest, RequestId},
};

/// The clocks of the phone at the moment of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Now {
    /// The wall clock, which the user may set at will.
    pub wall: UnixMillis,
    /// Time since the phone started, sleep included; never goes back within one `boot_id`.
    pub mono: Millis,
    /// Different after every start of the phone.
    pub boot_id: u64,
}

/// What the phone knows about itself, as far as the core needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneFacts {
    /// Facts for conditional launch and registration.
    pub device: DeviceFacts,
    /// The random name of this device towards one tenant (behaviour §3.3); not a hardware id.
    pub device_tag: String,
    /// Other apps on the device, for questions such as *is there another managed app at all*. Never sent anywhere.
    pub installed: Vec<AppId>,
    /// iOS: URL schemes to which an app on the device answers. Never sent anywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<String>,
    /// SHA-256 of the certificate that this app is signed with, as the operating system reports it, in lower-case
    /// hexadecimal; `None` when it cannot tell.
    pub app_signer: Option<String>,
    /// Android: the account that the companion holds for the managed apps of this device.
    pub companion_account: Option<SharedAccount>,
    /// Android: names the data of the companion; another name means that it was installed anew or cleared. `None` when the
    /// phone cannot tell.
    pub companion_data: Option<String>,
    /// The user is outside working time; `None` without a working-time feed.
    pub clocked_out: Option<bool>,
    /// The biometric that may stand in for a PIN; `None` without one.
    pub biometric: Option<PhoneBiometric>,
}

/// The biometric that the phone offers, as far as an app may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneBiometric {
    /// Which kind.
    pub kind: BiometricKind,
    /// It is a strong one (Android class 3); iOS biometrics are.
    pub strong: bool,
    /// Different when fingerprints or faces were added or removed.
    pub set: u64,
}

/// A PIN as typed; overwritten in memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(pub Zeroizing<String>);

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(…)")
    }
}

impl Serialize for Pin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// An account that the companion holds (Android): another managed app signs in with it without a password.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedAccount {
    /// The organisation.
    pub tenant: ringfence_model::TenantId,
    /// The account.
    pub account: ringfence_model::AccountId,
    /// Its name.
    pub user_principal_name: String,
    /// The public half of the key that the companion keeps for it; `None` leaves the one that is known.
    pub device_key: Option<ringfence_protocol::InstancePublicKey>,
}

/// Whether there is a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Connectivity {
    /// There is one.
    Online,
    /// There is none.
    Offline,
}

/// How the user proves who they are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Credential {
    /// The password of a built-in account; used once, never stored.
    Password(String),
    /// The same with a code of the authenticator app, or a recovery code; used once, never stored.
    PasswordAndCode {
        /// The password.
        password: String,
        /// The code.
        code: String,
    },
    /// The password, over a sign-in method that gives no identity (catalogue A1). Used once, never stored.
    Legacy(String),
    /// The account that the companion holds (Android): no password is asked for.
    Companion,
    /// A provider of identities, asked in the system's browser (RFC 8252). The name of the user may be empty: the
    /// provider tells it.
    Provider {
        /// Which one, as `GET /phone/v1/signin` names it.
        provider: String,
        /// Where the browser comes back to this app: a scheme of its own, or a loopback address it listens on.
        redirect_uri: String,
    },
    /// An access token that the app got elsewhere, and the account it belongs to.
    Token {
        /// The bearer token, good for one registration; used once, never stored.
        access_token: String,
        /// The account.
        account: ringfence_model::AccountId,
    },
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::PasswordAndCode { .. } => "PasswordAndCode(…)",
            Self::Companion => "Companion",
            Self::Legacy(_) => "Legacy(…)",
            Self::Token { .. } => "Token(…)",
            Self::Provider { .. } => "Provider(…)",
        })
    }
}

/// One input of [`crate::Core::step`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Input {
    /// The app's process started. Always the first input; resumes whatever a crash interrupted.
    Boot,
    /// The app came to the front. Conditions are evaluated and the server is asked.
    Foreground,
    /// The app went to the back.
    Background,
    /// A timer set by [`crate::Effect::SetTimer`] fired, or the driver just wants the core to look at the clock.
    Tick,
    /// The network came or went.
    Connectivity(Connectivity),
    /// The facts, once after [`Input::Boot`] and whenever they change.
    Facts(Box<PhoneFacts>),
    /// The user signs in with a work account.
    SignIn {
        /// The user principal name, as typed.
        user_principal_name: String,
        /// The proof.
        credential: Credential,
    },
    /// The user removes the work account from this app: its data here is wiped (behaviour §4.4).
    RemoveAccount,
    /// The events stream said that something changed; a hint without authority.
    PushHint,
    /// The events stream opened by [`crate::Effect::Subscribe`] ended.
    StreamEnded {
        /// The request that opened it.
        req: ReqId,
    },
    /// The app asks something; answered by exactly one [`crate::Effect::Answer`].
    Request {
        /// The app's own number for it.
        id: RequestId,
        /// What it asks.
        request: AppRequest,
    },
    /// The user typed a PIN into the entry field of the dialog on screen: the one to check, or a new one.
    PinEntered(Pin),
    /// The system's biometric prompt ended.
    Biometric {
        /// It recognised the user.
        recognised: bool,
    },
    /// The user wants another PIN.
    ChangePin,
    /// The user pressed a button of the dialog on screen.
    DialogAnswer {
        /// The dialog's code, for example `D5`.
        code: String,
        /// What the button does.
        action: ringfence_messages::ButtonAction,
    },
    /// An effect that carries a [`ReqId`] ended.
    Done {
        /// Which.
        req: ReqId,
        /// How.
        outcome: Outcome,
    },
}

/// How an effect ended; the variant belongs to the effect's kind, anything else counts as a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// Of [`crate::Effect::Http`].
    Http(Result<HttpReply, NetFailure>),
    /// Of [`crate::Effect::KeyStore`].
    Key(Result<KeyReply, KeyFailure>),
    /// Of [`crate::Effect::State`]: `Get` gives the bytes or `None`, the others `None`.
    State(#[serde(with = "crate::recording::blob::slot")] Result<Option<Vec<u8>>, StorageFailure>),
    /// Of [`crate::Effect::File`].
    File(Result<FileReply, StorageFailure>),
    /// Of [`crate::Effect::Authorize`]: the address that the browser came back with; `None` when the user gave up.
    Browser(Option<String>),
}

/// A reply of the server, whatever its status.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpReply {
    /// The status code.
    pub status: u16,
    /// Header names (any case) and values.
    pub headers: Vec<(String, String)>,
    /// The body, at most 1 MiB: a driver cuts off longer ones and answers [`NetFailure::Failed`].
    #[serde(with = "crate::recording::blob")]
    pub body: Vec<u8>,
}

/// Bodies carry access tokens: they are not for logs.
impl std::fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

impl HttpReply {
    /// The first header of that name, compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Why no reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NetFailure {
    /// There is no network, or the server cannot be reached at all.
    Offline,
    /// Nothing came in time.
    TimedOut,
    /// The secure channel could not be made.
    Tls,
    /// Anything else.
    Failed,
}

/// What the key store answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum KeyReply {
    /// `MakeSignKey`: the public key as SubjectPublicKeyInfo (DER).
    PublicKey(#[serde(with = "crate::recording::blob")] Vec<u8>),
    /// `Sign` (64 bytes `r ‖ s`), `Seal` and `Unseal`.
    Bytes(#[serde(with = "crate::recording::blob")] Vec<u8>),
    /// `MakeSealKey` and `Destroy`: `true` when a key was made or destroyed, `false` when there was nothing to do.
    Changed(bool),
}

impl std::fmt::Debug for KeyReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PublicKey(key) => write!(f, "PublicKey({} bytes)", key.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Changed(changed) => write!(f, "Changed({changed})"),
        }
    }
}

/// Why the key store did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum KeyFailure {
    /// The phone is locked; try later.
    Locked,
    /// The key store does not work (I11).
    Broken,
    /// There is no such key.
    Missing,
    /// The key cannot do this, or the bytes were not sealed with it.
    Refused,
}

/// What the file port answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FileReply {
    /// `Write` and `Delete` (deleting what does not exist is no failure).
    Done,
    /// `Read`.
    Bytes(#[serde(with = "crate::recording::blob")] Vec<u8>),
    /// `List`: the names inside the folder, sorted, without the folder.
    Names(Vec<String>),
}

/// Why a file or state operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StorageFailure {
    /// There is no such file.
    Missing,
    /// `Write { new: true }` and the file exists.
    Exists,
    /// `Swap`, and another app has changed the slot meanwhile.
    Changed,
    /// No space, no right, broken medium.
    Failed,
}
