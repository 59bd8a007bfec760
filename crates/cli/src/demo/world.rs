//! What the story happens in: a server in this process, a folder for its data and for the phones.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use ringfence_messages::{Dialog, Lang};
use ringfence_model::Platform;
use ringfence_phone::dialog::{Frame, draw_dialog};
use ringfence_phone::{AppHandle, Install, MakePhone, Phone};
use ringfence_scenario::{Database, Lab};
use ringfence_server::{RunningServer, authz::Role};

use crate::api::Api;

/// How long something may take before the story says that it did not happen.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The password of every person in the story.
pub(super) const PASSWORD: &str = "correct horse battery staple";

/// The folder, the server, the people, the phones.
pub(super) struct World {
    lab: Lab,
    /// The administration API, with the administrator's token.
    api: Option<Api>,
    pub(super) token: String,
    pub(super) admin_password: String,
    pub(super) lang: Lang,
    /// Ids of users, groups and policies by name.
    pub(super) ids: BTreeMap<String, String>,
    pub(super) phones: BTreeMap<&'static str, Phone>,
    /// Apps that stay open: phone and app.
    pub(super) open: BTreeMap<(&'static str, &'static str), AppHandle>,
    /// SHA-256 of the public keys that the phones' key stores held after registration.
    pub(super) keys: Vec<String>,
    /// Instance whose data is wiped.
    pub(super) wiped: Option<String>,
    /// The wipe order that went out.
    pub(super) wipe: Option<String>,
}

impl World {
    pub(super) fn new(lang: Lang) -> anyhow::Result<Self> {
        Ok(Self {
            lab: Lab::new("Lakeside School", &Database::Sqlite)?,
            api: None,
            token: String::new(),
            admin_password: String::new(),
            lang,
            ids: BTreeMap::new(),
            phones: BTreeMap::new(),
            open: BTreeMap::new(),
            keys: Vec::new(),
            wiped: None,
            wipe: None,
        })
    }

    /// Starts the server on a free port of loopback with an embedded database.
    pub(super) fn start_server(&mut self) -> anyhow::Result<&RunningServer> {
        self.lab.start()
    }

    /// Folder of the server's data.
    pub(super) fn data(&self) -> std::path::PathBuf {
        self.lab.data()
    }

    /// The folder of everything.
    pub(super) fn folder(&self) -> &Path {
        self.lab.folder()
    }

    /// The server's address.
    pub(super) fn url(&self) -> anyhow::Result<String> {
        self.lab.url()
    }

    /// Makes an administrator's token and uses it from now on.
    pub(super) fn administer(&mut self) -> anyhow::Result<()> {
        let token = self.lab.make_token(Role::GlobalAdministrator, "demo")?;
        self.api = Some(self.lab.api(&token)?);
        self.token = token;
        Ok(())
    }

    /// The administration API.
    pub(super) fn api(&self) -> anyhow::Result<&Api> {
        self.api.as_ref().context("there is no administrator yet")
    }

    /// The id of something made earlier in the story.
    pub(super) fn id(&self, name: &str) -> anyhow::Result<&str> {
        self.ids.get(name).map(String::as_str).with_context(|| format!("`{name}` was not made"))
    }

    /// Makes a phone with three managed and two ordinary apps.
    pub(super) fn make_phone(&mut self, name: &'static str, platform: Platform) -> anyhow::Result<Phone> {
        let plain = MakePhone::new(platform, self.url()?);
        // Level 3 wants the word of a threat-defence product; a phone that cannot tell stays outside.
        let facts = vec!["threatLevel=secured".to_owned()];
        self.equip(name, &MakePhone { lang: self.lang, facts, ..plain })
    }

    /// The same with a phone that was provisioned with the pin of a root key.
    pub(super) fn make_phone_pinned(
        &mut self,
        name: &'static str,
        platform: Platform,
        pin: &str,
    ) -> anyhow::Result<Phone> {
        let plain = MakePhone::new(platform, self.url()?);
        self.equip(name, &MakePhone { lang: self.lang, pin: Some(pin.to_owned()), ..plain })
    }

    fn equip(&mut self, name: &'static str, make: &MakePhone) -> anyhow::Result<Phone> {
        let phone = Phone::create(self.folder().join(name), make)?;
        for (id, title) in super::story::MANAGED_APPS {
            phone.install(&Install { name: title.to_owned(), ..Install::managed(id) })?;
        }
        for (id, title) in super::story::ORDINARY_APPS {
            phone.install(&Install { name: title.to_owned(), ..Install::ordinary(id) })?;
        }
        self.phones.insert(name, phone.clone());
        Ok(phone)
    }

    /// A phone made earlier.
    pub(super) fn phone(&self, name: &str) -> anyhow::Result<&Phone> {
        self.phones.get(name).with_context(|| format!("`{name}` was not made"))
    }

    /// An app that is open.
    pub(super) fn app(&self, phone: &'static str, app: &'static str) -> anyhow::Result<&AppHandle> {
        self.open.get(&(phone, app)).with_context(|| format!("`{app}` is not open on `{phone}`"))
    }

    /// Says where everything is, and waits until the reader has had enough.
    pub(super) fn linger(&mut self) -> anyhow::Result<()> {
        let url = self.url()?;
        // The apps of the story go to the back, so that the reader may open them.
        for (_, app) in std::mem::take(&mut self.open) {
            app.close()?;
        }
        println!("\nThe server keeps running at {url}");
        println!("  first administrator: admin, one-time password {}", self.admin_password);
        println!("  people: anna@lakeside.example, bram@lakeside.example; password \"{PASSWORD}\"");
        println!("  phones: {0}/iphone and {0}/android", self.folder().display());
        println!("\nTry next, in another terminal:");
        println!("  alias ringfence={}", std::env::current_exe()?.display());
        println!("  export RINGFENCE_SERVER={url} RINGFENCE_TOKEN={}", self.token);
        println!(
            "  ringfence policy effective --user anna@lakeside.example --app org.ringfence.mail --platform ios"
        );
        println!("  ringfence phone status {}/android org.ringfence.notes", self.folder().display());
        println!("  ringfence policy list");
        println!("  ringfence report");
        println!("\nCtrl-C ends the demo and removes its folder.");
        self.lab.block_on(crate::serve::stop_signal())
    }

    /// Closes the apps and stops the server.
    pub(super) fn end(mut self) {
        self.open.clear();
        self.lab.stop();
    }
}

/// A dialog as the phone shows it.
pub(super) fn drawn(dialog: &Dialog) -> String {
    draw_dialog(dialog, Frame::Unicode)
}
