//! The statement that finds the groups of many users.

use ringfence_model::{TenantId, UserId};
use sqlx::{AssertSqlSafe, Row as _};

use super::members::{CHUNK, places};
use crate::{
    db::{Conn, DbError, parsed},
    directory::belonging::Belonging,
};

/// The groups of these users, in the order of the users' ids within each chunk and then of the groups' ones.
pub(in crate::directory) async fn list_belongings(
    conn: &mut Conn,
    tenant: TenantId,
    users: &[UserId],
) -> Result<Vec<(UserId, Belonging)>, DbError> {
    let mut found = Vec::new();
    for chunk in users.chunks(CHUNK) {
        // UNION keeps each pair once, so that this ends whatever is nested in what.
        let text = format!(
            "WITH RECURSIVE belongs (user_id, group_id) AS (
                SELECT member_id, group_id FROM directory_member
                WHERE tenant_id = $1 AND kind = 'user' AND member_id IN ({})
                UNION
                SELECT b.user_id, m.group_id FROM belongs b
                JOIN directory_member m ON m.tenant_id = $1 AND m.kind = 'group' AND m.member_id = b.group_id
             )
             SELECT b.user_id, b.group_id, g.display_name, d.kind FROM belongs b
             JOIN directory_group g ON g.tenant_id = $1 AND g.group_id = b.group_id
             LEFT JOIN directory_member d ON d.tenant_id = $1 AND d.group_id = b.group_id
                AND d.member_id = b.user_id AND d.kind = 'user'
             ORDER BY b.user_id, b.group_id",
            places(2, chunk.len())
        );
        let query = sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string());
        let query = chunk.iter().fold(query, |query, id| query.bind(id.to_string()));
        for row in query.fetch_all(&mut *conn).await? {
            let belonging = Belonging {
                group: parsed(&row, 1, "group_id")?,
                name: row.try_get(2)?,
                direct: row.try_get::<Option<String>, _>(3)?.is_some(),
            };
            found.push((parsed(&row, 0, "user_id")?, belonging));
        }
    }
    Ok(found)
}
