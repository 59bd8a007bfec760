//! What targeting reads of other features' tables: in bulk at the start, by id afterwards. Nothing is written here.

use ringfence_model::{
    AppId, AssignmentFilterId, GroupId, Platform, PolicyId, TenantId, UserId,
    appconfig::AppConfiguration,
    document::{PolicyDocument, PolicyKind},
};
use ringfence_policy::filter::{Filter, FilterPlatform};
use sqlx::Row as _;
use uuid::Uuid;

use super::{CatalogueApp, Policy};
use crate::db::{Conn, DbError, Row};

pub(super) struct UserRow {
    pub(super) id: UserId,
    pub(super) enabled: bool,
    pub(super) licensed: bool,
}

pub(super) struct MemberRow {
    pub(super) group: GroupId,
    pub(super) member: Member,
}

pub(super) enum Member {
    User(UserId),
    Group(GroupId),
}

fn id<T: std::str::FromStr>(row: &Row, column: usize, name: &'static str) -> Result<T, DbError> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| DbError::Corrupt { column: name })
}

/// Rows of `text`, which filters on the tenant as `$1` and on `key`, when given, as `$2`.
async fn fetch(
    conn: &mut Conn,
    text: String,
    tenant: TenantId,
    key: Option<String>,
) -> Result<Vec<Row>, DbError> {
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string());
    if let Some(key) = key {
        query = query.bind(key);
    }
    Ok(query.fetch_all(conn).await?)
}

/// Every user, or one.
pub(super) async fn list_users(
    conn: &mut Conn,
    tenant: TenantId,
    only: Option<UserId>,
) -> Result<Vec<UserRow>, DbError> {
    let mut text = "SELECT u.user_id, u.enabled, (SELECT COUNT(*) FROM directory_licence l WHERE l.tenant_id = u.tenant_id \
         AND l.user_id = u.user_id AND l.active = 1) FROM directory_user u WHERE u.tenant_id = $1"
        .to_owned();
    if only.is_some() {
        text.push_str(" AND u.user_id = $2");
    }
    let rows = fetch(conn, text, tenant, only.map(|id| id.to_string())).await?;
    rows.iter()
        .map(|row| {
            Ok(UserRow {
                id: id(row, 0, "user_id")?,
                enabled: row.try_get::<i64, _>(1)? != 0,
                licensed: row.try_get::<i64, _>(2)? != 0,
            })
        })
        .collect()
}

/// Which memberships to read.
pub(super) enum Around {
    Everything,
    /// Memberships in a group and, as a group, of it.
    Group(GroupId),
    /// One member of a group.
    Pair(GroupId, Uuid),
    /// Direct memberships of a user.
    User(UserId),
}

pub(super) async fn list_members(
    conn: &mut Conn,
    tenant: TenantId,
    around: Around,
) -> Result<Vec<MemberRow>, DbError> {
    let (only, key) = match around {
        Around::Everything => (String::new(), None),
        Around::Group(group) => {
            (" AND (group_id = $2 OR member_id = $2)".to_owned(), Some(group.to_string()))
        }
        // An id has one form only: hexadecimal digits and hyphens.
        Around::Pair(group, member) => {
            (format!(" AND group_id = '{group}' AND member_id = $2"), Some(member.to_string()))
        }
        Around::User(user) => (" AND member_id = $2 AND kind = 'user'".to_owned(), Some(user.to_string())),
    };
    let text = format!("SELECT group_id, member_id, kind FROM directory_member WHERE tenant_id = $1{only}");
    let rows = fetch(conn, text, tenant, key).await?;
    rows.iter()
        .map(|row| {
            Ok(MemberRow {
                group: id(row, 0, "group_id")?,
                member: match row.try_get::<&str, _>(2)? {
                    "group" => Member::Group(id(row, 1, "member_id")?),
                    _ => Member::User(id(row, 1, "member_id")?),
                },
            })
        })
        .collect()
}

/// Names of all groups, or of one.
pub(super) async fn list_group_names(
    conn: &mut Conn,
    tenant: TenantId,
    only: Option<GroupId>,
) -> Result<Vec<(GroupId, String)>, DbError> {
    let mut text = "SELECT group_id, display_name FROM directory_group WHERE tenant_id = $1".to_owned();
    if only.is_some() {
        text.push_str(" AND group_id = $2");
    }
    let rows = fetch(conn, text, tenant, only.map(|id| id.to_string())).await?;
    rows.iter().map(|row| Ok((id(row, 0, "group_id")?, row.try_get(1)?))).collect()
}

/// A filter with its rule parsed.
pub(super) struct FilterRow {
    pub(super) id: AssignmentFilterId,
    pub(super) name: String,
    pub(super) filter: Filter,
}

/// Every filter, or one.
pub(super) async fn list_filters(
    conn: &mut Conn,
    tenant: TenantId,
    only: Option<AssignmentFilterId>,
) -> Result<Vec<FilterRow>, DbError> {
    let mut text =
        "SELECT filter_id, display_name, platform, rule FROM assignment_filter WHERE tenant_id = $1"
            .to_owned();
    if only.is_some() {
        text.push_str(" AND filter_id = $2");
    }
    let rows = fetch(conn, text, tenant, only.map(|id| id.to_string())).await?;
    rows.iter()
        .map(|row| {
            let platform =
                FilterPlatform::parse(row.try_get(2)?).ok_or(DbError::Corrupt { column: "platform" })?;
            let filter =
                Filter::parse(platform, row.try_get(3)?).map_err(|_| DbError::Corrupt { column: "rule" })?;
            Ok(FilterRow { id: id(row, 0, "filter_id")?, name: row.try_get(1)?, filter })
        })
        .collect()
}

pub(super) async fn list_catalogue(
    conn: &mut Conn,
    tenant: TenantId,
) -> Result<Vec<(AppId, CatalogueApp)>, DbError> {
    let text = "SELECT platform, app_id, core, signers FROM catalogue_app WHERE tenant_id = $1".to_owned();
    let rows = fetch(conn, text, tenant, None).await?;
    rows.iter()
        .map(|row| {
            let platform: Platform = id(row, 0, "platform")?;
            let app = CatalogueApp {
                core: row.try_get::<i64, _>(2)? != 0,
                signers: row.try_get::<&str, _>(3)?.split_whitespace().map(str::to_owned).collect(),
            };
            Ok((AppId::new(platform, row.try_get::<String, _>(1)?), app))
        })
        .collect()
}

/// Every policy, or one.
pub(super) async fn list_policies(
    conn: &mut Conn,
    tenant: TenantId,
    only: Option<PolicyId>,
) -> Result<Vec<Policy>, DbError> {
    let mut text =
        "SELECT policy_id, kind, version, body FROM policies_policy WHERE tenant_id = $1".to_owned();
    if only.is_some() {
        text.push_str(" AND policy_id = $2");
    }
    let rows = fetch(conn, text, tenant, only.map(|id| id.to_string())).await?;
    rows.iter().map(policy).collect()
}

fn policy(row: &Row) -> Result<Policy, DbError> {
    let kind = row.try_get::<&str, _>(1)?;
    let kind = PolicyKind::from_graph_type(kind)
        .or_else(|| PolicyKind::from_collection(kind))
        .ok_or(DbError::Corrupt { column: "kind" })?;
    let body = serde_json::from_str(row.try_get(3)?).map_err(|_| DbError::Corrupt { column: "body" })?;
    let document = PolicyDocument::parse_as(kind, body).map_err(|_| DbError::Corrupt { column: "body" })?;
    Ok(Policy {
        id: id(row, 0, "policy_id")?,
        kind,
        name: document.display_name().to_owned(),
        version: row.try_get(2)?,
        settings: document.settings(),
        config: AppConfiguration::parse(&document).unwrap_or_default(),
        document,
    })
}
