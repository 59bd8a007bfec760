//! Who may be protected at all.

use serde_json::json;

use crate::{Api, text};

/// Gives a user (by id) the licence.
pub fn assign(api: &Api, user: &str) -> anyhow::Result<()> {
    let sku = sku(api)?;
    let body = json!({"addLicenses": [{"skuId": sku, "disabledPlans": []}], "removeLicenses": []});
    api.post(&format!("/v1.0/users/{user}/assignLicense"), &body)?;
    Ok(())
}

/// Takes the licence from a user (by id).
pub fn remove(api: &Api, user: &str) -> anyhow::Result<()> {
    let body = json!({"addLicenses": [], "removeLicenses": [sku(api)?]});
    api.post(&format!("/v1.0/users/{user}/assignLicense"), &body)?;
    Ok(())
}

fn sku(api: &Api) -> anyhow::Result<String> {
    let skus = api.list("/v1.0/subscribedSkus")?;
    let first = skus.first().map(|sku| text(sku, "skuId"));
    first.ok_or_else(|| anyhow::anyhow!("the tenant has no licence to assign"))
}
