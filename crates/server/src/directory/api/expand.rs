//! Members and memberships written inside users and groups: `$expand=members`, `memberOf`, `transitiveMemberOf`.

use serde_json::{Value, json};

use super::page;
use crate::{
    authz::Sight,
    db::Conn,
    directory::{Member, ops, seen},
    graph::{After, Next, Query, Request},
    http::ApiError,
};

/// Objects written inside one, as many as Graph writes; a link leads to the others.
const INLINE_MAX: usize = 20;

/// What can be written inside a user or group.
#[derive(Clone, Copy)]
enum Link {
    Members,
    MemberOf,
    TransitiveMemberOf,
}

impl Link {
    const ALL: [Self; 3] = [Self::Members, Self::MemberOf, Self::TransitiveMemberOf];

    const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::MemberOf => "memberOf",
            Self::TransitiveMemberOf => "transitiveMemberOf",
        }
    }

    /// The objects that it leads to, in the order of the list of its own; of a large group only the first.
    async fn follow(self, conn: &mut Conn, request: &Request, of: Member) -> Result<Vec<Member>, ApiError> {
        let tenant = request.actor.tenant;
        Ok(match (self, of) {
            (Self::Members, Member::Group(group)) => {
                ops::page_members(conn, tenant, group, "", (0, INLINE_MAX + 1)).await?
            }
            (Self::Members, Member::User(_)) => Vec::new(),
            (Self::MemberOf, _) => {
                ops::list_parents(conn, tenant, of).await?.into_iter().map(Member::Group).collect()
            }
            (Self::TransitiveMemberOf, _) => {
                ops::list_ancestors(conn, tenant, of).await?.into_iter().map(Member::Group).collect()
            }
        })
    }
}

/// Writes into users and groups what the query expands, as far as it is in sight, and notes who was shown.
pub(super) async fn fill(request: &Request, items: &mut [Value]) -> Result<(), ApiError> {
    let wanted = Link::ALL.into_iter().filter_map(|link| Some((link, request.query.expanded(link.name())?)));
    let wanted: Vec<(Link, &Query)> = wanted.collect();
    if wanted.is_empty() || request.query.counts_only() {
        return Ok(());
    }
    for (link, query) in &wanted {
        check(*link, query)?;
    }
    let sight = request.sight().await?;
    let mut conn = request.app.db.snapshot().await?;
    let mut shown = Vec::new();
    for item in items {
        let Some(of) = subject(item) else { continue };
        for (link, query) in &wanted {
            // A user has no members: the name is refused where the answer is written.
            if matches!((link, of), (Link::Members, Member::User(_))) {
                continue;
            }
            shown.extend(write(&mut conn, request, &sight, (*link, query), (of, item)).await?);
        }
    }
    drop(conn);
    seen::note(request, shown).await
}

/// What would need all objects is refused: only some are written inside.
fn check(link: Link, query: &Query) -> Result<(), ApiError> {
    if query.is_plain() && query.skip == 0 && !query.expands_anything() {
        return Ok(());
    }
    let name = link.name();
    let detail = format!(
        "`$expand`: inside `{name}` this server takes `$select` and `$top`; ask for …/{name} itself to \
         filter, cast, order, count, skip or expand"
    );
    Err(ApiError::new(axum::http::StatusCode::NOT_IMPLEMENTED, "operation_not_offered", detail))
}

/// Whom an answered user or group stands for.
fn subject(item: &Value) -> Option<Member> {
    let id = item.get("id")?.as_str()?;
    Some(if item.get("userPrincipalName").is_some() {
        Member::User(id.parse().ok()?)
    } else {
        Member::Group(id.parse().ok()?)
    })
}

/// Writes one of them, and says whom it shows.
async fn write(
    conn: &mut Conn,
    request: &Request,
    sight: &Sight,
    (link, query): (Link, &Query),
    (of, item): (Member, &mut Value),
) -> Result<Vec<Member>, ApiError> {
    let mut found = link.follow(conn, request, of).await?;
    found.retain(|member| seen::sees(sight, *member));
    let wanted = query.top.unwrap_or(usize::MAX);
    let more = found.len() > INLINE_MAX && wanted > INLINE_MAX;
    found.truncate(INLINE_MAX.min(wanted));
    let set = if matches!(of, Member::User(_)) { "users" } else { "groups" };
    let place = format!("{set}('{}')/{}", of.id(), link.name());
    let context = format!("{}/$metadata#{place}", request.context);
    item[format!("{}@odata.context", link.name())] = json!(context);
    item[link.name()] = page::objects(conn, request.actor.tenant, &found).await?.into();
    if more && let Some(last) = found.last().map(|last| After::id(&last.id())) {
        let next =
            format!("{}/{set}/{}/{}?{}", request.root, of.id(), link.name(), query.next(&Next::After(last)));
        item[format!("{}@odata.nextLink", link.name())] = json!(next);
    }
    Ok(found)
}
