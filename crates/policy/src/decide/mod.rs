//! May this happen to this data? One pure, total function that never allocates (behaviour §5).
//!
//! Phone, server and command line ask the same question here. `docs/decisions.md` holds the table of answers.

mod clipboard;
mod exits;
mod peer;
mod request;
mod storage;
mod transfer;

use ringfence_messages::{Args, ReasonCode};
use ringfence_model::settings::Setting;
use serde::{Deserialize, Serialize};

pub use self::request::{
    Action, Location, LocationAccount, Locations, Opener, Owner, Peer, Relation, Request, Tag, Way,
};
use crate::compile::CompiledPolicy;

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It may happen.
    Allow,
    /// It may happen; the data leaves encrypted.
    AllowSealed,
    /// It may happen without the content (a notification).
    AllowRedacted,
    /// It may happen; the data becomes work data.
    AllowTagged,
    /// It may not happen.
    Deny,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Self; 5] =
        [Self::Allow, Self::AllowSealed, Self::AllowRedacted, Self::AllowTagged, Self::Deny];

    /// Anything but [`Verdict::Deny`].
    pub const fn is_allowed(self) -> bool {
        !matches!(self, Self::Deny)
    }

    /// Key of its name in the language files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Allow => "verdict-allow",
            Self::AllowSealed => "verdict-allow-sealed",
            Self::AllowRedacted => "verdict-allow-redacted",
            Self::AllowTagged => "verdict-allow-tagged",
            Self::Deny => "verdict-deny",
        }
    }
}

/// A verdict with its reason and what decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: ReasonCode,
    /// The settings that decided, first the most important; none where a rule holds by itself.
    pub deciders: [Option<Setting>; 3],
    /// Section of `docs/decisions.md`, which keeps the numbers of the behaviour reference.
    pub rule: &'static str,
}

impl Decision {
    /// The settings that decided.
    pub fn settings(&self) -> impl Iterator<Item = Setting> + '_ {
        self.deciders.iter().copied().flatten()
    }

    pub(crate) const fn new(verdict: Verdict, reason: ReasonCode, rule: &'static str) -> Self {
        Self { verdict, reason, deciders: [None; 3], rule }
    }

    const fn allow(reason: ReasonCode, rule: &'static str) -> Self {
        Self::new(Verdict::Allow, reason, rule)
    }

    const fn deny(reason: ReasonCode, rule: &'static str) -> Self {
        Self::new(Verdict::Deny, reason, rule)
    }

    const fn by(self, setting: Setting) -> Self {
        Self { deciders: [Some(setting), None, None], ..self }
    }

    const fn by2(self, first: Setting, second: Setting) -> Self {
        Self { deciders: [Some(first), Some(second), None], ..self }
    }

    const fn by3(self, first: Setting, second: Setting, third: Setting) -> Self {
        Self { deciders: [Some(first), Some(second), Some(third)], ..self }
    }
}

/// Decides. Personal data is never restricted, except by the keyboard rule of iOS (behaviour §4.1).
pub fn decide(policy: &CompiledPolicy, request: &Request<'_>) -> Decision {
    let personal = request.owner == Owner::Personal;
    match request.action {
        Action::Receive { from, tag, can_open_as_personal } => {
            transfer::receive(policy, request, &from, tag, can_open_as_personal)
        }
        Action::Open { location, account, tag } => {
            storage::open(policy, request.owner, location, account, tag)
        }
        Action::Keyboard { id, system } => exits::keyboard(policy, request.owner, id, system),
        action if personal => Decision::allow(ReasonCode::AllowedPersonalData, rule_of(&action)),
        Action::Send { way, to } => transfer::send(policy, request.enrolled, way, &to),
        Action::Copy { to, characters } => clipboard::copy(policy, &to, characters),
        Action::Paste { from, characters } => clipboard::paste(policy, &from, characters),
        Action::Save { location, account, in_place } => storage::save(policy, location, account, in_place),
        Action::Link { url, with } => exits::link(policy, url, &with),
        Action::Dial { with } => exits::dial(policy, &with),
        Action::Message { with } => exits::message(policy, &with),
        Action::Print => exits::print(policy),
        Action::Notify { can_redact } => exits::notify(policy, can_redact),
        Action::ScreenCapture => exits::capture(policy),
        Action::Backup => exits::backup(policy),
        Action::SyncNative => exits::sync(policy),
        Action::Widget => exits::widget(policy),
        Action::SystemSearch => exits::search(policy),
        Action::Genmoji => exits::genmoji(policy),
        Action::WritingTools => exits::writing_tools(policy),
    }
}

/// Section of `docs/decisions.md` that an action falls under.
pub const fn rule_of(action: &Action<'_>) -> &'static str {
    match action {
        Action::Send { .. } => "5.1",
        Action::Receive { .. } => "5.2",
        Action::Copy { .. } | Action::Paste { .. } => "5.4",
        Action::Save { .. } | Action::Open { .. } => "5.6",
        _ => "5.7",
    }
}

/// Arguments for the text of a decision, as far as policy and request know them; the caller adds `app` and `account`.
pub fn text_args(policy: &CompiledPolicy, request: &Request<'_>) -> Args {
    let mut args = Args::new();
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            args.insert(name.to_owned(), value);
        }
    };
    let peer = |peer: &Peer<'_>| match (peer.id, peer.scheme) {
        ("", Some(scheme)) => format!("{scheme}:"),
        (id, _) => id.to_owned(),
    };
    match &request.action {
        Action::Send { to, .. } => put("target", peer(to)),
        Action::Receive { from, .. } => put("target", peer(from)),
        Action::Copy { to: other, characters } | Action::Paste { from: other, characters } => {
            put("target", peer(other));
            put("limit", policy.clipboard_limit.to_string());
            put("actual", characters.to_string());
        }
        Action::Save { location, .. } | Action::Open { location, .. } => {
            put("location", location.as_str().to_owned());
        }
        Action::Link { .. } => put("required", exits::wanted_browser(policy).to_owned()),
        Action::Dial { with } => {
            put("target", peer(with));
            put("required", exits::wanted_app(&policy.dialler).to_owned());
        }
        Action::Message { with } => {
            put("target", peer(with));
            put("required", exits::wanted_app(&policy.messenger).to_owned());
        }
        Action::Keyboard { id, .. } => put("target", (*id).to_owned()),
        _ => {}
    }
    args
}
