//! Keys, conflicts between values, faults, home page.

use ringfence_model::document::{PolicyDocument, PolicyKind};
use ringfence_policy::browser::{
    BrowserPolicy, Context, Given, Outcome, Visit, faults,
    keys::{DOCUMENTED, Form, KEYS, OWN, meant, row_of},
};
use serde_json::json;

fn compile(values: &[(&str, &str)]) -> BrowserPolicy {
    BrowserPolicy::compile(values.iter().map(|(name, value)| Given { name, value, sources: &[] }))
}

fn opens(policy: &BrowserPolicy, address: &str) -> bool {
    let visit = Visit::new(address, Context::Work, ringfence_model::Platform::Android);
    policy.judge(&visit).outcome == Outcome::Open(Context::Work)
}

#[test]
fn both_names_of_a_key_mean_the_same() {
    for row in &KEYS {
        assert_eq!(row_of(row.documented).unwrap().key, row.key);
        assert_eq!(row_of(&format!("{OWN}{}", row.own)).unwrap().key, row.key);
        assert_eq!(meant(row.documented), None);
        assert_eq!(meant(&row.documented.to_uppercase()), Some(row.documented.to_owned()));
    }
    assert!(row_of("com.microsoft.intune.mam.managedbrowser.allowlisturls").is_none(), "case counts");
    assert!(row_of("ringfence.browser.").is_none() && row_of("").is_none());
    assert!(KEYS.iter().filter(|row| row.documented.starts_with(DOCUMENTED)).count() == KEYS.len() - 1);
}

#[test]
fn several_values_are_never_looser_than_one() {
    let policy = compile(&[
        ("ringfence.browser.allowList", "http://a.example/*|http://b.example/*"),
        ("com.microsoft.intune.mam.managedbrowser.AllowListURLs", "http://b.example/*|http://c.example/*"),
    ]);
    assert!(!opens(&policy, "http://a.example/") && opens(&policy, "http://b.example/"));
    assert!(!opens(&policy, "http://c.example/"));
    let policy = compile(&[
        ("ringfence.browser.blockList", "http://a.example/*"),
        ("ringfence.browser.blockList", "http://b.example/*"),
    ]);
    assert!(!opens(&policy, "http://a.example/") && !opens(&policy, "http://b.example/"));
    assert!(opens(&policy, "http://c.example/"));
}

#[test]
fn the_order_of_values_does_not_matter() {
    let values = [
        ("ringfence.browser.blockList", "http://a.example/*"),
        ("ringfence.browser.openInPrivate", "true"),
        ("ringfence.browser.openInPrivate", "false"),
        ("ringfence.browser.allowTransition", "true"),
        ("ringfence.browser.allowTransition", "false"),
        ("ringfence.browser.autoTransition", "1"),
        ("ringfence.browser.autoTransition", "2"),
        ("ringfence.browser.homepage", "https://b.example"),
        ("ringfence.browser.homepage", "https://a.example"),
    ];
    let mut reversed = values;
    reversed.reverse();
    assert_eq!(format!("{:?}", compile(&values)), format!("{:?}", compile(&reversed)));
    assert_eq!(compile(&values).home().homepage.as_deref(), Some("https://a.example/"));
}

#[test]
fn an_allow_list_without_usable_entries_allows_nothing_and_an_empty_one_is_none() {
    assert!(!opens(&compile(&[("ringfence.browser.allowList", "nonsense")]), "http://a.example/"));
    assert!(opens(&compile(&[("ringfence.browser.allowList", "  ")]), "http://a.example/"));
    assert!(opens(&compile(&[("ringfence.browser.blockList", "nonsense")]), "http://a.example/"));
}

#[test]
fn homepage_icons_and_bookmarks() {
    let policy = compile(&[
        ("com.microsoft.intune.mam.managedbrowser.homepage", "https://intranet.example"),
        (
            "com.microsoft.intune.mam.managedbrowser.managedTopSites",
            "GitHub | https://github.com/||Wiki|https://wiki.example/x||Broken||No address|nothing",
        ),
        (
            "com.microsoft.intune.mam.managedbrowser.bookmarks",
            "HR|https://hr.example||IT|http://it.example/help",
        ),
        ("com.microsoft.intune.mam.managedbrowser.NewTabPage.CustomURL", "javascript:alert(1)"),
    ]);
    let home = policy.home();
    assert_eq!(home.homepage.as_deref(), Some("https://intranet.example/"));
    let icons: Vec<_> = home.top_sites.iter().map(|link| link.address.as_str()).collect();
    assert_eq!(
        icons,
        ["https://intranet.example/", "https://wiki.example/x"],
        "the homepage takes the first place"
    );
    let marks: Vec<_> = home.bookmarks.iter().map(|link| link.title.as_str()).collect();
    assert_eq!((marks.as_slice(), &home.new_tab_page), (["HR", "IT"].as_slice(), &None));
    let many = (0..12).map(|n| format!("T{n}|https://t{n}.example")).collect::<Vec<_>>().join("||");
    assert_eq!(compile(&[("ringfence.browser.topSites", &many)]).home().top_sites.len(), 8);
}

fn document(settings: &serde_json::Value) -> PolicyDocument {
    let body = json!({ "displayName": "Browser", "customSettings": settings });
    PolicyDocument::parse_as(PolicyKind::TargetedConfiguration, body).unwrap()
}

#[test]
fn faults_name_the_entry_and_why() {
    let document = document(&json!([
        { "name": "ringfence.browser.allowList", "value": "https://ok.example/*|https://*|www.contoso.com/page*" },
        { "name": "something.else", "value": "https://*" },
        { "name": "ringfence.browser.AllowList", "value": "https://ok.example" },
        { "name": "com.microsoft.intune.mam.managedbrowser.AllowTransitionOnBlock", "value": "maybe" },
        { "name": "com.microsoft.intune.mam.managedbrowser.AutoTransitionModeOnBlock", "value": "3" },
        { "name": "com.microsoft.intune.mam.managedbrowser.homepage", "value": "intranet" },
        { "name": "com.microsoft.intune.mam.managedbrowser.bookmarks", "value": "A|https://a.example||B" },
        { "name": "ringfence.browser.bookmarks", "value": "{{mail}}" },
        { "name": "ringfence.browser.blockList", "value": "" },
    ]));
    let found: Vec<String> = faults(&document).iter().map(ToString::to_string).collect();
    let expected = [
        "`customSettings[0].value`: entry 2 has a `*` in place of the whole host (found \"https://*\")",
        "`customSettings[0].value`: entry 3 begins with neither `http://` nor `https://` (found \"www.contoso.com/page*\")",
        "`customSettings[2].name`: differs from a browser key in the case of letters (found \"ringfence.browser.AllowList\"); allowed: `ringfence.browser.allowList`",
        "`customSettings[3].value`: is not a switch (found \"maybe\"); allowed: `true` or `false`",
        "`customSettings[4].value`: is not one of the known numbers (found \"3\"); allowed: `0`, `1`, `2`",
        "`customSettings[5].value`: is not a web address (found \"intranet\")",
        "`customSettings[6].value`: link 2 has no title or no web address (found \"B\")",
        "`customSettings[8].value`: is a list without entries (found \"\")",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn more_than_a_thousand_entries_are_a_fault() {
    let value = vec!["http://a.example"; 1_001].join("|");
    let document = document(&json!([{ "name": "ringfence.browser.blockList", "value": value }]));
    let found = faults(&document);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].problem, "is a list of 1001 entries");
}

#[test]
fn every_form_says_what_is_allowed() {
    for row in &KEYS {
        assert!(!row.form.allowed().is_empty() && !row.several.is_empty() && !row.default.is_empty());
    }
    assert_eq!(Form::OneOf(&["0", "1"]).allowed(), "`0`, `1`");
}

#[test]
fn the_page_about_the_browser_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/browser.md");
    let page = ringfence_policy::browser::page();
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "run with RINGFENCE_BLESS=1");
}
