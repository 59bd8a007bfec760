//! People and their built-in accounts.

use serde_json::{Value, json};

use crate::{Api, escape, text};

/// Creates a user; the display name defaults to the part before the `@`.
pub fn create(api: &Api, user: &str, name: Option<&str>, password: &str) -> anyhow::Result<Value> {
    let nick = user.split('@').next().unwrap_or(user);
    let body = json!({
        "accountEnabled": true,
        "displayName": name.unwrap_or(nick),
        "mailNickname": nick,
        "userPrincipalName": user,
        "passwordProfile": profile(password),
    });
    api.post("/v1.0/users", &body)
}

/// Sets a new password; `user` is a name or an id.
pub fn set_password(api: &Api, user: &str, password: &str) -> anyhow::Result<()> {
    patch(api, user, &json!({"passwordProfile": profile(password)}))
}

/// Takes the second factor off the account; `user` is a name or an id.
pub fn reset_totp(api: &Api, user: &str) -> anyhow::Result<()> {
    let id = text(&api.user(user)?, "id");
    api.delete(&format!("/api/v1/users/{id}/totp")).map(|_| ())
}

/// Enables or disables the account; `user` is a name or an id.
pub fn enable(api: &Api, user: &str, enabled: bool) -> anyhow::Result<()> {
    patch(api, user, &json!({"accountEnabled": enabled}))
}

/// Changes members of a user; `user` is a name or an id.
pub fn patch(api: &Api, user: &str, change: &Value) -> anyhow::Result<()> {
    let id = text(&api.user(user)?, "id");
    api.patch(&format!("/v1.0/users/{}", escape(&id)), change)?;
    Ok(())
}

fn profile(password: &str) -> Value {
    json!({"password": password, "forceChangePasswordNextSignIn": false})
}
