use crate::kit::{Server, ringfence, run};

/// The tour of the README: a policy, a phone, a document, a refusal with its code, a wipe with its receipt.
#[test]
fn the_tour() {
    let server = Server::start();
    let template = run(&mut ringfence(["policy", "template", "show", "level-2-ios"]), b"").ok().stdout;
    run(&mut server.command(["policy", "import", "-"]), template.as_bytes()).ok();
    run(&mut server.command(["user", "create", "anna@school.example"]), b"correct horse battery\n").ok();
    server.run(["group", "create", "Teachers"]).ok();
    server.run(["group", "add", "Teachers", "--user", "anna@school.example"]).ok();
    server.run(["licence", "assign", "anna@school.example"]).ok();
    server.run(["policy", "assign", "Level 2: enhanced data protection (iOS)", "--group", "Teachers"]).ok();
    let place = ["--user", "anna@school.example", "--app", "org.ringfence.notes", "--platform", "ios"];
    let effective = server.run(["policy", "effective"].into_iter().chain(place)).ok().stdout;
    assert!(effective.contains("Teachers") && effective.contains("managedApps"), "{effective}");
    let asked = ["--action", "send", "--to", "org.example.chat"];
    let explained = server.run(["explain"].into_iter().chain(place).chain(asked)).ok().stdout;
    assert!(explained.contains("send_managed_apps_only (D4)"), "{explained}");

    let phone = server.folder.path().join("phone");
    let phone = phone.to_str().unwrap();
    let notes = "org.ringfence.notes";
    server.run(["phone", "make", phone, "--platform", "ios"]).ok();
    server.run(["phone", "install", phone, notes]).ok();
    server.run(["phone", "install", phone, "org.example.chat", "--unmanaged"]).ok();
    let mut sign_in = server.command([
        "phone",
        "sign-in",
        phone,
        notes,
        "--user",
        "anna@school.example",
        "--password-stdin",
    ]);
    run(&mut sign_in, b"correct horse battery\n").ok();
    let asked = server.run(["phone", "doc", "create", phone, notes, "plan.txt", "--text", "a secret plan"]);
    assert!(asked.status == 3 && asked.stdout.contains("Choose a PIN"), "{asked:#?}");
    let simple = server.run(["phone", "pin", phone, notes, "12"]);
    assert!(simple.status == 3 && simple.stdout.contains("RF-304"), "{simple:#?}");
    server.run(["phone", "pin", phone, notes, "2580"]).ok();
    let unasked = server.run(["phone", "pin", phone, notes, "1111"]);
    assert!(unasked.status == 1 && unasked.stderr.contains("no question for a PIN in"), "{unasked:#?}");
    server.run(["phone", "change-pin", phone, notes, "2580", "1397"]).ok();
    server.run(["phone", "doc", "create", phone, notes, "plan.txt", "--text", "a secret plan"]).ok();
    let read = server.run(["phone", "doc", "read", phone, notes, "plan.txt"]).ok().stdout;
    assert!(read.contains("a secret plan"), "{read}");
    let again = server.run(["phone", "doc", "create", phone, notes, "plan.txt", "--text", "another"]);
    assert!(again.status == 1 && again.stdout.contains("already"), "{again:#?}");
    server.run(["phone", "offline", phone]).ok();
    let sync = server.run(["phone", "sync", phone, notes, "--lang", "nl"]);
    assert!(sync.status == 1 && sync.stdout.contains("heeft geen verbinding"), "{sync:#?}");
    server.run(["phone", "online", phone]).ok();
    server.run(["phone", "sync", phone, notes]).ok();
    let refused = server.run(["phone", "share", phone, notes, "plan.txt", "org.example.chat"]);
    assert_eq!(refused.status, 3, "{refused:#?}");
    assert!(refused.stdout.contains("D4"), "{}", refused.stdout);

    let target = ["--user", "anna@school.example"];
    let shown = server.run(["wipe", "request"].into_iter().chain(target));
    assert_eq!(shown.status, 1, "a wipe needs --yes");
    let orders = server.run(["wipe", "request", "--yes", "--json"].into_iter().chain(target)).ok().json();
    let order = orders[0]["order"].as_str().unwrap().to_owned();
    server.run(["phone", "open", phone, notes]);
    let gone = server.run(["phone", "doc", "read", phone, notes, "plan.txt"]);
    assert_ne!(gone.status, 0, "{gone:#?}");
    let receipt = server.run(["wipe", "receipt", &order]).ok().stdout;
    assert!(receipt.contains("signature verified") && receipt.contains(&order), "{receipt}");
    let status = server.run(["wipe", "status", &order]).ok().stdout;
    assert!(status.contains("done"), "{status}");
    let report = server.run(["report"]).ok().stdout;
    assert!(report.contains("anna@school.example"), "{report}");
    let csv = server.run(["report", "--csv"]).ok().stdout;
    assert!(csv.lines().count() >= 2 && csv.contains("anna@school.example"), "{csv}");
}
