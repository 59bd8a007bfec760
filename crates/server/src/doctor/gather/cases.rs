//! The cases of a person: each app on each device.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use ringfence_messages::ReasonCode;
use ringfence_model::{AppId, AssignmentFilterId, InstanceId, UnixMillis};
use ringfence_policy::{
    compile::CompiledPolicy,
    explain::explain_setting,
    targeting::{Outcome, Target},
};
use ringfence_protocol::{checkin::AccountState, wipe::WipeCause};

use super::{
    super::{
        cause::Row,
        evidence::{
            Asked, Case, Decided, Device, Ended, EndedHow, Fate, Instance as Known, Judged, Refused, Said,
            SignedIn,
        },
        probe,
    },
    Question, UNTOLD,
};
use crate::{
    app::App,
    authz::Sight,
    catalogue::Entry,
    checkin::Durable,
    db::{Conn, DbError},
    device,
    effective::ops::{Place, applied, shown},
    registration::{self, Instance, InstanceState, ops::Person},
    report, status,
    targeting::State,
    trail::{Kind, Mark},
    wipe,
};

/// What the database knows of a case.
pub(super) struct Raw {
    app: AppId,
    pub(super) device_tag: Option<String>,
    instance: Option<Instance>,
    checked_in_at: Option<UnixMillis>,
    said: Option<Said>,
    wipe_since: Option<UnixMillis>,
    ended: Option<Ended>,
    holder: Option<String>,
    device: Option<Device>,
    signed_in: Option<SignedIn>,
    refused: Option<Refused>,
}

impl Raw {
    fn new(app: AppId, device_tag: Option<String>) -> Self {
        Self {
            app,
            device_tag,
            instance: None,
            checked_in_at: None,
            said: None,
            wipe_since: None,
            ended: None,
            holder: None,
            device: None,
            signed_in: None,
            refused: None,
        }
    }

    /// Takes what the trail says about this app, on this device if there is one.
    pub(super) fn follow(&mut self, marks: &[Mark]) {
        let here = |mark: &&Mark| {
            mark.app.as_ref().is_none_or(|app| *app == self.app)
                && (self.device_tag.is_none()
                    || mark.device_tag.is_none()
                    || mark.device_tag == self.device_tag)
        };
        let last =
            |kind| marks.iter().filter(here).filter(|mark| mark.kind == kind).max_by_key(|mark| mark.at);
        let signed_in = last(Kind::SignIn).map(|mark| SignedIn {
            method: mark.method,
            ok: mark.refused.is_none(),
            at: mark.at,
        });
        let registration = last(Kind::Registration);
        let refused =
            registration.and_then(|mark| Some(Refused { code: mark.refused.clone()?, at: mark.at }));
        if self.device_tag.is_none() {
            self.device_tag = registration.and_then(|mark| mark.device_tag.clone());
        }
        self.signed_in = signed_in;
        self.refused = refused;
    }

    /// Takes the device record.
    pub(super) fn recorded(&mut self, record: Option<device::Device>) {
        self.device = record.map(|record| Device {
            enrolment: record.enrolment.as_str().to_owned(),
            profile: record.profile,
            user_affinity: record.user_affinity,
            handed_over: record.work_account,
            at: Some(record.said_at),
        });
    }

    /// Takes who holds the device, when it is somebody else.
    pub(super) fn held(&mut self, holder: Option<Person>, person: &Person, sight: &Sight) {
        let other = holder.filter(|holder| holder.id != person.id);
        let name = |holder: Person| if sight.sees_user(holder.id) { holder.upn } else { "-".to_owned() };
        self.holder = other.map(name);
    }

    /// Until when the phone surely knew everything.
    pub(super) fn known_until(&self) -> Option<UnixMillis> {
        self.checked_in_at.or(self.instance.as_ref().map(|instance| instance.registered_at))
    }
}

/// One for each instance, and one for each app that has none.
pub(super) async fn list(
    app: &App,
    conn: &mut Conn,
    question: &Question,
    apps: &BTreeSet<AppId>,
    active: Vec<Instance>,
    ended: Vec<(Instance, Option<UnixMillis>)>,
) -> Result<Vec<Raw>, DbError> {
    let mut raws = Vec::new();
    for instance in active.into_iter().filter(|instance| apps.contains(&instance.app)) {
        raws.push(of_instance(app, conn, instance).await?);
    }
    for target in apps {
        let here = |raw: &Raw| {
            raw.app == *target
                && question.device.as_ref().is_none_or(|tag| raw.device_tag.as_ref() == Some(tag))
        };
        if raws.iter().any(here) {
            continue;
        }
        let over = ended.iter().find(|(over, _)| {
            over.app == *target && question.device.as_ref().is_none_or(|tag| over.device_tag == *tag)
        });
        let device = over.map(|(over, _)| over.device_tag.clone());
        let holder = match &question.device {
            Some(tag) => registration::ops::find_holder(conn, app.tenant, tag).await?,
            None => None,
        };
        let known = holder.as_ref().and(question.device.clone());
        let mut raw = Raw::new(target.clone(), device.or(known));
        if let Some((over, at)) = over {
            raw.ended = Some(how(app, conn, over, *at).await?);
        }
        raws.push(raw);
    }
    Ok(raws)
}

async fn of_instance(app: &App, conn: &mut Conn, instance: Instance) -> Result<Raw, DbError> {
    let stored = status::ops::find_seen(conn, app.tenant, instance.id).await?;
    let said = status::ops::find_said(conn, app.tenant, instance.id).await?;
    let wipe_since = wipe::ops::find_pending_since(conn, app.tenant, instance.id, app.env.now()).await?;
    let mut raw = Raw::new(instance.app.clone(), Some(instance.device_tag.clone()));
    raw.checked_in_at = live(app, instance.id).max(stored);
    raw.said = said.as_ref().map(read);
    raw.wipe_since = wipe_since;
    let mut instance = instance;
    if let Some(said) = &said {
        instance.versions.app.clone_from(&said.app_version);
        instance.versions.os.clone_from(&said.os_version);
    }
    raw.instance = Some(instance);
    Ok(raw)
}

fn live(app: &App, id: InstanceId) -> Option<UnixMillis> {
    let seen = app.phones.sessions.find_active(id)?.seen_at.load(Ordering::Relaxed);
    (seen > 0).then_some(UnixMillis(seen))
}

/// Reasons that this server does not know are left out: a newer client core may have them.
fn read(said: &status::ops::Said) -> Said {
    let reasons = |texts: &[String]| texts.iter().filter_map(|text| ReasonCode::parse(text).ok()).collect();
    let dialogs =
        said.dialogs.iter().filter_map(|shown| Some((ReasonCode::parse(&shown.reason).ok()?, shown.at)));
    Said {
        obeyed: said.obeyed_version,
        blocked_by: reasons(&said.blocked_by),
        warnings: reasons(&said.warnings),
        dialogs: dialogs.collect(),
        companion: said.companion_version.clone(),
        received_at: said.received_at,
    }
}

async fn how(app: &App, conn: &mut Conn, over: &Instance, at: Option<UnixMillis>) -> Result<Ended, DbError> {
    let receipt = wipe::unordered::find(conn, app.tenant, over.id).await?;
    let told = receipt.as_ref().and_then(|receipt| receipt.reason.as_deref());
    let told = told.and_then(|text| ReasonCode::parse(text).ok());
    // An administrator is named for an order only: what has a receipt of this kind had none.
    let otherwise = match receipt.map_or(WipeCause::Order, |receipt| receipt.cause) {
        WipeCause::Order => Some(ReasonCode::WipedByAdministrator),
        WipeCause::CompanionRemoved => Some(ReasonCode::WipedCompanionRemoved),
        WipeCause::SignOut => Some(ReasonCode::WipedOnSignOut),
        WipeCause::Condition => None,
    };
    let (how, reason) = match over.state {
        InstanceState::Wiped => (EndedHow::Wiped, told.or(otherwise)),
        _ => (EndedHow::Removed, told),
    };
    Ok(Ended { how, reason, at })
}

/// Puts a case together with what targeting knows; answers also the objects whose change the phone should notice.
pub(super) fn make(
    app: &App,
    person: &Person,
    raw: Raw,
    entries: &[Entry],
    question: &Question,
) -> (Case, Vec<String>) {
    let management = raw.instance.as_ref().map_or(UNTOLD, |instance| instance.management);
    let place = Place {
        user: person.id,
        upn: person.upn.clone(),
        app: raw.app.clone(),
        management,
        facts: raw.instance.as_ref().map(registration::facts).unwrap_or_default(),
        instance: raw.instance.as_ref().map(|instance| instance.id),
    };
    let answer = app.phones.memory.answer(person.id, &person.upn, &place.query());
    let instance = raw.instance.as_ref().map(|instance| {
        let durable = Durable { version: instance.version, content_hash: instance.content_hash.clone() };
        Known {
            registered_at: instance.registered_at,
            checked_in_at: raw.checked_in_at,
            fetched: instance.version,
            in_force: report::ops::in_force(&durable, &answer),
            versions: instance.versions.clone(),
            said: raw.said.clone(),
            wipe_since: raw.wipe_since,
        }
    });
    let state = app.phones.memory.read();
    let (policies, mut objects) = judged(&state, &question.sight, &place);
    objects.push(format!("user:{}", person.id));
    let wanted = wanted(question.asked, raw.said.as_ref());
    let decided = if answer.state == AccountState::Protected {
        decided(&state, &question.sight, &place, &wanted)
    } else {
        Vec::new()
    };
    let entry = entries.iter().find(|entry| entry.app == raw.app);
    let case = Case {
        app: raw.app,
        entry: entry.map(|entry| (entry.display_name.clone(), entry.sign_in)),
        signed_in: raw.signed_in,
        policies,
        device_tag: raw.device_tag,
        device: raw.device,
        instance,
        ended: raw.ended,
        refused: raw.refused,
        holder: raw.holder,
        changed_at: None,
        decided,
    };
    (case, objects)
}

/// The reasons that the policy in force is asked about.
fn wanted(asked: Option<Asked>, said: Option<&Said>) -> BTreeSet<ReasonCode> {
    let mut wanted = BTreeSet::new();
    match asked {
        Some(Asked::Reason(reason)) => drop(wanted.insert(reason)),
        Some(Asked::Row(Row::A7 | Row::S1)) => drop(wanted.insert(ReasonCode::AllowedSealed)),
        _ => {}
    }
    if let Some(said) = said {
        wanted.extend(said.blocked_by.iter().chain(&said.warnings).copied());
        wanted.extend(said.dialogs.iter().map(|(reason, _)| *reason));
    }
    wanted
}

/// What the effective policy says about each reason, with policy, assignment and group path.
fn decided(state: &State, sight: &Sight, place: &Place, wanted: &BTreeSet<ReasonCode>) -> Vec<Decided> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let applied = applied(state, sight, place, AccountState::Protected);
    let managed: Vec<AppId> = state.managed_apps(place.user, &place.query()).into_iter().collect();
    let compiled = CompiledPolicy::compile(place.app.platform, &applied.effective.values(), &managed);
    let found = wanted.iter().filter_map(|reason| {
        let answer = probe::ask(&compiled, *reason, place.management)?;
        let settings = answer.settings.iter();
        let settings =
            settings.map(|setting| explain_setting(*setting, &applied.effective.settings, &applied.sources));
        Some(Decided {
            reason: *reason,
            action: answer.action,
            rule: answer.rule,
            condition: answer.condition,
            required: answer.required,
            settings: settings.collect(),
        })
    });
    found.collect()
}

/// Name of a filter that leaves the phone out, with what the phone has not told of what it asks.
fn filter_name(state: &State, place: &Place, id: AssignmentFilterId) -> String {
    let name = state.filter_names.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let untold =
        state.index.filter(id).map(|filter| filter.untold(&place.query().subject())).unwrap_or_default();
    let untold: Vec<String> = untold.iter().map(|one| format!("app.{}: ?", one.as_str())).collect();
    if untold.is_empty() { name } else { format!("{name} ({})", untold.join(", ")) }
}

/// What became of every app protection policy, as if the user had a licence: the licence is a rung of its own.
fn judged(state: &State, sight: &Sight, place: &Place) -> (Vec<Judged>, Vec<String>) {
    let query = place.query();
    let assigned: BTreeSet<_> = state.index.assigned(place.user).map(|target| target.policy).collect();
    let targets: BTreeMap<_, _> = state.index.targets().map(|target| (target.policy, target)).collect();
    let mut objects = BTreeSet::new();
    let mut policies = Vec::new();
    for (id, outcome) in state.index.diagnose_licensed(place.user, &query) {
        let Some(policy) = state.policies.get(&id).filter(|policy| policy.kind.platform().is_some()) else {
            continue;
        };
        if !matches!(outcome, Outcome::Matched(_)) && !sight.sees_stored(id, &policy.document) {
            continue;
        }
        let filter = match &outcome {
            Outcome::Filtered { filter, .. } => Some(filter_name(state, place, *filter)),
            _ => None,
        };
        let (fate, path) = match outcome {
            Outcome::Filtered { group_path, .. } => (Fate::Filtered, group_path),
            Outcome::Matched(found) => (Fate::Applies, found.group_path),
            Outcome::Excluded { group_path } => (Fate::Excluded, group_path),
            Outcome::NotAssigned => (Fate::NotAssigned, Vec::new()),
            Outcome::AppNotCovered => (Fate::AppNotCovered { assigned: assigned.contains(&id) }, Vec::new()),
            Outcome::OtherManagement => (Fate::OtherManagement, Vec::new()),
            Outcome::OtherPlatform | Outcome::UnknownUser | Outcome::NotLicensed => {
                (Fate::OtherPlatform, Vec::new())
            }
        };
        if fate == Fate::Applies {
            objects.insert(format!("policy:{id}"));
            objects.extend(path.iter().map(|group| format!("group:{group}")));
        }
        policies.push(Judged {
            name: policy.name.clone(),
            fate,
            filter,
            path: path.iter().map(|group| shown(state, sight, *group)).collect(),
            assigned_to: targets.get(&id).map(|target| assigned_to(state, sight, target)).unwrap_or_default(),
        });
    }
    (policies, objects.into_iter().collect())
}

fn assigned_to(state: &State, sight: &Sight, target: &Target) -> Vec<String> {
    target.includes.iter().map(|group| shown(state, sight, *group)).collect()
}
