//! `/deviceAppManagement/managedAppRegistrations` and `/users/{id}/managedAppRegistrations`: app instances in the names
//! of Graph. They come from phones: nobody makes, changes or removes one here.

mod represent;
mod sql;

use std::collections::{BTreeSet, HashMap};

use axum::response::Response;
use ringfence_model::{InstanceId, PolicyId, TenantId, UserId};
use serde_json::Value;

use super::{Instance, ops};
use crate::{
    audit,
    authz::{Sight, act, authorize},
    checkin::given,
    db::{Conn, DbError},
    device,
    failure::Failure,
    graph::{Page, Request, apply, collection, entity},
    http::ApiError,
    policies,
    wipe::{self, Wipe},
};
use sql::{Registered, Which};

const SET: &str = "deviceAppManagement/managedAppRegistrations";
const PAGE: usize = 1000;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let response = match (method.as_str(), parts.as_slice()) {
        ("GET", ["deviceappmanagement", "managedappregistrations", rest @ ..]) => match rest {
            [] => list(request, None).await,
            [one] if one.trim_end_matches("()") == "getuseridswithflaggedappregistration" => {
                flagged(request).await
            }
            [_] => get(request, 2, None).await,
            [_, "appliedpolicies" | "intendedpolicies" | "operations"] => part(request).await,
            [_, "appliedpolicies" | "intendedpolicies" | "operations", _] => one_of_part(request).await,
            _ => return Ok(None),
        },
        ("GET", ["users", _, "managedappregistrations"]) => {
            let user = user(request).await?;
            list(request, Some(user)).await
        }
        ("GET", ["users", _, "managedappregistrations", _]) => {
            let user = user(request).await?;
            get(request, 3, Some(user)).await
        }
        _ => return Ok(None),
    };
    response.map(Some)
}

/// Every active instance, its versions the newest that the phone said.
pub(crate) async fn list_active(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Instance>, DbError> {
    Ok(sql::list(conn, tenant, Which::Active).await?.into_iter().map(|found| found.instance).collect())
}

/// The same of one instance, whatever became of it.
pub(crate) async fn find_told(
    conn: &mut Conn,
    tenant: TenantId,
    id: InstanceId,
) -> Result<Option<Instance>, DbError> {
    Ok(sql::list(conn, tenant, Which::One(id)).await?.pop().map(|found| found.instance))
}

/// The user that the path names, as far as the caller sees him.
async fn user(request: &Request) -> Result<UserId, ApiError> {
    let proof = authorize(&request.actor, act::ReadRegistrations)?;
    let sight = request.sight().await?;
    let found = ops::find_person(&mut *request.app.db.read().await?, proof.tenant(), request.key(1)).await?;
    let seen = found.filter(|person| sight.sees_user(person.id));
    seen.map(|person| person.id).ok_or_else(|| Failure::not_found("user", request.key(1)).into())
}

async fn list(request: &Request, user: Option<UserId>) -> Result<Response, ApiError> {
    let which = user.map_or(Which::Active, Which::Of);
    let found = seen(request, which).await?;
    let gathered = Gathered::of(request, &found).await?;
    let items = found.iter().map(|one| represent::registration(request, one, &gathered)).collect();
    let context = match user {
        Some(user) => format!("users('{user}')/managedAppRegistrations"),
        None => SET.to_owned(),
    };
    Ok(collection(request, &context, apply(&request.query, items, PAGE)?))
}

async fn get(request: &Request, key: usize, of: Option<UserId>) -> Result<Response, ApiError> {
    let found = find(request, key).await?;
    if of.is_some_and(|user| user != found.instance.user) {
        return Err(unknown(request.key(key)));
    }
    let gathered = Gathered::of(request, std::slice::from_ref(&found)).await?;
    Ok(entity(request, SET, represent::registration(request, &found, &gathered)))
}

/// `…/{id}/appliedPolicies`, `intendedPolicies`, `operations`.
async fn part(request: &Request) -> Result<Response, ApiError> {
    let (context, items) = items(request).await?;
    Ok(collection(request, &context, apply(&request.query, items, PAGE)?))
}

async fn one_of_part(request: &Request) -> Result<Response, ApiError> {
    let (context, items) = items(request).await?;
    let key = request.key(4);
    let same = |item: &&Value| {
        let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
        id.eq_ignore_ascii_case(key)
            || policies::parse_id(key).is_some_and(|key| policies::parse_id(id) == Some(key))
    };
    let found = items.iter().find(same).cloned();
    let found = found.ok_or_else(|| Failure::not_found("object of this registration", key))?;
    Ok(entity(request, &context, found))
}

async fn items(request: &Request) -> Result<(String, Vec<Value>), ApiError> {
    let found = find(request, 2).await?;
    let gathered = Gathered::of(request, std::slice::from_ref(&found)).await?;
    let (name, items) = match request.key(3).to_ascii_lowercase().as_str() {
        "appliedpolicies" => ("appliedPolicies", gathered.applied(request, &found.instance)),
        "intendedpolicies" => ("intendedPolicies", gathered.intended(request, &found.instance)),
        _ => ("operations", gathered.operations(&found.instance)),
    };
    Ok((format!("{}/{name}", represent::place(&found.instance)), items))
}

/// Users of whom at least one active instance has said something that Graph flags.
async fn flagged(request: &Request) -> Result<Response, ApiError> {
    let found = seen(request, Which::Active).await?;
    let flagged = found.iter().filter(|one| !represent::flags(&one.told).is_empty());
    let users: BTreeSet<UserId> = flagged.map(|one| one.instance.user).collect();
    let items: Vec<Value> = users.into_iter().map(|user| Value::from(user.to_string())).collect();
    Ok(collection(request, "Collection(Edm.String)", Page { items, count: None, next: None }))
}

fn unknown(key: &str) -> ApiError {
    Failure::not_found("registration", key).into()
}

async fn find(request: &Request, key: usize) -> Result<Registered, ApiError> {
    authorize(&request.actor, act::ReadRegistrations)?;
    let id: InstanceId = request.key(key).parse().map_err(|_| unknown(request.key(key)))?;
    seen(request, Which::One(id)).await?.pop().ok_or_else(|| unknown(request.key(key)))
}

/// Instances in sight; that they were looked at is noted.
async fn seen(request: &Request, which: Which) -> Result<Vec<Registered>, ApiError> {
    let proof = authorize(&request.actor, act::ReadRegistrations)?;
    let sight = request.sight().await?;
    let mut found = sql::list(&mut *request.app.db.read().await?, proof.tenant(), which).await?;
    found.retain(|one| sight.sees_user(one.instance.user));
    let people: BTreeSet<UserId> = found.iter().map(|one| one.instance.user).collect();
    let objects = people.iter().map(|user| format!("user:{user}"));
    audit::ops::note_read(&request.app, proof.actor(), "registration.read", objects).await?;
    Ok(found)
}

/// What registrations are shown together with.
struct Gathered {
    sight: Sight,
    /// Devices that a record says are enrolled.
    enrolled: BTreeSet<String>,
    policies: HashMap<PolicyId, policies::Policy>,
    /// The policies of contents that were given.
    given: HashMap<String, Vec<PolicyId>>,
    wipes: Vec<Wipe>,
}

impl Gathered {
    async fn of(request: &Request, found: &[Registered]) -> Result<Self, ApiError> {
        let sight = request.sight().await?;
        request.app.phones.catch_up(&request.app).await?;
        let (tenant, now) = (request.actor.tenant, request.app.env.now());
        let wants = |name: &str| request.query.expands(name) || request.key(3).eq_ignore_ascii_case(name);
        let mut conn = request.app.db.snapshot().await?;
        let enrolled = device::ops::list_enrolled(&mut conn, tenant).await?;
        let mut all = HashMap::new();
        if wants("appliedPolicies") || wants("intendedPolicies") {
            for policy in policies::ops::list(&mut conn, tenant).await? {
                all.insert(policy.id, policy);
            }
        }
        let mut given = HashMap::new();
        if wants("appliedPolicies") {
            let hashes: BTreeSet<&String> = found.iter().map(|one| &one.instance.content_hash).collect();
            for hash in hashes {
                given.insert(hash.clone(), given::list(&mut conn, tenant, hash).await?);
            }
        }
        let mut wipes = Vec::new();
        if wants("operations") {
            let ids: BTreeSet<InstanceId> = found.iter().map(|one| one.instance.id).collect();
            wipes = wipe::ops::list_of(&mut conn, tenant, &ids, now).await?;
        }
        Ok(Self { sight, enrolled, policies: all, given, wipes })
    }

    /// What the organisation wants in force there now.
    fn intended(&self, request: &Request, instance: &Instance) -> Vec<Value> {
        let memory = &request.app.phones.memory;
        let answer = memory.answer_of(instance);
        self.described(request, answer.content.iter().flat_map(|content| content.policies()))
    }

    /// What the instance was given last, without policies that are deleted since.
    fn applied(&self, request: &Request, instance: &Instance) -> Vec<Value> {
        let given = self.given.get(&instance.content_hash);
        self.described(request, given.into_iter().flatten().copied())
    }

    fn described(&self, request: &Request, ids: impl Iterator<Item = PolicyId>) -> Vec<Value> {
        let found = ids.filter_map(|id| self.policies.get(&id));
        found
            .map(|policy| policies::Policy { document: self.sight.shown(&policy.document), ..policy.clone() })
            .map(|policy| represent::policy(request, &policy))
            .collect()
    }

    fn operations(&self, instance: &Instance) -> Vec<Value> {
        self.wipes.iter().filter(|wipe| wipe.instance == instance.id).map(represent::operation).collect()
    }
}
