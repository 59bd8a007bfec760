//! What a user does in an app, from opening it to the result on the terminal.

use std::{
    io::{Read as _, Write as _},
    process::ExitCode,
};

use anyhow::Context;
use ringfence_messages::{Dialog, Lang};
use ringfence_phone::{App, Ending, Identity, Outcome, Phone, Start};
use serde_json::json;

use super::{
    args::{AppArg, AppCommand, Content, DocArg, DocCommand, ScreenArg},
    device, secret, show,
    show::Screen,
    stay::status_line,
};
use crate::output::{self, Table};

/// Runs one action in one app.
pub(super) fn run(command: AppCommand, lang: Option<Lang>, screen: Screen) -> anyhow::Result<ExitCode> {
    match command {
        AppCommand::SignIn { app, user, password_stdin, password_file } => {
            let password = secret::password(password_stdin, password_file.as_deref(), &user)?;
            let (phone, id) = find(&app, lang)?;
            let app = phone.start(&id, Start::default())?;
            let outcome = app.sign_in(&user, &password)?;
            app.close()?;
            status_after(screen.of(&phone)?, &format!("sign in as {user}"), &outcome)
        }
        AppCommand::SignOut { app } => {
            let (phone, id) = find(&app, lang)?;
            let app = phone.start(&id, Start::default())?;
            let outcome = app.remove_account()?;
            app.close()?;
            status_after(screen.of(&phone)?, "remove the work account", &outcome)
        }
        AppCommand::Open { app } => {
            let (phone, id) = find(&app, lang)?;
            let (app, outcome) = phone.open_app(&id)?;
            app.close()?;
            status_after(screen.of(&phone)?, &format!("open {id}"), &outcome)
        }
        AppCommand::Sync { app } => {
            let (phone, id) = find(&app, lang)?;
            let (app, opened) = phone.open_app(&id)?;
            let outcome = app.check_in()?;
            app.close()?;
            let dialog = outcome.dialog.clone().or(opened.dialog);
            status_after(screen.of(&phone)?, "check in", &Outcome { dialog, ..outcome })
        }
        AppCommand::Status { app } => {
            let (phone, id) = find(&app, lang)?;
            let app = phone.start(&id, Start::default())?;
            let status = app.status()?;
            app.close()?;
            show_status(screen, &Outcome { status: Some(status), ..Outcome::new(&id, Ending::Allowed) })
        }
        AppCommand::Doc(command) => document(command, lang, screen),
        AppCommand::Targets { doc } => targets(&doc, lang, screen),
        other => transfer(&other, lang, screen),
    }
}

fn find(arg: &AppArg, lang: Option<Lang>) -> anyhow::Result<(Phone, String)> {
    let phone = device::open(&arg.dir, lang)?;
    let id = phone.app(&arg.app)?.id;
    Ok((phone, id))
}

const fn whose(personal: bool) -> Identity {
    if personal { Identity::Personal } else { Identity::Work }
}

/// Opens the app, does something, closes it, shows the result.
fn in_app(
    arg: &AppArg,
    lang: Option<Lang>,
    screen: Screen,
    what: &str,
    act: impl FnOnce(&App) -> Result<Outcome, ringfence_phone::PhoneError>,
) -> anyhow::Result<ExitCode> {
    let screen = screen.of(&device::open(&arg.dir, lang)?)?;
    let (outcome, opened) = opened(arg, lang, act)?;
    screen.outcome(what, &outcome, opened.as_ref())
}

fn opened(
    arg: &AppArg,
    lang: Option<Lang>,
    act: impl FnOnce(&App) -> Result<Outcome, ringfence_phone::PhoneError>,
) -> anyhow::Result<(Outcome, Option<Dialog>)> {
    let (phone, id) = find(arg, lang)?;
    let (app, opened) = phone.open_app(&id)?;
    let outcome = act(&app);
    app.close()?;
    Ok((outcome?, opened.dialog))
}

fn status_after(screen: Screen, what: &str, outcome: &Outcome) -> anyhow::Result<ExitCode> {
    let code = screen.outcome(what, outcome, None)?;
    if !screen.json
        && let Some(status) = &outcome.status
    {
        let label = ringfence_messages::text("label-state", screen.lang, &ringfence_messages::Args::new());
        println!("  {label:<12} {}", status_line(status));
    }
    Ok(code)
}

fn show_status(screen: Screen, outcome: &Outcome) -> anyhow::Result<ExitCode> {
    let Some(status) = &outcome.status else { return Ok(ExitCode::FAILURE) };
    if screen.json {
        output::json(status)?;
        return Ok(ExitCode::SUCCESS);
    }
    let none = || "none".to_owned();
    let at =
        |time: Option<ringfence_model::UnixMillis>| time.map_or_else(none, |time| format!("{} ms", time.0));
    let mut table = Table::new(&["what", "value"]);
    table.row(["state".to_owned(), status_line(status)]);
    table.row(["account".to_owned(), status.user_principal_name.clone().unwrap_or_else(none)]);
    table.row(["organisation".to_owned(), status.organisation.clone().unwrap_or_else(none)]);
    table.row(["instance".to_owned(), status.instance.clone().unwrap_or_else(none)]);
    table.row([
        "obeyed version".to_owned(),
        status.obeyed_version.map_or_else(none, |version| version.to_string()),
    ]);
    table.row(["lease ends".to_owned(), at(status.lease_ends_at)]);
    table.row(["last check-in".to_owned(), at(status.last_check_in_at)]);
    let apps: Vec<&str> = status.managed_apps.iter().map(|app| app.id.as_str()).collect();
    table.row(["managed apps".to_owned(), apps.join(", ")]);
    table.row(["restart pending".to_owned(), status.restart_pending.to_string()]);
    table.print()?;
    Ok(ExitCode::SUCCESS)
}

fn content(content: &Content) -> anyhow::Result<Vec<u8>> {
    if let Some(text) = &content.text {
        return Ok(text.clone().into_bytes());
    }
    if let Some(path) = &content.file {
        return std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
    Ok(bytes)
}

fn document(command: DocCommand, lang: Option<Lang>, screen: Screen) -> anyhow::Result<ExitCode> {
    match command {
        DocCommand::Create { doc, content: from } | DocCommand::Write { doc, content: from }
            if ordinary(&doc.app, lang)? =>
        {
            let phone = device::open(&doc.app.dir, lang)?;
            let place = phone.write_ordinary(&doc.app.app, &doc.name, &content(&from)?)?;
            plain(screen, &doc.app.app, &format!("write {}", doc.name), Some(place))
        }
        DocCommand::Create { doc, content: from } => {
            let bytes = content(&from)?;
            let what = format!("create {}", doc.name);
            in_app(&doc.app, lang, screen, &what, |app| app.create(whose(doc.personal), &doc.name, &bytes))
        }
        DocCommand::Write { doc, content: from } => {
            let bytes = content(&from)?;
            let what = format!("write {}", doc.name);
            in_app(&doc.app, lang, screen, &what, |app| app.write(whose(doc.personal), &doc.name, &bytes))
        }
        DocCommand::Read { doc } => read(&doc, lang, screen),
        DocCommand::List { app } => list(&app, lang, screen),
        DocCommand::Delete { doc } if ordinary(&doc.app, lang)? => {
            device::open(&doc.app.dir, lang)?.delete_ordinary(&doc.app.app, &doc.name)?;
            plain(screen, &doc.app.app, &format!("delete {}", doc.name), None)
        }
        DocCommand::Delete { doc } => {
            let what = format!("delete {}", doc.name);
            in_app(&doc.app, lang, screen, &what, |app| app.delete(whose(doc.personal), &doc.name))
        }
    }
}

fn ordinary(arg: &AppArg, lang: Option<Lang>) -> anyhow::Result<bool> {
    Ok(!device::open(&arg.dir, lang)?.app(&arg.app)?.managed)
}

/// The result of something that no rule concerns: ordinary apps do as they like.
fn plain(screen: Screen, app: &str, what: &str, place: Option<String>) -> anyhow::Result<ExitCode> {
    screen.outcome(what, &Outcome { place, ..Outcome::new(app, Ending::Allowed) }, None)
}

fn read(doc: &DocArg, lang: Option<Lang>, screen: Screen) -> anyhow::Result<ExitCode> {
    let (outcome, dialog) = if ordinary(&doc.app, lang)? {
        let bytes = device::open(&doc.app.dir, lang)?.read_ordinary(&doc.app.app, &doc.name)?;
        (Outcome { bytes: Some(bytes), ..Outcome::new(&doc.app.app, Ending::Allowed) }, None)
    } else {
        opened(&doc.app, lang, |app| app.read(whose(doc.personal), &doc.name))?
    };
    if screen.json || !outcome.allowed() {
        return screen.outcome(&format!("read {}", doc.name), &outcome, dialog.as_ref());
    }
    if let Some(dialog) = &dialog {
        eprint!("{}", screen.draw(dialog));
    }
    std::io::stdout().lock().write_all(outcome.bytes.as_deref().unwrap_or_default())?;
    Ok(ExitCode::SUCCESS)
}

fn list(arg: &AppArg, lang: Option<Lang>, screen: Screen) -> anyhow::Result<ExitCode> {
    let mut table = Table::new(&["whose", "name"]);
    if ordinary(arg, lang)? {
        let names = device::open(&arg.dir, lang)?.list_ordinary(&arg.app)?;
        if screen.json {
            output::json(&json!({ "documents": names }))?;
            return Ok(ExitCode::SUCCESS);
        }
        for name in names {
            table.row(["the app's".to_owned(), name]);
        }
        table.print()?;
        return Ok(ExitCode::SUCCESS);
    }
    let (outcome, dialog) = opened(arg, lang, App::list)?;
    if screen.json || !outcome.allowed() {
        return screen.outcome("list documents", &outcome, dialog.as_ref());
    }
    for document in &outcome.documents {
        let whose = if document.identity == Identity::Work { "work" } else { "personal" };
        table.row([whose.to_owned(), document.name.clone()]);
    }
    table.print()?;
    Ok(ExitCode::SUCCESS)
}

fn targets(doc: &DocArg, lang: Option<Lang>, screen: Screen) -> anyhow::Result<ExitCode> {
    let (phone, id) = find(&doc.app, lang)?;
    let (app, _) = phone.open_app(&id)?;
    let targets = app.share_targets(whose(doc.personal), &doc.name);
    app.close()?;
    let targets = targets?;
    if screen.json {
        let mut rows = Vec::new();
        for (target, outcome) in &targets {
            rows.push(json!({ "app": target.id, "outcome": show::as_json(outcome, None)? }));
        }
        output::json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["app", "may", "code"]);
    for (target, outcome) in targets {
        let may = if outcome.allowed() { "yes" } else { "no" };
        table.row([target.id, may.to_owned(), outcome.code.unwrap_or_default()]);
    }
    table.print()?;
    Ok(ExitCode::SUCCESS)
}

/// Actions that move data or show it.
fn transfer(command: &AppCommand, lang: Option<Lang>, screen: Screen) -> anyhow::Result<ExitCode> {
    let go =
        |arg: &AppArg, what: &str, act: &dyn Fn(&App) -> Result<Outcome, ringfence_phone::PhoneError>| {
            in_app(arg, lang, screen, what, act)
        };
    let shown = |arg: &ScreenArg, what: &str, act: &dyn Fn(&App, Identity) -> Result<Outcome, _>| {
        go(&arg.app, what, &|app| act(app, whose(arg.personal)))
    };
    match command {
        AppCommand::Share { doc, to } | AppCommand::OpenIn { doc, to } => {
            let what = format!("share {} with {to}", doc.name);
            if ordinary(&doc.app, lang)? {
                let outcome =
                    device::open(&doc.app.dir, lang)?.share_ordinary(&doc.app.app, &doc.name, to)?;
                return screen.outcome(&what, &outcome, None);
            }
            go(&doc.app, &what, &|app| app.share(whose(doc.personal), &doc.name, to))
        }
        AppCommand::SaveAs { doc, location, managed_account } => {
            let what = format!("save {} to {location}", doc.name);
            go(&doc.app, &what, &|app| {
                app.save_as(whose(doc.personal), &doc.name, location, *managed_account)
            })
        }
        AppCommand::OpenFrom { doc, location, managed_account } => {
            let what = format!("open {} from {location}", doc.name);
            go(&doc.app, &what, &|app| {
                app.open_from(whose(doc.personal), location, &doc.name, *managed_account)
            })
        }
        AppCommand::Copy { doc } if ordinary(&doc.app, lang)? => {
            let outcome = device::open(&doc.app.dir, lang)?.copy_ordinary(&doc.app.app, &doc.name)?;
            screen.outcome(&format!("copy {}", doc.name), &outcome, None)
        }
        AppCommand::Copy { doc } => {
            go(&doc.app, &format!("copy {}", doc.name), &|app| app.copy(whose(doc.personal), &doc.name))
        }
        AppCommand::Paste { doc } if ordinary(&doc.app, lang)? => {
            let outcome = device::open(&doc.app.dir, lang)?.paste_ordinary(&doc.app.app, &doc.name)?;
            screen.outcome(&format!("paste into {}", doc.name), &outcome, None)
        }
        AppCommand::Paste { doc } => go(&doc.app, &format!("paste into {}", doc.name), &|app| {
            app.paste(whose(doc.personal), &doc.name)
        }),
        AppCommand::Print { doc } => {
            go(&doc.app, &format!("print {}", doc.name), &|app| app.print(whose(doc.personal), &doc.name))
        }
        AppCommand::Screenshot(arg) => shown(arg, "take a screenshot", &App::screenshot),
        AppCommand::Notify(arg) => shown(arg, "show a notification", &App::notify),
        AppCommand::Backup(arg) => shown(arg, "let the backup take the data", &App::backup),
        AppCommand::Contacts(arg) => shown(arg, "sync contacts", &App::sync_contacts),
        AppCommand::Link { screen: arg, browser } => {
            shown(arg, &format!("open a link in {browser}"), &|app, identity| {
                app.open_link(identity, browser)
            })
        }
        AppCommand::Dial { screen: arg, dialler } => {
            shown(arg, &format!("dial with {dialler}"), &|app, identity| app.dial(identity, dialler))
        }
        AppCommand::Message { screen: arg, messenger } => {
            shown(arg, &format!("send a message with {messenger}"), &|app, identity| {
                app.message(identity, messenger)
            })
        }
        AppCommand::Keyboard { screen: arg, keyboard } => {
            shown(arg, &format!("type with {keyboard}"), &|app, identity| app.keyboard(identity, keyboard))
        }
        AppCommand::SignIn { .. }
        | AppCommand::SignOut { .. }
        | AppCommand::Open { .. }
        | AppCommand::Sync { .. }
        | AppCommand::Status { .. }
        | AppCommand::Doc(_)
        | AppCommand::Targets { .. } => anyhow::bail!("this command moves no data"),
    }
}
