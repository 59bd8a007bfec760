//! Data that moves: between apps, to places outside apps, over the clipboard. What may move is the core's decision;
//! this module carries the bytes, as the operating system of a phone does.

use std::collections::BTreeMap;

use ringfence_client::{
    AccountTag, Action, Answer, AppRequest, Identity, LinkOpener, Location, LocationAccount, OtherApp,
    Relation, Way,
};

use crate::{
    App, AppRecord, Outcome, Phone, PhoneError,
    atomic::{self, Access},
    outcome::Ending,
    shared::{Clip, Clipped},
};

/// Places outside apps: Graph names of storage locations, each with its folder below `shared/`.
pub const PLACES: &[(&str, Location, &str)] = &[
    ("photoLibrary", Location::PhotoLibrary, "photos"),
    ("camera", Location::Camera, "camera"),
    ("localStorage", Location::LocalStorage, "files"),
    ("oneDriveForBusiness", Location::OneDriveForBusiness, "cloud/onedrive-for-business"),
    ("sharePoint", Location::SharePoint, "cloud/sharepoint"),
    ("box", Location::Box, "cloud/box"),
    ("iManage", Location::IManage, "cloud/imanage"),
    ("egnyte", Location::Egnyte, "cloud/egnyte"),
    ("other", Location::Other, "cloud/other"),
];

/// The place of that name, compared without regard to case: its location and its folder.
///
/// # Errors
/// [`PhoneError::Invalid`] listing the places.
pub fn place(name: &str) -> Result<(Location, &'static str), PhoneError> {
    let found = PLACES.iter().find(|(place, ..)| place.eq_ignore_ascii_case(name));
    found.map(|(_, location, folder)| (*location, *folder)).ok_or_else(|| PhoneError::Invalid {
        what: "location",
        value: name.to_owned(),
        allowed: format!(
            "use one of {}",
            PLACES.iter().map(|(place, ..)| *place).collect::<Vec<_>>().join(", ")
        ),
    })
}

/// An app on this phone as another one sees it.
fn named(target: &AppRecord) -> OtherApp {
    let named = OtherApp::named(target.id.clone());
    if target.instant { OtherApp { relation: Relation::InstantApp, ..named } } else { named }
}

const fn account(managed: bool) -> LocationAccount {
    if managed { LocationAccount::Managed } else { LocationAccount::Other }
}

impl App {
    fn send(&self, identity: Identity, name: &str, action: Action) -> Result<Sent, PhoneError> {
        let answer = self.ask(AppRequest::Send { identity, name: name.to_owned(), action })?;
        let data = match &answer {
            Answer::Outgoing { bytes, sealed, tag, .. } => {
                Some(Parcel { bytes: bytes.clone(), sealed: *sealed, tag: *tag })
            }
            _ => None,
        };
        // The receiver gets the bytes; what comes of it is a matter of the outcome.
        Ok(Sent { outcome: Outcome { bytes: None, ..Outcome::of(self.id(), answer) }, data })
    }

    /// The app hands a document to another app itself; that can be refused on both platforms.
    pub fn share(&self, identity: Identity, name: &str, to: &str) -> Result<Outcome, PhoneError> {
        self.share_by(identity, name, to, Way::Launch)
    }

    /// *Open in*: on iOS the system asks nobody, so data that may not leave goes encrypted (S1).
    pub fn open_in(&self, identity: Identity, name: &str, to: &str) -> Result<Outcome, PhoneError> {
        self.share_by(identity, name, to, Way::OpenIn)
    }

    /// Gives a document to another app on the phone; the other app's core decides whether it takes it.
    pub fn share_by(
        &self,
        identity: Identity,
        name: &str,
        to: &str,
        way: Way,
    ) -> Result<Outcome, PhoneError> {
        let target = self.phone().app(to)?;
        if !target.accepts(name) {
            let refused = Outcome::new(self.id(), Ending::Failed);
            return Ok(Outcome { code: Some("not_accepted".to_owned()), ..refused });
        }
        let to = if target.id.eq_ignore_ascii_case(self.id()) {
            // Within one app data goes from one identity to the other.
            OtherApp { relation: Relation::SameAppOtherAccount, ..OtherApp::named("") }
        } else {
            named(&target)
        };
        let Sent { outcome, data } = self.send(identity, name, Action::Send { way, to })?;
        let Some(parcel) = data else { return Ok(outcome) };
        let from = OtherApp::named(self.id());
        let received = self.phone().deliver(&target, from, name, &parcel, Identity::Personal)?;
        if received.allowed() {
            let (place, identity) = (received.place.clone(), received.identity);
            return Ok(Outcome { place, identity, received: Some(Box::new(received)), ..outcome });
        }
        let (reason, result) = (received.reason, received.result);
        let (code, dialog) = (received.code.clone(), received.dialog.clone());
        Ok(Outcome { reason, code, dialog, result, received: Some(Box::new(received)), ..outcome })
    }

    /// Apps on the phone with what a chooser would say about this document at present.
    pub fn share_targets(
        &self,
        identity: Identity,
        name: &str,
    ) -> Result<Vec<(AppRecord, Outcome)>, PhoneError> {
        let mut targets = Vec::new();
        for target in self.phone().apps()? {
            if target.id.eq_ignore_ascii_case(self.id()) || !target.accepts(name) {
                continue;
            }
            let action = Action::Send { way: Way::Launch, to: named(&target) };
            targets.push((target, self.may_i(identity, action)?));
        }
        Ok(targets)
    }

    /// Saves a copy at a location outside the app.
    pub fn save_as(
        &self,
        identity: Identity,
        name: &str,
        location: &str,
        managed_account: bool,
    ) -> Result<Outcome, PhoneError> {
        let (location, folder) = place(location)?;
        let action = Action::Save { location, account: account(managed_account), in_place: false };
        let Sent { outcome, data } = self.send(identity, name, action)?;
        let Some(parcel) = data else { return Ok(outcome) };
        self.phone().put_shared(folder, name, &parcel.bytes)?;
        Ok(Outcome { place: Some(format!("shared/{folder}/{name}")), ..outcome })
    }

    /// Opens a file of a location outside the app as a document.
    pub fn open_from(
        &self,
        identity: Identity,
        location: &str,
        name: &str,
        managed_account: bool,
    ) -> Result<Outcome, PhoneError> {
        let (location, folder) = place(location)?;
        let bytes = self.phone().get_shared(folder, name)?;
        let action = Action::Open { location, account: account(managed_account) };
        self.outcome(AppRequest::Receive { action, bytes, tag: None, name: name.to_owned(), identity })
    }

    /// Copies the whole text of a document. The clipboard holds a promise: when somebody pastes, this app's core
    /// decides for that app, so work text never lies about in the clear.
    pub fn copy(&self, identity: Identity, name: &str) -> Result<Outcome, PhoneError> {
        let read = self.read(identity, name)?;
        if !read.allowed() {
            return Ok(read);
        }
        let clip = Clip {
            from: self.id().to_owned(),
            characters: read.text().chars().count() as u64,
            content: Clipped::Promise { identity, name: name.to_owned() },
        };
        self.phone().set_clipboard(Some(&clip))?;
        Ok(Outcome { bytes: None, ..read })
    }

    /// Pastes the clipboard into a document, which is made or replaced.
    pub fn paste(&self, identity: Identity, name: &str) -> Result<Outcome, PhoneError> {
        let clip = self.phone().some_clip()?;
        let (parcel, sent) = self.phone().fetch_clip(&clip, self.id())?;
        let Some(parcel) = parcel else { return Ok(sent) };
        let received = self.outcome(AppRequest::Receive {
            action: Action::Paste { from: OtherApp::named(clip.from), characters: clip.characters },
            bytes: parcel.bytes,
            tag: parcel.tag,
            name: name.to_owned(),
            identity,
        })?;
        Ok(received)
    }

    /// Prints a document: paper is a file in `shared/printer`.
    pub fn print(&self, identity: Identity, name: &str) -> Result<Outcome, PhoneError> {
        let Sent { outcome, data } = self.send(identity, name, Action::Print)?;
        let Some(parcel) = data else { return Ok(outcome) };
        self.phone().put_shared("printer", name, &parcel.bytes)?;
        Ok(Outcome { place: Some(format!("shared/printer/{name}")), ..outcome })
    }

    /// Takes a screenshot.
    pub fn screenshot(&self, identity: Identity) -> Result<Outcome, PhoneError> {
        self.may_i(identity, Action::ScreenCapture)
    }

    /// Shows a notification; the app can leave the content out.
    pub fn notify(&self, identity: Identity) -> Result<Outcome, PhoneError> {
        self.may_i(identity, Action::Notify { can_redact: true })
    }

    /// Opens a link.
    pub fn open_link(&self, identity: Identity, url: &str, with: LinkOpener) -> Result<Outcome, PhoneError> {
        self.may_i(identity, Action::Link { url: url.to_owned(), with })
    }

    /// Dials a number found in the data.
    pub fn dial(&self, identity: Identity, dialler: &str) -> Result<Outcome, PhoneError> {
        self.may_i(identity, Action::Dial { with: OtherApp::named(dialler) })
    }

    /// Sends a text message to a number found in the data.
    pub fn message(&self, identity: Identity, messenger: &str) -> Result<Outcome, PhoneError> {
        self.may_i(identity, Action::Message { with: OtherApp::named(messenger) })
    }

    /// Types with a keyboard; `system` says that it came with the phone.
    pub fn keyboard(&self, identity: Identity, keyboard: &str, system: bool) -> Result<Outcome, PhoneError> {
        self.may_i(identity, Action::Keyboard { id: keyboard.to_owned(), system })
    }

    /// Lets the system's backup take the data.
    pub fn backup(&self, identity: Identity) -> Result<Outcome, PhoneError> {
        self.may_i(identity, Action::Backup)
    }

    /// Syncs work contacts into the system's address book.
    pub fn sync_contacts(&self, identity: Identity) -> Result<Outcome, PhoneError> {
        self.may_i(identity, Action::SyncNative)
    }
}

/// Bytes on their way, as they left the sender.
struct Parcel {
    bytes: Vec<u8>,
    sealed: bool,
    tag: Option<AccountTag>,
}

struct Sent {
    outcome: Outcome,
    data: Option<Parcel>,
}

impl Phone {
    /// Hands bytes to an app: an ordinary app takes them as a file, a managed one asks its core.
    fn deliver(
        &self,
        target: &AppRecord,
        from: OtherApp,
        name: &str,
        parcel: &Parcel,
        into: Identity,
    ) -> Result<Outcome, PhoneError> {
        if !target.managed {
            let path = self.write_ordinary(&target.id, name, &parcel.bytes)?;
            let taken = Outcome::new(&target.id, Ending::Allowed);
            return Ok(Outcome { place: Some(path), sealed: parcel.sealed, ..taken });
        }
        let request = AppRequest::Receive {
            action: Action::Receive { from, can_open_as_personal: into == Identity::Personal },
            bytes: parcel.bytes.clone(),
            tag: parcel.tag,
            name: name.to_owned(),
            identity: if parcel.tag.is_some() { self.on_screen(&target.id)? } else { into },
        };
        if let Some(open) = self.find_open(&target.id)? {
            return open.outcome(request);
        }
        // As on a telephone the receiving app comes to the front; here it is closed again afterwards.
        let (app, opened) = self.open_app(&target.id)?;
        let outcome = app.outcome(request);
        app.close()?;
        let outcome = outcome?;
        let dialog = outcome.dialog.clone().or(opened.dialog);
        Ok(Outcome { dialog, ..outcome })
    }

    /// Writes a file of an ordinary app.
    ///
    /// # Returns
    /// Its path in the phone's folder.
    ///
    /// # Errors
    /// [`PhoneError::Invalid`] for a managed app, whose files only its core writes.
    pub fn write_ordinary(&self, id: &str, name: &str, data: &[u8]) -> Result<String, PhoneError> {
        let record = self.ordinary(id)?;
        let path = atomic::inside(&self.app_folder(&record.id).join("files"), name)?;
        atomic::write(&path, data, Access::Ordinary)?;
        Ok(format!("apps/{}/files/{name}", record.id.to_ascii_lowercase()))
    }

    /// Reads a file of an ordinary app.
    pub fn read_ordinary(&self, id: &str, name: &str) -> Result<Vec<u8>, PhoneError> {
        let record = self.ordinary(id)?;
        let path = atomic::inside(&self.app_folder(&record.id).join("files"), name)?;
        atomic::read(&path)?.ok_or_else(|| PhoneError::missing("document", name))
    }

    /// Removes a file of an ordinary app; `false` when there was none.
    pub fn delete_ordinary(&self, id: &str, name: &str) -> Result<bool, PhoneError> {
        let record = self.ordinary(id)?;
        atomic::remove(&atomic::inside(&self.app_folder(&record.id).join("files"), name)?)
    }

    /// Names of an ordinary app's files.
    pub fn list_ordinary(&self, id: &str) -> Result<Vec<String>, PhoneError> {
        let record = self.ordinary(id)?;
        atomic::list(&self.app_folder(&record.id).join("files"))
    }

    fn ordinary(&self, id: &str) -> Result<AppRecord, PhoneError> {
        let record = self.app(id)?;
        if record.managed {
            return Err(PhoneError::Invalid {
                what: "app",
                value: record.id,
                allowed: "this needs an ordinary app; a managed app's documents belong to its core"
                    .to_owned(),
            });
        }
        Ok(record)
    }

    /// Gives a file of an ordinary app to another app; `into` says which of its identities the user has on screen.
    pub fn share_ordinary(
        &self,
        from: &str,
        name: &str,
        to: &str,
        into: Identity,
    ) -> Result<Outcome, PhoneError> {
        let parcel = Parcel { bytes: self.read_ordinary(from, name)?, sealed: false, tag: None };
        self.deliver(&self.app(to)?, OtherApp::named(self.app(from)?.id), name, &parcel, into)
    }

    /// Copies a file of an ordinary app to the clipboard.
    pub fn copy_ordinary(&self, from: &str, name: &str) -> Result<Outcome, PhoneError> {
        let data = self.read_ordinary(from, name)?;
        let characters = String::from_utf8_lossy(&data).chars().count() as u64;
        let record = self.app(from)?;
        self.set_clipboard(Some(&Clip { from: record.id, characters, content: Clipped::Data(data) }))?;
        Ok(Outcome::new(from, Ending::Allowed))
    }

    /// Pastes the clipboard into a file of an ordinary app.
    pub fn paste_ordinary(&self, to: &str, name: &str) -> Result<Outcome, PhoneError> {
        let target = self.ordinary(to)?;
        let (parcel, sent) = self.fetch_clip(&self.some_clip()?, &target.id)?;
        let Some(parcel) = parcel else { return Ok(sent) };
        let path = self.write_ordinary(to, name, &parcel.bytes)?;
        Ok(Outcome { place: Some(path), sealed: parcel.sealed, ..sent })
    }

    fn some_clip(&self) -> Result<Clip, PhoneError> {
        self.clipboard()?.ok_or_else(|| PhoneError::missing("text on the", "clipboard"))
    }

    /// What the clipboard gives to an app: a promise is redeemed by the app that copied.
    fn fetch_clip(&self, clip: &Clip, to: &str) -> Result<(Option<Parcel>, Outcome), PhoneError> {
        let (identity, name) = match &clip.content {
            Clipped::Data(data) => {
                let parcel = Parcel { bytes: data.clone(), sealed: false, tag: None };
                return Ok((Some(parcel), Outcome::new(&clip.from, Ending::Allowed)));
            }
            Clipped::Promise { identity, name } => (*identity, name),
        };
        let action = Action::Copy { to: OtherApp::named(to), characters: clip.characters };
        let sent = match self.find_open(&clip.from)? {
            Some(open) => open.send(identity, name, action)?,
            None => {
                let source = self.start(&clip.from)?;
                let sent = source.send(identity, name, action);
                source.close()?;
                sent?
            }
        };
        Ok((sent.data, sent.outcome))
    }

    /// Every file in the phone's folder with its bytes: for proofs that something is nowhere in the clear.
    pub fn every_file(&self) -> Result<BTreeMap<String, Vec<u8>>, PhoneError> {
        let mut files = BTreeMap::new();
        for name in atomic::list(self.folder())? {
            // A file may go between listing and reading while an app is open.
            if let Some(bytes) = atomic::read(&self.folder().join(&name))? {
                files.insert(name, bytes);
            }
        }
        Ok(files)
    }

    /// The files of the phone in which these bytes can be found.
    pub fn files_containing(&self, needle: &[u8]) -> Result<Vec<String>, PhoneError> {
        let found =
            |bytes: &[u8]| !needle.is_empty() && bytes.windows(needle.len()).any(|part| part == needle);
        Ok(self.every_file()?.into_iter().filter(|(_, bytes)| found(bytes)).map(|(name, _)| name).collect())
    }
}
