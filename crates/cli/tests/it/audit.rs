//! The audit log on the command line, and roles that end at a group.

use crate::kit::{Server, ringfence, run};

#[test]
fn the_log_is_checked_by_the_server_in_its_folder_and_in_an_export() {
    let server = Server::start();
    let ask = |args: &[&str]| run(&mut server.command(args), b"");
    ask(&["group", "create", "Teachers"]).ok();
    let listed = ask(&["audit", "list"]).ok().stdout;
    assert!(listed.contains("group.create") && listed.contains("127.0.0.1"), "{listed}");
    let online = ask(&["audit", "verify"]).ok().stdout;
    assert!(online.starts_with("intact"), "{online}");
    let offline = ["audit", "verify", "--offline", "--data"];
    let offline = run(ringfence(offline).arg(server.data()), b"").ok().stdout;
    assert_eq!(offline.lines().last(), online.lines().last(), "the same head");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let path = file.to_str().unwrap();
    ask(&["audit", "export", "--output", path]).ok();
    let intact = run(&mut ringfence(["audit", "verify", path]), b"").ok().stdout;
    assert!(intact.starts_with("intact"), "{intact}");
    let head = intact.lines().last().unwrap().strip_prefix("head ").unwrap().to_owned();
    run(&mut ringfence(["audit", "verify", path, "--head", &head]), b"").ok();
    let other = run(&mut ringfence(["audit", "verify", path, "--head", "00"]), b"");
    assert_eq!(other.status, 1);
    assert!(other.stdout.contains("another log"), "{}", other.stdout);

    let text = std::fs::read_to_string(&file).unwrap();
    let broken =
        run(&mut ringfence(["audit", "verify", "-"]), text.replace("Teachers", "Trainers").as_bytes());
    assert_eq!(broken.status, 1);
    assert!(
        broken.stdout.contains("broken at entry") && broken.stdout.contains("content"),
        "{}",
        broken.stdout
    );
    let csv = ask(&["audit", "export", "--format", "csv"]).ok().stdout;
    assert!(csv.starts_with("seq,at,actor,act,object"), "{csv}");
    let none = run(&mut ringfence(["audit", "verify", "nowhere.jsonl"]), b"");
    assert!(none.status == 1 && none.stderr.contains("nowhere.jsonl"), "{}", none.stderr);
}

#[test]
fn a_role_reaches_as_far_as_its_group() {
    let server = Server::start();
    let ask = |args: &[&str]| run(&mut server.command(args), b"");
    for (group, user) in [("School A", "anna@school.example"), ("School B", "bert@school.example")] {
        ask(&["group", "create", group]).ok();
        ask(&["user", "create", user, "--password", "correct horse battery"]).ok();
        ask(&["group", "add", group, "--user", user]).ok();
    }
    let args = ["token", "create", "--role", "help-desk", "--name", "a", "--group", "School A", "--data"];
    let token = run(ringfence(args).arg(server.data()), b"").ok().stdout;
    let desk = |args: &[&str]| run(server.command(args).env("RINGFENCE_TOKEN", token.trim()), b"");
    let users = desk(&["user", "list"]).ok().stdout;
    assert!(users.contains("anna@") && !users.contains("bert@"), "{users}");

    let id =
        ask(&["role", "assign", "--role", "owner", "--user", "anna@school.example", "--group", "School A"])
            .ok();
    let listed = ask(&["role", "list"]).ok().stdout;
    assert!(listed.contains("anna@school.example") && listed.contains("School A"), "{listed}");
    ask(&["role", "remove", id.stdout.trim()]).ok();
    assert!(!ask(&["role", "list"]).ok().stdout.contains("anna@"));
    assert!(ask(&["role", "show"]).ok().stdout.contains("policies.write"));
    let wrong = ask(&["role", "assign", "--role", "king", "--user", "anna@school.example"]);
    assert!(wrong.status == 1 && wrong.stderr.contains("help-desk"), "{}", wrong.stderr);
    let wrong = ["token", "create", "--role", "owner", "--name", "x", "--group", "Nowhere", "--data"];
    let wrong = run(ringfence(wrong).arg(server.data()), b"");
    assert!(wrong.status == 1 && wrong.stderr.contains("Nowhere"), "{}", wrong.stderr);
}
