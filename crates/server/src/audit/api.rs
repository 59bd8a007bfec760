//! `GET /api/v1/audit` and `GET /api/v1/audit/verify`.

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Entry, Verdict, ops};
use crate::{
    app::Shared,
    authz::{act, authorize},
    http::ApiError,
    token::Authenticated,
};

const PAGE: i64 = 500;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: i64,
    limit: Option<i64>,
}

pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/api/v1/audit", get(list)).route("/api/v1/audit/verify", get(verify))
}

async fn list(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&actor, act::ReadAudit)?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let entries = ops::list(&mut *app.db.read().await?, &proof, page.after, limit).await?;
    let next = (entries.len() as i64 == limit).then(|| entries.last().map(|entry| entry.seq)).flatten();
    Ok(Json(json!({ "entries": entries.iter().map(represent).collect::<Vec<_>>(), "next": next })))
}

async fn verify(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&actor, act::ReadAudit)?;
    Ok(Json(match ops::verify(&mut *app.db.snapshot().await?, proof.tenant()).await? {
        Verdict::Intact { entries, head } => json!({ "intact": true, "entries": entries, "head": head }),
        Verdict::Broken { seq, why } => json!({ "intact": false, "seq": seq, "why": why }),
    }))
}

pub(super) fn represent(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq, "at": entry.at.0, "actor": entry.actor, "token": entry.token, "act": entry.act,
        "object": entry.object, "beforeHash": entry.before_hash, "afterHash": entry.after_hash,
        "requestId": entry.request, "outcome": entry.outcome, "hash": entry.hash,
    })
}
