//! Mistakes in scenario files: line, column, field, value, and what is allowed.

use ringfence_scenario::Scenario;

const HEAD: &str = r#"id = "D1"
title = { en = "Sign in", nl = "Aanmelden" }
platforms = ["ios"]

[[facts.user]]
name = "anna"
"#;

fn told(text: &str) -> String {
    Scenario::parse("own.toml", text).unwrap_err().to_string()
}

/// The head is six lines; what follows begins on line 7.
fn after_head(rest: &str) -> String {
    told(&format!("{HEAD}{rest}"))
}

#[test]
fn mistakes_name_place_field_value_and_what_is_allowed() {
    let cases = [
        ("id = ", "own.toml:1:6: is not TOML"),
        ("id = \"Z9\"", "own.toml:1:6: id: is neither a row of the catalogue"),
        ("id = \"D1\"", "title: is missing"),
        ("id = \"D1\"", "platforms: is missing"),
        ("id = \"D1\"", "step: is missing"),
        ("platforms = [\"windows\"]", "own.toml:1:13: platforms: `windows` is not a platform"),
        (
            "colour = 1",
            "own.toml:1:1: colour: is not a member of this table; value: colour; allowed: id, title",
        ),
    ];
    for (text, wanted) in cases {
        let told = told(text);
        assert!(told.contains(wanted), "`{text}`\n{told}\nlacks: {wanted}");
    }
}

#[test]
fn mistakes_in_steps_are_told_alike() {
    let step = |body: &str| format!("[[step]]\n{body}\n");
    let cases = [
        (
            step("do = \"opne\"\napp = \"notes\""),
            "own.toml:8:6: step[1].do: is not something that a step can do; value: \"opne\"",
        ),
        (step("do = \"opne\"\napp = \"notes\""), "(did you mean `open`?)"),
        (step("app = \"notes\""), "own.toml:7:1: step[1].do: is missing"),
        (
            step("do = \"open\"\napp = \"nots\""),
            "own.toml:9:7: step[1].app: is no app of this scenario; value: \"nots\"; allowed: notes",
        ),
        (step("do = \"open\""), "step[1].app: is missing"),
        (step("do = \"open\"\napp = 3"), "own.toml:9:7: step[1].app: is not a text; value: 3"),
        (
            step("do = \"open\"\napp = \"notes\"\nway = \"x\""),
            "own.toml:10:1: step[1].way: is not a member of this table",
        ),
        (
            step("do = \"sign-in\"\napp = \"notes\"\nuser = \"bob\""),
            "step[1].user: is no user of this scenario; value: \"bob\"; allowed: anna",
        ),
        (
            step("do = \"open\"\napp = \"notes\"\nphone = \"tablet\""),
            "own.toml:10:9: step[1].phone: is no phone of this scenario",
        ),
        (
            step("do = \"open\"\napp = \"notes\"\nsees = \"D99\""),
            "own.toml:10:8: step[1].sees: `D99` is not a reason code",
        ),
        (step("do = \"open\"\napp = \"notes\"\nsees = \"D6\""), "the code of this dialog on ios is RF-403"),
        (
            step("do = \"open\"\napp = \"notes\"\nsees = { code = \"D1\", buttons = [\"push\"] }"),
            "step[1].sees.buttons: `push` is no button",
        ),
        (step("do = \"advance\"\nby = \"99999999999999d\""), "at most 36525d"),
        (step("do = \"open\"\napp = \"notes\"\nstate = \"safe\""), "allowed: signed-out, registering"),
        (
            step("do = \"open\"\napp = \"notes\"\nas = \"boss\""),
            "step[1].as: is not one of the words allowed here",
        ),
        (
            step("do = \"read-logs\"\napp = \"notes\"\nticket = \"call\""),
            "own.toml:10:10: step[1].ticket: is no ticket of this scenario; value: \"call\"",
        ),
        (
            step(
                "do = \"create-ticket\"\nname = \"call\"\nuser = \"anna\"\n[[step]]\ndo = \"read-logs\"\napp = \"notes\"\nticket = \"call\"\nshows = [\"N22\"]",
            ),
            "step[2].shows: `N22` is not a reason code",
        ),
        (
            step("do = \"advance\"\nby = \"3w\""),
            "step[1].by: span `3w` is not accepted: write 90s, 30m, 12h or 3d",
        ),
        (
            step("do = \"set\"\nfacts = { jailbrokn = true }"),
            "own.toml:9:23: step[1].facts.jailbrokn: is no fact of a phone; value: true; allowed: jailbroken",
        ),
        (step("do = \"set\"\nfacts = { jailbroken = \"maybe\" }"), "`jailbroken` takes true|false|unknown"),
    ];
    for (rest, wanted) in cases {
        let told = after_head(&rest);
        assert!(told.contains(wanted), "`{rest}`\n{told}\nlacks: {wanted}");
    }
}

#[test]
fn mistakes_in_facts_and_findings_are_told_alike() {
    let cases = [
        (
            "[[facts.policy]]\nname = \"P\"\nsettings = { printBlockd = true }",
            "own.toml:9:28: facts.policy[1].settings.printBlockd: is no setting of a policy; value: true; allowed: printBlocked",
        ),
        (
            "[[facts.policy]]\nname = \"P\"\nsettings = { printBlocked = \"no\" }",
            "facts.policy[1].settings.printBlocked",
        ),
        (
            "[[facts.policy]]\nname = \"P\"\ntemplate = \"level-9\"",
            "own.toml:9:12: facts.policy[1].template: there is no template",
        ),
        (
            "[[facts.policy]]\nname = \"P\"\ngroups = [\"Staff\"]",
            "facts.policy[1].groups: is no group of this scenario",
        ),
        ("[[facts.phone]]\nname = \"p\"\nfacts = { osVersion = \"new\" }", "facts.phone[1].facts.osVersion"),
        ("[facts]\nweather = \"wet\"", "facts"),
        (
            "[[finding]]\nuser = \"anna\"\ncause = \"no-polcy\"\n",
            "own.toml:9:9: finding[1].cause: is neither the name of a reason nor one of these; value: \"no-polcy\"",
        ),
        (
            "[[finding]]\nuser = \"anna\"\ncause = \"none\"\nrow = \"D99\"\n",
            "own.toml:10:7: finding[1].row: is not one of the words allowed here; value: \"D99\"",
        ),
        (
            "[[finding]]\nuser = \"anna\"\ncause = \"none\"\ncheck = \"registrations\"\n",
            "(did you mean `registration`?)",
        ),
    ];
    for (rest, wanted) in cases {
        let told = after_head(rest);
        assert!(told.contains(wanted), "`{rest}`\n{told}\nlacks: {wanted}");
    }
}

#[test]
fn every_mistake_is_told_at_once_in_the_order_of_the_file() {
    let told = after_head("[[step]]\ndo = \"open\"\napp = \"nots\"\n[[step]]\ndo = \"opne\"\n");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(lines[0].starts_with("own.toml:9:") && lines[1].starts_with("own.toml:11:"), "{told}");
}
