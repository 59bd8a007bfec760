//! The process of one open app: a thread that owns the client core and executes its effects.
//!
//! Effects on the key store, durable slots and files are complete before the next effect begins; HTTP requests
//! run in threads of their own and come back as messages. The thread holds the app's lock as long as it lives.

use std::{
    collections::{HashMap, VecDeque},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use ringfence_client::{
    Answer, AppRequest, BrowserContext, Connectivity, Core, Effect, HttpReply, HttpRequest, Input, LogLevel,
    NetFailure, Now, Outcome, ReqId, RequestId,
};
use ringfence_messages::{Dialog, Severity};
use ringfence_model::{AppId, Millis};

use crate::{
    AppRecord, Phone, PhoneError, PhoneRecord,
    browser::Browser,
    crash::Crash,
    http::{Http, NetFail, Request},
    journal::Journal,
    lock::Lock,
    ports::Ports,
    push::{Push, PushEvent},
    tape::Tape,
    watch::Watch,
};

/// What an open app lets the world see while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppEvent {
    /// A dialog came on the screen.
    Dialog(Dialog),
    /// The dialog with this code left the screen.
    DialogClosed(String),
    /// The app should be restarted at the next occasion (D2).
    RestartRequired,
    /// The user chose where a page opens, and it opened there.
    PageOpened {
        /// The address.
        url: String,
        /// Under whom.
        context: BrowserContext,
        /// After a personal account was added.
        add_account: bool,
    },
    /// The push stream is open.
    PushOpened,
    /// The server said that something changed.
    PushHint,
    /// The push stream ended.
    PushEnded,
    /// The network came or went.
    Online(bool),
    /// A line of the diagnostics.
    Log {
        /// How much it matters.
        level: LogLevel,
        /// Stable name.
        event: &'static str,
        /// Code or number.
        detail: String,
    },
    /// The process ended.
    Ended,
}

/// What reaches the process.
pub(crate) enum Message {
    /// An HTTP exchange ended.
    HttpDone(ReqId, Result<HttpReply, NetFailure>),
    /// The push stream said something.
    Push(ReqId, PushEvent),
    /// The browser for the next sign-in at a provider.
    Browser(Browser),
    /// The browser came back, or did not.
    BrowserDone(ReqId, Option<String>),
    /// The app asks something.
    Ask(AppRequest, Sender<Answer>),
    /// Something happens to the app; answered with the dialogs shown when all has come to rest.
    Act(Input, Sender<Vec<Dialog>>),
    /// Somebody wants to see the events.
    Subscribe(Sender<AppEvent>),
    /// Look at the phone's record now.
    Look,
    /// The app is closed in order.
    Close,
    /// The process is killed on the spot.
    Kill,
}

/// Why the process stops in the middle of its work.
pub(crate) enum Stop {
    Closed,
    Failed(PhoneError),
}

impl From<PhoneError> for Stop {
    fn from(error: PhoneError) -> Self {
        Self::Failed(error)
    }
}

/// How often an idle process looks whether somebody changed the phone.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(crate) struct Process {
    phone: Phone,
    app: String,
    core: Core,
    http: Http,
    record: PhoneRecord,
    watch: Watch,
    ports: Ports,
    journal: Journal,
    tape: Tape,
    inbox: Receiver<Message>,
    own: Sender<Message>,
    queue: VecDeque<Input>,
    push: Option<(ReqId, Push)>,
    timer: Option<Millis>,
    in_flight: usize,
    browser: Option<Browser>,
    next_request: u64,
    answers: HashMap<RequestId, Sender<Answer>>,
    resting: Vec<(Sender<Vec<Dialog>>, Vec<Dialog>)>,
    /// Data was removed while nobody was doing anything with the app: told when it comes to the front.
    untold_removals: Vec<Dialog>,
    watchers: Vec<Sender<AppEvent>>,
    crash: Crash,
    _lock: Lock,
}

impl Process {
    /// Prepares a process; it starts with [`Self::run`].
    pub(crate) fn new(
        phone: &Phone,
        app: &AppRecord,
        lock: Lock,
        (own, inbox): (Sender<Message>, Receiver<Message>),
    ) -> Result<Self, PhoneError> {
        let record = phone.record()?;
        let config = crate::config::core_config(phone, &record, app)?;
        let platform = record.facts.platform;
        let tape = Tape::begin(phone, &app.id, &config);
        let names = phone.apps()?.into_iter().map(|app| (AppId::new(platform, app.id), app.name));
        Ok(Self {
            phone: phone.clone(),
            app: app.id.clone(),
            core: Core::new(config).noting().with_app_names(names).with_service([record.server.clone()]),
            http: Http::new(&record)?,
            watch: Watch::new(phone, &app.id),
            ports: Ports::new(phone, &app.id),
            journal: Journal::new(phone, &app.id),
            tape,
            record,
            inbox,
            own,
            queue: VecDeque::new(),
            push: None,
            timer: None,
            in_flight: 0,
            browser: None,
            next_request: 0,
            answers: HashMap::new(),
            resting: Vec::new(),
            untold_removals: Vec::new(),
            watchers: Vec::new(),
            crash: Crash::new(phone, &app.id),
            _lock: lock,
        })
    }

    /// Runs until the app is closed or killed.
    pub(crate) fn run(mut self) -> Result<(), PhoneError> {
        let result = self.live();
        self.http.shut_down();
        self.tell(&AppEvent::Ended);
        match result {
            Ok(()) | Err(Stop::Closed) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn live(&mut self) -> Result<(), Stop> {
        self.queue.push_back(Input::Boot);
        self.queue.push_back(Input::Facts(Box::new(self.watch.facts(&self.record)?)));
        self.queue.push_back(Input::Connectivity(connectivity(self.record.online)));
        loop {
            self.settle()?;
            match self.inbox.recv_timeout(self.patience()) {
                Ok(message) => self.receive(message)?,
                Err(RecvTimeoutError::Timeout) => self.look()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if self.timer.is_some_and(|at| at <= self.record.mono()) {
                self.timer = None;
                self.queue.push_back(Input::Tick);
            }
        }
    }

    fn patience(&self) -> Duration {
        let due = self.timer.map(|at| Duration::from_millis(at.0.saturating_sub(self.record.mono().0)));
        due.map_or(LOOK_EVERY, |due| due.min(LOOK_EVERY))
    }

    /// Works off everything that can be done without waiting; then tells those who wait for rest.
    fn settle(&mut self) -> Result<(), Stop> {
        while let Some(input) = self.queue.pop_front() {
            self.step(input)?;
        }
        if self.in_flight == 0 {
            for (waiting, dialogs) in std::mem::take(&mut self.resting) {
                // Whoever gave up waiting needs no answer.
                let _ = waiting.send(dialogs);
            }
        }
        Ok(())
    }

    fn step(&mut self, input: Input) -> Result<(), Stop> {
        let now =
            Now { wall: self.record.wall(), mono: self.record.mono(), boot_id: self.record.boot_number() };
        let mut lack = None;
        let mut entropy = |bytes: &mut [u8]| {
            if let Err(error) = getrandom::fill(bytes) {
                lack = Some(PhoneError::Entropy(error.to_string()));
            }
        };
        let taken = self.tape.input(&input);
        let effects = self.core.step(now, &mut entropy, input);
        if let Some(error) = lack {
            // What was decided without randomness must not take effect.
            return Err(error.into());
        }
        // Before anything is done, so that a recording also tells what a process died of.
        self.tape.step(now, taken, self.core.take_testimony(), &effects);
        for effect in effects {
            if self.phone.budget().is_some_and(|budget| !budget.spend()) {
                return Err(Stop::Closed);
            }
            if self.crash.strikes(&effect)? {
                return Err(Stop::Closed);
            }
            self.execute(effect);
        }
        Ok(())
    }

    fn execute(&mut self, effect: Effect) {
        match effect {
            Effect::Http { req, request } => self.send(req, request),
            Effect::Subscribe { req, request } => self.subscribe(req, request),
            Effect::Unsubscribe { req } => {
                if self.push.as_ref().is_some_and(|(open, _)| *open == req) {
                    self.push = None;
                }
            }
            Effect::KeyStore { req, op } => {
                let outcome = Outcome::Key(self.ports.key(op));
                self.done(req, outcome);
            }
            Effect::State { req, op } => {
                let outcome = Outcome::State(self.ports.state(op));
                self.done(req, outcome);
            }
            Effect::File { req, op } => {
                let outcome = Outcome::File(self.ports.file(op));
                self.done(req, outcome);
            }
            Effect::Answer { id, answer } => {
                if let Some(waiting) = self.answers.remove(&id) {
                    // Whoever gave up waiting needs no answer.
                    let _ = waiting.send(answer);
                }
            }
            Effect::ShowDialog(dialog) => {
                if self.resting.is_empty() && dialog.severity == Severity::DataRemoved {
                    self.untold_removals.push(dialog.clone());
                }
                for (_, dialogs) in &mut self.resting {
                    dialogs.push(dialog.clone());
                }
                let shown = self.phone.set_screen(&self.app, Some(&dialog));
                self.note(shown);
                self.journal.write(self.record.wall(), "warn", "dialog", &dialog.code);
                self.tell(&AppEvent::Dialog(dialog));
            }
            Effect::DismissDialog { code } => {
                // What was put right before the user could look is not what came of the action.
                let waiting = self.resting.iter_mut().map(|(_, dialogs)| dialogs);
                for dialogs in waiting.chain([&mut self.untold_removals]) {
                    dialogs.retain(|dialog| dialog.code != code);
                }
                let closed = self.phone.close_dialog(&self.app, &code);
                self.note(closed);
                self.tell(&AppEvent::DialogClosed(code));
            }
            Effect::Companion(op) => {
                let told = self.phone.tell_companion(&self.app, op);
                self.note(told);
            }
            Effect::SetTimer { at } => self.timer = Some(at),
            Effect::Authorize { req, url, .. } => self.authorize(req, url),
            Effect::OpenPage { url, context, add_account } => {
                self.tell(&AppEvent::PageOpened { url, context, add_account });
            }
            Effect::RestartRequired => self.tell(&AppEvent::RestartRequired),
            Effect::Log(line) => {
                self.journal.write(self.record.wall(), level_name(line.level), line.event, &line.detail);
                self.tell(&AppEvent::Log { level: line.level, event: line.event, detail: line.detail });
            }
        }
    }

    /// What is on the screen outlives the process. When that cannot be kept, a button cannot be pressed later, and nothing
    /// else is lost.
    fn note(&mut self, kept: Result<(), PhoneError>) {
        if let Err(error) = kept {
            self.journal.write(self.record.wall(), "warn", "screen_not_kept", error.code());
        }
    }

    fn done(&mut self, req: ReqId, outcome: Outcome) {
        self.queue.push_back(Input::Done { req, outcome });
    }

    fn send(&mut self, req: ReqId, request: HttpRequest) {
        if !self.record.online {
            return self.done(req, Outcome::Http(Err(NetFailure::Offline)));
        }
        self.in_flight += 1;
        let (http, own, phone) = (self.http.clone(), self.own.clone(), self.phone.clone());
        thread::spawn(move || {
            // The switch may have been thrown since: nothing leaves a phone in flight mode.
            let online = phone.record().is_ok_and(|record| record.online);
            let sent = if online { http.send(&wire(request)) } else { Err(NetFail::Offline) };
            let reply = sent.map_err(net_failure).map(|reply| HttpReply {
                status: reply.status,
                headers: reply.headers,
                body: reply.body,
            });
            // A process that has ended needs no reply.
            let _ = own.send(Message::HttpDone(req, reply));
        });
    }

    fn authorize(&mut self, req: ReqId, url: String) {
        let Some(browser) = self.browser.take() else { return self.done(req, Outcome::Browser(None)) };
        self.in_flight += 1;
        let own = self.own.clone();
        thread::spawn(move || {
            // A process that has ended needs no answer.
            let _ = own.send(Message::BrowserDone(req, browser.visit(&url)));
        });
    }

    fn subscribe(&mut self, req: ReqId, request: HttpRequest) {
        if !self.record.online {
            self.queue.push_back(Input::StreamEnded { req });
            return;
        }
        let own = self.own.clone();
        let sink = move |event| own.send(Message::Push(req, event)).is_ok();
        self.push = Some((req, Push::start(&self.http, &wire(request), sink)));
    }

    fn receive(&mut self, message: Message) -> Result<(), Stop> {
        match message {
            Message::HttpDone(req, reply) => {
                self.look()?;
                self.in_flight = self.in_flight.saturating_sub(1);
                let reply = if self.record.online { reply } else { Err(NetFailure::Offline) };
                self.done(req, Outcome::Http(reply));
            }
            Message::Browser(browser) => self.browser = Some(browser),
            Message::BrowserDone(req, came_back) => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.done(req, Outcome::Browser(came_back));
            }
            Message::Push(req, event) => {
                self.look()?;
                self.pushed(req, &event);
            }
            Message::Ask(request, reply) => {
                self.look()?;
                self.next_request += 1;
                let id = RequestId(self.next_request);
                self.answers.insert(id, reply);
                self.queue.push_back(Input::Request { id, request });
            }
            Message::Act(input, reply) => {
                self.look()?;
                let removed = std::mem::take(&mut self.untold_removals);
                let seen = if matches!(input, Input::Foreground) { removed } else { Vec::new() };
                self.resting.push((reply, seen));
                self.queue.push_back(input);
            }
            Message::Subscribe(watcher) => self.watchers.push(watcher),
            Message::Look => self.look()?,
            Message::Close => {
                self.queue.push_back(Input::Background);
                self.settle()?;
                return Err(Stop::Closed);
            }
            Message::Kill => return Err(Stop::Closed),
        }
        Ok(())
    }

    fn pushed(&mut self, req: ReqId, event: &PushEvent) {
        if self.push.as_ref().is_none_or(|(open, _)| *open != req) {
            return;
        }
        match event {
            PushEvent::Opened => self.tell(&AppEvent::PushOpened),
            PushEvent::Event { name, .. } if name == "changed" => {
                self.tell(&AppEvent::PushHint);
                self.queue.push_back(Input::PushHint);
            }
            PushEvent::Event { .. } => {}
            PushEvent::Refused(_) | PushEvent::Closed(_) => self.end_push(),
        }
    }

    fn end_push(&mut self) {
        if let Some((req, _)) = self.push.take() {
            self.tell(&AppEvent::PushEnded);
            self.queue.push_back(Input::StreamEnded { req });
        }
    }

    /// Notices what changed on the phone: network, facts, apps, server; a restarted phone ends its processes.
    fn look(&mut self) -> Result<(), Stop> {
        if !self.watch.changed() {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.record, self.watch.record()?);
        if self.record.boot_id != before.boot_id {
            return Err(Stop::Closed);
        }
        if self.record.server != before.server || self.record.ca_cert != before.ca_cert {
            self.end_push();
            self.http = Http::new(&self.record)?;
        }
        self.queue.push_back(Input::Facts(Box::new(self.watch.facts(&self.record)?)));
        if self.record.online != before.online {
            if !self.record.online {
                self.end_push();
            }
            self.tell(&AppEvent::Online(self.record.online));
            self.queue.push_back(Input::Connectivity(connectivity(self.record.online)));
        }
        if self.record.clock_offset_ms != before.clock_offset_ms {
            self.queue.push_back(Input::Tick);
        }
        Ok(())
    }

    fn tell(&mut self, event: &AppEvent) {
        self.watchers.retain(|watcher| watcher.send(event.clone()).is_ok());
    }
}

/// `info`, `warn`, `error`.
pub const fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

const fn connectivity(online: bool) -> Connectivity {
    if online { Connectivity::Online } else { Connectivity::Offline }
}

fn wire(request: HttpRequest) -> Request {
    Request {
        method: request.method.to_owned(),
        path: request.path,
        headers: request.headers,
        body: request.body,
    }
}

const fn net_failure(fail: NetFail) -> NetFailure {
    match fail {
        NetFail::Offline => NetFailure::Offline,
        NetFail::Timeout => NetFailure::TimedOut,
        NetFail::Tls => NetFailure::Tls,
        NetFail::Broken | NetFail::TooLarge => NetFailure::Failed,
    }
}
