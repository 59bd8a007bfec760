//! Open apps as programs use them: start, sign in, work with documents, wait, close.

use std::{
    collections::HashMap,
    ops::Deref,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use ringfence_client::{Action, Answer, AppRequest, CoreStatus, Credential, Identity, Input, Pin};
use ringfence_messages::{ButtonAction, Dialog, ReasonCode};

use crate::{
    AppRecord, Outcome, Phone, PhoneError,
    browser::{Browser, Opener},
    lock::Lock,
    outcome::Ending,
    process::{AppEvent, Message, Process},
};

/// Longer than any request of the core, which gives up by itself.
const PATIENCE: Duration = Duration::from_mins(2);

/// Apps that are open in this process, so that one can hand data to another.
static OPEN: Mutex<Option<HashMap<PathBuf, Sender<Message>>>> = Mutex::new(None);

fn with_open<T>(act: impl FnOnce(&mut HashMap<PathBuf, Sender<Message>>) -> T) -> T {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    act(open.get_or_insert_with(HashMap::new))
}

/// An open managed app; cheap to clone, all clones talk to one process.
#[derive(Debug, Clone)]
pub struct App {
    phone: Phone,
    record: AppRecord,
    process: Sender<Message>,
}

/// Owns the process of an open app. Dropping it kills the process; [`AppHandle::close`] ends it in order.
#[derive(Debug)]
pub struct AppHandle {
    app: App,
    thread: Option<JoinHandle<Result<(), PhoneError>>>,
}

impl Deref for AppHandle {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}

impl Phone {
    /// Starts a managed app's process without bringing it to the front.
    ///
    /// # Errors
    /// [`PhoneError::Busy`] when the app is open elsewhere, [`PhoneError::Unmanaged`] for an ordinary app.
    pub fn start(&self, id: &str) -> Result<AppHandle, PhoneError> {
        let record = self.app(id)?;
        if !record.managed {
            return Err(PhoneError::Unmanaged(record.id));
        }
        let folder = self.app_folder(id);
        let lock =
            Lock::try_take(&folder.join("lock"))?.ok_or_else(|| PhoneError::Busy(record.id.clone()))?;
        let (own, inbox) = mpsc::channel();
        let (ready, started) = mpsc::channel();
        let (phone, app, sender) = (self.clone(), record.clone(), own.clone());
        // The core stays in the thread that made it.
        let thread = thread::spawn(move || match Process::new(&phone, &app, lock, (sender, inbox)) {
            Ok(process) => {
                let _ = ready.send(());
                process.run()
            }
            Err(error) => Err(error),
        });
        if started.recv().is_err() {
            return Err(ending(thread).err().unwrap_or_else(|| PhoneError::Closed(record.id.clone())));
        }
        with_open(|open| open.insert(folder, own.clone()));
        Ok(AppHandle { app: App { phone: self.clone(), record, process: own }, thread: Some(thread) })
    }

    /// Starts a managed app and brings it to the front.
    pub fn open_app(&self, id: &str) -> Result<(AppHandle, Outcome), PhoneError> {
        let app = self.start(id)?;
        let outcome = app.foreground()?;
        Ok((app, outcome))
    }

    /// The app if it is open in this process.
    pub fn find_open(&self, id: &str) -> Result<Option<App>, PhoneError> {
        let process = with_open(|open| open.get(&self.app_folder(id)).cloned());
        let Some(process) = process else { return Ok(None) };
        let app = App { phone: self.clone(), record: self.app(id)?, process };
        Ok(app.process.send(Message::Look).is_ok().then_some(app))
    }
}

fn ending(thread: JoinHandle<Result<(), PhoneError>>) -> Result<(), PhoneError> {
    // A panic of the process counts as its end; the message is on stderr already.
    thread.join().unwrap_or(Ok(()))
}

impl AppHandle {
    /// Sends the app to the back and ends its process.
    pub fn close(mut self) -> Result<(), PhoneError> {
        self.end(Message::Close)
    }

    /// Kills the process on the spot, as the operating system does.
    pub fn kill(mut self) -> Result<(), PhoneError> {
        self.end(Message::Kill)
    }

    /// Waits until the process ends by itself, because the phone restarts or something fails.
    pub fn join(mut self) -> Result<(), PhoneError> {
        self.thread.take().map_or(Ok(()), ending)
    }

    fn end(&mut self, message: Message) -> Result<(), PhoneError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        with_open(|open| open.remove(&self.app.phone.app_folder(&self.app.record.id)));
        // A process that has ended already needs no message.
        let _ = self.app.process.send(message);
        ending(thread)
    }
}

impl Drop for AppHandle {
    fn drop(&mut self) {
        let _ = self.end(Message::Kill);
    }
}

impl App {
    /// Bundle or package id.
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// The app's record.
    pub fn record(&self) -> &AppRecord {
        &self.record
    }

    /// The phone the app is on.
    pub fn phone(&self) -> &Phone {
        &self.phone
    }

    fn closed(&self) -> PhoneError {
        PhoneError::Closed(self.record.id.clone())
    }

    fn await_reply<T>(&self, reply: &Receiver<T>, what: &str) -> Result<T, PhoneError> {
        reply.recv_timeout(PATIENCE).map_err(|error| match error {
            mpsc::RecvTimeoutError::Disconnected => self.closed(),
            mpsc::RecvTimeoutError::Timeout => {
                PhoneError::Timeout { what: what.to_owned(), seconds: PATIENCE.as_secs() }
            }
        })
    }

    /// Asks the core and waits for its answer.
    pub fn ask(&self, request: AppRequest) -> Result<Answer, PhoneError> {
        let (reply, answer) = mpsc::channel();
        self.process.send(Message::Ask(request, reply)).map_err(|_| self.closed())?;
        self.await_reply(&answer, "an answer of the client core")
    }

    pub(crate) fn outcome(&self, request: AppRequest) -> Result<Outcome, PhoneError> {
        let answer = self.ask(request)?;
        if let Answer::Received { identity, .. } = &answer {
            // The app shows what came in.
            self.phone.set_on_screen(&self.record.id, *identity)?;
        }
        Ok(Outcome::of(&self.record.id, answer))
    }

    /// Lets something happen to the app and waits until all has come to rest.
    fn act(&self, input: Input) -> Result<Vec<Dialog>, PhoneError> {
        let (reply, rest) = mpsc::channel();
        self.process.send(Message::Act(input, reply)).map_err(|_| self.closed())?;
        self.await_reply(&rest, "rest in the app")
    }

    fn acted(&self, input: Input) -> Result<Outcome, PhoneError> {
        let dialogs = self.act(input)?;
        let status = self.status()?;
        Ok(Outcome { status: Some(status), ..Outcome::after(&self.record.id, dialogs) })
    }

    /// Brings the app to the front: conditions are evaluated, the server is asked.
    pub fn foreground(&self) -> Result<Outcome, PhoneError> {
        self.acted(Input::Foreground)
    }

    /// Sends the app to the back.
    pub fn background(&self) -> Result<Outcome, PhoneError> {
        self.acted(Input::Background)
    }

    /// Signs in with a work account.
    pub fn sign_in(&self, user: &str, password: &str) -> Result<Outcome, PhoneError> {
        self.sign_in_by(user, Credential::Password(password.to_owned()))
    }

    /// The same with a code of an authenticator app, or a recovery code.
    pub fn sign_in_with_code(&self, user: &str, password: &str, code: &str) -> Result<Outcome, PhoneError> {
        let (password, code) = (password.to_owned(), code.to_owned());
        self.sign_in_by(user, Credential::PasswordAndCode { password, code })
    }

    fn sign_in_by(&self, user: &str, credential: Credential) -> Result<Outcome, PhoneError> {
        let input = Input::SignIn { user_principal_name: user.to_owned(), credential };
        let mut outcome = self.acted(input)?;
        let signed_in = outcome.status.as_ref().is_some_and(|status| {
            status.user_principal_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(user))
        });
        if !signed_in && outcome.result == Ending::Allowed {
            outcome.result = Ending::Refused;
        }
        Ok(outcome)
    }

    /// Signs in at a provider of identities: `open` shows the address in a browser and returns.
    pub fn sign_in_at(&self, provider: &str, open: Opener) -> Result<Outcome, PhoneError> {
        let browser = Browser::new(open).map_err(|error| PhoneError::Network(error.to_string()))?;
        let redirect_uri = browser.redirect_uri();
        self.process.send(Message::Browser(browser)).map_err(|_| self.closed())?;
        let credential = Credential::Provider { provider: provider.to_owned(), redirect_uri };
        let mut outcome = self.acted(Input::SignIn { user_principal_name: String::new(), credential })?;
        let signed_in = outcome.status.as_ref().is_some_and(|status| status.user_principal_name.is_some());
        if !signed_in && outcome.result == Ending::Allowed {
            outcome.result = Ending::Refused;
        }
        Ok(outcome)
    }

    /// Android: signs in with the account that the companion holds, without a password.
    pub fn sign_in_shared(&self) -> Result<Outcome, PhoneError> {
        let held = self.phone.companion()?.and_then(|companion| companion.account);
        let user_principal_name = held.map(|account| account.user_principal_name).unwrap_or_default();
        let mut outcome =
            self.acted(Input::SignIn { user_principal_name, credential: Credential::Companion })?;
        let signed_in = outcome.status.as_ref().is_some_and(|status| status.user_principal_name.is_some());
        if !signed_in && outcome.result == Ending::Allowed {
            outcome.result = Ending::Refused;
        }
        Ok(outcome)
    }

    /// Signs in with a method that gives no identity (catalogue A1): the app is unprotected then.
    pub fn sign_in_legacy(&self, user: &str, password: &str) -> Result<Outcome, PhoneError> {
        let credential = Credential::Legacy(password.to_owned());
        self.acted(Input::SignIn { user_principal_name: user.to_owned(), credential })
    }

    /// Removes the work account from this app; its work data here is wiped.
    pub fn remove_account(&self) -> Result<Outcome, PhoneError> {
        let mut outcome = self.acted(Input::RemoveAccount)?;
        if matches!(outcome.reason, Some(ReasonCode::WipedOnSignOut | ReasonCode::SignedOutOffline)) {
            // Data was removed, and that is what the user asked for.
            outcome.result = Ending::Allowed;
        }
        Ok(outcome)
    }

    /// Types a PIN into the dialog on screen: the one to check, or a new one.
    pub fn enter_pin(&self, pin: &str) -> Result<Outcome, PhoneError> {
        self.gated(Input::PinEntered(Pin(pin.to_owned().into())))
    }

    /// Shows a finger or a face to the system's prompt.
    pub fn show_biometric(&self, recognised: bool) -> Result<Outcome, PhoneError> {
        self.gated(Input::Biometric { recognised })
    }

    /// What was asked for is refused as long as work data stays closed.
    fn gated(&self, input: Input) -> Result<Outcome, PhoneError> {
        let mut outcome = self.acted(input)?;
        let closed = outcome.status.as_ref().is_some_and(|status| !status.blocked_by.is_empty());
        if closed && outcome.result == Ending::Allowed {
            outcome.result = Ending::Refused;
        }
        Ok(outcome)
    }

    /// Asks for another PIN, as in an app's settings.
    pub fn change_pin(&self) -> Result<Outcome, PhoneError> {
        self.acted(Input::ChangePin)
    }

    /// Presses a button of the dialog on screen.
    pub fn press(&self, code: &str, action: ButtonAction) -> Result<Outcome, PhoneError> {
        self.acted(Input::DialogAnswer { code: code.to_owned(), action })
    }

    /// Checks in now, as *sync* in an app's settings does.
    pub fn check_in(&self) -> Result<Outcome, PhoneError> {
        let mut outcome = self.outcome(AppRequest::Sync)?;
        outcome.status = Some(self.status()?);
        if outcome.allowed() && !self.phone.record()?.online {
            outcome.result = Ending::Failed;
            outcome.code = Some("offline".to_owned());
        }
        Ok(outcome)
    }

    /// What the core knows.
    pub fn status(&self) -> Result<CoreStatus, PhoneError> {
        match self.ask(AppRequest::Status)? {
            Answer::Status(status) => Ok(*status),
            other => Err(PhoneError::damaged(self.phone.app_folder(&self.record.id), format!("{other:?}"))),
        }
    }

    /// Makes a document; refused when it exists.
    pub fn create(&self, identity: Identity, name: &str, content: &[u8]) -> Result<Outcome, PhoneError> {
        self.outcome(AppRequest::Create { identity, name: name.to_owned(), content: content.to_vec() })
    }

    /// Replaces a document, or makes it.
    pub fn write(&self, identity: Identity, name: &str, content: &[u8]) -> Result<Outcome, PhoneError> {
        self.outcome(AppRequest::Write { identity, name: name.to_owned(), content: content.to_vec() })
    }

    /// Reads a document.
    pub fn read(&self, identity: Identity, name: &str) -> Result<Outcome, PhoneError> {
        self.outcome(AppRequest::Read { identity, name: name.to_owned() })
    }

    /// Deletes a document.
    pub fn delete(&self, identity: Identity, name: &str) -> Result<Outcome, PhoneError> {
        self.outcome(AppRequest::Delete { identity, name: name.to_owned() })
    }

    /// Lists the documents.
    pub fn list(&self) -> Result<Outcome, PhoneError> {
        self.outcome(AppRequest::List)
    }

    /// Asks whether an action is allowed, without doing it.
    pub fn may_i(&self, identity: Identity, action: Action) -> Result<Outcome, PhoneError> {
        self.outcome(AppRequest::MayI { identity, action })
    }

    /// The events of the process from now on.
    pub fn events(&self) -> Result<Receiver<AppEvent>, PhoneError> {
        let (watcher, events) = mpsc::channel();
        self.process.send(Message::Subscribe(watcher)).map_err(|_| self.closed())?;
        Ok(events)
    }

    /// Waits until the status is as wanted; events of the process are what wakes it.
    ///
    /// # Returns
    /// The status and how long it took.
    pub fn wait_until(
        &self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&CoreStatus) -> bool,
    ) -> Result<(CoreStatus, Duration), PhoneError> {
        let started = Instant::now();
        let events = self.events()?;
        loop {
            let status = self.status()?;
            if wanted(&status) {
                return Ok((status, started.elapsed()));
            }
            let left = limit.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(PhoneError::Timeout { what: what.to_owned(), seconds: limit.as_secs() });
            }
            // Not every change of status makes an event.
            let _ = events.recv_timeout(left.min(Duration::from_millis(10)));
        }
    }

    /// Waits until the app obeys at least this version of the policy.
    pub fn wait_for_version(&self, version: u64, limit: Duration) -> Result<Duration, PhoneError> {
        let obeys = |status: &CoreStatus| status.obeyed_version.is_some_and(|obeyed| obeyed >= version);
        self.wait_until(&format!("policy version {version}"), limit, obeys).map(|(_, took)| took)
    }

    /// Waits for the first event that is wanted.
    pub fn wait_for_event(
        events: &Receiver<AppEvent>,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&AppEvent) -> bool,
    ) -> Result<AppEvent, PhoneError> {
        let started = Instant::now();
        while let Ok(event) = events.recv_timeout(limit.saturating_sub(started.elapsed())) {
            if wanted(&event) {
                return Ok(event);
            }
        }
        Err(PhoneError::Timeout { what: what.to_owned(), seconds: limit.as_secs() })
    }
}
