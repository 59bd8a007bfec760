use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::kit::{Server, ringfence, run};

const NOTES: &str = "org.ringfence.notes";

/// An app stays open in one terminal; another one acts in it, and a wipe arrives while it is open.
#[test]
fn an_open_app_takes_commands_of_another_terminal_and_obeys_pushes() {
    let server = Server::start();
    let template = run(&mut ringfence(["policy", "template", "show", "level-2-ios"]), b"").ok().stdout;
    run(&mut server.command(["policy", "import", "-"]), template.as_bytes()).ok();
    run(&mut server.command(["user", "create", "anna@school.example"]), b"correct horse battery\n").ok();
    server.run(["group", "create", "Teachers"]).ok();
    server.run(["group", "add", "Teachers", "--user", "anna@school.example"]).ok();
    server.run(["licence", "assign", "anna@school.example"]).ok();
    server.run(["policy", "assign", "Level 2: enhanced data protection (iOS)", "--group", "Teachers"]).ok();
    let phone = server.folder.path().join("phone");
    let phone = phone.to_str().unwrap();
    server.run(["phone", "make", phone, "--platform", "ios", "--lang", "nl"]).ok();
    server.run(["phone", "install", phone, NOTES]).ok();

    let mut staying = server.command(["phone", "run", phone, NOTES, "--json"]);
    let mut staying = staying.stdout(Stdio::piped()).spawn().unwrap();
    let mut events = BufReader::new(staying.stdout.take().unwrap()).lines().map(|line| {
        let line = line.unwrap();
        serde_json::from_str::<serde_json::Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    let first = events.next().unwrap();
    assert_eq!(first["status"]["state"], "signed_out");

    let user = ["--user", "anna@school.example"];
    let sign_in = ["phone", "sign-in", phone, NOTES, "--password-stdin"];
    run(&mut server.command(sign_in.into_iter().chain(user)), b"correct horse battery\n").ok();
    assert!(events.any(|event| event["event"] == "pushOpened"));
    server.run(["phone", "pin", phone, NOTES, "2580"]).ok();
    run(&mut server.command(["phone", "doc", "create", phone, NOTES, "plan.txt"]), b"a secret plan").ok();
    assert_eq!(server.run(["phone", "doc", "read", phone, NOTES, "plan.txt"]).ok().stdout, "a secret plan");
    let status = server.run(["phone", "status", phone, NOTES, "--json"]).ok().json();
    assert_eq!(status["state"], "protected");
    let refused = server.run(["phone", "save-as", phone, NOTES, "plan.txt", "localStorage"]);
    assert_eq!(refused.status, 3, "{refused:#?}");
    assert!(refused.stdout.contains("geweigerd"), "{}", refused.stdout);
    assert_eq!(server.run(["phone", "uninstall", phone, NOTES]).status, 1, "an open app is not removed");

    server.run(["wipe", "request", "--yes"].into_iter().chain(user)).ok();
    // The two come in either order.
    let (mut told, mut signed_out) = (false, false);
    assert!(events.any(|event| {
        told |= event["event"] == "dialog" && event["dialog"]["code"] == "D5";
        signed_out |= event["status"]["state"] == "signed_out";
        told && signed_out
    }));
    let gone = server.run(["phone", "doc", "read", phone, NOTES, "plan.txt"]);
    assert_ne!(gone.status, 0, "{gone:#?}");

    server.run(["phone", "restart", phone]).ok();
    assert!(events.any(|event| event["event"] == "ended"));
    assert!(staying.wait().unwrap().success());
}
