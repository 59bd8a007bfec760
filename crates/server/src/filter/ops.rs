//! Making, changing and removing filters. A rule that does not read is never stored; a filter that policies name stays.

use ringfence_model::{
    AssignmentFilterId, FieldError, TenantId, document::Assignment, name_fault, prose_fault,
};
use ringfence_policy::filter::{Filter, FilterPlatform};
use serde_json::{Map, Value, json};

use super::{AssignmentFilter, FILTERS_MAX, sql};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Permission, Proof, Sight, act, out_of_reach},
    changes::{self, What},
    db::{Conn, DbError, Tx},
    failure::Failure,
    policies::{self, Policy},
};

/// Longest names, in characters.
const NAME_MAX: usize = 256;
const DESCRIPTION_MAX: usize = 1024;

pub(crate) async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<AssignmentFilter>, DbError> {
    sql::list(conn, tenant).await
}

pub(crate) async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    id: AssignmentFilterId,
) -> Result<Option<AssignmentFilter>, DbError> {
    sql::find(conn, tenant, id).await
}

pub(crate) async fn get(
    conn: &mut Conn,
    tenant: TenantId,
    id: AssignmentFilterId,
) -> Result<AssignmentFilter, Failure> {
    sql::find(conn, tenant, id).await?.ok_or_else(|| Failure::not_found("filter", id))
}

/// Makes a filter from what a client sent.
///
/// # Errors
/// Wrong values, a rule that does not read, more filters than there may be.
pub(crate) async fn create(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    body: &Map<String, Value>,
) -> Result<AssignmentFilter, Failure> {
    let now = app.env.now();
    let blank = AssignmentFilter {
        id: app.env.make_id(AssignmentFilterId::make),
        display_name: String::new(),
        description: None,
        platform: FilterPlatform::Ios,
        rule: String::new(),
        scope_tags: vec!["0".to_owned()],
        created_at: now,
        modified_at: now,
    };
    for name in ["displayName", "platform", "rule"] {
        if body.get(name).is_none_or(Value::is_null) {
            return Err(Failure::invalid(name, &Value::Null, "must be given", "a text"));
        }
    }
    let filter = patched(&blank, body)?;
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Filters(vec![filter.id])).await?;
    for_everything(&mut tx, proof).await?;
    if sql::list(&mut tx, proof.tenant()).await?.len() >= FILTERS_MAX {
        let detail = format!("there are {FILTERS_MAX} filters, and no more may be");
        return Err(Failure::Conflict { code: "too_many_filters", detail });
    }
    sql::upsert(&mut tx, proof.tenant(), &filter).await?;
    note(&mut tx, app, proof, "filter.create", (None, Some(&filter))).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(filter)
}

/// Applies a partial body: absent members stay.
pub(crate) async fn update(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: AssignmentFilterId,
    body: &Map<String, Value>,
) -> Result<AssignmentFilter, Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Filters(vec![id])).await?;
    for_everything(&mut tx, proof).await?;
    let before = get(&mut tx, proof.tenant(), id).await?;
    let after = AssignmentFilter { modified_at: app.env.now(), ..patched(&before, body)? };
    if after.platform != before.platform && !users(&mut tx, proof.tenant(), id).await?.is_empty() {
        let found = json!(after.platform.as_str());
        let allowed = before.platform.as_str();
        return Err(Failure::invalid(
            "platform",
            &found,
            "cannot change while policies use the filter",
            allowed,
        ));
    }
    sql::upsert(&mut tx, proof.tenant(), &after).await?;
    note(&mut tx, app, proof, "filter.update", (Some(&before), Some(&after))).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(after)
}

/// Removes a filter that no policy names.
///
/// # Errors
/// The policies that name it.
pub(crate) async fn delete(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: AssignmentFilterId,
) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Filters(vec![id])).await?;
    for_everything(&mut tx, proof).await?;
    let before = get(&mut tx, proof.tenant(), id).await?;
    let users = users(&mut tx, proof.tenant(), id).await?;
    if !users.is_empty() {
        let names: Vec<String> =
            users.iter().map(|(policy, _)| format!("`{}`", policy.document.display_name())).collect();
        let detail =
            format!("the filter is used by {}: take it off their assignments first", names.join(", "));
        return Err(Failure::Conflict { code: "filter_in_use", detail });
    }
    sql::delete(&mut tx, proof.tenant(), id).await?;
    note(&mut tx, app, proof, "filter.delete", (Some(&before), None)).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

/// The policies with an assignment that a filter narrows, and which one.
pub(crate) async fn users(
    conn: &mut Conn,
    tenant: TenantId,
    id: AssignmentFilterId,
) -> Result<Vec<(Policy, Assignment)>, DbError> {
    let mut found = Vec::new();
    for policy in policies::ops::list(conn, tenant).await? {
        for one in policy.document.filtered_assignments() {
            if one.filter.is_some_and(|(filter, _)| filter == id) {
                found.push((policy.clone(), one));
            }
        }
    }
    found.dedup_by_key(|(policy, one)| (policy.id, one.target));
    Ok(found)
}

/// A filter acts wherever it is used: a role for some groups does not reach that far.
async fn for_everything(tx: &mut Tx, proof: &Proof<act::WritePolicies>) -> Result<(), Failure> {
    let sight = Sight::of(tx, proof.tenant(), &proof.actor().scope).await?;
    if sight.is_everything() {
        return Ok(());
    }
    let detail = "your role is for some groups only: filters act on policies of the whole organisation";
    Err(Failure::denied(out_of_reach(proof.actor(), Permission::WritePolicies, detail)))
}

fn patched(before: &AssignmentFilter, body: &Map<String, Value>) -> Result<AssignmentFilter, Failure> {
    let faults = crate::graph::faults("deviceAndAppManagementAssignmentFilter", body);
    if !faults.is_empty() {
        return Err(Failure::Invalid(faults));
    }
    let mut next = before.clone();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    if let Some(kind) =
        text("assignmentFilterManagementType").filter(|kind| !kind.eq_ignore_ascii_case("apps"))
    {
        let problem = "is for enrolled devices, which are not managed here";
        return Err(Failure::invalid("assignmentFilterManagementType", &json!(kind), problem, "apps"));
    }
    if let Some(name) = text("displayName") {
        if let Some(problem) = name_fault(name, NAME_MAX) {
            let allowed = "1 to 256 characters, none of them a control character";
            return Err(Failure::invalid("displayName", &json!(name), &problem, allowed));
        }
        name.clone_into(&mut next.display_name);
    }
    if body.contains_key("description") {
        next.description = text("description").map(str::to_owned);
        let given = next.description.as_deref().unwrap_or_default();
        if let Some(problem) = prose_fault(given, DESCRIPTION_MAX) {
            let allowed = "at most 1024 characters, of control characters line breaks only";
            return Err(Failure::invalid("description", &json!(given), &problem, allowed));
        }
    }
    if let Some(platform) = text("platform") {
        next.platform = read_platform("platform", platform)?;
    }
    if let Some(Value::Array(tags)) = body.get("roleScopeTags") {
        next.scope_tags = tags.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    if let Some(rule) = text("rule") {
        rule.clone_into(&mut next.rule);
    }
    parse(next.platform, &next.rule)?;
    Ok(next)
}

/// Reads a platform of filters.
pub(crate) fn read_platform(path: &str, text: &str) -> Result<FilterPlatform, Failure> {
    FilterPlatform::parse(text).ok_or_else(|| {
        let names = FilterPlatform::ALL.map(FilterPlatform::as_str).join(", ");
        Failure::invalid(path, &json!(text), "is no platform of filters for managed apps", &names)
    })
}

/// Reads a rule; the error names the place.
pub(crate) fn parse(platform: FilterPlatform, rule: &str) -> Result<Filter, Failure> {
    Filter::parse(platform, rule).map_err(|error| {
        let problem = format!("is no rule {error}");
        Failure::Invalid(vec![FieldError::new("rule", &json!(rule), problem)])
    })
}

async fn note(
    tx: &mut Tx,
    app: &App,
    proof: &Proof<act::WritePolicies>,
    act: &str,
    (before, after): (Option<&AssignmentFilter>, Option<&AssignmentFilter>),
) -> Result<(), DbError> {
    let told = |filter: Option<&AssignmentFilter>| filter.map(|filter| filter.told().to_string());
    let (old, new) = (told(before), told(after));
    let object = after.or(before).map(|filter| format!("filter:{}", filter.id)).unwrap_or_default();
    let record = Record {
        act,
        object,
        before: old.as_deref().map(str::as_bytes),
        after: new.as_deref().map(str::as_bytes),
    };
    audit::ops::append(tx, &app.env, proof.actor(), record).await
}
