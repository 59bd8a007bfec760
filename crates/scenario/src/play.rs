//! One scenario on one platform, from its facts to its last step.

use std::time::Instant;

use ringfence_messages::Lang;
use ringfence_model::Platform;
use ringfence_phone::Budget;
use ringfence_server::authz::Role;

use crate::{
    format::Scenario,
    lab::Database,
    report::{Check, Part, Played, StepReport},
    steps::Planned,
    words::{Words, pick, say},
    world::World,
};

/// Plays a scenario; the first step that does not hold is the last.
pub(crate) fn play(scenario: &Scenario, platform: Platform, lang: Lang, database: &Database) -> Played {
    let start = Instant::now();
    let mut played = Played {
        platform,
        holds: true,
        facts: tell_facts(scenario, lang),
        steps: Vec::new(),
        took: start.elapsed(),
    };
    match World::new(&scenario.facts, platform, lang, database, Budget::counting()) {
        Ok(mut world) => {
            for (part, step) in
                scenario.parts.iter().flat_map(|(part, steps)| steps.iter().map(move |step| (*part, step)))
            {
                if step.only.is_some_and(|only| only != platform) {
                    continue;
                }
                let report = perform(&mut world, part, step);
                let holds = report.holds;
                played.holds &= holds;
                played.steps.push(report);
                // What help desk finds changes nothing: the story goes on without it.
                if !holds && part != Part::Finding {
                    break;
                }
            }
        }
        Err(error) => {
            played.holds = false;
            played.steps.push(StepReport {
                part: Part::Step,
                does: pick(lang, ["the facts are set up", "de feiten worden opgezet"]).to_owned(),
                holds: false,
                dialog: None,
                checks: vec![Check::new(
                    lang,
                    say!("the facts can be set up", "de feiten zijn op te zetten"),
                    false,
                    format!("{error:#}"),
                )],
                lines: Vec::new(),
            });
        }
    }
    played.took = start.elapsed();
    played
}

fn perform(world: &mut World, part: Part, planned: &Planned) -> StepReport {
    if !planned.step.is_passive() {
        world.begin_step();
    }
    let seen = world
        .act_as(planned.role.unwrap_or(Role::GlobalAdministrator))
        .and_then(|()| planned.step.act(world));
    let (checks, dialog, lines) = planned.expect.judge(world, seen);
    let holds = checks.iter().all(|check| check.holds);
    StepReport { part, does: planned.step.say(world.lang).to_owned(), holds, dialog, checks, lines }
}

fn tell(lang: Lang, words: &Words) -> String {
    words.in_language(lang).to_owned()
}

/// The facts, one a line.
fn tell_facts(scenario: &Scenario, lang: Lang) -> Vec<String> {
    let facts = &scenario.facts;
    let mut lines = Vec::new();
    for user in &facts.users {
        let licence = if user.licensed {
            ["has a licence", "heeft een licentie"]
        } else {
            ["no licence", "geen licentie"]
        };
        let state = if user.enabled { ["", ""] } else { [", account disabled", ", account uitgeschakeld"] };
        let groups = match user.groups.as_slice() {
            [] => pick(lang, ["no group", "geen groep"]).to_owned(),
            groups => groups.join(", "),
        };
        let (who, licence, state) =
            (pick(lang, ["user", "gebruiker"]), pick(lang, licence), pick(lang, state));
        lines.push(format!("{who} {}: {licence}{state}, {groups}", user.name));
    }
    for group in facts.groups.iter().filter(|group| !group.inside.is_empty()) {
        let (name, outer) = (&group.name, group.inside.join(", "));
        lines.push(tell(lang, &say!("group {name} is in {outer}", "groep {name} zit in {outer}")));
    }
    for policy in &facts.policies {
        let mut whom: Vec<String> = policy.groups.clone();
        whom.extend(policy.excluded.iter().map(|group| tell(lang, &say!("not {group}", "niet {group}"))));
        if policy.all_licensed_users {
            whom.push(tell(lang, &say!("all licensed users", "iedereen met een licentie")));
        }
        let whom = match whom.as_slice() {
            [] => pick(lang, ["nobody", "niemand"]).to_owned(),
            whom => whom.join(", "),
        };
        let settings: Vec<String> =
            policy.settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let (name, apps) = (&policy.name, policy.apps.join(", "));
        let policy =
            say!("policy {name} for {whom}, apps: {apps}", "beleid {name} voor {whom}, apps: {apps}");
        lines.push(tell(lang, &policy));
        lines.extend(settings.into_iter().map(|setting| format!("  {setting}")));
    }
    for phone in facts.phones.iter().filter(|phone| !phone.facts.is_empty()) {
        lines.push(format!("{}: {}", phone.name, phone.facts.join(", ")));
    }
    lines
}
