//! Beginning a session: a signed Diffie–Hellman with a registered instance.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
};

use arc_swap::{ArcSwap, ArcSwapOption};
use ringfence_model::SessionId;
use ringfence_protocol::{
    Bytes,
    problem::ProblemCode,
    session::{MAX_SESSION, Responder, peek_hello},
};
use tokio::sync::watch;

use super::{Active, auth::problem};
use crate::{
    app::App,
    checkin::Durable,
    db::Dialect,
    http::ApiError,
    registration::{self, Instance, InstanceState},
};

/// Verifies a hello, remembers the session, answers with the server's half.
pub(crate) async fn begin(app: &App, hello: &Bytes) -> Result<Bytes, ApiError> {
    let invalid = |error: &dyn std::fmt::Display| problem(ProblemCode::ProofInvalid, error.to_string());
    let claims = peek_hello(&hello.0).map_err(|error| invalid(&error))?;
    let refused =
        || problem(ProblemCode::InstanceRefused, "this app instance is not registered here: register anew");
    if claims.tenant != app.tenant {
        return Err(refused());
    }
    let mut conn = app.db.read().await?;
    let Some(instance) = registration::ops::find(&mut conn, app.tenant, claims.instance).await? else {
        return Err(refused());
    };
    drop(conn);
    let keys = app.phones.signing.keys();
    let responder = Responder {
        tenant: app.tenant,
        instance: instance.id,
        instance_key: &instance.public_key,
        signing_key: &keys.signing,
        now: app.env.now(),
    };
    let id = app.env.make_id(SessionId::make);
    let mut entropy = |bytes: &mut [u8]| app.env.fill(bytes);
    let (reply, established) =
        responder.respond(&hello.0, id, MAX_SESSION, &mut entropy).map_err(|error| invalid(&error))?;
    // Only the holder of the key learns what became of the instance.
    if instance.state != InstanceState::Active {
        return Err(problem(ProblemCode::InstanceRefused, instance.state.sentence()));
    }
    let told = registration::graph::find_told(&mut *app.db.read().await?, app.tenant, instance.id).await?;
    let instance = told.unwrap_or(instance);
    let expires_at = established.reply.expires_at;
    let session =
        app.phones.sessions.insert(id, established.keys, expires_at, || active(&instance), instance.id);
    // The phone may come from another node, which may have told it more than this one knew of it.
    if app.db.dialect() == Dialect::Postgres {
        app.phones.follow(app).await?;
    }
    let mut durable = session.active.durable.lock().await;
    if instance.version > durable.version {
        *durable = stored(&instance);
    }
    drop(durable);
    session.active.orders_stale.store(true, Ordering::Release);
    session.active.mark_stale();
    // Whoever ended the instance meanwhile did not see the session.
    let mut conn = app.db.read().await?;
    let still = registration::ops::find(&mut conn, app.tenant, instance.id).await?;
    if still.is_none_or(|instance| instance.state != InstanceState::Active) {
        app.phones.sessions.end(instance.id);
        return Err(refused());
    }
    Ok(Bytes(reply))
}

fn stored(instance: &Instance) -> Durable {
    Durable { version: instance.version, content_hash: instance.content_hash.clone() }
}

fn active(instance: &Instance) -> Active {
    Active {
        id: instance.id,
        user: instance.user,
        upn: instance.upn.clone(),
        app: instance.app.clone(),
        management: instance.management,
        facts: ArcSwap::from_pointee(registration::facts(instance)),
        reported: Mutex::default(),
        device_tag: instance.device_tag.clone(),
        userless: AtomicBool::new(false),
        served: ArcSwapOption::empty(),
        stale: AtomicBool::new(true),
        orders_stale: AtomicBool::new(true),
        durable: tokio::sync::Mutex::new(stored(instance)),
        wake: watch::Sender::new(0),
        listeners: AtomicUsize::new(0),
        seen_at: AtomicI64::new(0),
        seen_stored: AtomicI64::new(0),
        ended: AtomicBool::new(false),
        sessions: Mutex::default(),
    }
}
