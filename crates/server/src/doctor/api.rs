//! `GET /api/v1/doctor`

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use ringfence_messages::{Lang, ReasonCode};
use ringfence_model::{ManagementState, Platform, settings::Setting};
use ringfence_policy::compile::CompiledPolicy;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    evidence::Asked,
    gather::{self, Question},
    ladder, probe, reported,
    tell::{self, Told, ToldCode, ToldReporter, ToldSource},
};
use crate::{
    app::{App, Shared},
    audit,
    authz::{Proof, Sight, act, authorize, sight},
    http::{ApiError, FieldProblem},
    token::Authenticated,
};

/// Instances named that say a code.
const REPORTERS_MAX: i64 = 20;

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(doctor))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Parameters {
    user: Option<String>,
    app: Option<String>,
    #[param(schema_with = crate::http::schema::platform)]
    platform: Option<Platform>,
    device: Option<String>,
    code: Option<String>,
    lang: Option<String>,
}

#[utoipa::path(
    get,
    path = "/api/v1/doctor",
    tag = "troubleshooting",
    summary = "Why it does not work.",
    params(Parameters),
    responses((status = 200, description = "The checks, the cause, its row of the catalogue and its cure", body = Value), (status = 404, description = "Nobody and nothing of that name")),
)]
async fn doctor(
    State(app): State<Shared>,
    who: Authenticated,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Told>, ApiError> {
    let proof = authorize(&who.0, act::Troubleshoot)?;
    app.serves(proof.tenant())?;
    let Query(given) =
        parameters.map_err(|error| ApiError::bad_request("invalid_value", error.body_text()))?;
    let lang = match given.lang.as_deref() {
        None => Lang::default(),
        Some(text) => text.parse().map_err(|_| wrong("lang", text, "is not a language", "en, nl"))?,
    };
    let sight = sight(&app, proof.actor()).await?;
    let asked = given.code.as_deref().map(gather::code).transpose()?;
    let asked_on = given.code.as_deref().and_then(gather::platform_of_code);
    if let (Some(platform), Some(shown_on)) = (given.platform, asked_on)
        && platform != shown_on
    {
        return Err(gather::contradiction("platform", platform, "the code", shown_on));
    }
    if given.user.as_deref().is_some_and(|user| user.trim().is_empty()) {
        return Err(wrong("user", "", "is empty", "a user principal name or an id"));
    }
    let code = match asked {
        Some(asked) => Some(about(&app, &proof, &sight, asked, lang).await?),
        None => None,
    };
    let Some(user) = &given.user else {
        return only_code(&app, &given, code, lang).map(Json);
    };
    let person = gather::person(&app, &sight, user).await?;
    let question =
        Question { sight, app: given.app, platform: given.platform, device: given.device, asked, asked_on };
    let evidence = gather::of_person(&app, &person, &question).await?;
    audit::ops::note_read(&app, proof.actor(), "diagnosis.read", [format!("user:{}", person.id)]).await?;
    let diagnosis = ladder::diagnose(&evidence).ok_or_else(|| ApiError::internal("no case was gathered"))?;
    Ok(Json(Told { code, ..tell::tell(&evidence, &diagnosis, lang) }))
}

fn wrong(path: &str, value: &str, problem: &str, allowed: &str) -> ApiError {
    ApiError::invalid(vec![FieldProblem {
        path: path.to_owned(),
        value: Some(value.to_owned()),
        problem: problem.to_owned(),
        allowed: Some(allowed.to_owned()),
    }])
}

fn only_code(app: &App, given: &Parameters, code: Option<ToldCode>, lang: Lang) -> Result<Told, ApiError> {
    let extra = [("app", &given.app), ("device", &given.device)];
    if let Some((path, Some(value))) = extra.into_iter().find(|(_, value)| value.is_some()) {
        return Err(wrong(path, value, "narrows down nothing without a user", "a user with it"));
    }
    let Some(code) = code else {
        return Err(ApiError::bad_request("invalid_value", "name a user, a code read off a phone, or both"));
    };
    let summary = code.title.clone();
    Ok(Told { lang, as_of: app.env.now(), summary, code: Some(code), ..Told::default() })
}

/// What a code means, which settings say it, and who reports it now.
async fn about(
    app: &App,
    proof: &Proof<act::Troubleshoot>,
    sight: &Sight,
    asked: Asked,
    lang: Lang,
) -> Result<ToldCode, ApiError> {
    let told = tell::code(asked, lang);
    let Asked::Reason(reason) = asked else { return Ok(told) };
    app.phones.catch_up(app).await?;
    let mut conn = app.db.read().await?;
    let (reporters, count) = if sight.is_everything() {
        let newest = reported::list(&mut conn, app.tenant, reason, REPORTERS_MAX).await?;
        (newest, reported::count(&mut conn, app.tenant, reason).await?)
    } else {
        let mut seen = reported::list(&mut conn, app.tenant, reason, i64::MAX).await?;
        seen.retain(|found| sight.sees_user(found.user));
        let instances: BTreeSet<_> = seen.iter().map(|found| found.instance).collect();
        seen.truncate(REPORTERS_MAX.unsigned_abs() as usize);
        (seen, i64::try_from(instances.len()).unwrap_or(i64::MAX))
    };
    drop(conn);
    if !reporters.is_empty() {
        audit::ops::note_read(app, proof.actor(), "diagnosis.read", [format!("code:{reason}")]).await?;
    }
    let reported_by = reporters.into_iter().map(|found| ToldReporter {
        user: found.upn,
        app: found.app,
        platform: found.platform,
        device: found.device_tag,
        instance: found.instance.to_string(),
        kind: found.kind,
        at: found.at,
    });
    let reported_by = reported_by.collect();
    Ok(ToldCode { settings: settings(app, sight, reason), reported_by, reporters: count, ..told })
}

/// The settings of each policy, taken alone, that say a reason.
fn settings(app: &App, sight: &Sight, reason: ReasonCode) -> Vec<ToldSource> {
    let state = app.phones.memory.read();
    let mut found = Vec::new();
    for policy in state.policies.values().filter(|policy| sight.sees_stored(policy.id, &policy.document)) {
        let Some(platform) = policy.kind.platform() else { continue };
        let compiled = CompiledPolicy::compile(platform, &policy.settings, &[]);
        let Some(answer) = probe::ask(&compiled, reason, ManagementState::Unmanaged) else { continue };
        // What only the default of a setting says is not said by this policy.
        let said = |setting: &Setting| Some((*setting, policy.settings.get(setting)?.to_string()));
        found.extend(answer.settings.iter().filter_map(said).map(|(setting, value)| ToldSource {
            policy: policy.id.to_string(),
            policy_name: policy.name.clone(),
            platform,
            setting: setting.name(),
            value,
            action: answer.action,
        }));
    }
    found.sort_by(|a, b| (&a.policy_name, a.setting).cmp(&(&b.policy_name, b.setting)));
    found
}
