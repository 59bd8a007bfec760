//! What the core wants done. The driver runs effects **in the order given**: an effect on state, files or the key
//! store is complete before the next such effect of the same core begins. Completions may be reported in any order.

use ringfence_messages::Dialog;
use ringfence_model::Millis;
use ringfence_policy::browser::Context as BrowserContext;
use serde::{Deserialize, Serialize};

use crate::{
    input::SharedAccount,
    log::LogRecord,
    request::{Answer, RequestId},
};

/// Numbers the effects that are answered with [`crate::Input::Done`]; never reused within one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReqId(pub u64);

/// One effect of [`crate::Core::step`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Effect {
    /// One HTTP exchange with the server; redirects are not followed, cookies are not kept.
    Http {
        /// Completion number.
        req: ReqId,
        /// What to send.
        request: HttpRequest,
    },
    /// Open the events stream with these headers; each `changed` event becomes [`crate::Input::PushHint`], its end
    /// (also a refusal) [`crate::Input::StreamEnded`]. There is at most one stream.
    Subscribe {
        /// Names the stream.
        req: ReqId,
        /// What to send.
        request: HttpRequest,
    },
    /// Close the events stream; no [`crate::Input::StreamEnded`] need follow.
    Unsubscribe {
        /// The stream.
        req: ReqId,
    },
    /// An operation of the phone's key store.
    KeyStore {
        /// Completion number.
        req: ReqId,
        /// Which.
        op: KeyOp,
    },
    /// An operation on this app's small durable slots.
    State {
        /// Completion number.
        req: ReqId,
        /// Which.
        op: StateOp,
    },
    /// An operation on the app's container.
    File {
        /// Completion number.
        req: ReqId,
        /// Which.
        op: FileOp,
    },
    /// The answer to [`crate::Input::Request`].
    Answer {
        /// The app's number.
        id: RequestId,
        /// The answer.
        answer: Answer,
    },
    /// Show a dialog, replacing the one on screen.
    ShowDialog(Dialog),
    /// Take the dialog with this code off the screen.
    DismissDialog {
        /// For example `I6`.
        code: String,
    },
    /// Send [`crate::Input::Tick`] when the monotonic clock reads `at`; replaces the timer set before.
    SetTimer {
        /// On the monotonic clock of the present boot.
        at: Millis,
    },
    /// Open this address in the system's browser (RFC 8252; never in a view of the app's own) and answer with the whole
    /// address under `redirect_uri` that the browser comes to. Answered with [`crate::Outcome::Browser`].
    Authorize {
        /// Completion number.
        req: ReqId,
        /// The provider's address, with the request in it.
        url: String,
        /// Where the provider sends the browser, as the app named it when signing in began.
        redirect_uri: String,
    },
    /// The user chose where a page opens: open it there. What is opened elsewhere than under the work account needs no
    /// further question.
    OpenPage {
        /// The address.
        url: String,
        /// Under whom.
        context: BrowserContext,
        /// The user has to add a personal account first.
        add_account: bool,
    },
    /// Android: tell the companion which account this app has; ignored when there is no companion. Doing it twice is doing
    /// it once.
    Companion(CompanionOp),
    /// The app should be restarted at the next occasion (D2).
    RestartRequired,
    /// A line for the diagnostics file; holds no personal content.
    Log(LogRecord),
}

/// What the companion is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CompanionOp {
    /// This app has the account; the companion holds it for the other managed apps.
    Joined(SharedAccount),
    /// This app has no account any more; with the last app the companion forgets the account.
    Left,
}

/// A request to the server.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRequest {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// Path below the server's base address, for example `/phone/v1/checkin`.
    pub path: String,
    /// Header names and values, besides what the transport adds.
    pub headers: Vec<(String, String)>,
    /// JSON, or empty.
    #[serde(with = "crate::recording::blob")]
    pub body: Vec<u8>,
}

/// Headers carry tokens, bodies passwords: neither is for logs.
impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({} bytes)", self.method, self.path, self.body.len())
    }
}

/// Operations of the key store.
///
/// Names (aliases) consist of letters, digits, `.`, `_`, `-`. Those that begin with `app.<bundle id>.` belong to
/// one app; those that begin with `account.` are shared by the managed apps of one publisher on this device (an
/// iOS keychain group, the Android companion), which is how one managed app reads what another one sealed. A key
/// whose name ends in `.share` is **held** by each app that asked for it to be made, while that installation lasts.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum KeyOp {
    /// Make a P-256 signing key, replacing one of that name. Answers [`crate::KeyReply::PublicKey`].
    MakeSignKey {
        /// Name of the key.
        alias: String,
    },
    /// Sign with ES256. Answers [`crate::KeyReply::Bytes`], 64 bytes `r ‖ s`.
    Sign {
        /// Name of the key.
        alias: String,
        /// The message, not its hash.
        #[serde(with = "crate::recording::blob")]
        message: Vec<u8>,
    },
    /// Make an AES-256-GCM sealing key **unless one of that name exists**, and hold it when its name ends in `.share`; a
    /// key of that kind that no installed app holds any more is replaced. Answers [`crate::KeyReply::Changed`].
    MakeSealKey {
        /// Name of the key.
        alias: String,
    },
    /// Seal bytes inside the key store. Answers [`crate::KeyReply::Bytes`].
    Seal {
        /// Name of the key.
        alias: String,
        /// Bound to the sealed bytes; the same is needed to unseal.
        #[serde(with = "crate::recording::blob")]
        context: Vec<u8>,
        /// What to seal, at most 4 KiB.
        #[serde(with = "crate::recording::blob")]
        plain: Vec<u8>,
    },
    /// Unseal what `Seal` gave. Answers [`crate::KeyReply::Bytes`].
    Unseal {
        /// Name of the key.
        alias: String,
        /// As when sealing.
        #[serde(with = "crate::recording::blob")]
        context: Vec<u8>,
        /// What `Seal` gave.
        #[serde(with = "crate::recording::blob")]
        sealed: Vec<u8>,
    },
    /// Destroy a key for ever; none of that name is no failure. A key that another installed app holds stays: only
    /// this app's hold ends. Answers [`crate::KeyReply::Changed`].
    Destroy {
        /// Name of the key.
        alias: String,
    },
}

impl std::fmt::Debug for KeyOp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MakeSignKey { alias } => write!(f, "MakeSignKey({alias})"),
            Self::Sign { alias, message } => write!(f, "Sign({alias}, {} bytes)", message.len()),
            Self::MakeSealKey { alias } => write!(f, "MakeSealKey({alias})"),
            Self::Seal { alias, plain, .. } => write!(f, "Seal({alias}, {} bytes)", plain.len()),
            Self::Unseal { alias, sealed, .. } => write!(f, "Unseal({alias}, {} bytes)", sealed.len()),
            Self::Destroy { alias } => write!(f, "Destroy({alias})"),
        }
    }
}

/// Operations on durable slots. The names of slots that the managed apps of an account share on this device begin with
/// `account.`; the others belong to the app alone. A slot holds old or new bytes after a crash, never a mixture; a reported `Put`
/// or `Swap` has reached the medium. Slots are kept out of backups and are removed with the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StateOp {
    /// Read a slot.
    Get {
        /// Name of the slot, lower-case letters.
        slot: &'static str,
    },
    /// Replace a slot.
    Put {
        /// Name of the slot.
        slot: &'static str,
        /// Its new content.
        #[serde(with = "crate::recording::blob")]
        bytes: Vec<u8>,
    },
    /// Replace a slot if it still holds what this app read there, in one step that no other app comes between (a lock
    /// that the managed apps share). Otherwise nothing is changed, and the answer is
    /// [`crate::StorageFailure::Changed`].
    Swap {
        /// Name of the slot.
        slot: &'static str,
        /// What it held; `None`: nothing.
        #[serde(serialize_with = "crate::recording::blob::serialize_optional")]
        was: Option<Vec<u8>>,
        /// Its new content.
        #[serde(with = "crate::recording::blob")]
        bytes: Vec<u8>,
    },
    /// Remove a slot; none is no failure.
    Delete {
        /// Name of the slot.
        slot: &'static str,
    },
}

/// Operations on the container. A path is `work/<name>` or `personal/<name>`; names hold no separators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FileOp {
    /// Write a whole file atomically and durably.
    Write {
        /// Where.
        path: String,
        /// The content.
        #[serde(with = "crate::recording::blob")]
        bytes: Vec<u8>,
        /// Refuse when the file exists.
        new: bool,
    },
    /// Read a whole file.
    Read {
        /// Where.
        path: String,
    },
    /// Remove a file.
    Delete {
        /// Where.
        path: String,
    },
    /// Names in a folder; a folder that does not exist is empty.
    List {
        /// `work` or `personal`.
        folder: &'static str,
    },
}
