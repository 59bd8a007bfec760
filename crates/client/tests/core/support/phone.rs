//! The phone half: what is durable, and a driver that can be cut off after any effect.

use std::collections::{BTreeMap, VecDeque};

use ringfence_client::{
    Answer, AppConfig, AppRequest, CompanionOp, Core, Credential, Effect, FileOp, FileReply, Input,
    KeyFailure, KeyOp, KeyReply, LogRecord, NetFailure, Now, Outcome, PhoneFacts, ReqId, RequestId,
    SharedAccount, StateOp, StorageFailure,
};
use ringfence_messages::Dialog;
use ringfence_model::{AccountId, AppId, Millis, TenantId};
use ringfence_protocol::{InstanceKey, keys::Signer};
use ringfence_vault::{HwSecret, Scope, record};

use super::{Entropy, Server, Tape, USER};

/// What survives a crash of the app. Clone it to try the same crash twice.
#[derive(Clone, Default)]
pub(crate) struct Durable {
    pub(crate) slots: BTreeMap<String, Vec<u8>>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) sign_keys: BTreeMap<String, [u8; 32]>,
    pub(crate) seal_keys: BTreeMap<String, [u8; 32]>,
    /// How often each dialog code was shown, over all lives of the app.
    pub(crate) shown: BTreeMap<String, u32>,
    pub(crate) key_entropy: u64,
    /// Files cannot be deleted.
    pub(crate) stuck: bool,
    /// Nothing new can be written to a slot.
    pub(crate) full: bool,
    /// Sealing keys cannot be destroyed.
    pub(crate) undying: bool,
    /// Folders cannot be listed.
    pub(crate) unlistable: bool,
    /// What another app of the account writes just before this one swaps a slot.
    pub(crate) overtaken: Option<Vec<u8>>,
    /// The account that the companion holds; one app is all there is here.
    pub(crate) companion: Option<SharedAccount>,
}

fn scope(context: &[u8]) -> Scope {
    let text = String::from_utf8_lossy(context).into_owned();
    Scope {
        tenant: TenantId(uuid::Uuid::nil()),
        account: AccountId(uuid::Uuid::nil()),
        app: AppId::new(ringfence_model::Platform::Ios, text),
    }
}

impl Durable {
    fn draw(&mut self) -> [u8; 32] {
        let mut entropy = Entropy((1 << 50) + self.key_entropy);
        let mut key = [0; 32];
        entropy.fill(&mut key);
        self.key_entropy = entropy.0 - (1 << 50);
        key
    }

    pub(crate) fn key(&mut self, op: KeyOp) -> Result<KeyReply, KeyFailure> {
        match op {
            KeyOp::MakeSignKey { alias } => {
                let scalar = self.draw();
                let key = InstanceKey::from_scalar(&scalar).unwrap();
                self.sign_keys.insert(alias, scalar);
                Ok(KeyReply::PublicKey(key.public().to_spki()))
            }
            KeyOp::Sign { alias, message } => {
                let scalar = self.sign_keys.get(&alias).ok_or(KeyFailure::Missing)?;
                let key = InstanceKey::from_scalar(scalar).unwrap();
                Ok(KeyReply::Bytes(key.sign(&message).unwrap()))
            }
            KeyOp::MakeSealKey { alias } => {
                let new = !self.seal_keys.contains_key(&alias);
                let key = self.draw();
                self.seal_keys.entry(alias).or_insert(key);
                Ok(KeyReply::Changed(new))
            }
            KeyOp::Seal { alias, context, plain } => {
                let nonce = self.draw();
                let key = *self.seal_keys.get(&alias).ok_or(KeyFailure::Missing)?;
                let fill = &mut |out: &mut [u8]| out.copy_from_slice(&nonce[..out.len()]);
                let sealed = record::seal(&HwSecret::from_bytes(key), &scope(&context), "test", fill, &plain);
                Ok(KeyReply::Bytes(sealed.unwrap()))
            }
            KeyOp::Unseal { alias, context, sealed } => {
                let key = *self.seal_keys.get(&alias).ok_or(KeyFailure::Missing)?;
                record::open(&HwSecret::from_bytes(key), &scope(&context), "test", &sealed)
                    .map(|plain| KeyReply::Bytes(plain.to_vec()))
                    .map_err(|_| KeyFailure::Refused)
            }
            KeyOp::Destroy { alias } if self.undying && self.seal_keys.contains_key(&alias) => {
                Err(KeyFailure::Broken)
            }
            KeyOp::Destroy { alias } => {
                let sign = self.sign_keys.remove(&alias).is_some();
                Ok(KeyReply::Changed(self.seal_keys.remove(&alias).is_some() || sign))
            }
        }
    }

    pub(crate) fn state(&mut self, op: StateOp) -> Result<Option<Vec<u8>>, StorageFailure> {
        match op {
            StateOp::Get { slot } => return Ok(self.slots.get(slot).cloned()),
            StateOp::Put { slot, bytes } => {
                self.slots.insert(slot.to_owned(), bytes);
            }
            StateOp::Swap { slot, was, bytes } => {
                self.slots.extend(self.overtaken.take().map(|theirs| (slot.to_owned(), theirs)));
                if self.slots.get(slot) != was.as_ref() {
                    return Err(StorageFailure::Changed);
                }
                self.slots.insert(slot.to_owned(), bytes);
            }
            StateOp::Delete { slot } => {
                self.slots.remove(slot);
            }
        }
        Ok(None)
    }

    pub(crate) fn file(&mut self, op: FileOp) -> Result<FileReply, StorageFailure> {
        match op {
            FileOp::Write { path, bytes, new } => {
                if new && self.files.contains_key(&path) {
                    return Err(StorageFailure::Exists);
                }
                self.files.insert(path, bytes);
                Ok(FileReply::Done)
            }
            FileOp::Read { path } => {
                self.files.get(&path).cloned().map(FileReply::Bytes).ok_or(StorageFailure::Missing)
            }
            FileOp::Delete { .. } if self.stuck => Err(StorageFailure::Failed),
            FileOp::Delete { path } => {
                self.files.remove(&path);
                Ok(FileReply::Done)
            }
            FileOp::List { .. } if self.unlistable => Err(StorageFailure::Failed),
            FileOp::List { folder } => {
                let prefix = format!("{folder}/");
                let names = self.files.keys().filter_map(|path| path.strip_prefix(&prefix));
                Ok(FileReply::Names(names.map(str::to_owned).collect()))
            }
        }
    }

    /// Signing keys of the app itself, without those in the companion's keeping.
    pub(crate) fn own_sign_keys(&self) -> Vec<&String> {
        self.sign_keys.keys().filter(|alias| !alias.starts_with("account.")).collect()
    }

    pub(crate) fn work_files(&self) -> usize {
        self.files.keys().filter(|path| path.starts_with("work/")).count()
    }
}

/// Whether the process survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    Done,
    Crashed,
}

pub(crate) struct Driver<'a> {
    pub(crate) core: Core,
    pub(crate) durable: &'a mut Durable,
    pub(crate) server: &'a mut Server,
    pub(crate) now: Now,
    pub(crate) entropy: Entropy,
    pub(crate) online: bool,
    pub(crate) answers: BTreeMap<u64, Answer>,
    pub(crate) dialogs: Vec<Dialog>,
    pub(crate) dismissed: Vec<String>,
    pub(crate) logs: Vec<LogRecord>,
    pub(crate) timer: Option<Millis>,
    pub(crate) stream: Option<ReqId>,
    pub(crate) restarts: u32,
    /// Pages the user chose to open elsewhere.
    /// What the browser comes back with from an address.
    pub(crate) browser: super::provider::Browser,
    pub(crate) pages: Vec<(String, ringfence_client::BrowserContext, bool)>,
    pub(crate) executed: usize,
    /// The process dies after this many effects.
    pub(crate) cut_after: Option<usize>,
    /// This effect fails, once.
    pub(crate) fail_at: Option<usize>,
    /// How the key store fails.
    pub(crate) key_failure: KeyFailure,
    /// What is put into this slot takes until [`Self::release`].
    pub(crate) slow_slot: Option<&'static str>,
    /// What the server answers at this path takes as long.
    pub(crate) slow_path: Option<&'static str>,
    held: Vec<Input>,
    /// Everything that went in, for replays.
    pub(crate) history: Vec<(Now, Input)>,
    /// Everything that came out.
    pub(crate) effects: Vec<String>,
    next_request: u64,
    pub(crate) tape: Tape,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(config: AppConfig, durable: &'a mut Durable, server: &'a mut Server) -> Self {
        let now = Now { wall: server.now, mono: Millis(1_000), boot_id: 1 };
        Self {
            tape: Tape::new(&config),
            core: Core::new(config).noting(),
            durable,
            server,
            now,
            entropy: Entropy(0),
            online: true,
            answers: BTreeMap::new(),
            dialogs: Vec::new(),
            dismissed: Vec::new(),
            logs: Vec::new(),
            timer: None,
            stream: None,
            restarts: 0,
            browser: super::provider::honest,
            pages: Vec::new(),
            executed: 0,
            cut_after: None,
            fail_at: None,
            key_failure: KeyFailure::Broken,
            slow_slot: None,
            slow_path: None,
            held: Vec::new(),
            history: Vec::new(),
            effects: Vec::new(),
            next_request: 0,
        }
    }

    /// The app starts, learns the facts and comes to the front.
    pub(crate) fn launch(&mut self, facts: PhoneFacts) -> Run {
        for input in [Input::Boot, Input::Facts(Box::new(facts)), Input::Foreground] {
            if self.give(input) == Run::Crashed {
                return Run::Crashed;
            }
        }
        Run::Done
    }

    pub(crate) fn sign_in(&mut self) -> Run {
        self.sign_in_as(USER, "correct horse 7")
    }

    pub(crate) fn sign_in_as(&mut self, user: &str, password: &str) -> Run {
        self.give(Input::SignIn {
            user_principal_name: user.to_owned(),
            credential: Credential::Password(password.to_owned()),
        })
    }

    pub(crate) fn advance(&mut self, span: Millis) -> Run {
        self.now.mono = Millis(self.now.mono.0 + span.0);
        self.now.wall = self.now.wall.plus(span);
        self.server.now = self.server.now.plus(span);
        self.give(Input::Tick)
    }

    pub(crate) fn ask(&mut self, request: AppRequest) -> Option<Answer> {
        self.next_request += 1;
        let id = self.next_request;
        self.give(Input::Request { id: RequestId(id), request });
        self.answers.remove(&id)
    }

    pub(crate) fn give(&mut self, input: Input) -> Run {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let entropy = &mut self.entropy;
            let effects =
                self.tape.step(&mut self.core, self.now, &mut |out| entropy.fill(out), input.clone());
            self.history.push((self.now, input));
            for effect in effects {
                self.effects.push(format!("{effect:?}"));
                let outcome = self.execute(effect);
                self.executed += 1;
                if self.cut_after.is_some_and(|cut| self.executed >= cut) {
                    return Run::Crashed;
                }
                inputs.extend(outcome);
            }
        }
        Run::Done
    }

    /// What was slow is done.
    pub(crate) fn release(&mut self) {
        (self.slow_slot, self.slow_path) = (None, None);
        for input in std::mem::take(&mut self.held) {
            self.give(input);
        }
    }

    fn fail(&self, effect: &Effect) -> Option<Input> {
        let (req, outcome) = match effect {
            Effect::Http { req, .. } => (*req, Outcome::Http(Err(NetFailure::TimedOut))),
            Effect::KeyStore { req, .. } => (*req, Outcome::Key(Err(self.key_failure))),
            Effect::State { req, .. } => (*req, Outcome::State(Err(StorageFailure::Failed))),
            Effect::File { req, .. } => (*req, Outcome::File(Err(StorageFailure::Failed))),
            _ => return None,
        };
        Some(Input::Done { req, outcome })
    }

    fn execute(&mut self, effect: Effect) -> Option<Input> {
        if self.fail_at == Some(self.executed)
            && let Some(failed) = self.fail(&effect)
        {
            return Some(failed);
        }
        let done = |req, outcome| Some(Input::Done { req, outcome });
        match effect {
            Effect::Http { req, request } => {
                let result =
                    if self.online { Ok(self.server.handle(&request)) } else { Err(NetFailure::Offline) };
                let done = Input::Done { req, outcome: Outcome::Http(result) };
                if self.slow_path.is_some_and(|path| request.path == path) {
                    self.held.push(done);
                    return None;
                }
                Some(done)
            }
            Effect::KeyStore { req, op } => done(req, Outcome::Key(self.durable.key(op))),
            Effect::State { req, op: StateOp::Put { .. } | StateOp::Swap { .. } } if self.durable.full => {
                done(req, Outcome::State(Err(StorageFailure::Failed)))
            }
            Effect::State { req, op: op @ StateOp::Put { slot, .. } } if Some(slot) == self.slow_slot => {
                let outcome = Outcome::State(self.durable.state(op));
                self.held.push(Input::Done { req, outcome });
                None
            }
            Effect::State { req, op } => done(req, Outcome::State(self.durable.state(op))),
            Effect::File { req, op } => done(req, Outcome::File(self.durable.file(op))),
            Effect::Subscribe { req, .. } => {
                self.stream = Some(req);
                None
            }
            Effect::Unsubscribe { .. } => {
                self.stream = None;
                None
            }
            Effect::Answer { id, answer } => {
                assert!(self.answers.insert(id.0, answer).is_none(), "one answer per request");
                None
            }
            Effect::ShowDialog(dialog) => {
                *self.durable.shown.entry(dialog.code.clone()).or_default() += 1;
                self.dialogs.push(dialog);
                None
            }
            Effect::DismissDialog { code } => {
                self.dismissed.push(code);
                None
            }
            Effect::Authorize { req, url, .. } => {
                let came_back = (self.browser)(&url);
                done(req, Outcome::Browser(came_back))
            }
            Effect::OpenPage { url, context, add_account } => {
                self.pages.push((url, context, add_account));
                None
            }
            Effect::SetTimer { at } => {
                self.timer = Some(at);
                None
            }
            Effect::Companion(op) => {
                self.durable.companion = match op {
                    CompanionOp::Joined(account) => Some(account),
                    CompanionOp::Left => None,
                };
                None
            }
            Effect::RestartRequired => {
                self.restarts += 1;
                None
            }
            Effect::Log(line) => {
                self.logs.push(line);
                None
            }
        }
    }

    pub(crate) fn codes(&self) -> Vec<&str> {
        self.dialogs.iter().map(|dialog| dialog.code.as_str()).collect()
    }
}
