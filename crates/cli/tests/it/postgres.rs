use crate::kit::{Server, ringfence, run};

#[test]
fn the_same_commands_on_postgresql() {
    let Some(url) = std::env::var_os("RINGFENCE_TEST_POSTGRES") else {
        println!("skipped: RINGFENCE_TEST_POSTGRES is not set");
        return;
    };
    let url = url.to_str().unwrap();
    let server = Server::start_with(tempfile::tempdir().unwrap(), &["--database-url", url]);
    let args = ["token", "create", "--role", "owner", "--name", "postgres", "--database-url", url, "--data"];
    let token = run(ringfence(args).arg(server.data()), b"").ok().stdout;
    let user = format!("anna-{}@school.example", std::process::id());
    let owner =
        |args: &[&str], stdin: &[u8]| run(server.command(args).env("RINGFENCE_TOKEN", token.trim()), stdin);
    owner(&["user", "create", &user], b"correct horse battery\n").ok();
    let users = owner(&["user", "list"], b"").ok().stdout;
    assert!(users.contains(&user), "{users}");
    assert!(!server.data().join("ringfence.db").exists(), "written to SQLite");
}
