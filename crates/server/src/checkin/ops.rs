//! Working out what an instance gets.

use std::sync::{Arc, atomic::Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderValue;
use ringfence_model::{Millis, UnixMillis};
use ringfence_policy::targeting::Query;
use ringfence_protocol::checkin::{AccountState, CheckInReply};

use super::{CHECK_IN, Durable, Served, given::Given};
use crate::{
    app::App,
    db::Dialect,
    device,
    http::ApiError,
    session::Active,
    targeting::{Answer, Lease},
    wipe,
};

/// Rounds of looking again while other nodes write the same instance.
const ROUNDS: usize = 8;

/// What the instance gets now: from memory when nothing changed, else worked out.
pub(crate) async fn current(
    app: &App,
    active: &Arc<Active>,
    now: UnixMillis,
) -> Result<Arc<Served>, ApiError> {
    app.phones.catch_up(app).await?;
    if !active.stale.load(Ordering::Acquire)
        && let Some(served) = active.served.load_full()
        && now < served.renew_at
    {
        return Ok(served);
    }
    refresh(app, active, now).await
}

async fn refresh(app: &App, active: &Arc<Active>, now: UnixMillis) -> Result<Arc<Served>, ApiError> {
    let mut durable = active.durable.lock().await;
    for round in 0..ROUNDS {
        active.stale.store(false, Ordering::Release);
        let orders = orders(app, active).await?;
        let answer = answer(app, active);
        if answer.hash() != durable.content_hash {
            if round == 0 && app.db.dialect() == Dialect::Postgres {
                // Another node may be ahead: never give a version to a policy that is already replaced.
                app.phones.follow(app).await?;
                continue;
            }
            let wanted = next(&durable, &answer);
            let given = answer.content.as_deref().map(Given::of);
            let stored = app.phones.writer.version(active.id, wanted.clone(), given).await?;
            let agreed = stored == wanted;
            *durable = stored;
            if !agreed {
                // Another node knows something newer of this instance: learn it before answering.
                app.phones.follow(app).await?;
                continue;
            }
        }
        let served = Arc::new(served(app, &durable, answer, orders, now));
        active.served.store(Some(Arc::clone(&served)));
        return Ok(served);
    }
    Err(ApiError::new(
        axum::http::StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "the policy of this app is changing: try again",
    ))
}

fn answer(app: &App, active: &Active) -> Answer {
    let facts = active.facts.load();
    let query = Query { facts: &facts, ..Query::new(&active.app, active.management) };
    let answer = app.phones.memory.answer(active.user, &active.upn, &query);
    if active.userless.load(Ordering::Acquire) { answer.without_user() } else { answer }
}

/// The version of a content that differs from the stored one.
pub(crate) fn next(durable: &Durable, answer: &Answer) -> Durable {
    let since = answer.content.as_ref().map_or(0, |content| content.since);
    let version = if since > durable.version { since } else { answer.revision.max(durable.version + 1) };
    Durable { version, content_hash: answer.hash() }
}

/// Pending orders; looks at the device record as well, because whatever changes either says so in the same way.
async fn orders(app: &App, active: &Active) -> Result<Vec<ringfence_protocol::Bytes>, ApiError> {
    if !active.orders_stale.swap(false, Ordering::AcqRel)
        && let Some(served) = active.served.load_full()
    {
        return Ok(served.orders.clone());
    }
    let read = async {
        let mut conn = app.db.read().await?;
        let device = device::ops::find(&mut conn, app.tenant, &active.device_tag).await?;
        active.userless.store(device.is_some_and(|device| device.is_userless()), Ordering::Release);
        wipe::ops::list_pending(&mut conn, app.tenant, active.id, app.env.now()).await
    };
    Ok(read.await.inspect_err(|_| active.orders_stale.store(true, Ordering::Release))?)
}

fn served(
    app: &App,
    durable: &Durable,
    answer: Answer,
    orders: Vec<ringfence_protocol::Bytes>,
    now: UnixMillis,
) -> Served {
    let lease = Lease::at(now, app.phones.lease());
    let keyset = app.phones.signing.keys().version;
    let mut named = format!(
        "{:?} {} {} {keyset}",
        answer.state,
        if answer.content.is_some() { durable.version } else { 0 },
        durable.content_hash,
    );
    if answer.content.is_some() {
        named.push_str(&format!(" {}", lease.name()));
    }
    let mut bytes = named.into_bytes();
    for order in &orders {
        bytes.extend_from_slice(digest(&SHA256, &order.0).as_ref());
    }
    let tag = hex::encode(digest(&SHA256, &bytes)).chars().take(32).collect::<String>();
    Served {
        etag: HeaderValue::from_str(&format!("\"{tag}\"")).unwrap_or(HeaderValue::from_static("\"\"")),
        state: answer.state,
        version: durable.version,
        content: answer.content,
        content_hash: durable.content_hash.clone(),
        orders,
        keyset,
        renew_at: lease.renew_at(),
    }
}

/// The whole answer for a phone that does not have it.
pub(crate) fn reply(app: &App, served: &Served, now: UnixMillis) -> Result<CheckInReply, ApiError> {
    let keys = app.phones.signing.keys();
    let lease = app.phones.lease();
    let signed = match &served.content {
        Some(content) => Some(
            content
                .sign(app.tenant, &keys, served.version.unsigned_abs(), now, Lease::at(now, lease))
                .map_err(ApiError::internal)?,
        ),
        None => None,
    };
    let until_renewal = match served.state {
        AccountState::Protected => served.renew_at.since(now),
        _ => CHECK_IN,
    };
    Ok(CheckInReply {
        server_time: now,
        state: served.state,
        bundle: signed.as_ref().map(|signed| signed.bytes.clone()),
        bundle_hash: signed.as_ref().map(|signed| signed.hash),
        keyset: Some(keys.keyset.clone()),
        orders: served.orders.clone(),
        next_check_in: CHECK_IN.min(until_renewal).max(Millis::from_secs(1)),
    })
}

/// Whether the instance would be answered something else than before; cheap, and right for everything but orders.
pub(crate) fn differs(app: &App, active: &Active) -> bool {
    let Some(served) = active.served.load_full() else { return true };
    if active.orders_stale.load(Ordering::Acquire) || served.keyset != app.phones.signing.keys().version {
        return true;
    }
    let answer = answer(app, active);
    answer.state != served.state || answer.hash() != served.content_hash
}
