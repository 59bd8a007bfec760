//! Why a signed object was refused.

use crate::envelope::Namespace;

/// A signed object was not accepted. Nothing it says has been obeyed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// More than [`crate::MAX_SIGNED_BYTES`].
    #[error("signed object is larger than 256 KiB")]
    TooLarge,
    /// Not a COSE_Sign1 object in deterministic CBOR with exactly the headers of protocol §2, or its payload
    /// does not have the fields it must have.
    #[error("signed object cannot be read: {0}")]
    Malformed(&'static str),
    /// The signature does not verify.
    #[error("signature is not right")]
    Forged,
    /// The object is signed by a key that the keyset does not list.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// The key is listed, but not for this kind of object; or the object is of another kind than asked for.
    #[error("signed for another purpose")]
    WrongNamespace,
    /// The key is listed, but not valid at the time the object was issued.
    #[error("signing key is not valid at this time")]
    KeyNotValid,
    /// The keyset is signed by another root than the pinned one.
    #[error("signed by another root key than the pinned one")]
    OtherRoot,
    /// A lower keyset version than one seen before.
    #[error("keyset is older than one seen before")]
    KeysetOlder,
    /// The object needs a keyset that has not been accepted yet.
    #[error("a newer keyset is needed first")]
    KeysetMissing,
    /// Made for another organisation.
    #[error("made for another organisation")]
    WrongTenant,
    /// Made for another operating system.
    #[error("made for another platform")]
    WrongPlatform,
    /// Made for another app.
    #[error("made for another app")]
    WrongApp,
    /// Made for another account.
    #[error("made for another account")]
    WrongAccount,
    /// Made for, or by, another app instance.
    #[error("made for another app instance")]
    WrongInstance,
    /// A right object, but not the one that the authenticated reply names (mix and match).
    #[error("not the object that the reply names")]
    NotTheNamedBundle,
    /// A lower version than the one obeyed.
    #[error("older than the version obeyed")]
    Older,
    /// The version obeyed, with other content.
    #[error("the version obeyed, with other content")]
    EqualVersionOtherContent,
    /// The content does not have the hash that the object states.
    #[error("content does not match its hash")]
    ContentDiffers,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Issued in the future.
    #[error("not valid yet")]
    NotYetValid,
    /// The settings cannot be read by this version of the client.
    #[error("settings cannot be read: {0}")]
    Settings(String),
    /// The reply does not belong to the request that was sent.
    #[error("reply to another request")]
    OtherRequest,
    /// The key exchange failed: the other side's point is not on the curve.
    #[error("key exchange failed")]
    KeyExchange,
}

impl Refusal {
    /// Stable code for logs, reports and reason codes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed(_) => "malformed",
            Self::Forged => "forged",
            Self::UnknownKey => "unknown_key",
            Self::WrongNamespace => "wrong_namespace",
            Self::KeyNotValid => "key_not_valid",
            Self::OtherRoot => "other_root",
            Self::KeysetOlder => "keyset_older",
            Self::KeysetMissing => "keyset_missing",
            Self::WrongTenant => "wrong_tenant",
            Self::WrongPlatform => "wrong_platform",
            Self::WrongApp => "wrong_app",
            Self::WrongAccount => "wrong_account",
            Self::WrongInstance => "wrong_instance",
            Self::NotTheNamedBundle => "not_the_named_bundle",
            Self::Older => "older",
            Self::EqualVersionOtherContent => "equal_version_other_content",
            Self::ContentDiffers => "content_differs",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Settings(_) => "settings_unreadable",
            Self::OtherRequest => "other_request",
            Self::KeyExchange => "key_exchange",
        }
    }

    /// The name of the reason code in the message registry, by the kind of object that was refused.
    pub const fn reason(&self, of: Namespace) -> &'static str {
        match of {
            Namespace::Bundle => self.bundle_reason(),
            Namespace::Keyset => match self {
                Self::KeysetOlder | Self::EqualVersionOtherContent => "keyset_older",
                Self::OtherRoot | Self::WrongTenant => "wrong_server",
                _ => "keyset_forged",
            },
            Namespace::WipeOrder => match self {
                Self::Expired | Self::NotYetValid => "order_expired",
                Self::WrongTenant | Self::WrongAccount | Self::WrongInstance | Self::WrongApp => {
                    "order_foreign"
                }
                _ => "order_forged",
            },
            Namespace::WipeReceipt => match self {
                Self::WrongTenant | Self::WrongInstance | Self::UnknownKey => "receipt_foreign",
                _ => "receipt_forged",
            },
            Namespace::Session => "reply_unauthentic",
            Namespace::Registration | Namespace::Hello | Namespace::DeviceSignIn => "proof_invalid",
        }
    }

    const fn bundle_reason(&self) -> &'static str {
        match self {
            Self::Forged
            | Self::UnknownKey
            | Self::WrongNamespace
            | Self::KeyNotValid
            | Self::OtherRoot
            | Self::OtherRequest
            | Self::KeyExchange => "bundle_forged",
            Self::Expired | Self::NotYetValid => "bundle_expired",
            Self::Older | Self::KeysetOlder => "bundle_older",
            Self::WrongTenant
            | Self::WrongPlatform
            | Self::WrongApp
            | Self::WrongAccount
            | Self::WrongInstance => "bundle_wrong_recipient",
            Self::NotTheNamedBundle | Self::EqualVersionOtherContent | Self::ContentDiffers => {
                "bundle_content_differs"
            }
            Self::TooLarge | Self::Malformed(_) | Self::KeysetMissing | Self::Settings(_) => {
                "bundle_unreadable"
            }
        }
    }
}
