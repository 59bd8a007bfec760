//! The administrator: people, groups, licences, wipes, and any other call of the API.

use anyhow::Context;
use ringfence_admin::{text, wipe};
use ringfence_model::Platform;
use serde_json::{Map, Value};

use super::{Action, Seen, Verb};
use crate::{
    expect::differs,
    format::Fields,
    report::Check,
    words::{Words, say},
    world::World,
};

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "create-user", read: create_user },
    Verb { name: "enable-user", read: |fields, _| enable(fields, true) },
    Verb { name: "disable-user", read: |fields, _| enable(fields, false) },
    Verb { name: "assign-licence", read: |fields, _| licence(fields, true) },
    Verb { name: "remove-licence", read: |fields, _| licence(fields, false) },
    Verb { name: "create-group", read: create_group },
    Verb { name: "add-member", read: |fields, _| member(fields, true) },
    Verb { name: "remove-member", read: |fields, _| member(fields, false) },
    Verb { name: "change-app", read: change_app },
    Verb { name: "wipe", read: order_wipe },
    Verb { name: "report", read: report },
    Verb { name: "call", read: call },
];

fn create_user(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (name, groups) = (fields.text("name"), fields.groups("groups"));
    let licensed = fields.find_flag("licensed").unwrap_or(true);
    Action::plain(
        say!("the administrator makes an account for {name}", "de beheerder maakt een account voor {name}"),
        move |world| world.make_user(&name, licensed, true, &groups),
    )
}

fn enable(fields: &Fields<'_>, enabled: bool) -> Action {
    let user = fields.user("user");
    let what = if enabled {
        ["the administrator enables the account of {}", "de beheerder zet het account van {} aan"]
    } else {
        ["the administrator disables the account of {}", "de beheerder zet het account van {} uit"]
    };
    Action::plain(Words::about(what, &user), move |world| {
        ringfence_admin::user::enable(&world.api()?, &world.upn(&user), enabled)
    })
}

fn licence(fields: &Fields<'_>, assign: bool) -> Action {
    let user = fields.user("user");
    let say = if assign {
        say!("the administrator gives {user} a licence", "de beheerder geeft {user} een licentie")
    } else {
        say!(
            "the administrator takes the licence from {user}",
            "de beheerder neemt de licentie van {user} terug"
        )
    };
    Action::plain(say, move |world| {
        let api = world.api()?;
        let id = text(&api.user(&world.upn(&user))?, "id");
        if assign {
            ringfence_admin::licence::assign(&api, &id)
        } else {
            ringfence_admin::licence::remove(&api, &id)
        }
    })
}

fn create_group(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let name = fields.text("name");
    Action::plain(
        say!("the administrator makes the group {name}", "de beheerder maakt de groep {name}"),
        move |world| ringfence_admin::group::create(&world.api()?, &name).map(|_| ()),
    )
}

fn member(fields: &Fields<'_>, add: bool) -> Action {
    let group = fields.group("group");
    let (user, inner) = match fields.find_user("user") {
        Some(user) => (Some(user), String::new()),
        None => (None, fields.group("member")),
    };
    let [en, nl] = match &user {
        Some(user) => [user.clone(), user.clone()],
        None => [format!("the group {inner}"), format!("de groep {inner}")],
    };
    let say = if add {
        say!("the administrator puts {en} into {group}", "de beheerder zet {nl} in {group}")
    } else {
        say!("the administrator takes {en} out of {group}", "de beheerder haalt {nl} uit {group}")
    };
    Action::plain(say, move |world| {
        let api = world.api()?;
        let id = match &user {
            Some(user) => text(&api.user(&world.upn(user))?, "id"),
            None => text(&api.group(&inner)?, "id"),
        };
        let group = text(&api.group(&group)?, "id");
        if add {
            ringfence_admin::group::add(&api, &group, &id)
        } else {
            ringfence_admin::group::remove(&api, &group, &id)
        }
    })
}

/// Changes members of the catalogue entry, as the API takes them.
fn change_app(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let app = fields.app("app");
    let set = match fields.json("set") {
        Some(Value::Object(members)) => members,
        _ => {
            fields.wrong("set", "is missing: { member = value }, as the administration API takes them", &[]);
            Map::new()
        }
    };
    Action::plain(
        say!(
            "the administrator changes the catalogue entry of {app}",
            "de beheerder wijzigt {app} in de catalogus"
        ),
        move |world| {
            let (api, id) = (world.api()?, world.app_id(&app));
            let entry = api
                .list(ringfence_admin::app::APPS)?
                .into_iter()
                .find(|entry| text(entry, "bundleId") == id || text(entry, "packageId") == id)
                .with_context(|| format!("`{id}` is not in the catalogue"))?;
            let path = format!("{}/{}", ringfence_admin::app::APPS, text(&entry, "id"));
            api.patch(&path, &Value::Object(set.clone()))?;
            Ok(())
        },
    )
}

fn order_wipe(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (user, app) = (fields.user("user"), fields.find_app("app"));
    let [en, nl] = [("all apps"), ("alle apps")].map(|all| app.clone().unwrap_or_else(|| all.to_owned()));
    Action::new(
        say!(
            "the administrator removes the organisation's data of {user} from {en}",
            "de beheerder verwijdert de gegevens van de organisatie van {user} uit {nl}"
        ),
        move |world| {
            let target = wipe::Target {
                user: Some(world.upn(&user)),
                app: app.as_deref().map(|app| world.app_id(app)),
                ..wipe::Target::default()
            };
            let orders = wipe::request(&world.api()?, &target)?;
            let checks = vec![Check::new(
                world.lang,
                say!("an order went out", "er ging een opdracht uit"),
                !orders.is_empty(),
                orders.len(),
            )];
            Ok(Seen { checks, ..Seen::default() })
        },
    )
}

/// A row of the live report; waits until the phones have told what the row should say.
fn report(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (user, app) = (fields.user("user"), fields.app("app"));
    let has = match fields.json("has") {
        Some(Value::Object(members)) => members,
        _ => {
            fields.wrong("has", "is missing: { member = value } of the row", &[]);
            Map::new()
        }
    };
    Action::new(say!("the report has {user} in {app}", "het rapport toont {user} in {app}"), move |world| {
        let mut row = Value::Null;
        let holds = world.wait(|world| {
            row = report_row(world, &user, &app)?;
            Ok(!row.is_null() && has.iter().all(|(name, value)| row.get(name) == Some(value)))
        })?;
        let found: Map<String, Value> =
            has.keys().map(|name| (name.clone(), row.get(name).cloned().unwrap_or_default())).collect();
        let wanted = Value::Object(has.clone());
        let evidence = differs(world.lang, Value::Object(found), wanted);
        Ok(Seen {
            checks: vec![Check::new(
                world.lang,
                say!("the row says so", "de rij zegt dat ook"),
                holds,
                evidence,
            )],
            ..Seen::default()
        })
    })
}

fn report_row(world: &World, user: &str, app: &str) -> anyhow::Result<Value> {
    let report = world.api()?.get("/api/v1/report")?;
    let (user, app) = (world.upn(user), world.app_id(app));
    let rows = report.get("value").and_then(Value::as_array);
    let found = rows.into_iter().flatten().find(|row| {
        text(row, "userPrincipalName").eq_ignore_ascii_case(&user)
            && text(row, "app").eq_ignore_ascii_case(&app)
    });
    Ok(found.cloned().unwrap_or_default())
}

/// Any call of the administration API: `{user:anna}`, `{group:Staff}`, `{policy:Staff}`, `{app:notes}` and
/// `{device:phone}` in the path stand for the id, the name as the server knows it, and the device tag.
fn call(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"].map(|method| (method, method.to_owned()));
    let method = fields.choice("method", &methods).unwrap_or_default();
    let (path, body) = (fields.text("path"), fields.json("body"));
    let answer = match fields.json("answer") {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    Action::new(
        say!("the administrator calls {method} {path}", "de beheerder roept {method} {path} aan"),
        move |world| {
            let (api, path) = (world.api()?, filled(world, &path)?);
            let body = match &body {
                Some(body) => serde_json::from_str(&filled(world, &body.to_string())?)?,
                None => Value::Object(Map::new()),
            };
            let found = match method.as_str() {
                "GET" => api.get(&path),
                "POST" => api.post(&path, &body),
                "PUT" => api.put(&path, &body),
                "PATCH" => api.patch(&path, &body),
                _ => api.delete(&path),
            }?;
            let lang = world.lang;
            let checks = answer.iter().map(|(pointer, wanted)| {
                let value = found.pointer(pointer).cloned().unwrap_or_default();
                Check::new(
                    lang,
                    say!("answer{pointer} is {wanted}", "antwoord{pointer} is {wanted}"),
                    value == *wanted,
                    value,
                )
            });
            Ok(Seen { checks: checks.collect(), ..Seen::default() })
        },
    )
}

/// Puts ids where a text names things of the scenario.
fn filled(world: &World, text_with_names: &str) -> anyhow::Result<String> {
    let mut filled = text_with_names.to_owned();
    for kind in ["user", "upn", "group", "policy", "app", "device"] {
        let open = format!("{{{kind}:");
        while let Some((before, rest)) = filled.split_once(&open) {
            let (name, after) = rest.split_once('}').with_context(|| format!("`{open}` has no end"))?;
            let id = match kind {
                "user" => text(&world.api()?.user(&world.upn(name))?, "id"),
                "upn" => world.upn(name),
                "group" => text(&world.api()?.group(name)?, "id"),
                "policy" => text(&world.api()?.policy(name)?, "id"),
                "app" => world.app_id(name),
                _ => world.phone(name)?.record()?.device_tag,
            };
            filled = format!("{before}{id}{after}");
        }
    }
    Ok(filled)
}
