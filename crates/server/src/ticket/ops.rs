//! Making and listing tickets, taking and handing out bundles, deleting what is old.

use ringfence_model::{InstanceId, Platform, TenantId, UnixMillis, UserId, Version};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    BUNDLES_MAX, Bundle, KEPT_FOR, NOTE_MAX, OPEN_FOR, Reference, TICKET_BYTES_MAX, TICKETS_MAX, Ticket,
    limit, sql,
};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Actor, Proof, Sight, act, sight},
    db::{DbError, Tx},
    directory,
    failure::Failure,
    http::{ApiError, FieldProblem},
};

/// Longest text of a member of an upload.
const TEXT_MAX: usize = 200;

/// What a ticket is made from.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewTicket {
    #[serde(default)]
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) note: String,
}

/// What a phone sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Upload {
    pub(crate) ticket: String,
    pub(crate) platform: Platform,
    pub(crate) app: String,
    pub(crate) app_version: Version,
    #[serde(default)]
    pub(crate) device_tag: Option<String>,
    #[serde(default)]
    pub(crate) instance: Option<InstanceId>,
    pub(crate) bundle: String,
}

fn unknown() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::NOT_FOUND,
        "ticket_unknown",
        "there is no ticket with this reference",
    )
}

fn invalid(path: &str, problem: impl Into<String>) -> ApiError {
    let field = FieldProblem { path: path.to_owned(), problem: problem.into(), ..FieldProblem::default() };
    ApiError::invalid(vec![field])
}

fn oldest(now: UnixMillis) -> UnixMillis {
    UnixMillis(now.0.saturating_sub_unsigned(KEPT_FOR.0))
}

/// The ticket that an actor sees: of a user in sight; one without a user only he who made it.
async fn seen(app: &App, actor: &Actor, reference: &str) -> Result<Ticket, ApiError> {
    let sight = sight(app, actor).await?;
    let found = get(app, actor.tenant, reference).await?;
    if sees(&sight, actor, &found) { Ok(found) } else { Err(unknown()) }
}

fn sees(sight: &Sight, actor: &Actor, ticket: &Ticket) -> bool {
    let own = sight.is_everything() || ticket.created_by == actor.id;
    ticket.user.map_or(own, |user| sight.sees_user(user))
}

/// Finds a ticket that is not due for deletion.
async fn get(app: &App, tenant: TenantId, reference: &str) -> Result<Ticket, ApiError> {
    let reference = Reference::parse(reference).ok_or_else(unknown)?;
    let found = sql::find(&mut *app.db.read().await?, tenant, &reference).await?;
    found.filter(|ticket| ticket.created_at >= oldest(app.env.now())).ok_or_else(unknown)
}

/// Makes a ticket.
pub(crate) async fn create(
    app: &App,
    proof: &Proof<act::ManageTickets>,
    new: NewTicket,
) -> Result<Ticket, ApiError> {
    if new.note.chars().count() > NOTE_MAX || new.note.chars().any(|c| c.is_control() && c != '\n') {
        return Err(invalid("note", format!("at most {NOTE_MAX} characters, no control characters")));
    }
    let sight = sight(app, proof.actor()).await?;
    let mut tx = app.db.write().await?;
    let user = match &new.user {
        Some(key) => Some(directory::ops::get_user(&mut tx, proof.tenant(), key).await.map_err(person)?.id),
        None => None,
    };
    if let (Some(user), Some(key)) = (user, &new.user)
        && !sight.sees_user(user)
    {
        return Err(person(Failure::not_found("user", key)));
    }
    let now = app.env.now();
    sql::prune(&mut tx, proof.tenant(), oldest(now)).await?;
    if sql::count(&mut tx, proof.tenant()).await? >= TICKETS_MAX {
        return Err(ApiError::conflict("too_many_tickets", "there are too many tickets; delete some"));
    }
    let ticket = Ticket {
        reference: Reference::make(app.env.bytes()),
        user,
        note: new.note,
        created_by: proof.actor().id.clone(),
        created_at: now,
        expires_at: now.plus(OPEN_FOR),
        bundles: 0,
    };
    sql::insert(&mut tx, proof.tenant(), &ticket).await?;
    record(&mut tx, app, proof.actor(), "ticket.create", &ticket.reference, (None, Some(told(&ticket))))
        .await?;
    tx.commit().await?;
    Ok(ticket)
}

fn told(ticket: &Ticket) -> Value {
    json!({ "user": ticket.user, "note": ticket.note, "bundles": ticket.bundles, "expiresAt": ticket.expires_at })
}

fn person(failure: Failure) -> ApiError {
    failure.into()
}

async fn record(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    act: &str,
    reference: &Reference,
    (before, after): (Option<Value>, Option<Value>),
) -> Result<(), ApiError> {
    let object = format!("ticket:{}", reference.as_str());
    let (before, after) = (before.map(|it| it.to_string()), after.map(|it| it.to_string()));
    let (before, after) = (before.as_deref().map(str::as_bytes), after.as_deref().map(str::as_bytes));
    let record = Record { act, object, before, after };
    audit::ops::append(tx, &app.env, actor, record).await?;
    Ok(())
}

/// The newest tickets.
pub(crate) async fn list(app: &App, proof: &Proof<act::ManageTickets>) -> Result<Vec<Ticket>, ApiError> {
    let sight = sight(app, proof.actor()).await?;
    let all = sql::list(&mut *app.db.read().await?, proof.tenant(), TICKETS_MAX).await?;
    let oldest = oldest(app.env.now());
    let seen = |ticket: &Ticket| ticket.created_at >= oldest && sees(&sight, proof.actor(), ticket);
    Ok(all.into_iter().filter(seen).collect())
}

/// A ticket and what came in under it.
pub(crate) async fn show(
    app: &App,
    proof: &Proof<act::ReadDiagnostics>,
    reference: &str,
) -> Result<(Ticket, Vec<Bundle>), ApiError> {
    let ticket = seen(app, proof.actor(), reference).await?;
    let mut tx = app.db.write().await?;
    let bundles = sql::list_bundles(&mut tx, proof.tenant(), &ticket.reference).await?;
    record(&mut tx, app, proof.actor(), "ticket.read", &ticket.reference, (None, None)).await?;
    tx.commit().await?;
    Ok((ticket, bundles))
}

/// The content of a bundle. The read is written down before anybody sees it.
pub(crate) async fn download(
    app: &App,
    proof: &Proof<act::ReadDiagnostics>,
    reference: &str,
    id: Uuid,
) -> Result<Vec<u8>, ApiError> {
    let ticket = seen(app, proof.actor(), reference).await?;
    let mut tx = app.db.write().await?;
    let content = sql::find_content(&mut tx, proof.tenant(), &ticket.reference, id).await?;
    let content = content.ok_or_else(|| ApiError::not_found("there is no such bundle under this ticket"))?;
    let bundle = json!({ "bundle": id, "bytes": content.len() });
    record(&mut tx, app, proof.actor(), "diagnostics.read", &ticket.reference, (None, Some(bundle))).await?;
    tx.commit().await?;
    Ok(content)
}

/// Deletes a ticket and what came in under it.
pub(crate) async fn delete(
    app: &App,
    proof: &Proof<act::ManageTickets>,
    reference: &str,
) -> Result<(), ApiError> {
    let reference = seen(app, proof.actor(), reference).await?.reference;
    let mut tx = app.db.write().await?;
    let before = sql::find(&mut tx, proof.tenant(), &reference).await?.as_ref().map(told);
    if !sql::delete(&mut tx, proof.tenant(), &reference).await? {
        return Err(unknown());
    }
    record(&mut tx, app, proof.actor(), "ticket.delete", &reference, (before, None)).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets a user who is deleted: the tickets about him and what came in under them.
pub(crate) async fn forget_user(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<(), DbError> {
    sql::delete_of(tx, tenant, user).await
}

/// Takes a bundle from whoever knows the reference.
pub(crate) async fn receive(app: &App, upload: Upload) -> Result<Uuid, ApiError> {
    check(&upload)?;
    limit::admit_sender(app, &upload)?;
    let ticket = get(app, app.tenant, &upload.ticket).await?;
    let now = app.env.now();
    if ticket.expires_at <= now {
        let detail = "this ticket takes no more diagnostics; ask help desk for a new reference";
        return Err(ApiError::new(axum::http::StatusCode::GONE, "ticket_expired", detail));
    }
    let bundle = Bundle {
        id: app.env.make_id(ringfence_model::WipeId::make).0,
        platform: upload.platform,
        app: upload.app,
        app_version: upload.app_version,
        device_tag: upload.device_tag,
        instance: upload.instance,
        size: i64::try_from(upload.bundle.len()).unwrap_or(i64::MAX),
        received_at: now,
    };
    let mut tx = app.db.write().await?;
    sql::prune(&mut tx, app.tenant, oldest(now)).await?;
    if !sql::lock(&mut tx, app.tenant, &ticket.reference).await? {
        return Err(unknown());
    }
    let (count, bytes) = sql::load(&mut tx, app.tenant, &ticket.reference).await?;
    if count >= BUNDLES_MAX || bytes.saturating_add(bundle.size) > TICKET_BYTES_MAX {
        return Err(ApiError::conflict("ticket_full", "this ticket holds as many diagnostics as it can"));
    }
    let content = upload.bundle.as_bytes();
    sql::insert_bundle(&mut tx, app.tenant, &ticket.reference, &bundle, content).await?;
    let actor = Actor::operator(app.tenant, "diagnostics");
    let after =
        json!({ "bundle": bundle.id, "app": bundle.app, "platform": bundle.platform, "bytes": bundle.size });
    record(&mut tx, app, &actor, "diagnostics.receive", &ticket.reference, (None, Some(after))).await?;
    tx.commit().await?;
    Ok(bundle.id)
}

/// A bundle is lines of JSON objects that begin by saying so; everything else is no diagnostics of an app.
fn check(upload: &Upload) -> Result<(), ApiError> {
    let plain =
        |text: &str| !text.is_empty() && text.len() <= TEXT_MAX && !text.chars().any(char::is_control);
    if !plain(&upload.app) {
        return Err(invalid("app", "expected the id of an app"));
    }
    if upload.device_tag.as_deref().is_some_and(|tag| !plain(tag)) {
        return Err(invalid("deviceTag", "expected the tag of a device"));
    }
    for (at, line) in upload.bundle.lines().enumerate() {
        let object: Option<Map<String, Value>> = serde_json::from_str(line).ok();
        let good = object.is_some_and(|object| at > 0 || object.contains_key("bundle"));
        if !good {
            return Err(invalid(
                "bundle",
                format!("line {} is not a line of a bundle", at.saturating_add(1)),
            ));
        }
    }
    if upload.bundle.is_empty() { Err(invalid("bundle", "the bundle is empty")) } else { Ok(()) }
}
