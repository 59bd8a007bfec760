//! Pages of users, groups and members. The database does as much as it can: narrowing, ordering and cutting; what it
//! cannot is done here, batch by batch, so that a large directory is never held as a whole.

use std::cmp::Reverse;

use axum::response::Response;
use ringfence_model::{GroupId, TenantId, UserId};
use serde_json::Value;

use super::{PAGE, PAGE_MAX, expand};
use crate::{
    audit,
    authz::Sight,
    db::Conn,
    directory::{Column, Condition, Group, Member, Order, User, Window, ops, represent},
    graph::{After, How, Narrow, Next, Page, Query, Request, apply, collection, retain},
    http::ApiError,
};

/// Objects read at once.
const BATCH: usize = 500;

/// A set of objects of one kind.
#[derive(Clone, Copy)]
pub(super) enum Set {
    Users,
    Groups,
}

impl Set {
    fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
        }
    }

    fn column(self, member: &str) -> Option<Column> {
        match (member.to_ascii_lowercase().as_str(), self) {
            ("id", _) => Some(Column::Id),
            ("displayname", _) => Some(Column::Display),
            ("userprincipalname", Self::Users) => Some(Column::Name),
            ("mail", Self::Users) => Some(Column::Mail),
            _ => None,
        }
    }

    /// A condition of the query, if the database knows the column.
    fn condition(self, narrow: Narrow) -> Option<Condition> {
        let column = self.column(&narrow.member)?;
        // Who has no address is no match for an empty one: the database cannot tell them apart.
        if column == Column::Mail && narrow.text.is_empty() {
            return None;
        }
        Some(match narrow.how {
            How::Equals => Condition::Equals(column, narrow.text),
            How::Begins => Condition::Begins(column, narrow.text),
            How::Contains => Condition::Contains(column, narrow.text),
        })
    }

    async fn read(
        self,
        conn: &mut Conn,
        tenant: TenantId,
        window: Window<'_>,
        sight: &Sight,
    ) -> Result<Batch, ApiError> {
        Ok(match self {
            Self::Users => {
                let users = ops::page_users(conn, tenant, window).await?;
                let (count, last) = (users.len(), users.last().map(|user| user.id.to_string()));
                let seen = users.into_iter().filter(|user| sight.sees_user(user.id)).collect();
                Batch { count, last, items: with_licences(conn, tenant, seen, false).await? }
            }
            Self::Groups => {
                let groups = ops::page_groups(conn, tenant, window).await?;
                let (count, last) = (groups.len(), groups.last().map(|group| group.id.to_string()));
                let seen = groups.iter().filter(|group| sight.sees_group(group.id));
                Batch { count, last, items: seen.map(|group| represent::group(group, false)).collect() }
            }
        })
    }

    async fn count(
        self,
        conn: &mut Conn,
        tenant: TenantId,
        conditions: &[Condition],
    ) -> Result<usize, ApiError> {
        let count = match self {
            Self::Users => ops::count_users(conn, tenant, conditions).await?,
            Self::Groups => ops::count_groups(conn, tenant, conditions).await?,
        };
        Ok(usize::try_from(count).unwrap_or_default())
    }
}

struct Batch {
    /// Rows read, in sight or not.
    count: usize,
    /// Id of the last one.
    last: Option<String>,
    items: Vec<Value>,
}

/// Answers `GET /users` or `GET /groups`.
pub(super) async fn list(request: &Request, tenant: TenantId, set: Set) -> Result<Response, ApiError> {
    let sight = request.sight().await?;
    let query = &request.query;
    let (narrows, exact) = query.narrowing();
    let wanted = narrows.len();
    let conditions: Vec<Condition> = narrows.into_iter().filter_map(|narrow| set.condition(narrow)).collect();
    let order = order(set, query);
    let mut conn = request.app.db.snapshot().await?;
    let page = match order {
        Some(order) if exact && conditions.len() == wanted && sight.is_everything() => {
            cut(&mut conn, tenant, set, query, &conditions, order).await?
        }
        _ => scan(&mut conn, tenant, set, query, &conditions, &sight).await?,
    };
    drop(conn);
    answer(request, set.name(), page).await
}

/// The order that the database can follow: by name unless something else is wanted.
fn order(set: Set, query: &Query) -> Option<(Order, bool)> {
    let Some((member, descending)) = query.ordered_by() else {
        return (!query.is_ordered()).then_some((Order::Name, false));
    };
    match set.column(member)? {
        Column::Id => Some((Order::Id, descending)),
        Column::Name => Some((Order::Name, descending)),
        Column::Display => Some((Order::Display, descending)),
        _ => None,
    }
}

/// A page that the database cuts.
async fn cut(
    conn: &mut Conn,
    tenant: TenantId,
    set: Set,
    query: &Query,
    conditions: &[Condition],
    (order, descending): (Order, bool),
) -> Result<Page, ApiError> {
    let count = if query.count { Some(set.count(conn, tenant, conditions).await?) } else { None };
    if query.counts_only() {
        return Ok(Page { items: Vec::new(), count, next: None });
    }
    let top = query.top.unwrap_or(PAGE).min(PAGE_MAX);
    let past = query.after.as_ref().map(|after| (after.key.as_str(), after.id.as_str()));
    let window = Window {
        order,
        descending,
        past,
        skip: ops::number(query.skip),
        // One more tells whether there is another page.
        ..Window::first(conditions, ops::number(top.saturating_add(1)))
    };
    let mut items = set.read(conn, tenant, window, &Sight::default()).await?.items;
    let more = items.len() > top;
    items.truncate(top);
    let next = items.last().filter(|_| more).map(|last| Next::After(place(set, order, last)));
    Ok(Page { items, count, next })
}

/// A page of what is left of all rows.
async fn scan(
    conn: &mut Conn,
    tenant: TenantId,
    set: Set,
    query: &Query,
    conditions: &[Condition],
    sight: &Sight,
) -> Result<Page, ApiError> {
    let (mut kept, mut after) = (Vec::new(), String::new());
    loop {
        let window = Window { after: &after, ..Window::first(conditions, ops::number(BATCH)) };
        let batch = set.read(conn, tenant, window, sight).await?;
        kept.extend(retain(query, batch.items)?);
        match batch.last {
            Some(last) if batch.count == BATCH => after = last,
            _ => break,
        }
    }
    let Some((order, descending)) = order(set, query) else { return apply(query, kept, PAGE) };
    kept.sort_by_cached_key(|item| {
        let After { key, id } = place(set, order, item);
        (if descending { Directed::Down(Reverse(key)) } else { Directed::Up(key) }, id)
    });
    let count = query.count.then_some(kept.len());
    if let Some(after) = &query.after {
        kept.retain(|item| {
            let at = place(set, order, item);
            after.is_before(&at.key, &at.id, descending)
        });
    }
    let top = if query.counts_only() { 0 } else { query.top.unwrap_or(PAGE).min(PAGE_MAX) };
    let more = kept.len() > query.skip.saturating_add(top);
    let items: Vec<Value> = kept.into_iter().skip(query.skip).take(top).collect();
    let next = items.last().filter(|_| more).map(|last| Next::After(place(set, order, last)));
    Ok(Page { items, count, next })
}

/// A key in the order of a list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Directed {
    Up(String),
    Down(Reverse<String>),
}

/// Where an object stands in the order of its list, as the database compares it.
fn place(set: Set, order: Order, item: &Value) -> After {
    let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let key = match (order, set) {
        (Order::Id, _) => text("id"),
        (Order::Name, Set::Users) => text("userPrincipalName").to_lowercase(),
        (Order::Name | Order::Display, _) => text("displayName").to_lowercase(),
    };
    After { key, id: text("id") }
}

/// Users as answered, with their licences.
async fn with_licences(
    conn: &mut Conn,
    tenant: TenantId,
    mut users: Vec<User>,
    typed: bool,
) -> Result<Vec<Value>, ApiError> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let mut licences = ops::list_licences(conn, tenant, Some(&ids)).await?;
    let mut items = Vec::with_capacity(users.len());
    for user in &mut users {
        user.licences = licences.remove(&user.id).unwrap_or_default();
        items.push(represent::user(user, typed));
    }
    Ok(items)
}

/// Answers a page of users and groups named by their ids, in that order; those out of sight are left out.
pub(super) async fn list_objects(
    request: &Request,
    tenant: TenantId,
    context: &str,
    members: Vec<Member>,
) -> Result<Response, ApiError> {
    let sight = request.sight().await?;
    let cast = request.cast.as_deref().map(str::to_ascii_lowercase);
    let members: Vec<Member> = members
        .into_iter()
        .filter(|member| match member {
            Member::User(id) => sight.sees_user(*id) && cast.as_deref() != Some("group"),
            Member::Group(id) => sight.sees_group(*id) && cast.as_deref() != Some("user"),
        })
        .collect();
    let query = &request.query;
    let mut members = members;
    members.sort_unstable_by_key(|member| member.id());
    let mut conn = request.app.db.snapshot().await?;
    let page = if query.is_whole() {
        let count = query.count.then_some(members.len());
        if let Some(after) = &query.after {
            members.retain(|member| after.id < member.id().to_string());
        }
        let top = if query.counts_only() { 0 } else { query.top.unwrap_or(PAGE).min(PAGE_MAX) };
        let more = members.len() > query.skip.saturating_add(top);
        let shown: Vec<Member> = members.into_iter().skip(query.skip).take(top).collect();
        let next = shown.last().filter(|_| more).map(|last| Next::After(After::id(&last.id())));
        Page { items: objects(&mut conn, tenant, &shown).await?, count, next }
    } else {
        let mut kept = Vec::new();
        for batch in members.chunks(BATCH) {
            kept.extend(retain(query, objects(&mut conn, tenant, batch).await?)?);
        }
        apply(query, kept, PAGE)?
    };
    drop(conn);
    answer(request, context, page).await
}

/// Answers a page of the direct members of a group that the database cuts.
pub(super) async fn list_direct(
    request: &Request,
    tenant: TenantId,
    group: GroupId,
) -> Result<Response, ApiError> {
    let query = &request.query;
    let top = if query.counts_only() { 0 } else { query.top.unwrap_or(PAGE).min(PAGE_MAX) };
    let mut conn = request.app.db.snapshot().await?;
    let after = query.after.as_ref().map_or("", |after| after.id.as_str());
    // One more tells whether there is another page.
    let wanted = (query.skip, top.saturating_add(1));
    let mut members = ops::page_members(&mut conn, tenant, group, after, wanted).await?;
    let more = members.len() > top;
    members.truncate(top);
    let total = if query.count { Some(ops::count_members(&mut conn, tenant, group).await?) } else { None };
    let page = Page {
        items: objects(&mut conn, tenant, &members).await?,
        count: total.map(|total| usize::try_from(total).unwrap_or_default()),
        next: members.last().filter(|_| more).map(|last| Next::After(After::id(&last.id()))),
    };
    drop(conn);
    answer(request, "directoryObjects", page).await
}

/// Users and groups by id, in that order; what is gone is left out.
pub(super) async fn objects(
    conn: &mut Conn,
    tenant: TenantId,
    members: &[Member],
) -> Result<Vec<Value>, ApiError> {
    let (users, groups): (Vec<User>, Vec<Group>) = ops::find_objects(conn, tenant, members).await?;
    let mut found: std::collections::HashMap<String, Value> = std::collections::HashMap::new();
    let identified = |value: Value| Some((value.get("id")?.as_str()?.to_owned(), value));
    found.extend(with_licences(conn, tenant, users, true).await?.into_iter().filter_map(identified));
    found.extend(groups.iter().map(|group| represent::group(group, true)).filter_map(identified));
    Ok(members.iter().filter_map(|member| found.remove(&member.id().to_string())).collect())
}

/// Notes which people were shown, and answers.
async fn answer(request: &Request, context: &str, mut page: Page) -> Result<Response, ApiError> {
    expand::fill(request, &mut page.items).await?;
    let people = page.items.iter().filter(|item| item.get("userPrincipalName").is_some());
    let people = people.filter_map(|item| item.get("id")?.as_str());
    let people: Vec<String> = people.map(|id| format!("user:{id}")).collect();
    audit::ops::note_read(&request.app, &request.actor, "user.read", people).await?;
    Ok(collection(request, context, page))
}
