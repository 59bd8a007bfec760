//! The points that behaviour §13 leaves open, decided one by one; deciders, directions, the published table.

use std::{collections::BTreeSet, fs, path::PathBuf};

use ringfence_model::settings::Kind;
use serde_json::json;

use super::super::*;

fn settings(json: &serde_json::Value) -> Settings {
    let members = json.as_object().unwrap().iter();
    ringfence_model::settings::settings_from_json(members).unwrap()
}

/// Setting, parts, merged value; `null` = not in the result. The first part tells the platform by the setting.
const POINTS: &[&str] = &[
    r#"["saveAsBlocked", [{"saveAsBlocked": false}, {"saveAsBlocked": true}], true]"#,
    r#"["saveAsBlocked", [{"saveAsBlocked": false}, {}], false]"#,
    // A number takes the stricter value, never a recommended one; without a PIN its rules have no say.
    r#"["maximumPinRetries", [{"pinRequired": true, "maximumPinRetries": 10}, {"pinRequired": true, "maximumPinRetries": 3}], 3]"#,
    r#"["maximumPinRetries", [{"pinRequired": true, "maximumPinRetries": 10}, {"pinRequired": false, "maximumPinRetries": 3}], 10]"#,
    r#"["periodOfflineBeforeWipeIsEnforced", [{"periodOfflineBeforeWipeIsEnforced": "PT0S"}, {"periodOfflineBeforeWipeIsEnforced": "P90D"}], "P90D"]"#,
    r#"["maximumAllowedDeviceThreatLevel", [{"maximumAllowedDeviceThreatLevel": "low"}, {"maximumAllowedDeviceThreatLevel": "notConfigured"}], "low"]"#,
    // A policy that lets data go anywhere does not take exemptions away.
    r#"["exemptedAppProtocols", [{"allowedOutboundDataTransferDestinations": "managedApps", "exemptedAppProtocols": [{"name": "Default", "value": "tel;maps"}, {"name": "More", "value": "fax"}]}, {"exemptedAppProtocols": []}], [{"name": "Default", "value": "maps;tel"}, {"name": "More", "value": "fax"}]]"#,
    r#"["exemptedAppProtocols", [{"allowedOutboundDataTransferDestinations": "managedApps", "exemptedAppProtocols": [{"name": "More", "value": "tel;fax"}]}, {"allowedOutboundDataTransferDestinations": "managedApps", "exemptedAppProtocols": [{"name": "Fax", "value": "FAX;telex"}]}], [{"name": "Fax", "value": "FAX"}]]"#,
    r#"["exemptedAppProtocols", [{"allowedOutboundDataTransferDestinations": "managedApps", "exemptedAppProtocols": [{"name": "More", "value": "fax"}]}, {"allowedOutboundDataTransferDestinations": "none"}], null]"#,
    r#"["allowedDataStorageLocations", [{"saveAsBlocked": true, "allowedDataStorageLocations": ["box", "sharePoint"]}, {"saveAsBlocked": false, "allowedDataStorageLocations": []}], ["box", "sharePoint"]]"#,
    r#"["allowedDataStorageLocations", [{"saveAsBlocked": true, "allowedDataStorageLocations": ["box", "sharePoint"]}, {"saveAsBlocked": true, "allowedDataStorageLocations": ["box", "egnyte"]}], ["box"]]"#,
    // Two diallers satisfy nobody, and a chosen dialler need not be a managed one.
    r#"["customDialerAppProtocol", [{"dialerRestrictionLevel": "customApp", "customDialerAppProtocol": "a"}, {"dialerRestrictionLevel": "customApp", "customDialerAppProtocol": "b"}], "!none"]"#,
    r#"["customDialerAppProtocol", [{"dialerRestrictionLevel": "customApp", "customDialerAppProtocol": "a"}, {"dialerRestrictionLevel": "allApps", "customDialerAppProtocol": "b"}], "a"]"#,
    r#"["customDialerAppProtocol", [{"dialerRestrictionLevel": "customApp", "customDialerAppProtocol": "a"}, {"dialerRestrictionLevel": "customApp"}], "!none"]"#,
    r#"["customDialerAppProtocol", [{"customDialerAppProtocol": "a"}, {}], "a"]"#,
    r#"["dialerRestrictionLevel", [{"dialerRestrictionLevel": "customApp"}, {"dialerRestrictionLevel": "managedApps"}], "blocked"]"#,
    r#"["dialerRestrictionLevel", [{"dialerRestrictionLevel": "customApp"}, {"dialerRestrictionLevel": "allApps"}], "customApp"]"#,
    // Device lists are intersected; nothing in common allows nothing.
    r#"["allowedIosDeviceModels", [{"allowedIosDeviceModels": "iPhone1;iPhone2"}, {"allowedIosDeviceModels": "IPHONE2;iPad"}], "IPHONE2"]"#,
    r#"["allowedIosDeviceModels", [{"allowedIosDeviceModels": "iPhone1"}, {"allowedIosDeviceModels": "iPad"}], "!none"]"#,
    r#"["allowedIosDeviceModels", [{"allowedIosDeviceModels": "iPhone1"}, {}], "iPhone1"]"#,
    r#"["allowedAndroidDeviceModels", [{"allowedAndroidDeviceModels": ["a"]}, {"allowedAndroidDeviceModels": []}], ["a"]]"#,
    // A check that a policy does not make has no action.
    r#"["appActionIfDeviceComplianceRequired", [{"deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "warn"}, {"deviceComplianceRequired": false, "appActionIfDeviceComplianceRequired": "block"}], "warn"]"#,
    r#"["appActionIfDeviceComplianceRequired", [{"deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "warn"}, {"deviceComplianceRequired": true}], "block"]"#,
    r#"["appActionIfDeviceComplianceRequired", [{"deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "blockWhenSettingIsSupported"}, {"deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "wipe"}], "wipe"]"#,
    r#"["appActionIfUnableToAuthenticateUser", [{"appActionIfUnableToAuthenticateUser": "blockWhenSettingIsSupported"}, {"appActionIfUnableToAuthenticateUser": "warn"}], "block"]"#,
    r#"["gracePeriodToBlockAppsDuringOffClockHours", [{"appActionIfAccountIsClockedOut": "block", "gracePeriodToBlockAppsDuringOffClockHours": "PT10M"}, {"appActionIfAccountIsClockedOut": "block"}], "PT0S"]"#,
    r#"["approvedKeyboards", [{"keyboardsRestricted": true, "approvedKeyboards": [{"name": "a", "value": "A"}, {"name": "b", "value": "B"}]}, {"keyboardsRestricted": true, "approvedKeyboards": [{"name": "b", "value": "Other"}]}], [{"name": "b", "value": "B"}]]"#,
    r#"["minimumRequiredPatchVersion", [{"minimumRequiredPatchVersion": "0000-00-00"}, {"minimumRequiredPatchVersion": "2025-01-05"}], "2025-01-05"]"#,
    r#"["maximumRequiredOsVersion", [{"maximumRequiredOsVersion": "26.10"}, {"maximumRequiredOsVersion": "26.9"}], "26.9"]"#,
    r#"["minimumRequiredOsVersion", [{"minimumRequiredOsVersion": "26.10"}, {"minimumRequiredOsVersion": "26.9"}], "26.10"]"#,
    r#"["customBrowserProtocol", [{"managedBrowserToOpenLinksRequired": true, "customBrowserProtocol": "x"}, {"managedBrowserToOpenLinksRequired": true, "managedBrowser": "microsoftEdge"}], null]"#,
    r#"["customBrowserProtocol", [{"managedBrowserToOpenLinksRequired": true, "customBrowserProtocol": "x"}, {"managedBrowserToOpenLinksRequired": true}], null]"#,
    r#"["customBrowserProtocol", [{"managedBrowserToOpenLinksRequired": true, "customBrowserProtocol": "x"}, {"managedBrowserToOpenLinksRequired": true, "customBrowserProtocol": "y"}], null]"#,
    r#"["customBrowserProtocol", [{"managedBrowserToOpenLinksRequired": true, "customBrowserProtocol": "x"}, {}], "x"]"#,
    r#"["minimumPinLength", [{"pinRequired": true, "minimumPinLength": 0}, {"pinRequired": true, "minimumPinLength": 4}], 4]"#,
    r#"["screenCaptureConfigurationState", [{"screenCaptureConfigurationState": "notBlocked"}, {"screenCaptureConfigurationState": "blocked"}], "blocked"]"#,
];

// acceptance: AT-R3
#[test]
fn decided_points() {
    for point in POINTS {
        let (name, parts, expected): (String, Vec<serde_json::Value>, serde_json::Value) =
            serde_json::from_str(point).unwrap();
        let setting = Setting::from_name(&name).unwrap();
        let platform = setting.spec().platforms[0];
        let parts: Vec<Settings> = parts.iter().map(settings).collect();
        let parts: Vec<Part<'_>> =
            parts.iter().enumerate().map(|(source, settings)| Part { source, platform, settings }).collect();
        let merged = merge(&parts).values();
        let found = merged.get(&setting).map_or(serde_json::Value::Null, |value| setting.to_json(value));
        assert_eq!(found, expected, "{point}");
    }
}

#[test]
fn deciders_name_the_parts() {
    let parts: Vec<Settings> = [
        json!({"saveAsBlocked": true, "printBlocked": false, "minimumRequiredOsVersion": "17.0"}),
        json!({"saveAsBlocked": true, "minimumRequiredOsVersion": "18.0", "deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "warn"}),
        json!({"printBlocked": true, "deviceComplianceRequired": true}),
    ]
    .iter()
    .map(settings)
    .collect();
    let all: Vec<Part<'_>> = parts
        .iter()
        .enumerate()
        .map(|(at, settings)| Part { source: 10 + at, platform: Platform::Ios, settings })
        .collect();
    let effective = merge(&all);
    let deciders = |setting| effective.settings.get(&setting).map(|merged| merged.deciders.clone());
    assert_eq!(deciders(Setting::SaveAsBlocked), Some(vec![10, 11]));
    assert_eq!(deciders(Setting::PrintBlocked), Some(vec![12]));
    assert_eq!(deciders(Setting::MinimumRequiredOsVersion), Some(vec![11]));
    assert_eq!(deciders(Setting::AppActionIfDeviceComplianceRequired), Some(vec![12]), "by its default");
    assert_eq!(deciders(Setting::EncryptAppData), None);
}

#[test]
fn parts_of_another_platform_have_no_say() {
    let (strict, loose) =
        (settings(&json!({"printBlocked": true})), settings(&json!({"printBlocked": false})));
    let parts = [
        Part { source: 0, platform: Platform::Android, settings: &loose },
        Part { source: 1, platform: Platform::Ios, settings: &strict },
    ];
    let effective = merge(&parts);
    assert_eq!(effective.platform, Platform::Android);
    assert_eq!(effective.values(), loose);
    assert!(merge(&[]).settings.is_empty());
}

#[test]
fn directions() {
    let table = [
        ("printBlocked", json!(false), json!(true), Direction::Tighter),
        ("printBlocked", json!(null), json!(false), Direction::Other),
        ("allowedOutboundDataTransferDestinations", json!("none"), json!("allApps"), Direction::Looser),
        (
            "exemptedAppPackages",
            json!([{"name": "a", "value": "a"}]),
            json!([{"name": "b", "value": "b"}]),
            Direction::Other,
        ),
        (
            "exemptedAppPackages",
            json!([{"name": "a", "value": "a;b"}]),
            json!([{"name": "b", "value": "b"}]),
            Direction::Tighter,
        ),
        ("maximumRequiredOsVersion", json!("26.0"), json!(null), Direction::Looser),
        ("dialerRestrictionLevel", json!("managedApps"), json!("customApp"), Direction::Other),
        ("customDialerAppDisplayName", json!("A"), json!("B"), Direction::Other),
        ("periodBeforePinReset", json!("P90D"), json!("PT0S"), Direction::Looser),
    ];
    for (name, before, after, expected) in table {
        let setting = Setting::from_name(name).unwrap();
        let read = |json: &serde_json::Value| setting.from_json(json).unwrap();
        let (old, new) = (read(&before), read(&after));
        assert_eq!(direction(setting, old.as_ref(), new.as_ref()), expected, "{name} {before} {after}");
    }
}

#[test]
fn rules_are_complete_and_gates_have_no_gates() {
    assert_eq!(rules().len(), Setting::ALL.len());
    for rule in rules() {
        assert!(!rule.reason.is_empty());
        for gate in rule.gates {
            assert!(rule_of(gate.setting).gates.is_empty(), "{} of {}", gate.setting, rule.setting);
            let platforms = rule.setting.spec().platforms;
            assert!(platforms.iter().all(|platform| gate.setting.applies_to(*platform)), "{}", rule.setting);
        }
        if let (Join::Ranked(order) | Join::RankedUnless { order, .. }, Kind::Choice(members)) =
            (rule.join, rule.setting.spec().kind)
        {
            assert_eq!(BTreeSet::from_iter(order), BTreeSet::from_iter(members), "{}", rule.setting);
        }
    }
}

#[test]
fn the_published_table_is_up_to_date() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/merge.md");
    let expected = merge_table_markdown();
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/merge.md is out of date: run the tests of ringfence-policy with RINGFENCE_BLESS=1"
    );
}
