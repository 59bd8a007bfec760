use crate::kit::{Server, run};

#[test]
fn people_groups_licences_and_apps_are_made_and_shown() {
    let server = Server::start();
    run(
        &mut server.command(["user", "create", "anna@school.example", "--name", "Anna"]),
        b"a long enough secret\n",
    )
    .ok();
    for group in ["Staff", "Teachers"] {
        server.run(["group", "create", group]).ok();
    }
    server.run(["group", "add", "Staff", "--group", "Teachers"]).ok();
    server.run(["group", "add", "Teachers", "--user", "anna@school.example"]).ok();
    server.run(["licence", "assign", "anna@school.example"]).ok();
    let shown = server.run(["user", "show", "anna@school.example"]).ok().stdout;
    for part in ["Anna", "Staff", "Teachers", "groups", "licences"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let members = server.run(["group", "list", "Staff"]).ok().stdout;
    assert!(members.contains("Teachers") && members.contains("group"), "{members}");
    server.run(["group", "remove", "Teachers", "--user", "anna@school.example"]).ok();
    let shown = server.run(["user", "show", "anna@school.example"]).ok().stdout;
    assert!(!shown.contains("Staff"), "{shown}");
    server.run(["app", "add", "org.example.app", "--platform", "android", "--name", "Example"]).ok();
    let apps = server.run(["app", "list"]).ok().stdout;
    assert!(apps.contains("org.example.app") && apps.contains("android"), "{apps}");
    server.run(["user", "disable", "anna@school.example"]).ok();
    let users = server.run(["user", "list", "--json"]).ok().json();
    assert_eq!(users[0]["accountEnabled"], false);
}

#[test]
fn what_does_not_exist_is_named() {
    let server = Server::start();
    let cases: [(&[&str], &str); 4] = [
        (&["user", "show", "nobody@school.example"], "there is no user `nobody@school.example`"),
        (&["group", "list", "Nobody"], "there is no group `Nobody`"),
        (&["policy", "show", "Nothing"], "there is no policy `Nothing`"),
        (&["policy", "template", "show", "level-9-ios"], "level-3-ios"),
    ];
    for (args, reason) in cases {
        let run = server.run(args);
        assert_eq!(run.status, 1, "{args:?}");
        assert!(run.stderr.contains(reason), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn an_unreachable_server_and_a_missing_token_are_named() {
    let server = Server::start();
    let unreachable =
        run(server.command(["user", "list"]).env("RINGFENCE_SERVER", "http://127.0.0.1:1"), b"");
    assert_eq!(unreachable.status, 1);
    assert!(unreachable.stderr.contains("http://127.0.0.1:1 cannot be reached"), "{}", unreachable.stderr);
    let without = run(server.command(["user", "list"]).env_remove("RINGFENCE_TOKEN"), b"");
    assert!(without.stderr.contains("ringfence token create"), "{}", without.stderr);
}
