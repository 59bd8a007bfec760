//! Registrations as Graph JSON. What nobody collects is null: names of devices, directory ids, patch levels.

use std::sync::atomic::Ordering;

use ringfence_model::{Platform, UnixMillis};
use serde_json::{Map, Value, json};

use super::{Gathered, sql::Registered};
use crate::{
    graph::{Request, complete, timestamp},
    policies::{self, app_identifier},
    registration::Instance,
    wipe::{Wipe, WipeState},
};

const SET: &str = "deviceAppManagement/managedAppRegistrations";

/// Where a registration is.
pub(super) fn place(instance: &Instance) -> String {
    format!("{SET}('{}')", instance.id)
}

const fn kind(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "iosManagedAppRegistration",
        Platform::Android => "androidManagedAppRegistration",
    }
}

/// What the phone said that Graph has a flag for: a device taken apart, or one that failed its store's examination.
pub(super) fn flags(told: &str) -> Vec<&'static str> {
    let flagged = told
        .split_whitespace()
        .any(|reason| reason.starts_with("device_compromised") || reason.starts_with("integrity_"));
    if flagged { vec!["rootedDevice"] } else { Vec::new() }
}

/// One registration, with what is to be written inside it.
pub(super) fn registration(request: &Request, found: &Registered, gathered: &Gathered) -> Value {
    let instance = &found.instance;
    let live = request.app.phones.sessions.find_active(instance.id);
    let live = live.map(|active| UnixMillis(active.seen_at.load(Ordering::Relaxed))).filter(|at| at.0 > 0);
    let synced = live.max(found.seen_at).unwrap_or(instance.registered_at);
    let managed = gathered.enrolled.contains(&instance.device_tag).then_some(&instance.device_tag);
    let kind = kind(instance.app.platform);
    let members = json!({
        "@odata.type": format!("#microsoft.graph.{kind}"),
        "id": instance.id,
        "createdDateTime": timestamp(instance.registered_at),
        "lastSyncDateTime": timestamp(synced),
        "applicationVersion": instance.versions.app,
        "managementSdkVersion": instance.versions.sdk,
        "platformVersion": instance.versions.os,
        "deviceType": instance.model,
        "deviceTag": instance.device_tag,
        "deviceModel": instance.model,
        "deviceManufacturer": instance.manufacturer,
        "managedDeviceId": managed,
        "flaggedReasons": flags(&found.told),
        "userId": instance.user,
        "appIdentifier": app_identifier(&instance.app),
        "version": format!("\"{}-{}\"", instance.version, instance.state.as_str()),
    });
    let Value::Object(members) = members else { return Value::Null };
    let mut out = complete(kind, request.version, members);
    let place = place(instance);
    for (name, items) in [
        ("appliedPolicies", gathered.applied(request, instance)),
        ("intendedPolicies", gathered.intended(request, instance)),
        ("operations", gathered.operations(instance)),
    ] {
        if request.query.expands(name) {
            let context = format!("{}/$metadata#{place}/{name}", request.context);
            out.insert(format!("{name}@odata.context"), json!(context));
            out.insert(name.to_owned(), Value::Array(items));
        }
    }
    Value::Object(out)
}

/// A policy among those of a registration.
pub(super) fn policy(request: &Request, policy: &policies::Policy) -> Value {
    policies::described(request, policy)
}

/// A wipe order as an operation.
pub(super) fn operation(wipe: &Wipe) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), json!(wipe.id));
    out.insert("displayName".into(), json!("Selective wipe"));
    out.insert("lastModifiedDateTime".into(), json!(timestamp(wipe.ended_at.unwrap_or(wipe.requested_at))));
    out.insert("state".into(), json!(state(wipe.state)));
    out.insert("version".into(), json!(format!("\"{}\"", wipe.state.as_str())));
    Value::Object(out)
}

const fn state(state: WipeState) -> &'static str {
    match state {
        WipeState::Pending => "pending",
        WipeState::Done => "completed",
        WipeState::Failed => "failed",
        WipeState::Cancelled => "cancelled",
        WipeState::Superseded => "superseded",
        WipeState::Expired => "expired",
    }
}

#[cfg(test)]
mod tests {
    use super::flags;

    #[test]
    fn flags_are_what_phones_said() {
        assert_eq!(flags("offline_block device_compromised_block"), ["rootedDevice"]);
        assert_eq!(flags("integrity_warn"), ["rootedDevice"]);
        assert!(flags("os_too_old_block").is_empty() && flags("").is_empty());
    }
}
