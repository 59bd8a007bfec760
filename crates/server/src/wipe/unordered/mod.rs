//! Wipes that nobody ordered: a condition of the policy demanded it, the user signed out, or the companion is gone. The
//! phone proves them with a receipt of the same kind, which ends the instance and frees the device.

mod sql;

use ringfence_messages::ReasonCode;
use ringfence_model::{InstanceId, TenantId, UnixMillis};
use ringfence_protocol::{
    Bytes, Refusal,
    problem::ProblemCode,
    wipe::{WipeCause, WipeOutcome, WipeReceipt, verify_receipt},
};

use serde_json::json;

use super::{PAGE_MAX, Wanted, ops::unknown};
use crate::{
    app::App,
    audit::{self, Record},
    authz::Sight,
    changes::{self, What},
    db::{Conn, DbError},
    http::ApiError,
    registration::{self, Instance, InstanceState},
    session::auth::problem,
};

/// The proof of a wipe without an order.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    /// The instance, which is over.
    pub(crate) instance: InstanceId,
    /// Why.
    pub(crate) cause: WipeCause,
    /// Reason code of the condition.
    pub(crate) reason: Option<String>,
    /// What came of it.
    pub(crate) outcome: WipeOutcome,
    /// As signed by the instance.
    pub(crate) receipt: Bytes,
    /// When it came.
    pub(crate) received_at: UnixMillis,
}

/// The receipt of an instance that wiped itself.
pub(crate) async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
) -> Result<Option<Receipt>, DbError> {
    sql::find(conn, tenant, instance).await
}

/// Receipts in sight with their instances, newest first. Those out of sight take no place: there are fewer than wanted
/// only at the end.
pub(crate) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    sight: &Sight,
    wanted: &Wanted<InstanceId>,
) -> Result<Vec<(Receipt, Option<Instance>)>, ApiError> {
    let mut after = None;
    if let Some(id) = wanted.after {
        let of = registration::ops::find(conn, tenant, id).await?;
        let last = if is_seen(sight, of.as_ref()) { sql::find(conn, tenant, id).await? } else { None };
        let last = last.ok_or_else(|| unknown("receipt", &id.to_string()))?;
        after = Some((last.received_at, last.instance));
    }
    let mut found = Vec::new();
    loop {
        let page = sql::list(conn, tenant, after, PAGE_MAX as i64).await?;
        let is_last = page.len() < PAGE_MAX;
        after = page.last().map(|(last, _)| (last.received_at, last.instance));
        found.extend(page.into_iter().filter(|(_, of)| is_seen(sight, of.as_ref())));
        if is_last || found.len() >= wanted.limit {
            found.truncate(wanted.limit);
            return Ok(found);
        }
    }
}

/// Whether the receipt of an instance is in sight.
pub(super) fn is_seen(sight: &Sight, of: Option<&Instance>) -> bool {
    of.map_or(sight.is_everything(), |of| sight.sees_user(of.user))
}

/// Takes a receipt that names no order. The same one again changes nothing.
pub(super) async fn receive(app: &App, bytes: &Bytes, claims: &WipeReceipt) -> Result<(), ApiError> {
    let (instance, known) = {
        let mut conn = app.db.read().await?;
        let instance = registration::ops::find(&mut conn, app.tenant, claims.instance).await?;
        let known = sql::find(&mut conn, app.tenant, claims.instance).await?;
        (instance, known)
    };
    let Some(instance) = instance else {
        return Err(problem(ProblemCode::NotFound, "there is no such app instance"));
    };
    let receipt = match verify_receipt(&bytes.0, &instance.public_key, app.tenant, instance.id) {
        Ok(receipt) => receipt,
        Err(error) => return refuse(app, &instance, &error).await,
    };
    if receipt.reason.as_ref().is_some_and(|reason| ReasonCode::parse(reason).is_err()) {
        return Err(problem(ProblemCode::Malformed, "`reason` is not a reason code"));
    }
    if known.is_some() { Ok(()) } else { accept(app, &instance, receipt, bytes).await }
}

async fn accept(app: &App, instance: &Instance, receipt: WipeReceipt, bytes: &Bytes) -> Result<(), ApiError> {
    let row = Receipt {
        instance: instance.id,
        cause: receipt.cause,
        reason: receipt.reason,
        outcome: receipt.outcome,
        receipt: bytes.clone(),
        received_at: app.env.now(),
    };
    let end = if row.cause == WipeCause::SignOut { InstanceState::Removed } else { InstanceState::Wiped };
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, app.tenant, What::Instances(vec![instance.id])).await?;
    if !sql::insert(&mut tx, app.tenant, &row).await? {
        return Ok(());
    }
    registration::ops::end(&mut tx, app, instance, end).await?;
    let actor = registration::ops::actor(app.tenant, instance.id, &instance.upn);
    let before = registration::ops::told(instance);
    let after =
        json!({ "state": end.as_str(), "cause": row.cause, "reason": row.reason, "outcome": row.outcome });
    let after = after.to_string();
    let record = Record {
        act: "wipe.receipt",
        object: format!("instance:{}", instance.id),
        before: Some(before.as_bytes()),
        after: Some(after.as_bytes()),
    };
    audit::ops::append(&mut tx, &app.env, &actor, record).await?;
    tx.commit().await?;
    app.phones.sessions.end(instance.id);
    app.changes.publish(change);
    Ok(())
}

/// A receipt that is not the instance's: counted, logged, audited, refused.
async fn refuse(app: &App, instance: &Instance, error: &Refusal) -> Result<(), ApiError> {
    app.phones.metrics.receipts_foreign.inc();
    tracing::warn!(claimed = %instance.id, %error, "a wipe receipt was refused");
    let actor = registration::ops::actor(app.tenant, instance.id, "");
    let mut tx = app.db.write().await?;
    let record =
        Record { act: "wipe.receipt", object: format!("instance:{}", instance.id), ..Record::default() };
    audit::ops::append_refusal(&mut tx, &app.env, &actor, record).await?;
    tx.commit().await?;
    Err(problem(ProblemCode::ReceiptForeign, "the receipt is not by the app instance that it names"))
}
