//! `POST /api/v1/filters/test`: which app instances a rule, stored or not, would match.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use ringfence_model::{AssignmentFilterId, UserId};
use ringfence_policy::filter::Subject;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ops;
use crate::{
    app::Shared,
    audit,
    authz::{act, authorize, sight},
    failure::Failure,
    http::{ApiError, Json as Body},
    registration,
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(test))
}

/// A stored filter, or a platform and a rule.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FilterTest)]
struct Asked {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    filter: Option<AssignmentFilterId>,
    #[serde(default)]
    platform: Option<String>,
    #[serde(default)]
    rule: Option<String>,
}

#[utoipa::path(
    post,
    path = "/api/v1/filters/test",
    tag = "filters",
    summary = "Which app instances an assignment filter matches.",
    request_body = Asked,
    responses((status = 200, description = "Every app instance of the platform, and what it has not told", body = Value)),
)]
async fn test(
    State(app): State<Shared>,
    who: Authenticated,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadPolicies)?;
    authorize(&who.0, act::ReadRegistrations)?;
    let sight = sight(&app, proof.actor()).await?;
    let mut conn = app.db.read().await?;
    let (platform, rule) = match (asked.filter, asked.platform, asked.rule) {
        (Some(id), None, None) => {
            let stored = ops::get(&mut conn, proof.tenant(), id).await?;
            (stored.platform, stored.rule)
        }
        (None, Some(platform), Some(rule)) => (ops::read_platform("platform", &platform)?, rule),
        _ => {
            let problem = "or `platform` and `rule` must be given, and not both";
            return Err(Failure::invalid("filter", &Value::Null, problem, "the id of a filter").into());
        }
    };
    let filter = ops::parse(platform, &rule)?;
    let found = registration::graph::list_active(&mut conn, proof.tenant()).await?;
    drop(conn);
    let mut people: BTreeSet<UserId> = BTreeSet::new();
    let mut rows = Vec::new();
    let mut matched = 0_usize;
    for one in found.iter().filter(|one| sight.sees_user(one.user)) {
        if platform.of_phones() != Some(one.app.platform) {
            continue;
        }
        let facts = registration::facts(one);
        let subject = Subject { platform: one.app.platform, management: one.management, facts: &facts };
        let matches = filter.matches(&subject);
        matched += usize::from(matches);
        people.insert(one.user);
        let untold: Vec<String> =
            filter.untold(&subject).iter().map(|property| format!("app.{}", property.as_str())).collect();
        rows.push(json!({
            "instance": one.id,
            "user": one.user,
            "userPrincipalName": one.upn,
            "app": one.app.id,
            "deviceTag": one.device_tag,
            "matches": matches,
            "untold": untold,
        }));
    }
    let objects = people.iter().map(|user| format!("user:{user}"));
    audit::ops::note_read(&app, proof.actor(), "filter.test", objects).await?;
    Ok(Json(json!({ "platform": platform.as_str(), "rule": rule, "matched": matched, "value": rows })))
}
