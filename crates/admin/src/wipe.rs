//! Selective wipe of app instances.

use serde_json::{Map, Value};

use crate::{Api, escape};

/// The collection of wipe orders.
pub const WIPES: &str = "/api/v1/wipes";

/// Which app instances.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// User principal name or id: all app instances of this user.
    pub user: Option<String>,
    /// Only this app: bundle or package id.
    pub app: Option<String>,
    /// Only the apps of this device (device tag).
    pub device: Option<String>,
    /// One app instance by its id.
    pub instance: Option<String>,
}

impl Target {
    fn body(&self) -> anyhow::Result<Value> {
        anyhow::ensure!(
            self.user.is_some() || self.instance.is_some(),
            "say whose data is to be removed: --user or --instance"
        );
        let parts = [
            ("user", &self.user),
            ("app", &self.app),
            ("deviceTag", &self.device),
            ("instance", &self.instance),
        ];
        let given = parts.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        Ok(given.map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<Map<_, _>>().into())
    }
}

/// The instances that a wipe would reach.
pub fn preview(api: &Api, target: &Target) -> anyhow::Result<Vec<Value>> {
    Ok(items(api.post(&format!("{WIPES}/preview"), &target.body()?)?))
}

/// Orders a wipe and answers the orders, one per instance.
pub fn request(api: &Api, target: &Target) -> anyhow::Result<Vec<Value>> {
    Ok(items(api.post(WIPES, &target.body()?)?))
}

/// All orders, newest first.
pub fn list(api: &Api) -> anyhow::Result<Vec<Value>> {
    let (mut all, mut path) = (Vec::new(), WIPES.to_owned());
    loop {
        let page = api.get(&path)?;
        let next = page.get("next").and_then(Value::as_str).map(escape);
        all.extend(items(page));
        let Some(next) = next else { return Ok(all) };
        path = format!("{WIPES}?after={next}");
    }
}

/// One order.
pub fn status(api: &Api, order: &str) -> anyhow::Result<Value> {
    api.get(&format!("{WIPES}/{}", escape(order)))
}

/// The receipt of an order with everything needed to verify it.
pub fn fetch_receipt(api: &Api, order: &str) -> anyhow::Result<Value> {
    api.get(&format!("{WIPES}/{}/receipt", escape(order)))
}

/// Takes an order back that no phone has carried out yet.
pub fn cancel(api: &Api, order: &str) -> anyhow::Result<()> {
    api.delete(&format!("{WIPES}/{}", escape(order)))?;
    Ok(())
}

fn items(mut answer: Value) -> Vec<Value> {
    match answer.get_mut("value").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}
