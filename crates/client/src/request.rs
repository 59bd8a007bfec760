//! What the app asks the core, and what it gets for an answer.

use ringfence_messages::{Dialog, ReasonCode};
use ringfence_model::{AccountId, AppId, Millis, TenantId, UnixMillis};
use ringfence_policy::{
    browser::{Context, EntryTrace, Home},
    decide::{Verdict, Way},
};
use serde::{Deserialize, Serialize};

use crate::{
    action::{Action, OtherApp},
    browse::{PageAnswer, PageFacts},
};

/// The app's own number for a request; comes back in [`crate::Effect::Answer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// Whose data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Identity {
    /// The organisation's, under the work account.
    Work,
    /// The user's own; never sealed, never counted, never wiped.
    Personal,
}

impl Identity {
    /// The folder of its documents in the container.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Personal => "personal",
        }
    }
}

/// What the app asks. Document names hold 1 to 200 bytes, no separators or control characters, no leading dot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AppRequest {
    /// Make a document; refused when it exists.
    Create {
        /// Whose.
        identity: Identity,
        /// Name of the document.
        name: String,
        /// The content.
        #[serde(with = "crate::recording::blob")]
        content: Vec<u8>,
    },
    /// Replace a document, or make it.
    Write {
        /// Whose.
        identity: Identity,
        /// Name of the document.
        name: String,
        /// The content.
        #[serde(with = "crate::recording::blob")]
        content: Vec<u8>,
    },
    /// Read a document.
    Read {
        /// Whose.
        identity: Identity,
        /// Name of the document.
        name: String,
    },
    /// Delete a document.
    Delete {
        /// Whose.
        identity: Identity,
        /// Name of the document.
        name: String,
    },
    /// List all documents. Names are shown while work data is withheld; content is not.
    List,
    /// May the app do this? Asks only; a refusal is shown as a dialog.
    MayI {
        /// Whose data is concerned.
        identity: Identity,
        /// What with it.
        action: Action,
    },
    /// Which of these apps may a document be offered to? The list of a chooser; when all are refused, that is told.
    Choose {
        /// Whose document.
        identity: Identity,
        /// By which way it would go.
        way: Way,
        /// The apps on the phone that open data of this kind.
        candidates: Vec<OtherApp>,
    },
    /// From which of these apps may data come in? The list of a picker; when all are refused, that is told.
    Sources {
        /// Whose data it would become.
        identity: Identity,
        /// The apps on the phone that have data to give.
        candidates: Vec<OtherApp>,
    },
    /// The user changes to the other identity of the app; refused while work data is withheld.
    Show {
        /// Whose data is on the screen from now on.
        identity: Identity,
    },
    /// Decide, and on consent give the bytes as they may leave this app.
    Send {
        /// Whose document.
        identity: Identity,
        /// Name of the document.
        name: String,
        /// An action that moves data out: send, save, print, …
        action: Action,
    },
    /// Data has come in from elsewhere and shall become a document here.
    Receive {
        /// Where it comes from: [`Action::Receive`], [`Action::Open`] or [`Action::Paste`].
        action: Action,
        /// The bytes, plain or sealed by another managed app.
        #[serde(with = "crate::recording::blob")]
        bytes: Vec<u8>,
        /// The account the other app put with them.
        tag: Option<AccountTag>,
        /// Name for the new document; an existing one is replaced.
        name: String,
        /// The identity on screen: where the document goes unless the policy makes it work data.
        identity: Identity,
    },
    /// Open a page in the managed browser, which this app is.
    Navigate {
        /// The address, as typed or linked.
        url: String,
        /// Under whom it would open.
        context: Context,
        /// What else is known.
        page: PageFacts,
    },
    /// Homepage, icons and bookmarks of the organisation, for the managed browser.
    BrowserHome,
    /// What the core knows, for a status page.
    Status,
    /// Check in now.
    Sync,
}

/// Goes with work data from one managed app to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountTag {
    /// The organisation.
    pub tenant: TenantId,
    /// The work account.
    pub account: AccountId,
}

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Answer {
    /// Done, nothing to hand over.
    Done,
    /// The content of a document.
    Content(#[serde(with = "crate::recording::blob")] Vec<u8>),
    /// The documents, by identity and name.
    Documents(Vec<DocumentEntry>),
    /// To [`AppRequest::MayI`]: allowed or refused, and why.
    Decision(DecisionAnswer),
    /// To [`AppRequest::Choose`] and [`AppRequest::Sources`]: the apps to offer.
    Choices(Vec<OtherApp>),
    /// To [`AppRequest::Send`] when allowed.
    Outgoing {
        /// The bytes to hand over.
        #[serde(with = "crate::recording::blob")]
        bytes: Vec<u8>,
        /// They are unreadable outside managed apps of the same account.
        sealed: bool,
        /// Put this with them when the receiver is a managed app.
        tag: Option<AccountTag>,
        /// Why it is allowed.
        decision: DecisionAnswer,
    },
    /// To [`AppRequest::Receive`] when allowed: the document that was made.
    Received {
        /// Whose it became.
        identity: Identity,
        /// Its name.
        name: String,
        /// Why it is allowed.
        decision: DecisionAnswer,
    },
    /// To [`AppRequest::Navigate`] when the page opens.
    Page(Box<PageAnswer>),
    /// To [`AppRequest::BrowserHome`].
    BrowserHome(Box<Home>),
    /// To [`AppRequest::Status`].
    Status(Box<CoreStatus>),
    /// Refused by a rule: shown to the user as well.
    Refused(Box<Refusal>),
    /// It could not be done; nothing was changed.
    Failed(Failure),
}

/// A document in a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentEntry {
    /// Whose.
    pub identity: Identity,
    /// Its name.
    pub name: String,
}

/// A decision in the words of the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionAnswer {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: ReasonCode,
    /// Its short code on this platform.
    pub code: String,
    /// The settings that decided, in Graph names.
    pub deciders: Vec<String>,
    /// The rule, as a section of the behaviour reference.
    pub rule: String,
    /// The policies behind the effective policy, as in the bundle: name and version.
    pub sources: Vec<PolicySource>,
    /// The version of the effective policy.
    pub policy_version: Option<u64>,
    /// The entry of a list of the managed browser that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryTrace>,
}

/// One policy that the effective policy was merged from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicySource {
    /// Its id.
    pub policy: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A refusal with the dialog that goes with it (also sent as [`crate::Effect::ShowDialog`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Why.
    pub reason: ReasonCode,
    /// What the user sees.
    pub dialog: Dialog,
    /// The decision, when a rule of the policy decided.
    pub decision: Option<DecisionAnswer>,
}

/// Why something could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Failure {
    /// There is no document of that name.
    NotFound,
    /// There is one already.
    Exists,
    /// The name cannot be a document's.
    BadName,
    /// The document is too large for one request.
    TooLarge,
    /// Its bytes are damaged, or were sealed by another account or before a wipe.
    Unreadable,
    /// The phone is locked; try again later.
    Locked,
    /// The key store or the container does not work.
    Broken,
    /// The request makes no sense for the action given.
    NotApplicable,
    /// The core has not been started.
    NotStarted,
}

impl Failure {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Exists => "exists",
            Self::BadName => "bad_name",
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::Locked => "locked",
            Self::Broken => "broken",
            Self::NotApplicable => "not_applicable",
            Self::NotStarted => "not_started",
        }
    }
}

/// Where the account in this app stands (behaviour §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionState {
    /// No work account.
    SignedOut,
    /// Signing in and registering.
    Registering,
    /// Registered; the server has not said yet whether there is a policy. Work data is withheld.
    Pending,
    /// A policy is obeyed.
    Protected,
    /// The server confirmed that no policy covers this user and app.
    NoPolicy,
    /// The server confirmed that the account has no licence.
    NotLicensed,
    /// The server no longer knows this instance; work data is withheld until the user signs in again.
    SignInNeeded,
    /// Signed in with a method that gives no identity: there is nothing to protect (catalogue A1).
    LegacySignIn,
    /// Work data is being removed.
    Wiping,
}

/// For a status page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CoreStatus {
    /// Where the account stands.
    pub state: ProtectionState,
    /// The work account.
    pub user_principal_name: Option<String>,
    /// The account that the last sign-in was refused for, because it is registered on this device: the name to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_account: Option<String>,
    /// Whose data is on the screen.
    pub on_screen: Identity,
    /// The organisation's name.
    pub organisation: Option<String>,
    /// The app instance.
    pub instance: Option<String>,
    /// Version of the policy obeyed.
    pub obeyed_version: Option<u64>,
    /// The time that every rule of the core goes by: later than the device's clock says when that was set back.
    pub now: UnixMillis,
    /// When the lease of that policy ends.
    pub lease_ends_at: Option<UnixMillis>,
    /// The last time the server confirmed the policy.
    pub last_check_in_at: Option<UnixMillis>,
    /// Why access to work data is withheld at present.
    pub blocked_by: Vec<ReasonCode>,
    /// Managed apps, as the policy names them.
    pub managed_apps: Vec<AppId>,
    /// The app should be restarted (D2).
    pub restart_pending: bool,
    /// Why no PIN is asked for now: the gate was passed, here or in another app of the account, and stays open for so long
    /// without use. Absent where nothing is asked for, or something is asked for now.
    #[serde(default, rename = "accessOpenForMs", skip_serializing_if = "Option::is_none")]
    pub access_open_for: Option<Millis>,
}
