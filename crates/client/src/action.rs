//! The actions an app may ask about (behaviour §5), in owned form.

use ringfence_model::AppId;
use serde::{Deserialize, Serialize};

/// An action on data. Which settings decide it is the business of `ringfence_policy::decide`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase")]
pub enum Action {
    /// Give data to another app: share sheet, open-in, intent.
    Send {
        /// The other app.
        to: AppId,
    },
    /// Take data from another app.
    Receive {
        /// The other app; `None` when the system does not say.
        from: Option<AppId>,
    },
    /// Save a copy at a storage location, in Graph names (`oneDriveForBusiness`, `localStorage`, …); anything else
    /// is *other*.
    SaveTo {
        /// The location.
        location: String,
        /// The account of the location is the managed one.
        managed_account: bool,
    },
    /// Open from a storage location.
    OpenFrom {
        /// The location.
        location: String,
        /// The account of the location is the managed one.
        managed_account: bool,
    },
    /// Put text on the clipboard, for apps to come.
    Copy {
        /// Number of characters.
        characters: u64,
    },
    /// Take text from the clipboard.
    Paste {
        /// The app that put it there; `None` when unknown.
        from: Option<AppId>,
        /// Number of characters.
        characters: u64,
    },
    /// Print.
    Print,
    /// Screenshot or recording.
    ScreenCapture,
    /// Show work content in a notification.
    Notify,
    /// Open a web link.
    OpenLink {
        /// The browser that would open it.
        browser: AppId,
    },
    /// Call a number found in work data.
    Dial {
        /// The dialler that would call.
        dialler: AppId,
    },
    /// Send a text message to a number found in work data.
    Message {
        /// The messaging app.
        messenger: AppId,
    },
    /// Type into work data with a keyboard that did not come with the system.
    Keyboard {
        /// The keyboard.
        keyboard: AppId,
    },
    /// Let the system's backup take work data.
    Backup,
    /// Sync work contacts into the system's address book.
    ContactSync,
}
