//! Putting the effective policy, its origins and the explanation together.

use std::sync::Arc;

use ringfence_messages::Args;
use ringfence_model::{
    AppId, AssignmentFilterId, GroupId, InstanceId, ManagementState, UserId, settings::settings_to_json,
};
use ringfence_policy::{
    compile::CompiledPolicy,
    decide::decide,
    explain::{Explanation, SourceInfo, Telling, explain},
    filter::{Facts, Filter},
    merge::Effective,
    targeting::{Match, MatchedBy, Outcome, Query},
};
use ringfence_protocol::checkin::AccountState;
use serde_json::{Value, json};

use super::question::Question;
use crate::{
    app::App,
    authz::Sight,
    http::{ApiError, FieldProblem},
    registration,
    targeting::{Policy, State},
};

/// Stands for a group that the caller does not see.
const HIDDEN: &str = "(a group out of your sight)";

/// A user in an app on a kind of device.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) user: UserId,
    pub(crate) upn: String,
    pub(crate) app: AppId,
    pub(crate) management: ManagementState,
    /// What the phone has told that is meant; filters ask.
    pub(crate) facts: Facts,
    /// Which one.
    pub(crate) instance: Option<InstanceId>,
}

impl Place {
    /// As targeting asks.
    pub(crate) fn query(&self) -> Query<'_> {
        Query { facts: &self.facts, ..Query::new(&self.app, self.management) }
    }
}

/// Finds the user that an id or sign-in name means.
pub(super) async fn place(
    app: &App,
    sight: &Sight,
    user: &str,
    app_id: AppId,
    management: ManagementState,
) -> Result<Place, ApiError> {
    let found = registration::ops::find_person(&mut *app.db.read().await?, app.tenant, user).await?;
    let person = found.filter(|person| sight.sees_user(person.id)).ok_or_else(|| {
        ApiError::not_found(format!("there is no user `{user}`")).field(FieldProblem {
            path: "user".to_owned(),
            value: Some(user.to_owned()),
            problem: "is not known".to_owned(),
            allowed: None,
        })
    })?;
    let mut conn = app.db.read().await?;
    let mut instances = registration::ops::list_active_of(&mut conn, app.tenant, person.id).await?;
    // Filters ask about a phone: it is the one that registered last.
    instances.retain(|one| one.app == app_id && one.management == management);
    let instance = match instances.last() {
        Some(last) => registration::graph::find_told(&mut conn, app.tenant, last.id).await?,
        None => None,
    };
    Ok(Place {
        user: person.id,
        upn: person.upn,
        app: app_id,
        management,
        facts: instance.as_ref().map(registration::facts).unwrap_or_default(),
        instance: instance.map(|instance| instance.id),
    })
}

/// Everything that reaches the user there, and why the rest does not.
pub(super) async fn effective(app: &App, sight: &Sight, place: &Place) -> Result<Value, ApiError> {
    app.phones.catch_up(app).await?;
    let answer = app.phones.memory.answer(place.user, &place.upn, &place.query());
    let state = app.phones.memory.read();
    let applied = applied(&state, sight, place, answer.state);
    let settings: Vec<Value> = applied
        .effective
        .settings
        .iter()
        .map(|(setting, merged)| {
            let sources: Vec<_> = merged.deciders.iter().filter_map(|at| applied.sources.get(*at)).collect();
            json!({ "name": setting.name(), "value": setting.to_json(&merged.value), "sources": sources })
        })
        .collect();
    let query = place.query();
    let policies: Vec<Value> = state
        .index
        .diagnose(place.user, &query)
        .into_iter()
        .filter_map(|(id, outcome)| Some((state.policies.get(&id)?, outcome)))
        .filter(|(policy, outcome)| {
            matches!(outcome, Outcome::Matched(_)) || sight.sees_stored(policy.id, &policy.document)
        })
        .map(|(policy, outcome)| judged(&state, sight, place, policy, &outcome))
        .collect();
    Ok(json!({
        "user": place.user,
        "userPrincipalName": place.upn,
        "app": place.app.id,
        "platform": place.app.platform,
        "management": place.management,
        "instance": place.instance,
        "state": answer.state,
        "revision": app.phones.memory.revision(),
        "contentHash": answer.content.as_ref().map(|content| content.hash),
        "settings": settings,
        "configuration": answer.content.as_ref().map(|content| &content.content.config),
        "managedApps": answer.content.as_ref().map(|content| &content.content.managed_apps),
        "policies": policies,
    }))
}

/// The decision that a phone makes, with its trace. `None` when no policy reaches the user there.
pub(super) async fn explained(
    app: &App,
    sight: &Sight,
    place: &Place,
    question: &Question,
) -> Result<(AccountState, Option<Explanation>), ApiError> {
    app.phones.catch_up(app).await?;
    let request = question.request().map_err(|field| ApiError::invalid(vec![field]))?;
    let lang = question.lang();
    let answer = app.phones.memory.answer(place.user, &place.upn, &place.query());
    if answer.state != AccountState::Protected {
        return Ok((answer.state, None));
    }
    let state = app.phones.memory.read();
    let applied = applied(&state, sight, place, answer.state);
    let managed: Vec<AppId> = state.managed_apps(place.user, &place.query()).into_iter().collect();
    let compiled = CompiledPolicy::compile(place.app.platform, &applied.effective.values(), &managed);
    let decision = decide(&compiled, &request);
    let args = Args::new();
    let telling = Telling { platform: place.app.platform, lang, args: &args };
    Ok((answer.state, Some(explain(&decision, &applied.effective.settings, &applied.sources, &telling))))
}

/// The merged policy of a place, and how each part of it came.
pub(crate) struct Applied {
    pub(crate) effective: Effective,
    pub(crate) sources: Vec<SourceInfo>,
}

/// The merge for the user, with how each policy came.
pub(crate) fn applied(state: &State, sight: &Sight, place: &Place, account: AccountState) -> Applied {
    let matched = match account {
        AccountState::Protected => state.matched(place.user, &place.query()),
        _ => Vec::new(),
    };
    let query = place.query();
    let matches = state.index.resolve(place.user, &query);
    let sources = matched.iter().map(|policy| {
        let found = matches.iter().find(|found| found.policy == policy.id);
        source(state, sight, policy, found)
    });
    Applied { effective: State::merged(&place.app, &matched), sources: sources.collect() }
}

fn source(state: &State, sight: &Sight, policy: &Arc<Policy>, found: Option<&Match>) -> SourceInfo {
    let assignment = match found.map(|found| found.assignment) {
        Some(MatchedBy::Group(group)) => shown(state, sight, group),
        _ => "all licensed users".to_owned(),
    };
    SourceInfo {
        policy: policy.id,
        policy_name: policy.name.clone(),
        version: policy.version.to_string(),
        assignment,
        group_path: found.map(|found| path(state, sight, &found.group_path)).unwrap_or_default(),
    }
}

fn group_name(state: &State, group: GroupId) -> String {
    state.group_names.get(&group).cloned().unwrap_or_else(|| group.to_string())
}

/// Group names from the assigned group down to the user's own.
fn path(state: &State, sight: &Sight, groups: &[GroupId]) -> Vec<String> {
    groups.iter().rev().map(|group| shown(state, sight, *group)).collect()
}

/// The name of a group as far as the caller sees it.
pub(crate) fn shown(state: &State, sight: &Sight, group: GroupId) -> String {
    if sight.sees_group_name(group) { group_name(state, group) } else { HIDDEN.to_owned() }
}

/// A filter that leaves a phone out: which one, and what the phone would have to tell for it.
pub(crate) fn told_of_filter(state: &State, place: &Place, id: AssignmentFilterId) -> Value {
    let subject = place.query().subject();
    let untold = state.index.filter(id).map(|filter: &Filter| filter.untold(&subject)).unwrap_or_default();
    json!({
        "id": id,
        "displayName": state.filter_names.get(&id),
        "untold": untold.iter().map(|one| format!("app.{}", one.as_str())).collect::<Vec<_>>(),
    })
}

fn judged(state: &State, sight: &Sight, place: &Place, policy: &Policy, outcome: &Outcome) -> Value {
    let (word, groups) = match outcome {
        Outcome::Matched(found) => ("applies", path(state, sight, &found.group_path)),
        Outcome::UnknownUser => ("unknownUser", Vec::new()),
        Outcome::NotLicensed => ("notLicensed", Vec::new()),
        Outcome::OtherPlatform => ("otherPlatform", Vec::new()),
        Outcome::AppNotCovered => ("appNotCovered", Vec::new()),
        Outcome::OtherManagement => ("otherManagement", Vec::new()),
        Outcome::NotAssigned => ("notAssigned", Vec::new()),
        Outcome::Excluded { group_path } => ("excluded", path(state, sight, group_path)),
        Outcome::Filtered { group_path, .. } => ("filtered", path(state, sight, group_path)),
    };
    let filter = match outcome {
        Outcome::Filtered { filter, .. } => Some(told_of_filter(state, place, *filter)),
        _ => None,
    };
    json!({
        "policy": policy.id,
        "policyName": policy.name,
        "version": policy.version,
        "kind": policy.kind.graph_type(),
        "outcome": word,
        "groupPath": groups,
        "filter": filter,
        "settings": settings_to_json(&policy.settings).len(),
    })
}
