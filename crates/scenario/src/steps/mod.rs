//! What a step can do. One file per area; each file has its table of verbs, and [`AREAS`] has the files.
//!
//! To add a verb: write a function from [`Fields`] to [`Action`] in the file of its area, add it to the file's
//! table, and describe it in `docs/scenarios.md` (a test looks for it there).

mod admin;
mod browser;
mod build;
mod device;
mod doctor;
mod documents;
mod logs;
mod phone;
mod policy;
mod screen;
mod transfer;

use std::fmt;

use ringfence_messages::Lang;
use ringfence_model::Platform;
use ringfence_phone::{App, Outcome, PhoneError};
use ringfence_server::authz::Role;

use crate::{
    expect::Expect,
    format::Fields,
    report::{Check, Part},
    words::Words,
    world::World,
};

const AREAS: &[&[Verb]] = &[
    admin::VERBS,
    policy::VERBS,
    phone::VERBS,
    build::VERBS,
    documents::VERBS,
    transfer::VERBS,
    screen::VERBS,
    browser::VERBS,
    device::VERBS,
    doctor::VERBS,
    logs::VERBS,
];

/// One word that a step may `do`.
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    pub(crate) read: fn(&Fields<'_>, &[Platform]) -> Action,
}

/// What was seen when a step was done.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// What an app answered.
    pub(crate) outcome: Option<Outcome>,
    /// The phone and the app to look at.
    pub(crate) at: Option<(String, String)>,
    /// What the step itself looked at.
    pub(crate) checks: Vec<Check>,
    /// What else there is to tell.
    pub(crate) lines: Vec<String>,
}

type Act = dyn Fn(&mut World) -> anyhow::Result<Seen> + Send + Sync;

/// Something to be done, read from a file.
pub(crate) struct Action {
    say: Words,
    passive: bool,
    fleeting: bool,
    act: Box<Act>,
}

/// A step with everything around it.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) step: Action,
    pub(crate) expect: Expect,
    /// The administrator's role, if not the one who may do everything.
    pub(crate) role: Option<Role>,
    /// The only platform on which the step is played.
    pub(crate) only: Option<Platform>,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say.en)
    }
}

impl Action {
    /// Something with a result of its own.
    pub(crate) fn new(
        say: Words,
        act: impl Fn(&mut World) -> anyhow::Result<Seen> + Send + Sync + 'static,
    ) -> Self {
        Self { say, passive: false, fleeting: false, act: Box::new(act) }
    }

    /// Something that is done or fails.
    pub(crate) fn plain(
        say: Words,
        act: impl Fn(&mut World) -> anyhow::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::new(say, move |world| act(world).map(|()| Seen::default()))
    }

    /// Something that a user does in an app, which is opened first unless it is open.
    pub(crate) fn in_app(
        say: Words,
        (phone, app): (String, String),
        act: impl Fn(&App) -> Result<Outcome, PhoneError> + Send + Sync + 'static,
    ) -> Self {
        Self::new(say, move |world| {
            let handle = world.app(&phone, &app)?;
            let outcome = act(&handle)?;
            Ok(Seen { outcome: Some(outcome), at: Some((phone.clone(), app.clone())), ..Seen::default() })
        })
    }

    /// Nothing is done, only looked at: what was shown since the step before counts as well.
    pub(crate) fn passive(self) -> Self {
        Self { passive: true, ..self }
    }

    /// Whether it is [`Self::passive`].
    pub(crate) const fn is_passive(&self) -> bool {
        self.passive
    }

    /// What it leads to is in the memory of the process only: a user does it again when the process has died.
    pub(crate) fn fleeting(self) -> Self {
        Self { fleeting: true, ..self }
    }

    /// Whether it is [`Self::fleeting`].
    pub(crate) const fn is_fleeting(&self) -> bool {
        self.fleeting
    }

    /// One line about it.
    pub(crate) fn say(&self, lang: Lang) -> &str {
        self.say.in_language(lang)
    }

    /// Does it.
    pub(crate) fn act(&self, world: &mut World) -> anyhow::Result<Seen> {
        (self.act)(world)
    }
}

/// The names of all verbs.
pub(crate) fn verbs() -> Vec<&'static str> {
    AREAS.iter().flat_map(|verbs| verbs.iter()).map(|verb| verb.name).collect()
}

/// Reads what a step does.
pub(crate) fn read(fields: &Fields<'_>, part: Part, platforms: &[Platform]) -> Action {
    let name = match (fields.find_text("do"), part) {
        (Some(name), _) => name,
        (None, Part::Finding) => "doctor".to_owned(),
        (None, _) => {
            fields.wrong("do", "is missing: what does the step do?", &verbs());
            fields.excuse();
            return Action::plain(Words::default(), |_| Ok(()));
        }
    };
    let found = AREAS.iter().flat_map(|verbs| verbs.iter()).find(|verb| verb.name == name);
    if let Some(verb) = found {
        return (verb.read)(fields, platforms);
    }
    fields.excuse();
    fields.wrong("do", "is not something that a step can do", &verbs());
    Action::plain(Words::default(), |_| Ok(()))
}

/// `as = "help-desk"`: the role in which the administrator acts.
pub(crate) fn read_role(fields: &Fields<'_>) -> Option<Role> {
    let roles: Vec<(&str, Role)> = Role::ALL.into_iter().map(|role| (role.as_str(), role)).collect();
    fields.find_choice("as", &roles)
}

#[cfg(test)]
mod tests {
    use super::verbs;

    #[test]
    fn every_verb_is_documented_and_none_has_two_meanings() {
        let page = include_str!("../../../../docs/scenarios.md");
        let mut names = verbs();
        for name in &names {
            assert!(page.contains(&format!("`{name}`")), "docs/scenarios.md lacks `{name}`");
        }
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
