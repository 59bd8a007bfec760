//! An organisation made through the administrator's API: people, groups, licences, policies.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Client, World};

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const NOTES: &str = "com.example.notes";
pub(crate) const MAIL: &str = "com.example.mail";
const PROTECTIONS: &str = "/v1.0/deviceAppManagement/iosManagedAppProtections";

/// Ids by name.
pub(crate) struct School {
    pub(crate) admin: Client,
    ids: HashMap<String, String>,
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

impl School {
    /// Kim and Lou, licensed, in the group *Staff*; the policy *Base* for Notes and Mail assigned to it.
    pub(crate) async fn make(world: &World) -> Self {
        let mut school = Self { admin: world.admin.clone(), ids: HashMap::new() };
        school.group("Staff").await;
        for name in ["kim", "lou"] {
            school.user(name).await;
            school.license(name).await;
            school.join("Staff", name).await;
        }
        school.policy("Base", &[NOTES, MAIL], json!({"pinRequired": true, "minimumPinLength": 4})).await;
        school.assign("Base", &["Staff"], &[]).await;
        school
    }

    /// The same organisation on a server that was started again.
    pub(crate) fn follow(&mut self, world: &World) {
        self.admin = world.admin.clone();
    }

    pub(crate) fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    pub(crate) async fn user(&mut self, name: &str) {
        let body = json!({
            "accountEnabled": true, "displayName": name, "mailNickname": name, "userPrincipalName": upn(name),
            "passwordProfile": {"password": PASSWORD, "forceChangePasswordNextSignIn": false},
        });
        let made = self.admin.post("/v1.0/users", &body).await.expect(201);
        self.ids.insert(name.to_owned(), id(&made));
    }

    pub(crate) async fn license(&self, name: &str) {
        let skus = self.admin.get("/v1.0/subscribedSkus").await.expect(200);
        let sku = &skus["value"][0]["skuId"];
        let body = json!({"addLicenses": [{"skuId": sku, "disabledPlans": []}], "removeLicenses": []});
        self.admin.post(&format!("/v1.0/users/{}/assignLicense", self.id(name)), &body).await.expect(200);
    }

    pub(crate) async fn unlicense(&self, name: &str) {
        let skus = self.admin.get("/v1.0/subscribedSkus").await.expect(200);
        let body = json!({"addLicenses": [], "removeLicenses": [skus["value"][0]["skuId"]]});
        self.admin.post(&format!("/v1.0/users/{}/assignLicense", self.id(name)), &body).await.expect(200);
    }

    pub(crate) async fn enable(&self, name: &str, enabled: bool) {
        let path = format!("/v1.0/users/{}", self.id(name));
        self.admin.patch(&path, &json!({"accountEnabled": enabled})).await.expect(204);
    }

    pub(crate) async fn group(&mut self, name: &str) {
        let body =
            json!({"displayName": name, "mailEnabled": false, "mailNickname": name, "securityEnabled": true});
        let made = self.admin.post("/v1.0/groups", &body).await.expect(201);
        self.ids.insert(name.to_owned(), id(&made));
    }

    pub(crate) async fn join(&self, group: &str, member: &str) {
        let body = json!({"@odata.id": format!("http://x/v1.0/directoryObjects/{}", self.id(member))});
        let path = format!("/v1.0/groups/{}/members/$ref", self.id(group));
        self.admin.post(&path, &body).await.expect(204);
    }

    pub(crate) async fn leave(&self, group: &str, member: &str) {
        let path = format!("/v1.0/groups/{}/members/{}/$ref", self.id(group), self.id(member));
        self.admin.delete(&path).await.expect(204);
    }

    pub(crate) async fn policy(&mut self, name: &str, apps: &[&str], settings: Value) {
        let mut body = settings;
        body["displayName"] = json!(name);
        body["apps"] = apps
            .iter()
            .map(|app| {
                json!({"mobileAppIdentifier": {
                    "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": app }})
            })
            .collect();
        let made = self.admin.post(PROTECTIONS, &body).await.expect(201);
        self.ids.insert(name.to_owned(), id(&made));
    }

    pub(crate) async fn set(&self, policy: &str, change: Value) {
        self.admin.patch(&format!("{PROTECTIONS}/{}", self.id(policy)), &change).await.expect(204);
    }

    pub(crate) async fn assign(&self, policy: &str, includes: &[&str], excludes: &[&str]) {
        let target = |kind: &str, group: &&str| json!({"target": {"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": self.id(group)}});
        let includes = includes.iter().map(|group| target("groupAssignmentTarget", group));
        let excludes = excludes.iter().map(|group| target("exclusionGroupAssignmentTarget", group));
        let body = json!({"assignments": includes.chain(excludes).collect::<Vec<_>>()});
        self.admin.post(&format!("{PROTECTIONS}/{}/assign", self.id(policy)), &body).await.expect(204);
    }
}

pub(crate) fn upn(name: &str) -> String {
    format!("{name}@school.example")
}
