//! The actions an app may ask about (behaviour §5), in owned form. What decides them is `ringfence_policy::decide`.

use ringfence_model::AppId;
use ringfence_policy::{
    compile::Transfer,
    decide::{self, Location, LocationAccount, Opener, Peer, Relation, Tag, Way},
};
use serde::{Deserialize, Serialize};

/// Another app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OtherApp {
    /// Bundle or package id; empty when the system does not say.
    pub id: String,
    /// The URL scheme by which it would be started (iOS).
    #[serde(default)]
    pub scheme: Option<String>,
    /// How it stands to the managed account; [`Relation::Unknown`] leaves that to the policy.
    #[serde(default = "unknown")]
    pub relation: Relation,
    /// Its own *receive* setting, when it has told.
    #[serde(default)]
    pub receives: Option<Transfer>,
    /// Its own *send* setting, when it has told.
    #[serde(default)]
    pub sends: Option<Transfer>,
    /// Installed by the device-management system (iOS).
    #[serde(default)]
    pub mdm_managed: bool,
}

const fn unknown() -> Relation {
    Relation::Unknown
}

impl From<&AppId> for OtherApp {
    fn from(app: &AppId) -> Self {
        Self::named(app.id.clone())
    }
}

impl OtherApp {
    /// An app that the system does not name.
    pub fn unnamed() -> Self {
        Self::named("")
    }

    /// An app of which only the id is known.
    pub fn named(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            scheme: None,
            relation: Relation::Unknown,
            receives: None,
            sends: None,
            mdm_managed: false,
        }
    }

    fn peer(&self) -> Peer<'_> {
        Peer {
            id: &self.id,
            scheme: self.scheme.as_deref(),
            relation: self.relation,
            receives: self.receives,
            sends: self.sends,
            mdm_managed: self.mdm_managed,
        }
    }
}

/// What would open a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LinkOpener {
    /// The browser that the organisation protects.
    ManagedBrowser,
    /// A browser.
    Browser(OtherApp),
    /// The app that claims the link.
    App(OtherApp),
}

/// An action on data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Give data to another app.
    Send {
        /// By which way.
        way: Way,
        /// The other app.
        to: OtherApp,
    },
    /// Take data from another app.
    Receive {
        /// The other app.
        from: OtherApp,
        /// The app can open the data under a personal account instead.
        can_open_as_personal: bool,
    },
    /// Text goes from here to another app by the clipboard.
    Copy {
        /// The app that would get it.
        to: OtherApp,
        /// Number of characters.
        characters: u64,
    },
    /// Text comes from another app by the clipboard.
    Paste {
        /// The app that put it there.
        from: OtherApp,
        /// Number of characters.
        characters: u64,
    },
    /// Save a copy.
    Save {
        /// Where.
        location: Location,
        /// Under which account.
        account: LocationAccount,
        /// The file stays where it is, or is needed for a moment to be shown.
        in_place: bool,
    },
    /// Open or import.
    Open {
        /// From where.
        location: Location,
        /// Under which account.
        account: LocationAccount,
    },
    /// Follow a link in work data.
    Link {
        /// The link.
        url: String,
        /// What would open it.
        with: LinkOpener,
    },
    /// Call a number in work data.
    Dial {
        /// The app that would call.
        with: OtherApp,
    },
    /// Send a text message to a number in work data.
    Message {
        /// The app that would send it.
        with: OtherApp,
    },
    /// Print; saving as PDF counts as printing.
    Print,
    /// Show a notification about work data.
    Notify {
        /// The app can leave the content out.
        can_redact: bool,
    },
    /// Type with a keyboard.
    Keyboard {
        /// The keyboard's id.
        id: String,
        /// It came with the system (iOS).
        system: bool,
    },
    /// Screenshot, recording, mirroring, assistant.
    ScreenCapture,
    /// Be part of the device's backup.
    Backup,
    /// Copy work data to the device's contacts, calendar or add-ins.
    SyncNative,
    /// Show work data in a widget.
    Widget,
    /// Give work data to the system's search, assistant or shortcuts.
    SystemSearch,
    /// Generate emoji from work data (iOS).
    Genmoji,
    /// Let the system rewrite work data (iOS).
    WritingTools,
}

impl Action {
    /// The question for `decide`; `tag` is the identity that incoming data carries.
    pub(crate) fn ask(&self, tag: Tag) -> decide::Action<'_> {
        use decide::Action as A;
        match self {
            Self::Send { way, to } => A::Send { way: *way, to: to.peer() },
            Self::Receive { from, can_open_as_personal } => {
                A::Receive { from: from.peer(), tag, can_open_as_personal: *can_open_as_personal }
            }
            Self::Copy { to, characters } => A::Copy { to: to.peer(), characters: *characters },
            Self::Paste { from, characters } => A::Paste { from: from.peer(), characters: *characters },
            Self::Save { location, account, in_place } => {
                A::Save { location: *location, account: *account, in_place: *in_place }
            }
            Self::Open { location, account } => A::Open { location: *location, account: *account, tag },
            Self::Link { url, with } => A::Link {
                url,
                with: match with {
                    LinkOpener::ManagedBrowser => Opener::ManagedBrowser,
                    LinkOpener::Browser(app) => Opener::Browser(app.peer()),
                    LinkOpener::App(app) => Opener::App(app.peer()),
                },
            },
            Self::Dial { with } => A::Dial { with: with.peer() },
            Self::Message { with } => A::Message { with: with.peer() },
            Self::Print => A::Print,
            Self::Notify { can_redact } => A::Notify { can_redact: *can_redact },
            Self::Keyboard { id, system } => A::Keyboard { id, system: *system },
            Self::ScreenCapture => A::ScreenCapture,
            Self::Backup => A::Backup,
            Self::SyncNative => A::SyncNative,
            Self::Widget => A::Widget,
            Self::SystemSearch => A::SystemSearch,
            Self::Genmoji => A::Genmoji,
            Self::WritingTools => A::WritingTools,
        }
    }

    /// The same action with data that carries no tag. Managed apps put their account's tag with work data, so what comes
    /// without one is nobody's work data, whichever app sends it (behaviour §5.2, *no identity*).
    pub(crate) fn without_identity(mut self) -> Self {
        if let Self::Receive { from, .. } | Self::Paste { from, .. } = &mut self
            && from.relation == Relation::Unknown
        {
            from.relation = Relation::Unmanaged;
        }
        self
    }

    /// Whether bytes of a document go out with it.
    pub(crate) const fn carries_out(&self) -> bool {
        matches!(self, Self::Send { .. } | Self::Copy { .. } | Self::Save { .. } | Self::Print)
    }

    /// Whether bytes come in with it.
    pub(crate) const fn carries_in(&self) -> bool {
        matches!(self, Self::Receive { .. } | Self::Paste { .. } | Self::Open { .. })
    }
}
