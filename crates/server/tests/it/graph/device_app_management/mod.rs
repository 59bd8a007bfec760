mod bad_input;
mod corpus;
mod importers;
mod kinds;
mod mobile_apps;
mod parts;
mod policies;
mod registrations;

use serde_json::{Value, json};

/// A small iOS policy of our own.
pub(crate) fn ios(name: &str) -> Value {
    json!({
        "displayName": name,
        "description": "notes and mail",
        "periodOfflineBeforeAccessCheck": "PT12H",
        "allowedOutboundDataTransferDestinations": "managedApps",
        "pinRequired": true,
        "minimumPinLength": 6,
        "contosoExtension": {"kept": [1, null, {"deep": true}]},
        "apps": [
            {"mobileAppIdentifier": {
                "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.example.Notes" } }
        ],
    })
}

pub(crate) const SET: &str = "/v1.0/deviceAppManagement/iosManagedAppProtections";
