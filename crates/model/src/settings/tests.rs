//! The table has the size that the schema says; values survive their Graph form; wrong forms are refused with reasons.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn any_text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9._-]{1,12}"
}

fn any_set(members: &'static [&'static str]) -> impl Strategy<Value = BTreeSet<&'static str>> {
    proptest::collection::btree_set(proptest::sample::select(members), 0..=members.len())
}

fn any_value(setting: Setting) -> BoxedStrategy<Value> {
    match setting.spec().kind {
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Int { min, max } => (min..=max).prop_map(Value::Int).boxed(),
        Kind::Choice(members) => proptest::sample::select(members).prop_map(Value::Choice).boxed(),
        Kind::Flags(members) => any_set(&members[1..]).prop_map(Value::Flags).boxed(),
        Kind::Choices(members) => any_set(members).prop_map(Value::Choices).boxed(),
        Kind::Span => (1_u64..10_000_000_000).prop_map(|millis| Value::Span(Millis(millis))).boxed(),
        Kind::Version => (1_u32..99, any::<[u32; 3]>())
            .prop_map(|(major, [a, b, c])| Value::Version(Version([major, a, b, c])))
            .boxed(),
        Kind::Date => (2000..2100, 1..13, 1..29)
            .prop_map(|(year, month, day)| Value::Date(format!("{year:04}-{month:02}-{day:02}")))
            .boxed(),
        Kind::Text => any_text().prop_map(Value::Text).boxed(),
        Kind::Texts | Kind::JoinedTexts => {
            proptest::collection::vec(any_text(), 1..5).prop_map(Value::Texts).boxed()
        }
        Kind::Pairs => proptest::collection::vec((any_text(), any_text()), 0..5)
            .prop_map(|pairs| {
                Value::Pairs(pairs.into_iter().map(|(name, value)| Pair { name, value }).collect())
            })
            .boxed(),
    }
}

fn any_setting_with_value() -> impl Strategy<Value = (Setting, Value)> {
    proptest::sample::select(Setting::ALL).prop_flat_map(|setting| (Just(setting), any_value(setting)))
}

proptest! {
    #[test]
    fn a_value_survives_its_graph_form((setting, value) in any_setting_with_value()) {
        let json = setting.to_json(&value);
        prop_assert_eq!(setting.from_json(&json), Ok(Some(value)));
    }

    #[test]
    fn a_span_survives_its_text(millis in 0_u64..3_000_000_000_000) {
        let span = Millis(millis);
        prop_assert_eq!(parse_span(&format_span(span)), Some(span));
    }

    #[test]
    fn any_text_is_a_span_or_not_without_panic(text in "\\PC{0,20}") {
        let _ = parse_span(&text);
        let _ = Setting::MinimumRequiredPatchVersion.from_json(&json!(text));
        let _ = Setting::MinimumRequiredOsVersion.from_json(&json!(text));
    }
}

#[test]
fn the_table_has_the_properties_of_the_schema() {
    // 81 and 101 effective properties in beta, 39 and 42 in v1.0, less 11 and 8 that name or target the policy.
    let count = |platform, since| Setting::list_for(platform).filter(|s| s.spec().since <= since).count();
    assert_eq!(count(Platform::Ios, Since::Beta), 81 - 11);
    assert_eq!(count(Platform::Android, Since::Beta), 101 - 11);
    assert_eq!(count(Platform::Ios, Since::V1), 39 - 8);
    assert_eq!(count(Platform::Android, Since::V1), 42 - 8);
    let names: BTreeSet<&str> = Setting::ALL.iter().map(|setting| setting.name()).collect();
    assert_eq!(names.len(), Setting::ALL.len());
    for setting in Setting::ALL {
        assert_eq!(Setting::from_name(setting.name()), Some(*setting));
        if let Some(value) = setting.default_value() {
            let json = setting.to_json(&value);
            let read = setting.from_json(&json).unwrap();
            assert!(
                read == Some(value.clone()) || *setting == Setting::AllowedAndroidDeviceModels,
                "{setting} {value}"
            );
        } else {
            assert!(setting.spec().nullable, "{setting}");
        }
    }
}

#[test]
fn spans_are_read_and_normalised() {
    let table = [
        ("PT720M", Some("PT12H")),
        ("P0D", Some("PT0S")),
        ("PT1440M", Some("P1D")),
        ("P90D", Some("P90D")),
        ("PT12H", Some("PT12H")),
        ("PT30M", Some("PT30M")),
        ("P1DT2H3M4.5S", Some("P1DT2H3M4.5S")),
        ("PT90S", Some("PT1M30S")),
        ("P1M", None),
        ("P1Y", None),
        ("P1W", None),
        ("-PT1H", None),
        ("PT-1H", None),
        ("P", None),
        ("PT", None),
        ("", None),
        ("12h", None),
        ("PT99999999999999999999H", None),
        ("P40000D", None),
    ];
    for (text, normal) in table {
        assert_eq!(parse_span(text).map(format_span).as_deref(), normal, "{text}");
    }
}

#[test]
fn what_means_not_set_is_absent() {
    let table = [
        (Setting::MinimumRequiredPatchVersion, json!("0000-00-00")),
        (Setting::MinimumRequiredPatchVersion, json!("")),
        (Setting::MinimumRequiredOsVersion, json!("0.0")),
        (Setting::MaximumRequiredOsVersion, json!("")),
        (Setting::CustomBrowserPackageId, json!("")),
        (Setting::AllowedIosDeviceModels, json!(" ; ")),
        (Setting::AllowedAndroidDeviceModels, json!([])),
        (Setting::PinRequiredInsteadOfBiometricTimeout, json!("PT0S")),
        (Setting::PinRequired, json!(null)),
        (Setting::MinimumPinLength, json!(0)),
    ];
    for (setting, json) in table {
        assert_eq!(setting.from_json(&json), Ok(None), "{setting} {json}");
    }
}

#[test]
fn lenient_forms_are_read() {
    let table = [
        (Setting::PinCharacterSet, json!("NUMERIC"), Value::Choice("numeric")),
        (Setting::ManagedBrowser, json!("notConfigured"), Value::Flags(BTreeSet::new())),
        (
            Setting::ManagedBrowser,
            json!("MicrosoftEdge, notConfigured"),
            Value::Flags(BTreeSet::from(["microsoftEdge"])),
        ),
        (
            Setting::AllowedIosDeviceModels,
            json!("iPhone1,1; iPad2,2;"),
            Value::Texts(vec!["iPhone1,1".into(), "iPad2,2".into()]),
        ),
        (
            Setting::ApprovedKeyboards,
            json!([{"name": "a", "value": null}]),
            Value::Pairs(vec![Pair { name: "a".into(), value: String::new() }]),
        ),
    ];
    for (setting, json, value) in table {
        assert_eq!(setting.from_json(&json), Ok(Some(value)), "{setting} {json}");
    }
}

#[test]
fn wrong_forms_are_refused_with_path_and_allowed_values() {
    let table = [
        (Setting::PinRequired, json!("true"), "pinRequired", "true or false"),
        (Setting::PinRequired, json!(1), "pinRequired", "true or false"),
        (Setting::MaximumPinRetries, json!(0), "maximumPinRetries", "1 to 65535"),
        (Setting::MaximumPinRetries, json!(65_536), "maximumPinRetries", "1 to 65535"),
        (Setting::MaximumPinRetries, json!(4.5), "maximumPinRetries", "1 to 65535"),
        (Setting::MaximumPinRetries, json!("5"), "maximumPinRetries", "1 to 65535"),
        (Setting::MinimumPinLength, json!(3), "minimumPinLength", "4 to 16"),
        (Setting::PreviousPinBlockCount, json!(25), "previousPinBlockCount", "0 to 24"),
        (
            Setting::AllowedOutboundClipboardSharingExceptionLength,
            json!(70_000),
            "allowedOutboundClipboardSharingExceptionLength",
            "0 to 65535",
        ),
        (Setting::PinCharacterSet, json!("emoji"), "pinCharacterSet", "numeric, alphanumericAndSymbol"),
        (
            Setting::PurviewContentEvaluationRequired,
            json!("unknownFutureValue"),
            "purviewContentEvaluationRequired",
            "notRequired, requiredWhenOnline, required",
        ),
        (
            Setting::AllowedDataStorageLocations,
            json!(["box", "cellar"]),
            "allowedDataStorageLocations[1]",
            "oneDriveForBusiness",
        ),
        (Setting::AllowedDataStorageLocations, json!("box"), "allowedDataStorageLocations", ""),
        (Setting::ManagedBrowser, json!("netscape"), "managedBrowser", "notConfigured, microsoftEdge"),
        (Setting::PeriodBeforePinReset, json!("90 days"), "periodBeforePinReset", "ISO 8601"),
        (Setting::PeriodBeforePinReset, json!(90), "periodBeforePinReset", "ISO 8601"),
        (
            Setting::MinimumRequiredOsVersion,
            json!("seventeen"),
            "minimumRequiredOsVersion",
            "one to four numbers",
        ),
        (Setting::MinimumRequiredOsVersion, json!(17), "minimumRequiredOsVersion", ""),
        (
            Setting::MinimumRequiredPatchVersion,
            json!("2025-13-01"),
            "minimumRequiredPatchVersion",
            "YYYY-MM-DD",
        ),
        (Setting::ExemptedAppPackages, json!([{"value": "x"}]), "exemptedAppPackages[0].name", ""),
        (
            Setting::ExemptedAppPackages,
            json!([{"name": "x", "value": 4}]),
            "exemptedAppPackages[0].value",
            "",
        ),
        (Setting::ExemptedAppPackages, json!(["x"]), "exemptedAppPackages[0]", ""),
        (Setting::CustomBrowserProtocol, json!("x\u{0}"), "customBrowserProtocol", ""),
        (Setting::CustomBrowserProtocol, json!("x".repeat(5_000)), "customBrowserProtocol", "at most"),
    ];
    for (setting, json, path, allowed) in table {
        let error = setting.from_json(&json).unwrap_err();
        assert_eq!(error.path, path, "{setting} {json}");
        assert!(error.allowed.clone().unwrap_or_default().contains(allowed), "{error}");
        assert!(error.to_string().starts_with(&format!("`{path}`: ")), "{error}");
    }
}

#[test]
fn a_map_reports_every_fault_and_unknown_names() {
    let members = BTreeMap::from([
        ("pinRequired".to_owned(), json!(7)),
        ("minimumPinLength".to_owned(), json!(99)),
        ("pinColour".to_owned(), json!("red")),
    ]);
    let mut paths: Vec<String> =
        settings_from_json(&members).unwrap_err().into_iter().map(|e| e.path).collect();
    paths.sort();
    assert_eq!(paths, ["minimumPinLength", "pinColour", "pinRequired"]);
}

#[test]
fn spans_as_one_published_client_writes_them() {
    for (text, iso) in [
        ("12:00:00", "PT12H"),
        ("0:30:00", "PT30M"),
        ("90 days, 0:00:00", "P90D"),
        ("1 day, 2:03:04.500000", "P1DT2H3M4.5S"),
        ("PT720M", "PT12H"),
    ] {
        let span = Setting::PeriodOfflineBeforeAccessCheck.from_json(&json!(text)).unwrap().unwrap();
        assert_eq!(Setting::PeriodOfflineBeforeAccessCheck.to_json(&span), json!(iso), "{text}");
    }
    for text in [
        "-1 day, 23:00:00",
        "12:00",
        "1:60:00",
        "1:00:61",
        "day, 1:00:00",
        "1 week, 1:00:00",
        "::",
        "1:2:3:4",
        "1:00:00.",
    ] {
        assert!(Setting::PeriodOfflineBeforeAccessCheck.from_json(&json!(text)).is_err(), "{text}");
    }
    let none = Setting::ManagedBrowser.from_json(&json!(" ")).unwrap();
    assert_eq!(none, Some(Value::Flags(BTreeSet::new())));
}
