//! Refusals over HTTP: problem documents (RFC 9457) with stable codes (protocol §8).

use serde::{Deserialize, Serialize};

/// Media type of a [`Problem`].
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Body of every answer with a status of 400 and above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `urn:ringfence:problem:<code>`
    #[serde(rename = "type")]
    pub type_uri: String,
    /// Short and the same for every occurrence.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: String,
    /// What is wrong here, for a person.
    pub detail: String,
    /// Path of the offending field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The offending value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// What would be allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<serde_json::Value>,
    /// Names the request in the server's log.
    pub request_id: String,
}

impl Problem {
    /// A problem of the phone protocol.
    pub fn new(code: ProblemCode, detail: impl Into<String>, request_id: impl Into<String>) -> Self {
        Self {
            type_uri: format!("urn:ringfence:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            code: code.as_str().to_owned(),
            detail: detail.into(),
            field: None,
            value: None,
            allowed: None,
            request_id: request_id.into(),
        }
    }

    /// The code, if it is one of the phone protocol.
    pub fn known_code(&self) -> Option<ProblemCode> {
        ProblemCode::ALL.iter().copied().find(|c| c.as_str() == self.code)
    }
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident $code:literal $status:literal $title:literal;)+) => {
        /// Why the server refuses a phone.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)+
        }

        impl ProblemCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Stable code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// Title of the problem document.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

problems! {
    /// The body is not what the route takes.
    Malformed "malformed" 400 "Request cannot be read";
    /// Unknown user or wrong password.
    CredentialsInvalid "credentials_invalid" 401 "User name or password is wrong";
    /// The account has a second factor, and the code is wrong, too old or was used before.
    CodeWrong "code_wrong" 401 "Code is wrong";
    /// The access token is unknown, used or expired.
    TokenInvalid "token_invalid" 401 "Sign in again";
    /// The signature of the instance key is missing or wrong.
    ProofInvalid "proof_invalid" 401 "Proof of the instance key is invalid";
    /// The server does not know the session (expired, or another node).
    SessionUnknown "session_unknown" 401 "Session is unknown";
    /// The MAC of the request is wrong.
    MacInvalid "mac_invalid" 401 "Request is not authentic";
    /// The request counter was used before.
    RequestReplayed "request_replayed" 401 "Request was sent before";
    /// The account has a second factor: a code must come with the password.
    CodeRequired "code_required" 403 "A code is needed";
    /// The account is disabled in the directory.
    AccountDisabled "account_disabled" 403 "Account is disabled";
    /// The user has no licence.
    NotLicensed "not_licensed" 403 "User is not licensed";
    /// The organisation neither covers the app with a policy nor lists it.
    AppUnknown "app_unknown" 403 "App is not known to the organisation";
    /// The instance was wiped or removed; its key is refused for ever.
    InstanceRefused "instance_refused" 403 "App instance is refused";
    /// The organisation registered other certificates for this app.
    AppCertificateInvalid "app_certificate_invalid" 403 "App is not signed with a registered certificate";
    /// The receipt is by another instance than the order names.
    ReceiptForeign "receipt_foreign" 403 "Receipt of another app instance";
    /// No such thing here.
    NotFound "not_found" 404 "Not found";
    /// The app on this phone has another work account.
    OtherAccountRegistered "other_account_registered" 409 "Another account is registered";
    /// The body is too large.
    TooLarge "too_large" 413 "Request is too large";
    /// Too many attempts.
    TooManyRequests "too_many_requests" 429 "Too many requests";
    /// Something failed on the server.
    Internal "internal" 500 "Something went wrong on the server";
    /// The server is overloaded or stopping.
    Unavailable "unavailable" 503 "Server is not available";
}
