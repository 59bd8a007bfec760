//! The user: documents.

use ringfence_model::Platform;
use ringfence_phone::{Ending, Identity, Outcome};

use super::{Action, Seen, Verb, phone::place};
use crate::{expect::differs, format::Fields, report::Check, words::say};

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "create", read: |fields, _| put(fields, true) },
    Verb { name: "write", read: |fields, _| put(fields, false) },
    Verb { name: "read", read },
    Verb { name: "delete", read: delete },
    Verb { name: "list", read: list },
];

/// `personal = true`: the user's own data instead of the organisation's.
pub(super) fn whose(fields: &Fields<'_>) -> Identity {
    if fields.flag("personal") { Identity::Personal } else { Identity::Work }
}

fn ordinary(phone: &str, app: &str, outcome: Outcome) -> Seen {
    Seen { outcome: Some(outcome), at: Some((phone.to_owned(), app.to_owned())), ..Seen::default() }
}

fn put(fields: &Fields<'_>, new: bool) -> Action {
    let (phone, app) = place(fields);
    let (whose, name, content) = (whose(fields), fields.text("document"), fields.text("content"));
    Action::new(
        say!("the user writes {name} in {app}", "de gebruiker schrijft {name} in {app}"),
        move |world| {
            if !world.is_managed(&phone, &app)? {
                let id = world.app_id(&app);
                world.phone(&phone)?.write_ordinary(&id, &name, content.as_bytes())?;
                return Ok(ordinary(&phone, &app, Outcome::new(&id, Ending::Allowed)));
            }
            let handle = world.app(&phone, &app)?;
            let outcome = if new {
                handle.create(whose, &name, content.as_bytes())?
            } else {
                handle.write(whose, &name, content.as_bytes())?
            };
            Ok(Seen { outcome: Some(outcome), at: Some((phone.clone(), app.clone())), ..Seen::default() })
        },
    )
}

fn read(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    let (whose, name) = (whose(fields), fields.text("document"));
    Action::new(say!("the user opens {name} in {app}", "de gebruiker opent {name} in {app}"), move |world| {
        if !world.is_managed(&phone, &app)? {
            let id = world.app_id(&app);
            let bytes = world.phone(&phone)?.read_ordinary(&id, &name)?;
            let outcome = Outcome { bytes: Some(bytes), ..Outcome::new(&id, Ending::Allowed) };
            return Ok(ordinary(&phone, &app, outcome));
        }
        let outcome = world.app(&phone, &app)?.read(whose, &name)?;
        Ok(Seen { outcome: Some(outcome), at: Some((phone.clone(), app.clone())), ..Seen::default() })
    })
}

fn delete(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let place = place(fields);
    let (whose, name) = (whose(fields), fields.text("document"));
    Action::in_app(
        say!("the user deletes {name} in {}", "de gebruiker verwijdert {name} in {}", place.1),
        place,
        move |app| app.delete(whose, &name),
    )
}

fn list(fields: &Fields<'_>, _: &[Platform]) -> Action {
    let (phone, app) = place(fields);
    let (work, personal) = (fields.texts("work"), fields.texts("personal"));
    Action::new(
        say!("the user looks at the documents of {app}", "de gebruiker bekijkt de documenten van {app}"),
        move |world| {
            let outcome = world.app(&phone, &app)?.list()?;
            let names = |identity: Identity| {
                let mut names: Vec<String> = outcome
                    .documents
                    .iter()
                    .filter(|document| document.identity == identity)
                    .map(|document| document.name.clone())
                    .collect();
                names.sort();
                names
            };
            let (mut checks, lang) = (Vec::new(), world.lang);
            for (what, identity, wanted) in [
                (say!("work documents", "werkdocumenten"), Identity::Work, &work),
                (say!("personal documents", "persoonlijke documenten"), Identity::Personal, &personal),
            ] {
                let (found, mut wanted) = (names(identity), wanted.clone());
                wanted.sort();
                let evidence = differs(lang, format!("{found:?}"), format!("{wanted:?}"));
                checks.push(Check::new(lang, what, found == wanted, evidence));
            }
            Ok(Seen {
                checks,
                outcome: Some(outcome),
                at: Some((phone.clone(), app.clone())),
                ..Seen::default()
            })
        },
    )
}
