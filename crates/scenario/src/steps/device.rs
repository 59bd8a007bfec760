//! The phone itself: facts, network, clock, key store, installed apps.

use std::{fs, path::Path};

use anyhow::Context;
use ringfence_model::{Platform, Version};
use ringfence_phone::{Fault, Install};

use super::{Action, Verb, phone::place};
use crate::{
    facts::phone_facts,
    format::Fields,
    words::{Words, say},
};

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "set", read: set },
    Verb { name: "offline", read: |fields, _| network(fields, false) },
    Verb { name: "online", read: |fields, _| network(fields, true) },
    Verb { name: "restart", read: restart },
    Verb { name: "advance", read: advance },
    Verb { name: "true-clock", read: true_clock },
    Verb { name: "keep-copy", read: keep_copy },
    Verb { name: "restore-copy", read: restore_copy },
    Verb { name: "fault", read: fault },
    Verb { name: "no-faults", read: no_faults },
    Verb { name: "install", read: install },
    Verb { name: "update", read: update },
    Verb { name: "uninstall", read: uninstall },
    Verb { name: "use-server", read: use_server },
];

fn set(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, facts) = (fields.phone(), phone_facts(fields, "facts"));
    if facts.is_empty() {
        fields.wrong("facts", "is missing: { jailbroken = true }", &[]);
    }
    Action::plain(say!("{phone}: {}", "{phone}: {}", facts.join(", ")), move |world| {
        world.phone(&phone)?.set_facts(&facts)?;
        Ok(())
    })
}

fn network(fields: &Fields<'_>, online: bool) -> Action {
    let phone = fields.phone();
    let state = if online {
        ["{} has a network", "{} heeft netwerk"]
    } else {
        ["{} has no network", "{} heeft geen netwerk"]
    };
    Action::plain(Words::about(state, &phone), move |world| Ok(world.phone(&phone)?.set_online(online)?))
}

fn restart(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let phone = fields.phone();
    Action::plain(say!("{phone} is restarted", "{phone} wordt opnieuw gestart"), move |world| {
        world.close_all(&phone)?;
        world.phone(&phone)?.restart()?;
        Ok(())
    })
}

fn advance(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, text) = (fields.phone(), fields.text("by"));
    let span = fields.parsed("by", Some(text.clone()), ringfence_phone::span::parse).unwrap_or_default();
    Action::plain(say!("{text} pass on {phone}", "op {phone} gaat {text} voorbij"), move |world| {
        Ok(world.phone(&phone)?.advance_clock(span)?)
    })
}

fn true_clock(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let phone = fields.phone();
    Action::plain(
        say!("the clock of {phone} is set right", "de klok van {phone} wordt goed gezet"),
        move |world| Ok(world.phone(&phone)?.true_clock()?),
    )
}

/// Keeps a copy of everything on the phone, as a backup does that takes too much.
fn keep_copy(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let phone = fields.phone();
    let say = say!("{phone} is copied as it is", "van {phone} wordt een kopie gemaakt");
    Action::plain(say, move |world| {
        world.close_all(&phone)?;
        let (from, to) = (world.phone(&phone)?.folder().to_owned(), world.copy_folder(&phone));
        copy_folder(&from, &to)
    })
}

fn restore_copy(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let phone = fields.phone();
    let say = say!("{phone} comes back as the copy has it", "{phone} komt terug zoals de kopie het heeft");
    Action::plain(say, move |world| {
        world.close_all(&phone)?;
        let (to, from) = (world.phone(&phone)?.folder().to_owned(), world.copy_folder(&phone));
        copy_folder(&from, &to)
    })
}

/// Makes `to` what `from` is.
fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    let told = |what: &Path| format!("cannot copy `{}`", what.display());
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| told(to))?;
    }
    fs::create_dir_all(to).with_context(|| told(to))?;
    for entry in fs::read_dir(from).with_context(|| told(from))? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            fs::copy(&from, &to).with_context(|| told(&from))?;
        }
    }
    Ok(())
}

fn fault(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let phone = fields.phone();
    let fault = Fault {
        locked: fields.flag("locked"),
        broken: fields.flag("broken"),
        fail_at: fields.find_number("fail-at").and_then(|at| u32::try_from(at).ok()),
    };
    if fault == Fault::default() {
        fields.wrong("broken", "is missing: say locked, broken or fail-at", &[]);
    }
    Action::plain(
        say!("the key store of {phone} fails", "de sleutelopslag van {phone} werkt niet"),
        move |world| Ok(world.phone(&phone)?.key_store().set_faults(fault)?),
    )
}

fn no_faults(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let phone = fields.phone();
    Action::plain(
        say!("the key store of {phone} works again", "de sleutelopslag van {phone} werkt weer"),
        move |world| Ok(world.phone(&phone)?.key_store().set_faults(Fault::default())?),
    )
}

fn install(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    Action::plain(say!("the user installs {app}", "de gebruiker installeert {app}"), move |world| {
        let Some(facts) = world.facts.app(&app) else { return Ok(()) };
        let install: Install = facts.install();
        world.phone(&phone)?.install(&install)?;
        Ok(())
    })
}

fn update(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    let text = fields.text("version");
    let version = fields.parsed("version", Some(text), str::parse::<Version>).unwrap_or_default();
    let text = fields.find_text("core");
    let core = text.and_then(|text| fields.parsed("core", Some(text), str::parse::<Version>));
    Action::plain(
        say!("the user updates {app} to {version}", "de gebruiker werkt {app} bij naar {version}"),
        move |world| {
            world.close(&phone, &app, false)?;
            let id = world.app_id(&app);
            world.phone(&phone)?.install_update(&id, version, core)?;
            Ok(())
        },
    )
}

fn uninstall(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    Action::plain(say!("the user removes {app}", "de gebruiker verwijdert {app}"), move |world| {
        world.close(&phone, &app, false)?;
        let id = world.app_id(&app);
        Ok(world.phone(&phone)?.uninstall(&id)?)
    })
}

/// Another address for the apps of the phone; without `url` that of the scenario's server.
fn use_server(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, url) = (fields.phone(), fields.find_text("url"));
    let (broken_tls, other) = (fields.flag("broken-tls"), fields.flag("other-organisation"));
    let say = match &url {
        Some(url) => say!("the apps of {phone} talk to {url}", "de apps van {phone} praten met {url}"),
        None if other => say!(
            "the apps of {phone} reach the server of another organisation",
            "de apps van {phone} komen bij de server van een andere organisatie uit"
        ),
        None if broken_tls => say!(
            "the apps of {phone} get no secure connection",
            "de apps van {phone} krijgen geen veilige verbinding"
        ),
        None => say!(
            "the apps of {phone} talk to the organisation's server",
            "de apps van {phone} praten met de server van de organisatie"
        ),
    };
    Action::plain(say, move |world| {
        let url = match &url {
            Some(url) => url.clone(),
            None if other => world.other_organisation()?,
            // The scenario's server speaks no TLS: the handshake fails.
            None if broken_tls => world.lab().url()?.replacen("http://", "https://", 1),
            None => world.lab().url()?,
        };
        Ok(world.phone(&phone)?.set_server(&url)?)
    })
}
