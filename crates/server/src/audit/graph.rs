//! `/deviceManagement/auditEvents`: the log in the names of Graph.

use axum::response::Response;
use ringfence_model::{UnixMillis, document::ApiVersion};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Told, Wanted, ops, sql};
use crate::{
    authz::{Proof, act, authorize},
    failure::Failure,
    graph::{After, Next, Page, Query, Request, apply, collection, entity, foreign_token, retain, timestamp},
    http::ApiError,
};

const CONTEXT: &str = "deviceManagement/auditEvents";
const PAGE: usize = 100;
/// Entries that are looked through for a filter or an order.
const LOOKED_THROUGH: i64 = 20_000;
/// The upper half of the ids of events; the lower half is the number of the entry.
const ID: u64 = 0x5249_4e47_4155_4449;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ["devicemanagement", "auditevents", rest @ ..] = parts.as_slice() else { return Ok(None) };
    match (method.as_str(), rest) {
        ("GET", []) => list(request).await.map(Some),
        ("GET", [one]) if one.starts_with("getauditcategories") => categories(request).map(Some),
        ("GET", [one]) if one.starts_with("getauditactivitytypes") => activity_types(request).await.map(Some),
        ("GET", [_]) => get(request).await.map(Some),
        _ => Ok(None),
    }
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadAudit)?;
    ops::note_log_read(&request.app, &request.actor).await?;
    let by_time = match request.query.ordered_by() {
        None if !request.query.is_ordered() => Some(false),
        Some((name, descending)) if name.eq_ignore_ascii_case("activityDateTime") => Some(!descending),
        _ => None,
    };
    let Some(oldest_first) = by_time else {
        let items = looked_through(request, &proof).await?;
        return Ok(collection(request, CONTEXT, apply(&request.query, items, PAGE)?));
    };
    let page = if request.query.is_unfiltered() {
        in_order(request, &proof, oldest_first).await?
    } else {
        filtered(request, looked_through(request, &proof).await?, oldest_first)?
    };
    Ok(collection(request, CONTEXT, page))
}

/// Everything in the time that the filter leaves open, newest first.
async fn looked_through(request: &Request, proof: &Proof<act::ReadAudit>) -> Result<Vec<Value>, ApiError> {
    let (since, until) = request.query.times("activityDateTime");
    let since = since.map(UnixMillis);
    // The last millisecond itself is asked for too, with what is told more finely.
    let until = until.map(|at| UnixMillis(at.saturating_add(1)));
    let wanted = Wanted { since, until, ..Wanted::default() };
    let mut conn = request.app.db.snapshot().await?;
    let range = sql::find_range(&mut conn, proof.tenant(), since, until).await?;
    let (first, last) = range.unwrap_or((1, 0));
    if last - first >= LOOKED_THROUGH {
        let detail = format!(
            "{} entries would have to be looked through, at most {LOOKED_THROUGH} are: narrow with `activityDateTime ge …`",
            last - first + 1
        );
        return Err(ApiError::bad_request("too_many_entries", detail));
    }
    let mut all = ops::list(&mut conn, proof, &wanted, LOOKED_THROUGH).await?;
    drop(conn);
    all.reverse();
    Ok(all.iter().map(|told| event(told, request.version)).collect())
}

/// The number of the entry behind which the page begins.
fn place(query: &Query) -> Result<Option<i64>, ApiError> {
    let Some(after) = &query.after else { return Ok(None) };
    after.id.parse().ok().and_then(number_of).map(Some).ok_or_else(|| foreign_token(&after.token()))
}

/// The page behind the last of these.
fn behind(last: Option<&Value>) -> Option<Next> {
    Some(Next::After(After::id(&last?["id"].as_str()?)))
}

/// A page of what meets a filter: it continues behind the last event shown, whatever is written meanwhile.
fn filtered(request: &Request, items: Vec<Value>, oldest_first: bool) -> Result<Page, ApiError> {
    let query = &request.query;
    let mut kept = retain(query, items)?;
    if oldest_first {
        kept.reverse();
    }
    let count = query.count.then_some(kept.len());
    if let Some(place) = place(query)? {
        let number = |item: &Value| item["id"].as_str().and_then(|id| number_of(id.parse().ok()?));
        kept.retain(|item| {
            number(item).is_some_and(|number| if oldest_first { number > place } else { number < place })
        });
    }
    let top = query.top.unwrap_or(PAGE);
    let more = top > 0 && kept.len() > query.skip.saturating_add(top);
    let items: Vec<Value> = kept.into_iter().skip(query.skip).take(top).collect();
    let next = behind(items.last()).filter(|_| more);
    Ok(Page { items, count, next })
}

/// A page without conditions, which the numbers of entries cut: they count without gaps, in the order of time.
async fn in_order(
    request: &Request,
    proof: &Proof<act::ReadAudit>,
    oldest_first: bool,
) -> Result<Page, ApiError> {
    let query = &request.query;
    let mut conn = request.app.db.snapshot().await?;
    let last = sql::find_head(&mut conn, proof.tenant()).await?.map_or(0, |(seq, _)| seq);
    let skip = i64::try_from(query.skip).unwrap_or(i64::MAX);
    let top = i64::try_from(query.top.unwrap_or(PAGE).min(1000)).unwrap_or(1000);
    let place = place(query)?;
    let (after, up_to) = if oldest_first {
        let after = place.unwrap_or(0).saturating_add(skip);
        (after, after.saturating_add(top).min(last))
    } else {
        let up_to = place.map_or(last, |place| (place - 1).min(last)).saturating_sub(skip);
        (up_to.saturating_sub(top).max(0), up_to)
    };
    let wanted = Wanted { after, up_to: Some(up_to), ..Wanted::default() };
    let mut page = if after < up_to { ops::list(&mut conn, proof, &wanted, top).await? } else { Vec::new() };
    if !oldest_first {
        page.reverse();
    }
    let more = top > 0 && if oldest_first { up_to < last } else { after > 0 };
    let items: Vec<Value> = page.iter().map(|told| event(told, request.version)).collect();
    let next = behind(items.last()).filter(|_| more);
    let count = query.count.then(|| usize::try_from(last).unwrap_or_default());
    Ok(Page { items, count, next })
}

/// The number of the entry that an event's id tells.
fn number_of(id: Uuid) -> Option<i64> {
    let (kind, seq) = id.as_u64_pair();
    i64::try_from(seq).ok().filter(|seq| kind == ID && *seq > 0)
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadAudit)?;
    let unknown = || Failure::not_found("audit event", request.key(2));
    let id: Uuid = request.key(2).parse().map_err(|_| unknown())?;
    let seq = number_of(id).ok_or_else(unknown)?;
    let wanted = Wanted { after: seq - 1, up_to: Some(seq), ..Wanted::default() };
    let found = ops::list(&mut *request.app.db.read().await?, &proof, &wanted, 1).await?;
    let found = found.first().ok_or_else(unknown)?;
    ops::note_log_read(&request.app, &request.actor).await?;
    Ok(entity(request, CONTEXT, event(found, request.version)))
}

fn categories(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadAudit)?;
    let names = CATEGORIES.map(Value::from).to_vec();
    Ok(collection(request, "Collection(Edm.String)", Page { items: names, count: None, next: None }))
}

async fn activity_types(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadAudit)?;
    let wanted = request.argument("category").unwrap_or_default().to_owned();
    let acts = sql::list_acts(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let mut names: Vec<String> = acts
        .iter()
        .filter(|act| category(act).eq_ignore_ascii_case(&wanted))
        .map(|act| format!("{} {}", operation(act), component(act)))
        .collect();
    names.sort();
    names.dedup();
    let items = names.into_iter().map(Value::from).collect();
    Ok(collection(request, "Collection(Edm.String)", Page { items, count: None, next: None }))
}

const CATEGORIES: [&str; 5] = ["Application", "Device", "Directory", "Other", "Role"];

fn category(act: &str) -> &'static str {
    match act.split('.').next().unwrap_or_default() {
        "policy" | "app" | "instance" | "wipe" | "filter" => "Application",
        "device" | "ticket" | "diagnostics" => "Device",
        "user" | "group" | "licence" | "scim" => "Directory",
        "role" | "administrator" | "token" | "password" | "permission" | "signIn" | "secondFactor" => "Role",
        _ => "Other",
    }
}

fn component(act: &str) -> &'static str {
    match act.split('.').next().unwrap_or_default() {
        "policy" => "ManagedAppProtection",
        "app" => "MobileApp",
        "instance" => "ManagedAppRegistration",
        "wipe" => "ManagedAppWipe",
        "device" => "ManagedDevice",
        "user" | "scim" => "User",
        "group" => "Group",
        "licence" => "Licence",
        "role" => "Role",
        "administrator" | "token" | "password" | "signIn" | "secondFactor" => "Account",
        "permission" => "Permission",
        "audit" => "AuditData",
        "report" | "status" | "effective" | "diagnosis" => "Report",
        _ => "Organization",
    }
}

fn operation(act: &str) -> &'static str {
    match act.rsplit('.').next().unwrap_or_default() {
        "create" | "register" => "Create",
        "update" | "put" | "set" | "reassign" => "Patch",
        "delete" | "remove" | "revoke" | "unassign" => "Delete",
        "read" => "Get",
        _ => "Action",
    }
}

fn event(told: &Told, version: ApiVersion) -> Value {
    let (entry, content) = (&told.entry, told.stored.read());
    let act = entry.act.as_str();
    let (kind, id) = entry.object.split_once(':').unwrap_or(("", &entry.object));
    let named = content.after.as_ref().or(content.before.as_ref());
    let name = named.and_then(|value| {
        ["displayName", "userPrincipalName", "name", "userName"]
            .iter()
            .find_map(|name| value.get(*name)?.as_str())
    });
    let mut resource = json!({
        "displayName": name,
        "auditResourceType": component(act),
        "resourceId": id,
        "modifiedProperties": modified(content.before.as_ref(), content.after.as_ref()),
    });
    let mut resources: Vec<Value> = Vec::new();
    if version == ApiVersion::Beta {
        resource["type"] = json!(kind);
    }
    if content.objects.is_empty() {
        resources.push(resource);
    } else {
        resources.extend(content.objects.iter().map(|object| {
            let (kind, id) = object.split_once(':').unwrap_or(("", object));
            let mut one = json!({
                "displayName": null, "auditResourceType": component(act), "resourceId": id, "modifiedProperties": [],
            });
            if version == ApiVersion::Beta {
                one["type"] = json!(kind);
            }
            one
        }));
    }
    let request = entry.request.as_deref().and_then(|id| id.parse::<Uuid>().ok()).unwrap_or_default();
    json!({
        "id": Uuid::from_u64_pair(ID, entry.seq.unsigned_abs()),
        "displayName": name.unwrap_or(act),
        "componentName": component(act),
        "activity": act,
        "activityDateTime": timestamp(entry.at),
        "activityType": format!("{} {}", operation(act), component(act)),
        "activityOperationType": operation(act),
        "activityResult": if entry.outcome == "done" { "Success" } else { "Failure" },
        "correlationId": request,
        "category": category(act),
        "actor": actor(told, content.from.as_deref(), version),
        "resources": resources,
    })
}

fn actor(told: &Told, from: Option<&str>, version: ApiVersion) -> Value {
    let (kind, id) = told.entry.actor.split_once(':').unwrap_or(("", &told.entry.actor));
    let person = matches!(kind, "user" | "account");
    let what = match kind {
        "user" | "account" => "ItPro",
        "system" => "System",
        _ => "Application",
    };
    let mut actor = json!({
        "auditActorType": what,
        "userPermissions": [],
        "applicationId": (!person).then_some(id),
        "applicationDisplayName": (!person).then_some(kind),
        "userPrincipalName": null,
        "servicePrincipalName": null,
        "ipAddress": from,
        "userId": person.then_some(id),
    });
    if version == ApiVersion::Beta {
        actor["type"] = json!(what);
        actor["remoteTenantId"] = Value::Null;
        actor["remoteUserId"] = Value::Null;
        actor["userRoleScopeTags"] = json!([]);
    }
    actor
}

/// The members that differ, each as a text.
fn modified(before: Option<&Value>, after: Option<&Value>) -> Vec<Value> {
    let members = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let (old, new) = (members(before), members(after));
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => Value::Null,
        Some(Value::String(text)) => json!(text),
        Some(other) => json!(other.to_string()),
    };
    names
        .filter(|name| old.get(*name).unwrap_or(&Value::Null) != new.get(*name).unwrap_or(&Value::Null))
        .map(|name| json!({ "displayName": name, "oldValue": text(old.get(name)), "newValue": text(new.get(name)) }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told_member_by_member() {
        let (old, new) = (json!({"a": 1, "b": "x", "c": null}), json!({"a": 2, "b": "x", "d": [1]}));
        let changed = modified(Some(&old), Some(&new));
        assert_eq!(
            changed,
            [
                json!({"displayName": "a", "oldValue": "1", "newValue": "2"}),
                json!({"displayName": "d", "oldValue": null, "newValue": "[1]"}),
            ]
        );
    }
}
