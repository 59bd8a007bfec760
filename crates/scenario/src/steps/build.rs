//! Builds of apps and their data: protection that dies while it starts, cleared data, buttons that end a process.

use ringfence_messages::{Dialog, Lang};
use ringfence_model::Platform;
use ringfence_phone::{PhoneError, Press};

use super::{Action, Seen, Verb, phone::place};
use crate::{
    expect::{button, button_names, nothing},
    format::Fields,
    report::Check,
    words::{pick, say},
    world::PASSWORD,
};

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "press", read: press },
    Verb { name: "fault-startup", read: fault_startup },
    Verb { name: "dies", read: dies },
    Verb { name: "swap-build", read: swap_build },
    Verb { name: "clear-data", read: clear_data },
    Verb { name: "clear-companion", read: clear_companion },
    Verb { name: "factory-reset", read: factory_reset },
];

/// Presses a button of the dialog that is on the screen, and does what it says.
fn press(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    let name = fields.text("button");
    let action = button(&name);
    if action.is_none() && !name.is_empty() {
        fields.wrong("button", "is no button", &button_names());
    }
    let (user, with) = (fields.find_user("user"), fields.texts("with"));
    let ticket = fields.has("ticket").then(|| fields.ticket("ticket"));
    let [en, nl] = Lang::ALL.map(|lang| action.map_or_else(|| name.clone(), |action| action.label(lang)));
    Action::new(
        say!("the user presses `{en}` in {app}", "de gebruiker drukt in {app} op `{nl}`"),
        move |world| {
            let (id, lang) = (world.app_id(&app), world.lang);
            let on_screen = world.phone(&phone)?.screen(&id)?;
            let has = |dialog: &Dialog| dialog.buttons.iter().any(|button| Some(button.action) == action);
            let (Some(_), Some(action)) = (on_screen.clone().filter(has), action) else {
                let found = on_screen.map_or_else(|| nothing(lang), |dialog| dialog.code);
                let checks = vec![Check::new(
                    lang,
                    say!("the button is on the screen", "de knop staat op het scherm"),
                    false,
                    found,
                )];
                return Ok(Seen { checks, ..Seen::default() });
            };
            let account = user.as_ref().map(|user| (world.upn(user), PASSWORD.to_owned()));
            let mut with = with.clone();
            if let Some(ticket) = &ticket {
                with.push(world.ticket(ticket)?.to_owned());
            }
            let press = Press { action, account, with };
            let outcome = world.press(&phone, &app, &press)?;
            Ok(Seen { outcome: Some(outcome), at: Some((phone.clone(), app.clone())), ..Seen::default() })
        },
    )
}

/// Protection of an app dies while it starts: so many times, or until the app is updated.
fn fault_startup(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    let times = fields.find_number("times").and_then(|times| u32::try_from(times).ok()).unwrap_or(u32::MAX);
    Action::plain(
        say!("protection in {app} dies while it starts", "de beveiliging in {app} valt om bij het starten"),
        move |world| {
            world.close(&phone, &app, false)?;
            let id = world.app_id(&app);
            Ok(world.phone(&phone)?.let_start_fail(&id, times)?)
        },
    )
}

/// Somebody puts another build of an app in its place, signed with another certificate.
fn swap_build(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    let text = fields.text("signer");
    let signer = fields.parsed("signer", Some(text), ringfence_phone::install::check_signer);
    Action::plain(
        say!(
            "{app} is replaced by a build of somebody else",
            "{app} wordt vervangen door een versie van iemand anders"
        ),
        move |world| {
            world.close(&phone, &app, false)?;
            let id = world.app_id(&app);
            world.phone(&phone)?.update_app(&id, |record| record.signer.clone_from(&signer))?;
            Ok(())
        },
    )
}

/// The user opens an app and sees it vanish, so many times.
fn dies(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    let times = fields.find_number("times").unwrap_or(1);
    Action::new(
        say!("the user opens {app}, and it vanishes", "de gebruiker opent {app}, en het verdwijnt"),
        move |world| {
            let (mut checks, lang) = (Vec::new(), world.lang);
            for _ in 0..times {
                world.close(&phone, &app, true)?;
                let opened = world.start(&phone, &app).and_then(|app| Ok(app.foreground()?));
                let died = matches!(
                    &opened,
                    Err(error) if matches!(error.downcast_ref(), Some(PhoneError::Closed(_)))
                );
                world.close(&phone, &app, true)?;
                let found = opened.map_or_else(
                    |error| format!("{error:#}"),
                    |_| pick(lang, ["it opened", "het ging open"]).to_owned(),
                );
                checks.push(Check::new(
                    lang,
                    say!("the process ends by itself", "het proces eindigt vanzelf"),
                    died,
                    found,
                ));
            }
            Ok(Seen { checks, ..Seen::default() })
        },
    )
}

/// The user clears an app's data in the settings of the phone.
fn clear_data(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    Action::plain(
        say!("the user clears the data of {app}", "de gebruiker wist de gegevens van {app}"),
        move |world| {
            world.close(&phone, &app, false)?;
            let id = world.app_id(&app);
            Ok(world.phone(&phone)?.clear_data(&id)?)
        },
    )
}

/// The user clears the companion's data.
fn clear_companion(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let phone = fields.phone();
    Action::plain(
        say!("the user clears the data of the companion", "de gebruiker wist de gegevens van de hulpapp"),
        move |world| Ok(world.phone(&phone)?.clear_companion()?),
    )
}

/// Everything on the phone is removed, apps and all.
fn factory_reset(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let phone = fields.phone();
    Action::plain(
        say!(
            "{phone} is reset to the state of the factory",
            "{phone} gaat terug naar de fabrieksinstellingen"
        ),
        move |world| {
            world.close_all(&phone)?;
            Ok(world.phone(&phone)?.factory_reset()?)
        },
    )
}
