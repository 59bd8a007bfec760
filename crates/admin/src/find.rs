//! People write names, the API wants ids: each lookup accepts both and refuses what is ambiguous.

use serde_json::Value;

use super::{Api, ApiError, escape, text};

/// All policies: the polymorphic set of both platforms.
pub const POLICIES: &str = "/beta/deviceAppManagement/managedAppPolicies";

impl Api {
    /// The user with this id or user principal name.
    pub fn user(&self, name: &str) -> anyhow::Result<Value> {
        self.get(&format!("/v1.0/users/{}", escape(name))).map_err(|error| not_found(error, "user", name))
    }

    /// The group with this id or display name.
    pub fn group(&self, name: &str) -> anyhow::Result<Value> {
        one(self.list("/v1.0/groups")?, "group", name)
    }

    /// The policy with this id or display name.
    pub fn policy(&self, name: &str) -> anyhow::Result<Value> {
        one(self.list(POLICIES)?, "policy", name)
    }
}

fn not_found(error: anyhow::Error, noun: &str, name: &str) -> anyhow::Error {
    match error.downcast_ref::<ApiError>() {
        Some(refusal) if refusal.status == 404 => anyhow::anyhow!("there is no {noun} `{name}`"),
        _ => error,
    }
}

fn one(items: Vec<Value>, noun: &str, name: &str) -> anyhow::Result<Value> {
    if let Some(found) = items.iter().find(|item| text(item, "id").eq_ignore_ascii_case(name)) {
        return Ok(found.clone());
    }
    let mut named: Vec<Value> = items.into_iter().filter(|item| text(item, "displayName") == name).collect();
    match (named.pop(), named.len()) {
        (None, _) => anyhow::bail!("there is no {noun} `{name}`"),
        (Some(found), 0) => Ok(found),
        (Some(last), _) => {
            named.push(last);
            let ids: Vec<String> = named.iter().map(|item| text(item, "id")).collect();
            anyhow::bail!("{} {noun} entries are named `{name}`; use the id: {}", ids.len(), ids.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::one;

    #[test]
    fn a_name_finds_exactly_one_or_says_why_not() {
        let items = || {
            vec![
                json!({"id": "1", "displayName": "Staff"}),
                json!({"id": "2", "displayName": "Pupils"}),
                json!({"id": "3", "displayName": "Pupils"}),
            ]
        };
        assert_eq!(one(items(), "group", "Staff").unwrap()["id"], "1");
        assert_eq!(one(items(), "group", "3").unwrap()["id"], "3");
        let twice = one(items(), "group", "Pupils").unwrap_err().to_string();
        assert!(twice.contains("2, 3"), "{twice}");
        assert_eq!(one(items(), "group", "x").unwrap_err().to_string(), "there is no group `x`");
    }
}
