//! A server with one organisation, and phones that point at it.

use std::{path::Path, time::Duration};

use ringfence_model::{Millis, Platform};
use ringfence_phone::{AppHandle, Install, MakePhone, Outcome, Phone};
use ringfence_server::{Config, RunningServer, Server, authz::Role, token::NewToken};
use serde_json::{Value, json};

pub(crate) const NOTES: &str = "org.example.notes";
pub(crate) const MAIL: &str = "org.example.mail";
pub(crate) const CHAT: &str = "net.example.chat";
pub(crate) const ADA: &str = "ada@example.org";
pub(crate) const PASSWORD: &str = "a long pass phrase for Ada";
/// What must be found nowhere on a phone in the clear.
pub(crate) const SECRET: &str = "The budget of the fourth quarter is secret.";
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running server and its administrator.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    server: Option<RunningServer>,
    token: String,
    /// Ada's id.
    pub(crate) ada: String,
    /// The policy for Ada's group, by platform.
    pub(crate) policies: [String; 2],
}

const fn index(platform: Platform) -> usize {
    match platform {
        Platform::Ios => 0,
        Platform::Android => 1,
    }
}

impl World {
    /// A server with Ada, her licence, her group and a policy for it on each platform.
    pub(crate) fn new() -> Self {
        let mut world = Self::bare();
        world.ada = world.person(ADA);
        let group = world.admin("POST", "/v1.0/groups", &group("Staff"))["id"].as_str().unwrap().to_owned();
        let member = json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{}", world.url(), world.ada) });
        world.admin("POST", &format!("/v1.0/groups/{group}/members/$ref"), &member);
        world.license(&world.ada.clone());
        world.policies = Platform::ALL.map(|platform| world.policy(platform, &group));
        world
    }

    /// A server with nothing but its administrator.
    fn bare() -> Self {
        Self::bare_with(|_, _| {})
    }

    /// The same, configured otherwise; the folder is for whatever files that needs.
    pub(crate) fn bare_with(configure: impl FnOnce(&mut Config, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let mut config = Config::new(folder.path().join("server"), ([127, 0, 0, 1], 0).into());
        configure(&mut config, folder.path());
        let new = NewToken {
            name: "tests".to_owned(),
            roles: vec![Role::GlobalAdministrator],
            life: Millis::from_days(1),
        };
        let (_, token) = runtime.block_on(ringfence_server::create_token(&config, new)).unwrap();
        let server = runtime.block_on(Server::start(config)).unwrap();
        Self {
            folder,
            runtime,
            server: Some(server),
            token,
            ada: String::new(),
            policies: Default::default(),
        }
    }

    pub(crate) fn url(&self) -> String {
        let server = self.server.as_ref().unwrap();
        format!("{}://{}", if server.tls { "https" } else { "http" }, server.addr)
    }

    /// One call of the administration API; anything but success ends the test.
    pub(crate) fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.try_admin(method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    pub(crate) fn try_admin(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url()))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(if body.is_null() { String::new() } else { body.to_string() })
            .unwrap();
        let mut response = agent.run(request).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) fn person(&self, name: &str) -> String {
        let body = json!({
            "accountEnabled": true,
            "displayName": name,
            "mailNickname": name.split('@').next(),
            "userPrincipalName": name,
            "passwordProfile": { "password": PASSWORD, "forceChangePasswordNextSignIn": false },
        });
        self.admin("POST", "/v1.0/users", &body)["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn license(&self, user: &str) {
        let skus = self.admin("GET", "/v1.0/subscribedSkus", &Value::Null);
        let sku = &skus["value"][0]["skuId"];
        let body = json!({ "addLicenses": [{ "skuId": sku, "disabledPlans": [] }], "removeLicenses": [] });
        self.admin("POST", &format!("/v1.0/users/{user}/assignLicense"), &body);
    }

    fn policy(&self, platform: Platform, group: &str) -> String {
        let made = self.admin("POST", collection(platform), &document(platform, group));
        made["id"].as_str().unwrap().to_owned()
    }

    /// Changes the policy of a platform.
    pub(crate) fn patch(&self, platform: Platform, change: &Value) {
        let path = format!("{}/{}", collection(platform), self.policies[index(platform)]);
        self.admin("PATCH", &path, change);
    }

    /// A phone with two managed apps and an ordinary one.
    pub(crate) fn phone(&self, platform: Platform) -> Phone {
        self.phone_with(&MakePhone::new(platform, self.url()))
    }

    pub(crate) fn phone_with(&self, make: &MakePhone) -> Phone {
        let folder = tempfile::Builder::new().prefix("phone-").tempdir_in(self.folder.path()).unwrap().keep();
        let phone = Phone::create(folder, make).unwrap();
        for id in [NOTES, MAIL] {
            phone.install(&Install::managed(id)).unwrap();
        }
        phone.install(&Install::ordinary(CHAT)).unwrap();
        phone
    }

    pub(crate) fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Opens an app and signs Ada in.
pub(crate) fn signed_in(phone: &Phone, app: &str) -> AppHandle {
    let (handle, _) = phone.open_app(app).unwrap();
    let outcome = handle.sign_in(ADA, PASSWORD).unwrap();
    assert!(outcome.allowed(), "sign-in: {outcome:#?}\n{:#?}", phone.log(app).unwrap());
    let protected = |status: &ringfence_phone::CoreStatus| status.obeyed_version.is_some();
    if let Err(error) = handle.wait_until("protection", PATIENCE, protected) {
        panic!("{error}: {:#?}\n{:#?}", handle.status().unwrap(), phone.log(app).unwrap());
    }
    handle
}

/// Demands that something was allowed.
#[track_caller]
pub(crate) fn allowed(outcome: Outcome) -> Outcome {
    assert!(outcome.allowed(), "{outcome:#?}");
    outcome
}

/// Demands that a rule refused something, with this code on the screen.
#[track_caller]
pub(crate) fn refused(outcome: Outcome, code: &str) -> Outcome {
    assert!(outcome.refused(), "{outcome:#?}");
    assert_eq!(outcome.dialog.as_ref().map(|dialog| dialog.code.as_str()), Some(code), "{outcome:#?}");
    outcome
}

fn group(name: &str) -> Value {
    json!({ "displayName": name, "mailEnabled": false, "mailNickname": name, "securityEnabled": true })
}

const fn collection(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "/beta/deviceAppManagement/iosManagedAppProtections",
        Platform::Android => "/beta/deviceAppManagement/androidManagedAppProtections",
    }
}

fn document(platform: Platform, group: &str) -> Value {
    let (kind, id_kind, id_name) = match platform {
        Platform::Ios => ("iosManagedAppProtection", "iosMobileAppIdentifier", "bundleId"),
        Platform::Android => ("androidManagedAppProtection", "androidMobileAppIdentifier", "packageId"),
    };
    let app = |id: &str| json!({ "mobileAppIdentifier": { "@odata.type": format!("#microsoft.graph.{id_kind}"), id_name: id } });
    json!({
        "@odata.type": format!("#microsoft.graph.{kind}"),
        "displayName": format!("Staff on {platform}"),
        "allowedOutboundDataTransferDestinations": "managedApps",
        "allowedInboundDataTransferSources": "managedApps",
        "allowedOutboundClipboardSharingLevel": "managedApps",
        "allowedOutboundClipboardSharingExceptionLength": 0,
        "saveAsBlocked": true,
        "allowedDataStorageLocations": ["sharePoint"],
        "printBlocked": false,
        "apps": [app(NOTES), app(MAIL)],
        "assignments": [{
            "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group },
        }],
    })
}
