//! Statements on memberships. Many at once go in one statement per chunk, because a group may have 100,000.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_model::{GroupId, TenantId, UserId};
use sqlx::{Any, AssertSqlSafe, Row as _, any::AnyArguments, query::Query};
use uuid::Uuid;

use crate::{
    db::{Conn, DbError, Row, parsed},
    directory::Member,
};

/// Ids in one statement.
pub(super) const CHUNK: usize = 500;

pub(in crate::directory) async fn is_member(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
    member: Uuid,
) -> Result<bool, DbError> {
    let row = sqlx::query(
        "SELECT 1 FROM directory_member WHERE tenant_id = $1 AND group_id = $2 AND member_id = $3",
    )
    .bind(tenant.to_string())
    .bind(group.to_string())
    .bind(member.to_string())
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Members of a group; of every group with `None`.
pub(in crate::directory) async fn list_members(
    conn: &mut Conn,
    tenant: TenantId,
    of: Option<GroupId>,
) -> Result<Vec<(GroupId, Member)>, DbError> {
    let rows = sqlx::query(
        "SELECT group_id, member_id, kind FROM directory_member
         WHERE tenant_id = $1 AND ($2 IS NULL OR group_id = $2) ORDER BY group_id, member_id",
    )
    .bind(tenant.to_string())
    .bind(of.map(|group| group.to_string()))
    .fetch_all(conn)
    .await?;
    rows.iter().map(membership).collect()
}

/// The groups that a user or group is directly a member of.
pub(in crate::directory) async fn list_parents(
    conn: &mut Conn,
    tenant: TenantId,
    member: Member,
) -> Result<Vec<GroupId>, DbError> {
    let rows = sqlx::query(
        "SELECT group_id FROM directory_member WHERE tenant_id = $1 AND member_id = $2 ORDER BY group_id",
    )
    .bind(tenant.to_string())
    .bind(split(member).0)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| parsed(row, 0, "group_id")).collect()
}

fn membership(row: &Row) -> Result<(GroupId, Member), DbError> {
    let member = match row.try_get(2)? {
        "user" => Member::User(parsed(row, 1, "member_id")?),
        _ => Member::Group(parsed(row, 1, "member_id")?),
    };
    Ok((parsed(row, 0, "group_id")?, member))
}

fn split(member: Member) -> (String, &'static str) {
    match member {
        Member::User(id) => (id.to_string(), "user"),
        Member::Group(id) => (id.to_string(), "group"),
    }
}

/// Adds members of one kind; those that are members already stay.
pub(in crate::directory) async fn insert_members(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
    members: &[Member],
) -> Result<(), DbError> {
    for chunk in members.chunks(CHUNK) {
        let rows: Vec<String> = chunk
            .iter()
            .enumerate()
            .map(|(at, member)| format!("($1, $2, ${}, '{}')", at + 3, split(*member).1))
            .collect();
        let text = format!(
            "INSERT INTO directory_member (tenant_id, group_id, member_id, kind) VALUES {}
             ON CONFLICT (tenant_id, group_id, member_id) DO NOTHING",
            rows.join(", ")
        );
        let query = sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string()).bind(group.to_string());
        chunk.iter().fold(query, |query, member| query.bind(split(*member).0)).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Takes members out.
pub(in crate::directory) async fn delete_members(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
    members: &BTreeSet<Uuid>,
) -> Result<(), DbError> {
    let members: Vec<Uuid> = members.iter().copied().collect();
    for chunk in members.chunks(CHUNK) {
        let text = format!("DELETE FROM directory_member {}", among(chunk));
        bound(text, tenant, group, chunk).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Which of these ids are members of a group.
pub(in crate::directory) async fn find_among(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeSet<Uuid>, DbError> {
    let (ids, mut found) = (ids.iter().copied().collect::<Vec<_>>(), BTreeSet::new());
    for chunk in ids.chunks(CHUNK) {
        let text = format!("SELECT member_id FROM directory_member {}", among(chunk));
        for row in bound(text, tenant, group, chunk).fetch_all(&mut *conn).await? {
            found.insert(parsed(&row, 0, "member_id")?);
        }
    }
    Ok(found)
}

/// Chooses these ids, which are in order. The first and the last are named as well: they bound what a database looks
/// at that would rather go through the whole group than look up each.
fn among(ids: &[Uuid]) -> String {
    format!(
        "WHERE tenant_id = $1 AND group_id = $2 AND member_id >= $3 AND member_id <= $4 AND member_id IN ({})",
        places(5, ids.len())
    )
}

fn bound<'q>(text: String, tenant: TenantId, group: GroupId, ids: &[Uuid]) -> Query<'q, Any, AnyArguments> {
    let end = |id: Option<&Uuid>| id.copied().unwrap_or_default().to_string();
    let query = sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string()).bind(group.to_string());
    let query = query.bind(end(ids.first())).bind(end(ids.last()));
    ids.iter().fold(query, |query, id| query.bind(id.to_string()))
}

/// Which of these ids are users, and which are groups; the others are left out.
pub(in crate::directory) async fn find_members(
    conn: &mut Conn,
    tenant: TenantId,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Member>, DbError> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let users = select_ids(conn, tenant, ("directory_user", "user_id"), chunk).await?;
        found.extend(users.into_iter().map(|id| (id, Member::User(UserId(id)))));
        let groups = select_ids(conn, tenant, ("directory_group", "group_id"), chunk).await?;
        found.extend(groups.into_iter().map(|id| (id, Member::Group(GroupId(id)))));
    }
    Ok(found)
}

async fn select_ids(
    conn: &mut Conn,
    tenant: TenantId,
    (table, column): (&str, &'static str),
    ids: &[Uuid],
) -> Result<Vec<Uuid>, DbError> {
    let text = format!(
        "SELECT {column} FROM {table} WHERE tenant_id = $1 AND {column} IN ({})",
        places(2, ids.len())
    );
    let query = sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string());
    let query = ids.iter().fold(query, |query, id| query.bind(id.to_string()));
    query.fetch_all(conn).await?.iter().map(|row| parsed(row, 0, column)).collect()
}

/// `$3, $4, $5`
pub(super) fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ")
}

/// Members of a group after an id, in the order of their ids.
pub(in crate::directory) async fn page_members(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
    after: &str,
    (skip, limit): (i64, i64),
) -> Result<Vec<Member>, DbError> {
    let rows = sqlx::query(
        "SELECT group_id, member_id, kind FROM directory_member
         WHERE tenant_id = $1 AND group_id = $2 AND member_id > $3 ORDER BY member_id LIMIT $4 OFFSET $5",
    )
    .bind(tenant.to_string())
    .bind(group.to_string())
    .bind(after)
    .bind(limit)
    .bind(skip)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| membership(row).map(|(_, member)| member)).collect()
}

/// How many direct members a group has.
pub(in crate::directory) async fn count_members(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
) -> Result<i64, DbError> {
    let row = sqlx::query("SELECT COUNT(*) FROM directory_member WHERE tenant_id = $1 AND group_id = $2")
        .bind(tenant.to_string())
        .bind(group.to_string())
        .fetch_one(conn)
        .await?;
    Ok(row.try_get(0)?)
}
