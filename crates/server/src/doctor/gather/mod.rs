//! Collecting the evidence: through the operations of other features and the targeting memory. Nothing is judged here.

mod cases;

use std::collections::BTreeSet;

use ringfence_messages::ReasonCode;
use ringfence_model::{AppId, ManagementState, Platform, UnixMillis, UserId};

use ringfence_policy::targeting::AppScope;

use super::{
    cause::Row,
    evidence::{Account, Asked, Case, Evidence, Reach},
    near::near,
};
use crate::{
    app::App,
    audit,
    authz::{Permission, Scope, Sight, holds},
    catalogue::{self, Entry},
    db::Conn,
    device,
    effective::ops::shown,
    http::{ApiError, FieldProblem},
    registration, report, role, trail,
};

/// Ended instances, and apps without any sign of the user, that are looked at most.
const ENDED_MAX: i64 = 50;
const APPS_MAX: usize = 100;

/// What is asked, as it came in.
#[derive(Debug, Clone, Default)]
pub(super) struct Question {
    /// What the asker sees.
    pub(super) sight: Sight,
    pub(super) app: Option<String>,
    pub(super) platform: Option<Platform>,
    pub(super) device: Option<String>,
    pub(super) asked: Option<Asked>,
    /// The platform whose phones show the code, when it is one platform's.
    pub(super) asked_on: Option<Platform>,
}

/// The platform on which alone phones show this code: `I5` is an iPhone's, `N6` an Android phone's.
pub(super) fn platform_of_code(text: &str) -> Option<Platform> {
    let shows = |platform: &Platform| {
        ReasonCode::ALL.iter().any(|reason| reason.dialog_code(*platform).eq_ignore_ascii_case(text.trim()))
    };
    let mut platforms = Platform::ALL.into_iter().filter(shows);
    platforms.next().filter(|_| platforms.next().is_none())
}

/// Reads a code: a reason, a dialog code, or a row of the catalogue.
pub(super) fn code(text: &str) -> Result<Asked, ApiError> {
    if let Ok(reason) = ReasonCode::parse(text) {
        return Ok(Asked::Reason(reason));
    }
    if let Some(row) = Row::parse(text) {
        return Ok(Asked::Row(row));
    }
    let codes = ReasonCode::ALL.iter().flat_map(|reason| {
        [reason.as_str()].into_iter().chain(Platform::ALL.map(|platform| reason.dialog_code(platform)))
    });
    let rows = Row::ALL.map(Row::as_str);
    let problem = unknown("code", text, &near(text, codes.chain(rows)));
    Err(ApiError::invalid(vec![problem]))
}

/// A value that is not known, with what it may have meant.
fn unknown(path: &str, value: &str, near: &[String]) -> FieldProblem {
    let allowed = (!near.is_empty()).then(|| near.join(", "));
    let problem = if allowed.is_some() { "is not known; near it" } else { "is not known" };
    FieldProblem {
        path: path.to_owned(),
        value: Some(value.to_owned()),
        problem: problem.to_owned(),
        allowed,
    }
}

/// 404 that names the value and what it may have meant.
fn not_found(path: &str, value: &str, near: &[String]) -> ApiError {
    let hint = if near.is_empty() { String::new() } else { format!(": did you mean {}?", near.join(", ")) };
    ApiError::not_found(format!("there is no {path} `{value}`{hint}")).field(unknown(path, value, near))
}

/// The person asked about.
pub(super) async fn person(
    app: &App,
    sight: &Sight,
    text: &str,
) -> Result<registration::ops::Person, ApiError> {
    let mut conn = app.db.read().await?;
    let found = registration::ops::find_person(&mut conn, app.tenant, text).await?;
    if let Some(person) = found.filter(|person| sight.sees_user(person.id)) {
        return Ok(person);
    }
    if !sight.is_everything() {
        // What is like the name may be out of sight.
        return Err(not_found("user", text, &[]));
    }
    let similar = registration::ops::list_similar(&mut conn, app.tenant, text).await?;
    Err(not_found("user", text, &near(text, similar.iter().map(String::as_str))))
}

/// Everything known about a person, as far as the question narrows it down.
pub(super) async fn of_person(
    app: &App,
    person: &registration::ops::Person,
    question: &Question,
) -> Result<Evidence, ApiError> {
    app.phones.catch_up(app).await?;
    let mut conn = app.db.snapshot().await?;
    let entries = catalogue::ops::list(&mut conn, app.tenant).await?;
    let active = registration::ops::list_active_of(&mut conn, app.tenant, person.id).await?;
    let ended = registration::ops::list_ended_of(&mut conn, app.tenant, person.id, ENDED_MAX).await?;
    let marks = trail::ops::list_of(&mut conn, app.tenant, person.id).await?;
    let tried = marks.iter().filter_map(|mark| mark.app.clone());
    let seen: BTreeSet<AppId> = active
        .iter()
        .chain(ended.iter().map(|(instance, _)| instance))
        .map(|found| found.app.clone())
        .chain(tried)
        .collect();
    let mut question = question.clone();
    if let Some(device) = &question.device {
        let own = active.iter().chain(ended.iter().map(|(instance, _)| instance));
        let mut known =
            own.filter(|found| found.device_tag == *device).map(|found| found.app.platform).next();
        let holder = registration::ops::find_holder(&mut conn, app.tenant, device).await?;
        // Of a device out of sight not even the platform is told.
        if known.is_none()
            && let Some(holder) = holder.filter(|holder| question.sight.sees_user(holder.id))
        {
            let theirs = registration::ops::list_active_of(&mut conn, app.tenant, holder.id).await?;
            known = theirs.iter().find(|found| found.device_tag == *device).map(|found| found.app.platform);
        }
        question.platform = same_platform(&question, known)?;
    }
    let question = &question;
    let apps = apps(app, person.id, question, &entries, seen)?;
    let mut raws = cases::list(app, &mut conn, question, &apps, active, ended).await?;
    for raw in &mut raws {
        raw.follow(&marks);
        if let Some(tag) = raw.device_tag.clone() {
            raw.recorded(device::ops::find(&mut conn, app.tenant, &tag).await?);
            let holder = registration::ops::find_holder(&mut conn, app.tenant, &tag).await?;
            raw.held(holder, person, &question.sight);
        }
    }
    if let Some(device) = &question.device {
        raws.retain(|raw| raw.device_tag.as_deref() == Some(device));
        if raws.is_empty() {
            return Err(device_unknown(&mut conn, app, person, device).await?);
        }
    }
    let mut gathered = Vec::with_capacity(raws.len());
    for raw in raws {
        let after = raw.known_until();
        let (case, objects) = cases::make(app, person, raw, &entries, question);
        gathered.push((case, objects, after));
    }
    let mut cases = Vec::with_capacity(gathered.len());
    for (case, objects, after) in gathered {
        let changed_at = audit::ops::find_change(&mut conn, app.tenant, &objects, after).await?;
        let changed_at = match changed_at {
            None => audit::ops::find_change(&mut conn, app.tenant, &objects, None).await?,
            found => found,
        };
        cases.push(Case { changed_at, ..case });
    }
    let mut account = account(app, &mut conn, &question.sight, person).await?;
    if question.asked == Some(Asked::Row(Row::A3)) {
        account.writes_policies = writes_policies(app, &mut conn, &question.sight, person.id).await?;
    }
    Ok(Evidence { at: app.env.now(), asked: question.asked, asked_on: question.asked_on, account, cases })
}

/// The platform that device, code and question agree on.
fn same_platform(question: &Question, device: Option<Platform>) -> Result<Option<Platform>, ApiError> {
    let Some(device) = device else { return Ok(question.platform) };
    for (path, said) in [("platform", question.platform), ("code", question.asked_on)] {
        if let Some(said) = said.filter(|said| *said != device) {
            return Err(contradiction(path, said, "the device", device));
        }
    }
    Ok(Some(device))
}

/// Two parts of a question speak of different platforms.
pub(super) fn contradiction(path: &str, said: Platform, other: &str, is: Platform) -> ApiError {
    ApiError::invalid(vec![FieldProblem {
        path: path.to_owned(),
        value: Some(said.to_string()),
        problem: format!("contradicts {other}, which is of {is}"),
        allowed: Some(is.to_string()),
    }])
}

async fn account(
    app: &App,
    conn: &mut Conn,
    sight: &Sight,
    person: &registration::ops::Person,
) -> Result<Account, ApiError> {
    let changed_at = changed(conn, app, person.id).await?;
    let state = app.phones.memory.read();
    let paths = state.index.group_paths(person.id);
    let named = paths.iter().map(|path| path.iter().map(|group| shown(&state, sight, *group)).collect());
    Ok(Account {
        upn: person.upn.clone(),
        enabled: person.enabled && !state.is_disabled(person.id),
        licensed: state.index.licensed(person.id),
        groups: named.collect(),
        changed_at,
        writes_policies: Reach::Nowhere,
    })
}

async fn writes_policies(app: &App, conn: &mut Conn, sight: &Sight, user: UserId) -> Result<Reach, ApiError> {
    let grants = role::ops::grants_of_user(conn, app.tenant, user).await?;
    let carrying = grants.into_iter().filter(|grant| holds(grant.role, Permission::WritePolicies));
    Ok(match carrying.map(|grant| grant.scope).reduce(|a, b| a.union(&b)) {
        None => Reach::Nowhere,
        Some(Scope::Everything) => Reach::Everywhere,
        Some(Scope::Groups(groups)) => {
            let state = app.phones.memory.read();
            Reach::Within(groups.into_iter().map(|group| shown(&state, sight, group)).collect())
        }
    })
}

async fn changed(conn: &mut Conn, app: &App, user: UserId) -> Result<Option<UnixMillis>, ApiError> {
    Ok(audit::ops::find_change(conn, app.tenant, &[format!("user:{user}")], None).await?)
}

async fn device_unknown(
    conn: &mut Conn,
    app: &App,
    person: &registration::ops::Person,
    device: &str,
) -> Result<ApiError, ApiError> {
    let active = registration::ops::list_active_of(conn, app.tenant, person.id).await?;
    let tags: BTreeSet<&str> = active.iter().map(|instance| instance.device_tag.as_str()).collect();
    let mut similar = near(device, tags.iter().copied());
    if similar.is_empty() {
        similar = tags.iter().take(3).map(|tag| (*tag).to_owned()).collect();
    }
    Ok(not_found("device", device, &similar))
}

/// The apps that can be meant: the one named, else those that the user has or should have, else the catalogue.
fn apps(
    app: &App,
    user: UserId,
    question: &Question,
    entries: &[Entry],
    seen: BTreeSet<AppId>,
) -> Result<BTreeSet<AppId>, ApiError> {
    let state = app.phones.memory.read();
    let targeted = report::ops::targeted(&state, user);
    let wanted = |app: &AppId| question.platform.is_none_or(|platform| platform == app.platform);
    let of_policies = state.index.targets().filter_map(|target| match &target.apps {
        AppScope::Listed(apps) => Some(apps),
        AppScope::All => None,
    });
    let of_policies: BTreeSet<&AppId> = of_policies.flatten().collect();
    let listed = entries.iter().map(|entry| &entry.app);
    if let Some(name) = &question.app {
        let named = |app: &AppId| wanted(app) && app.id.eq_ignore_ascii_case(name);
        let by_title = entries.iter().filter(|entry| entry.display_name.eq_ignore_ascii_case(name));
        let mut found: BTreeSet<AppId> = seen.iter().filter(|app| named(app)).cloned().collect();
        if found.is_empty() {
            let known = targeted
                .iter()
                .chain(listed.clone())
                .chain(of_policies.iter().copied())
                .filter(|app| named(app));
            found =
                known.chain(by_title.map(|entry| &entry.app).filter(|app| wanted(app))).cloned().collect();
        }
        if found.is_empty() {
            let ids = seen.iter().chain(&targeted).chain(listed).chain(of_policies);
            let titles = entries.iter().map(|entry| entry.display_name.as_str());
            let similar = near(name, ids.map(|app| app.id.as_str()).chain(titles));
            // An app that nothing here knows is the very one that no policy covers; a name like another is a mistake.
            match question.platform.filter(|_| similar.is_empty()) {
                Some(platform) => drop(found.insert(AppId::new(platform, name.clone()))),
                None => return Err(not_found("app", name, &similar)),
            }
        }
        return Ok(found);
    }
    let mut found: BTreeSet<AppId> = seen.into_iter().chain(targeted).filter(|app| wanted(app)).collect();
    if found.is_empty() {
        found = listed.filter(|app| wanted(app)).take(APPS_MAX).cloned().collect();
    }
    if found.is_empty() {
        let platforms = state.policies.values().filter_map(|policy| policy.kind.platform());
        let platforms: BTreeSet<_> = platforms.collect();
        let platform = question.platform.or(platforms.into_iter().next()).unwrap_or(Platform::Ios);
        found.insert(AppId::new(platform, "-"));
    }
    Ok(found)
}

/// How a device is managed when no phone has told.
const UNTOLD: ManagementState = ManagementState::Unmanaged;
