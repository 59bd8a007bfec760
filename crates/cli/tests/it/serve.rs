use crate::kit::{Server, ringfence, run};

#[test]
fn the_one_time_password_is_printed_at_the_first_start_only() {
    let (first, folder) = Server::start().stop();
    assert!(first.starts_with("first administrator: admin, one-time password: "), "{first}");
    let (second, _) = Server::start_in(folder).stop();
    assert_eq!(second, "");
}

#[test]
fn wrong_options_are_refused_with_a_reason() {
    let cases: [(&[&str], &str); 4] = [
        (&["serve", "--listen", "nowhere"], "invalid value 'nowhere'"),
        (&["serve", "--tls-cert", "a.pem"], "--tls-key"),
        (&["serve", "--database-url", "mysql://x", "--data", "/nonexistent/x"], "postgres://"),
        (&["serve", "--tls-cert", "/nonexistent/a", "--tls-key", "/nonexistent/b"], "/nonexistent/a"),
    ];
    for (args, reason) in cases {
        let run = run(&mut ringfence(args), b"");
        assert_ne!(run.status, 0, "{args:?}");
        assert!(run.stderr.contains(reason), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_taken_address_is_named() {
    let server = Server::start();
    let address = server.url.strip_prefix("http://").unwrap();
    let other = tempfile::tempdir().unwrap();
    let run = run(ringfence(["serve", "--listen", address, "--data"]).arg(other.path()), b"");
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains(address), "{}", run.stderr);
}
