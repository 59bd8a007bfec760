//! What is known of devices besides what their apps report.

use serde_json::{Map, Value};

use crate::{Api, escape};

/// What is said of a device and what its apps report.
pub fn get(api: &Api, tag: &str) -> anyhow::Result<Value> {
    api.get(&path(tag))
}

/// Says how a device was enrolled, instead of what was said before.
pub fn put(api: &Api, tag: &str, said: &Map<String, Value>) -> anyhow::Result<Value> {
    api.put(&path(tag), &Value::Object(said.clone()))
}

/// Forgets what was said of a device.
pub fn delete(api: &Api, tag: &str) -> anyhow::Result<()> {
    api.delete(&path(tag)).map(|_| ())
}

/// Everything that was said, by tag.
pub fn list(api: &Api) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page = api.get(&format!("/api/v1/devices?after={}", escape(&after)))?;
        all.extend(page.get("value").and_then(Value::as_array).into_iter().flatten().cloned());
        match page.get("next").and_then(Value::as_str) {
            Some(next) => next.clone_into(&mut after),
            None => return Ok(all),
        }
    }
}

fn path(tag: &str) -> String {
    format!("/api/v1/devices/{}", escape(tag))
}
