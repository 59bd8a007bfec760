//! The user: data that moves between apps and places.

use ringfence_model::Platform;
use ringfence_phone::{App, Identity, Outcome, PhoneError, Way};

use super::{Action, Seen, Verb, documents::whose, phone::place};
use crate::{expect::differs, format::Fields, report::Check, words::say, world::World};

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "share", read: share },
    Verb { name: "open-in", read: |fields, _| give(fields, Way::OpenIn) },
    Verb { name: "targets", read: targets },
    Verb { name: "save-as", read: |fields, _| outside(fields, true) },
    Verb { name: "open-from", read: |fields, _| outside(fields, false) },
    Verb { name: "copy", read: copy },
    Verb { name: "paste", read: paste },
    Verb { name: "print", read: print },
];

const WAYS: [(&str, Way); 3] =
    [("launch", Way::Launch), ("share-sheet", Way::ShareSheet), ("open-in", Way::OpenIn)];

fn seen((phone, app): &(String, String), outcome: Outcome) -> Seen {
    Seen { outcome: Some(outcome), at: Some((phone.clone(), app.clone())), ..Seen::default() }
}

/// The receiving app may have to be started; an open one takes the data as it runs.
fn share(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let way = fields.find_choice("way", &WAYS).unwrap_or(Way::Launch);
    give(fields, way)
}

fn give(fields: &Fields<'_>, way: Way) -> Action {
    let (at, whose, into_personal) = (place(fields), whose(fields), fields.flag("into-personal"));
    let (name, to) = (fields.text("document"), fields.app("to"));
    Action::new(
        say!("the user shares {name} from {} with {to}", "de gebruiker deelt {name} uit {} met {to}", at.1),
        move |world| {
            let (from, target) = (world.app_id(&at.1), world.app_id(&to));
            let outcome = if world.is_managed(&at.0, &at.1)? {
                world.app(&at.0, &at.1)?.share_by(whose, &name, &target, way)?
            } else {
                let into = if into_personal { Identity::Personal } else { Identity::Work };
                world.phone(&at.0)?.share_ordinary(&from, &name, &target, into)?
            };
            Ok(seen(&at, outcome))
        },
    )
}

/// The apps that a chooser offers.
fn targets(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (at, whose, name) = (place(fields), whose(fields), fields.text("document"));
    let wanted = fields.apps("offers");
    Action::new(
        say!(
            "the user looks where {name} may go from {}",
            "de gebruiker kijkt waar {name} vanuit {} heen mag",
            at.1
        ),
        move |world| {
            let (offered, outcome) = world.app(&at.0, &at.1)?.offer_apps(whose, &name, Way::Launch)?;
            let offered: Vec<String> = offered.into_iter().map(|record| record.id).collect();
            let wanted: Vec<String> = wanted.iter().map(|app| world.app_id(app)).collect();
            let same = offered.len() == wanted.len() && wanted.iter().all(|app| offered.contains(app));
            let checks = vec![Check::new(
                world.lang,
                say!("the chooser offers", "er is keuze uit"),
                same,
                differs(world.lang, format!("{offered:?}"), format!("{wanted:?}")),
            )];
            Ok(Seen { checks, ..seen(&at, outcome) })
        },
    )
}

fn outside(fields: &Fields<'_>, save: bool) -> Action {
    let (place, whose) = (place(fields), whose(fields));
    let (name, location, managed) =
        (fields.text("document"), fields.text("location"), fields.flag("managed-account"));
    if !location.is_empty()
        && let Err(error) = ringfence_phone::transfer::place(&location)
    {
        fields.wrong("location", &error.to_string(), &[]);
    }
    let say = if save {
        say!(
            "the user saves {name} of {} in {location}",
            "de gebruiker bewaart {name} van {} in {location}",
            place.1
        )
    } else {
        say!(
            "the user opens {name} from {location} in {}",
            "de gebruiker opent {name} uit {location} in {}",
            place.1
        )
    };
    Action::in_app(say, place, move |app| {
        if save {
            app.save_as(whose, &name, &location, managed)
        } else {
            app.open_from(whose, &location, &name, managed)
        }
    })
}

fn either(
    world: &mut World,
    at: &(String, String),
    managed: impl FnOnce(&App) -> Result<Outcome, PhoneError>,
    ordinary: impl FnOnce(&ringfence_phone::Phone, &str) -> Result<Outcome, PhoneError>,
) -> anyhow::Result<Seen> {
    let outcome = if world.is_managed(&at.0, &at.1)? {
        managed(&world.app(&at.0, &at.1)?)?
    } else {
        ordinary(world.phone(&at.0)?, &world.app_id(&at.1))?
    };
    Ok(seen(at, outcome))
}

fn copy(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (at, whose, name) = (place(fields), whose(fields), fields.text("document"));
    Action::new(
        say!(
            "the user copies the text of {name} in {}",
            "de gebruiker kopieert de tekst van {name} in {}",
            at.1
        ),
        move |world| {
            either(world, &at, |app| app.copy(whose, &name), |phone, id| phone.copy_ordinary(id, &name))
        },
    )
}

fn paste(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (at, whose, name) = (place(fields), whose(fields), fields.text("document"));
    Action::new(
        say!("the user pastes into {name} in {}", "de gebruiker plakt in {name} in {}", at.1),
        move |world| {
            either(world, &at, |app| app.paste(whose, &name), |phone, id| phone.paste_ordinary(id, &name))
        },
    )
}

fn print(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (place, whose, name) = (place(fields), whose(fields), fields.text("document"));
    Action::in_app(
        say!("the user prints {name} from {}", "de gebruiker drukt {name} af uit {}", place.1),
        place,
        move |app| app.print(whose, &name),
    )
}
