//! What a user does in an app, from opening it to what the terminal shows.

use ringfence_messages::{Args, Dialog, Lang, ReasonCode, text};
use ringfence_model::UnixMillis;
use ringfence_phone::{
    Action, App, AppHandle, CoreStatus, Ending, Identity, LinkOpener, OtherApp, Outcome, Phone, PhoneError,
    Press, Way, parse_button,
};
use serde_json::json;

use super::{
    args::{AppCommand, DocArg, DocCommand, Feature, ScreenArg, ShareWay},
    show::{self, Screen, Shown},
    stay::status_line,
};
use crate::output::{Table, say};

type Acted = Result<Outcome, PhoneError>;

/// One app with a terminal.
pub(super) struct Here<'a> {
    pub(super) phone: &'a Phone,
    pub(super) id: &'a str,
    pub(super) screen: Screen,
}

/// An app that is open: in this process already, or opened for one action and closed afterwards.
pub(super) struct Opened {
    pub(super) app: App,
    pub(super) owned: Option<AppHandle>,
    pub(super) dialog: Option<Dialog>,
}

/// Runs one action in one app.
pub(super) fn run(phone: &Phone, id: &str, command: &AppCommand, screen: Screen) -> anyhow::Result<Shown> {
    let here = Here { phone, id, screen };
    match command {
        AppCommand::SignIn { provider: Some(provider), browser_command, .. } => {
            let open = super::browser::opener(browser_command.clone());
            here.with_status(&here.say("sign-in-at", provider), false, |app| app.sign_in_at(provider, open))
        }
        AppCommand::SignIn { user: None, .. } => {
            here.with_status(&here.say("sign-in-companion", ""), false, App::sign_in_shared)
        }
        AppCommand::SignIn { user: Some(user), password, legacy: true, .. } => {
            here.with_status(&here.say("sign-in", user), false, |app| app.sign_in_legacy(user, password))
        }
        AppCommand::SignIn { user: Some(user), password, totp: Some(code), .. } => {
            here.with_status(&here.say("sign-in", user), false, |app| {
                app.sign_in_with_code(user, password, code)
            })
        }
        AppCommand::SignIn { user: Some(user), password, .. } => {
            here.with_status(&here.say("sign-in", user), false, |app| app.sign_in(user, password))
        }
        AppCommand::SignOut { .. } => {
            here.with_status(&here.say("remove-account", ""), false, App::remove_account)
        }
        AppCommand::Identity { identity, .. } => {
            let personal = *identity == super::args::Whose::Personal;
            here.go(&here.say("identity", ""), |app| app.show(whose(personal)))
        }
        AppCommand::Open { .. } => here.with_status(&here.say("open", id), false, App::foreground),
        AppCommand::Sync { .. } => here.with_status(&here.say("check-in", ""), true, App::check_in),
        AppCommand::Press { button, with, user, password, .. } => {
            let press = Press {
                action: parse_button(button)?,
                account: user.clone().map(|user| (user, password.clone())),
                with: with.clone(),
            };
            here.press(&press)
        }
        AppCommand::Pin { pin, .. } => {
            here.with_status(&here.say("pin", ""), true, |app| asked(app).and_then(|()| app.enter_pin(pin)))
        }
        AppCommand::Biometric { unknown, .. } => here.with_status(&here.say("biometric", ""), true, |app| {
            asked(app).and_then(|()| app.show_biometric(!unknown))
        }),
        AppCommand::ChangePin { old, new, .. } => {
            here.with_status(&here.say("change-pin", ""), true, |app| {
                app.change_pin()?;
                match app.enter_pin(old)? {
                    asked if asked.reason == Some(ReasonCode::PinCreate) => app.enter_pin(new),
                    refused => Ok(refused),
                }
            })
        }
        AppCommand::Status { .. } => here.status(),
        AppCommand::Doc(command) => here.document(command),
        AppCommand::Targets { doc } => here.targets(doc),
        AppCommand::Browse(args) => here.browse(args),
        AppCommand::BrowserHome { .. } => here.browser_home(),
        other => here.transfer(other),
    }
}

/// What nobody asks for is compared with nothing: it must not look accepted.
fn asked(app: &App) -> Result<(), PhoneError> {
    if app.status()?.blocked_by.is_empty() {
        let (what, name, hint) = ("question for a PIN in", app.id().to_owned(), String::new());
        return Err(PhoneError::Missing { what, name, hint });
    }
    Ok(())
}

const fn whose(personal: bool) -> Identity {
    if personal { Identity::Personal } else { Identity::Work }
}

impl Here<'_> {
    /// What is tried, for the line that says what came of it.
    pub(super) fn say(&self, what: &str, name: &str) -> String {
        say(self.screen.lang, &format!("do-{what}"), [("name", name)])
    }

    fn say_to(&self, what: &str, name: &str, target: &str) -> String {
        say(self.screen.lang, &format!("do-{what}"), [("name", name), ("target", target)])
    }

    fn word(&self, key: &str) -> String {
        say(self.screen.lang, key, [])
    }

    /// Finds the app open or starts it; in the second case it may be brought to the front.
    pub(super) fn open(&self, front: bool) -> Result<Opened, PhoneError> {
        if let Some(app) = self.phone.find_open(self.id)? {
            return Ok(Opened { app, owned: None, dialog: None });
        }
        let handle = self.phone.start(self.id)?;
        let dialog = if front { handle.foreground()?.dialog } else { None };
        Ok(Opened { app: App::clone(&handle), owned: Some(handle), dialog })
    }

    /// Does something in the app; what the app said when it was opened comes beside the result.
    fn act(&self, front: bool, act: impl FnOnce(&App) -> Acted) -> anyhow::Result<(Outcome, Option<Dialog>)> {
        let opened = self.open(front)?;
        let outcome = act(&opened.app);
        if let Some(handle) = opened.owned {
            handle.close()?;
        }
        Ok((outcome?, opened.dialog))
    }

    fn go(&self, what: &str, act: impl FnOnce(&App) -> Acted) -> anyhow::Result<Shown> {
        let (outcome, dialog) = self.act(true, act)?;
        self.screen.outcome(what, &outcome, dialog.as_ref())
    }

    fn with_status(&self, what: &str, front: bool, act: impl FnOnce(&App) -> Acted) -> anyhow::Result<Shown> {
        let (outcome, dialog) = self.act(front, act)?;
        let shown = self.screen.outcome(what, &outcome, dialog.as_ref())?;
        Ok(match &outcome.status {
            Some(status) if !self.screen.json => {
                let label = text("label-state", self.screen.lang, &Args::new());
                shown.line(&format!("  {label:<12} {}", status_line(status, self.screen.lang)))
            }
            _ => shown,
        })
    }

    fn press(&self, press: &Press) -> anyhow::Result<Shown> {
        let (handle, outcome) = self.phone.press(self.id, None, press)?;
        if let Some(handle) = handle {
            handle.close()?;
        }
        self.screen.outcome(&self.say("press", &press.action.label(self.screen.lang)), &outcome, None)
    }

    fn status(&self) -> anyhow::Result<Shown> {
        let opened = self.open(false)?;
        let status = opened.app.status();
        if let Some(handle) = opened.owned {
            handle.close()?;
        }
        let status = status?;
        if self.screen.json {
            Shown::json(&status, 0)
        } else {
            Ok(Shown::table(&status_table(&status, self.screen.lang)))
        }
    }

    /// The result of something that no rule concerns: ordinary apps do as they like.
    fn free(&self, what: &str, outcome: &Outcome) -> anyhow::Result<Shown> {
        self.screen.outcome(what, outcome, None)
    }

    fn document(&self, command: &DocCommand) -> anyhow::Result<Shown> {
        if !self.phone.app(self.id)?.managed {
            return self.ordinary_document(command);
        }
        match command {
            DocCommand::Create { doc, content } => self.go(&self.say("create", &doc.name), |app| {
                app.create(whose(doc.personal), &doc.name, &content.bytes)
            }),
            DocCommand::Write { doc, content } => self.go(&self.say("write", &doc.name), |app| {
                app.write(whose(doc.personal), &doc.name, &content.bytes)
            }),
            DocCommand::Delete { doc } => {
                self.go(&self.say("delete", &doc.name), |app| app.delete(whose(doc.personal), &doc.name))
            }
            DocCommand::Read { doc } => {
                let (outcome, dialog) = self.act(true, |app| app.read(whose(doc.personal), &doc.name))?;
                if self.screen.json || !outcome.allowed() {
                    return self.screen.outcome(&self.say("read", &doc.name), &outcome, dialog.as_ref());
                }
                let drawn = dialog.map(|dialog| self.screen.draw(&dialog)).unwrap_or_default();
                Ok(Shown::content(outcome.bytes.unwrap_or_default(), drawn))
            }
            DocCommand::List { .. } => self.list(),
        }
    }

    fn list(&self) -> anyhow::Result<Shown> {
        let (outcome, dialog) = self.act(true, App::list)?;
        if self.screen.json || !outcome.allowed() {
            return self.screen.outcome(&self.say("list", ""), &outcome, dialog.as_ref());
        }
        let mut table = Table::new(&[&self.word("col-whose"), &self.word("col-name")]);
        for document in &outcome.documents {
            let whose = if document.identity == Identity::Work { "work" } else { "personal" };
            table.row([self.word(whose), document.name.clone()]);
        }
        Ok(Shown::table(&table))
    }

    fn ordinary_document(&self, command: &DocCommand) -> anyhow::Result<Shown> {
        let done = Outcome::new(self.id, Ending::Allowed);
        match command {
            DocCommand::Create { doc, content } | DocCommand::Write { doc, content } => {
                let place = Some(self.phone.write_ordinary(self.id, &doc.name, &content.bytes)?);
                self.free(&self.say("write", &doc.name), &Outcome { place, ..done })
            }
            DocCommand::Delete { doc } => {
                self.phone.delete_ordinary(self.id, &doc.name)?;
                self.free(&self.say("delete", &doc.name), &done)
            }
            DocCommand::Read { doc } => {
                let bytes = self.phone.read_ordinary(self.id, &doc.name)?;
                if self.screen.json {
                    return self.free(&self.say("read", &doc.name), &Outcome { bytes: Some(bytes), ..done });
                }
                Ok(Shown::content(bytes, String::new()))
            }
            DocCommand::List { .. } => {
                let names = self.phone.list_ordinary(self.id)?;
                if self.screen.json {
                    return Shown::json(&json!({ "documents": names }), 0);
                }
                let mut table = Table::new(&[&self.word("col-name")]);
                for name in names {
                    table.row([name]);
                }
                Ok(Shown::table(&table))
            }
        }
    }

    fn targets(&self, doc: &DocArg) -> anyhow::Result<Shown> {
        let opened = self.open(true)?;
        let targets = opened.app.share_targets(whose(doc.personal), &doc.name);
        if let Some(handle) = opened.owned {
            handle.close()?;
        }
        let targets = targets?;
        if self.screen.json {
            let rows = targets.iter().map(|(target, outcome)| {
                Ok(json!({ "app": target.id, "outcome": show::as_json(outcome, None)? }))
            });
            return Shown::json(&rows.collect::<anyhow::Result<Vec<_>>>()?, 0);
        }
        let mut table = Table::new(&["app", &self.word("col-may"), "code"]);
        for (target, outcome) in targets {
            let may = if outcome.allowed() { "yes" } else { "no" };
            table.row([target.id, self.word(may), outcome.code.unwrap_or_default()]);
        }
        Ok(Shown::table(&table))
    }

    /// Actions that move data; those of ordinary apps ask nobody.
    fn transfer(&self, command: &AppCommand) -> anyhow::Result<Shown> {
        let ordinary = !self.phone.app(self.id)?.managed;
        match command {
            AppCommand::Share { doc, to, into_work, .. } if ordinary => {
                let outcome = self.phone.share_ordinary(self.id, &doc.name, to, whose(!into_work))?;
                self.free(&self.say_to("share", &doc.name, to), &outcome)
            }
            AppCommand::Share { doc, to, way, .. } => {
                let way = match way {
                    ShareWay::Launch => Way::Launch,
                    ShareWay::ShareSheet => Way::ShareSheet,
                    ShareWay::OpenIn => Way::OpenIn,
                };
                let what = self.say_to("share", &doc.name, to);
                self.go(&what, |app| app.share_by(whose(doc.personal), &doc.name, to, way))
            }
            AppCommand::OpenIn { doc, to } => {
                let what = self.say_to("open-in", &doc.name, to);
                self.go(&what, |app| app.open_in(whose(doc.personal), &doc.name, to))
            }
            AppCommand::SaveAs { doc, location, managed_account } => {
                let what = self.say_to("save-as", &doc.name, location);
                self.go(&what, |app| app.save_as(whose(doc.personal), &doc.name, location, *managed_account))
            }
            AppCommand::OpenFrom { doc, location, managed_account } => {
                let what = self.say_to("open-from", &doc.name, location);
                self.go(&what, |app| {
                    app.open_from(whose(doc.personal), location, &doc.name, *managed_account)
                })
            }
            AppCommand::Copy { doc } if ordinary => {
                self.free(&self.say("copy", &doc.name), &self.phone.copy_ordinary(self.id, &doc.name)?)
            }
            AppCommand::Copy { doc } => {
                self.go(&self.say("copy", &doc.name), |app| app.copy(whose(doc.personal), &doc.name))
            }
            AppCommand::Paste { doc } if ordinary => {
                self.free(&self.say("paste", &doc.name), &self.phone.paste_ordinary(self.id, &doc.name)?)
            }
            AppCommand::Paste { doc } => {
                self.go(&self.say("paste", &doc.name), |app| app.paste(whose(doc.personal), &doc.name))
            }
            AppCommand::Print { doc } => {
                self.go(&self.say("print", &doc.name), |app| app.print(whose(doc.personal), &doc.name))
            }
            other => self.screen_action(other),
        }
    }

    /// Actions on what the screen shows.
    fn screen_action(&self, command: &AppCommand) -> anyhow::Result<Shown> {
        let shown = |arg: &ScreenArg, what: &str, act: &dyn Fn(&App, Identity) -> Acted| {
            self.go(what, |app| act(app, whose(arg.personal)))
        };
        match command {
            AppCommand::Screenshot(arg) => shown(arg, &self.say("screenshot", ""), &App::screenshot),
            AppCommand::Notify(arg) => shown(arg, &self.say("notify", ""), &App::notify),
            AppCommand::Backup(arg) => shown(arg, &self.say("backup", ""), &App::backup),
            AppCommand::Contacts(arg) => shown(arg, &self.say("contacts", ""), &App::sync_contacts),
            AppCommand::Link { screen: arg, url, browser, claimed_by } => {
                let with = match (browser, claimed_by) {
                    (Some(id), _) => LinkOpener::Browser(OtherApp::named(id.as_str())),
                    (None, Some(id)) => LinkOpener::App(OtherApp::named(id.as_str())),
                    (None, None) => LinkOpener::ManagedBrowser,
                };
                shown(arg, &self.say("open", url), &|app, whose| app.open_link(whose, url, with.clone()))
            }
            AppCommand::Offer { screen: arg, to } => {
                let (action, name) = match to {
                    Feature::Widget => (Action::Widget, "feature-widget"),
                    Feature::SystemSearch => (Action::SystemSearch, "feature-system-search"),
                    Feature::Genmoji => (Action::Genmoji, "feature-genmoji"),
                    Feature::WritingTools => (Action::WritingTools, "feature-writing-tools"),
                };
                let what = self.say("offer", &say(self.screen.lang, name, []));
                shown(arg, &what, &|app, whose| app.may_i(whose, action.clone()))
            }
            AppCommand::Dial { screen: arg, dialler } => {
                shown(arg, &self.say("dial", dialler), &|app, whose| app.dial(whose, dialler))
            }
            AppCommand::Message { screen: arg, messenger } => {
                shown(arg, &self.say("message", messenger), &|app, whose| app.message(whose, messenger))
            }
            AppCommand::Keyboard { screen: arg, keyboard, system } => {
                shown(arg, &self.say("keyboard", keyboard), &|app, whose| {
                    app.keyboard(whose, keyboard, *system)
                })
            }
            _ => anyhow::bail!("this command moves no data"),
        }
    }
}

fn status_table(status: &CoreStatus, lang: Lang) -> Table {
    let word = |key: &str| say(lang, key, []);
    let none = || word("none");
    let at = |time: Option<UnixMillis>| time.map_or_else(none, |time| relative(time, status.now, lang));
    let mut table = Table::new(&[&word("col-what"), &word("col-value")]);
    let mut row = |name: String, value: String| table.row([name, value]);
    row(word("row-state"), status_line(status, lang));
    row("account".to_owned(), status.user_principal_name.clone().unwrap_or_else(none));
    row(word("row-organisation"), status.organisation.clone().unwrap_or_else(none));
    row(word("row-instance"), status.instance.clone().unwrap_or_else(none));
    row(word("row-obeyed"), status.obeyed_version.map_or_else(none, |version| version.to_string()));
    row(word("row-lease"), at(status.lease_ends_at));
    if let Some(left) = status.access_open_for {
        let minutes = left.0.div_ceil(60_000).to_string();
        row(word("row-next-pin"), say(lang, "pin-after", [("minutes", &minutes)]));
    }
    row(word("row-check-in"), at(status.last_check_in_at));
    let apps: Vec<&str> = status.managed_apps.iter().map(|app| app.id.as_str()).collect();
    row(word("row-managed-apps"), apps.join(", "));
    row(word("row-restart"), word(if status.restart_pending { "yes" } else { "no" }));
    table
}

/// `in 11 h 59 min` or `3 s ago`, by the time that the core goes by.
fn relative(time: UnixMillis, now: UnixMillis, lang: Lang) -> String {
    let (key, span) = if time.0 > now.0 {
        ("time-in", span(time.since(now).0, lang))
    } else {
        ("time-ago", span(now.since(time).0, lang))
    };
    say(lang, key, [("span", &span)])
}

fn span(ms: u64, lang: Lang) -> String {
    let (secs, minutes, hours, days) = (ms / 1_000, ms / 60_000, ms / 3_600_000, ms / 86_400_000);
    let (key, count, rest) = match (days, hours, minutes) {
        (0, 0, 0) => ("span-seconds", secs, 0),
        (0, 0, _) => ("span-minutes", minutes, 0),
        (0, ..) => ("span-hours", hours, minutes % 60),
        _ => ("span-days", days, hours % 24),
    };
    say(lang, key, [("count", &count.to_string()), ("rest", &rest.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let now = UnixMillis(1_000_000_000_000);
        let cases = [
            (-3_000, "3 s ago"),
            (0, "0 s ago"),
            (61_000, "in 1 min"),
            (43_199_000, "in 11 h 59 min"),
            (-90_000_000, "1 d 1 h ago"),
        ];
        for (offset, said) in cases {
            assert_eq!(relative(UnixMillis(now.0 + offset), now, Lang::En), said);
        }
    }
}
