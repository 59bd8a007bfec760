//! Scenarios in which a process dies: after a chosen effect the system kills the app, the user opens it again and
//! repeats what he was doing. Everything must come to the same end as without the crash.

use std::{collections::BTreeMap, time::Duration};

use ringfence_messages::{Lang, ReasonCode, Severity};
use ringfence_model::Platform;
use ringfence_phone::{Budget, Phone};
use ringfence_server::authz::Role;

use crate::{
    format::Scenario,
    lab::Database,
    report::Part,
    steps::Planned,
    world::{World, is_closed},
};

/// How long a dialog may take that perhaps never comes, because it came before the crash.
pub(crate) const GLANCE: Duration = Duration::from_secs(1);

/// Where a scenario has come to rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Effects of all apps.
    pub effects: u32,
    /// A process was killed.
    pub cut: bool,
    /// What every managed app of every phone holds: state of the account and documents.
    pub apps: BTreeMap<String, Vec<String>>,
    /// How often each notice was shown that must not come twice: removed data, and the restart after the first policy.
    pub notices: BTreeMap<String, usize>,
    /// Proofs that did not hold.
    pub failures: Vec<String>,
}

/// Plays a scenario in which the process dies that comes after this many effects; `None`: nobody dies.
///
/// # Errors
/// What could not be done at all.
pub fn cut(scenario: &Scenario, platform: Platform, after: Option<u32>) -> anyhow::Result<Rest> {
    let budget = after.map_or_else(Budget::counting, Budget::dying_after);
    let mut world = World::new(&scenario.facts, platform, Lang::En, &Database::Sqlite, budget)?;
    let (mut failures, mut before) = (Vec::new(), None);
    for (part, steps) in &scenario.parts {
        for step in steps.iter().filter(|step| step.only.is_none_or(|only| only == platform)) {
            if *part != Part::Finding {
                failures.extend(live_through(&mut world, *part, step, before.replace(step))?);
            }
        }
    }
    rest(&mut world, failures)
}

/// Does a step, a second time if the process died over it. Proofs are judged as ever, unless they were interrupted.
fn live_through(
    world: &mut World,
    part: Part,
    planned: &Planned,
    before: Option<&Planned>,
) -> anyhow::Result<Vec<String>> {
    world.revive()?;
    if world.was_revived()
        && let Some(before) = before.filter(|before| before.step.is_fleeting())
    {
        before.step.act(world)?;
    }
    if !planned.step.is_passive() {
        world.begin_step();
    }
    world.act_as(planned.role.unwrap_or(Role::GlobalAdministrator))?;
    let alive = !world.budget().was_cut();
    let mut seen = planned.step.act(world);
    // An app may also have died by itself since it was looked at: then the step found it closed.
    let died = world.budget().was_cut() && (alive || seen.as_ref().is_err_and(is_closed));
    if died {
        world.revive()?;
        seen = planned.step.act(world);
        world.was_revived();
    }
    let at = seen.as_ref().ok().and_then(|seen| seen.at.clone());
    if part == Part::Proof && !died {
        let (checks, ..) = planned.expect.judge(world, seen);
        if !alive || !world.budget().was_cut() {
            let failed = checks.into_iter().filter(|check| !check.holds);
            let told = failed
                .map(|check| format!("{}: {}: {}", planned.step.say(Lang::En), check.claim, check.evidence));
            return Ok(told.collect());
        }
        // It died while it was looked at.
        world.revive()?;
    }
    let settled = planned.expect.settle(world, at.as_ref());
    Ok(settled.err().map(|error| format!("{}: {error:#}", planned.step.say(Lang::En))).into_iter().collect())
}

fn rest(world: &mut World, failures: Vec<String>) -> anyhow::Result<Rest> {
    world.revive()?;
    let effects = world.budget().spent();
    let (mut apps, mut notices) = (BTreeMap::new(), BTreeMap::new());
    let phones: Vec<(String, Phone)> =
        world.phones().map(|(name, phone)| (name.clone(), phone.clone())).collect();
    for (name, phone) in phones {
        for app in phone.apps()?.into_iter().filter(|app| app.managed) {
            let place = format!("{name}/{}", app.id);
            for reason in ReasonCode::ALL.iter().filter(|reason| is_notice(**reason)) {
                let times = times_shown(&phone, &app.id, reason.dialog_code(world.platform))?;
                if times > 0 {
                    notices.insert(format!("{place} {}", reason.as_str()), times);
                }
            }
            let held = match held(world, &name, &app.id) {
                // It died while it was looked at.
                Err(error) if is_closed(&error) => {
                    world.revive()?;
                    held(world, &name, &app.id)?
                }
                other => other?,
            };
            apps.insert(place, held);
        }
    }
    Ok(Rest { effects, cut: world.budget().was_cut(), apps, notices, failures })
}

/// State of the account and documents of an app.
fn held(world: &mut World, phone: &str, app: &str) -> anyhow::Result<Vec<String>> {
    let open = world.app(phone, app)?;
    let mut holds = vec![format!("{:?}", open.status()?.state)];
    let listed = open.list()?.documents;
    let mut documents: Vec<String> =
        listed.iter().map(|document| format!("{:?} {}", document.identity, document.name)).collect();
    documents.sort();
    holds.extend(documents);
    Ok(holds)
}

fn is_notice(reason: ReasonCode) -> bool {
    reason.severity() == Severity::DataRemoved || reason == ReasonCode::RestartRequired
}

/// How often an app has shown a dialog in all its lives: the journal outlives the process.
pub(crate) fn times_shown(phone: &Phone, app: &str, code: &str) -> anyhow::Result<usize> {
    let shown = phone.log(app)?;
    Ok(shown.iter().filter(|line| line.event == "dialog" && line.detail == code).count())
}
