//! Documents: nothing is lost, every fault has its path, changes and versions behave as Graph clients expect.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    diff::{Direction, diff},
    settings::Value,
};

fn parse(json: Json) -> PolicyDocument {
    PolicyDocument::parse_value(json).unwrap()
}

fn ios(members: &Json) -> PolicyDocument {
    let mut body = json!({"@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "Notes"});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    parse(body)
}

fn paths(document: &PolicyDocument) -> Vec<String> {
    document.validate().err().unwrap_or_default().into_iter().map(|error| error.path).collect()
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "\\PC{0,10}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::vec(("[a-z@.#]{1,8}", inner), 0..5)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// Names that mean something, beside random ones, so that every reader meets wrong forms.
fn any_name() -> impl Strategy<Value = String> {
    let known: Vec<String> = Setting::ALL
        .iter()
        .map(|setting| setting.name().to_owned())
        .chain(
            ["apps", "assignments", "displayName", "appGroupType", "customSettings", "value"]
                .map(str::to_owned),
        )
        .collect();
    prop_oneof![proptest::sample::select(known), "[a-zA-Z@.#]{1,12}"]
}

fn any_body() -> impl Strategy<Value = Map<String, Json>> {
    proptest::collection::vec((any_name(), any_json()), 0..12)
        .prop_map(|members| members.into_iter().collect())
}

proptest! {
    #[test]
    fn parse_then_print_is_the_identity(mut body in any_body(), at in 0..PolicyKind::ALL.len()) {
        body.insert("@odata.type".to_owned(), Json::from(PolicyKind::ALL[at].odata_type()));
        let text = serde_json::to_string(&body).unwrap();
        let document = PolicyDocument::parse_value(serde_json::from_str(&text).unwrap()).unwrap();
        prop_assert_eq!(serde_json::to_string(&document.body).unwrap(), text);
        prop_assert_eq!(document.kind, PolicyKind::ALL[at]);
    }

    #[test]
    fn nothing_panics_and_canonical_ignores_order(body in any_body()) {
        let document = PolicyDocument { kind: PolicyKind::AndroidProtection, body };
        let _ = (document.validate(), document.apps(), document.assignments(), document.custom_settings());
        let _ = (document.project(ApiVersion::V1, &Map::new()), document.project(ApiVersion::Beta, &Map::new()));
        let mut reversed = document.clone();
        reversed.body = document.body.clone().into_iter().rev().collect();
        prop_assert_eq!(document.canonical(), reversed.canonical());
        prop_assert!(diff(&document, &reversed).is_empty());
    }

    #[test]
    fn a_valid_document_has_settings_for_all_it_sets(body in any_body()) {
        let document = PolicyDocument { kind: PolicyKind::IosProtection, body };
        let faults = paths(&document);
        for (setting, json) in document.settings_json() {
            let faulty = faults.iter().any(|path| path.starts_with(setting.name()));
            prop_assert_eq!(setting.from_json(json).is_err(), faulty, "{}", setting);
        }
    }
}

#[test]
fn the_kind_is_found() {
    let table = [
        (json!({"@odata.type": "#microsoft.graph.iosManagedAppProtection"}), PolicyKind::IosProtection),
        (
            json!({"@odata.type": "microsoft.graph.ANDROIDManagedAppProtection"}),
            PolicyKind::AndroidProtection,
        ),
        (json!({"@odata.type": "#graph.targetedManagedAppConfiguration"}), PolicyKind::TargetedConfiguration),
        (
            json!({"@odata.context": "https://graph.example/beta/$metadata#deviceAppManagement/androidManagedAppProtections(apps())/$entity"}),
            PolicyKind::AndroidProtection,
        ),
        (
            json!({"apps": [{"mobileAppIdentifier": {"bundleId": "com.example.a"}}]}),
            PolicyKind::IosProtection,
        ),
        (json!({"displayName": "x", "customSettings": []}), PolicyKind::TargetedConfiguration),
        (
            json!({"@odata.type": "#microsoft.graph.windowsManagedAppProtection"}),
            PolicyKind::WindowsProtection,
        ),
    ];
    for (body, kind) in table {
        assert_eq!(parse(body.clone()).kind, kind, "{body}");
    }
    for wrong in [
        json!({}),
        json!({"@odata.type": "#microsoft.graph.managedAppProtection"}),
        json!({"@odata.type": 4}),
        json!({"@odata.type": "#microsoft.graph.deviceConfiguration", "displayName": "x"}),
        json!([]),
        json!("x"),
    ] {
        assert!(PolicyDocument::parse_value(wrong.clone()).is_err(), "{wrong}");
    }
    let base = json!({"@odata.type": "#microsoft.graph.managedAppProtection"});
    assert!(PolicyDocument::parse_as(PolicyKind::IosProtection, base).is_ok());
    let other = json!({"@odata.type": "#microsoft.graph.androidManagedAppProtection"});
    assert!(PolicyDocument::parse_as(PolicyKind::IosProtection, other).is_err());
}

#[test]
fn every_fault_is_reported_with_its_path() {
    let android =
        json!({"@odata.type": "#microsoft.graph.androidMobileAppIdentifier", "packageId": "com.example.a"});
    let document = ios(&json!({
        "displayName": "  ",
        "minimumPinLength": 99,
        "pinRequired": "yes",
        "appGroupType": "someApps",
        "targetedAppManagementLevels": "unmanaged,loose",
        "apps": [
            {"mobileAppIdentifier": {"@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.example.a"}},
            {"mobileAppIdentifier": {"@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": ""}},
            {"mobileAppIdentifier": android},
            {"mobileAppIdentifier": {"bundleId": "bad id!"}},
            {},
            "x",
        ],
        "assignments": [
            {"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "everyone"}},
            {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}},
        ],
        "exemptedAppProtocols": [{"name": "a", "value": ""}],
        "minimumRequiredOsVersion": "18.0",
        "maximumRequiredOsVersion": "17.0",
        "roleScopeTagIds": "0",
    }));
    let mut found = paths(&document);
    found.sort();
    assert_eq!(
        found,
        [
            "appGroupType",
            "apps[1].mobileAppIdentifier.bundleId",
            "apps[2].mobileAppIdentifier.packageId",
            "apps[3].mobileAppIdentifier.bundleId",
            "apps[4].mobileAppIdentifier",
            "apps[5]",
            "assignments[0].target.groupId",
            "assignments[1].target.@odata.type",
            "displayName",
            "exemptedAppProtocols[0].value",
            "maximumRequiredOsVersion",
            "minimumPinLength",
            "pinRequired",
            "roleScopeTagIds",
            "targetedAppManagementLevels",
        ]
    );
}

#[test]
fn names_are_required_and_bounded() {
    let nameless = parse(json!({"@odata.type": "#microsoft.graph.iosManagedAppProtection"}));
    assert_eq!(paths(&nameless), ["displayName"]);
    for wrong in [json!(null), json!(4), json!(""), json!("x".repeat(257)), json!("a\u{7}")] {
        assert_eq!(paths(&ios(&json!({"displayName": wrong}))), ["displayName"], "{wrong}");
    }
    assert_eq!(paths(&ios(&json!({"description": "x".repeat(10_001)}))), ["description"]);
    assert!(paths(&ios(&json!({"description": null, "displayName": "é".repeat(256)}))).is_empty());
}

#[test]
fn what_real_exports_carry_is_tolerated() {
    let document = ios(&json!({
        "periodBeforePinResetRequired": true,
        "pinRequiredInsteadOfBiometric": true,
        "shareWithBrowserVirtualSetting": "anyApp",
        "minimumPinLength@odata.type": "#Int32",
        "#microsoft.graph.assign": {"title": "x"},
        "screenCaptureBlocked": "a member of the other platform is not judged",
        "deployedAppCount": 3, "isAssigned": false, "version": "\"1\"", "id": "T_1",
        "mobileAppIdentifierDeployments": [{"mobileAppIdentifier": {"bundleId": "com.example.old"}}],
        "assignments": [{"id": "x_incl", "source": "direct", "target": {"groupId": "0191D0C4-6A00-7000-8000-000000000001"}}],
    }));
    assert_eq!(document.validate(), Ok(()));
    assert_eq!(document.apps().len(), 1);
    assert_eq!(document.missing_apps(), None);
    assert!(document.with_apps(Vec::new()).apps().is_empty());
    assert!(matches!(document.assignments()[..], [AssignmentTarget::Include(_)]));
}

#[test]
fn a_policy_for_selected_apps_without_apps_is_told() {
    assert_eq!(ios(&json!({})).missing_apps().unwrap().path, "apps");
    assert_eq!(ios(&json!({"apps": []})).missing_apps().unwrap().path, "apps");
    assert_eq!(ios(&json!({"appGroupType": "allApps"})).missing_apps(), None);
    assert_eq!(ios(&json!({"appGroupType": "AllMicrosoftApps"})).app_group(), AppGroup::AllMicrosoftApps);
}

#[test]
fn v1_and_beta_read_differently_and_lose_nothing() {
    let document = ios(&json!({
        "id": "T_1", "apps": [], "periodBeforePinReset": "PT1440M", "pinCharacterSet": "Numeric",
        "faceIdBlocked": null, "notificationRestriction": "block", "mobileThreatDefensePartnerPriority": null,
        "harbour": {"b": 1, "a": 2},
    }));
    let (v1, beta) =
        (document.project(ApiVersion::V1, &Map::new()), document.project(ApiVersion::Beta, &Map::new()));
    for view in [&v1, &beta] {
        assert_eq!(view["periodBeforePinReset"], json!("P1D"));
        assert_eq!(view["pinCharacterSet"], json!("numeric"));
        assert_eq!(view["faceIdBlocked"], json!(false));
        assert_eq!(view["notificationRestriction"], json!("block"));
        assert_eq!(view["harbour"].to_string(), r#"{"b":1,"a":2}"#);
        assert_eq!(view["maximumPinRetries"], json!(5));
        assert_eq!(view["description"], Json::Null);
        assert!(!view.contains_key("id") && !view.contains_key("apps") && !view.contains_key("@odata.type"));
    }
    assert_eq!(beta["mobileThreatDefensePartnerPriority"], Json::Null);
    assert_eq!(beta["exemptedAppProtocols"], json!([]));
    assert_eq!(beta["targetedAppManagementLevels"], json!("unspecified"));
    assert!(
        !v1.contains_key("mobileThreatDefensePartnerPriority")
            && !v1.contains_key("thirdPartyKeyboardsBlocked")
    );
    assert_eq!(v1.len(), 2 + 31 + 2, "names, settings, and the two that the document brings");
    assert_eq!(beta.len(), 2 + 3 + 70 + 1);
}

#[test]
fn a_patch_merges_at_the_top_and_is_validated() {
    let document = ios(&json!({
        "pinRequired": true, "minimumPinLength": 4, "customBrowserProtocol": "web", "harbour": 1,
        "managedBrowser": "microsoftEdge", "targetedAppManagementLevels": "mdm, Unmanaged",
        "apps": [{"mobileAppIdentifier": {"bundleId": "com.example.a"}}],
    }));
    let patch = json!({
        "minimumPinLength": 6, "customBrowserProtocol": null, "id": "T_2", "version": "9", "apps": [],
        "pinRequired@odata.type": "#Boolean", "sailing": true, "managedBrowser": "", "targetedAppManagementLevels": "",
    });
    let next = document.merge_patch(patch.as_object().unwrap()).unwrap();
    assert_eq!(next.settings().get(&Setting::MinimumPinLength), Some(&Value::Int(6)));
    assert_eq!(next.settings().get(&Setting::PinRequired), Some(&Value::Bool(true)));
    assert_eq!(next.settings().get(&Setting::CustomBrowserProtocol), None);
    assert_eq!((&next.body["harbour"], &next.body["sailing"]), (&json!(1), &json!(true)));
    assert_eq!(next.apps().len(), 1);
    assert_eq!(next.body["managedBrowser"], json!("microsoftEdge"));
    assert_eq!(next.management_levels().len(), 2);
    assert!(!next.body.contains_key("id"));
    let wrong = json!({"pinRequired": null, "displayName": null, "minimumPinLength": "six"});
    let mut found: Vec<String> =
        document.merge_patch(wrong.as_object().unwrap()).unwrap_err().into_iter().map(|e| e.path).collect();
    found.sort();
    assert_eq!(found, ["displayName", "minimumPinLength", "pinRequired"]);
    let typed = json!({"@odata.type": "#microsoft.graph.androidManagedAppProtection"});
    assert_eq!(document.merge_patch(typed.as_object().unwrap()).unwrap_err()[0].path, "@odata.type");
}

#[test]
fn the_canonical_form_ignores_spelling() {
    let a = ios(&json!({
        "periodOfflineBeforeAccessCheck": "PT720M", "managedBrowser": "MicrosoftEdge", "id": "T_1", "faceIdBlocked": null,
        "apps": [{"mobileAppIdentifier": {"bundleId": "com.example.B"}}, {"mobileAppIdentifier": {"bundleId": "com.example.a"}}],
    }));
    let b = ios(&json!({
        "apps": [
            {"id": "1", "mobileAppIdentifier": {"@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.example.a"}},
            {"mobileAppIdentifier": {"bundleId": "com.example.b"}},
        ],
        "managedBrowser": "microsoftEdge", "periodOfflineBeforeAccessCheck": "PT12H",
    }));
    assert_eq!(String::from_utf8(a.canonical()).unwrap(), String::from_utf8(b.canonical()).unwrap());
    assert!(diff(&a, &b).is_empty());
    let c = b.merge_patch(
        json!({"periodOfflineBeforeAccessCheck": "PT6H", "displayName": "Other"}).as_object().unwrap(),
    );
    let changes = diff(&a, &c.unwrap());
    assert_eq!(
        changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(),
        ["displayName", "periodOfflineBeforeAccessCheck"]
    );
    assert_eq!(changes[1].before, Some(json!("PT12H")));
    assert!(changes.iter().all(|change| change.direction == Direction::Other));
}

#[test]
fn configurations_know_their_tokens() {
    let document = parse(json!({
        "@odata.type": "#microsoft.graph.targetedManagedAppConfiguration", "displayName": "x",
        "customSettings": [
            {"name": "a", "value": "{{ UserPrincipalName }}"},
            {"name": "b", "value": "{{shoeSize}}"},
            {"name": "", "value": "x"},
            {"value": "x"},
            {"name": "c", "value": 4},
            {"name": "d", "value": "  kept as it is\u{0} {{"},
        ],
    }));
    assert_eq!(
        paths(&document),
        [
            "customSettings[1].value",
            "customSettings[2].name",
            "customSettings[3].name",
            "customSettings[4].value",
        ]
    );
    assert_eq!(document.custom_settings().len(), 2);
    assert_eq!(document.custom_settings()[1].value, "  kept as it is\u{0} {{");
}

#[test]
fn assignments_keep_their_filter() {
    let group = "0191d0c4-6a00-7000-8000-000000000001";
    let filter = "0191d0c4-6a00-7000-8000-0000000000f1";
    let to = |mode: Json, id: Json| {
        json!({"target": {"@odata.type": "microsoft.graph.groupAssignmentTarget", "groupId": group,
            "deviceAndAppManagementAssignmentFilterId": id, "deviceAndAppManagementAssignmentFilterType": mode}})
    };
    let document = ios(&json!({"assignments": [to(json!("Include"), json!(filter))]}));
    assert_eq!(document.validate(), Ok(()));
    let [one] = document.filtered_assignments()[..] else { panic!("one assignment") };
    assert_eq!(one.filter.map(|(_, mode)| mode), Some(FilterMode::Include));
    assert_eq!(one.to_json()["target"]["deviceAndAppManagementAssignmentFilterId"], json!(filter));
    assert_eq!(Assignment::parse("", &one.to_json()), Ok(one));
    for (mode, id, fault) in [
        (json!("none"), json!(filter), None),
        (json!(null), json!(null), None),
        (json!("include"), json!(null), Some("deviceAndAppManagementAssignmentFilterId")),
        (json!("sometimes"), json!(filter), Some("deviceAndAppManagementAssignmentFilterType")),
    ] {
        let found = paths(&ios(&json!({"assignments": [to(mode.clone(), id)]})));
        let wanted: Vec<_> = fault.map(|name| format!("assignments[0].target.{name}")).into_iter().collect();
        assert_eq!(found, wanted, "{mode}");
    }
    let twice =
        ios(&json!({"assignments": [to(json!("none"), json!(null)), to(json!("exclude"), json!(filter))]}));
    assert_eq!(paths(&twice), ["assignments[1].target"]);
}

#[test]
fn the_wire_has_an_order_and_every_kind_its_properties() {
    let owned: Map<String, Json> =
        ["id", "version", "createdDateTime", "lastModifiedDateTime", "isAssigned", "deployedAppCount"]
            .map(|name| (name.to_owned(), json!("server")))
            .into_iter()
            .collect();
    let names = |kind: PolicyKind, version| {
        let document = PolicyDocument { kind, body: Map::from_iter([("displayName".into(), json!("x"))]) };
        document.project(version, &owned).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    // The numbers are those of the schema.
    for (kind, v1, beta) in [
        (PolicyKind::IosProtection, 39, 81),
        (PolicyKind::AndroidProtection, 42, 101),
        (PolicyKind::DefaultProtection, 43, 112),
        (PolicyKind::TargetedConfiguration, 9, 12),
        (PolicyKind::WindowsInformationProtection, 40, 41),
        (PolicyKind::MdmWindowsInformationProtection, 28, 29),
    ] {
        assert_eq!(names(kind, ApiVersion::V1).len(), v1, "{kind:?}");
        assert_eq!(names(kind, ApiVersion::Beta).len(), beta, "{kind:?}");
    }
    assert_eq!(names(PolicyKind::WindowsProtection, ApiVersion::Beta).len(), 29);
    let ios = names(PolicyKind::IosProtection, ApiVersion::Beta);
    let head =
        ["displayName", "description", "createdDateTime", "lastModifiedDateTime", "roleScopeTagIds", "id"];
    assert_eq!(ios[..6], head);
    let place = |name: &str| ios.iter().position(|one| one == name).unwrap();
    assert!(place("isAssigned") < place("targetedAppManagementLevels"));
    assert_eq!(place("deployedAppCount"), place("minimumRequiredSdkVersion") + 1);
    assert_eq!(place("appActionIfAccountIsClockedOut"), place("appActionIfIosDeviceModelNotAllowed") + 1);
}

#[test]
fn kinds_that_no_phone_obeys_are_checked_and_kept() {
    let windows = parse(json!({
        "@odata.type": "#microsoft.graph.windowsManagedAppProtection", "displayName": "Edge", "printBlocked": true,
        "allowedOutboundClipboardSharingLevel": "None", "periodOfflineBeforeAccessCheck": "PT1440M",
        "apps": [{"mobileAppIdentifier": {"@odata.type": "#microsoft.graph.windowsAppIdentifier", "windowsAppId": "com.microsoft.edge"}}],
    }));
    assert_eq!(windows.validate(), Ok(()));
    let view = windows.project(ApiVersion::Beta, &Map::new());
    assert_eq!(view["allowedOutboundClipboardSharingLevel"], json!("none"));
    assert_eq!(view["periodOfflineBeforeAccessCheck"], json!("P1D"));
    assert_eq!(view["mobileThreatDefenseRemediationAction"], json!("block"));
    let wrong = parse(json!({
        "@odata.type": "#microsoft.graph.windowsInformationProtectionPolicy", "displayName": "Old",
        "enforcementLevel": "strict", "pinMinimumLength": "4", "protectedApps": {}, "iconsVisible": 1,
        "exemptAppLockerFiles": [7],
    }));
    let mut found = paths(&wrong);
    found.sort();
    let faults =
        ["enforcementLevel", "exemptAppLockerFiles[0]", "iconsVisible", "pinMinimumLength", "protectedApps"];
    assert_eq!(found, faults);
    let default = parse(json!({
        "@odata.type": "#microsoft.graph.defaultManagedAppProtection", "displayName": "Everybody",
        "faceIdBlocked": true, "screenCaptureBlocked": true, "encryptAppData": "yes",
    }));
    assert_eq!(paths(&default), ["encryptAppData"]);
}
