//! What came of something the user did: allowed, refused with a dialog, or impossible.

use ringfence_client::{
    Answer, BrowserContext, CoreStatus, DecisionAnswer, DocumentEntry, Failure, Identity, Refusal, Verdict,
};
use ringfence_messages::{Dialog, ReasonCode};
use serde::Serialize;

/// The result of an action on a virtual phone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// How it ended.
    pub result: Ending,
    /// Which app said so (in a transfer the receiving app may be the one that refuses).
    pub app: String,
    /// Why, when a rule allowed or refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonCode>,
    /// The code the user reads, such as `D4`; for a failure its stable name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What is on the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialog: Option<Dialog>,
    /// The decision with the settings and policies behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionAnswer>,
    /// What the receiving app decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<Box<Outcome>>,
    /// Data left the app encrypted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sealed: bool,
    /// Where the data is now: a document name, or a path in the phone's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Whose data it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Under whom a page of the managed browser opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_in: Option<BrowserContext>,
    /// Content, where content was asked for.
    #[serde(skip)]
    pub bytes: Option<Vec<u8>>,
    /// Documents, where a listing was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
    /// The app's state, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CoreStatus>,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Whose.
    pub identity: Identity,
    /// Its name.
    pub name: String,
}

/// How an action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// It was done.
    Allowed,
    /// A rule refused it.
    Refused,
    /// It could not be done.
    Failed,
}

impl Outcome {
    /// An outcome without particulars.
    pub fn new(app: &str, result: Ending) -> Self {
        Self {
            result,
            app: app.to_owned(),
            reason: None,
            code: None,
            dialog: None,
            decision: None,
            received: None,
            sealed: false,
            place: None,
            identity: None,
            opens_in: None,
            bytes: None,
            documents: Vec::new(),
            status: None,
        }
    }

    /// Whether it was done.
    pub fn allowed(&self) -> bool {
        self.result == Ending::Allowed
    }

    /// Whether a rule refused it.
    pub fn refused(&self) -> bool {
        self.result == Ending::Refused
    }

    /// The content as text; empty when there is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes.as_deref().unwrap_or_default()).into_owned()
    }

    fn failed(app: &str, failure: Failure) -> Self {
        Self { code: Some(failure.code().to_owned()), ..Self::new(app, Ending::Failed) }
    }

    /// A refusal with its dialog.
    pub(crate) fn refusal(app: &str, refusal: Refusal) -> Self {
        Self {
            reason: Some(refusal.reason),
            code: Some(refusal.dialog.code.clone()),
            dialog: Some(refusal.dialog),
            decision: refusal.decision,
            ..Self::new(app, Ending::Refused)
        }
    }

    /// What a dialog on the screen means for something that was only tried, such as opening the app.
    pub(crate) fn after(app: &str, mut dialogs: Vec<Dialog>) -> Self {
        let Some(dialog) = dialogs.pop() else { return Self::new(app, Ending::Allowed) };
        let result = if blocks(&dialog) { Ending::Refused } else { Ending::Allowed };
        Self {
            reason: Some(dialog.reason),
            code: Some(dialog.code.clone()),
            dialog: Some(dialog),
            ..Self::new(app, result)
        }
    }

    /// From the core's answer.
    pub(crate) fn of(app: &str, answer: Answer) -> Self {
        let done = Self::new(app, Ending::Allowed);
        match answer {
            Answer::Done | Answer::Choices(_) | Answer::BrowserHome(_) => done,
            Answer::Content(bytes) => Self { bytes: Some(bytes), ..done },
            Answer::Documents(entries) => {
                Self { documents: entries.into_iter().map(document).collect(), ..done }
            }
            Answer::Decision(decision) if decision.verdict == Verdict::Deny => {
                Self::new(app, Ending::Refused).decided(decision)
            }
            Answer::Decision(decision) => done.decided(decision),
            Answer::Page(page) => {
                Self { opens_in: Some(page.opens_in), dialog: page.dialog, ..done }.decided(page.decision)
            }
            Answer::Outgoing { bytes, sealed, decision, .. } => {
                Self { bytes: Some(bytes), sealed, ..done }.decided(decision)
            }
            Answer::Received { identity, name, decision } => {
                Self { identity: Some(identity), place: Some(name), ..done }.decided(decision)
            }
            Answer::Status(status) => Self { status: Some(*status), ..done },
            Answer::Refused(refusal) => Self::refusal(app, *refusal),
            Answer::Failed(failure) => Self::failed(app, failure),
        }
    }

    pub(crate) fn decided(self, decision: DecisionAnswer) -> Self {
        Self {
            reason: Some(decision.reason),
            code: Some(decision.code.clone()),
            decision: Some(decision),
            ..self
        }
    }
}

fn document(entry: DocumentEntry) -> Document {
    Document { identity: entry.identity, name: entry.name }
}

/// Whether a dialog stands between the user and work data, rather than telling something.
fn blocks(dialog: &Dialog) -> bool {
    use ringfence_messages::Severity;
    match dialog.severity {
        Severity::Information | Severity::ActionNeeded | Severity::Warning => false,
        Severity::TransferRefused | Severity::Blocked | Severity::DataRemoved | Severity::Error => true,
    }
}
