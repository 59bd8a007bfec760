//! `/scim/v2`: parse, call `ops`, answer.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
    routing::any,
};
use ringfence_model::import::Strict;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    BASE, BODY_MAX, Resource, bulk, discovery,
    list::{self, Query},
    method_not_allowed, not_implemented,
    ops::{self, Seen},
    patch::{self, member},
    represent::{self, Projection},
    syntax,
};
use crate::{
    app::{App, Shared},
    audit,
    authz::{Proof, act, authorize},
    directory::{Belonging, Group, User, list_belongings},
    graph::percent_decode,
    http::{ApiError, BaseUrl, parse_json, read_body},
    token,
};

const SCIM: &str = "application/scim+json";

pub(crate) fn router() -> Router<Shared> {
    // A wildcard matches no empty rest, so the address with a slash at its end stands by itself.
    let all = [BASE, "/scim/v2/", "/scim/v2/{*path}"];
    all.into_iter().fold(Router::new(), |router, path| router.route(path, any(answer)))
}

async fn answer(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let actor = token::authenticate_any(&app, &parts).await?;
    let proof = authorize(&actor, act::Provision)?;
    let path = parts.uri.path().get(BASE.len()..).unwrap_or_default().to_owned();
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode(segment).ok_or_else(not_utf8))
        .collect::<Result<_, _>>()?;
    let base = format!("{}{BASE}", BaseUrl::new(&app, &parts.uri, &parts.headers));
    let call = Call {
        resources: Resources { app: &app, proof: &proof, base: &base },
        method: parts.method.clone(),
        headers: &parts.headers,
        query: parts.uri.query().unwrap_or_default(),
    };
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    call.dispatch(&segments, body).await
}

/// One request.
struct Call<'a> {
    resources: Resources<'a>,
    method: Method,
    headers: &'a HeaderMap,
    query: &'a str,
}

impl Call<'_> {
    async fn dispatch(&self, segments: &[&str], body: Body) -> Result<Response, ApiError> {
        let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let base = self.resources.base;
        match lower.as_slice() {
            ["serviceproviderconfig"] => self.announce(Ok(discovery::config(base))),
            ["resourcetypes"] => self.announce(Ok(discovery::resource_types(base))),
            ["resourcetypes", id] => self.announce(discovery::find_resource_type(id, base)),
            ["schemas"] => self.announce(Ok(discovery::schemas(base))),
            ["schemas", id] => self.announce(discovery::find_schema(id, base)),
            ["me", ..] => {
                Err(not_implemented("`/Me` is not offered: a provisioning token stands for no person"))
            }
            [".search"] => self.search(&Resource::ALL, body).await,
            ["bulk"] => self.bulk(body).await,
            [] => self.list(&Resource::ALL).await,
            [set] => match Resource::of_set(set) {
                Some(kind) => self.collection(kind, body).await,
                None => Err(no_such_path()),
            },
            [set, ".search"] => match Resource::of_set(set) {
                Some(kind) => self.search(&[kind], body).await,
                None => Err(no_such_path()),
            },
            [set, id] => match Resource::of_set(set) {
                Some(kind) => self.resource(kind, id, body).await,
                None => Err(no_such_path()),
            },
            _ => Err(no_such_path()),
        }
    }

    fn announce(&self, value: Result<Value, ApiError>) -> Result<Response, ApiError> {
        if self.method != Method::GET {
            return Err(method_not_allowed());
        }
        if query_pairs(self.query)?.iter().any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
            // RFC 7644 §4: a filter here is refused.
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "filter_refused",
                "what the server announces takes no filter",
            ));
        }
        Ok(respond(StatusCode::OK, &value?))
    }

    async fn collection(&self, kind: Resource, body: Body) -> Result<Response, ApiError> {
        match self.method {
            Method::GET => self.list(&[kind]).await,
            Method::POST => self.change(kind, None, body).await,
            _ => Err(method_not_allowed()),
        }
    }

    async fn list(&self, kinds: &[Resource]) -> Result<Response, ApiError> {
        if self.method != Method::GET {
            return Err(method_not_allowed());
        }
        let query = query_of(self.query)?;
        let Resources { app, proof, base } = self.resources;
        Ok(respond(StatusCode::OK, &list::find(app, proof, kinds, &query, base).await?))
    }

    async fn search(&self, kinds: &[Resource], body: Body) -> Result<Response, ApiError> {
        if self.method != Method::POST {
            return Err(method_not_allowed());
        }
        let query = search_of(&self.json(body).await?)?;
        let Resources { app, proof, base } = self.resources;
        Ok(respond(StatusCode::OK, &list::find(app, proof, kinds, &query, base).await?))
    }

    async fn bulk(&self, body: Body) -> Result<Response, ApiError> {
        if self.method != Method::POST {
            return Err(method_not_allowed());
        }
        let body = self.json(body).await?;
        Ok(respond(StatusCode::OK, &bulk::run(&self.resources, &body).await?))
    }

    async fn resource(&self, kind: Resource, id: &str, body: Body) -> Result<Response, ApiError> {
        let id: Uuid =
            id.parse().map_err(|_| ApiError::not_found(format!("there is no {} `{id}`", kind.name())))?;
        match self.method {
            Method::GET => self.get(kind, id).await,
            Method::PUT | Method::PATCH | Method::DELETE => self.change(kind, Some(id), body).await,
            _ => Err(method_not_allowed()),
        }
    }

    async fn get(&self, kind: Resource, id: Uuid) -> Result<Response, ApiError> {
        let projection = query_of(self.query)?.projection;
        let Resources { app, proof, .. } = self.resources;
        let found = self.resources.find(kind, id, &projection).await?;
        let object = format!("{}:{id}", kind.name().to_ascii_lowercase());
        audit::ops::note_read(app, proof.actor(), "scim.read", [object]).await?;
        // The version of a user says nothing of the groups, which change without the user.
        let is_whole = kind == Resource::Group || !projection.wants_groups();
        let known = self.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let known = known.filter(|_| is_whole);
        if known.is_some_and(|known| seen(Some(known)).is_none_or(|seen| seen.contains(&found.number()))) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(found.head(response));
        }
        Ok(found.respond(&projection))
    }

    async fn change(&self, kind: Resource, id: Option<Uuid>, body: Body) -> Result<Response, ApiError> {
        let projection = query_of(self.query)?.projection;
        let data = if self.method == Method::DELETE { Value::Null } else { self.json(body).await? };
        let if_match = self.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
        let done = self.resources.change(&self.method, kind, id, seen(if_match), &data).await?;
        // Members of a group can be many: they are sent back when the client names what it wants.
        let silent = kind == Resource::Group && self.method == Method::PATCH && !projection.is_stated();
        match done {
            Done::Stored { id, created, .. } if !silent => {
                let found = self.resources.find(kind, id, &projection).await?;
                let mut response = found.respond(&projection);
                if created {
                    *response.status_mut() = StatusCode::CREATED;
                }
                Ok(response)
            }
            _ => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                Ok(response)
            }
        }
    }

    async fn json(&self, body: Body) -> Result<Value, ApiError> {
        crate::http::require_json(self.headers)?;
        let Strict(value) = parse_json(&read_body(body, BODY_MAX).await?)?;
        if value.is_object() { Ok(value) } else { Err(syntax("the body must be an object")) }
    }
}

/// What changes and finds resources, for single requests and for bulk ones.
#[derive(Clone, Copy)]
pub(super) struct Resources<'a> {
    app: &'a App,
    proof: &'a Proof<act::Provision>,
    base: &'a str,
}

/// What became of a change.
pub(super) enum Done {
    Stored { id: Uuid, created: bool, location: String, version: String },
    Gone,
}

impl Done {
    pub(super) fn id(&self) -> Option<Uuid> {
        match self {
            Self::Stored { id, .. } => Some(*id),
            Self::Gone => None,
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Stored { created: true, .. } => StatusCode::CREATED,
            Self::Stored { .. } => StatusCode::OK,
            Self::Gone => StatusCode::NO_CONTENT,
        }
    }
}

impl Resources<'_> {
    pub(super) fn location(&self, kind: Resource, id: Uuid) -> String {
        format!("{}/{}/{id}", self.base, kind.set())
    }

    /// Makes, replaces, changes or removes a resource.
    pub(super) async fn change(
        &self,
        method: &Method,
        kind: Resource,
        id: Option<Uuid>,
        seen: Seen,
        data: &Value,
    ) -> Result<Done, ApiError> {
        let (app, proof) = (self.app, self.proof);
        let (id, version, created) = match (method, id, kind) {
            (&Method::POST, None, Resource::User) => {
                let user = ops::create_user(app, proof, object(data)?).await?;
                (user.id.0, user.version, true)
            }
            (&Method::POST, None, Resource::Group) => {
                let group = ops::create_group(app, proof, object(data)?).await?;
                (group.id.0, group.version, true)
            }
            (&Method::PUT, Some(id), Resource::User) => {
                let user = ops::replace_user(app, proof, id, &seen, object(data)?).await?;
                (id, user.version, false)
            }
            (&Method::PUT, Some(id), Resource::Group) => {
                let group = ops::replace_group(app, proof, id, &seen, object(data)?).await?;
                (id, group.version, false)
            }
            (&Method::PATCH, Some(id), Resource::User) => {
                let changes = patch::parse(kind, data)?;
                (id, ops::patch_user(app, proof, id, &seen, &changes).await?.version, false)
            }
            (&Method::PATCH, Some(id), Resource::Group) => {
                let changes = patch::parse(kind, data)?;
                (id, ops::patch_group(app, proof, id, &seen, &changes).await?.version, false)
            }
            (&Method::DELETE, Some(id), Resource::User) => {
                ops::delete_user(app, proof, id, &seen).await?;
                return Ok(Done::Gone);
            }
            (&Method::DELETE, Some(id), Resource::Group) => {
                ops::delete_group(app, proof, id, &seen).await?;
                return Ok(Done::Gone);
            }
            _ => return Err(method_not_allowed()),
        };
        let location = self.location(kind, id);
        Ok(Done::Stored { id, created, location, version: represent::etag(version) })
    }

    async fn find(&self, kind: Resource, id: Uuid, projection: &Projection) -> Result<Found, ApiError> {
        let (tenant, base) = (self.proof.tenant(), self.base.to_owned());
        let mut conn = self.app.db.snapshot().await?;
        Ok(match kind {
            Resource::User => {
                let user = ops::get_user(&mut conn, tenant, id).await?;
                let mut groups = BTreeMap::new();
                if projection.wants_groups() {
                    groups = list_belongings(&mut conn, tenant, &[user.id]).await?;
                }
                let groups = groups.remove(&user.id).unwrap_or_default();
                Found::User(user, groups, base)
            }
            Resource::Group => {
                let group = ops::get_group(&mut conn, tenant, id).await?;
                let members = if projection.wants_members() {
                    Some(ops::list_members(&mut conn, tenant, group.id).await?)
                } else {
                    None
                };
                Found::Group(group, members, base)
            }
        })
    }
}

/// A resource to be answered.
enum Found {
    User(User, Vec<Belonging>, String),
    Group(Group, Option<Vec<crate::directory::Member>>, String),
}

impl Found {
    fn number(&self) -> i64 {
        match self {
            Self::User(user, ..) => user.version,
            Self::Group(group, ..) => group.version,
        }
    }

    fn respond(&self, projection: &Projection) -> Response {
        let (kind, value) = match self {
            Self::User(user, groups, base) => (Resource::User, represent::user(user, groups, base)),
            Self::Group(group, members, base) => {
                (Resource::Group, represent::group(group, members.as_deref(), base))
            }
        };
        self.head(respond(StatusCode::OK, &projection.apply(kind, value)))
    }

    fn head(&self, mut response: Response) -> Response {
        let location = match self {
            Self::User(user, _, base) => format!("{base}/Users/{}", user.id),
            Self::Group(group, _, base) => format!("{base}/Groups/{}", group.id),
        };
        let etag = represent::etag(self.number());
        for (name, value) in [(header::ETAG, etag), (header::LOCATION, location)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(SCIM));
    response
}

fn object(data: &Value) -> Result<&Map<String, Value>, ApiError> {
    data.as_object().ok_or_else(|| syntax("the data of a resource must be an object"))
}

fn not_utf8() -> ApiError {
    syntax("the address is not UTF-8")
}

fn no_such_path() -> ApiError {
    ApiError::not_found("there is no such path")
}

/// The versions in `If-Match` or `If-None-Match`; `None` for `*` and for no header. A tag that is none of ours is a
/// version that nothing has.
pub(super) fn seen(header: Option<&str>) -> Seen {
    let text = header?.trim();
    if text == "*" {
        return None;
    }
    let number = |tag: &str| {
        let tag = tag.trim();
        let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
        tag.parse::<i64>().unwrap_or(-1)
    };
    Some(text.split(',').map(number).collect())
}

fn query_pairs(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    let decode = |text: &str| percent_decode(&text.replace('+', " ")).ok_or_else(not_utf8);
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(name)?, decode(value)?))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

fn query_of(text: &str) -> Result<Query, ApiError> {
    let mut query = Query { start: 1, ..Query::default() };
    let (mut only, mut without) = (None, Vec::new());
    for (name, value) in query_pairs(text)? {
        match name.to_ascii_lowercase().as_str() {
            "filter" => query.filter = Some(value).filter(|value| !value.trim().is_empty()),
            "sortby" => query.sort_by = Some(value).filter(|value| !value.trim().is_empty()),
            "sortorder" => query.descending = descending(&value)?,
            "startindex" => query.start = from_one(number("startIndex", &value)?),
            "count" => query.count = Some(usize::try_from(number("count", &value)?).unwrap_or_default()),
            "attributes" => only = Some(names(&value)),
            "excludedattributes" => without = names(&value),
            _ => {}
        }
    }
    query.projection = Projection::new(only, without);
    Ok(query)
}

fn search_of(body: &Value) -> Result<Query, ApiError> {
    let text = |name: &str| match member(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.trim().is_empty())),
        Some(other) => Err(super::wrong(name, other, "is not a text", "a text")),
    };
    let whole = |name: &str| match member(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_i64()
            .map(Some)
            .ok_or_else(|| super::wrong(name, value, "is not a whole number", "a whole number")),
    };
    let list = |name: &str| match member(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(values)) => {
            Ok(Some(values.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
        }
        Some(Value::String(text)) => Ok(Some(names(text))),
        Some(other) => Err(super::wrong(name, other, "is not a list", "a list of names")),
    };
    Ok(Query {
        filter: text("filter")?,
        sort_by: text("sortBy")?,
        descending: text("sortOrder")?.map_or(Ok(false), |order| descending(&order))?,
        start: from_one(whole("startIndex")?.unwrap_or(1)),
        count: whole("count")?.map(|count| usize::try_from(count).unwrap_or_default()),
        projection: Projection::new(list("attributes")?, list("excludedAttributes")?.unwrap_or_default()),
    })
}

fn descending(order: &str) -> Result<bool, ApiError> {
    match order.trim().to_ascii_lowercase().as_str() {
        "ascending" => Ok(false),
        "descending" => Ok(true),
        _ => Err(super::wrong("sortOrder", order, "is no order", "ascending, descending")),
    }
}

/// What is less than 1 counts as 1 (RFC 7644 §3.4.2.4).
fn from_one(start: i64) -> usize {
    usize::try_from(start).unwrap_or_default().max(1)
}

fn number(name: &str, value: &str) -> Result<i64, ApiError> {
    value.trim().parse().map_err(|_| super::wrong(name, value, "is not a whole number", "a whole number"))
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}
