//! Putting the report together from what phones said and what memory knows.

use std::{
    collections::{BTreeSet, HashSet},
    sync::atomic::Ordering,
};

use ringfence_model::{AppId, ManagementState, UnixMillis, UserId, document::PolicyKind};
use ringfence_policy::targeting::{AppScope, Query, Target};
use ringfence_protocol::{bundle::BundleSource, checkin::AccountState};

use super::{
    Coverage, Filter, Protection, ROWS_MAX, Report, Row,
    sql::{self, Found},
};
use crate::{
    app::App,
    authz::{Proof, Sight, act},
    checkin, device,
    http::ApiError,
    targeting::{Answer, State},
};

/// The report as of now.
pub(crate) async fn report(
    app: &App,
    proof: &Proof<act::ReadReports>,
    sight: &Sight,
    filter: &Filter,
) -> Result<Report, ApiError> {
    app.phones.catch_up(app).await?;
    let mut conn = app.db.snapshot().await?;
    let rows_max = filter.limit.unwrap_or(ROWS_MAX).clamp(1, ROWS_MAX);
    // Rows out of sight must not use up the places of those in sight. One more than fits tells that there are more.
    let limit = if sight.is_everything() { rows_max.saturating_add(1) } else { usize::MAX };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = sql::list_instances(&mut conn, proof.tenant(), filter, limit).await?;
    let userless = device::ops::list_userless(&mut conn, proof.tenant()).await?;
    let mut names = sql::list_names(&mut conn, proof.tenant(), filter.user).await?;
    drop(conn);
    found.retain(|found| sight.sees_user(found.instance.user));
    let mut truncated = found.len() > rows_max;
    found.truncate(rows_max);
    names.retain(|user, _| sight.sees_user(*user));
    let mut rows: Vec<Row> = Vec::with_capacity(found.len());
    let mut present: HashSet<(UserId, AppId)> = HashSet::new();
    for found in &found {
        present.insert((found.instance.user, found.instance.app.clone()));
        rows.push(of_instance(app, found, userless.contains(&found.instance.device_tag)));
    }
    let state = app.phones.memory.read();
    let mut users: Vec<_> = names.iter().collect();
    users.sort_by_key(|(_, upn)| upn.as_str());
    'users: for (user, upn) in users {
        for target in targeted(&state, *user) {
            if present.contains(&(*user, target.clone())) || !filter.takes(&target) {
                continue;
            }
            if rows.len() >= rows_max {
                truncated = true;
                break 'users;
            }
            rows.push(of_target(&state, *user, upn, &target));
        }
    }
    drop(state);
    rows.sort_by(|a, b| (&a.user_principal_name, &a.app).cmp(&(&b.user_principal_name, &b.app)));
    let coverage = coverage(&rows);
    Ok(Report {
        as_of: app.env.now(),
        revision: app.phones.memory.revision(),
        coverage,
        truncated,
        value: rows,
    })
}

fn of_instance(app: &App, found: &Found, userless: bool) -> Row {
    let instance = &found.instance;
    let mut answer = app.phones.memory.answer_of(&found.told());
    let untargeted = userless && answer.content.is_some();
    if untargeted {
        answer = answer.without_user();
    }
    let durable = checkin::Durable { version: instance.version, content_hash: instance.content_hash.clone() };
    let in_force = in_force(&durable, &answer);
    let said = found.said.as_ref();
    let obeyed = said.map(|said| said.obeyed_version);
    let (state, because) = match answer.state {
        AccountState::Protected if instance.version > 0 => (Protection::Protected, None),
        AccountState::Protected => (Protection::TargetedNotCheckedIn, None),
        AccountState::NotLicensed => (Protection::Unprotected, Some("notLicensed")),
        AccountState::AccountDisabled => (Protection::Unprotected, Some("accountDisabled")),
        AccountState::NoPolicy if untargeted => (Protection::Unprotected, Some("noUserAffinity")),
        AccountState::NoPolicy | AccountState::NotRegistered => (Protection::Unprotected, Some("noPolicy")),
    };
    let live =
        app.phones.sessions.find_active(instance.id).map(|active| active.seen_at.load(Ordering::Relaxed));
    let live = live.filter(|at| *at > 0).map(UnixMillis);
    let blocked_by = said.map(|said| said.blocked_by.split_whitespace().map(str::to_owned).collect());
    Row {
        user: instance.user,
        user_principal_name: instance.upn.clone(),
        app: instance.app.id.clone(),
        platform: instance.app.platform,
        state,
        because,
        instance: Some(instance.id),
        version_in_force: in_force,
        obeyed_version: obeyed,
        up_to_date: in_force.map(|version| obeyed == Some(version)),
        blocked_by: blocked_by.unwrap_or_default(),
        wipe_pending: found.wipe_pending,
        last_check_in_at: live.max(found.seen_at),
        reported_at: said.map(|said| said.received_at),
        registered_at: Some(instance.registered_at),
        app_version: Some(said.map_or(&instance.versions.app, |said| &said.app_version).clone()),
        sdk_version: Some(said.map_or(&instance.versions.sdk, |said| &said.sdk_version).clone()),
        os_version: Some(said.map_or(&instance.versions.os, |said| &said.os_version).clone()),
        model: instance.model.clone(),
        manufacturer: instance.manufacturer.clone(),
        management: Some(instance.management),
        device_tag: Some(instance.device_tag.clone()),
        policies: names(&answer),
        configurations: configurations(&app.phones.memory.read(), &answer),
    }
}

/// The version that the instance gets at its next check-in.
pub(crate) fn in_force(durable: &checkin::Durable, answer: &Answer) -> Option<i64> {
    answer.content.as_ref()?;
    if answer.hash() == durable.content_hash {
        return Some(durable.version);
    }
    Some(checkin::ops::next(durable, answer).version)
}

fn names(answer: &Answer) -> Vec<String> {
    let sources = answer.content.iter().flat_map(|content| &content.content.sources);
    sources.map(|source| source.name.clone()).collect()
}

/// Names of the configurations among its sources.
fn configurations(state: &State, answer: &Answer) -> Vec<String> {
    let sources = answer.content.iter().flat_map(|content| &content.content.sources);
    let is_configuration = |source: &&BundleSource| {
        let policy = state.policies.get(&source.policy);
        policy.is_some_and(|policy| policy.kind == PolicyKind::TargetedConfiguration)
    };
    sources.filter(is_configuration).map(|source| source.name.clone()).collect()
}

fn of_target(state: &State, user: UserId, upn: &str, target: &AppId) -> Row {
    let policies = state.matched(user, &Query::new(target, ManagementState::Unmanaged));
    Row {
        user,
        user_principal_name: upn.to_owned(),
        app: target.id.clone(),
        platform: target.platform,
        state: Protection::TargetedNotCheckedIn,
        because: None,
        instance: None,
        version_in_force: None,
        obeyed_version: None,
        up_to_date: None,
        blocked_by: Vec::new(),
        wipe_pending: false,
        last_check_in_at: None,
        reported_at: None,
        registered_at: None,
        app_version: None,
        sdk_version: None,
        os_version: None,
        model: None,
        manufacturer: None,
        management: None,
        device_tag: None,
        policies: policies.iter().map(|policy| policy.name.clone()).collect(),
        configurations: policies
            .iter()
            .filter(|policy| policy.kind == PolicyKind::TargetedConfiguration)
            .map(|policy| policy.name.clone())
            .collect(),
    }
}

/// The apps in which app protection reaches a user.
pub(crate) fn targeted(state: &State, user: UserId) -> BTreeSet<AppId> {
    if state.is_disabled(user) {
        return BTreeSet::new();
    }
    let mut apps = BTreeSet::new();
    for target in state.index.assigned(user) {
        if state.index.has_narrowed(user) && !target.narrowed.is_empty() && !reaches_some(state, user, target)
        {
            continue;
        }
        let platform = state.policies.get(&target.policy).and_then(|policy| policy.kind.platform());
        let Some(platform) = platform else { continue };
        match &target.apps {
            AppScope::Listed(listed) => {
                apps.extend(listed.iter().filter(|app| app.platform == platform).cloned());
            }
            AppScope::All => {
                apps.extend(state.catalogue.keys().filter(|app| app.platform == platform).cloned());
            }
        }
    }
    apps
}

/// Whether a policy with filters reaches a phone that has told nothing yet.
fn reaches_some(state: &State, user: UserId, target: &Target) -> bool {
    target.platforms.iter().any(|platform| {
        let app = AppId::new(*platform, String::new());
        let query = Query::new(&app, ManagementState::Unmanaged);
        state.index.kept_away(user, &query).binary_search(&target.policy).is_err()
    })
}

fn coverage(rows: &[Row]) -> Coverage {
    let count = |test: fn(&&Row) -> bool| rows.iter().filter(test).count();
    Coverage {
        rows: rows.len(),
        protected: count(|row| row.state == Protection::Protected),
        targeted_not_checked_in: count(|row| row.state == Protection::TargetedNotCheckedIn),
        unprotected: count(|row| row.state == Protection::Unprotected),
        blocked: count(|row| !row.blocked_by.is_empty()),
        outdated: count(|row| row.up_to_date == Some(false)),
    }
}
