//! Commands on the phone itself: make, show, install, facts, switches, clock, faults.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, bail};
use ringfence_messages::Lang;
use ringfence_model::{UnixMillis, Version};
use ringfence_phone::{Fault, Install, MakePhone, Phone, facts::FACTS};
use serde_json::{Value, json};

use super::{
    args::{AppIdentity, FaultArgs, InstallApp, Make},
    show::Screen,
};
use crate::output::{self, Style, Table, say};

const DONE: ExitCode = ExitCode::SUCCESS;

/// Opens the phone, with dialogs in another language if one was named.
pub(super) fn open(dir: &Path, lang: Option<Lang>) -> anyhow::Result<Phone> {
    Ok(Phone::open(dir)?.in_language(lang))
}

pub(super) fn make(args: &Make, lang: Option<Lang>, screen: Screen) -> anyhow::Result<ExitCode> {
    let mut make = MakePhone::new(args.platform, args.server.clone());
    make.lang = lang.unwrap_or_default();
    make.facts.extend(args.os_version.map(|version| format!("osVersion={version}")));
    make.facts.extend(args.model.as_ref().map(|model| format!("model={model}")));
    make.facts.extend(args.facts.iter().cloned());
    make.pin.clone_from(&args.pin);
    if let Some(path) = &args.ca_cert {
        let pem =
            std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        make.ca_cert = Some(pem);
    }
    let phone = Phone::create(&args.dir, &make)?;
    if screen.json {
        output::json(&describe(&phone)?)?;
    } else {
        let record = phone.record()?;
        println!("made {} {} in {}", record.facts.platform, record.os_version(), args.dir.display());
        if record.pin.is_none() {
            eprintln!("no root key pinned: the phone will trust the first server that answers (see --pin)");
        }
    }
    Ok(DONE)
}

/// The phone for programs.
fn describe(phone: &Phone) -> anyhow::Result<Value> {
    let mut record = serde_json::to_value(phone.record()?)?;
    if let Value::Object(body) = &mut record {
        body.insert("apps".to_owned(), serde_json::to_value(phone.apps()?)?);
        body.insert("keys".to_owned(), serde_json::to_value(phone.key_store().list()?)?);
        body.insert("keyStoreFaults".to_owned(), serde_json::to_value(phone.key_store().faults()?)?);
        body.insert("wallMs".to_owned(), json!(phone.record()?.wall()));
        body.insert("upMs".to_owned(), json!(phone.record()?.mono()));
    }
    Ok(record)
}

pub(super) fn show(phone: &Phone, screen: Screen) -> anyhow::Result<ExitCode> {
    let value = describe(phone)?;
    if screen.json {
        output::json(&value)?;
        return Ok(DONE);
    }
    let record = phone.record()?;
    let style = Style::stdout();
    let mut table = Table::new(&["fact", "value"]);
    table.row(["platform".to_owned(), record.facts.platform.to_string()]);
    let facts = serde_json::to_value(&record.facts)?;
    for fact in FACTS {
        table.row([fact.name().to_owned(), plain(&facts[fact.name()])]);
    }
    table.row(["server".to_owned(), record.server.clone()]);
    table.row([
        "root key".to_owned(),
        record.pin.clone().unwrap_or_else(|| "pinned at first contact".to_owned()),
    ]);
    table.row(["network".to_owned(), if record.online { "on" } else { "off" }.to_owned()]);
    table.row(["language".to_owned(), record.lang.to_string()]);
    table.row(["keys".to_owned(), phone.key_store().list()?.len().to_string()]);
    table.print()?;
    println!();
    println!("{}", style.strong("apps"));
    let mut apps = Table::new(&["id", "name", "version", "kind"]);
    for app in phone.apps()? {
        let kind = if app.managed {
            format!("managed, client core {}", app.sdk_version)
        } else {
            "ordinary".to_owned()
        };
        apps.row([app.id, app.name, app.version.to_string(), kind]);
    }
    apps.print()?;
    Ok(DONE)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "unknown".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(super) fn install(args: &InstallApp, screen: Screen) -> anyhow::Result<ExitCode> {
    let record = Phone::open(&args.app.dir)?.install(&Install {
        id: args.app.app.clone(),
        name: args.name.clone(),
        version: args.version,
        sdk_version: args.sdk_version,
        managed: !args.unmanaged,
        requires_policy: args.requires_policy,
        accepts: args.accepts.clone(),
        registers: !args.no_registration,
        multi_identity: args.identity == AppIdentity::Multi,
        switches: !args.cannot_switch,
        signer: args.signer.clone(),
        scheme: args.scheme.clone(),
        instant: args.instant,
    })?;
    if screen.json {
        output::json(&record)?;
    } else {
        let kind = if record.managed { "managed app" } else { "ordinary app" };
        println!("installed {} {} ({kind})", record.id, record.version);
    }
    Ok(DONE)
}

pub(super) fn update(phone: &Phone, app: &str, version: &Version) -> anyhow::Result<ExitCode> {
    let record = phone.install_update(app, *version, None)?;
    let version = record.version.to_string();
    println!("{}", say(phone.lang()?, "app-updated", [("app", &record.id), ("version", &version)]));
    Ok(DONE)
}

pub(super) fn clear_data(phone: &Phone, app: &str) -> anyhow::Result<ExitCode> {
    if app.eq_ignore_ascii_case("companion") {
        phone.clear_companion()?;
    } else {
        phone.clear_data(app)?;
    }
    println!("{}", say(phone.lang()?, "data-cleared", [("app", app)]));
    Ok(DONE)
}

pub(super) fn reset(phone: &Phone) -> anyhow::Result<ExitCode> {
    phone.factory_reset()?;
    println!("{}", say(phone.lang()?, "reset", []));
    Ok(DONE)
}

pub(super) fn uninstall(phone: &Phone, app: &str) -> anyhow::Result<ExitCode> {
    phone.uninstall(app)?;
    println!("{}", say(phone.lang()?, "app-removed", [("app", app)]));
    Ok(DONE)
}

pub(super) fn set(phone: &Phone, facts: &[String], screen: Screen) -> anyhow::Result<ExitCode> {
    let facts = phone.set_facts(facts)?;
    if screen.json {
        output::json(&facts)?;
    } else {
        println!("set");
    }
    Ok(DONE)
}

pub(super) fn online(phone: &Phone, online: bool) -> anyhow::Result<ExitCode> {
    phone.set_online(online)?;
    println!("{}", say(phone.lang()?, if online { "network-on" } else { "network-off" }, []));
    Ok(DONE)
}

pub(super) fn restart(phone: &Phone) -> anyhow::Result<ExitCode> {
    let id = phone.restart()?;
    println!("{}", say(phone.lang()?, "restarted", [("id", &id)]));
    Ok(DONE)
}

pub(super) fn clock(phone: &Phone, advance: Option<&str>, set: Option<&str>) -> anyhow::Result<ExitCode> {
    match (advance, set) {
        (Some(span), _) => phone.advance_clock(ringfence_phone::span::parse(span)?)?,
        (None, Some("true")) => phone.true_clock()?,
        (None, Some(wall)) => {
            let wall = wall.parse().with_context(|| format!("`{wall}` is no number of milliseconds"))?;
            phone.set_clock(UnixMillis(wall))?;
        }
        (None, None) => bail!("say --advance SPAN or --set MILLISECONDS"),
    }
    println!("the phone's clock shows {} ms", phone.record()?.wall().0);
    Ok(DONE)
}

pub(super) fn fault(args: &FaultArgs) -> anyhow::Result<ExitCode> {
    let phone = Phone::open(&args.dir)?;
    if let Some(app) = &args.startup {
        phone.let_start_fail(app, args.times)?;
        println!("protection in {app} dies at its next starts");
        return Ok(DONE);
    }
    let store = phone.key_store();
    if args.none {
        store.set_faults(Fault::default())?;
    } else if args.locked || args.broken || args.fail_at.is_some() {
        store.set_faults(Fault { locked: args.locked, broken: args.broken, fail_at: args.fail_at })?;
    }
    output::json(&store.faults()?)?;
    Ok(DONE)
}

pub(super) fn log(phone: &Phone, app: &str, screen: Screen) -> anyhow::Result<ExitCode> {
    let lines = phone.log(app)?;
    if screen.json {
        output::json(&lines)?;
        return Ok(DONE);
    }
    let mut table = Table::new(&["at (ms)", "level", "event", "detail"]);
    for line in lines {
        table.row([line.at.0.to_string(), line.level, line.event, line.detail]);
    }
    table.print()?;
    Ok(DONE)
}
