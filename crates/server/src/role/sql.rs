//! Every statement on the tables of roles.

use ringfence_model::{TenantId, UnixMillis};
use sqlx::Row as _;
use uuid::Uuid;

use super::{Assignment, Definition, Member};
use crate::{
    authz::{Permissions, Role, Scope},
    db::{Conn, DbError, Row},
};

const COLUMNS: &str = "a.assignment_id, a.role, a.name, a.description, a.scope, a.created_at";

fn id(text: &str, column: &'static str) -> Result<Uuid, DbError> {
    text.parse().map_err(|_| DbError::Corrupt { column })
}

pub(crate) fn scope(text: &str) -> Result<Scope, DbError> {
    Scope::parse(text).ok_or(DbError::Corrupt { column: "scope" })
}

fn assignment(row: &Row) -> Result<Assignment, DbError> {
    Ok(Assignment {
        id: id(row.try_get(0)?, "assignment_id")?,
        role: id(row.try_get(1)?, "role")?,
        name: row.try_get(2)?,
        description: row.try_get(3)?,
        members: Vec::new(),
        scope: scope(row.try_get(4)?)?,
        created_at: UnixMillis(row.try_get(5)?),
    })
}

/// All assignments, oldest first, or the one with this id.
pub(super) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    only: Option<Uuid>,
) -> Result<Vec<Assignment>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM role_assignment a WHERE a.tenant_id = $1 {} ORDER BY a.created_at, a.assignment_id",
        only.map_or("", |_| "AND a.assignment_id = $2")
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string());
    if let Some(only) = only {
        query = query.bind(only.to_string());
    }
    let rows = query.fetch_all(&mut *conn).await?;
    let mut found = rows.iter().map(assignment).collect::<Result<Vec<_>, _>>()?;
    for assignment in &mut found {
        let rows = sqlx::query(
            "SELECT member FROM role_member WHERE tenant_id = $1 AND assignment_id = $2 ORDER BY member",
        )
        .bind(tenant.to_string())
        .bind(assignment.id.to_string())
        .fetch_all(&mut *conn)
        .await?;
        for row in &rows {
            let member = row.try_get::<&str, _>(0)?.parse();
            assignment.members.push(member.map_err(|()| DbError::Corrupt { column: "member" })?);
        }
    }
    Ok(found)
}

/// Role and scope of everything that is given to one member.
pub(super) async fn list_of(
    conn: &mut Conn,
    tenant: TenantId,
    member: Member,
) -> Result<Vec<(Uuid, Scope)>, DbError> {
    let rows = sqlx::query(
        "SELECT a.role, a.scope FROM role_member m JOIN role_assignment a ON a.tenant_id = m.tenant_id
         AND a.assignment_id = m.assignment_id WHERE m.tenant_id = $1 AND m.member = $2",
    )
    .bind(tenant.to_string())
    .bind(member.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((id(row.try_get(0)?, "role")?, scope(row.try_get(1)?)?))).collect()
}

pub(super) async fn insert(
    conn: &mut Conn,
    tenant: TenantId,
    assignment: &Assignment,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO role_assignment (tenant_id, assignment_id, role, name, description, scope, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant.to_string())
    .bind(assignment.id.to_string())
    .bind(assignment.role.to_string())
    .bind(&assignment.name)
    .bind(&assignment.description)
    .bind(assignment.scope.print())
    .bind(assignment.created_at.0)
    .execute(&mut *conn)
    .await?;
    for member in &assignment.members {
        sqlx::query("INSERT INTO role_member (tenant_id, assignment_id, member) VALUES ($1, $2, $3)")
            .bind(tenant.to_string())
            .bind(assignment.id.to_string())
            .bind(member.to_string())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, tenant: TenantId, id: Uuid) -> Result<(), DbError> {
    for text in [
        "DELETE FROM role_member WHERE tenant_id = $1 AND assignment_id = $2",
        "DELETE FROM role_assignment WHERE tenant_id = $1 AND assignment_id = $2",
    ] {
        sqlx::query(text).bind(tenant.to_string()).bind(id.to_string()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Roles of the organisation's own by name, or the one with this id.
pub(super) async fn list_definitions(
    conn: &mut Conn,
    tenant: TenantId,
    only: Option<Uuid>,
) -> Result<Vec<Definition>, DbError> {
    let text = format!(
        "SELECT role_id, name, description, permissions, actions FROM role_definition WHERE tenant_id = $1 {} ORDER BY name",
        only.map_or("", |_| "AND role_id = $2")
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string());
    if let Some(only) = only {
        query = query.bind(only.to_string());
    }
    let rows = query.fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let actions =
                serde_json::from_str(row.try_get(4)?).map_err(|_| DbError::Corrupt { column: "actions" })?;
            Ok(Definition {
                id: id(row.try_get(0)?, "role_id")?,
                name: row.try_get(1)?,
                description: row.try_get(2)?,
                role: Role::Custom(Permissions::parse(row.try_get(3)?)),
                actions,
            })
        })
        .collect()
}

pub(super) async fn upsert_definition(
    conn: &mut Conn,
    tenant: TenantId,
    definition: &Definition,
    permissions: Permissions,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO role_definition (tenant_id, role_id, name, description, permissions, actions)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, role_id) DO UPDATE SET name = excluded.name,
         description = excluded.description, permissions = excluded.permissions, actions = excluded.actions",
    )
    .bind(tenant.to_string())
    .bind(definition.id.to_string())
    .bind(&definition.name)
    .bind(&definition.description)
    .bind(permissions.print())
    .bind(serde_json::json!(definition.actions).to_string())
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete_definition(conn: &mut Conn, tenant: TenantId, id: Uuid) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM role_definition WHERE tenant_id = $1 AND role_id = $2")
        .bind(tenant.to_string())
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn count_of_role(conn: &mut Conn, tenant: TenantId, role: Uuid) -> Result<i64, DbError> {
    let row = sqlx::query("SELECT COUNT(*) FROM role_assignment WHERE tenant_id = $1 AND role = $2")
        .bind(tenant.to_string())
        .bind(role.to_string())
        .fetch_one(conn)
        .await?;
    Ok(row.try_get(0)?)
}
