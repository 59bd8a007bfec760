//! What a step must lead to. Whatever is not said here must go well: a refusal that nobody expects is a failure.

use std::fmt::Display;

use ringfence_admin::ApiError;
use ringfence_messages::{ButtonAction, Dialog, Lang, ReasonCode};
use ringfence_model::Platform;
use ringfence_phone::{Ending, PhoneError, ProtectionState};

use crate::{
    format::Fields,
    report::Check,
    steps::Seen,
    texts,
    words::{Words, pick, say},
    world::World,
};

/// The members that every step may have.
#[derive(Debug, Default)]
pub(crate) struct Expect {
    sees: Option<Sees>,
    result: Option<Ending>,
    failure: Option<String>,
    reason: Option<ReasonCode>,
    state: Option<ProtectionState>,
    blocked_by: Option<ReasonCode>,
    text: Option<String>,
    sealed: Option<bool>,
    refused: Option<Refused>,
}

/// The dialog on the screen.
#[derive(Debug)]
enum Sees {
    Nothing,
    Dialog { reason: ReasonCode, buttons: Option<Vec<ButtonAction>>, title: Option<Words> },
}

/// A refusal of the administration API.
#[derive(Debug)]
struct Refused {
    status: Option<u64>,
    code: Option<String>,
    says: Vec<String>,
}

const ENDINGS: [(&str, Ending); 3] =
    [("allowed", Ending::Allowed), ("refused", Ending::Refused), ("failed", Ending::Failed)];

impl Expect {
    pub(crate) fn read(fields: &Fields<'_>, platforms: &[Platform]) -> Self {
        let reason = |name| {
            let text = fields.find_text(name);
            fields.parsed(name, text, ReasonCode::parse)
        };
        Self {
            sees: Sees::read(fields, platforms),
            result: fields.find_choice("result", &ENDINGS),
            failure: fields.find_text("failure"),
            reason: reason("reason"),
            state: fields.find_choice("state", &states()),
            blocked_by: reason("blocked-by"),
            text: fields.find_text("text"),
            sealed: fields.find_flag("sealed"),
            refused: fields.table("refused").map(Refused::read),
        }
    }

    /// Waits for what the step must lead to, whether or not a user could see it: a process that was killed may have
    /// shown a dialog in its former life, or never.
    ///
    /// # Errors
    /// The state that was not reached.
    pub(crate) fn settle(&self, world: &mut World, at: Option<&(String, String)>) -> anyhow::Result<()> {
        let Some((phone, app)) = at else { return Ok(()) };
        if let Some(state) = self.state {
            let reached = world.wait(|world| {
                world.revive()?;
                match world.start(phone, app)?.status() {
                    // It died a moment ago.
                    Err(PhoneError::Closed(_)) => Ok(false),
                    status => Ok(status?.state == state),
                }
            })?;
            anyhow::ensure!(reached, "{app} does not become {state:?}");
        }
        if let (Some(Sees::Dialog { reason, .. }), None) = (&self.sees, self.state) {
            let code = reason.dialog_code(world.platform);
            world.wait_for(crate::crash::GLANCE, |world| {
                world.revive()?;
                Ok(crate::crash::times_shown(world.phone(phone)?, &world.app_id(app), code)? > 0)
            })?;
        }
        Ok(())
    }

    /// Judges a step; the dialog that was looked for comes along for the transcript.
    pub(crate) fn judge(
        &self,
        world: &mut World,
        seen: anyhow::Result<Seen>,
    ) -> (Vec<Check>, Option<Dialog>, Vec<String>) {
        let lang = world.lang;
        let seen = match (seen, &self.refused) {
            (Err(error), Some(refused)) => {
                return (refused.judge(lang, &error), None, vec![format!("“{error:#}”")]);
            }
            (Err(error), None) => {
                return (
                    vec![Check::new(
                        lang,
                        say!("the step can be done", "de stap is uit te voeren"),
                        false,
                        format!("{error:#}"),
                    )],
                    None,
                    Vec::new(),
                );
            }
            (Ok(_), Some(_)) => {
                return (
                    vec![Check::new(
                        lang,
                        say!("the server refuses", "de server weigert"),
                        false,
                        pick(lang, ["it did as asked", "hij deed wat gevraagd werd"]),
                    )],
                    None,
                    Vec::new(),
                );
            }
            (Ok(seen), None) => seen,
        };
        let mut checks = Vec::new();
        let dialog = self.judge_dialog(world, &seen, &mut checks);
        self.judge_outcome(lang, &seen, &mut checks);
        if let Err(error) = self.judge_state(world, &seen, &mut checks) {
            checks.push(Check::new(
                lang,
                say!("the app can be asked", "de app geeft antwoord"),
                false,
                format!("{error:#}"),
            ));
        }
        checks.extend(seen.checks);
        (checks, dialog, seen.lines)
    }

    fn judge_dialog(&self, world: &mut World, seen: &Seen, checks: &mut Vec<Check>) -> Option<Dialog> {
        let lang = world.lang;
        let answered = seen.outcome.as_ref().and_then(|outcome| outcome.dialog.clone());
        let Some(sees) = &self.sees else {
            return answered
                .or_else(|| seen.at.as_ref().and_then(|(phone, app)| world.shown(phone, app).pop()));
        };
        match sees {
            Sees::Nothing => {
                let shown =
                    seen.at.as_ref().and_then(|(phone, app)| world.on_screen(phone, app)).or(answered);
                let found = shown.as_ref().map_or_else(|| nothing(world.lang), |dialog| dialog.code.clone());
                checks.push(Check::new(
                    lang,
                    say!("nothing is on the screen", "er staat niets op het scherm"),
                    shown.is_none(),
                    found,
                ));
                shown
            }
            Sees::Dialog { reason, buttons, title } => {
                let found = wait_for_dialog(world, seen, *reason, answered);
                let Ok(dialog) = found else {
                    let instead = found.err().unwrap_or_default();
                    checks.push(Check::new(
                        lang,
                        say!("dialog `{}` is shown", "dialoog `{}` is te zien", reason.as_str()),
                        false,
                        instead,
                    ));
                    return None;
                };
                checks.push(Check::new(
                    lang,
                    say!("dialog", "dialoog"),
                    true,
                    format!("{} {}", dialog.code, reason.as_str()),
                ));
                let verdict = texts::check(&dialog, world.platform, world.lang, title.as_ref());
                let holds = verdict.is_ok();
                checks.push(Check::new(
                    lang,
                    say!(
                        "its text is the catalogue's, in English and Dutch",
                        "de tekst is die van de catalogus, in het Engels en Nederlands"
                    ),
                    holds,
                    verdict.err().unwrap_or_default(),
                ));
                if let Some(buttons) = buttons {
                    let found: Vec<ButtonAction> =
                        dialog.buttons.iter().map(|button| button.action).collect();
                    checks.push(Check::new(
                        lang,
                        say!("buttons", "knoppen"),
                        found == *buttons,
                        format!("{found:?}"),
                    ));
                }
                Some(dialog)
            }
        }
    }

    fn judge_outcome(&self, lang: Lang, seen: &Seen, checks: &mut Vec<Check>) {
        let Some(outcome) = &seen.outcome else { return };
        let code = outcome.code.clone().unwrap_or_default();
        let told = match outcome.reason {
            Some(reason) => format!("{} {code}", reason.as_str()),
            None => code.clone(),
        };
        let found = |ending: Ending| format!("{} {told}", word(ending).in_language(lang));
        match (self.result, &self.failure, &self.sees) {
            (_, Some(failure), _) => {
                let holds = outcome.result == Ending::Failed && code == *failure;
                checks.push(Check::new(
                    lang,
                    say!("not possible", "niet mogelijk"),
                    holds,
                    found(outcome.result),
                ));
            }
            (Some(result), None, _) => {
                checks.push(Check::new(lang, word(result), outcome.result == result, found(outcome.result)));
            }
            // A dialog that is expected may refuse or only tell.
            (None, None, Some(Sees::Dialog { .. })) => {}
            (None, None, _) => {
                checks.push(Check::new(
                    lang,
                    say!("done", "gelukt"),
                    outcome.allowed(),
                    found(outcome.result),
                ));
            }
        }
        if let Some(reason) = self.reason {
            let found = outcome.reason.map_or(pick(lang, ["none", "geen"]), ReasonCode::as_str);
            checks.push(Check::new(lang, say!("reason", "reden"), outcome.reason == Some(reason), found));
        }
        if let Some(text) = &self.text {
            checks.push(Check::new(
                lang,
                say!("content", "inhoud"),
                outcome.text() == *text,
                format!("{:?}", outcome.text()),
            ));
        }
        if let Some(sealed) = self.sealed {
            checks.push(Check::new(
                lang,
                say!("leaves encrypted", "gaat versleuteld weg"),
                outcome.sealed == sealed,
                outcome.sealed,
            ));
        }
    }

    fn judge_state(&self, world: &mut World, seen: &Seen, checks: &mut Vec<Check>) -> anyhow::Result<()> {
        let Some((phone, app)) = &seen.at else { return Ok(()) };
        let lang = world.lang;
        if let Some(state) = self.state {
            let app = world.start(phone, app)?;
            let holds = world.wait(|_| Ok(app.status()?.state == state))?;
            checks.push(Check::new(
                lang,
                say!("state", "toestand"),
                holds,
                format!("{:?}", app.status()?.state),
            ));
        }
        if let Some(reason) = self.blocked_by {
            let app = world.start(phone, app)?;
            let holds = world.wait(|_| Ok(app.status()?.blocked_by.contains(&reason)))?;
            let found: Vec<&str> = app.status()?.blocked_by.iter().map(|reason| reason.as_str()).collect();
            checks.push(Check::new(
                lang,
                say!("access is withheld because of", "toegang wordt onthouden vanwege"),
                holds,
                found.join(", "),
            ));
        }
        Ok(())
    }
}

fn word(result: Ending) -> Words {
    match result {
        Ending::Allowed => say!("allowed", "toegestaan"),
        Ending::Refused => say!("refused", "geweigerd"),
        Ending::Failed => say!("not possible", "niet mogelijk"),
    }
}

/// An empty screen, in words.
pub(crate) fn nothing(lang: Lang) -> String {
    pick(lang, ["nothing is on the screen", "er staat niets op het scherm"]).to_owned()
}

/// What was found beside what was expected.
pub(crate) fn differs(lang: Lang, found: impl Display, expected: impl Display) -> String {
    format!("{found}, {} {expected}", pick(lang, ["expected", "verwacht"]))
}

/// The dialogs that were shown, by their codes.
fn shown(lang: Lang, codes: &[String]) -> String {
    match codes {
        [] => nothing(lang),
        codes => format!("{}: {}", pick(lang, ["shown", "te zien"]), codes.join(", ")),
    }
}

/// The dialog with this reason, or else what was shown instead.
fn wait_for_dialog(
    world: &mut World,
    seen: &Seen,
    reason: ReasonCode,
    answered: Option<Dialog>,
) -> Result<Dialog, String> {
    if let Some(dialog) = answered.clone().filter(|dialog| dialog.reason == reason) {
        return Ok(dialog);
    }
    let Some((phone, app)) = seen.at.clone() else {
        let codes: Vec<String> = answered.into_iter().map(|dialog| dialog.code).collect();
        return Err(shown(world.lang, &codes));
    };
    let mut found = None;
    // A failure to wait is a dialog that did not come.
    let _ = world.wait(|world| {
        found = world.shown(&phone, &app).into_iter().find(|dialog| dialog.reason == reason);
        Ok(found.is_some())
    });
    found.ok_or_else(|| {
        let mut codes: Vec<String> =
            world.shown(&phone, &app).into_iter().map(|dialog| dialog.code).collect();
        codes.extend(answered.map(|dialog| dialog.code));
        shown(world.lang, &codes)
    })
}

impl Sees {
    fn read(fields: &Fields<'_>, platforms: &[Platform]) -> Option<Self> {
        match fields.text_or_table("sees")? {
            Ok(text) if text == "nothing" => Some(Self::Nothing),
            Ok(text) => {
                let reason = read_reason(fields, "sees", Some(text), platforms)?;
                Some(Self::Dialog { reason, buttons: None, title: None })
            }
            Err(table) => {
                let text = Some(table.text("code"));
                let reason = read_reason(&table, "code", text, platforms);
                let buttons = table.has("buttons").then(|| read_buttons(&table));
                let title = table.has("title").then(|| Words::read(&table, "title"));
                table.end();
                Some(Self::Dialog { reason: reason?, buttons, title })
            }
        }
    }
}

/// A code must be the one that the user reads on the platforms of the scenario.
fn read_reason(
    fields: &Fields<'_>,
    name: &'static str,
    text: Option<String>,
    platforms: &[Platform],
) -> Option<ReasonCode> {
    let written = text.clone()?;
    let reason = fields.parsed(name, text, ReasonCode::parse)?;
    for platform in platforms {
        let code = reason.dialog_code(*platform);
        if !written.eq_ignore_ascii_case(reason.as_str()) && !written.eq_ignore_ascii_case(code) {
            let problem = format!("the code of this dialog on {platform} is {code}: write the reason's name");
            fields.wrong(name, &problem, &[reason.as_str()]);
        }
    }
    Some(reason)
}

fn read_buttons(fields: &Fields<'_>) -> Vec<ButtonAction> {
    let mut buttons = Vec::new();
    for name in fields.texts("buttons") {
        match button(&name) {
            Some(action) => buttons.push(action),
            None => fields.wrong("buttons", &format!("`{name}` is no button"), &button_names()),
        }
    }
    buttons
}

/// The button of this name, `sign-in` or `try again` alike.
pub(crate) fn button(name: &str) -> Option<ButtonAction> {
    ButtonAction::ALL.into_iter().find(|action| action.key().trim_start_matches("button-") == name)
}

/// The names of all buttons.
pub(crate) fn button_names() -> Vec<&'static str> {
    ButtonAction::ALL.iter().map(|action| action.key().trim_start_matches("button-")).collect()
}

fn states() -> Vec<(&'static str, ProtectionState)> {
    vec![
        ("signed-out", ProtectionState::SignedOut),
        ("registering", ProtectionState::Registering),
        ("pending", ProtectionState::Pending),
        ("protected", ProtectionState::Protected),
        ("no-policy", ProtectionState::NoPolicy),
        ("not-licensed", ProtectionState::NotLicensed),
        ("sign-in-needed", ProtectionState::SignInNeeded),
        ("legacy-sign-in", ProtectionState::LegacySignIn),
        ("wiping", ProtectionState::Wiping),
    ]
}

impl Refused {
    fn read(fields: Fields<'_>) -> Self {
        let refused = Self {
            status: fields.find_number("status"),
            code: fields.find_text("code"),
            says: fields.texts("says"),
        };
        fields.end();
        refused
    }

    fn judge(&self, lang: Lang, error: &anyhow::Error) -> Vec<Check> {
        let Some(refusal) = error.downcast_ref::<ApiError>() else {
            return vec![Check::new(
                lang,
                say!("the server refuses", "de server weigert"),
                false,
                format!("{error:#}"),
            )];
        };
        let mut checks = Vec::new();
        if let Some(status) = self.status {
            checks.push(Check::new(
                lang,
                say!("HTTP status", "HTTP-status"),
                u64::from(refusal.status) == status,
                refusal.status,
            ));
        }
        if let Some(code) = &self.code {
            checks.push(Check::new(lang, say!("code", "code"), refusal.code == *code, &refusal.code));
        }
        let told = refusal.to_string();
        // What the server says to programs has one language; it is quoted.
        let quoted = format!("“{told}”");
        for part in &self.says {
            checks.push(Check::new(
                lang,
                say!("it says `{part}`", "er staat `{part}`"),
                told.contains(part),
                &quoted,
            ));
        }
        checks
    }
}
