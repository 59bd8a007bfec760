//! Under `--lang nl` nothing is left of the English: the same is played in both languages, and no three English words in a
//! row may come back in the Dutch. Names, codes, settings and what stands in quotes belong to no language.

use std::collections::BTreeSet;

use crate::kit::{Run, Server, run};

const ANNA: &str = "anna@school.example";
const NOTES: &str = "org.ringfence.notes";
const CHAT: &str = "org.example.chat";

/// Names that people gave, of apps, groups, schools.
const NAMES: [&str; 10] = [
    "in mail",
    "Global administrator",
    "Ringfence Notes",
    "Ringfence Mail",
    "Staff apps",
    "Staff iPhones",
    "Lakeside School",
    "app notes",
    "in notes",
    "in chat",
];

/// Words of a line that belong to a language, in order. What is no word breaks the row.
fn words(line: &str) -> Vec<Vec<String>> {
    let mut line = line.to_owned();
    for name in NAMES {
        line = line.replace(name, " | ");
    }
    let mut rows = vec![Vec::new()];
    for token in line.split_whitespace() {
        let bare = token.trim_matches(|c: char| !c.is_alphanumeric());
        let plain = bare.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '-') && !bare.is_empty();
        let breaks = token.ends_with(['.', ':', ';', ',', ')']);
        match rows.last_mut() {
            Some(row) if plain => row.push(bare.to_lowercase()),
            _ => rows.push(Vec::new()),
        }
        if breaks {
            rows.push(Vec::new());
        }
    }
    rows
}

/// Every three words in a row; a line of fewer is one of its own.
fn phrases(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut text = text.to_owned();
    while let Some((before, rest)) = text.split_once('“') {
        let after = rest.split_once('”').map_or("", |(_, after)| after);
        text = format!("{before} | {after}");
    }
    for row in text.lines().flat_map(words) {
        if row.len() < 3 && row.len() > 1 {
            found.insert(row.join(" "));
        }
        found.extend(row.windows(3).map(|three| three.join(" ")));
    }
    found
}

#[track_caller]
fn differ(what: &str, [english, dutch]: &[String; 2]) {
    assert!(english.split_whitespace().count() > 1, "{what} says nothing: {english}");
    let both: Vec<String> = phrases(english).intersection(&phrases(dutch)).cloned().collect();
    assert!(both.is_empty(), "{what} says in both languages {both:?}\n{english}\n{dutch}");
}

fn all(run: Run) -> String {
    run.stdout + &run.stderr
}

fn prepared() -> (Server, [String; 2]) {
    let server = Server::start();
    let template =
        run(&mut crate::kit::ringfence(["policy", "template", "show", "level-1-ios"]), b"").ok().stdout;
    let mut policy: serde_json::Value = serde_json::from_str(&template).unwrap();
    policy["displayName"] = "Pol1".into();
    policy["printBlocked"] = true.into();
    policy["pinRequired"] = false.into();
    policy["allowedOutboundDataTransferDestinations"] = "managedApps".into();
    run(&mut server.command(["policy", "import", "-"]), policy.to_string().as_bytes()).ok();
    for person in [ANNA, "kim@school.example"] {
        run(&mut server.command(["user", "create", person]), b"correct horse battery\n").ok();
    }
    server.run(["group", "create", "Teachers"]).ok();
    server.run(["group", "add", "Teachers", "--user", ANNA]).ok();
    server.run(["licence", "assign", ANNA]).ok();
    server.run(["policy", "assign", "Pol1", "--group", "Teachers"]).ok();
    let phones = ["en", "nl"].map(|lang| {
        let phone = server.folder.path().join(lang).to_str().unwrap().to_owned();
        server.run(["phone", "make", &phone, "--platform", "ios", "--lang", lang]).ok();
        server.run(["phone", "install", &phone, NOTES]).ok();
        server.run(["phone", "install", &phone, CHAT, "--unmanaged"]).ok();
        phone
    });
    (server, phones)
}

#[test]
fn a_phone_speaks_one_language() {
    let (server, phones) = prepared();
    let play = |rest: &[&str]| {
        let said = [0, 1].map(|at| {
            let phone = phones[at].as_str();
            let args = rest.iter().map(|&arg| if arg == "PHONE" { phone } else { arg });
            let run = run(&mut server.command(["phone"].into_iter().chain(args)), b"correct horse battery\n");
            assert!(run.status != 2 && !run.stdout.is_empty(), "{run:#?}");
            all(run)
        });
        differ(&rest.join(" "), &said);
    };
    let app = ["PHONE", NOTES];
    let in_app = |before: &[&str], after: &[&str]| play(&[before, app.as_slice(), after].concat());
    in_app(&["sign-in"], &["--user", ANNA, "--password-stdin"]);
    in_app(&["doc", "create"], &["x1", "--text", "x2"]);
    in_app(&["doc", "create"], &["x1", "--text", "x2"]);
    in_app(&["doc", "list"], &[]);
    in_app(&["status"], &[]);
    in_app(&["share"], &["x1", CHAT]);
    in_app(&["targets"], &["x1"]);
    in_app(&["print"], &["x1"]);
    in_app(&["copy"], &["x1"]);
    in_app(&["save-as"], &["x1", "localStorage"]);
    in_app(&["screenshot"], &[]);
    in_app(&["notify"], &[]);
    in_app(&["backup"], &[]);
    in_app(&["contacts"], &[]);
    in_app(&["link"], &["https://x1.example"]);
    in_app(&["dial"], &["x1"]);
    in_app(&["sync"], &[]);
    play(&["offline", "PHONE"]);
    in_app(&["sync"], &[]);
    play(&["online", "PHONE"]);
    in_app(&["open"], &[]);
    let ticket = server.run(["ticket", "create", "--json"]).ok().json();
    play(&["send-logs", "PHONE", "--ticket", ticket["reference"].as_str().unwrap()]);
    play(&["remove-account", "PHONE", "--user", ANNA]);
    play(&["clear-data", "PHONE", NOTES]);
    play(&["uninstall", "PHONE", NOTES]);
}

#[test]
fn the_server_is_asked_in_one_language() {
    let (server, [phone, _]) = prepared();
    let sign_in = ["phone", "sign-in", &phone, NOTES, "--user", ANNA, "--password-stdin"];
    run(&mut server.command(sign_in), b"correct horse battery\n").ok();
    server.run(["phone", "doc", "create", &phone, NOTES, "x1", "--text", "x2"]).ok();
    assert_eq!(server.run(["phone", "share", &phone, NOTES, "x1", CHAT]).status, 3);
    let play = |args: &[&str]| {
        let said = ["en", "nl"].map(|lang| {
            let run = server.run(args.iter().copied().chain(["--lang", lang]));
            // The doctor says with its status that it found a cause.
            assert!(matches!(run.status, 0 | 3), "{run:#?}");
            all(run)
        });
        differ(&args.join(" "), &said);
    };
    for user in [ANNA, "kim@school.example"] {
        let place = ["--user", user, "--app", NOTES];
        play(&[["doctor"].as_slice(), &place].concat());
        play(&[["doctor"].as_slice(), &place, &["--code", "D4"]].concat());
        let asked = ["--platform", "ios", "--action", "send", "--to", CHAT];
        play(&[["explain"].as_slice(), &place, &asked].concat());
    }
    play(&["doctor", "--code", "N6"]);
    play(&["doctor", "--user", ANNA]);
}

#[test]
fn a_scenario_is_told_in_one_language() {
    for scenario in ["A1", "A3", "D4", "N6", "N5"] {
        let said = ["en", "nl"].map(|lang| {
            run(&mut crate::kit::ringfence(["scenario", "run", scenario, "--lang", lang]), b"").ok().stdout
        });
        differ(scenario, &said);
    }
}
