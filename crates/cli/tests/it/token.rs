use crate::kit::{Server, ringfence, run};

#[test]
fn create_prints_the_token_and_nothing_else() {
    let server = Server::start();
    let args = ["token", "create", "--role", "auditor", "--name", "ci", "--expires", "30d", "--data"];
    let run = run(ringfence(args).arg(server.data()), b"").ok();
    let token = run.stdout.strip_suffix('\n').unwrap();
    assert!(token.starts_with("rf_") && token.len() > 40, "{token}");
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
    assert_eq!(run.stderr, "");
}

#[test]
fn a_mistyped_folder_makes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("elsewhere");
    for command in ["create --role owner --name x --data", "list --data"] {
        let run = run(ringfence(["token"].into_iter().chain(command.split(' '))).arg(&data), b"");
        assert_eq!(run.status, 1);
        assert!(run.stderr.contains("elsewhere") && run.stderr.contains("serve --data"), "{}", run.stderr);
        assert!(!data.exists());
    }
}

#[test]
fn a_role_may_do_what_its_role_may_and_no_more() {
    let server = Server::start();
    let args = ["token", "create", "--role", "help-desk", "--name", "desk", "--data"];
    let token = run(ringfence(args).arg(server.data()), b"").ok().stdout;
    let desk = |args: &[&str]| run(server.command(args).env("RINGFENCE_TOKEN", token.trim()), b"");
    desk(&["user", "list"]).ok();
    let refused = desk(&["group", "create", "Teachers"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("directory.write"), "{}", refused.stderr);
    assert!(refused.stderr.contains("Owner"), "{}", refused.stderr);
    assert!(!refused.stderr.contains(token.trim()), "the token is echoed");
}

#[test]
fn a_revoked_token_opens_nothing() {
    let server = Server::start();
    server.run(["user", "list"]).ok();
    let list = run(ringfence(["token", "list", "--json", "--data"]).arg(server.data()), b"").ok().json();
    let id = list[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(list[0]["name"], "test");
    assert!(!list.to_string().contains(&server.token), "the list shows the secret");
    let revoke = |id: &str| run(ringfence(["token", "revoke", id, "--data"]).arg(server.data()), b"");
    revoke(&id).ok();
    assert_eq!(revoke(&id).status, 1, "revoked twice");
    let refused = server.run(["user", "list"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("token_invalid"), "{}", refused.stderr);
}

#[test]
fn wrong_arguments_name_what_is_allowed() {
    let role = run(&mut ringfence(["token", "create", "--role", "king", "--name", "x"]), b"");
    assert_eq!(role.status, 2);
    assert!(role.stderr.contains("global-administrator"), "{}", role.stderr);
    let life =
        run(&mut ringfence(["token", "create", "--role", "owner", "--name", "x", "--expires", "9y"]), b"");
    assert_eq!(life.status, 2);
    assert!(life.stderr.contains("90d"), "{}", life.stderr);
}

#[test]
fn the_one_time_password_signs_in_once_it_is_changed() {
    let server = Server::start();
    let one_time = server.one_time_password();
    let sign_in = |args: &[&str], stdin: String| {
        let mut command = server.command(["token", "sign-in"]);
        run(command.args(args), stdin.as_bytes())
    };
    let unchanged = sign_in(&[], format!("{one_time}\n"));
    assert_eq!(unchanged.status, 1, "{unchanged:#?}");
    assert_eq!(unchanged.stdout, "");
    let token = sign_in(&["--change"], format!("{one_time}\na better password of mine\n")).ok().stdout;
    assert!(token.starts_with("rf_") && token.trim().len() > 40, "{token}");
    run(server.command(["user", "list"]).env("RINGFENCE_TOKEN", token.trim()), b"").ok();
    assert_eq!(sign_in(&[], format!("{one_time}\n")).status, 1, "the one-time password worked twice");
    sign_in(&[], "a better password of mine\n".to_owned()).ok();
}
