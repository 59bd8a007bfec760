use proptest::prelude::*;

use super::*;

fn ios(facts: &Facts) -> Subject<'_> {
    Subject { platform: Platform::Ios, management: ManagementState::Unmanaged, facts }
}

fn phone() -> Facts {
    Facts {
        app_version: Some("16.0.3".to_owned()),
        manufacturer: Some("Apple".to_owned()),
        model: Some("iPhone15,2".to_owned()),
        os_version: Some("17.4.1".to_owned()),
    }
}

#[test]
fn rules_hold_or_do_not() {
    let facts = phone();
    for (rule, expected) in [
        (r#"(app.osVersion -startsWith "17")"#, true),
        (r#"app.osversion STARTSWITH "17""#, true),
        (r#"(App.OsVersion -notStartsWith "17")"#, false),
        (r#"(app.deviceManufacturer -eq "apple")"#, true),
        (r#"(app.deviceManufacturer -ne "Apple")"#, false),
        (r#"(app.deviceModel -in ["iPad1,1", "iphone15,2"])"#, true),
        (r#"(app.deviceModel -notIn ["iPad1,1"])"#, true),
        (r#"(app.deviceModel -contains "phone")"#, true),
        (r#"(app.deviceModel -notContains "phone")"#, false),
        ("(app.appVersion -eq '16.0.3')", true),
        ("(app.operatingSystemVersion -gt 17.4)", true),
        (r#"(app.operatingSystemVersion -le "17.4.1")"#, true),
        ("(app.operatingSystemVersion -lt 9)", false),
        ("(app.operatingSystemVersion -eq 17.4.1.0)", true),
        (r#"(app.deviceManagementType -eq "Unmanaged")"#, true),
        (r#"(app.deviceManagementType -ne "Managed")"#, true),
        ("(app.deviceModel -eq $Null)", false),
        ("(app.deviceModel -ne null)", true),
        // `and` binds closer than `or`.
        (r#"app.osVersion -eq "x" and app.osVersion -eq "x" or app.deviceModel -ne $null"#, true),
        (r#"app.osVersion -eq "x" -and (app.osVersion -eq "x" -or app.deviceModel -ne $null)"#, false),
        (r#"(app.deviceModel -eq "a\"b")"#, false),
    ] {
        let filter =
            Filter::parse(FilterPlatform::Ios, rule).unwrap_or_else(|error| panic!("{rule}: {error}"));
        assert_eq!(filter.matches(&ios(&facts)), expected, "{rule}");
    }
}

#[test]
fn what_is_not_told_satisfies_nothing() {
    let unknown = Facts { model: Some(String::new()), ..Facts::default() };
    for rule in [
        r#"(app.deviceModel -eq "a")"#,
        r#"(app.deviceModel -ne "a")"#,
        r#"(app.deviceModel -notIn ["a"])"#,
        r#"(app.deviceModel -notContains "a")"#,
        "(app.operatingSystemVersion -ne 1)",
        "(app.deviceModel -ne $null)",
    ] {
        let filter = Filter::parse(FilterPlatform::Ios, rule).unwrap();
        assert!(!filter.matches(&ios(&unknown)), "{rule}");
        assert_eq!(filter.untold(&ios(&unknown)).len(), 1, "{rule}");
        assert!(filter.untold(&ios(&phone())).is_empty(), "{rule}");
    }
    let null = Filter::parse(FilterPlatform::Ios, "(app.deviceModel -eq $null)").unwrap();
    assert!(null.matches(&ios(&unknown)));
    let odd = Facts { os_version: Some("seventeen".to_owned()), ..phone() };
    assert!(
        !Filter::parse(FilterPlatform::Ios, "app.operatingSystemVersion -ne 1").unwrap().matches(&ios(&odd))
    );
}

#[test]
fn phones_of_another_platform_never_match() {
    for platform in [FilterPlatform::Android, FilterPlatform::Windows] {
        let filter = Filter::parse(platform, r#"(app.deviceModel -ne "x")"#).unwrap();
        assert!(!filter.matches(&ios(&phone())));
    }
}

#[test]
fn errors_name_the_place() {
    let deep = "(".repeat(DEPTH_MAX + 1);
    let long = format!("{}x", " ".repeat(RULE_MAX));
    for (rule, at, text) in [
        ("", 1, "a property is expected"),
        ("(app.osVersion -eq \"1\"", 23, "`)` is expected"),
        ("(app.osVersion \"1\")", 16, "an operator is expected"),
        ("(app.osVersion -like \"1\")", 16, "`-like` is no operator"),
        ("(device.model -eq \"1\")", 2, "`device.model` is unknown"),
        ("(app.osVersion -gt \"1\")", 16, "does not take -gt"),
        ("(app.operatingSystemVersion -gt \"new\")", 33, "not a version"),
        ("(app.deviceManagementType -eq \"MDM\")", 31, "no value of app.deviceManagementType"),
        ("(app.osVersion -in \"1\")", 20, "a list is expected"),
        ("(app.osVersion -in [\"1\" \"2\"])", 25, "`,` or `]`"),
        ("(app.osVersion -in [])", 21, "a value in quotes"),
        ("(app.osVersion -eq \"1)", 20, "does not end"),
        ("(app.osVersion -eq \"1\") (", 25, "`and`, `or` or the end"),
        ("(app.osVersion -startsWith $null)", 28, "-eq and -ne only"),
        ("(app.osVersion -eq ü)", 20, "a value in quotes"),
        ("{", 1, "means nothing"),
        (deep.as_str(), DEPTH_MAX + 1, "deep at most"),
        (long.as_str(), RULE_MAX + 1, "at most"),
    ] {
        let error = Filter::parse(FilterPlatform::Ios, rule).unwrap_err();
        assert_eq!(error.at, at, "{rule}: {error}");
        assert!(error.problem.contains(text), "{rule}: {error}");
    }
    assert!(Filter::parse(FilterPlatform::Windows, "app.deviceManagementType -eq \"Unmanaged\"").is_err());
}

/// A rule with its meaning, written a second time in the plainest way.
#[derive(Debug, Clone)]
enum Said {
    Eq(usize, String),
    Ne(usize, String),
    Begins(usize, String),
    Has(usize, String),
    OneOf(usize, Vec<String>),
    NoneOf(usize, Vec<String>),
    Newer(u32),
    And(Box<Said>, Box<Said>),
    Or(Box<Said>, Box<Said>),
}

const NAMES: [&str; 4] = ["appVersion", "deviceManufacturer", "deviceModel", "osVersion"];

impl Said {
    fn text(&self) -> String {
        let list =
            |values: &[String]| values.iter().map(|v| format!("\"{v}\"")).collect::<Vec<_>>().join(",");
        match self {
            Self::Eq(p, v) => format!("(app.{} -eq \"{v}\")", NAMES[*p]),
            Self::Ne(p, v) => format!("(app.{} -ne \"{v}\")", NAMES[*p]),
            Self::Begins(p, v) => format!("(app.{} -startsWith \"{v}\")", NAMES[*p]),
            Self::Has(p, v) => format!("(app.{} -contains \"{v}\")", NAMES[*p]),
            Self::OneOf(p, v) => format!("(app.{} -in [{}])", NAMES[*p], list(v)),
            Self::NoneOf(p, v) => format!("(app.{} -notIn [{}])", NAMES[*p], list(v)),
            Self::Newer(v) => format!("(app.operatingSystemVersion -gt {v})"),
            Self::And(a, b) => format!("({} and {})", a.text(), b.text()),
            Self::Or(a, b) => format!("({} or {})", a.text(), b.text()),
        }
    }

    fn holds(&self, facts: &[Option<String>; 4]) -> bool {
        let with = |p: &usize, test: &dyn Fn(&str) -> bool| {
            facts[*p].as_ref().is_some_and(|fact| test(&fact.to_lowercase()))
        };
        let low = |v: &String| v.to_lowercase();
        match self {
            Self::Eq(p, v) => with(p, &|fact| fact == low(v)),
            Self::Ne(p, v) => with(p, &|fact| fact != low(v)),
            Self::Begins(p, v) => with(p, &|fact| fact.starts_with(&low(v))),
            Self::Has(p, v) => with(p, &|fact| fact.contains(&low(v))),
            Self::OneOf(p, v) => with(p, &|fact| v.iter().any(|one| low(one) == fact)),
            Self::NoneOf(p, v) => with(p, &|fact| !v.iter().any(|one| low(one) == fact)),
            Self::Newer(v) => {
                with(&3, &|fact| fact.parse::<Version>().is_ok_and(|found| found > Version([*v, 0, 0, 0])))
            }
            Self::And(a, b) => a.holds(facts) && b.holds(facts),
            Self::Or(a, b) => a.holds(facts) || b.holds(facts),
        }
    }
}

fn word() -> BoxedStrategy<String> {
    prop_oneof![Just("a".to_owned()), Just("AB".to_owned()), Just("b".to_owned()), "[0-3](\\.[0-3])?"].boxed()
}

fn said() -> impl Strategy<Value = Said> {
    let (p, w, many) = (0usize..4, word(), prop::collection::vec(word(), 1..3));
    let leaf = prop_oneof![
        (p.clone(), w.clone()).prop_map(|(p, v)| Said::Eq(p, v)),
        (p.clone(), w.clone()).prop_map(|(p, v)| Said::Ne(p, v)),
        (p.clone(), w.clone()).prop_map(|(p, v)| Said::Begins(p, v)),
        (p.clone(), w).prop_map(|(p, v)| Said::Has(p, v)),
        (p.clone(), many.clone()).prop_map(|(p, v)| Said::OneOf(p, v)),
        (p, many).prop_map(|(p, v)| Said::NoneOf(p, v)),
        (0u32..4).prop_map(Said::Newer),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Said::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Said::Or(Box::new(a), Box::new(b))),
        ]
    })
}

proptest! {
    #[test]
    fn rules_mean_what_they_say(rule in said(), facts in prop::array::uniform4(prop::option::of(word()))) {
        let [app_version, manufacturer, model, os_version] = facts.clone();
        let told = Facts { app_version, manufacturer, model, os_version };
        let filter = Filter::parse(FilterPlatform::Ios, &rule.text()).unwrap();
        prop_assert_eq!(filter.matches(&ios(&told)), rule.holds(&facts));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}", parts in "[ ()\\[\\],\"a-z.$-]{0,60}") {
        let _ = Filter::parse(FilterPlatform::Ios, &text);
        let _ = Filter::parse(FilterPlatform::Android, &format!("(app.osVersion -eq {parts}"));
    }
}
