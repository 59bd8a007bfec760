use proptest::prelude::*;
use serde_json::{Value, json};

use super::Filter;
use crate::graph::schema::schema;

fn item() -> Value {
    json!({
        "@odata.type": "#microsoft.graph.iosManagedAppProtection", "id": "T_1", "displayName": "Staff o'clock",
        "description": null, "pinRequired": true, "minimumPinLength": 6, "periodOfflineBeforeAccessCheck": "PT12H",
        "createdDateTime": "2026-01-02T03:04:05Z", "managedBrowser": "microsoftEdge",
        "targetedAppManagementLevels": "mdm,androidEnterprise", "roleScopeTagIds": ["0", "7"], "faceIdBlocked": true,
        "contoso": {"deep": {"number": 3}},
        "apps": [{"id": "a", "mobileAppIdentifier": {"bundleId": "com.example.mail"}}, {"id": "b"}],
    })
}

fn holds(text: &str) -> Result<bool, String> {
    let filter = Filter::parse(text).map_err(|wrong| format!("{}: {}", wrong.at, wrong.what))?;
    let (item, kind) = (item(), schema().find_type("managedAppPolicy"));
    let checked =
        filter.check(kind, std::slice::from_ref(&item)).map_err(|error| error.detail().to_owned())?;
    checked.holds(&item).map_err(|error| error.detail().to_owned())
}

#[test]
fn conditions_hold_or_not() {
    let cases = [
        ("displayName eq 'STAFF o''clock'", true),
        ("DISPLAYNAME ne 'x' and minimumPinLength gt 5", true),
        ("minimumPinLength le 5.5 or minimumPinLength ge 6", true),
        ("6 eq minimumPinLength", true),
        ("startswith(displayName,'staff') and endswith(displayName, 'clock')", true),
        ("not(contains(displayName, 'x'))", true),
        ("not contains(displayName, 'staff')", false),
        ("contains(tolower(displayName),'STAFF') eq true", true),
        ("startswith(displayName,'x') ne false", false),
        ("length(displayName) eq 13", true),
        ("toupper(trim(displayName)) eq 'STAFF O''CLOCK'", true),
        ("description eq null", true),
        ("description ne 'x'", true),
        ("description gt 'a'", false),
        ("null ne displayName", true),
        ("pinRequired", true),
        ("pinRequired and not faceIdBlocked", false),
        ("pinRequired eq true", true),
        ("microsoft.graph.iosManagedAppProtection/faceIdBlocked eq true", true),
        ("isof('microsoft.graph.iosManagedAppProtection')", true),
        ("isof(microsoft.graph.managedAppProtection)", true),
        ("isof('#microsoft.graph.androidManagedAppProtection')", false),
        ("createdDateTime gt 2026-01-01", true),
        ("createdDateTime eq 2026-01-02T04:04:05+01:00", true),
        ("createdDateTime lt '2026-01-02T03:04:05.001Z'", true),
        ("periodOfflineBeforeAccessCheck eq duration'PT720M'", true),
        ("periodOfflineBeforeAccessCheck lt 'P1D'", true),
        ("managedBrowser eq microsoft.graph.managedBrowserType'microsoftEdge'", true),
        ("managedBrowser eq 'MICROSOFTEDGE'", true),
        ("managedBrowser eq 1", true),
        ("targetedAppManagementLevels has microsoft.graph.appManagementLevel'mdm'", true),
        ("targetedAppManagementLevels has 'mdm,unmanaged'", false),
        ("displayName in ('a', 'staff o''clock')", true),
        ("minimumPinLength in (1,2,3)", false),
        ("roleScopeTagIds/any(t: t eq '7')", true),
        ("roleScopeTagIds/all(t: t eq '7')", false),
        ("roleScopeTagIds/$count eq 2", true),
        ("apps/any()", true),
        ("apps/any(a: a/id eq 'b' and a/mobileAppIdentifier eq null)", true),
        ("apps/any(a:a/mobileAppIdentifier/bundleId eq 'com.example.mail')", true),
        ("apps/all(x: x/id ne 'z' and roleScopeTagIds/any(t: t eq '0'))", true),
        ("contoso/deep/number eq 3", true),
        ("id eq 'T_1' or id eq 11111111-2222-3333-4444-555555555555", true),
        ("((pinRequired)) and (true)", true),
        ("false or pinRequired eq false", false),
    ];
    for (text, wanted) in cases {
        assert_eq!(holds(text), Ok(wanted), "{text}");
    }
}

#[test]
fn refusals_name_position_and_expectation() {
    let cases = [
        ("", "1: expected a member name"),
        ("displayName", "position 1: `displayName` is neither true nor false"),
        ("displayName like 'x'", "13: expected an operator: eq, ne, gt, ge, lt, le, has, in, found `like`"),
        ("displayName eq", "15: expected a member name"),
        ("displayName eq 'x", "16: the text that begins here has no closing `'`"),
        ("displayName eq 'x')", "19: expected `and`, `or` or the end, found `)`"),
        ("(displayName eq 'x'", "20: expected `)`, found the end"),
        ("displayName eq 'x' 'y'", "20: expected `and`, `or` or the end"),
        ("displayName eq 5", "position 16: `displayName` is compared with a text in quotes, not with `5`"),
        ("minimumPinLength gt 'six'", "position 21: `minimumPinLength` is compared with a number"),
        ("pinRequired eq 'true'", "is compared with true or false"),
        ("createdDateTime gt 'yesterday'", "is compared with a point in time"),
        ("periodOfflineBeforeAccessCheck gt 'P1M'", "is compared with a duration"),
        ("managedBrowser eq 'netscape'", "one of 'notConfigured', 'microsoftEdge'"),
        ("managedBrowser eq 99", "one of 'notConfigured', 'microsoftEdge'"),
        ("managedBrowser eq microsoft.graph.nothing'x'", "there is no enumeration"),
        ("colour eq 'red'", "`managedAppPolicy` has no `colour`; it has"),
        ("pinRequired eq true and colour eq 'red'", "position 25: `managedAppPolicy` has no `colour`"),
        ("isof('microsoft.graph.nothing')", "there is no type"),
        ("microsoft.graph.nothing/x eq 1", "there is no type"),
        ("year(createdDateTime) eq 2026", "expected one of the functions startswith, endswith"),
        ("startswith(minimumPinLength,'1')", "expected a text"),
        ("apps/id eq 'x'", "ask with `/any(x: x/id ...)`"),
        ("displayName/any(x: x eq 'a')", "is no collection"),
        ("apps/any(a a/id eq 'x')", "expected `:`"),
        ("roleScopeTagIds eq '0'", "through `/any(x: ...)`"),
        ("apps/any(a: a/colour eq 'x')", "`managedMobileApp` has no `colour`"),
        ("contoso eq 5", "cannot be compared"),
        ("minimumPinLength eq 12abc", "is no number, date or id"),
        ("displayName eq {x}", "`{` has no meaning here"),
        ("minimumPinLength has 'x'", "compared with a number"),
        ("displayName in ()", "expected a value, found `)`"),
    ];
    for (text, wanted) in cases {
        let error = holds(text).unwrap_err();
        assert!(error.contains(wanted), "{text}: {error}");
    }
}

#[test]
fn depth_and_length_are_limited() {
    for text in [
        format!("{}pinRequired", "(".repeat(10_000)),
        format!("{}pinRequired", "not ".repeat(3_000)),
        format!("{}displayName", "tolower(".repeat(1_000)),
        "apps/any(a:".repeat(1_000),
        format!("displayName eq '{}'", "x".repeat(20_000)),
    ] {
        let error = holds(&text).unwrap_err();
        assert!(error.contains("nested deeper than") || error.contains("at most"), "{error}");
    }
    let long = vec!["minimumPinLength eq 1"; 500].join(" or ");
    assert_eq!(holds(&long), Ok(false));
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,60}") {
        let _ = holds(&text);
    }

    #[test]
    fn nothing_that_looks_like_a_filter_panics(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "displayName", "apps", "x", "/", "any(", "all(", "x:", "eq", "ne", "has", "in", "(", ")", ",", "'a'", "null",
            "5", "-1.5", "2026-01-01", "duration'PT1H'", "microsoft.graph.user", "isof(", "not", "and", "or",
            "startswith(", "length(", "$count", "true", "'", "@odata.type", "11111111-2222-3333-4444-555555555555",
        ]), 0..16)
    ) {
        let _ = holds(&words.join(" "));
        let _ = holds(&words.concat());
    }
}
