//! Help desk and the user: a ticket reference, diagnostics sent under it, and what help desk makes of them.

use anyhow::Context;
use ringfence_admin::{escape, text};
use ringfence_client::recording::{self, Replay};
use ringfence_messages::ReasonCode;
use ringfence_model::Platform;
use serde_json::{Value, json};

use super::{Action, Seen, Verb};
use crate::{
    expect::differs,
    format::Fields,
    report::Check,
    words::{pick, say},
    world::World,
};

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "create-ticket", read: create_ticket },
    Verb { name: "send-logs", read: send_logs },
    Verb { name: "read-logs", read: read_logs },
];

/// Help desk makes a ticket and tells the user its reference.
fn create_ticket(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (name, user) = (fields.text("name"), fields.user("user"));
    let say = say!("help desk makes a ticket for {user}", "de helpdesk maakt een ticket voor {user}");
    Action::plain(say, move |world| {
        let api = world.api()?;
        let id = text(&api.user(&world.upn(&user))?, "id");
        let made = api.post("/api/v1/tickets", &json!({ "user": id, "note": name }))?;
        world.note_ticket(&name, text(&made, "reference"));
        Ok(())
    })
}

/// The user sends without a dialog, from the settings of an app or of the companion.
fn send_logs(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app, ticket) = (fields.phone(), fields.find_app("app"), fields.ticket("ticket"));
    let say =
        say!("the user sends diagnostics from {phone}", "de gebruiker stuurt diagnosegegevens vanaf {phone}");
    Action::new(say, move |world| {
        let id = app.as_deref().map(|app| world.app_id(app));
        let sent = world.phone(&phone)?.send_logs(world.ticket(&ticket)?, id.as_deref())?;
        let claim = say!("diagnostics were sent", "er zijn diagnosegegevens verstuurd");
        let apps: Vec<String> = sent.into_iter().map(|one| one.app).collect();
        let checks = vec![Check::new(world.lang, claim, !apps.is_empty(), apps.join(", "))];
        Ok(Seen { checks, ..Seen::default() })
    })
}

/// What must be in a bundle.
struct Wanted {
    shows: Vec<ReasonCode>,
    hides: Vec<String>,
}

/// Help desk downloads the newest bundle of an app, reads it and plays it again.
fn read_logs(fields: &Fields<'_>, platforms: &[Platform]) -> Action {
    let (ticket, app) = (fields.ticket("ticket"), fields.app("app"));
    let wanted = Wanted { shows: codes(fields, platforms), hides: fields.texts("hides") };
    let say = say!("help desk reads what {app} has sent", "de helpdesk leest wat {app} gestuurd heeft");
    Action::new(say, move |world| {
        let bundle = download(world, &ticket, &app)?;
        let replay = recording::replay(&bundle, None).context("the bundle cannot be replayed")?;
        let same = pick(world.lang, ["steps the same", "stappen hetzelfde"]);
        let lines = vec![format!("{} / {} {same}", replay.same, replay.played)];
        Ok(Seen { checks: wanted.judge(world, &bundle, &replay), lines, ..Seen::default() })
    })
}

fn codes(fields: &Fields<'_>, platforms: &[Platform]) -> Vec<ReasonCode> {
    let mut codes = Vec::new();
    for text in fields.texts("shows") {
        match ReasonCode::parse(&text) {
            Ok(reason) => codes.push(reason),
            Err(error) => {
                let known: Vec<&str> = platforms.first().map_or_else(Vec::new, |platform| {
                    ReasonCode::ALL.iter().map(|reason| reason.dialog_code(*platform)).collect()
                });
                fields.wrong("shows", &error.to_string(), &crate::format::nearest(&text, &known));
            }
        }
    }
    codes
}

fn download(world: &World, ticket: &str, app: &str) -> anyhow::Result<String> {
    let (api, id) = (world.api()?, world.app_id(app));
    let path = format!("/api/v1/tickets/{}", escape(world.ticket(ticket)?));
    let found = api.get(&path)?;
    let bundles = found.get("bundles").and_then(Value::as_array);
    let newest = bundles.into_iter().flatten().rfind(|bundle| text(bundle, "app") == id);
    let newest = newest.with_context(|| format!("{app} has sent nothing under `{ticket}`"))?;
    api.get_text(&format!("{path}/bundles/{}", escape(&text(newest, "id"))), "application/x-ndjson")
}

impl Wanted {
    fn judge(&self, world: &World, bundle: &str, replay: &Replay) -> Vec<Check> {
        let lang = world.lang;
        let all = replay.steps.len();
        let holds = replay.difference.is_none() && replay.same == all && all > 0;
        let found = differs(lang, replay.same, all);
        let claim = say!("played again, it does the same", "opnieuw afgespeeld doet het hetzelfde");
        let mut checks = vec![Check::new(lang, claim, holds, found)];
        let effects = || replay.steps.iter().flat_map(|step| &step.recorded.effects);
        let dialogs = || effects().filter_map(|effect| Some(text(effect.get("showDialog")?, "code")));
        for code in self.shows.iter().map(|reason| reason.dialog_code(world.platform)) {
            let claim = say!("dialog {code} is in it", "dialoog {code} staat erin");
            let shown: Vec<String> = dialogs().collect();
            checks.push(Check::new(lang, claim, dialogs().any(|shown| shown == code), shown.join(", ")));
        }
        for secret in &self.hides {
            let claim = say!("`{secret}` is not in it", "`{secret}` staat er niet in");
            let line = bundle.lines().position(|line| line.contains(secret.as_str()));
            let found = line.map_or_else(String::new, |line| format!("{}", line + 1));
            checks.push(Check::new(lang, claim, line.is_none(), found));
        }
        checks
    }
}
