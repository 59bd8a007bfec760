//! `/deviceManagement/managedDevices`: devices of which somebody has said how they are enrolled. This server enrols
//! none: what a management system would know of them is empty.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use ringfence_model::{Platform, UserId};
use serde_json::{Value, json};

use super::{Device, Enrolment, sql};
use crate::{
    audit,
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, complete, entity, timestamp},
    http::ApiError,
    registration::{self, Instance},
};

const SET: &str = "deviceManagement/managedDevices";
const PAGE: usize = 1000;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["devicemanagement", "manageddevices"]) => {
            let items = items(request).await?;
            Ok(Some(collection(request, SET, apply(&request.query, items, PAGE)?)))
        }
        ("GET", ["devicemanagement", "manageddevices", _]) => {
            let key = request.key(2);
            let found = items(request).await?.into_iter().find(|item| item["id"].as_str() == Some(key));
            let found = found.ok_or_else(|| Failure::not_found("device", key))?;
            Ok(Some(entity(request, SET, found)))
        }
        _ => Ok(None),
    }
}

/// Enrolled devices in sight. A role for some groups sees those on which somebody of the groups has an app.
async fn items(request: &Request) -> Result<Vec<Value>, ApiError> {
    let proof = authorize(&request.actor, act::ReadDevices)?;
    let sight = request.sight().await?;
    let mut conn = request.app.db.snapshot().await?;
    let devices = sql::list(&mut conn, proof.tenant(), "", i64::MAX).await?;
    let mut owners: BTreeMap<String, Instance> = BTreeMap::new();
    for instance in registration::graph::list_active(&mut conn, proof.tenant()).await? {
        owners.insert(instance.device_tag.clone(), instance);
    }
    drop(conn);
    let mut items = Vec::new();
    let mut people: BTreeSet<UserId> = BTreeSet::new();
    for device in devices.iter().filter(|device| device.enrolment != Enrolment::Unmanaged) {
        let owner = owners.get(&device.device_tag);
        let seen = owner.map_or(sight.is_everything(), |owner| sight.sees_user(owner.user));
        if seen {
            people.extend(owner.map(|owner| owner.user));
            items.push(shown(request, device, owner));
        }
    }
    let objects = people.iter().map(|user| format!("user:{user}"));
    audit::ops::note_read(&request.app, proof.actor(), "device.read", objects).await?;
    Ok(items)
}

fn shown(request: &Request, device: &Device, owner: Option<&Instance>) -> Value {
    let system = match device.platform {
        Platform::Ios => "iOS",
        Platform::Android => "Android",
    };
    let members = json!({
        "id": device.device_tag,
        "userId": owner.map(|owner| owner.user.to_string()),
        "userPrincipalName": device.work_account.as_ref().or(owner.map(|owner| &owner.upn)),
        "operatingSystem": system,
        "osVersion": owner.map(|owner| &owner.versions.os),
        "model": owner.and_then(|owner| owner.model.as_ref()),
        "manufacturer": owner.and_then(|owner| owner.manufacturer.as_ref()),
        "enrollmentProfileName": device.profile,
        "enrolledDateTime": timestamp(device.said_at),
        "lastSyncDateTime": timestamp(device.said_at),
        "managedDeviceOwnerType": "unknown",
        "complianceState": "unknown",
        "managementAgent": "unknown",
        "deviceEnrollmentType": "unknown",
        "deviceRegistrationState": "unknown",
        "partnerReportedThreatState": "unknown",
    });
    match members {
        Value::Object(members) => Value::Object(complete("managedDevice", request.version, members)),
        other => other,
    }
}
