//! The user: what is done with data on the screen.

use ringfence_model::Platform;
use ringfence_phone::{Action as Ask, App, Identity, LinkOpener, OtherApp, Outcome, PhoneError};

use super::{Action, Verb, documents::whose, phone::place};
use crate::{
    format::Fields,
    words::{Words, say},
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "screenshot",
        read: |fields, _| {
            plain(
                fields,
                ["the user takes a screenshot of {}", "de gebruiker maakt een schermafdruk van {}"],
                App::screenshot,
            )
        },
    },
    Verb {
        name: "notify",
        read: |fields, _| {
            plain(
                fields,
                ["the user gets a notification of {}", "de gebruiker krijgt een melding van {}"],
                App::notify,
            )
        },
    },
    Verb {
        name: "backup",
        read: |fields, _| {
            plain(
                fields,
                [
                    "the system backs up the data of {}",
                    "het systeem maakt een reservekopie van de gegevens van {}",
                ],
                App::backup,
            )
        },
    },
    Verb {
        name: "contacts",
        read: |fields, _| {
            plain(
                fields,
                ["the user syncs the contacts of {}", "de gebruiker synchroniseert de contacten van {}"],
                App::sync_contacts,
            )
        },
    },
    Verb { name: "link", read: link },
    Verb {
        name: "dial",
        read: |fields, _| with(fields, ["the user dials from {}", "de gebruiker belt vanuit {}"], App::dial),
    },
    Verb {
        name: "message",
        read: |fields, _| {
            with(
                fields,
                ["the user sends a message from {}", "de gebruiker stuurt een bericht vanuit {}"],
                App::message,
            )
        },
    },
    Verb { name: "keyboard", read: keyboard },
    Verb { name: "offer", read: offer },
];

fn plain(
    fields: &Fields<'_>,
    what: [&str; 2],
    act: fn(&App, Identity) -> Result<Outcome, PhoneError>,
) -> Action {
    let (place, whose) = (place(fields), whose(fields));
    Action::in_app(Words::about(what, &place.1), place, move |app| act(app, whose))
}

fn with(
    fields: &Fields<'_>,
    what: [&str; 2],
    act: fn(&App, Identity, &str) -> Result<Outcome, PhoneError>,
) -> Action {
    let (place, whose, other) = (place(fields), whose(fields), fields.text("with"));
    let Words { en, nl } = Words::about(what, &place.1);
    Action::in_app(say!("{en} with {other}", "{nl} met {other}"), place, move |app| act(app, whose, &other))
}

fn link(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (place, whose, url) = (place(fields), whose(fields), fields.text("url"));
    let (browser, claimed_by) = (fields.find_text("browser"), fields.find_text("claimed-by"));
    Action::in_app(
        say!("the user follows the link {url} in {}", "de gebruiker volgt de link {url} in {}", place.1),
        place,
        move |app| {
            let opener = match (&browser, &claimed_by) {
                (Some(id), _) => LinkOpener::Browser(OtherApp::named(id.as_str())),
                (None, Some(id)) => LinkOpener::App(OtherApp::named(id.as_str())),
                (None, None) => LinkOpener::ManagedBrowser,
            };
            app.open_link(whose, &url, opener)
        },
    )
}

fn keyboard(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (place, whose) = (place(fields), whose(fields));
    let (keyboard, system) = (fields.text("keyboard"), fields.flag("system"));
    Action::in_app(
        say!("the user types in {} with {keyboard}", "de gebruiker typt in {} met {keyboard}", place.1),
        place,
        move |app| app.keyboard(whose, &keyboard, system),
    )
}

fn offer(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (place, whose) = (place(fields), whose(fields));
    let features = [
        ("widget", Ask::Widget),
        ("system-search", Ask::SystemSearch),
        ("genmoji", Ask::Genmoji),
        ("writing-tools", Ask::WritingTools),
    ];
    let feature = fields.choice("to", &features).unwrap_or(Ask::Widget);
    let say = match feature {
        Ask::SystemSearch => [
            "the system's search asks {} for its data",
            "de zoekfunctie van het systeem vraagt {} om gegevens",
        ],
        Ask::Genmoji => {
            ["the system offers to draw an emoji in {}", "het systeem biedt in {} aan een emoji te tekenen"]
        }
        Ask::WritingTools => [
            "the system offers to rewrite a text of {}",
            "het systeem biedt aan een tekst van {} te herschrijven",
        ],
        _ => ["a widget shows data of {}", "een widget toont gegevens van {}"],
    };
    Action::in_app(Words::about(say, &place.1), place, move |app| app.may_i(whose, feature.clone()))
}
