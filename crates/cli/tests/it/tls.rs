use crate::kit::{Server, run, write};

#[test]
fn commands_and_phones_trust_the_authority_named_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let cert = write(folder.path(), "cert.pem", made.cert.pem().as_bytes());
    let key = write(folder.path(), "key.pem", made.signing_key.serialize_pem().as_bytes());
    let files = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = Server::start_with(tempfile::tempdir().unwrap(), &files);
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    run(server.command(["user", "list"]).env("RINGFENCE_CA", &cert), b"").ok();
    let stranger = server.run(["user", "list"]);
    assert_eq!(stranger.status, 1, "trusted without being named: {stranger:#?}");

    let phone = server.folder.path().join("phone");
    let phone = phone.to_str().unwrap();
    let ca = ["--ca-cert", cert.to_str().unwrap()];
    server.run(["phone", "make", phone, "--platform", "android"].into_iter().chain(ca)).ok();
    server.run(["phone", "install", phone, "org.ringfence.notes"]).ok();
    // Nothing is registered for an app that the organisation has nothing to do with.
    let add = ["app", "add", "org.ringfence.notes", "--platform", "android"];
    run(server.command(add).env("RINGFENCE_CA", &cert), b"").ok();
    let create = ["user", "create", "anna@school.example"];
    run(server.command(create).env("RINGFENCE_CA", &cert), b"correct horse battery\n").ok();
    let mut licence = server.command(["licence", "assign", "anna@school.example"]);
    run(licence.env("RINGFENCE_CA", &cert), b"").ok();
    let mut sign_in =
        server.command(["phone", "sign-in", phone, "org.ringfence.notes", "--user", "anna@school.example"]);
    let signed_in = run(sign_in.arg("--password-stdin"), b"correct horse battery\n").ok();
    assert!(signed_in.stdout.contains("allowed"), "{signed_in:#?}");
}
