//! What a scenario is played in: the server with its organisation, the phones, the apps that are open.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::mpsc::Receiver,
    time::{Duration, Instant},
};

use anyhow::Context;
use ringfence_admin::{Api, text};
use ringfence_messages::{Dialog, Lang};
use ringfence_model::Platform;
use ringfence_phone::{App, AppEvent, AppHandle, Budget, MakePhone, Outcome, Phone, PhoneError, Press};
use ringfence_server::authz::Role;
use serde_json::Value;

use crate::{
    facts::{Facts, Policy},
    lab::{Database, Lab},
};

/// How long something may take before the scenario says that it did not happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How often a user opens an app that vanishes.
const OPENINGS: u32 = 5;

/// The password of every person.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// An app that is open, and what it has on the screen.
#[derive(Debug)]
struct Open {
    handle: AppHandle,
    events: Receiver<AppEvent>,
    /// Dialogs since the step began, in their order.
    shown: Vec<Dialog>,
}

/// Server, organisation, phones, open apps.
#[derive(Debug)]
pub(crate) struct World {
    // Apps end before the server does.
    open: BTreeMap<(String, String), Open>,
    /// Apps that died while a button of theirs was pressed.
    died: BTreeSet<(String, String)>,
    revived: bool,
    phones: BTreeMap<String, Phone>,
    lab: Lab,
    /// The server of another organisation, once somebody has gone there.
    elsewhere: Option<Lab>,
    tokens: BTreeMap<Role, String>,
    role: Role,
    /// References that help desk has given out, by the names of the scenario.
    tickets: BTreeMap<String, String>,
    budget: Budget,
    pub(crate) facts: Facts,
    pub(crate) platform: Platform,
    pub(crate) lang: Lang,
}

impl World {
    /// Starts the server and makes everything that the facts name.
    pub(crate) fn new(
        facts: &Facts,
        platform: Platform,
        lang: Lang,
        database: &Database,
        budget: Budget,
    ) -> anyhow::Result<Self> {
        let mut lab = Lab::new(&facts.organisation, database)?;
        let role = Role::GlobalAdministrator;
        let tokens = BTreeMap::from([(role, lab.make_token(role, "scenario")?)]);
        lab.start()?;
        let (open, died) = (BTreeMap::new(), BTreeSet::new());
        let (phones, tickets) = (BTreeMap::new(), BTreeMap::new());
        let facts = facts.clone();
        let mut world = Self {
            open,
            died,
            revived: false,
            phones,
            lab,
            elsewhere: None,
            tokens,
            role,
            tickets,
            budget,
            facts,
            platform,
            lang,
        };
        world.make_directory()?;
        world.make_phones()?;
        Ok(world)
    }

    fn make_directory(&self) -> anyhow::Result<()> {
        let api = self.api()?;
        for group in &self.facts.groups {
            ringfence_admin::group::create(&api, &group.name)?;
        }
        for group in &self.facts.groups {
            for outer in &group.inside {
                let (outer, inner) = (text(&api.group(outer)?, "id"), text(&api.group(&group.name)?, "id"));
                ringfence_admin::group::add(&api, &outer, &inner)?;
            }
        }
        for user in &self.facts.users {
            self.make_user(&user.name, user.licensed, user.enabled, &user.groups)?;
        }
        for app in self.facts.apps.iter().filter(|app| app.in_catalogue) {
            let made = ringfence_admin::app::add(
                &api,
                self.platform,
                &app.id,
                &app.title,
                &self.facts.organisation,
            )?;
            if !app.entry.is_empty() {
                let path = format!("{}/{}", ringfence_admin::app::APPS, text(&made, "id"));
                api.patch(&path, &Value::Object(app.entry.clone()))?;
            }
        }
        for policy in &self.facts.policies {
            self.make_policy(policy)?;
        }
        Ok(())
    }

    /// Makes a person with an account.
    pub(crate) fn make_user(
        &self,
        name: &str,
        licensed: bool,
        enabled: bool,
        groups: &[String],
    ) -> anyhow::Result<()> {
        let api = self.api()?;
        let upn = self.upn(name);
        let id = text(&ringfence_admin::user::create(&api, &upn, None, PASSWORD)?, "id");
        for group in groups {
            ringfence_admin::group::add(&api, &text(&api.group(group)?, "id"), &id)?;
        }
        if licensed {
            ringfence_admin::licence::assign(&api, &id)?;
        }
        if !enabled {
            ringfence_admin::user::enable(&api, &upn, false)?;
        }
        Ok(())
    }

    /// Makes a policy and assigns it.
    pub(crate) fn make_policy(&self, policy: &Policy) -> anyhow::Result<()> {
        let api = self.api()?;
        let assignees = ringfence_admin::policy::Assignees {
            groups: policy.groups.clone(),
            excluded: policy.excluded.clone(),
            all_licensed_users: policy.all_licensed_users,
        };
        let mut document = policy.document(&self.facts, self.platform)?;
        let kind = text(&document, "@odata.type");
        if let Some(members) = document.as_object_mut() {
            members.insert("assignments".to_owned(), assignees.assignments(&api)?.into());
        }
        let kind = ringfence_model::document::PolicyKind::from_graph_type(&kind)
            .with_context(|| format!("`{kind}` is not a known type of policy"))?;
        api.post(&format!("/beta/deviceAppManagement/{}", kind.collection()), &document)?;
        Ok(())
    }

    fn make_phones(&mut self) -> anyhow::Result<()> {
        for facts in self.facts.phones.clone() {
            let plain = MakePhone::new(facts.platform.unwrap_or(self.platform), self.lab.url()?);
            let make = MakePhone { lang: self.lang, facts: facts.facts, ..plain };
            let phone = Phone::create(self.lab.folder().join("phones").join(&facts.name), &make)?
                .with_budget(self.budget.clone());
            for app in &self.facts.apps {
                if facts.apps.as_ref().is_none_or(|apps| apps.contains(&app.name)) {
                    phone.install(&app.install())?;
                }
            }
            self.phones.insert(facts.name.to_ascii_lowercase(), phone);
        }
        Ok(())
    }

    /// The user principal name of a person: a name without a domain is of the organisation's own.
    pub(crate) fn upn(&self, name: &str) -> String {
        if name.contains('@') { name.to_owned() } else { format!("{name}@{}", self.facts.domain) }
    }

    /// The id of an app.
    pub(crate) fn app_id(&self, app: &str) -> String {
        self.facts.app(app).map_or_else(|| app.to_owned(), |app| app.id.clone())
    }

    /// The administration API in the role of the step.
    pub(crate) fn api(&self) -> anyhow::Result<Api> {
        let token = self.tokens.get(&self.role).context("there is no administrator of this role")?;
        self.lab.api(token)
    }

    /// Acts in this role from now on.
    pub(crate) fn act_as(&mut self, role: Role) -> anyhow::Result<()> {
        if !self.tokens.contains_key(&role) {
            self.tokens.insert(role, self.lab.make_token(role, role.as_str())?);
        }
        self.role = role;
        Ok(())
    }

    /// The reference of a ticket.
    pub(crate) fn ticket(&self, name: &str) -> anyhow::Result<&str> {
        let found = self.tickets.get(&name.to_ascii_lowercase());
        found.map(String::as_str).with_context(|| format!("nobody has made the ticket `{name}` yet"))
    }

    /// Help desk has given out a reference.
    pub(crate) fn note_ticket(&mut self, name: &str, reference: String) {
        self.tickets.insert(name.to_ascii_lowercase(), reference);
    }

    /// The server and its folder.
    pub(crate) fn lab(&mut self) -> &mut Lab {
        &mut self.lab
    }

    /// The address of another organisation's server, which knows nobody.
    pub(crate) fn other_organisation(&mut self) -> anyhow::Result<String> {
        if self.elsewhere.is_none() {
            let mut lab = Lab::new("Hillside School", &Database::Sqlite)?;
            lab.start()?;
            self.elsewhere = Some(lab);
        }
        self.elsewhere.as_ref().context("there is no other organisation")?.url()
    }

    /// Where a copy of a phone is kept.
    pub(crate) fn copy_folder(&self, phone: &str) -> PathBuf {
        self.lab.folder().join("copies").join(phone.to_ascii_lowercase())
    }

    /// A phone.
    pub(crate) fn phone(&self, name: &str) -> anyhow::Result<&Phone> {
        self.phones.get(&name.to_ascii_lowercase()).with_context(|| format!("there is no phone `{name}`"))
    }

    /// Whether an app embeds the client core.
    pub(crate) fn is_managed(&self, phone: &str, app: &str) -> anyhow::Result<bool> {
        Ok(self.phone(phone)?.app(&self.app_id(app))?.managed)
    }

    /// Starts an app without bringing it to the front, unless it is open.
    pub(crate) fn start(&mut self, phone: &str, app: &str) -> anyhow::Result<App> {
        let key = (phone.to_ascii_lowercase(), self.app_id(app));
        if let Some(open) = self.open.get(&key) {
            return Ok(App::clone(&open.handle));
        }
        let handle = self.phone(phone)?.start(&key.1)?;
        let found = App::clone(&handle);
        self.put(phone, app, handle)?;
        Ok(found)
    }

    /// Presses a button of the dialog that an app has on the screen, which may end its process and start another.
    pub(crate) fn press(&mut self, phone: &str, app: &str, press: &Press) -> anyhow::Result<Outcome> {
        let key = (phone.to_ascii_lowercase(), self.app_id(app));
        let open = self.open.remove(&key).map(|open| open.handle);
        match self.phone(phone)?.clone().press(&key.1, open, press) {
            Ok((handle, outcome)) => {
                handle.map_or(Ok(()), |handle| self.put(phone, app, handle))?;
                Ok(outcome)
            }
            Err(error) => {
                self.died.insert(key);
                Err(error.into())
            }
        }
    }

    /// Takes care of an open app; what it has on the screen is there already.
    fn put(&mut self, phone: &str, app: &str, handle: AppHandle) -> anyhow::Result<()> {
        let key = (phone.to_ascii_lowercase(), self.app_id(app));
        let events = handle.events()?;
        self.open.insert(key, Open { handle, events, shown: Vec::new() });
        Ok(())
    }

    /// The app, brought to the front if it was not open.
    pub(crate) fn app(&mut self, phone: &str, app: &str) -> anyhow::Result<App> {
        let was_open = self.is_open(phone, app);
        let handle = self.start(phone, app)?;
        if !was_open {
            handle.foreground()?;
        }
        Ok(handle)
    }

    /// Whether an app is open.
    pub(crate) fn is_open(&self, phone: &str, app: &str) -> bool {
        self.open.contains_key(&(phone.to_ascii_lowercase(), self.app_id(app)))
    }

    /// Ends an app in order, or kills it as the operating system does.
    pub(crate) fn close(&mut self, phone: &str, app: &str, kill: bool) -> anyhow::Result<()> {
        if let Some(open) = self.open.remove(&(phone.to_ascii_lowercase(), self.app_id(app))) {
            if kill { open.handle.kill()? } else { open.handle.close()? }
        }
        Ok(())
    }

    /// Ends every app of a phone.
    pub(crate) fn close_all(&mut self, phone: &str) -> anyhow::Result<()> {
        let apps: Vec<String> = self
            .open
            .keys()
            .filter(|(on, _)| on.eq_ignore_ascii_case(phone))
            .map(|(_, app)| app.clone())
            .collect();
        apps.iter().try_for_each(|app| self.close(phone, app, false))
    }

    /// Forgets what was shown so far: a step begins.
    pub(crate) fn begin_step(&mut self) {
        for open in self.open.values_mut() {
            open.listen();
            open.shown.clear();
        }
    }

    /// The dialogs that an app has shown since the step began.
    pub(crate) fn shown(&mut self, phone: &str, app: &str) -> Vec<Dialog> {
        let key = (phone.to_ascii_lowercase(), self.app_id(app));
        self.open.get_mut(&key).map_or_else(Vec::new, |open| {
            open.listen();
            open.shown.clone()
        })
    }

    /// What is on the screen of an app.
    pub(crate) fn on_screen(&self, phone: &str, app: &str) -> Option<Dialog> {
        self.phone(phone).ok()?.screen(&self.app_id(app)).ok()?
    }

    /// Starts the apps again whose process has died, as a user does.
    pub(crate) fn revive(&mut self) -> anyhow::Result<()> {
        let dead = |open: &Open| matches!(open.handle.status(), Err(PhoneError::Closed(_)));
        let keys: Vec<_> =
            self.open.iter().filter(|(_, open)| dead(open)).map(|(key, _)| key.clone()).collect();
        for key in &keys {
            self.open.remove(key);
        }
        let dead: Vec<_> = keys.into_iter().chain(std::mem::take(&mut self.died)).collect();
        self.revived |= !dead.is_empty();
        dead.iter().try_for_each(|(phone, app)| self.reopen(phone, app))
    }

    /// Whether apps were started again since this was asked last: what they had in memory is gone.
    pub(crate) fn was_revived(&mut self) -> bool {
        std::mem::take(&mut self.revived)
    }

    /// Opens an app, again when it vanishes: in a story of an app that dies as it starts it does so until it says why.
    fn reopen(&mut self, phone: &str, app: &str) -> anyhow::Result<()> {
        for _ in 0..OPENINGS {
            match self.start(phone, app).and_then(|app| Ok(app.foreground()?)) {
                Ok(_) => return Ok(()),
                Err(error) if is_closed(&error) => self.close(phone, app, true)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// How many effects the apps have executed, and whether one of them was killed.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The phones by name.
    pub(crate) fn phones(&self) -> impl Iterator<Item = (&String, &Phone)> {
        self.phones.iter()
    }

    /// Waits until something is so; `false` when it was not within [`PATIENCE`].
    pub(crate) fn wait(
        &mut self,
        is_so: impl FnMut(&mut Self) -> anyhow::Result<bool>,
    ) -> anyhow::Result<bool> {
        self.wait_for(PATIENCE, is_so)
    }

    /// Waits until something is so; `false` when it was not in time.
    pub(crate) fn wait_for(
        &mut self,
        limit: Duration,
        mut is_so: impl FnMut(&mut Self) -> anyhow::Result<bool>,
    ) -> anyhow::Result<bool> {
        let start = Instant::now();
        loop {
            if is_so(self)? {
                return Ok(true);
            }
            if start.elapsed() > limit {
                return Ok(false);
            }
            // Nothing tells when the server or an app in another thread has got further.
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

/// Whether the process of an app had ended.
pub(crate) fn is_closed(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref::<PhoneError>(), Some(PhoneError::Closed(_))))
}

impl Open {
    fn listen(&mut self) {
        for event in self.events.try_iter() {
            if let AppEvent::Dialog(dialog) = event {
                self.shown.push(dialog);
            }
        }
    }
}
