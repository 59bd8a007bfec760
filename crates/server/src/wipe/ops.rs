//! Ordering, cancelling, taking receipts.

use std::collections::BTreeSet;

use ringfence_model::{AccountId, InstanceId, TenantId, UnixMillis, UserId, WipeId};
use ringfence_protocol::{
    Bytes, Refusal,
    problem::ProblemCode,
    wipe::{WipeOrder, WipeOutcome, WipeReceipt, peek_receipt, verify_receipt},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    ORDER_LIFE, PAGE_MAX, TARGETS_MAX, Wanted, Wipe, WipeState,
    sql::{self, NewWipe},
    unordered,
};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Actor, Proof, Sight, act},
    changes::{self, What},
    db::{Conn, DbError, Tx},
    http::{ApiError, FieldProblem},
    registration::{self, Instance, InstanceState},
    session::auth::problem,
};

/// Reason code of a wipe that an administrator asked for.
pub(crate) const REQUESTED: &str = "wiped_by_administrator";

/// Which instances.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = WipeTarget)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Target {
    /// A user's id or sign-in name.
    pub(crate) user: Option<String>,
    /// Only this app.
    pub(crate) app: Option<String>,
    /// Only this device.
    pub(crate) device_tag: Option<String>,
    /// Exactly this instance.
    #[schema(value_type = Option<String>)]
    pub(crate) instance: Option<InstanceId>,
    /// Reason code shown to the user.
    pub(crate) reason: Option<String>,
}

pub(super) fn unknown(path: &str, value: &str) -> ApiError {
    let detail = format!("there is no such {path}");
    ApiError::not_found(detail).field(FieldProblem {
        path: path.to_owned(),
        value: Some(value.to_owned()),
        problem: "is not known".to_owned(),
        allowed: None,
    })
}

/// The instances that a wipe would reach.
pub(crate) async fn preview(
    conn: &mut Conn,
    tenant: TenantId,
    sight: &Sight,
    target: &Target,
) -> Result<Vec<Instance>, ApiError> {
    if let Some(id) = target.instance {
        let found = registration::ops::find(conn, tenant, id).await?;
        let active =
            found.filter(|found| found.state == InstanceState::Active && sight.sees_user(found.user));
        return active.map(|instance| vec![instance]).ok_or_else(|| unknown("instance", &id.to_string()));
    }
    let Some(user) = &target.user else {
        return Err(ApiError::invalid(vec![FieldProblem {
            path: "user".to_owned(),
            problem: "or `instance` must be given".to_owned(),
            ..FieldProblem::default()
        }]));
    };
    let person =
        registration::ops::find_person(conn, tenant, user).await?.filter(|found| sight.sees_user(found.id));
    let person = person.ok_or_else(|| unknown("user", user))?;
    let mut reached = registration::ops::list_active_of(conn, tenant, person.id).await?;
    reached.retain(|instance| {
        target.app.as_ref().is_none_or(|app| instance.app.id.eq_ignore_ascii_case(app))
            && target.device_tag.as_ref().is_none_or(|tag| instance.device_tag == *tag)
    });
    Ok(reached)
}

/// Orders the wipe of every instance that [`preview`] names. An instance that has an order already keeps that one.
pub(crate) async fn request(
    app: &App,
    proof: &Proof<act::RequestWipe>,
    target: &Target,
) -> Result<Vec<WipeId>, ApiError> {
    let reason = target.reason.clone().unwrap_or_else(|| REQUESTED.to_owned());
    if ringfence_messages::ReasonCode::parse(&reason).is_err() {
        return Err(ApiError::invalid(vec![FieldProblem {
            path: "reason".to_owned(),
            value: Some(reason),
            problem: "is not a reason code".to_owned(),
            allowed: Some(REQUESTED.to_owned()),
        }]));
    }
    let mut tx = app.db.write().await?;
    let sight = Sight::of(&mut tx, proof.tenant(), &proof.actor().scope).await?;
    if let Some(holder) = find_holder(&mut tx, proof.tenant(), target).await? {
        registration::ops::lock_instances(&mut tx, proof.tenant(), holder).await?;
    }
    let reached = preview(&mut tx, proof.tenant(), &sight, target).await?;
    if reached.len() > TARGETS_MAX {
        let detail =
            format!("this would reach {} app instances; at most {TARGETS_MAX} at once", reached.len());
        return Err(ApiError::bad_request("too_many_targets", detail));
    }
    if reached.is_empty() {
        return Ok(Vec::new());
    }
    let what = What::Instances(reached.iter().map(|instance| instance.id).collect());
    let change = changes::record(&mut tx, proof.tenant(), what).await?;
    let actor = proof.actor();
    let asked = Asked { actor, requested_by: &actor.name, reason: &reason, instead_of: None };
    let mut orders = Vec::with_capacity(reached.len());
    for instance in &reached {
        orders.push(order(&mut tx, app, &asked, instance, change.revision).await?);
    }
    tx.commit().await?;
    app.changes.publish(change);
    app.phones.follow(app).await?;
    Ok(orders)
}

/// The person whose instances a target names.
async fn find_holder(conn: &mut Conn, tenant: TenantId, target: &Target) -> Result<Option<UserId>, DbError> {
    if let Some(id) = target.instance {
        return Ok(registration::ops::find(conn, tenant, id).await?.map(|found| found.user));
    }
    let Some(user) = &target.user else { return Ok(None) };
    Ok(registration::ops::find_person(conn, tenant, user).await?.map(|found| found.id))
}

/// Gives what an instance had to carry out to the one that takes its place: registering again does not undo an order to
/// wipe. Call it before the old one ends, which supersedes its order; false when there was none.
pub(crate) async fn pass_on(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    old: InstanceId,
    new: &Instance,
    revision: i64,
) -> Result<bool, ApiError> {
    let Some(pending) = sql::find_pending_of(tx, actor.tenant, old, app.env.now()).await? else {
        return Ok(false);
    };
    let Some(pending) = sql::find(tx, actor.tenant, pending).await? else { return Ok(false) };
    let asked = Asked {
        actor,
        requested_by: &pending.requested_by,
        reason: &pending.reason,
        instead_of: Some(pending.id),
    };
    order(tx, app, &asked, new, revision).await?;
    Ok(true)
}

/// Who wants a wipe, and why.
struct Asked<'a> {
    actor: &'a Actor,
    requested_by: &'a str,
    reason: &'a str,
    /// The order of the instance before.
    instead_of: Option<WipeId>,
}

async fn order(
    tx: &mut Tx,
    app: &App,
    asked: &Asked<'_>,
    instance: &Instance,
    revision: i64,
) -> Result<WipeId, ApiError> {
    let (tenant, now, reason) = (asked.actor.tenant, app.env.now(), asked.reason);
    if let Some(known) = sql::find_pending_of(tx, tenant, instance.id, now).await? {
        return Ok(known);
    }
    let id = app.env.make_id(WipeId::make);
    let order = WipeOrder {
        tenant,
        order: id,
        account: AccountId(instance.user.0),
        instance: instance.id,
        app: instance.app.id.clone(),
        issued_at: now,
        expires_at: now.plus(ORDER_LIFE),
        reason: reason.to_owned(),
    };
    let signed = order.sign(&app.phones.signing.keys().signing).map_err(ApiError::internal)?;
    let after = json!({
        "order": id,
        "instance": instance.id,
        "user": instance.user,
        "app": instance.app.id,
        "platform": instance.app.platform,
        "deviceTag": instance.device_tag,
        "reason": reason,
        "expiresAt": order.expires_at,
        "insteadOf": asked.instead_of,
    });
    let after = after.to_string();
    let record = Record {
        act: "wipe.request",
        object: format!("instance:{}", instance.id),
        after: Some(after.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(tx, &app.env, asked.actor, record).await?;
    let wipe = NewWipe {
        id,
        instance: instance.id,
        user: instance.user,
        reason: reason.to_owned(),
        requested_by: asked.requested_by.to_owned(),
        requested_at: now,
        expires_at: order.expires_at,
        revision,
        order: signed,
    };
    sql::insert(tx, tenant, &wipe).await?;
    Ok(id)
}

/// Takes an order back. A phone that has it already may carry it out all the same; its receipt then says so.
pub(crate) async fn cancel(app: &App, proof: &Proof<act::RequestWipe>, id: WipeId) -> Result<(), ApiError> {
    let (tenant, now) = (proof.tenant(), app.env.now());
    let mut tx = app.db.write().await?;
    let wipe = sql::find(&mut tx, tenant, id).await?.ok_or_else(|| unknown("order", &id.to_string()))?;
    let change = changes::record(&mut tx, tenant, What::Instances(vec![wipe.instance])).await?;
    let pending = [WipeState::Pending];
    if !sql::update_state(&mut tx, tenant, id, &pending, WipeState::Cancelled, now, None).await? {
        let detail = format!("the order is {} and cannot be taken back", wipe.state.as_str());
        return Err(ApiError::conflict("wipe_not_pending", detail));
    }
    let told = |state: WipeState| {
        json!({ "instance": wipe.instance, "user": wipe.user, "state": state.as_str() }).to_string()
    };
    let (before, after) = (told(wipe.state), told(WipeState::Cancelled));
    let record = Record {
        act: "wipe.cancel",
        object: format!("wipe:{id}"),
        before: Some(before.as_bytes()),
        after: Some(after.as_bytes()),
    };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(app.phones.follow(app).await?)
}

/// Takes a receipt: signed by the instance that the order was for, or that wiped itself. The same receipt again changes
/// nothing.
pub(crate) async fn receive(app: &App, bytes: &Bytes) -> Result<(), ApiError> {
    let malformed = |error: &dyn std::fmt::Display| problem(ProblemCode::Malformed, error.to_string());
    let claims = peek_receipt(&bytes.0).map_err(|error| malformed(&error))?;
    let Some(order) = claims.order else { return unordered::receive(app, bytes, &claims).await };
    let mut conn = app.db.read().await?;
    let Some(wipe) = sql::find(&mut conn, app.tenant, order).await? else {
        return Err(problem(ProblemCode::NotFound, "there is no such order"));
    };
    drop(conn);
    let receipt = match verify_receipt(&bytes.0, &wipe.public_key, app.tenant, wipe.instance) {
        Ok(receipt) => receipt,
        Err(error) => return refuse(app, &wipe, &claims, &error).await,
    };
    if matches!(wipe.state, WipeState::Done) {
        return Ok(());
    }
    accept(app, &wipe, &receipt, bytes).await
}

async fn accept(app: &App, wipe: &Wipe, receipt: &WipeReceipt, bytes: &Bytes) -> Result<(), ApiError> {
    let state = match receipt.outcome {
        WipeOutcome::Wiped | WipeOutcome::NothingToWipe => WipeState::Done,
        WipeOutcome::Failed => WipeState::Failed,
    };
    let now = app.env.now();
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, app.tenant, What::Instances(vec![wipe.instance])).await?;
    // The proof counts whatever the order has become meanwhile: what is wiped is wiped.
    let from = [WipeState::Pending, WipeState::Failed, WipeState::Cancelled, WipeState::Superseded];
    if !sql::update_state(&mut tx, app.tenant, wipe.id, &from, state, now, Some(&bytes.0)).await? {
        return Ok(());
    }
    let instance = registration::ops::find(&mut tx, app.tenant, wipe.instance).await?;
    if let Some(instance) = &instance {
        registration::ops::end(&mut tx, app, instance, InstanceState::Wiped).await?;
    }
    let actor = registration::ops::actor(app.tenant, wipe.instance, &wipe.upn);
    let told = |state: WipeState| {
        json!({ "instance": wipe.instance, "user": wipe.user, "state": state.as_str() }).to_string()
    };
    let (before, after) = (told(wipe.state), told(state));
    let record = Record {
        act: "wipe.receipt",
        object: format!("wipe:{}", wipe.id),
        before: Some(before.as_bytes()),
        after: Some(after.as_bytes()),
    };
    audit::ops::append(&mut tx, &app.env, &actor, record).await?;
    tx.commit().await?;
    app.phones.sessions.end(wipe.instance);
    app.changes.publish(change);
    Ok(())
}

/// A receipt that is not the instance's: counted, logged, audited, refused.
async fn refuse(app: &App, wipe: &Wipe, claims: &WipeReceipt, error: &Refusal) -> Result<(), ApiError> {
    app.phones.metrics.receipts_foreign.inc();
    tracing::warn!(order = %wipe.id, claimed = %claims.instance, %error, "a wipe receipt was refused");
    let actor = registration::ops::actor(app.tenant, claims.instance, "");
    let mut tx = app.db.write().await?;
    let record = Record { act: "wipe.receipt", object: format!("wipe:{}", wipe.id), ..Record::default() };
    audit::ops::append_refusal(&mut tx, &app.env, &actor, record).await?;
    tx.commit().await?;
    Err(problem(
        ProblemCode::ReceiptForeign,
        "the receipt is not by the app instance that the order was given to",
    ))
}

/// Orders that an instance has to carry out, as signed.
pub(crate) async fn list_pending(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
    now: UnixMillis,
) -> Result<Vec<Bytes>, DbError> {
    sql::list_pending(conn, tenant, instance, now).await
}

/// Since when an instance has an order that it has not carried out.
pub(crate) async fn find_pending_since(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
    now: UnixMillis,
) -> Result<Option<UnixMillis>, DbError> {
    sql::find_pending_since(conn, tenant, instance, now).await
}

/// Ends the pending orders of an instance that is over.
pub(crate) async fn supersede(
    tx: &mut Tx,
    tenant: TenantId,
    instance: InstanceId,
    now: UnixMillis,
) -> Result<(), DbError> {
    sql::update_superseded(tx, tenant, instance, now).await
}

/// One order.
pub(crate) async fn get(
    conn: &mut Conn,
    tenant: TenantId,
    id: WipeId,
    now: UnixMillis,
) -> Result<Wipe, ApiError> {
    let wipe = sql::find(conn, tenant, id).await?.ok_or_else(|| unknown("order", &id.to_string()))?;
    Ok(aged(wipe, now))
}

/// Orders in sight, newest first. Those out of sight take no place: there are fewer than wanted only at the end.
pub(crate) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    sight: &Sight,
    wanted: &Wanted<WipeId>,
    now: UnixMillis,
) -> Result<Vec<Wipe>, ApiError> {
    let mut after = None;
    if let Some(id) = wanted.after {
        let last = sql::find(conn, tenant, id).await?.filter(|last| sight.sees_user(last.user));
        let last = last.ok_or_else(|| unknown("order", &id.to_string()))?;
        after = Some((last.requested_at, last.id));
    }
    let mut found = Vec::new();
    loop {
        let page = sql::list(conn, tenant, after, PAGE_MAX as i64).await?;
        let is_last = page.len() < PAGE_MAX;
        after = page.last().map(|last| (last.requested_at, last.id));
        found.extend(page.into_iter().filter(|wipe| sight.sees_user(wipe.user)).map(|wipe| aged(wipe, now)));
        if is_last || found.len() >= wanted.limit {
            found.truncate(wanted.limit);
            return Ok(found);
        }
    }
}

/// Every order of these instances, newest first.
pub(crate) async fn list_of(
    conn: &mut Conn,
    tenant: TenantId,
    instances: &BTreeSet<InstanceId>,
    now: UnixMillis,
) -> Result<Vec<Wipe>, DbError> {
    let only = if instances.len() == 1 { instances.first().copied() } else { None };
    let mut all = sql::list_of(conn, tenant, only).await?;
    all.retain(|wipe| instances.contains(&wipe.instance));
    Ok(all.into_iter().map(|wipe| aged(wipe, now)).collect())
}

fn aged(mut wipe: Wipe, now: UnixMillis) -> Wipe {
    if wipe.state == WipeState::Pending && wipe.expires_at <= now {
        wipe.state = WipeState::Expired;
    }
    wipe
}
