//! Appending, listing and verifying.

use ringfence_model::{TenantId, UnixMillis};

use super::{Entry, Record, Verdict, chain, sql};
use crate::{
    app::App,
    authz::{Actor, Proof, act},
    db::{Conn, DbError, Tx},
    env::Env,
};

const VERIFY_PAGE: i64 = 1000;

/// Writes one entry into the transaction of the change. No audit, no act: an error here undoes the change.
pub async fn append(tx: &mut Tx, env: &Env, actor: &Actor, record: Record<'_>) -> Result<(), DbError> {
    append_outcome(tx, env, actor, record, "done").await
}

/// The same for an act that was refused and must be remembered.
pub async fn append_refusal(
    tx: &mut Tx,
    env: &Env,
    actor: &Actor,
    record: Record<'_>,
) -> Result<(), DbError> {
    append_outcome(tx, env, actor, record, "refused").await
}

async fn append_outcome(
    tx: &mut Tx,
    env: &Env,
    actor: &Actor,
    record: Record<'_>,
    outcome: &str,
) -> Result<(), DbError> {
    // A counter row, not a sequence: a sequence leaves gaps when a transaction is undone.
    let (seq, previous) = sql::update_head_seq(tx, actor.tenant, chain::START).await?;
    let mut entry = Entry {
        seq,
        at: env.now(),
        actor: actor.id.clone(),
        token: actor.token,
        act: record.act.to_owned(),
        object: record.object,
        before_hash: record.before.map(chain::sha256),
        after_hash: record.after.map(chain::sha256),
        request: actor.request.clone(),
        outcome: outcome.to_owned(),
        hash: String::new(),
    };
    entry.hash = chain::link(&previous, &entry);
    sql::insert(tx, actor.tenant, &entry).await?;
    sql::update_head_hash(tx, actor.tenant, &entry.hash).await
}

/// Writes down that personal data was read: one entry per request, before it is answered. Nothing found, nothing noted.
pub(crate) async fn note_read(
    app: &App,
    actor: &Actor,
    act: &str,
    objects: impl IntoIterator<Item = String>,
) -> Result<(), DbError> {
    let mut objects: Vec<String> = objects.into_iter().collect();
    let object = match objects.len() {
        0 => return Ok(()),
        1 => objects.swap_remove(0),
        many => format!("many:{many}"),
    };
    let mut tx = app.db.write().await?;
    append(&mut tx, &app.env, actor, Record { act, object, ..Record::default() }).await?;
    tx.commit().await
}

/// Entries after `after`, oldest first, at most `limit`.
pub async fn list(
    conn: &mut Conn,
    proof: &Proof<act::ReadAudit>,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    sql::list(conn, proof.tenant(), after, limit).await
}

/// Recomputes the whole chain of a tenant.
pub async fn verify(conn: &mut Conn, tenant: TenantId) -> Result<Verdict, DbError> {
    let (mut seq, mut previous) = (0, chain::START.to_owned());
    loop {
        let page = sql::list(conn, tenant, seq, VERIFY_PAGE).await?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            if entry.seq != seq + 1 {
                return Ok(Verdict::Broken { seq: seq + 1, why: "the entry is missing" });
            }
            if chain::link(&previous, &entry) != entry.hash {
                return Ok(Verdict::Broken {
                    seq: entry.seq,
                    why: "the hash does not follow from its content",
                });
            }
            (seq, previous) = (entry.seq, entry.hash);
        }
    }
    match sql::find_head(conn, tenant).await? {
        Some((head, hash)) if head != seq || hash != previous => {
            Ok(Verdict::Broken { seq: seq + 1, why: "the newest entries are missing" })
        }
        None if seq > 0 => Ok(Verdict::Broken { seq, why: "the head is missing" }),
        _ => Ok(Verdict::Intact { entries: seq, head: previous }),
    }
}

/// When one of these objects (`policy:<id>`, `group:<id>`, `user:<id>`) was last changed; with `after`, when first
/// after that.
pub(crate) async fn find_change(
    conn: &mut Conn,
    tenant: TenantId,
    objects: &[String],
    after: Option<UnixMillis>,
) -> Result<Option<UnixMillis>, DbError> {
    let mut found: Option<UnixMillis> = None;
    for object in objects {
        let Some(at) = sql::find_change(conn, tenant, object, after).await? else { continue };
        let nearer = |known: UnixMillis| if after.is_some() { known.min(at) } else { known.max(at) };
        found = Some(found.map_or(at, nearer));
    }
    Ok(found)
}
