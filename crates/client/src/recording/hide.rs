//! Inputs and effects without what must not leave the phone.
//!
//! Both are hidden with the same names, so that a core that is given the hidden inputs gives effects that are hidden to
//! the same. Every kind of input and effect is written out here: a new one does not compile until it is decided what a
//! recording may keep of it.

use crate::{
    Action, Answer, AppRequest, CompanionOp, Credential, DocumentEntry, Effect, FileOp, FileReply, HttpReply,
    HttpRequest, Input, KeyOp, KeyReply, LogRecord, OtherApp, Outcome, PhoneFacts, Pin, Refusal,
    SharedAccount, StateOp, Testimony, browse,
    recording::{
        body::{self, SECRET},
        names::Names,
        shape,
    },
};
use ringfence_messages::Dialog;
use serde_json::Value;

/// Hides. One per process of an app; a replay has one that finds nothing left to hide.
#[derive(Debug)]
pub(super) struct Hider {
    names: Names,
}

/// Headers of replies that the core looks at and that are no proof.
const HEADERS: [&str; 2] = ["etag", "content-type"];
/// Headers that prove something.
const PROOFS: [&str; 3] =
    ["authorization", ringfence_protocol::request::SESSION_HEADER, ringfence_protocol::request::REPLY_HEADER];

impl Hider {
    pub(super) fn new() -> Self {
        Self { names: Names::default() }
    }

    pub(super) fn for_replay() -> Self {
        Self { names: Names::as_they_are() }
    }

    fn document(&mut self, name: &str) -> String {
        self.names.document(name)
    }

    fn person(&mut self, name: &str) -> String {
        self.names.person(name)
    }

    fn text(&self, text: &str) -> String {
        self.names.text(text)
    }

    fn body(&mut self, bytes: &[u8]) -> Vec<u8> {
        body::hidden(&mut self.names, bytes)
    }

    fn path(&mut self, path: &str) -> String {
        match path.split_once('/') {
            Some((folder, name)) => format!("{folder}/{}", self.document(name)),
            None => self.document(path),
        }
    }

    /// A result as a recording keeps it.
    pub(super) fn result(&mut self, mut result: Testimony) -> Testimony {
        if result.of == browse::PAGE
            && let Some(site) = result.result.pointer("/0/args/site").and_then(Value::as_str)
        {
            self.names.site(site);
        }
        self.value(&mut result.result);
        result
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.names.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.value(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// An input as a recording keeps it.
    pub(super) fn input(&mut self, input: &Input) -> Input {
        match input {
            Input::Boot
            | Input::Foreground
            | Input::Background
            | Input::Tick
            | Input::Connectivity(_)
            | Input::RemoveAccount
            | Input::PushHint
            | Input::StreamEnded { .. }
            | Input::Biometric { .. }
            | Input::ChangePin
            | Input::DialogAnswer { .. } => input.clone(),
            // Which apps a person has is nobody's business: what was concluded from the list is attested.
            Input::Facts(facts) => Input::Facts(Box::new(PhoneFacts {
                installed: Vec::new(),
                schemes: Vec::new(),
                companion_account: facts.companion_account.as_ref().map(|account| self.account(account)),
                ..facts.as_ref().clone()
            })),
            Input::SignIn { user_principal_name, credential } => Input::SignIn {
                // Nobody is named where the provider tells the name.
                user_principal_name: if user_principal_name.is_empty() {
                    String::new()
                } else {
                    self.person(user_principal_name)
                },
                credential: match credential {
                    Credential::Password(_) => Credential::Password(SECRET.to_owned()),
                    Credential::PasswordAndCode { .. } => {
                        Credential::PasswordAndCode { password: SECRET.to_owned(), code: SECRET.to_owned() }
                    }
                    Credential::Companion => Credential::Companion,
                    Credential::Legacy(_) => Credential::Legacy(SECRET.to_owned()),
                    Credential::Provider { provider, .. } => Credential::Provider {
                        provider: self.text(provider),
                        redirect_uri: SECRET.to_owned(),
                    },
                    Credential::Token { account, .. } => {
                        Credential::Token { access_token: SECRET.to_owned(), account: *account }
                    }
                },
            },
            Input::PinEntered(_) => Input::PinEntered(Pin(SECRET.to_owned().into())),
            Input::Request { id, request } => Input::Request { id: *id, request: self.request(request) },
            Input::Done { req, outcome } => Input::Done { req: *req, outcome: self.outcome(outcome) },
        }
    }

    fn account(&mut self, account: &SharedAccount) -> SharedAccount {
        let user_principal_name = self.person(&account.user_principal_name);
        SharedAccount { user_principal_name, ..account.clone() }
    }

    fn request(&mut self, request: &AppRequest) -> AppRequest {
        match request {
            AppRequest::Create { identity, name, content } => AppRequest::Create {
                identity: *identity,
                name: self.document(name),
                content: shape::hidden(content),
            },
            AppRequest::Write { identity, name, content } => AppRequest::Write {
                identity: *identity,
                name: self.document(name),
                content: shape::hidden(content),
            },
            AppRequest::Read { identity, name } => {
                AppRequest::Read { identity: *identity, name: self.document(name) }
            }
            AppRequest::Delete { identity, name } => {
                AppRequest::Delete { identity: *identity, name: self.document(name) }
            }
            AppRequest::MayI { identity, action } => {
                AppRequest::MayI { identity: *identity, action: hidden_action(action) }
            }
            AppRequest::Send { identity, name, action } => AppRequest::Send {
                identity: *identity,
                name: self.document(name),
                action: hidden_action(action),
            },
            AppRequest::Receive { action, bytes, tag, name, identity } => AppRequest::Receive {
                action: hidden_action(action),
                bytes: shape::hidden(bytes),
                tag: *tag,
                name: self.document(name),
                identity: *identity,
            },
            AppRequest::Navigate { url, context, page } => {
                AppRequest::Navigate { url: self.names.place(url), context: *context, page: *page }
            }
            // Which apps a person has is not kept; what the chooser offered is attested.
            AppRequest::Choose { identity, way, candidates } => {
                AppRequest::Choose { identity: *identity, way: *way, candidates: unnamed(candidates) }
            }
            AppRequest::Sources { identity, candidates } => {
                AppRequest::Sources { identity: *identity, candidates: unnamed(candidates) }
            }
            AppRequest::Show { .. }
            | AppRequest::List
            | AppRequest::Status
            | AppRequest::Sync
            | AppRequest::BrowserHome => request.clone(),
        }
    }

    fn outcome(&mut self, outcome: &Outcome) -> Outcome {
        match outcome {
            Outcome::Http(Ok(reply)) => Outcome::Http(Ok(HttpReply {
                status: reply.status,
                headers: reply.headers.iter().filter_map(|(name, value)| reply_header(name, value)).collect(),
                body: self.body(&reply.body),
            })),
            Outcome::Key(Ok(KeyReply::Bytes(bytes))) => {
                Outcome::Key(Ok(KeyReply::Bytes(vec![0; bytes.len()])))
            }
            Outcome::State(Ok(Some(bytes))) => Outcome::State(Ok(Some(self.body(bytes)))),
            Outcome::File(Ok(FileReply::Bytes(bytes))) => {
                Outcome::File(Ok(FileReply::Bytes(shape::hidden(bytes))))
            }
            Outcome::File(Ok(FileReply::Names(names))) => {
                Outcome::File(Ok(FileReply::Names(names.iter().map(|name| self.document(name)).collect())))
            }
            // Code and state are in it; what was concluded is attested.
            Outcome::Browser(Some(_)) => Outcome::Browser(Some(SECRET.to_owned())),
            Outcome::Browser(None)
            | Outcome::Http(Err(_))
            | Outcome::Key(Ok(KeyReply::PublicKey(_) | KeyReply::Changed(_)) | Err(_))
            | Outcome::State(Ok(None) | Err(_))
            | Outcome::File(Ok(FileReply::Done) | Err(_)) => outcome.clone(),
        }
    }

    /// An effect as a recording keeps it.
    pub(super) fn effect(&mut self, effect: &Effect) -> Effect {
        match effect {
            Effect::Http { req, request } => Effect::Http { req: *req, request: self.http(request) },
            Effect::Subscribe { req, request } => {
                Effect::Subscribe { req: *req, request: self.http(request) }
            }
            Effect::KeyStore { req, op } => Effect::KeyStore { req: *req, op: hidden_key_op(op) },
            Effect::State { req, op: StateOp::Put { slot, bytes } } => {
                Effect::State { req: *req, op: StateOp::Put { slot, bytes: self.body(bytes) } }
            }
            Effect::State { req, op: StateOp::Swap { slot, was, bytes } } => {
                let was = was.as_ref().map(|was| self.body(was));
                Effect::State { req: *req, op: StateOp::Swap { slot, was, bytes: self.body(bytes) } }
            }
            Effect::File { req, op } => Effect::File { req: *req, op: self.file_op(op) },
            Effect::Answer { id, answer } => Effect::Answer { id: *id, answer: self.answer(answer) },
            Effect::ShowDialog(dialog) => Effect::ShowDialog(self.dialog(dialog)),
            Effect::Log(line) => Effect::Log(LogRecord { detail: self.text(&line.detail), ..line.clone() }),
            Effect::Companion(CompanionOp::Joined(account)) => {
                Effect::Companion(CompanionOp::Joined(self.account(account)))
            }
            Effect::Authorize { req, .. } => {
                Effect::Authorize { req: *req, url: SECRET.to_owned(), redirect_uri: SECRET.to_owned() }
            }
            Effect::OpenPage { url, context, add_account } => {
                Effect::OpenPage { url: self.names.place(url), context: *context, add_account: *add_account }
            }
            Effect::Unsubscribe { .. }
            | Effect::State { op: StateOp::Get { .. } | StateOp::Delete { .. }, .. }
            | Effect::DismissDialog { .. }
            | Effect::SetTimer { .. }
            | Effect::Companion(CompanionOp::Left)
            | Effect::RestartRequired => effect.clone(),
        }
    }

    fn http(&mut self, request: &HttpRequest) -> HttpRequest {
        let proof = |name: &str| PROOFS.iter().any(|proof| proof.eq_ignore_ascii_case(name));
        let shown = |(name, value): &(String, String)| {
            (name.clone(), if proof(name) { SECRET.to_owned() } else { value.clone() })
        };
        HttpRequest {
            method: request.method,
            path: self.text(&request.path),
            headers: request.headers.iter().map(shown).collect(),
            body: self.body(&request.body),
        }
    }

    fn file_op(&mut self, op: &FileOp) -> FileOp {
        match op {
            FileOp::Write { path, bytes, new } => {
                FileOp::Write { path: self.path(path), bytes: shape::hidden(bytes), new: *new }
            }
            FileOp::Read { path } => FileOp::Read { path: self.path(path) },
            FileOp::Delete { path } => FileOp::Delete { path: self.path(path) },
            FileOp::List { folder } => FileOp::List { folder },
        }
    }

    fn answer(&mut self, answer: &Answer) -> Answer {
        match answer {
            Answer::Content(bytes) => Answer::Content(shape::hidden(bytes)),
            Answer::Documents(entries) => Answer::Documents(
                entries
                    .iter()
                    .map(|entry| DocumentEntry { identity: entry.identity, name: self.document(&entry.name) })
                    .collect(),
            ),
            Answer::Outgoing { bytes, sealed, tag, decision } => Answer::Outgoing {
                bytes: shape::hidden(bytes),
                sealed: *sealed,
                tag: *tag,
                decision: decision.clone(),
            },
            Answer::Received { identity, name, decision } => Answer::Received {
                identity: *identity,
                name: self.document(name),
                decision: decision.clone(),
            },
            Answer::Status(status) => {
                let mut status = status.clone();
                status.user_principal_name = status.user_principal_name.map(|name| self.person(&name));
                status.registered_account = status.registered_account.map(|name| self.person(&name));
                Answer::Status(status)
            }
            Answer::Refused(refusal) => Answer::Refused(Box::new(Refusal {
                reason: refusal.reason,
                dialog: self.dialog(&refusal.dialog),
                decision: refusal.decision.clone(),
            })),
            Answer::Page(page) => {
                let mut page = page.clone();
                page.dialog = page.dialog.map(|dialog| self.dialog(&dialog));
                Answer::Page(page)
            }
            Answer::Choices(apps) => Answer::Choices(unnamed(apps)),
            Answer::Done | Answer::Decision(_) | Answer::Failed(_) | Answer::BrowserHome(_) => answer.clone(),
        }
    }

    fn dialog(&self, dialog: &Dialog) -> Dialog {
        Dialog { title: self.text(&dialog.title), body: self.text(&dialog.body), ..dialog.clone() }
    }
}

fn reply_header(name: &str, value: &str) -> Option<(String, String)> {
    let lower = name.to_ascii_lowercase();
    if PROOFS.iter().any(|proof| proof.eq_ignore_ascii_case(&lower)) {
        return Some((name.to_owned(), SECRET.to_owned()));
    }
    HEADERS.contains(&lower.as_str()).then(|| (name.to_owned(), value.to_owned()))
}

fn hidden_action(action: &Action) -> Action {
    match action {
        // Where people go is not kept; what was decided about it is attested.
        Action::Link { with, .. } => Action::Link { url: String::new(), with: with.clone() },
        _ => action.clone(),
    }
}

fn unnamed(apps: &[OtherApp]) -> Vec<OtherApp> {
    apps.iter().map(|_| OtherApp::unnamed()).collect()
}

fn hidden_key_op(op: &KeyOp) -> KeyOp {
    let zeros = |bytes: &Vec<u8>| vec![0; bytes.len()];
    match op {
        KeyOp::Sign { alias, message } => KeyOp::Sign { alias: alias.clone(), message: zeros(message) },
        KeyOp::Seal { alias, context, plain } => {
            KeyOp::Seal { alias: alias.clone(), context: context.clone(), plain: zeros(plain) }
        }
        KeyOp::Unseal { alias, context, sealed } => {
            KeyOp::Unseal { alias: alias.clone(), context: context.clone(), sealed: zeros(sealed) }
        }
        KeyOp::MakeSignKey { .. } | KeyOp::MakeSealKey { .. } | KeyOp::Destroy { .. } => op.clone(),
    }
}
