//! The server, the organisation and its policies.

use ringfence_model::Platform;
use ringfence_model::document::PolicyDocument;
use serde_json::{Value, json};

use super::super::scene::{Scene, shown, timed};
use super::super::world::{PASSWORD, World};
use super::{ANNA, BRAM, MAIL, MANAGED_APPS};
use crate::api::text;
use ringfence_admin::template::TEMPLATES;

pub(super) fn start(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let (started, took) = timed(|| world.start_server().map(|server| server.admin_password.clone()));
    let password = started?;
    let url = world.url()?;
    scene.say(format!("{url}, embedded database in {}", world.data().display()));
    scene.prove("ready in less than a second", took.as_secs() == 0, shown(took));
    let health = crate::api::Api::new(&url, "", None)?.get_text("/readyz", "text/plain")?;
    scene.prove("it says that it is ready", health.trim() == "ok" || health.contains("ready"), health.trim());
    scene.prove(
        "the first administrator has a one-time password",
        password.as_ref().is_some_and(|password| !password.is_empty()),
        "shown once, here and at the end",
    );
    world.admin_password = password.unwrap_or_default();
    world.administer()?;
    let stranger = crate::api::Api::new(&url, "rf_guessed", None)?.list("/v1.0/users");
    scene.prove("a guessed token opens nothing", stranger.is_err(), said(stranger));
    let name = text(&world.api()?.get("/api/v1/whoami")?, "name");
    scene.prove_same("the administrator's token does", &name, &"demo".to_owned());
    Ok(())
}

/// Group, and the groups inside it.
const GROUPS: [(&str, &[&str]); 4] = [
    ("All staff", &["Teachers", "Board"]),
    ("Teachers", &["Mathematics"]),
    ("Mathematics", &[]),
    ("Board", &[]),
];

/// User, name, group, licence.
const PEOPLE: [(&str, &str, &str, bool); 4] = [
    (ANNA, "Anna de Wit", "Mathematics", true),
    (BRAM, "Bram Okafor", "Board", true),
    ("chidi@lakeside.example", "Chidi Jansen", "Teachers", true),
    ("dana@lakeside.example", "Dana Smit", "Teachers", false),
];

pub(super) fn people(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    for (group, _) in GROUPS {
        let id = text(&ringfence_admin::group::create(world.api()?, group)?, "id");
        world.ids.insert(group.to_owned(), id);
    }
    for (group, inside) in GROUPS {
        for member in inside {
            ringfence_admin::group::add(world.api()?, world.id(group)?, world.id(member)?)?;
        }
    }
    for (user, name, group, licensed) in PEOPLE {
        let id = text(&ringfence_admin::user::create(world.api()?, user, Some(name), PASSWORD)?, "id");
        ringfence_admin::group::add(world.api()?, world.id(group)?, &id)?;
        if licensed {
            ringfence_admin::licence::assign(world.api()?, &id)?;
        }
        world.ids.insert(user.to_owned(), id);
    }
    for platform in Platform::ALL {
        for (app, name) in MANAGED_APPS {
            ringfence_admin::app::add(world.api()?, platform, app, name, "Ringfence")?;
        }
    }
    scene.say("Anna teaches mathematics: Mathematics is in Teachers, Teachers is in All staff");
    let api = world.api()?;
    let groups = api.list(&format!("/v1.0/users/{}/transitiveMemberOf", world.id(ANNA)?))?;
    let mut names: Vec<String> = groups.iter().map(|group| text(group, "displayName")).collect();
    names.sort();
    let wanted = "All staff, Mathematics, Teachers".to_owned();
    scene.prove_same("the directory knows Anna's groups", &names.join(", "), &wanted);
    let skus = api.list("/v1.0/subscribedSkus")?;
    let assigned: u64 = skus.iter().filter_map(|sku| sku["consumedUnits"].as_u64()).sum();
    scene.prove_same("licences are assigned, except to Dana", &assigned, &3);
    Ok(())
}

pub(super) fn levels(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let mut settings = 0;
    let mut unequal = Vec::new();
    for template in TEMPLATES {
        let group = match template.name.as_bytes().get(6) {
            Some(b'1') => "All staff",
            Some(b'2') => "Teachers",
            _ => "Board",
        };
        let mut body = template.document()?;
        body["assignments"] = json!([{"target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": world.id(group)?,
        }}]);
        let sent = PolicyDocument::parse_value(body.clone())?;
        let path = format!("/beta/deviceAppManagement/{}", sent.kind.collection());
        let id = text(&world.api()?.post(&path, &body)?, "id");
        let back =
            PolicyDocument::parse_as(sent.kind, world.api()?.get(&format!("{path}/{id}"))?)?.settings();
        for (setting, value) in sent.settings() {
            settings += 1;
            if back.get(&setting) != Some(&value) {
                unequal.push(format!("{} {}", template.name, setting.name()));
            }
        }
        world.ids.insert(template.name.to_owned(), id);
        scene.say(format!("{} -> {group}", sent.display_name()));
    }
    scene.prove(
        "every setting reads back as it was written",
        unequal.is_empty() && settings > 0,
        if unequal.is_empty() { format!("{settings} settings in 6 policies") } else { unequal.join(", ") },
    );
    let path = format!("/api/v1/effective?user={ANNA}&app={MAIL}&platform=ios");
    let effective = world.api()?.get(&path)?;
    let send = effective["settings"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|setting| text(setting, "name") == "allowedOutboundDataTransferDestinations");
    let source = send.map(|setting| setting["sources"][0].clone()).unwrap_or_default();
    scene.prove(
        "Anna's mail may send to managed apps only, through the nested group",
        send.is_some_and(|setting| setting["value"] == "managedApps")
            && text(&source, "policyName") == "Level 2: enhanced data protection (iOS)"
            && source["groupPath"] == json!(["Teachers", "Mathematics"]),
        format!("{} by way of {}", text(&source, "policyName"), source["groupPath"]),
    );
    Ok(())
}

/// The first line of a refusal.
pub(super) fn said(result: anyhow::Result<Vec<Value>>) -> String {
    match result {
        Ok(values) => format!("answered {} entries", values.len()),
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}
