//! The coordinator: one [`Core`] per app on a phone. It turns inputs into flows and keeps what they share.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ringfence_messages::{Args, ButtonAction, Lang, ReasonCode};
use ringfence_model::{AppId, Millis, UnixMillis, Version};
use ringfence_protocol::{Digest, envelope, keyset::Keyset};
use ringfence_vault::KeyRing;
use serde::{Deserialize, Serialize};

use crate::{
    access::{self, Access},
    boot,
    browse::{self, PageAsked},
    checkin, documents,
    effect::{Effect, ReqId},
    flow::{Cx, Flows, Lane},
    gate,
    identity::Identities,
    input::{Connectivity, Credential, Input, Now, PhoneFacts},
    legacy::{self, LegacyRecord},
    log::LogLevel,
    notes::{self, NotesRecord},
    policy_store::Obeyed,
    registration,
    request::{Answer, AppRequest, Failure, RequestId},
    session::Session,
    start::StartRecord,
    state::{Cause, InstanceRecord, KeysRecord, PolicyRecord, ServerRecord, Stage, WipeRecord},
    time::Clock,
    transfer, wipe,
    witness::{Testimony, Witness},
};

/// How often the time floor is written while nothing else happens.
const CLOCK_INTERVAL: Millis = Millis::from_minutes(5);
/// Until the server says otherwise.
const CHECK_IN_INTERVAL: Millis = Millis::from_minutes(30);

/// What the app's developer decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppConfig {
    /// The app.
    pub app: AppId,
    /// Its version.
    pub app_version: Version,
    /// The version of this client core.
    pub sdk_version: Version,
    /// SHA-256 of the organisation's root key when the app is made for one organisation; `None` pins on first contact.
    pub server_pin: Option<[u8; 32]>,
    /// The app is of no use without a policy: no policy means I1/N1 instead of running unprotected.
    pub requires_policy: bool,
    /// The app registers its account with the service. An app that was built without that step is refused work data (I3,
    /// N8).
    pub registers: bool,
    /// Work and personal data side by side, or work data only.
    #[serde(default)]
    pub identities: Identities,
    /// Language of the dialogs.
    pub lang: Lang,
}

/// What the flows share. Nothing here is a source of truth beyond the process: the slots are.
pub(crate) struct State {
    pub(crate) config: AppConfig,
    pub(crate) witness: Witness,
    pub(crate) clock: Clock,
    pub(crate) facts: Option<PhoneFacts>,
    pub(crate) online: bool,
    pub(crate) foreground: bool,
    /// `Boot` was given.
    pub(crate) started: bool,
    /// Every slot has been read.
    pub(crate) booted: bool,
    /// A slot could not be read at all: nothing is known, so nothing is opened, asked or replaced.
    pub(crate) storage_broken: bool,
    pub(crate) registering: bool,
    pub(crate) server: Option<ServerRecord>,
    pub(crate) keyset: Option<Keyset>,
    pub(crate) instance: Option<InstanceRecord>,
    pub(crate) keys: Option<KeysRecord>,
    pub(crate) ring: Option<Arc<KeyRing>>,
    pub(crate) access: Access,
    pub(crate) policy: Option<PolicyRecord>,
    pub(crate) obeyed: Option<Obeyed>,
    pub(crate) wipe: Option<WipeRecord>,
    /// The stage of the wipe is on the disk, or will never be.
    pub(crate) wipe_kept: bool,
    pub(crate) wipe_tries: u32,
    /// The start-up marker as it is on the disk.
    pub(crate) start: StartRecord,
    /// Protection was not initialised, because earlier starts died over it.
    pub(crate) start_failed: Option<ReasonCode>,
    pub(crate) notes: NotesRecord,
    /// The notes as they are on the disk.
    pub(crate) notes_kept: NotesRecord,
    /// Signed in without an identity (A1).
    pub(crate) legacy: Option<LegacyRecord>,
    pub(crate) session: Option<Session>,
    /// The server said, without proof, that it does not know this instance.
    pub(crate) sign_in_again: bool,
    /// The time that the server named before a registration, and the monotonic clock then.
    pub(crate) server_time: Option<(UnixMillis, Millis)>,
    /// What the server gave and was not accepted at the last check-in.
    pub(crate) refusals: BTreeSet<ReasonCode>,
    /// Somebody wants a check-in.
    pub(crate) hinted: bool,
    pub(crate) failures: u32,
    pub(crate) last_failure: Option<ReasonCode>,
    pub(crate) interval: Millis,
    pub(crate) next_check_in: Option<Millis>,
    pub(crate) next_hand_in: Option<Millis>,
    pub(crate) timer: Option<Millis>,
    pub(crate) stream: Option<ReqId>,
    pub(crate) on_screen: Option<ReasonCode>,
    /// Lasting reasons that have been shown since the app came to the front.
    pub(crate) told: BTreeSet<ReasonCode>,
    pub(crate) blocked_for: Option<ReasonCode>,
    /// What the user calls the apps on this phone, by id in lower case; for dialogs only.
    pub(crate) app_names: BTreeMap<String, String>,
    /// Addresses of the service, which no list of the managed browser closes.
    pub(crate) service: Vec<String>,
    /// The account that is registered on this device, as the server named it when it refused another one.
    pub(crate) registered_elsewhere: Option<String>,
    /// The page that the dialog on screen asks about.
    pub(crate) page_asked: Option<PageAsked>,
}

impl State {
    pub(crate) fn new(config: AppConfig) -> Self {
        Self {
            config,
            witness: Witness::default(),
            clock: Clock::new(),
            facts: None,
            online: true,
            foreground: false,
            started: false,
            booted: false,
            storage_broken: false,
            registering: false,
            server: None,
            keyset: None,
            instance: None,
            keys: None,
            ring: None,
            access: Access::default(),
            policy: None,
            obeyed: None,
            wipe: None,
            wipe_kept: false,
            wipe_tries: 0,
            start: StartRecord::default(),
            start_failed: None,
            notes: NotesRecord::default(),
            notes_kept: NotesRecord::default(),
            legacy: None,
            session: None,
            sign_in_again: false,
            server_time: None,
            refusals: BTreeSet::new(),
            hinted: false,
            failures: 0,
            last_failure: None,
            interval: CHECK_IN_INTERVAL,
            next_check_in: None,
            next_hand_in: None,
            timer: None,
            stream: None,
            on_screen: None,
            told: BTreeSet::new(),
            blocked_for: None,
            app_names: BTreeMap::new(),
            service: Vec::new(),
            registered_elsewhere: None,
            page_asked: None,
        }
    }

    /// Takes over the server's record; its keyset was verified before it was written, and is again.
    pub(crate) fn adopt_server(&mut self, server: ServerRecord) {
        self.keyset = verified_keyset(&server);
        self.server = Some(server);
    }

    /// Android: the companion is installed (S2, D6).
    pub(crate) fn companion_present(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.device.companion_version.is_some())
    }

    /// There is data of an account, which has to sign in again perhaps, and nothing is being removed.
    pub(crate) fn holds_work(&self) -> bool {
        self.wipe.is_none()
            && self
                .instance
                .as_ref()
                .is_some_and(|record| matches!(record.stage, Stage::Registered | Stage::Lost))
    }

    /// There is a registered instance and nothing is being removed.
    pub(crate) fn may_use_work(&self) -> bool {
        self.wipe.is_none() && self.instance.as_ref().is_some_and(|record| record.stage == Stage::Registered)
    }

    /// Nothing is known for certain, so nothing is opened, asked or replaced.
    pub(crate) const fn is_closed(&self) -> bool {
        self.storage_broken || self.start_failed.is_some()
    }

    /// The server may be asked.
    pub(crate) fn may_check_in(&self) -> bool {
        self.may_use_work() && self.online && self.booted && !self.is_closed()
    }

    /// The entity tag to offer; none while something is missing here that only a full answer brings.
    pub(crate) fn etag_to_offer(&self) -> Option<String> {
        let record = self.policy.as_ref()?;
        let now = self.clock.now();
        let valid = self.obeyed.as_ref().is_some_and(|obeyed| obeyed.lease_ends_at > now);
        let complete = valid || record.bundle.is_none() || !is_protected(record);
        record.etag.clone().filter(|_| complete && self.refusals.is_empty())
    }

    /// The account is gone from memory; its slots are gone already.
    pub(crate) fn forget_account(&mut self) {
        self.instance = None;
        self.keys = None;
        self.ring = None;
        self.policy = None;
        self.obeyed = None;
        self.session = None;
        self.sign_in_again = false;
        self.refusals.clear();
        self.last_failure = None;
        self.failures = 0;
        self.next_check_in = None;
        self.told.clear();
        self.blocked_for = None;
    }
}

fn is_protected(record: &PolicyRecord) -> bool {
    use crate::state::Verdict;
    matches!(record.verdict, Verdict::Protected | Verdict::Disabled)
}

/// The keyset of a record, if it is the one that was accepted. Its age does not matter here: what it signs is
/// checked against the validity of each key.
fn verified_keyset(server: &ServerRecord) -> Option<Keyset> {
    let object = envelope::parse(server.keyset.as_ref()).ok()?;
    let verified = object.verify(envelope::Namespace::Keyset, &server.root).ok()?;
    let same = server.keyset_floor.hash.is_none_or(|hash| hash == Digest::of(verified.payload()));
    verified.message().ok().filter(|keyset: &Keyset| same && keyset.tenant == server.tenant)
}

/// The client core of one app.
pub struct Core {
    cx: Cx,
    flows: Flows,
}

impl Core {
    /// A core that waits for [`Input::Boot`].
    pub fn new(config: AppConfig) -> Self {
        let cx = Cx::new(State::new(config));
        Self { flows: Flows::new(cx.clone()), cx }
    }

    /// Tells what the user calls the apps on this phone (id, name), so that dialogs name them so. Never sent anywhere.
    #[must_use]
    pub fn with_app_names(self, names: impl IntoIterator<Item = (AppId, String)>) -> Self {
        let names = names.into_iter().map(|(app, name)| (app.key(), name)).collect();
        self.cx.with(|state| state.app_names = names);
        self
    }

    /// Tells the addresses of the service (`https://mam.example.org`): the managed browser never closes them, so that
    /// nobody is locked out of signing in.
    #[must_use]
    pub fn with_service(self, addresses: impl IntoIterator<Item = String>) -> Self {
        let addresses = addresses.into_iter().collect();
        self.cx.with(|state| state.service = addresses);
        self
    }

    /// Notes from now on what a recording needs besides inputs and effects ([`crate::recording`]).
    #[must_use]
    pub fn noting(self) -> Self {
        self.cx.with(|state| state.witness = Witness::noting());
        self
    }

    /// A core without secrets, for a replay.
    pub(crate) fn replaying(config: AppConfig) -> Self {
        let core = Self::new(config);
        core.cx.with(|state| state.witness = Witness::replaying());
        core
    }

    /// What was noted during the last step.
    pub fn take_testimony(&self) -> Vec<Testimony> {
        self.cx.with(|state| state.witness.take())
    }

    /// What a recording says about the next step.
    pub(crate) fn give_testimony(&self, testimony: Vec<Testimony>) {
        self.cx.with(|state| state.witness.give(testimony));
    }

    /// Takes one input and says what to do. Total and deterministic: the same configuration, inputs, clocks and
    /// random bytes give the same effects. `entropy` must be a cryptographic source.
    pub fn step(&mut self, now: Now, entropy: &mut dyn FnMut(&mut [u8]), input: Input) -> Vec<Effect> {
        self.cx.with(|state| state.clock.observe(now));
        self.dispatch(input);
        self.flows.run(entropy)
    }

    fn dispatch(&self, input: Input) {
        let cx = &self.cx;
        match input {
            Input::Boot => {
                if !cx.with(|state| std::mem::replace(&mut state.started, true)) {
                    cx.spawn(boot::boot(cx.clone()));
                }
            }
            Input::Foreground => {
                cx.with(|state| {
                    state.foreground = true;
                    state.told.clear();
                });
                cx.spawn(wake(cx.clone()));
            }
            Input::Background => {
                cx.with(|state| {
                    state.foreground = false;
                    state.ring = None;
                    state.access.rest();
                });
                cx.spawn(rest(cx.clone()));
            }
            Input::Tick => cx.spawn(tick(cx.clone())),
            Input::Connectivity(connectivity) => {
                let online = connectivity == Connectivity::Online;
                cx.with(|state| state.online = online);
                if online {
                    cx.spawn(wake(cx.clone()));
                }
            }
            Input::Facts(facts) => {
                cx.with(|state| state.facts = Some(*facts));
                cx.spawn(look(cx.clone()));
            }
            Input::SignIn { user_principal_name, credential } => {
                if let Credential::Legacy(password) = credential {
                    cx.spawn(legacy::sign_in(cx.clone(), user_principal_name, password));
                } else {
                    cx.spawn(registration::sign_in(cx.clone(), user_principal_name, credential));
                }
            }
            Input::RemoveAccount => cx.spawn(wipe::begin_local(cx.clone(), Cause::SignOut, Args::new())),
            Input::PinEntered(pin) => cx.spawn(access::enter(cx.clone(), pin.0)),
            Input::Biometric { recognised } => cx.spawn(access::biometric(cx.clone(), recognised)),
            Input::ChangePin => cx.spawn(access::change(cx.clone())),
            Input::PushHint => cx.spawn(checkin::check_in(cx.clone())),
            Input::StreamEnded { req } => self.stream_ended(req),
            Input::Request { id, request } => self.request(id, request),
            Input::DialogAnswer { code, action } => self.answered(code, action),
            Input::Done { req, outcome } => {
                if !cx.complete(req, outcome) {
                    cx.log(LogLevel::Warn, "completion_unexpected", "");
                }
            }
        }
    }

    fn request(&self, id: RequestId, request: AppRequest) {
        if self.cx.with(|state| state.started) {
            self.cx.spawn(documents::serve(self.cx.clone(), id, request));
        } else {
            self.cx.emit(Effect::Answer { id, answer: Answer::Failed(Failure::NotStarted) });
        }
    }

    /// The stream comes back with the next check-in, which is due after a wait of its own.
    fn stream_ended(&self, req: ReqId) {
        let ours = self.cx.with(|state| {
            let ours = state.stream == Some(req);
            if ours {
                state.stream = None;
            }
            ours
        });
        if ours {
            self.cx.spawn(checkin::come_back(self.cx.clone()));
        }
    }

    fn answered(&self, code: String, action: ButtonAction) {
        browse::answered(&self.cx, &code, action);
        access::answered(&self.cx, &code, action);
        transfer::dismissed(&self.cx, code);
        match action {
            ButtonAction::Retry => self.cx.spawn(wake(self.cx.clone())),
            ButtonAction::RemoveAccount => {
                self.cx.spawn(wipe::begin_local(self.cx.clone(), Cause::SignOut, Args::new()));
            }
            _ => {}
        }
    }
}

/// The app is in front, or the network is back: look at the conditions and ask the server.
async fn wake(cx: Cx) {
    cx.until(|state| state.booted.then_some(())).await;
    if cx.with(|state| state.storage_broken) {
        boot::boot(cx.clone()).await;
    }
    if cx.with(|state| state.wipe.is_some()) {
        if let Some(_lane) = cx.try_enter(Lane::Account) {
            wipe::hand_in(&cx).await;
        }
        return;
    }
    access::load(&cx).await;
    gate::review(&cx);
    checkin::check_in(cx).await;
}

/// New facts: only the conditions are looked at.
async fn look(cx: Cx) {
    cx.until(|state| state.booted.then_some(())).await;
    notes::watch_working_time(&cx).await;
    gate::review(&cx);
}

/// The app goes to the back: the stream closes and the time floor is written.
async fn rest(cx: Cx) {
    cx.until(|state| state.booted.then_some(())).await;
    checkin::unsubscribe(&cx);
    access::touch(cx.clone(), true).await;
    if let Some(clock) = cx.with(|state| state.clock.advance(Millis(0))) {
        checkin::store_clock(&cx, clock).await;
    }
}

/// Something may be due.
async fn tick(cx: Cx) {
    cx.until(|state| state.booted.then_some(())).await;
    let (check_in, hand_in, clock) = cx.with(|state| {
        let mono = state.clock.mono();
        let due = |at: Option<Millis>| at.is_some_and(|at| at <= mono);
        state.timer = None;
        (due(state.next_check_in), due(state.next_hand_in), state.clock.advance(CLOCK_INTERVAL))
    });
    if let Some(clock) = clock {
        checkin::store_clock(&cx, clock).await;
    }
    if hand_in && let Some(lane) = cx.try_enter(Lane::Account) {
        drop(lane);
        wipe::resume(cx.clone()).await;
    }
    gate::review(&cx);
    if check_in {
        checkin::check_in(cx).await;
    } else {
        checkin::set_timer(&cx);
    }
}
