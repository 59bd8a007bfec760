//! `/scim/v2`

mod belonging;
mod bulk;
mod disable;
mod discovery;
mod filters;
mod groups;
mod large;
mod patch;
mod tokens;
mod users;

use serde_json::{Value, json};

use crate::kit::{Client, World};

pub(crate) const USERS: &str = "/scim/v2/Users";
pub(crate) const GROUPS: &str = "/scim/v2/Groups";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// A client with a provisioning token.
pub(crate) async fn provisioner(world: &World) -> Client {
    let body = json!({"name": "identity provider", "scim": true});
    let made = world.admin.post("/api/v1/tokens", &body).await.expect(201);
    Client::new(world.server.addr, Some(made["token"].as_str().unwrap().to_owned()))
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

async fn user(client: &Client, name: &str) -> String {
    id(&client.post(USERS, &json!({"userName": name})).await.expect(201))
}

async fn group(client: &Client, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    id(&client.post(GROUPS, &json!({"displayName": name, "members": members})).await.expect(201))
}

fn operations(list: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list})
}

/// The `scimType` of an error, which must be one of this status and form.
#[track_caller]
fn refused(answer: crate::kit::Answer, status: u16) -> String {
    assert_eq!(answer.headers["content-type"], "application/scim+json");
    let error = answer.expect(status);
    assert_eq!(error["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(error["status"], json!(status.to_string()), "{error}");
    assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{error}");
    error["scimType"].as_str().unwrap_or_default().to_owned()
}

fn names(page: &Value, member: &str) -> Vec<String> {
    let resources = page["Resources"].as_array().unwrap();
    resources.iter().map(|resource| resource[member].as_str().unwrap().to_owned()).collect()
}
