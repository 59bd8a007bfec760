//! Work accounts on the phone as a whole: which are there, in which apps, and taking one away from all of them. Also which
//! identity each app shows, which an app remembers as it remembers the page that was open.

use std::{collections::BTreeMap, path::PathBuf};

use ringfence_client::{Answer, AppRequest, Identity, OtherApp, Way};
use serde::{Deserialize, Serialize};

use crate::{
    App, AppRecord, Outcome, Phone, PhoneError,
    atomic::{self, Access},
};

/// A work account and the apps that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its name.
    pub user_principal_name: String,
    /// Bundle or package ids of the apps.
    pub apps: Vec<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnScreen {
    identity: Identity,
}

impl Phone {
    fn identity_path(&self, app: &str) -> PathBuf {
        self.app_folder(app).join("identity.json")
    }

    /// Whose data an app shows, or will show when it starts.
    pub fn on_screen(&self, app: &str) -> Result<Identity, PhoneError> {
        let kept: Option<OnScreen> = atomic::read_json(&self.identity_path(app))?;
        Ok(kept.map_or(Identity::Work, |kept| kept.identity))
    }

    pub(crate) fn set_on_screen(&self, app: &str, identity: Identity) -> Result<(), PhoneError> {
        atomic::write_json(&self.identity_path(app), &OnScreen { identity }, Access::Ordinary)
    }

    /// Does something in an app: in its open process, or in one that is started for it.
    fn briefly<T>(&self, id: &str, act: impl FnOnce(&App) -> Result<T, PhoneError>) -> Result<T, PhoneError> {
        if let Some(open) = self.find_open(id)? {
            return act(&open);
        }
        let handle = self.start(id)?;
        let result = act(&handle);
        handle.close()?;
        result
    }

    /// The work accounts on the phone, by name; each app is asked.
    ///
    /// # Errors
    /// [`PhoneError::Busy`] when an app is open in another process.
    pub fn accounts(&self) -> Result<Vec<Account>, PhoneError> {
        let mut accounts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for app in self.apps()?.into_iter().filter(|app| app.managed) {
            if let Some(name) = self.briefly(&app.id, App::status)?.user_principal_name {
                accounts.entry(name.to_lowercase()).or_default().push(app.id);
            }
        }
        let account = |(user_principal_name, apps)| Account { user_principal_name, apps };
        Ok(accounts.into_iter().map(account).collect())
    }

    /// Removes a work account from every app on the phone, with its data there; without a name, whichever is there.
    ///
    /// # Errors
    /// [`PhoneError::Missing`] when no app has it, [`PhoneError::Busy`] when an app is open in another process.
    pub fn remove_account(&self, name: Option<&str>) -> Result<Vec<Outcome>, PhoneError> {
        let mut outcomes = Vec::new();
        for account in self.accounts()? {
            if name.is_none_or(|name| name.eq_ignore_ascii_case(&account.user_principal_name)) {
                for app in &account.apps {
                    outcomes.push(self.briefly(app, App::remove_account)?);
                }
            }
        }
        if outcomes.is_empty() {
            return Err(PhoneError::missing("work account", name.unwrap_or("of any name")));
        }
        Ok(outcomes)
    }
}

impl App {
    /// The user changes to the other identity of the app.
    pub fn show(&self, identity: Identity) -> Result<Outcome, PhoneError> {
        let outcome = self.outcome(AppRequest::Show { identity })?;
        if outcome.allowed() {
            self.phone().set_on_screen(self.id(), identity)?;
        }
        Ok(Outcome { identity: Some(self.phone().on_screen(self.id())?), ..outcome })
    }

    /// The apps that a chooser offers for a document, of those that open data of its kind. When the policy keeps all of them
    /// away, the outcome is a refusal (on Android N3).
    pub fn offer_apps(
        &self,
        identity: Identity,
        name: &str,
        way: Way,
    ) -> Result<(Vec<AppRecord>, Outcome), PhoneError> {
        let mut takers = self.phone().apps()?;
        takers.retain(|app| !app.id.eq_ignore_ascii_case(self.id()) && app.accepts(name));
        let candidates = takers.iter().map(|app| OtherApp::named(app.id.clone())).collect();
        let answer = self.ask(AppRequest::Choose { identity, way, candidates })?;
        let offered: Vec<String> = match &answer {
            Answer::Choices(apps) => apps.iter().map(|app| app.id.clone()).collect(),
            _ => Vec::new(),
        };
        takers.retain(|app| offered.contains(&app.id));
        Ok((takers, Outcome::of(self.id(), answer)))
    }

    /// The apps that a picker offers as sources of data for this app. When the policy keeps all of them away, the outcome is a refusal.
    pub fn offer_sources(&self, identity: Identity) -> Result<(Vec<AppRecord>, Outcome), PhoneError> {
        let mut givers = self.phone().apps()?;
        givers.retain(|app| !app.id.eq_ignore_ascii_case(self.id()));
        let candidates = givers.iter().map(|app| OtherApp::named(app.id.clone())).collect();
        let answer = self.ask(AppRequest::Sources { identity, candidates })?;
        let offered: Vec<String> = match &answer {
            Answer::Choices(apps) => apps.iter().map(|app| app.id.clone()).collect(),
            _ => Vec::new(),
        };
        givers.retain(|app| offered.contains(&app.id));
        Ok((givers, Outcome::of(self.id(), answer)))
    }
}
