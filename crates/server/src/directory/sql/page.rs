//! Pages of users and groups, narrowed and ordered by the database.

use ringfence_model::TenantId;
use sqlx::{Any, AssertSqlSafe, Row as _, any::AnyArguments, query::Query};

use super::{GROUP, USER, group, user};
use crate::{
    db::{Conn, DbError, Row},
    directory::{Group, Member, User},
};

/// A column that can be asked for. Texts are compared in lower case, except the external id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Id,
    /// The sign-in name; users only.
    Name,
    Display,
    /// Users only.
    Mail,
    External,
    /// Whether the user is enabled, as `1` or `0`; users only.
    Enabled,
}

/// What a column must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Equals(Column, String),
    /// It begins with the text.
    Begins(Column, String),
    /// The text is somewhere in it.
    Contains(Column, String),
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Oldest first: ids begin with the time they were made at.
    Id,
    /// By sign-in name, groups by display name.
    Name,
    /// By display name.
    Display,
}

/// Which part of the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'a> {
    pub(crate) conditions: &'a [Condition],
    pub(crate) order: Order,
    pub(crate) descending: bool,
    /// Only ids after this one; empty for all.
    pub(crate) after: &'a str,
    /// Only what comes later in the order than a value of its column and an id.
    pub(crate) past: Option<(&'a str, &'a str)>,
    pub(crate) skip: i64,
    pub(crate) limit: i64,
}

impl<'a> Window<'a> {
    /// From the first row on, in the order of ids.
    pub(crate) fn first(conditions: &'a [Condition], limit: i64) -> Self {
        Self { conditions, order: Order::Id, descending: false, after: "", past: None, skip: 0, limit }
    }
}

#[derive(Clone, Copy)]
enum Table {
    User,
    Group,
}

impl Table {
    fn id(self) -> &'static str {
        match self {
            Self::User => "user_id",
            Self::Group => "group_id",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::User => "directory_user",
            Self::Group => "directory_group",
        }
    }

    fn column(self, column: Column) -> &'static str {
        match (column, self) {
            (Column::Id, table) => table.id(),
            (Column::Name, Self::User) => "upn_key",
            (Column::Name | Column::Display, _) => "display_key",
            (Column::Mail, Self::User) => "mail_key",
            (Column::Enabled, Self::User) => "CAST(enabled AS TEXT)",
            (Column::External, _) => "external_id",
            // Groups have neither: compared with what never holds.
            (Column::Mail | Column::Enabled, Self::Group) => "''",
        }
    }

    fn ordered_by(self, order: Order) -> &'static str {
        match order {
            Order::Id => self.id(),
            Order::Name => self.column(Column::Name),
            Order::Display => self.column(Column::Display),
        }
    }

    fn order(self, window: &Window<'_>) -> String {
        let column = self.ordered_by(window.order);
        let direction = if window.descending { " DESC" } else { "" };
        // Ids break ties, so that pages never overlap.
        format!("{column}{direction}, {}", self.id())
    }
}

/// The conditions as SQL, and their values for `$2` onwards.
fn clauses(table: Table, conditions: &[Condition]) -> (String, Vec<String>) {
    let (mut text, mut values) = (String::new(), Vec::new());
    for condition in conditions {
        match condition {
            Condition::Equals(column, value) => {
                values.push(folded(*column, value));
                text.push_str(&format!(" AND {} = ${}", table.column(*column), values.len() + 1));
            }
            Condition::Begins(column, value) => {
                values.push(format!("{}%", escaped(&folded(*column, value))));
                text.push_str(&like(table.column(*column), values.len() + 1));
            }
            Condition::Contains(column, value) => {
                values.push(format!("%{}%", escaped(&folded(*column, value))));
                text.push_str(&like(table.column(*column), values.len() + 1));
            }
        }
    }
    (text, values)
}

fn like(column: &str, place: usize) -> String {
    format!(" AND {column} LIKE ${place} ESCAPE '!'")
}

fn folded(column: Column, value: &str) -> String {
    if column == Column::External { value.to_owned() } else { value.to_lowercase() }
}

fn escaped(value: &str) -> String {
    value.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

fn bound<'q>(text: String, tenant: TenantId, values: &[String]) -> Query<'q, Any, AnyArguments> {
    let query = sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string());
    values.iter().fold(query, |query, value| query.bind(value.clone()))
}

async fn page(
    conn: &mut Conn,
    tenant: TenantId,
    (table, columns): (Table, &str),
    window: Window<'_>,
) -> Result<Vec<Row>, DbError> {
    let (mut conditions, mut values) = clauses(table, window.conditions);
    if let Some((key, id)) = window.past {
        let (column, sign) = (table.ordered_by(window.order), if window.descending { '<' } else { '>' });
        let (key_at, id_at) = (values.len() + 2, values.len() + 3);
        conditions.push_str(&format!(
            " AND ({column} {sign} ${key_at} OR ({column} = ${key_at} AND {} > ${id_at}))",
            table.id()
        ));
        values.extend([key.to_owned(), id.to_owned()]);
    }
    let next = values.len() + 2;
    let text = format!(
        "SELECT {columns} FROM {} WHERE tenant_id = $1{conditions} AND {} > ${next} ORDER BY {} LIMIT ${} OFFSET ${}",
        table.name(),
        table.id(),
        table.order(&window),
        next + 1,
        next + 2
    );
    let query = bound(text, tenant, &values);
    Ok(query.bind(window.after.to_owned()).bind(window.limit).bind(window.skip).fetch_all(conn).await?)
}

/// Objects in one statement.
const CHUNK: usize = 500;

/// The users and groups with these ids; licences are not filled in.
pub(in crate::directory) async fn find_objects(
    conn: &mut Conn,
    tenant: TenantId,
    members: &[Member],
) -> Result<(Vec<User>, Vec<Group>), DbError> {
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    for chunk in members.chunks(CHUNK) {
        let ids = |table: Table| -> Vec<String> {
            let of_kind = chunk.iter().filter(|member| {
                matches!((member, table), (Member::User(_), Table::User) | (Member::Group(_), Table::Group))
            });
            of_kind.map(|member| member.id().to_string()).collect()
        };
        for row in rows(conn, tenant, (Table::User, USER), &ids(Table::User)).await? {
            users.push(user(&row)?);
        }
        for row in rows(conn, tenant, (Table::Group, GROUP), &ids(Table::Group)).await? {
            groups.push(group(&row)?);
        }
    }
    Ok((users, groups))
}

async fn rows(
    conn: &mut Conn,
    tenant: TenantId,
    (table, columns): (Table, &str),
    ids: &[String],
) -> Result<Vec<Row>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (2..ids.len() + 2).map(|at| format!("${at}")).collect();
    let text = format!(
        "SELECT {columns} FROM {} WHERE tenant_id = $1 AND {} IN ({})",
        table.name(),
        table.id(),
        places.join(", ")
    );
    Ok(bound(text, tenant, ids).fetch_all(conn).await?)
}

async fn count(
    conn: &mut Conn,
    tenant: TenantId,
    table: Table,
    conditions: &[Condition],
) -> Result<i64, DbError> {
    let (conditions, values) = clauses(table, conditions);
    let text = format!("SELECT COUNT(*) FROM {} WHERE tenant_id = $1{conditions}", table.name());
    Ok(bound(text, tenant, &values).fetch_one(conn).await?.try_get(0)?)
}

/// Users; licences are not filled in.
pub(in crate::directory) async fn page_users(
    conn: &mut Conn,
    tenant: TenantId,
    window: Window<'_>,
) -> Result<Vec<User>, DbError> {
    page(conn, tenant, (Table::User, USER), window).await?.iter().map(user).collect()
}

pub(in crate::directory) async fn page_groups(
    conn: &mut Conn,
    tenant: TenantId,
    window: Window<'_>,
) -> Result<Vec<Group>, DbError> {
    page(conn, tenant, (Table::Group, GROUP), window).await?.iter().map(group).collect()
}

pub(in crate::directory) async fn count_users(
    conn: &mut Conn,
    tenant: TenantId,
    conditions: &[Condition],
) -> Result<i64, DbError> {
    count(conn, tenant, Table::User, conditions).await
}

pub(in crate::directory) async fn count_groups(
    conn: &mut Conn,
    tenant: TenantId,
    conditions: &[Condition],
) -> Result<i64, DbError> {
    count(conn, tenant, Table::Group, conditions).await
}
