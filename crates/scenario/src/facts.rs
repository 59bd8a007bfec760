//! The facts of a scenario: organisation, people, groups, apps, policies and phones as they are before the first step.

use ringfence_model::{Platform, document::PolicyDocument, settings::Setting};
use serde_json::{Map, Value, json};

use crate::format::{Fields, nearest};

/// What there is before the first step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) organisation: String,
    /// Mail domain of people named without one.
    pub(crate) domain: String,
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) apps: Vec<App>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) phones: Vec<PhoneFacts>,
}

/// A person with a built-in account.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) licensed: bool,
    pub(crate) enabled: bool,
    pub(crate) groups: Vec<String>,
}

/// A group, and the groups that it is in.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) inside: Vec<String>,
}

/// An app of the scenario: on the phones, and if managed in the tenant's catalogue.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) managed: bool,
    pub(crate) requires_policy: bool,
    pub(crate) registers: bool,
    pub(crate) multi_identity: bool,
    pub(crate) switches: bool,
    pub(crate) signer: Option<String>,
    pub(crate) scheme: Option<String>,
    pub(crate) instant: bool,
    pub(crate) accepts: Vec<String>,
    pub(crate) in_catalogue: bool,
    /// Further members of the catalogue entry, as the administration API takes them.
    pub(crate) entry: Map<String, Value>,
}

/// A policy.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) template: Option<String>,
    pub(crate) apps: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) excluded: Vec<String>,
    pub(crate) all_licensed_users: bool,
    pub(crate) platform: Option<Platform>,
    pub(crate) settings: Map<String, Value>,
}

/// A phone.
#[derive(Debug, Clone)]
pub(crate) struct PhoneFacts {
    pub(crate) name: String,
    pub(crate) platform: Option<Platform>,
    pub(crate) facts: Vec<String>,
    pub(crate) apps: Option<Vec<String>>,
}

/// Apps that every scenario has: name, id, title, managed.
const APPS: [(&str, &str, &str, bool); 5] = [
    ("notes", "org.ringfence.notes", "Ringfence Notes", true),
    ("mail", "org.ringfence.mail", "Ringfence Mail", true),
    ("files", "org.ringfence.files", "Ringfence Files", true),
    ("chat", "org.example.chat", "Chatter", false),
    ("photos", "org.example.photos", "Photos", false),
];

impl Facts {
    /// Reads `[facts]`; the names in it are known from here on.
    pub(crate) fn read(file: &Fields<'_>, platforms: &[Platform]) -> Self {
        let mut facts = Self {
            organisation: "Lakeside School".to_owned(),
            domain: "lakeside.example".to_owned(),
            apps: APPS.iter().map(App::usual).collect(),
            ..Self::default()
        };
        if let Some(fields) = file.table("facts") {
            facts.read_tables(&fields, platforms);
            fields.end();
        }
        if facts.phones.is_empty() {
            let (name, facts_of) = ("phone".to_owned(), Vec::new());
            facts.phones.push(PhoneFacts { name, platform: None, facts: facts_of, apps: None });
        }
        file.document().names(|names| {
            names.apps = facts.apps.iter().map(|app| app.name.clone()).collect();
            names.phones = facts.phones.iter().map(|phone| phone.name.clone()).collect();
        });
        facts
    }

    fn read_tables(&mut self, fields: &Fields<'_>, platforms: &[Platform]) {
        self.organisation =
            fields.find_text("organisation").unwrap_or(std::mem::take(&mut self.organisation));
        self.domain = fields.find_text("domain").unwrap_or(std::mem::take(&mut self.domain));
        for app in fields.tables("app") {
            let app = App::read(app, &self.apps);
            self.apps.retain(|other| other.name != app.name);
            self.apps.push(app);
        }
        let groups = fields.tables("group");
        let users = fields.tables("user");
        fields.document().names(|names| {
            names.apps = self.apps.iter().map(|app| app.name.clone()).collect();
            names.groups.extend(groups.iter().filter_map(|group| group.find_text("name")));
            names.users.extend(users.iter().filter_map(|user| user.find_text("name")));
        });
        self.groups = groups.into_iter().map(Group::read).collect();
        self.users = users.into_iter().map(User::read).collect();
        self.phones = fields.tables("phone").into_iter().map(PhoneFacts::read).collect();
        self.policies =
            fields.tables("policy").into_iter().map(|policy| Policy::read(policy, platforms)).collect();
        fields.document().names(|names| {
            names.policies.extend(self.policies.iter().map(|policy| policy.name.clone()));
        });
    }

    /// The app of this name.
    pub(crate) fn app(&self, name: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.name.eq_ignore_ascii_case(name))
    }
}

impl User {
    fn read(fields: Fields<'_>) -> Self {
        let user = Self {
            name: fields.text("name"),
            licensed: fields.find_flag("licensed").unwrap_or(true),
            enabled: fields.find_flag("enabled").unwrap_or(true),
            groups: fields.groups("groups"),
        };
        fields.end();
        user
    }
}

impl Group {
    fn read(fields: Fields<'_>) -> Self {
        let group = Self { name: fields.text("name"), inside: fields.groups("inside") };
        fields.end();
        group
    }
}

impl App {
    /// An app that has a name already is that app with the members written here.
    fn read(fields: Fields<'_>, known: &[App]) -> Self {
        let name = fields.text("name");
        let mut app = match known.iter().find(|app| app.name == name) {
            Some(app) => app.clone(),
            None => Self {
                id: fields.text("id"),
                title: name.clone(),
                managed: true,
                requires_policy: false,
                registers: true,
                multi_identity: true,
                switches: true,
                signer: None,
                scheme: None,
                instant: false,
                accepts: Vec::new(),
                in_catalogue: true,
                entry: Map::new(),
                name,
            },
        };
        app.id = fields.find_text("id").unwrap_or(app.id);
        app.title = fields.find_text("title").unwrap_or(app.title);
        app.managed = fields.find_flag("managed").unwrap_or(app.managed);
        app.requires_policy = fields.flag("requires-policy");
        app.registers = fields.find_flag("registers").unwrap_or(true);
        let kinds = [("multi", true), ("single", false)];
        app.multi_identity = fields.find_choice("identity", &kinds).unwrap_or(true);
        app.switches = fields.find_flag("switches").unwrap_or(true);
        app.signer = fields.find_text("signer");
        app.scheme = fields.find_text("scheme");
        app.instant = fields.flag("instant");
        app.accepts = fields.texts("accepts");
        app.in_catalogue = fields.find_flag("in-catalogue").unwrap_or(app.managed);
        if let Some(entry) = fields.table("entry") {
            app.entry = entry.members().into_iter().map(|(name, value, _)| (name, value)).collect();
        }
        fields.end();
        app
    }
}

impl App {
    /// One of [`APPS`].
    fn usual(&(name, id, title, managed): &(&str, &str, &str, bool)) -> Self {
        Self {
            name: name.to_owned(),
            id: id.to_owned(),
            title: title.to_owned(),
            managed,
            requires_policy: false,
            registers: true,
            multi_identity: true,
            switches: true,
            signer: None,
            scheme: None,
            instant: false,
            accepts: Vec::new(),
            in_catalogue: managed,
            entry: Map::new(),
        }
    }

    /// How it comes onto a phone.
    pub(crate) fn install(&self) -> ringfence_phone::Install {
        use ringfence_phone::Install;
        let install = if self.managed { Install::managed(&self.id) } else { Install::ordinary(&self.id) };
        Install {
            name: self.title.clone(),
            requires_policy: self.requires_policy,
            registers: self.registers,
            multi_identity: self.multi_identity,
            switches: self.switches,
            signer: self.signer.clone(),
            scheme: self.scheme.clone(),
            instant: self.instant,
            accepts: self.accepts.clone(),
            ..install
        }
    }
}

impl PhoneFacts {
    fn read(fields: Fields<'_>) -> Self {
        let name = fields.text("name");
        let text = fields.find_text("platform");
        let phone = Self {
            name,
            platform: fields.parsed("platform", text, str::parse),
            facts: phone_facts(&fields, "facts"),
            apps: fields.has("apps").then(|| fields.apps("apps")),
        };
        fields.end();
        phone
    }
}

/// `FACT = value` of a phone, as `ringfence phone set` takes them; `"unknown"` when the phone cannot tell.
pub(crate) fn phone_facts(fields: &Fields<'_>, name: &'static str) -> Vec<String> {
    let Some(table) = fields.table(name) else { return Vec::new() };
    let known = ringfence_phone::facts::names();
    let mut facts = Vec::new();
    for (name, value, span) in table.members() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let fact = format!("{name}={value}");
        if !known.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            let allowed = near_or_all(&name, &known);
            table.wrong_member(&name, &span, "is no fact of a phone", allowed);
        } else if let Err(error) = ringfence_phone::facts::check(&fact) {
            table.wrong_member(&name, &span, &error.to_string(), Vec::new());
        }
        facts.push(fact);
    }
    facts
}

fn near_or_all(name: &str, known: &[&str]) -> Vec<String> {
    let near = nearest(name, known);
    let names = if near.is_empty() { known } else { &near };
    names.iter().map(|&name| name.to_owned()).collect()
}

impl Policy {
    /// Reads a policy and checks it as the server will, for every platform of the scenario.
    pub(crate) fn read(fields: Fields<'_>, platforms: &[Platform]) -> Self {
        let policy = Self::read_members(&fields, platforms);
        fields.end();
        policy
    }

    /// The same without ending the table.
    pub(crate) fn read_members(fields: &Fields<'_>, platforms: &[Platform]) -> Self {
        let text = fields.find_text("platform");
        let mut policy = Self {
            name: fields.text("name"),
            template: fields.find_text("template"),
            apps: fields.apps("apps"),
            groups: fields.groups("groups"),
            excluded: fields.groups("excluded"),
            all_licensed_users: fields.flag("all-licensed-users"),
            platform: fields.parsed("platform", text, str::parse),
            settings: Map::new(),
        };
        for &platform in platforms {
            if let Err(error) = policy.template_document(platform) {
                fields.wrong("template", &error.to_string(), &["level-1", "level-2", "level-3"]);
            }
        }
        policy.settings = settings(fields, policy.platform.as_slice(), platforms);
        policy
    }

    fn template_document(&self, platform: Platform) -> anyhow::Result<Value> {
        let Some(level) = &self.template else {
            let kind = match platform {
                Platform::Ios => "iosManagedAppProtection",
                Platform::Android => "androidManagedAppProtection",
            };
            return Ok(json!({"@odata.type": format!("#microsoft.graph.{kind}")}));
        };
        ringfence_admin::template::Template::find(&format!("{level}-{platform}"))?.document()
    }

    /// Apps as a policy names them.
    pub(crate) fn cover(apps: &[String], facts: &Facts, platform: Platform) -> Vec<Value> {
        let (kind, id_name) = match platform {
            Platform::Ios => ("iosMobileAppIdentifier", "bundleId"),
            Platform::Android => ("androidMobileAppIdentifier", "packageId"),
        };
        let kind = format!("#microsoft.graph.{kind}");
        apps.iter()
            .filter_map(|name| facts.app(name))
            .map(|app| json!({"mobileAppIdentifier": {"@odata.type": kind, id_name: app.id}}))
            .collect()
    }

    /// The document for a platform, without assignments.
    pub(crate) fn document(&self, facts: &Facts, run: Platform) -> anyhow::Result<Value> {
        let platform = self.platform.unwrap_or(run);
        let mut document = self.template_document(platform)?;
        let apps = Self::cover(&self.apps, facts, platform);
        if let Some(members) = document.as_object_mut() {
            members.insert("displayName".to_owned(), self.name.clone().into());
            members.insert("apps".to_owned(), apps.into());
            members.extend(self.settings.clone());
        }
        Ok(document)
    }
}

/// `settings = { … }`: names of Graph, each checked as the server checks it.
pub(crate) fn settings(fields: &Fields<'_>, own: &[Platform], platforms: &[Platform]) -> Map<String, Value> {
    let Some(table) = fields.table("settings") else { return Map::new() };
    let known: Vec<&str> = Setting::ALL.iter().map(|setting| setting.name()).collect();
    let mut settings = Map::new();
    for (name, value, span) in table.members() {
        if Setting::from_name(&name).is_none() {
            let allowed = nearest(&name, &known).iter().map(|&name| name.to_owned()).collect();
            table.wrong_member(&name, &span, "is no setting of a policy", allowed);
            continue;
        }
        for platform in if own.is_empty() { platforms } else { own } {
            if let Err(problem) = check_setting(*platform, &name, &value) {
                table.wrong_member(&name, &span, &problem, Vec::new());
                break;
            }
        }
        settings.insert(name, value);
    }
    settings
}

fn check_setting(platform: Platform, name: &str, value: &Value) -> Result<(), String> {
    let kind = match platform {
        Platform::Ios => "#microsoft.graph.iosManagedAppProtection",
        Platform::Android => "#microsoft.graph.androidManagedAppProtection",
    };
    let mut document = json!({"@odata.type": kind, "displayName": "policy"});
    if let Some(members) = document.as_object_mut() {
        members.insert(name.to_owned(), value.clone());
    }
    let document = PolicyDocument::parse_value(document).map_err(|error| error.to_string())?;
    document.validate().map_err(|errors| {
        errors.first().map_or_else(String::new, |error| match &error.allowed {
            Some(allowed) => format!("{}; allowed: {allowed}", error.problem),
            None => error.problem.clone(),
        })
    })
}
