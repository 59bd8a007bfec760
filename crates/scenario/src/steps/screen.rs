//! The user: what is done with data on the screen.

use ringfence_model::Platform;
use ringfence_phone::{Action as Ask, App, Identity, LinkOpener, OtherApp, Outcome, PhoneError};

use super::{Action, Verb, documents::whose, phone::place};
use crate::format::Fields;

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "screenshot", read: |fields, _| plain(fields, "takes a screenshot of", App::screenshot) },
    Verb { name: "notify", read: |fields, _| plain(fields, "gets a notification of", App::notify) },
    Verb { name: "backup", read: |fields, _| plain(fields, "lets the backup take the data of", App::backup) },
    Verb { name: "contacts", read: |fields, _| plain(fields, "syncs the contacts of", App::sync_contacts) },
    Verb { name: "link", read: link },
    Verb { name: "dial", read: |fields, _| with(fields, "dials from", App::dial) },
    Verb { name: "message", read: |fields, _| with(fields, "sends a message from", App::message) },
    Verb { name: "keyboard", read: keyboard },
    Verb { name: "offer", read: offer },
];

fn plain(fields: &Fields<'_>, what: &str, act: fn(&App, Identity) -> Result<Outcome, PhoneError>) -> Action {
    let (place, whose) = (place(fields), whose(fields));
    Action::in_app(format!("the user {what} {}", place.1), place, move |app| act(app, whose))
}

fn with(
    fields: &Fields<'_>,
    what: &str,
    act: fn(&App, Identity, &str) -> Result<Outcome, PhoneError>,
) -> Action {
    let (place, whose, other) = (place(fields), whose(fields), fields.text("with"));
    Action::in_app(format!("the user {what} {} with {other}", place.1), place, move |app| {
        act(app, whose, &other)
    })
}

fn link(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (place, whose, url) = (place(fields), whose(fields), fields.text("url"));
    let (browser, claimed_by) = (fields.find_text("browser"), fields.find_text("claimed-by"));
    Action::in_app(format!("the user follows the link {url} in {}", place.1), place, move |app| {
        let opener = match (&browser, &claimed_by) {
            (Some(id), _) => LinkOpener::Browser(OtherApp::named(id.as_str())),
            (None, Some(id)) => LinkOpener::App(OtherApp::named(id.as_str())),
            (None, None) => LinkOpener::ManagedBrowser,
        };
        app.open_link(whose, &url, opener)
    })
}

fn keyboard(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (place, whose) = (place(fields), whose(fields));
    let (keyboard, system) = (fields.text("keyboard"), fields.flag("system"));
    Action::in_app(format!("the user types in {} with {keyboard}", place.1), place, move |app| {
        app.keyboard(whose, &keyboard, system)
    })
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
    Action::in_app(format!("the system offers {feature:?} with data of {}", place.1), place, move |app| {
        app.may_i(whose, feature.clone())
    })
}
