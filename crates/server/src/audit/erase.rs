//! Erasing what the log says about a person. The entries stay, and the chain holds: it never had more than a hash.

use ringfence_model::UserId;

use super::{Content, Record, ops, sql};
use crate::{
    app::App,
    authz::{Proof, act},
    db::DbError,
};

/// The act of the entry that tells of an erasure.
pub(super) const ERASE: &str = "audit.erase";

/// Erases the content of every entry about a user or one of his app instances; entries that name many people stay, they
/// hold ids only. Answers how many contents were erased; the erasure itself is an entry that names them.
///
/// # Errors
/// The database cannot be written.
pub async fn erase(
    app: &App,
    proof: &Proof<act::ManagePersonalData>,
    user: UserId,
) -> Result<usize, DbError> {
    let mut tx = app.db.write().await?;
    let tenant = proof.tenant();
    let found = sql::list_about(&mut tx, tenant, user).await?;
    let record = Record { act: ERASE, object: format!("user:{user}"), ..Record::default() };
    let content = Content { erased: found.clone(), ..Content::default() };
    let by = ops::append_content(&mut tx, &app.env, proof.actor(), record, content, "done").await?;
    for seq in &found {
        sql::update_erased(&mut tx, tenant, *seq, by).await?;
    }
    tx.commit().await?;
    Ok(found.len())
}
