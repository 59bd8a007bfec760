//! The arguments of `ringfence phone`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use ringfence_messages::Lang;
use ringfence_model::{Platform, Version};
use serde::{Deserialize, Serialize};

/// Arguments of `ringfence phone`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit status: 0 done or allowed, 1 it could not be done, 2 wrong usage, 3 refused by a rule.",
    arg_required_else_help = true
)]
pub(crate) struct Args {
    /// Language of the dialogs: en or nl (otherwise the phone's own)
    #[arg(long, global = true)]
    pub(super) lang: Option<Lang>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Draw with plain ASCII characters
    #[arg(long, global = true)]
    pub(super) ascii: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a phone in a new folder
    Make(Make),
    /// Show a phone: facts, switches, apps
    Show {
        /// Folder of the phone
        dir: PathBuf,
    },
    /// Install an app
    #[command(disable_version_flag = true)]
    Install(InstallApp),
    /// Update an installed app to a sound build of another version
    #[command(disable_version_flag = true)]
    Update {
        #[command(flatten)]
        app: AppArg,
        /// Version after the update
        #[arg(long)]
        version: Version,
    },
    /// Clear the data of an app, or of the companion, as in the phone's settings
    ClearData {
        /// Folder of the phone
        dir: PathBuf,
        /// Bundle or package id of the app, or `companion`
        app: String,
    },
    /// Reset the phone to the state in which it left the factory: every app, key and file goes
    Reset {
        /// Folder of the phone
        dir: PathBuf,
    },
    /// Remove an app with its data
    Uninstall {
        #[command(flatten)]
        app: AppArg,
    },
    /// List the work accounts on the phone, with the apps that have them
    Accounts {
        /// Folder of the phone
        dir: PathBuf,
    },
    /// Remove a work account from every app on the phone, with its data there
    RemoveAccount {
        /// Folder of the phone
        dir: PathBuf,
        /// User principal name
        #[arg(long)]
        user: String,
    },
    /// Set facts, such as jailbroken=true or osVersion=17.1 (value `unknown`: the phone cannot tell)
    Set {
        /// Folder of the phone
        dir: PathBuf,
        /// FACT=VALUE
        #[arg(required = true)]
        facts: Vec<String>,
    },
    /// Switch the network off
    Offline {
        /// Folder of the phone
        dir: PathBuf,
    },
    /// Switch the network on
    Online {
        /// Folder of the phone
        dir: PathBuf,
    },
    /// Start the phone anew: open apps end
    Restart {
        /// Folder of the phone
        dir: PathBuf,
    },
    /// Let time pass on the phone, or set its clock
    Clock {
        /// Folder of the phone
        dir: PathBuf,
        /// Time that passes: 90s, 30m, 12h or 3d
        #[arg(long, conflicts_with = "set", required_unless_present = "set")]
        advance: Option<String>,
        /// Milliseconds since 1970 that the wall clock shows, or `true` for the host's time
        #[arg(long)]
        set: Option<String>,
    },
    /// Make the key store fail
    Fault(FaultArgs),
    /// Show the diagnostics of an app
    Log {
        #[command(flatten)]
        app: AppArg,
    },
    /// Send diagnostics to help desk under a ticket reference; tells first what is sent
    SendLogs {
        /// Folder of the phone
        dir: PathBuf,
        /// The app (otherwise every app that has a work account; with the companion always every app)
        app: Option<String>,
        /// The reference that help desk gave you
        #[arg(long)]
        ticket: String,
    },
    /// Play a bundle of diagnostics once more and compare every step
    Replay {
        /// The bundle, as `ringfence ticket download` saves it
        file: PathBuf,
        /// Stop after so many steps
        #[arg(long)]
        until: Option<usize>,
    },
    /// Keep an app open: it obeys pushes, and every event is printed
    Run {
        #[command(flatten)]
        app: AppArg,
    },
    #[command(flatten)]
    App(AppCommand),
}

/// A phone and one of its apps.
#[derive(Debug, Serialize, Deserialize, ClapArgs)]
pub(super) struct AppArg {
    /// Folder of the phone
    pub(super) dir: PathBuf,
    /// Bundle or package id of the app
    pub(super) app: String,
}

/// A document of an app.
#[derive(Debug, Serialize, Deserialize, ClapArgs)]
pub(super) struct DocArg {
    #[command(flatten)]
    pub(super) app: AppArg,
    /// Name of the document
    pub(super) name: String,
    /// The user's own document instead of the organisation's
    #[arg(long)]
    pub(super) personal: bool,
}

/// Whose data is on the screen.
#[derive(Debug, Serialize, Deserialize, ClapArgs)]
pub(super) struct ScreenArg {
    #[command(flatten)]
    pub(super) app: AppArg,
    /// Personal data is on the screen instead of the organisation's
    #[arg(long)]
    pub(super) personal: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Make {
    /// New folder for the phone
    pub(super) dir: PathBuf,
    /// ios or android
    #[arg(long)]
    pub(super) platform: Platform,
    /// Address of the server: https:// and host, with a port if need be, or http:// on loopback
    #[arg(long, env = "RINGFENCE_SERVER")]
    pub(super) server: String,
    /// Version of the operating system
    #[arg(long)]
    pub(super) os_version: Option<Version>,
    /// Model, such as iPhone17,1
    #[arg(long)]
    pub(super) model: Option<String>,
    /// Other facts, FACT=VALUE
    #[arg(long = "set", value_name = "FACT=VALUE")]
    pub(super) facts: Vec<String>,
    /// Certificate authority of the server (PEM file), instead of the system's
    #[arg(long, value_name = "FILE")]
    pub(super) ca_cert: Option<PathBuf>,
    /// SHA-256 of the tenant's root key in hexadecimal (`ringfence keys`); without it the first contact pins
    #[arg(long, value_name = "HASH")]
    pub(super) pin: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct InstallApp {
    #[command(flatten)]
    pub(super) app: AppArg,
    /// An ordinary app: it embeds no client core
    #[arg(long, conflicts_with_all = ["requires_policy", "sdk_version"])]
    pub(super) unmanaged: bool,
    /// Version of the app
    #[arg(long, default_value = "1.0")]
    pub(super) version: Version,
    /// Version of the embedded client core
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    pub(super) sdk_version: Version,
    /// Name under the icon
    #[arg(long, default_value = "")]
    pub(super) name: String,
    /// The app is of no use without a policy
    #[arg(long)]
    pub(super) requires_policy: bool,
    /// Name endings of the documents it opens, such as txt,pdf (otherwise all)
    #[arg(long, value_delimiter = ',')]
    pub(super) accepts: Vec<String>,
    /// SHA-256 of the certificate that the app is signed with (otherwise its maker's own)
    #[arg(long, value_name = "HASH")]
    pub(super) signer: Option<String>,
    /// URL scheme that the app answers to (iOS)
    #[arg(long)]
    pub(super) scheme: Option<String>,
    /// An instant app: it runs without being installed (Android)
    #[arg(long, requires = "unmanaged")]
    pub(super) instant: bool,
    /// Work and personal data side by side, or everything in the app belongs to the work account
    #[arg(long, value_enum, default_value = "multi", conflicts_with = "unmanaged")]
    pub(super) identity: AppIdentity,
    /// A multi-identity app that cannot change over when data of the work account comes in
    #[arg(long)]
    pub(super) cannot_switch: bool,
    /// A build that forgot to register its account with the service
    #[arg(long)]
    pub(super) no_registration: bool,
}

/// How many identities an app has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AppIdentity {
    /// Everything belongs to the work account.
    Single,
    /// Work and personal.
    Multi,
}

/// Whose data an app shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub(super) enum Whose {
    /// The organisation's.
    Work,
    /// The user's own.
    Personal,
}

#[derive(Debug, ClapArgs)]
pub(super) struct FaultArgs {
    /// Folder of the phone
    pub(super) dir: PathBuf,
    /// Protection in this app dies while it starts, until the app is updated
    #[arg(long, value_name = "APP")]
    pub(super) startup: Option<String>,
    /// The start fails this many times only
    #[arg(long, value_name = "N", requires = "startup", default_value_t = u32::MAX)]
    pub(super) times: u32,
    /// The key store is locked
    #[arg(long)]
    pub(super) locked: bool,
    /// The key store does not work
    #[arg(long)]
    pub(super) broken: bool,
    /// Fail once, at this many operations from now
    #[arg(long, value_name = "N")]
    pub(super) fail_at: Option<u32>,
    /// No faults any more
    #[arg(long, conflicts_with_all = ["locked", "broken", "fail_at"])]
    pub(super) none: bool,
}

/// What a user does in an app.
#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub(super) enum AppCommand {
    /// Sign in with a work account
    SignIn {
        #[command(flatten)]
        app: AppArg,
        /// User principal name; without it the account that the companion holds (Android), without a password
        #[arg(long)]
        user: Option<String>,
        /// The old way, which gives no identity: nothing is protected
        #[arg(long, requires = "user")]
        legacy: bool,
        /// Sign in at this provider, in a browser; the password is typed there
        #[arg(long, conflicts_with_all = ["user", "legacy", "password_stdin", "password_file"])]
        provider: Option<String>,
        /// Program that opens the provider's address, its only argument; without it the address is printed
        #[arg(long, value_name = "PROGRAM", requires = "provider")]
        browser_command: Option<PathBuf>,
        /// Read the password from standard input
        #[arg(long, conflicts_with = "password_file")]
        password_stdin: bool,
        /// Read the password from a file
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Code of the authenticator app, or a recovery code, where the account has a second factor
        #[arg(long, value_name = "CODE", requires = "user", conflicts_with = "legacy")]
        totp: Option<String>,
        /// What was read, see [`AppCommand::complete`]
        #[arg(skip)]
        password: String,
    },
    /// Remove the work account: its data in this app is wiped
    SignOut {
        #[command(flatten)]
        app: AppArg,
    },
    /// Change to the other identity of the app
    Identity {
        #[command(flatten)]
        app: AppArg,
        /// Whose data is to be shown
        #[arg(value_enum)]
        identity: Whose,
    },
    /// Open the app: conditions are checked, the server is asked
    Open {
        #[command(flatten)]
        app: AppArg,
    },
    /// Check in now
    Sync {
        #[command(flatten)]
        app: AppArg,
    },
    /// Type a PIN into the dialog on the screen: the one that is asked for, or a new one
    Pin {
        #[command(flatten)]
        app: AppArg,
        /// The PIN
        pin: String,
    },
    /// Show a finger or a face when the app asks for it
    Biometric {
        #[command(flatten)]
        app: AppArg,
        /// The phone does not recognise it
        #[arg(long)]
        unknown: bool,
    },
    /// Choose another PIN: the old one is asked first
    ChangePin {
        #[command(flatten)]
        app: AppArg,
        /// The PIN so far
        old: String,
        /// The new one
        new: String,
    },
    /// Press a button of the dialog on the screen, such as retry, sign-in, restart, update or remove-account
    Press {
        #[command(flatten)]
        app: AppArg,
        /// The button
        button: String,
        /// What the person then does: a version for update and install-companion, FACT=VALUE for open-settings, an app
        /// for install-app
        #[arg(long, value_name = "VALUE")]
        with: Vec<String>,
        /// User principal name, for sign-in
        #[arg(long)]
        user: Option<String>,
        /// Read the password from standard input
        #[arg(long, conflicts_with = "password_file", requires = "user")]
        password_stdin: bool,
        /// Read the password from a file
        #[arg(long, value_name = "FILE", requires = "user")]
        password_file: Option<PathBuf>,
        /// What was read, see [`AppCommand::complete`]
        #[arg(skip)]
        password: String,
    },
    /// Show what the app's client core knows, without opening the app
    Status {
        #[command(flatten)]
        app: AppArg,
    },
    /// Work with documents
    #[command(subcommand)]
    Doc(DocCommand),
    /// Share a document with another app
    Share {
        #[command(flatten)]
        doc: DocArg,
        /// The other app
        to: String,
        /// How: the app starts the other one itself, or by the system's share sheet (which iOS lets nobody refuse)
        #[arg(long, value_enum, default_value = "launch")]
        way: ShareWay,
        /// From an ordinary app: open it as work data in the other app
        #[arg(long)]
        into_work: bool,
    },
    /// Open a document in another app
    OpenIn {
        #[command(flatten)]
        doc: DocArg,
        /// The other app
        to: String,
    },
    /// List the apps that a chooser would offer for a document
    Targets {
        #[command(flatten)]
        doc: DocArg,
    },
    /// Save a copy at a location outside the app
    SaveAs {
        #[command(flatten)]
        doc: DocArg,
        /// Location in Graph names: localStorage, photoLibrary, oneDriveForBusiness, sharePoint, box …
        location: String,
        /// The location belongs to the work account
        #[arg(long)]
        managed_account: bool,
    },
    /// Open a file of a location outside the app as a document
    OpenFrom {
        #[command(flatten)]
        doc: DocArg,
        /// Location in Graph names
        location: String,
        /// The location belongs to the work account
        #[arg(long)]
        managed_account: bool,
    },
    /// Copy the text of a document to the clipboard
    Copy {
        #[command(flatten)]
        doc: DocArg,
    },
    /// Paste the clipboard into a document
    Paste {
        #[command(flatten)]
        doc: DocArg,
    },
    /// Print a document
    Print {
        #[command(flatten)]
        doc: DocArg,
    },
    /// Take a screenshot
    Screenshot(ScreenArg),
    /// Show a notification
    Notify(ScreenArg),
    /// Open a link: in the organisation's browser unless another one is named
    Link {
        #[command(flatten)]
        screen: ScreenArg,
        /// The link
        url: String,
        /// The browser that would open it
        #[arg(long, conflicts_with = "claimed_by")]
        browser: Option<String>,
        /// The app that claims the link
        #[arg(long)]
        claimed_by: Option<String>,
    },
    /// Open a page in a browser app that embeds the client core
    Browse(BrowseArgs),
    /// Show homepage, icons and bookmarks that the organisation gives to a browser app
    BrowserHome {
        #[command(flatten)]
        app: AppArg,
    },
    /// Dial a number
    Dial {
        #[command(flatten)]
        screen: ScreenArg,
        /// The dialler that would call
        dialler: String,
    },
    /// Send a text message
    Message {
        #[command(flatten)]
        screen: ScreenArg,
        /// The messaging app
        messenger: String,
    },
    /// Type with a keyboard
    Keyboard {
        #[command(flatten)]
        screen: ScreenArg,
        /// The keyboard
        keyboard: String,
        /// It came with the system
        #[arg(long)]
        system: bool,
    },
    /// Let the system's backup take the data
    Backup(ScreenArg),
    /// Sync contacts into the system's address book
    Contacts(ScreenArg),
    /// Ask about what the system would do with work data
    Offer {
        #[command(flatten)]
        screen: ScreenArg,
        /// To what
        #[arg(value_enum)]
        to: Feature,
    },
}

/// A page to open.
#[derive(Debug, Serialize, Deserialize, ClapArgs)]
pub(super) struct BrowseArgs {
    #[command(flatten)]
    pub(super) app: AppArg,
    /// The address
    pub(super) url: String,
    /// Under whom
    #[arg(long, value_enum, default_value = "work")]
    pub(super) context: BrowseContext,
    /// The address is embedded in a page
    #[arg(long)]
    pub(super) subresource: bool,
    /// A form is sent
    #[arg(long)]
    pub(super) post: bool,
    /// A personal account is signed in to the browser
    #[arg(long)]
    pub(super) personal_account: bool,
    /// The app whose work data holds the link; the app is asked first
    #[arg(long, value_name = "APP")]
    pub(super) linked_from: Option<String>,
    /// The button that the user presses when asked
    #[arg(long, value_enum, value_name = "BUTTON")]
    pub(super) press: Option<BrowseButton>,
}

/// Under whom a page opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub(super) enum BrowseContext {
    /// The work account.
    Work,
    /// A personal account, or none.
    Personal,
    /// Without history.
    InPrivate,
}

/// A button of the dialog about a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub(super) enum BrowseButton {
    /// Open it under the personal account.
    SwitchToPersonal,
    /// Add a personal account and open it there.
    AddPersonalAccount,
    /// Open it without history.
    OpenInPrivate,
    /// Give up.
    Cancel,
}

/// How a document goes to another app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub(super) enum ShareWay {
    /// The app starts the other one itself.
    Launch,
    /// The system's share sheet.
    ShareSheet,
    /// The system's open-in.
    OpenIn,
}

/// Features of the system that could take work data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub(super) enum Feature {
    /// A widget.
    Widget,
    /// Search, assistant, shortcuts.
    SystemSearch,
    /// Emoji made from text.
    Genmoji,
    /// Text rewritten by the system.
    WritingTools,
}

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub(super) enum DocCommand {
    /// Make a document; refused when it exists
    Create {
        #[command(flatten)]
        doc: DocArg,
        #[command(flatten)]
        content: Content,
    },
    /// Replace a document, or make it
    Write {
        #[command(flatten)]
        doc: DocArg,
        #[command(flatten)]
        content: Content,
    },
    /// Print a document's content on stdout
    Read {
        #[command(flatten)]
        doc: DocArg,
    },
    /// List the documents
    List {
        #[command(flatten)]
        app: AppArg,
    },
    /// Delete a document
    Delete {
        #[command(flatten)]
        doc: DocArg,
    },
}

/// Where a document's content comes from: a text, a file, or else standard input.
#[derive(Debug, Serialize, Deserialize, ClapArgs)]
pub(super) struct Content {
    /// The content itself
    #[arg(long, conflicts_with = "file")]
    pub(super) text: Option<String>,
    /// A file with the content
    #[arg(long)]
    pub(super) file: Option<PathBuf>,
    /// What was read, see [`AppCommand::complete`]
    #[arg(skip)]
    pub(super) bytes: Vec<u8>,
}
