//! What is asked: whose data, which action, and what is known about the other side.

use serde::{Deserialize, Serialize};

use crate::compile::Transfer;

/// A question to [`super::decide`]. Borrows everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// Whose data it is; for what comes in, whose it would become.
    pub owner: Owner,
    /// The device is enrolled and the device-management system has handed over the work account (behaviour §5.1, *D*).
    pub enrolled: bool,
    /// What is to happen.
    pub action: Action<'a>,
}

impl<'a> Request<'a> {
    /// An action on work data, on a device that is not enrolled.
    pub const fn work(action: Action<'a>) -> Self {
        Self { owner: Owner::Work, enrolled: false, action }
    }

    /// An action on personal data, on a device that is not enrolled.
    pub const fn personal(action: Action<'a>) -> Self {
        Self { owner: Owner::Personal, enrolled: false, action }
    }
}

/// Whose data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// The organisation's: of the managed account.
    Work,
    /// The user's own, or of an account without policy.
    Personal,
}

/// The actions of behaviour §5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Give data to another app.
    Send {
        /// By which way.
        way: Way,
        /// The other app.
        to: Peer<'a>,
    },
    /// Take data from another app.
    Receive {
        /// The other app.
        from: Peer<'a>,
        /// The identity the data carries.
        tag: Tag,
        /// The app can open the data under a personal account instead.
        can_open_as_personal: bool,
    },
    /// Text goes from here to another app by the clipboard.
    Copy {
        /// The app that would get it.
        to: Peer<'a>,
        /// Number of characters.
        characters: u64,
    },
    /// Text comes from another app by the clipboard.
    Paste {
        /// The app that put it there.
        from: Peer<'a>,
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
        /// The identity the data carries.
        tag: Tag,
    },
    /// Follow a link in work data.
    Link {
        /// The link.
        url: &'a str,
        /// What would open it.
        with: Opener<'a>,
    },
    /// Call a number in work data.
    Dial {
        /// The app that would call.
        with: Peer<'a>,
    },
    /// Send a text message to a number in work data.
    Message {
        /// The app that would send it.
        with: Peer<'a>,
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
        id: &'a str,
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

/// How data leaves for another app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// The app hands the data over itself: a URL scheme, an intent to a named app. Can be refused.
    Launch,
    /// The system's share sheet. On iOS the user's choice cannot be stopped, on Android it can.
    ShareSheet,
    /// The system's open-in, as the share sheet.
    OpenIn,
}

/// The other app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer<'a> {
    /// Bundle or package id; empty when not known.
    pub id: &'a str,
    /// The URL scheme that a [`Way::Launch`] uses (iOS).
    pub scheme: Option<&'a str>,
    /// What is known about it.
    pub relation: Relation,
    /// Its own *receive* setting, when it is known.
    pub receives: Option<Transfer>,
    /// Its own *send* setting, when it is known.
    pub sends: Option<Transfer>,
    /// Installed by the device-management system (iOS, managed open-in).
    pub mdm_managed: bool,
}

impl<'a> Peer<'a> {
    /// An app of which only the id is known; the compiled policy knows whether it is managed.
    pub const fn app(id: &'a str) -> Self {
        Self::new(id, Relation::Unknown)
    }

    /// An app and what is known about it.
    pub const fn new(id: &'a str, relation: Relation) -> Self {
        Self { id, scheme: None, relation, receives: None, sends: None, mdm_managed: false }
    }

    /// The app that a URL scheme starts.
    pub const fn scheme(scheme: &'a str) -> Self {
        Self { scheme: Some(scheme), ..Self::new("", Relation::Unknown) }
    }
}

/// How another app stands to the managed account here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Relation {
    /// Managed for the same account.
    Managed,
    /// Managed for another account.
    ManagedForOther,
    /// Not managed.
    Unmanaged,
    /// Not known: managed if the policy covers it, else not.
    Unknown,
    /// This app, under another account (behaviour §5.1).
    SameAppOtherAccount,
    /// Runs without being installed (Android).
    InstantApp,
}

/// The identity that incoming data carries, and what this app can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Tag {
    /// None.
    Untagged,
    /// The managed account here.
    SameAccount,
    /// Another account, signed in here; the app can change to it.
    OtherSwitchable,
    /// Another account, not signed in here.
    OtherNotSignedIn,
    /// Another account than the one that is registered here.
    OtherRegistered,
    /// Another account, not managed in this app.
    OtherNotManaged,
    /// Another account, and the app failed to change to it.
    OtherSwitchFailed,
    /// Another account, which needs the app to come from the device-management system.
    OtherNotDelivered,
}

/// Storage services and sources, in Graph names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Location {
    /// The organisation's OneDrive.
    OneDriveForBusiness,
    /// SharePoint.
    SharePoint,
    /// Box.
    Box,
    /// iOS: the app's own storage; Android: the device's.
    LocalStorage,
    /// Pictures on the device.
    PhotoLibrary,
    /// iManage.
    IManage,
    /// Egnyte.
    Egnyte,
    /// A picture taken now.
    Camera,
    /// Anything else; never selectable.
    Other,
}

impl Location {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::OneDriveForBusiness,
        Self::SharePoint,
        Self::Box,
        Self::LocalStorage,
        Self::PhotoLibrary,
        Self::IManage,
        Self::Egnyte,
        Self::Camera,
        Self::Other,
    ];

    /// The Graph name; `other` for the rest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneDriveForBusiness => "oneDriveForBusiness",
            Self::SharePoint => "sharePoint",
            Self::Box => "box",
            Self::LocalStorage => "localStorage",
            Self::PhotoLibrary => "photoLibrary",
            Self::IManage => "iManage",
            Self::Egnyte => "egnyte",
            Self::Camera => "camera",
            Self::Other => "other",
        }
    }

    /// Reads a Graph name without regard to case; what is not known is [`Location::Other`].
    pub fn parse(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|location| location.as_str().eq_ignore_ascii_case(text.trim()))
            .unwrap_or(Self::Other)
    }

    /// Whether what is stored there belongs to an account.
    pub const fn is_cloud(self) -> bool {
        matches!(
            self,
            Self::OneDriveForBusiness | Self::SharePoint | Self::Box | Self::IManage | Self::Egnyte
        )
    }
}

/// A set of locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Locations(u16);

impl Locations {
    /// Whether a location is in it; [`Location::Other`] never is.
    pub const fn has(self, location: Location) -> bool {
        self.0 >> location as u16 & 1 == 1 && !matches!(location, Location::Other)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Location> for Locations {
    fn from_iter<I: IntoIterator<Item = Location>>(locations: I) -> Self {
        let known = locations.into_iter().filter(|location| *location != Location::Other);
        Self(known.fold(0, |bits, location| bits | 1 << location as u16))
    }
}

/// The account that a location is used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LocationAccount {
    /// The managed account here.
    Managed,
    /// Another or unknown account; unknown counts as personal (behaviour §5.6).
    Other,
}

/// What would open a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener<'a> {
    /// The browser that the organisation protects.
    ManagedBrowser,
    /// A browser.
    Browser(Peer<'a>),
    /// The app that claims the link: universal link (iOS) or app link (Android).
    App(Peer<'a>),
}
