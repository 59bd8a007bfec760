//! Groups of users and of groups.

use serde_json::{Value, json};

use crate::Api;

/// Creates a security group.
pub fn create(api: &Api, name: &str) -> anyhow::Result<Value> {
    let nick: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let body = json!({
        "displayName": name,
        "mailEnabled": false,
        "mailNickname": if nick.is_empty() { "group".to_owned() } else { nick },
        "securityEnabled": true,
    });
    api.post("/v1.0/groups", &body)
}

/// Puts a user or a group (by id) into a group (by id).
pub fn add(api: &Api, group: &str, member: &str) -> anyhow::Result<()> {
    let reference = json!({"@odata.id": format!("{}/v1.0/directoryObjects/{member}", api.base())});
    api.post(&format!("/v1.0/groups/{group}/members/$ref"), &reference)?;
    Ok(())
}

/// Takes a user or a group (by id) out of a group (by id).
pub fn remove(api: &Api, group: &str, member: &str) -> anyhow::Result<()> {
    api.delete(&format!("/v1.0/groups/{group}/members/{member}/$ref"))?;
    Ok(())
}
