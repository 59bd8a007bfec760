//! What every call needs: ids for its path, a body, and an object to remove.

use hyper::Method;
use serde_json::{Value, json};

use super::Operation;
use crate::kit::{
    Answer, Client, World,
    phone::Phone,
    school::{NOTES, School},
};

const TAG: &str = "device-1";

/// A client in an organisation where everything exists once at least.
pub(super) struct Calls {
    client: Client,
    school: School,
    /// Groups that are in no other: one for each time that a member is added.
    outsiders: Vec<String>,
    /// A role that can be assigned.
    role: String,
    /// A filter that an assignment uses.
    filter: Option<String>,
    made: u32,
}

impl Calls {
    pub(super) async fn prepare(world: &World) -> Self {
        let mut school = School::make(world).await;
        let mut phone = Phone::register(world, "kim", NOTES, TAG).await;
        phone.check_in().await;
        // Groups within groups, so that every list of members and parents has something.
        for name in ["School", "Teachers"] {
            school.group(name).await;
        }
        school.join("Staff", "Teachers").await;
        school.join("School", "Staff").await;
        let app = json!({"@odata.type": "#microsoft.graph.managedIOSStoreApp", "displayName": "Notes",
            "publisher": "Example", "bundleId": "com.example.catalogue"});
        let apps = "/v1.0/deviceAppManagement/mobileApps";
        let app = world.admin.post(apps, &app).await.expect(201)["id"].as_str().unwrap().to_owned();
        world.admin.post(&format!("{apps}/{app}/assign"), &app_assignment()).await.expect(204);
        let standard = json!({"displayName": "Standard", "apps": [{"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.example.standard"}}]});
        world
            .admin
            .post("/beta/deviceAppManagement/defaultManagedAppProtections", &standard)
            .await
            .expect(201);
        let device =
            json!({"platform": "ios", "enrolment": "adeUser", "profile": "Staff iPads", "managedBy": "Acme"});
        world.admin.put(&format!("/api/v1/devices/{TAG}"), &device).await.expect(200);
        let mut outsiders = Vec::new();
        for name in ["First", "Second"] {
            school.group(name).await;
            outsiders.push(school.id(name).to_owned());
        }
        let roles = world.admin.get("/beta/deviceManagement/roleDefinitions").await.expect(200);
        let role = roles["value"][0]["id"].as_str().unwrap().to_owned();
        Self { client: world.admin.clone(), school, outsiders, role, filter: None, made: 0 }
    }

    /// Calls one operation in one version.
    pub(super) async fn make(&mut self, operation: &Operation, version: &str) -> Result<Answer, String> {
        let method: Method = operation.method.parse().unwrap();
        let path = self.filled(operation, version).await?;
        let body = match operation.method.as_str() {
            "POST" | "PATCH" => Some(self.body(operation, &path)),
            _ => None,
        };
        Ok(self.client.send(method, &path, body.map(|body| body.to_string().into_bytes())).await)
    }

    /// The path with every `{...-id}` replaced by the id of an object in the collection before it.
    async fn filled(&mut self, operation: &Operation, version: &str) -> Result<String, String> {
        let mut path = format!("/{version}");
        let segments: Vec<&str> = operation.path.trim_start_matches('/').split('/').collect();
        for (index, segment) in segments.iter().enumerate() {
            let last = index + 1 == segments.len();
            if segment.starts_with('{') {
                let id = match *segment {
                    "{user-id}" => self.school.id("kim").to_owned(),
                    "{group-id}" => self.school.id("Staff").to_owned(),
                    // An iOS policy: apps of iOS are sent to it.
                    "{managedAppPolicy-id}" if operation.method != "DELETE" => {
                        self.school.id("Base").to_owned()
                    }
                    "{managedAppStatus-id}" => "managedAppList".to_owned(),
                    "{deviceAndAppManagementAssignmentFilter-id}" => self.used_filter(&path).await?,
                    // What is built in cannot be changed.
                    "{roleScopeTag-id}" if operation.method == "POST" => self.fresh(&path).await?,
                    _ if last && operation.method == "DELETE" => self.fresh(&path).await?,
                    _ => self.any(&path).await?,
                };
                path = format!("{path}/{id}");
            } else {
                path = format!("{path}/{segment}");
            }
        }
        let options = match segments.last().copied().unwrap_or_default() {
            "managedAppStatuses('userstatus')" | "managedAppStatuses('userconfigstatus')" => {
                format!("?userId={}", self.school.id("kim"))
            }
            _ => String::new(),
        };
        Ok(path + &options)
    }

    /// An object of a collection; one is made when it is empty.
    async fn any(&mut self, collection: &str) -> Result<String, String> {
        let answer = self.client.get(collection).await;
        if answer.status != 200 {
            return Err(format!("{collection} answers {}", answer.status));
        }
        match answer.json()["value"][0]["id"].as_str() {
            Some(id) => Ok(id.to_owned()),
            None => self.fresh(collection).await,
        }
    }

    /// A filter on top of a policy's assignment.
    async fn used_filter(&mut self, collection: &str) -> Result<String, String> {
        if let Some(filter) = &self.filter {
            return Ok(filter.clone());
        }
        let filter = self.fresh(collection).await?;
        let (name, app, mut assignment) = (self.name(), self.app("/ios"), self.target());
        assignment["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(filter);
        assignment["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
        let policy = json!({"displayName": name, "apps": [app], "assignments": [assignment]});
        self.client.post("/beta/deviceAppManagement/iosManagedAppProtections", &policy).await.expect(201);
        self.filter = Some(filter.clone());
        Ok(filter)
    }

    /// A new object of a collection.
    async fn fresh(&mut self, collection: &str) -> Result<String, String> {
        let body = self.maker(collection);
        let answer = self.client.post(collection, &body).await;
        if answer.status != 201 {
            return Err(format!(
                "an object for it: {collection} answers {}: {}",
                answer.status,
                answer.text()
            ));
        }
        Ok(answer.json()["id"].as_str().unwrap_or_default().to_owned())
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("Object {}", self.made)
    }

    fn app(&mut self, path: &str) -> Value {
        self.made += 1;
        let id = format!("com.example.app{}", self.made);
        let (kind, member) = if path.contains("/android") {
            ("android", "packageId")
        } else if path.contains("/windows") {
            ("windows", "windowsAppId")
        } else {
            ("ios", "bundleId")
        };
        let kind = if kind == "windows" {
            "windowsAppIdentifier".to_owned()
        } else {
            format!("{kind}MobileAppIdentifier")
        };
        json!({"mobileAppIdentifier": {"@odata.type": format!("#microsoft.graph.{kind}"), member: id}})
    }

    fn target(&self) -> Value {
        json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": self.school.id("Staff")}})
    }

    /// What makes a new object in a collection.
    fn maker(&mut self, collection: &str) -> Value {
        let (name, app) = (self.name(), self.app(collection));
        match collection.rsplit('/').next().unwrap_or_default() {
            "apps" => app,
            "assignments" => {
                let group = self.school.id(["School", "Staff", "Teachers"][self.made as usize % 3]);
                json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}})
            }
            "managedAppPolicies" => json!({"@odata.type": "#microsoft.graph.iosManagedAppProtection",
                "displayName": name, "apps": [app]}),
            "targetedManagedAppConfigurations" => {
                json!({"displayName": name, "appGroupType": "selectedPublicApps",
                "customSettings": [{"name": "server", "value": "mail.example"}], "apps": [app], "assignments": [self.target()], "settings": [setting()]})
            }
            "defaultManagedAppProtections" => json!({"displayName": name, "apps": [app]}),
            "mobileThreatDefenseConnectors" => {
                json!({"@odata.type": "#microsoft.graph.mobileThreatDefenseConnector",
                "iosEnabled": true, "androidEnabled": true})
            }
            "exportJobs" => json!({"reportName": "MAMAppProtectionStatus", "format": "csv"}),
            "roleDefinitions" => {
                json!({"displayName": name, "description": "reads policies", "isBuiltIn": false,
                "rolePermissions": [{"resourceActions": [{
                    "allowedResourceActions": ["Microsoft.Intune_ManagedApps_Read"], "notAllowedResourceActions": []}]}]})
            }
            "roleAssignments" => {
                json!({"displayName": name, "description": "staff", "members": [self.school.id("Teachers")],
                "resourceScopes": [self.school.id("Staff")],
                "roleDefinition@odata.bind": format!("https://graph.microsoft.com/beta/deviceManagement/roleDefinitions('{}')", self.role)})
            }
            "roleScopeTags" => json!({"displayName": name, "description": "a tag"}),
            "assignmentFilters" => json!({"displayName": name, "platform": "iOSMobileApplicationManagement",
                "assignmentFilterManagementType": "apps", "rule": "(app.osVersion -startsWith \"18\")"}),
            "groups" => {
                json!({"displayName": name, "mailEnabled": false, "mailNickname": "x", "securityEnabled": true})
            }
            _ => json!({"displayName": name, "apps": [app], "assignments": [self.target()]}),
        }
    }

    fn body(&mut self, operation: &Operation, path: &str) -> Value {
        let app = self.app(path);
        if operation.method == "PATCH" {
            return if path.contains("/apps/") { app } else { json!({"description": self.name()}) };
        }
        let last = path.rsplit(['/', '.']).next().unwrap_or_default();
        match last {
            "assign" if path.contains("mobileApps") => app_assignment(),
            "assign" => json!({"assignments": [self.target()]}),
            "targetApps" => json!({"appGroupType": "selectedPublicApps", "apps": [app]}),
            "changeSettings" => json!({"settings": [setting()]}),
            "getByIds" => {
                json!({"ids": [self.school.id("kim"), self.school.id("Staff")], "types": ["user", "group"]})
            }
            "$ref" => {
                let member = self.outsiders.pop().unwrap_or_default();
                json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{member}")})
            }
            "$batch" => json!({"requests": [{"id": 1, "method": "GET", "url": "/me"}]}),
            "wipeManagedAppRegistrationsByDeviceTag" | "wipeManagedAppRegistrationByDeviceTag" => {
                json!({"deviceTag": TAG})
            }
            report if report.starts_with("getMobileApplicationManagement") => {
                json!({"select": [], "groupBy": [], "orderBy": [], "search": "", "skip": 0, "top": 50, "filter": "", "name": ""})
            }
            _ => self.maker(operation.path.as_str()),
        }
    }
}

fn app_assignment() -> Value {
    json!({"mobileAppAssignments": [{
        "@odata.type": "#microsoft.graph.mobileAppAssignment", "intent": "available", "settings": null,
        "target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}}]})
}

fn setting() -> Value {
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSetting",
        "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": "com.example.server",
            "simpleSettingValue": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                "value": "mail.example",
            },
        },
    })
}
