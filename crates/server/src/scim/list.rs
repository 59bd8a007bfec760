//! Finding resources (RFC 7644 §3.4.2): filter, order, page. Without filter and order the database does all of it; with
//! a filter it narrows, and what it cannot is judged one batch after the other.

use std::collections::BTreeMap;

use ringfence_model::{GroupId, TenantId, UserId};
use serde_json::Value;
use uuid::Uuid;

use super::{
    PAGE, PAGE_MAX, Resource,
    filter::{self, Filter, Misread},
    ops,
    path::{Named, Target, resolve},
    represent::{self, Projection},
    schema::Kind,
};
use crate::{
    app::App,
    audit,
    authz::{Proof, act},
    db::Conn,
    directory::{self, Belonging, Group, Member, User, Window},
    http::ApiError,
};

/// Longest filter, in bytes.
const FILTER_MAX: usize = 16 * 1024;

/// Rows read at once when a filter is judged here.
const BATCH: usize = 1000;

/// Members and groups of users in one page; a page that would hold more is cut short after a resource.
const MEMBERS_MAX: usize = 150_000;

/// Users whose groups are read at once: not more than are wanted of somebody who is in very many.
const GROUPS_OF: usize = 100;

/// The groups of users.
type Groups = BTreeMap<UserId, Vec<Belonging>>;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) filter: Option<String>,
    pub(super) sort_by: Option<String>,
    pub(super) descending: bool,
    /// Counts from 1.
    pub(super) start: usize,
    pub(super) count: Option<usize>,
    pub(super) projection: Projection,
}

impl Query {
    /// How many resources a page holds at most.
    fn size(&self) -> usize {
        self.count.unwrap_or(PAGE).min(PAGE_MAX)
    }

    /// Resources before the page.
    fn skip(&self) -> usize {
        self.start.max(1) - 1
    }
}

/// A resource that meets the filter.
struct Hit {
    key: Key,
    resource: Resource,
    id: Uuid,
}

/// What resources are ordered by; those without a value come last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Value(String),
    Absent,
}

/// Finds resources of these kinds and answers the page.
pub(super) async fn find(
    app: &App,
    proof: &Proof<act::Provision>,
    kinds: &[Resource],
    query: &Query,
    base: &str,
) -> Result<Value, ApiError> {
    let tenant = proof.tenant();
    let mut conn = app.db.snapshot().await?;
    let mut page = Page { base, projection: &query.projection, resources: Vec::new(), members: 0 };
    let total = match kinds {
        [kind] if query.filter.is_none() && query.sort_by.is_none() => {
            page.fill_plain(&mut conn, proof, *kind, query).await?
        }
        _ => {
            let hits = hits(&mut conn, proof, kinds, query, base).await?;
            let wanted = hits.iter().skip(query.skip()).take(query.size()).collect::<Vec<_>>();
            for run in wanted.chunk_by(|a, b| a.resource == b.resource) {
                if !page.add(&mut conn, tenant, run).await? {
                    break;
                }
            }
            hits.len()
        }
    };
    drop(conn);
    let objects = page.resources.iter().filter_map(|value| value.get("id")?.as_str());
    let objects: Vec<String> = objects.map(|id| format!("resource:{id}")).collect();
    audit::ops::note_read(app, proof.actor(), "scim.read", objects).await?;
    Ok(represent::list(page.resources, total, query.start.max(1)))
}

/// The page as it grows.
struct Page<'a> {
    base: &'a str,
    projection: &'a Projection,
    resources: Vec<Value>,
    members: usize,
}

impl Page<'_> {
    /// A page straight from the database; answers how many there are in all.
    async fn fill_plain(
        &mut self,
        conn: &mut Conn,
        proof: &Proof<act::Provision>,
        kind: Resource,
        query: &Query,
    ) -> Result<usize, ApiError> {
        let tenant = proof.tenant();
        let number = directory::ops::number;
        let window = Window { skip: number(query.skip()), ..Window::first(&[], number(query.size())) };
        let total = match kind {
            Resource::User => {
                let users = directory::ops::page_users(conn, tenant, window).await?;
                self.add_users(conn, tenant, &users).await?;
                directory::ops::count_users(conn, tenant, &[]).await?
            }
            Resource::Group => {
                for group in directory::ops::page_groups(conn, tenant, window).await? {
                    if !self.add_group(conn, tenant, &group).await? {
                        break;
                    }
                }
                directory::ops::count_groups(conn, tenant, &[]).await?
            }
        };
        Ok(usize::try_from(total).unwrap_or_default())
    }

    fn push(&mut self, kind: Resource, value: Value) {
        self.resources.push(self.projection.apply(kind, value));
    }

    /// Adds resources of one kind; false when the page is full.
    async fn add(&mut self, conn: &mut Conn, tenant: TenantId, run: &[&Hit]) -> Result<bool, ApiError> {
        let (users, groups): (Vec<&Hit>, Vec<&Hit>) =
            run.iter().copied().partition(|hit| hit.resource == Resource::User);
        let members: Vec<Member> = users.iter().map(|hit| Member::User(UserId(hit.id))).collect();
        let (found, _) = directory::ops::find_objects(conn, tenant, &members).await?;
        let mut found: BTreeMap<Uuid, User> = found.into_iter().map(|user| (user.id.0, user)).collect();
        let users: Vec<User> = users.iter().filter_map(|hit| found.remove(&hit.id)).collect();
        if !self.add_users(conn, tenant, &users).await? {
            return Ok(false);
        }
        for hit in groups {
            let group = ops::get_group(conn, tenant, hit.id).await?;
            if !self.add_group(conn, tenant, &group).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn add_users(
        &mut self,
        conn: &mut Conn,
        tenant: TenantId,
        users: &[User],
    ) -> Result<bool, ApiError> {
        let with_groups = self.projection.wants_groups();
        for users in users.chunks(GROUPS_OF) {
            let groups = if with_groups { groups_of(conn, tenant, users).await? } else { BTreeMap::new() };
            for user in users {
                let groups = groups.get(&user.id).map(Vec::as_slice).unwrap_or_default();
                if !self.has_room(groups.len()) {
                    return Ok(false);
                }
                self.push(Resource::User, represent::user(user, groups, self.base));
            }
        }
        Ok(true)
    }

    /// Whether a resource with so many members or groups still fits, which it then takes.
    fn has_room(&mut self, count: usize) -> bool {
        if !self.resources.is_empty() && self.members + count > MEMBERS_MAX {
            return false;
        }
        self.members += count;
        true
    }

    async fn add_group(
        &mut self,
        conn: &mut Conn,
        tenant: TenantId,
        group: &Group,
    ) -> Result<bool, ApiError> {
        let members = if self.projection.wants_members() {
            Some(ops::list_members(conn, tenant, group.id).await?)
        } else {
            None
        };
        let count = members.as_ref().map_or(0, Vec::len);
        if !self.has_room(count) {
            return Ok(false);
        }
        self.push(Resource::Group, represent::group(group, members.as_deref(), self.base));
        Ok(true)
    }
}

async fn groups_of(conn: &mut Conn, tenant: TenantId, users: &[User]) -> Result<Groups, ApiError> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    Ok(directory::list_belongings(conn, tenant, &ids).await?)
}

/// Everything that meets the filter, in order.
async fn hits(
    conn: &mut Conn,
    proof: &Proof<act::Provision>,
    kinds: &[Resource],
    query: &Query,
    base: &str,
) -> Result<Vec<Hit>, ApiError> {
    let mut hits = Vec::new();
    let mut misread = None;
    let mut understood = false;
    for kind in kinds {
        let filter = match query.filter.as_deref().map(|text| parse(*kind, text)).transpose() {
            Ok(filter) => filter,
            Err(why) => {
                misread = Some(why);
                continue;
            }
        };
        let order = match query.sort_by.as_deref() {
            None => None,
            Some(name) => Some(match resolve(*kind, name) {
                Named::Attribute(target) => target,
                Named::Dropped | Named::Extension | Named::Unknown if kinds.len() > 1 => continue,
                _ => return Err(super::wrong("sortBy", name, "is no attribute to sort by", "an attribute")),
            }),
        };
        understood = true;
        let mut search = Search { conn: &mut *conn, proof, base, order, hits: &mut hits };
        match kind {
            Resource::User => search.users(filter.as_ref()).await?,
            Resource::Group => search.groups(filter.as_ref()).await?,
        }
    }
    match misread {
        // Among several kinds of resources one may lack an attribute that the other has.
        Some(misread) if !understood || !misread.unknown => return Err(refused(query, &misread)),
        _ => {}
    }
    if query.sort_by.is_some() {
        hits.sort_by(|a, b| if query.descending { b.key.cmp(&a.key) } else { a.key.cmp(&b.key) });
    }
    Ok(hits)
}

fn parse(kind: Resource, text: &str) -> Result<Filter, Misread> {
    if text.len() > FILTER_MAX {
        let why = format!("it is longer than {FILTER_MAX} bytes");
        return Err(Misread { at: 1, why, unknown: false });
    }
    filter::parse(kind, text)
}

fn refused(query: &Query, misread: &Misread) -> ApiError {
    let text: String = query.filter.iter().flat_map(|text| text.chars()).take(200).collect();
    let detail = format!("the filter at character {}: {} (`{text}`)", misread.at, misread.why);
    ApiError::bad_request("invalid_filter", detail)
}

/// One pass over the resources of a kind.
struct Search<'a> {
    conn: &'a mut Conn,
    proof: &'a Proof<act::Provision>,
    base: &'a str,
    order: Option<Target>,
    hits: &'a mut Vec<Hit>,
}

impl Search<'_> {
    fn judge(&mut self, resource: Resource, id: Uuid, filter: Option<&Filter>, value: &Value) {
        if filter.is_none_or(|filter| filter.holds(value)) {
            let key = self.order.as_ref().map_or(Key::Absent, |target| key(target, value));
            self.hits.push(Hit { key, resource, id });
        }
    }

    async fn users(&mut self, filter: Option<&Filter>) -> Result<(), ApiError> {
        let by_groups = self.order.is_some_and(|order| order.attribute.name == "groups");
        if let Some((group, rest)) = filter.and_then(|filter| filter.split_id("groups"))
            && !by_groups
        {
            return self.users_of(&group, &rest).await;
        }
        let with_groups = by_groups || filter.is_some_and(|filter| filter.asks("groups"));
        let conditions = filter.map(Filter::conditions).unwrap_or_default();
        let mut after = String::new();
        loop {
            let window =
                Window { after: &after, ..Window::first(&conditions, directory::ops::number(BATCH)) };
            let users = directory::ops::page_users(self.conn, self.proof.tenant(), window).await?;
            let Some(last) = users.last() else { return Ok(()) };
            after = last.id.to_string();
            self.judge_users(&users, filter, with_groups).await?;
        }
    }

    async fn judge_users(
        &mut self,
        users: &[User],
        filter: Option<&Filter>,
        with_groups: bool,
    ) -> Result<(), ApiError> {
        for users in users.chunks(GROUPS_OF) {
            let groups = if with_groups {
                groups_of(self.conn, self.proof.tenant(), users).await?
            } else {
                BTreeMap::new()
            };
            for user in users {
                let groups = groups.get(&user.id).map(Vec::as_slice).unwrap_or_default();
                self.judge(Resource::User, user.id.0, filter, &represent::user(user, groups, self.base));
            }
        }
        Ok(())
    }

    /// The users who are in a group, directly or through nesting.
    async fn users_of(&mut self, group: &str, rest: &Filter) -> Result<(), ApiError> {
        let tenant = self.proof.tenant();
        // The form of the id is as exact as in a comparison of texts.
        let Some(id) = group.parse::<GroupId>().ok().filter(|id| id.to_string() == group) else {
            return Ok(());
        };
        let inside = directory::ops::list_descendants(self.conn, tenant, id).await?;
        let people: Vec<Member> =
            inside.into_iter().filter(|member| matches!(member, Member::User(_))).collect();
        for people in people.chunks(BATCH) {
            let (mut users, _) = directory::ops::find_objects(self.conn, tenant, people).await?;
            users.sort_unstable_by_key(|user| user.id);
            self.judge_users(&users, Some(rest), false).await?;
        }
        Ok(())
    }

    async fn groups(&mut self, filter: Option<&Filter>) -> Result<(), ApiError> {
        if let Some((member, rest)) = filter.and_then(|filter| filter.split_id("members")) {
            return self.groups_of(&member, &rest).await;
        }
        let conditions = filter.map(Filter::conditions).unwrap_or_default();
        let with_members = filter.is_some_and(|filter| filter.asks("members"));
        let mut after = String::new();
        loop {
            let window =
                Window { after: &after, ..Window::first(&conditions, directory::ops::number(BATCH)) };
            let groups = directory::ops::page_groups(self.conn, self.proof.tenant(), window).await?;
            let Some(last) = groups.last() else { return Ok(()) };
            after = last.id.to_string();
            for group in &groups {
                let members = if with_members {
                    ops::list_members(self.conn, self.proof.tenant(), group.id).await?
                } else {
                    Vec::new()
                };
                let value = represent::group(group, Some(&members), self.base);
                self.judge(Resource::Group, group.id.0, filter, &value);
            }
        }
    }

    /// The groups that somebody is directly in.
    async fn groups_of(&mut self, member: &str, rest: &Filter) -> Result<(), ApiError> {
        let tenant = self.proof.tenant();
        // The form of the id is as exact as in a comparison of texts.
        let Some(id) = member.parse::<UserId>().ok().filter(|id| id.to_string() == member) else {
            return Ok(());
        };
        for group in directory::ops::list_parents(self.conn, tenant, Member::User(id)).await? {
            let group = ops::get_group(self.conn, tenant, group.0).await?;
            let value = represent::group(&group, None, self.base);
            self.judge(Resource::Group, group.id.0, Some(rest), &value);
        }
        Ok(())
    }
}

fn key(target: &Target, value: &Value) -> Key {
    let found = filter::values(target, value);
    let main = found.iter().find(|value| value.get("primary") == Some(&Value::Bool(true)));
    let Some(chosen) = main.or(found.first()).copied() else { return Key::Absent };
    let chosen = match (target.part, target.attribute.kind) {
        (None, Kind::Complex(_)) => chosen.get("value").unwrap_or(&Value::Null),
        _ => chosen,
    };
    let exact = target.compared().is_some_and(|attribute| attribute.case_exact);
    match chosen {
        Value::String(text) => Key::Value(if exact { text.clone() } else { text.to_lowercase() }),
        Value::Null => Key::Absent,
        other => Key::Value(other.to_string()),
    }
}
