//! The administrator: app protection policies.

use ringfence_admin::policy::{Assignees, assign, path};
use ringfence_model::Platform;
use serde_json::Value;

use super::{Action, Verb};
use crate::{
    facts::{Policy, settings},
    format::Fields,
    words::say,
};

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "create-policy", read: create },
    Verb { name: "change-policy", read: change },
    Verb { name: "cover-apps", read: cover },
    Verb { name: "assign-policy", read: assign_to },
    Verb { name: "delete-policy", read: delete },
];

fn create(fields: &Fields<'_>, platforms: &[Platform]) -> Action {
    let policy = Policy::read_members(fields, platforms);
    Action::plain(
        say!("the administrator makes the policy {}", "de beheerder maakt het beleid {}", policy.name),
        move |world| world.make_policy(&policy),
    )
}

fn change(fields: &Fields<'_>, platforms: &[Platform]) -> Action {
    let (policy, change) = (fields.policy("policy"), settings(fields, &[], platforms));
    let what: Vec<String> = change.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    Action::plain(
        say!(
            "the administrator changes the policy {policy}: {}",
            "de beheerder wijzigt het beleid {policy}: {}",
            what.join(", ")
        ),
        move |world| {
            let api = world.api()?;
            api.patch(&path(&api.policy(&policy)?)?, &Value::Object(change.clone()))?;
            Ok(())
        },
    )
}

fn cover(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (policy, apps) = (fields.policy("policy"), fields.apps("apps"));
    let say = say!(
        "the administrator lets the policy {policy} cover {}",
        "de beheerder laat het beleid {policy} gelden voor {}",
        apps.join(", ")
    );
    Action::plain(say, move |world| {
        let api = world.api()?;
        let covered = Policy::cover(&apps, &world.facts, world.platform);
        let body = serde_json::json!({"apps": covered, "appGroupType": "selectedPublicApps"});
        api.post(&format!("{}/targetApps", path(&api.policy(&policy)?)?), &body)?;
        Ok(())
    })
}

fn assign_to(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let policy = fields.policy("policy");
    let whom = Assignees {
        groups: fields.groups("groups"),
        excluded: fields.groups("excluded"),
        all_licensed_users: fields.flag("all-licensed-users"),
    };
    Action::plain(
        say!(
            "the administrator assigns the policy {policy} to {}",
            "de beheerder wijst het beleid {policy} toe aan {}",
            whom.groups.join(", ")
        ),
        move |world| {
            let api = world.api()?;
            assign(&api, &api.policy(&policy)?, &whom.assignments(&api)?)
        },
    )
}

fn delete(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let policy = fields.policy("policy");
    Action::plain(
        say!("the administrator deletes the policy {policy}", "de beheerder verwijdert het beleid {policy}"),
        move |world| {
            let api = world.api()?;
            api.delete(&path(&api.policy(&policy)?)?)?;
            Ok(())
        },
    )
}
