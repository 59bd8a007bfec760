//! Users, groups and licences as Graph JSON.

use serde_json::{Map, Value, json};

use super::{Group, Licence, PLAN, PLAN_NAME, SKU, SKU_NAME, User, ops::USER_MEMBERS};
use crate::graph::timestamp;

pub(super) fn user(user: &User, typed: bool) -> Value {
    let mut out = Map::new();
    if typed {
        out.insert("@odata.type".into(), json!("#microsoft.graph.user"));
    }
    out.insert("id".into(), json!(user.id));
    out.insert("userPrincipalName".into(), json!(user.upn));
    out.insert("displayName".into(), json!(user.display_name));
    out.insert("accountEnabled".into(), json!(user.enabled));
    for name in USER_MEMBERS {
        out.insert(name.into(), user.body.get(name).cloned().unwrap_or(Value::Null));
    }
    out.insert("createdDateTime".into(), json!(timestamp(user.created_at)));
    let licences = user
        .licences
        .iter()
        .map(|licence| json!({ "skuId": licence.sku, "disabledPlans": licence.disabled_plans }));
    out.insert("assignedLicenses".into(), licences.collect());
    Value::Object(out)
}

pub(super) fn group(group: &Group, typed: bool) -> Value {
    let mut out = Map::new();
    if typed {
        out.insert("@odata.type".into(), json!("#microsoft.graph.group"));
    }
    out.insert("id".into(), json!(group.id));
    out.insert("displayName".into(), json!(group.display_name));
    for name in ["description", "mailNickname"] {
        out.insert(name.into(), group.body.get(name).cloned().unwrap_or(Value::Null));
    }
    out.insert("mailEnabled".into(), json!(false));
    out.insert("securityEnabled".into(), json!(true));
    out.insert("groupTypes".into(), json!([]));
    out.insert("createdDateTime".into(), json!(timestamp(group.created_at)));
    Value::Object(out)
}

pub(super) fn licence_details(licence: &Licence) -> Value {
    let off = licence.disabled_plans.contains(&PLAN);
    json!({
        "id": licence.sku,
        "skuId": licence.sku,
        "skuPartNumber": SKU_NAME,
        "servicePlans": [{
            "servicePlanId": PLAN,
            "servicePlanName": PLAN_NAME,
            "provisioningStatus": if off { "Disabled" } else { "Success" },
            "appliesTo": "User",
        }],
    })
}

pub(super) fn sku(consumed: i64) -> Value {
    json!({
        "id": SKU,
        "skuId": SKU,
        "skuPartNumber": SKU_NAME,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": consumed,
        // Nobody sells these licences: there are as many as users.
        "prepaidUnits": { "enabled": 1_000_000_000, "suspended": 0, "warning": 0, "lockedOut": 0 },
        "servicePlans": [{
            "servicePlanId": PLAN,
            "servicePlanName": PLAN_NAME,
            "provisioningStatus": "Success",
            "appliesTo": "User",
        }],
    })
}
