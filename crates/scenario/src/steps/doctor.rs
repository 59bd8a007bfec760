//! Help desk: the troubleshooter.

use std::fmt::Write as _;

use anyhow::Context;
use ringfence_admin::{ApiError, escape, text};
use ringfence_messages::{Lang, ReasonCode};
use ringfence_model::Platform;
use serde_json::Value;

use super::{Action, Seen, Verb};
use crate::{
    catalogue::ROWS,
    format::Fields,
    report::Check,
    words::{Words, pick, say},
    world::World,
};

pub(super) const VERBS: &[Verb] = &[Verb { name: "doctor", read: doctor }];

/// What is asked: whatever an administrator has.
struct Question {
    user: Option<String>,
    app: Option<String>,
    phone: Option<String>,
    code: Option<String>,
}

/// What must be found.
struct Finding {
    /// Reason of the cause; `None` = nothing is wrong.
    cause: Option<String>,
    row: Option<String>,
    check: Option<String>,
    outcome: String,
    says: Vec<String>,
}

const OUTCOMES: [&str; 4] = ["pass", "fail", "unknown", "notApplicable"];

fn doctor(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let question = Question {
        user: fields.find_user("user"),
        app: fields.find_app("app"),
        phone: fields.has("phone").then(|| fields.phone()),
        code: fields.find_text("code"),
    };
    if question.user.is_none() && question.code.is_none() {
        fields.wrong("user", "is missing: a user or a code is needed", &[]);
    }
    let cause = Some(fields.text("cause")).filter(|cause| cause != "none");
    if let Some(cause) = cause.as_deref().filter(|cause| !cause.is_empty()) {
        let causes: Vec<&str> = ringfence_server::doctor::causes().collect();
        if let Err(error) = ReasonCode::parse(cause)
            && !causes.contains(&cause)
        {
            if cause.contains('_') {
                fields.wrong("cause", &error.to_string(), &[]);
            } else {
                fields.wrong("cause", "is neither the name of a reason nor one of these", &causes);
            }
        }
    }
    let checks: Vec<(&str, String)> =
        ringfence_server::doctor::checks().map(|check| (check, check.to_owned())).collect();
    let rows = ROWS.map(|row| (row.id, row.id.to_owned()));
    let outcomes = OUTCOMES.map(|outcome| (outcome, outcome.to_owned()));
    let finding = Finding {
        cause,
        row: fields.find_choice("row", &rows),
        check: fields.find_choice("check", &checks),
        outcome: fields.find_choice("outcome", &outcomes).unwrap_or_else(|| "fail".to_owned()),
        says: fields.texts("says"),
    };
    Action::new(question.say(), move |world| {
        let (mut diagnosis, mut checks) = (Value::Null, Vec::new());
        // What a phone has to tell may still be on its way.
        world.wait(|world| {
            diagnosis = question.ask(world)?;
            checks = finding.judge(world.lang, &diagnosis);
            Ok(checks.iter().all(|check| check.holds))
        })?;
        Ok(Seen { checks, lines: tell(world.lang, &diagnosis), ..Seen::default() })
    })
}

impl Question {
    fn say(&self) -> Words {
        let parts = [
            (["user {}", "gebruiker {}"], &self.user),
            (["app {}", "app {}"], &self.app),
            (["device {}", "apparaat {}"], &self.phone),
            (["code {}", "code {}"], &self.code),
        ];
        let given: Vec<Words> = parts
            .into_iter()
            .filter_map(|(sentence, value)| Some(Words::about(sentence, value.as_deref()?)))
            .collect();
        let [en, nl] = Lang::ALL
            .map(|lang| given.iter().map(|words| words.in_language(lang)).collect::<Vec<_>>().join(", "));
        say!("help desk asks: {en}", "de helpdesk vraagt: {nl}")
    }

    fn ask(&self, world: &World) -> anyhow::Result<Value> {
        let mut path = format!("/api/v1/doctor?lang={}", world.lang);
        let device = self
            .phone
            .as_deref()
            .map(|phone| Ok::<_, anyhow::Error>(world.phone(phone)?.record()?.device_tag));
        let parts = [
            ("user", self.user.as_deref().map(|user| world.upn(user))),
            ("app", self.app.as_deref().map(|app| world.app_id(app))),
            ("device", device.transpose()?),
            ("code", self.code.clone()),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = write!(path, "&{name}={}", escape(&value));
            }
        }
        if self.app.is_some() {
            let _ = write!(path, "&platform={}", world.platform);
        }
        let answer = world.api()?.get(&path);
        if let Err(error) = &answer
            && error
                .downcast_ref::<ApiError>()
                .is_some_and(|refusal| refusal.status == 404 && refusal.message == "no such path")
        {
            return answer.context("this server answers no questions of help desk (GET /api/v1/doctor)");
        }
        answer
    }
}

impl Finding {
    fn judge(&self, lang: Lang, diagnosis: &Value) -> Vec<Check> {
        // Without a user there is no diagnosis, only what the code means.
        let about = if diagnosis.get("user").is_none_or(Value::is_null) { "code" } else { "cause" };
        let cause = diagnosis.get(about).cloned().unwrap_or_default();
        let names = [text(&cause, "id"), text(&cause, "reason")];
        // What is normal though it looks wrong has a row and no reason.
        let normal = cause.is_null() || (text(&cause, "reason").is_empty() && self.row.is_some());
        let holds = self.cause.as_ref().map_or(normal, |wanted| names.contains(wanted));
        let wanted = self.cause.as_deref().unwrap_or("none");
        let found = if cause.is_null() { pick(lang, ["none", "geen"]).to_owned() } else { names.join(" ") };
        let mut checks = vec![Check::new(lang, say!("cause `{wanted}`", "oorzaak `{wanted}`"), holds, found)];
        if let Some(row) = &self.row {
            let ids = cause.get("catalogueIds").and_then(Value::as_array);
            let ids: Vec<&str> = ids.into_iter().flatten().filter_map(Value::as_str).collect();
            let holds = ids.contains(&row.as_str());
            checks.push(Check::new(
                lang,
                say!("catalogue row {row}", "rij {row} van de catalogus"),
                holds,
                ids.join(", "),
            ));
        }
        if let Some(check) = &self.check {
            let all = diagnosis.get("checks").and_then(Value::as_array);
            let outcome = all.into_iter().flatten().find(|found| text(found, "id") == *check);
            let found = outcome.map_or_else(
                || pick(lang, ["no such check", "die controle is er niet"]).to_owned(),
                |found| text(found, "outcome"),
            );
            checks.push(Check::new(
                lang,
                say!("check `{check}`: {}", "controle `{check}`: {}", self.outcome),
                found == self.outcome,
                &found,
            ));
        }
        let told = tell(lang, diagnosis).join("\n");
        for part in &self.says {
            checks.push(Check::new(
                lang,
                say!("it says `{part}`", "er staat `{part}`"),
                told.contains(part),
                &told,
            ));
        }
        checks
    }
}

/// How a check came out, in words.
fn outcome(lang: Lang, check: &Value) -> String {
    let outcome = text(check, "outcome");
    let words = match outcome.as_str() {
        "pass" => ["in order", "in orde"],
        "fail" => ["wrong", "fout"],
        _ => ["not known", "niet bekend"],
    };
    pick(lang, words).to_owned()
}

/// The ladder and the cause, as help desk reads them.
fn tell(lang: Lang, diagnosis: &Value) -> Vec<String> {
    let checks = diagnosis.get("checks").and_then(Value::as_array);
    let mut lines: Vec<String> = checks
        .into_iter()
        .flatten()
        .filter(|check| text(check, "outcome") != "notApplicable")
        .map(|check| {
            let evidence = check.get("evidence").and_then(Value::as_array);
            let evidence: Vec<String> = evidence.into_iter().flatten().map(|one| text(one, "text")).collect();
            format!("{}: {} ({})", text(check, "title"), outcome(lang, check), evidence.join("; "))
        })
        .collect();
    if let Some(cause) = diagnosis.get("cause").filter(|cause| !cause.is_null()) {
        lines.push(format!(
            "{} {}: {}",
            text(cause, "catalogueId"),
            text(cause, "title"),
            text(cause, "text")
        ));
        let cure = cause.get("cure").cloned().unwrap_or_default();
        lines.extend(
            ["user", "admin"].map(|who| text(&cure, who)).into_iter().filter(|cure| !cure.is_empty()),
        );
    }
    lines
}
