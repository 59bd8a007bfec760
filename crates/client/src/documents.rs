//! Documents: work documents sealed under the account's keys, personal ones as they are.

use ringfence_messages::{Args, ReasonCode};
use ringfence_vault::container;

use crate::{
    access, browse, chooser,
    core::State,
    dialogs,
    effect::{Effect, FileOp},
    flow::Cx,
    gate, identity,
    input::{FileReply, StorageFailure},
    keys, legacy,
    log::LogLevel,
    names::{self, Drawn},
    request::{Answer, AppRequest, CoreStatus, DocumentEntry, Failure, Identity, Refusal, RequestId},
    transfer,
};

/// Largest document of one request.
pub(crate) const MAX_DOCUMENT: usize = 256 * 1024 * 1024;

/// Why a request was not served.
pub(crate) enum Stop {
    /// A rule: tell the user.
    Withheld(ReasonCode, Args),
    /// It cannot be done.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Serves one request of the app; always ends in exactly one answer.
pub(crate) async fn serve(cx: Cx, id: RequestId, request: AppRequest) {
    cx.until(|state| state.booted.then_some(())).await;
    access::refresh(&cx).await;
    let answer = match answer(&cx, request).await {
        Ok(answer) => answer,
        Err(Stop::Failed(failure)) => Answer::Failed(failure),
        Err(Stop::Withheld(reason, args)) => {
            dialogs::show_with(&cx, reason, &args);
            let dialog = cx.with(|state| dialogs::make(state, reason, &args));
            Answer::Refused(Box::new(Refusal { reason, dialog, decision: None }))
        }
    };
    cx.emit(Effect::Answer { id, answer });
}

async fn answer(cx: &Cx, mut request: AppRequest) -> Result<Answer, Stop> {
    if cx.with(|state| legacy::without_identity(state)) {
        legacy::as_personal(&mut request);
    } else if cx.with(|state| !state.config.identities.multi) {
        identity::as_work(&mut request);
    }
    match request {
        AppRequest::Create { identity, name, content } => write(cx, identity, &name, content, true).await,
        AppRequest::Write { identity, name, content } => write(cx, identity, &name, content, false).await,
        AppRequest::Read { identity, name } => read(cx, identity, &name).await.map(Answer::Content),
        AppRequest::Delete { identity, name } => delete(cx, identity, &name).await,
        AppRequest::List => list(cx).await,
        AppRequest::MayI { identity, action } => transfer::may_i(cx, identity, &action),
        AppRequest::Choose { identity, way, candidates } => chooser::choose(cx, identity, way, candidates),
        AppRequest::Sources { identity, candidates } => chooser::sources(cx, identity, candidates),
        AppRequest::Show { identity } => identity::show(cx, identity),
        AppRequest::Send { identity, name, action } => transfer::send(cx, identity, &name, &action).await,
        AppRequest::Receive { action, bytes, tag, name, identity } => {
            transfer::receive(cx, transfer::Incoming { action, bytes, tag, name, identity }).await
        }
        AppRequest::Navigate { url, context, page } => browse::navigate(cx, &url, context, page),
        AppRequest::BrowserHome => browse::home(cx),
        AppRequest::Status => Ok(Answer::Status(Box::new(cx.with(|state| status(state))))),
        AppRequest::Sync => {
            crate::checkin::check_in_now(cx.clone()).await;
            Ok(Answer::Done)
        }
    }
}

/// Stops when work data is withheld at present.
pub(crate) fn pass(cx: &Cx, identity: Identity) -> Result<(), Stop> {
    if identity == Identity::Personal {
        return Ok(());
    }
    match cx.with(|state| gate::withheld(state)) {
        None => {
            cx.spawn(access::touch(cx.clone(), false));
            Ok(())
        }
        Some((reason, args)) => Err(Stop::Withheld(reason, args)),
    }
}

async fn write(cx: &Cx, identity: Identity, name: &str, content: Vec<u8>, new: bool) -> Result<Answer, Stop> {
    let path = names::document_path(identity, name)?;
    if content.len() > MAX_DOCUMENT {
        return Err(Failure::TooLarge.into());
    }
    let bytes = protect(cx, identity, content).await?;
    // Asked again after the keys came: a wipe or block may have begun meanwhile, and nothing waits from here on.
    pass(cx, identity)?;
    match cx.file(FileOp::Write { path, bytes, new }).await {
        Ok(_) => Ok(Answer::Done),
        Err(StorageFailure::Exists) => Err(Failure::Exists.into()),
        Err(StorageFailure::Missing | StorageFailure::Changed | StorageFailure::Failed) => {
            Err(Failure::Broken.into())
        }
    }
}

/// The bytes as they may lie on the disk.
async fn protect(cx: &Cx, identity: Identity, content: Vec<u8>) -> Result<Vec<u8>, Stop> {
    pass(cx, identity)?;
    if identity == Identity::Personal {
        return Ok(content);
    }
    let ring = keys::unlock(cx).await?;
    let random = cx.random::<64>().await;
    let mut drawn = Drawn::new(&random);
    container::seal(&ring, &mut |out| drawn.fill(out), &content).map_err(|error| {
        cx.log(LogLevel::Error, "seal_failed", error.code());
        Failure::Broken.into()
    })
}

pub(crate) async fn read(cx: &Cx, identity: Identity, name: &str) -> Result<Vec<u8>, Stop> {
    let path = names::document_path(identity, name)?;
    pass(cx, identity)?;
    let bytes = match cx.file(FileOp::Read { path }).await {
        Ok(FileReply::Bytes(bytes)) => bytes,
        Err(StorageFailure::Missing) => return Err(Failure::NotFound.into()),
        Ok(FileReply::Done | FileReply::Names(_))
        | Err(StorageFailure::Exists | StorageFailure::Changed | StorageFailure::Failed) => {
            return Err(Failure::Broken.into());
        }
    };
    if identity == Identity::Personal {
        return Ok(bytes);
    }
    let ring = keys::unlock(cx).await?;
    pass(cx, identity)?;
    let open = || container::open(&ring, &bytes).map_err(|error| error.code().to_owned());
    cx.with(|state| state.witness.content("document", open)).map_err(|code| {
        cx.log(LogLevel::Error, "open_failed", code);
        Failure::Unreadable.into()
    })
}

/// Writes what came from elsewhere; an existing document is replaced.
pub(crate) async fn store(cx: &Cx, identity: Identity, name: &str, content: Vec<u8>) -> Result<(), Stop> {
    write(cx, identity, name, content, false).await.map(drop)
}

async fn delete(cx: &Cx, identity: Identity, name: &str) -> Result<Answer, Stop> {
    let path = names::document_path(identity, name)?;
    pass(cx, identity)?;
    match cx.file(FileOp::Delete { path }).await {
        Ok(_) => Ok(Answer::Done),
        Err(StorageFailure::Missing) => Err(Failure::NotFound.into()),
        Err(StorageFailure::Exists | StorageFailure::Changed | StorageFailure::Failed) => {
            Err(Failure::Broken.into())
        }
    }
}

async fn list(cx: &Cx) -> Result<Answer, Stop> {
    let mut entries = Vec::new();
    for identity in [Identity::Work, Identity::Personal] {
        match cx.file(FileOp::List { folder: identity.folder() }).await {
            Ok(FileReply::Names(names)) => {
                entries.extend(names.into_iter().map(|name| DocumentEntry { identity, name }));
            }
            Err(StorageFailure::Missing) => {}
            Ok(FileReply::Done | FileReply::Bytes(_))
            | Err(StorageFailure::Exists | StorageFailure::Changed | StorageFailure::Failed) => {
                return Err(Failure::Broken.into());
            }
        }
    }
    Ok(Answer::Documents(entries))
}

fn status(state: &State) -> CoreStatus {
    let withheld = gate::withheld(state).map(|(reason, _)| reason);
    let record = state.instance.as_ref();
    CoreStatus {
        state: gate::protection(state),
        user_principal_name: record.map(|record| record.user_principal_name.clone()),
        registered_account: state.registered_elsewhere.clone(),
        on_screen: identity::on_screen(state),
        organisation: state.server.as_ref().map(|server| server.name.clone()),
        instance: record.and_then(|record| record.instance).map(|id| id.to_string()),
        obeyed_version: state.obeyed.as_ref().map(|obeyed| obeyed.version),
        now: state.clock.now(),
        lease_ends_at: state.obeyed.as_ref().map(|obeyed| obeyed.lease_ends_at),
        last_check_in_at: state.clock.checked_in_at(),
        blocked_by: withheld.into_iter().chain(state.refusals.iter().copied()).collect(),
        managed_apps: state.obeyed.as_ref().map(|obeyed| obeyed.managed_apps.clone()).unwrap_or_default(),
        restart_pending: state.policy.as_ref().is_some_and(|record| record.restart_pending),
        access_open_for: access::open_for(state),
    }
}
