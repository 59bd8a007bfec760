//! What a scenario calls its people, groups, apps, policies and phones; steps refer to these names.

use super::fields::Fields;

/// The names known while a file is read.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) users: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) apps: Vec<String>,
    pub(crate) policies: Vec<String>,
    pub(crate) phones: Vec<String>,
    pub(crate) tickets: Vec<String>,
}

impl Fields<'_> {
    fn known(
        &self,
        name: &'static str,
        text: Option<String>,
        what: &str,
        pick: fn(&Names) -> &Vec<String>,
    ) -> String {
        let Some(text) = text else { return String::new() };
        let known = self.document().names(|names| pick(names).clone());
        if !text.is_empty() && !known.iter().any(|known| known.eq_ignore_ascii_case(&text)) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            self.wrong(name, &format!("is no {what} of this scenario"), &known);
        }
        text
    }

    /// A user of the scenario.
    pub(crate) fn user(&self, name: &'static str) -> String {
        self.known(name, Some(self.text(name)), "user", |names| &names.users)
    }

    /// A user of the scenario, if written.
    pub(crate) fn find_user(&self, name: &'static str) -> Option<String> {
        self.has(name).then(|| self.user(name))
    }

    /// A group of the scenario.
    pub(crate) fn group(&self, name: &'static str) -> String {
        self.known(name, Some(self.text(name)), "group", |names| &names.groups)
    }

    /// Groups of the scenario; empty when not written.
    pub(crate) fn groups(&self, name: &'static str) -> Vec<String> {
        let all = self.texts(name);
        for group in &all {
            self.known(name, Some(group.clone()), "group", |names| &names.groups);
        }
        all
    }

    /// An app of the scenario.
    pub(crate) fn app(&self, name: &'static str) -> String {
        self.known(name, Some(self.text(name)), "app", |names| &names.apps)
    }

    /// An app of the scenario, if written.
    pub(crate) fn find_app(&self, name: &'static str) -> Option<String> {
        self.has(name).then(|| self.app(name))
    }

    /// Apps of the scenario; empty when not written.
    pub(crate) fn apps(&self, name: &'static str) -> Vec<String> {
        let all = self.texts(name);
        for app in &all {
            self.known(name, Some(app.clone()), "app", |names| &names.apps);
        }
        all
    }

    /// A policy of the scenario.
    pub(crate) fn policy(&self, name: &'static str) -> String {
        self.known(name, Some(self.text(name)), "policy", |names| &names.policies)
    }

    /// A ticket of the scenario.
    pub(crate) fn ticket(&self, name: &'static str) -> String {
        self.known(name, Some(self.text(name)), "ticket", |names| &names.tickets)
    }

    /// The phone concerned: `phone` unless another is named.
    pub(crate) fn phone(&self) -> String {
        let named = self.find_text("phone").unwrap_or_else(|| "phone".to_owned());
        self.known("phone", Some(named), "phone", |names| &names.phones)
    }
}
