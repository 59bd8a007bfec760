//! Status reports (protocol §7): which version this instance obeys, and what blocks it.

use ringfence_messages::ReasonCode;
use ringfence_protocol::status::StatusReport;
use serde::{Deserialize, Serialize};

use crate::{
    core::State,
    flow::{Cx, Lane},
    gate,
    log::LogLevel,
    notes, policy_store,
    session::{self, Call},
    state::PolicyRecord,
};

const PATH: &str = "/phone/v1/status";

/// What the server has been told last. Durable: a block that ended with the process, because the phone was updated or
/// restarted, has to be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    /// Names of reasons; another core may know other ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<String>,
    /// The same of warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

fn names(reasons: impl IntoIterator<Item = ReasonCode>) -> Vec<String> {
    reasons.into_iter().map(|reason| reason.as_str().to_owned()).collect()
}

/// Reports unless the server knows already. A report that fails is made again after the next check-in.
pub(crate) async fn report(cx: &Cx) {
    let _lane = cx.enter(Lane::Status).await;
    let mut told = None;
    // The number is durable before it is used, so that no two reports ever carry the same one.
    let numbered = policy_store::change(cx, |state| {
        let (record, now) = next(state)?;
        told = Some(now);
        Some(record)
    });
    let (true, Some(told)) = (numbered.await, told) else { return };
    let Some(report) = cx.with(|state| make(state, &told)) else { return };
    match session::call(cx, Call::post(PATH, &report)).await {
        Ok(reply) if reply.status == 204 => {
            reported(cx, &report, told).await;
            notes::reported(cx, &report.dialogs).await;
        }
        Ok(reply) => cx.log(LogLevel::Warn, "status_refused", reply.status.to_string()),
        Err(error) => cx.log(LogLevel::Warn, "status_failed", error.code()),
    }
}

fn next(state: &State) -> Option<(PolicyRecord, Told)> {
    if !state.may_check_in() {
        return None;
    }
    let mut record = state.policy.clone()?;
    let version = version(state);
    let mut blocked_by: Vec<ReasonCode> = state.refusals.iter().copied().collect();
    blocked_by.extend(gate::withheld(state).map(|(reason, _)| reason));
    let told = Told { blocked_by: names(blocked_by), warnings: names(gate::warnings(state)) };
    let known = record.reported_version == Some(version) && record.reported.as_ref() == Some(&told);
    if known && !state.notes.has_news() {
        return None;
    }
    record.status_sequence = record.status_sequence.saturating_add(1);
    Some((record, told))
}

/// The version obeyed; 0 for none.
fn version(state: &State) -> u64 {
    state.obeyed.as_ref().map_or(0, |obeyed| obeyed.version)
}

fn make(state: &State, told: &Told) -> Option<StatusReport> {
    Some(StatusReport {
        sequence: state.policy.as_ref()?.status_sequence,
        obeyed_version: version(state),
        content_hash: state.obeyed.as_ref().map(|obeyed| obeyed.content_hash),
        blocked_by: told.blocked_by.clone(),
        warnings: told.warnings.clone(),
        dialogs: state.notes.dialogs.clone(),
        companion_version: state.facts.as_ref()?.device.companion_version,
        app_version: state.config.app_version,
        sdk_version: state.config.sdk_version,
        os_version: state.facts.as_ref()?.device.os_version,
        at: state.clock.now(),
    })
}

/// The server knows now, unless the record has become another account's meanwhile.
async fn reported(cx: &Cx, report: &StatusReport, told: Told) {
    policy_store::change(cx, |state| {
        let mut record = state.policy.clone().filter(|record| record.status_sequence == report.sequence)?;
        if record.reported_version == Some(report.obeyed_version) && record.reported.as_ref() == Some(&told) {
            return None;
        }
        record.reported_version = Some(report.obeyed_version);
        record.reported = Some(told);
        Some(record)
    })
    .await;
}
