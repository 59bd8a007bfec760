//! The user: apps, accounts, buttons.

use ringfence_model::Platform;
use ringfence_phone::{App, Identity};

use super::{Action, Seen, Verb};
use crate::{
    format::Fields,
    words::{Words, say},
    world::{PASSWORD, World},
};

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "open", read: open },
    Verb { name: "sign-in", read: sign_in },
    Verb {
        name: "sign-out",
        read: |fields, _| {
            in_app(
                fields,
                [
                    "the user removes the work account from {}",
                    "de gebruiker verwijdert het werkaccount uit {}",
                ],
                App::remove_account,
            )
        },
    },
    Verb {
        name: "sync",
        read: |fields, _| {
            in_app(
                fields,
                ["the user checks in now in {}", "de gebruiker laat {} nu bij de server kijken"],
                App::check_in,
            )
        },
    },
    Verb { name: "enter-pin", read: enter_pin },
    Verb { name: "show-biometric", read: show_biometric },
    Verb {
        name: "background",
        read: |fields, _| in_app(fields, ["the user leaves {}", "de gebruiker verlaat {}"], App::background),
    },
    Verb { name: "show", read: show },
    Verb { name: "remove-account", read: remove_account },
    Verb { name: "wait", read: wait },
    Verb { name: "close", read: |fields, _| close(fields, false) },
    Verb { name: "kill", read: |fields, _| close(fields, true) },
    Verb { name: "restart-app", read: restart_app },
];

/// The phone and the app of a step.
pub(super) fn place(fields: &Fields<'_>) -> (String, String) {
    (fields.phone(), fields.app("app"))
}

fn in_app(
    fields: &Fields<'_>,
    what: [&str; 2],
    act: fn(&App) -> Result<ringfence_phone::Outcome, ringfence_phone::PhoneError>,
) -> Action {
    let place = place(fields);
    Action::in_app(Words::about(what, &place.1), place, act)
}

fn enter_pin(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (place, pin) = (place(fields), fields.text("pin"));
    Action::in_app(
        say!("the user enters the PIN {pin} in {}", "de gebruiker voert pincode {pin} in bij {}", place.1),
        place,
        move |app| app.enter_pin(&pin),
    )
}

fn show_biometric(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (place, recognised) = (place(fields), fields.find_flag("recognised").unwrap_or(true));
    Action::in_app(
        say!(
            "the user shows a finger or a face to {}",
            "de gebruiker laat {} een vinger of gezicht zien",
            place.1
        ),
        place,
        move |app| app.show_biometric(recognised),
    )
}

/// Opens an app, or brings it to the front.
fn open(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    Action::new(say!("the user opens {app}", "de gebruiker opent {app}"), move |world| {
        to_the_front(world, &phone, &app)
    })
}

fn to_the_front(world: &mut World, phone: &str, app: &str) -> anyhow::Result<Seen> {
    let outcome = world.start(phone, app)?.foreground()?;
    Ok(Seen { outcome: Some(outcome), at: Some((phone.to_owned(), app.to_owned())), ..Seen::default() })
}

fn sign_in(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    let user = fields.user("user");
    let password = fields.find_text("password").unwrap_or_else(|| PASSWORD.to_owned());
    let legacy = fields.flag("legacy");
    Action::new(say!("{user} signs in to {app}", "{user} meldt zich aan bij {app}"), move |world| {
        let upn = world.upn(&user);
        let opened = world.app(&phone, &app)?;
        let outcome =
            if legacy { opened.sign_in_legacy(&upn, &password)? } else { opened.sign_in(&upn, &password)? };
        Ok(Seen { outcome: Some(outcome), at: Some((phone.clone(), app.clone())), ..Seen::default() })
    })
}

/// Changes to the other identity of the app.
fn show(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let place = place(fields);
    let identities = [("work", Identity::Work), ("personal", Identity::Personal)];
    let identity = fields.choice("identity", &identities).unwrap_or(Identity::Work);
    let say = match identity {
        Identity::Work => ["the user changes to work in {}", "de gebruiker gaat in {} naar werk"],
        Identity::Personal => {
            ["the user changes to personal in {}", "de gebruiker gaat in {} naar persoonlijk"]
        }
    };
    Action::in_app(Words::about(say, &place.1), place, move |app| app.show(identity))
}

/// Removes a work account from every app on the phone.
fn remove_account(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, user) = (fields.phone(), fields.user("user"));
    Action::plain(
        say!(
            "the user removes the account of {user} from {phone}",
            "de gebruiker verwijdert het account van {user} van {phone}"
        ),
        move |world| {
            let upn = world.upn(&user);
            world.phone(&phone)?.remove_account(Some(&upn))?;
            Ok(())
        },
    )
}

/// Nothing is done: what comes by itself (a pushed policy, a wipe) is waited for.
fn wait(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let at = place(fields);
    Action::new(
        say!("{} is open, and nobody touches it", "{} staat open en niemand raakt het aan", at.1),
        move |_| Ok(Seen { at: Some(at.clone()), ..Seen::default() }),
    )
    .passive()
}

fn close(fields: &Fields<'_>, kill: bool) -> Action {
    let (phone, app) = place(fields);
    let say = if kill {
        say!("the system kills {app}", "het systeem breekt {app} af")
    } else {
        say!("the user closes {app}", "de gebruiker sluit {app}")
    };
    Action::plain(say, move |world| world.close(&phone, &app, kill))
}

fn restart_app(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    Action::new(say!("the user restarts {app}", "de gebruiker start {app} opnieuw"), move |world| {
        world.close(&phone, &app, false)?;
        to_the_front(world, &phone, &app)
    })
}
