//! Appending, listing and verifying.

use ringfence_model::{TenantId, UnixMillis};

use super::{Content, Entry, Fault, Record, Told, Verdict, Verifier, Wanted, chain, content, sql};
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
    append_content(tx, env, actor, record, Content::default(), outcome).await.map(drop)
}

/// An entry that says more than before and after; answers its number.
pub(super) async fn append_content(
    tx: &mut Tx,
    env: &Env,
    actor: &Actor,
    record: Record<'_>,
    content: Content,
    outcome: &str,
) -> Result<i64, DbError> {
    let content = Content {
        from: actor.from.clone(),
        before: record.before.map(content::clean),
        after: record.after.map(content::clean),
        ..content
    };
    let text =
        (!content.is_empty()).then(|| Content { salt: hex::encode(env.bytes::<16>()), ..content }.text());
    // A counter row, not a sequence: a sequence leaves gaps when a transaction is undone.
    let (seq, previous) = sql::update_head_seq(tx, actor.tenant, chain::START).await?;
    let mut entry = Entry {
        seq,
        at: env.now(),
        actor: actor.id.clone(),
        token: actor.token,
        act: record.act.to_owned(),
        object: record.object,
        before_hash: None,
        after_hash: None,
        content_hash: text.as_deref().map(content::hash),
        request: actor.request.clone(),
        outcome: outcome.to_owned(),
        hash: String::new(),
    };
    entry.hash = chain::link(&previous, &entry);
    sql::insert(tx, actor.tenant, &entry, text.as_deref()).await?;
    sql::update_head_hash(tx, actor.tenant, &entry.hash).await?;
    Ok(seq)
}

/// An entry in a transaction of its own, for what changes nothing else.
pub(super) async fn append_alone(
    app: &App,
    actor: &Actor,
    record: Record<'_>,
    content: Content,
    outcome: &str,
) -> Result<(), DbError> {
    let mut tx = app.db.write().await?;
    append_content(&mut tx, &app.env, actor, record, content, outcome).await?;
    tx.commit().await
}

/// Writes down that personal data was read: one entry per request, before it is answered. Nothing found, nothing noted.
pub(crate) async fn note_read(
    app: &App,
    actor: &Actor,
    act: &str,
    objects: impl IntoIterator<Item = String>,
) -> Result<(), DbError> {
    let mut objects: Vec<String> = objects.into_iter().collect();
    let (object, content) = match objects.len() {
        0 => return Ok(()),
        1 => (objects.swap_remove(0), Content::default()),
        many => (format!("many:{many}"), Content::of_objects(objects)),
    };
    append_alone(app, actor, Record { act, object, ..Record::default() }, content, "done").await
}

/// Writes down that the log itself was read, once a minute per reader: who pages through it must come to an end.
pub(super) async fn note_log_read(app: &App, actor: &Actor) -> Result<(), DbError> {
    let (kind, now) = (format!("{} audit.read", actor.id), app.env.now());
    if !app.audit.is_due(&kind, now) {
        return Ok(());
    }
    note_read(app, actor, "audit.read", ["audit:log".to_owned()]).await?;
    // Only now: an entry that could not be written spares no other.
    app.audit.take(&kind, now);
    Ok(())
}

/// The wanted entries, oldest first, at most `limit`.
pub async fn list(
    conn: &mut Conn,
    proof: &Proof<act::ReadAudit>,
    wanted: &Wanted,
    limit: i64,
) -> Result<Vec<Told>, DbError> {
    sql::list(conn, proof.tenant(), wanted, limit).await
}

/// Recomputes the whole chain of a tenant. `progress` is told the number of each thousandth entry.
pub async fn verify(
    conn: &mut Conn,
    tenant: TenantId,
    mut progress: impl FnMut(i64),
) -> Result<Verdict, DbError> {
    let (mut verifier, mut after) = (Verifier::new(), 0);
    loop {
        let page = sql::list(conn, tenant, &Wanted { after, ..Wanted::default() }, VERIFY_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.entry.seq;
        for told in &page {
            if let Err(fault) = verifier.take(&told.entry, &told.stored) {
                return Ok(Verdict::Broken(fault));
            }
        }
        progress(after);
    }
    let head = sql::find_head(conn, tenant).await?;
    if let Some(seq) = sql::find_stray(conn, tenant, head.as_ref().map_or(0, |(seq, _)| *seq)).await? {
        return Ok(Verdict::Broken(Fault { seq, why: "it belongs to no place of the chain" }));
    }
    Ok(match verifier.finish(head.as_ref().map(|(seq, hash)| (*seq, hash.as_str())), true) {
        Ok(summary) => Verdict::Intact(summary),
        Err(fault) => Verdict::Broken(fault),
    })
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
