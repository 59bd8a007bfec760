//! The user: pages in a browser app.

use ringfence_messages::{ButtonAction, Dialog, Lang};
use ringfence_model::Platform;
use ringfence_phone::{BrowserContext, Identity, Outcome, PageFacts};

use super::{Action, Seen, Verb, phone::place};
use crate::{expect::nothing, format::Fields, report::Check, words::say};

pub(super) const VERBS: &[Verb] =
    &[Verb { name: "browse", read: browse }, Verb { name: "choose", read: choose }];

const CONTEXTS: [(&str, BrowserContext); 3] = [
    ("work", BrowserContext::Work),
    ("personal", BrowserContext::Personal),
    ("in-private", BrowserContext::InPrivate),
];

/// Where a page must open.
#[derive(Debug, Clone, Copy)]
enum Opens {
    Nowhere,
    In(BrowserContext),
}

fn opens_in(fields: &Fields<'_>) -> Option<Opens> {
    let mut words: Vec<(&str, Opens)> =
        CONTEXTS.into_iter().map(|(word, context)| (word, Opens::In(context))).collect();
    words.push(("nowhere", Opens::Nowhere));
    fields.find_choice("opens-in", &words)
}

fn seen(lang: Lang, at: &(String, String), outcome: Outcome, wanted: Option<Opens>) -> Seen {
    let found = outcome.opens_in;
    let holds = |wanted: Opens| match wanted {
        Opens::Nowhere => found.is_none(),
        Opens::In(context) => found == Some(context),
    };
    let checks = wanted
        .map(|wanted| {
            Check::new(
                lang,
                say!("the page opens in", "de pagina opent in"),
                holds(wanted),
                format!("{found:?}"),
            )
        })
        .into_iter()
        .collect();
    Seen { outcome: Some(outcome), at: Some(at.clone()), checks, ..Seen::default() }
}

fn browse(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (at, url, wanted) = (place(fields), fields.text("url"), opens_in(fields));
    let context = fields.find_choice("context", &CONTEXTS).unwrap_or(BrowserContext::Work);
    let linked_from = fields.has("linked-from").then(|| fields.app("linked-from"));
    let page = PageFacts {
        subresource: fields.flag("subresource"),
        work_link: false,
        post: fields.flag("post"),
        personal_account: fields.flag("personal-account"),
    };
    Action::new(say!("the user opens {url} in {}", "de gebruiker opent {url} in {}", at.1), move |world| {
        let url = url.replace("{server}", &world.lab().url()?);
        let outcome = match &linked_from {
            None => world.app(&at.0, &at.1)?.browse(&url, context, page)?,
            Some(from) => {
                let work = context == BrowserContext::Work;
                let whose = if work { Identity::Work } else { Identity::Personal };
                let browser = world.app_id(&at.1);
                // An open browser takes the link as it runs.
                world.app(&at.0, &at.1)?;
                world.app(&at.0, from)?.follow_link(whose, &url, &browser, page)?
            }
        };
        Ok(seen(world.lang, &at, outcome, wanted))
    })
    .fleeting()
}

fn choose(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (at, wanted) = (place(fields), opens_in(fields));
    let words = [
        ("open-in-private", ButtonAction::OpenInPrivate),
        ("switch-to-personal", ButtonAction::SwitchToPersonal),
        ("add-personal-account", ButtonAction::AddPersonalAccount),
        ("cancel", ButtonAction::Cancel),
    ];
    let action = fields.choice("button", &words).unwrap_or(ButtonAction::Cancel);
    let [en, nl] = Lang::ALL.map(|lang| action.label(lang));
    Action::new(
        say!("the user presses `{en}` in {}", "de gebruiker drukt in {} op `{nl}`", at.1),
        move |world| {
            let lang = world.lang;
            let on_screen = world.on_screen(&at.0, &at.1);
            let has = |dialog: &Dialog| dialog.buttons.iter().any(|button| button.action == action);
            let Some(dialog) = on_screen.clone().filter(has) else {
                let found = on_screen.map_or_else(|| nothing(lang), |dialog| dialog.code);
                let checks = vec![Check::new(
                    lang,
                    say!("the button is on the screen", "de knop staat op het scherm"),
                    false,
                    found,
                )];
                return Ok(Seen { checks, ..Seen::default() });
            };
            let app = world.app(&at.0, &at.1)?;
            let closed = Outcome::new(app.id(), ringfence_phone::Ending::Allowed);
            let opened = app.choose(&dialog, action)?;
            Ok(seen(world.lang, &at, opened.unwrap_or(closed), wanted))
        },
    )
}
