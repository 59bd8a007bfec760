use ringfence_server::{Config, Server};
use serde_json::json;

use crate::{both, kit::World};

both!(answers_and_counts, |database| {
    let world = World::start(database).await;
    let client = world.anonymous();
    assert_eq!(client.get("/healthz").await.text(), "ok\n");
    assert_eq!(client.get("/readyz").await.text(), "ready\n");
    let metrics = client.get("/metrics").await;
    assert!(
        metrics.text().contains("ringfence_http_requests_total{area=\"other\",status=\"2xx\"} 2"),
        "{}",
        metrics.text()
    );
    world.stop().await;
});

both!(tells_the_first_password_once, |database| {
    let config = database.config();
    let first = Server::start(config.clone()).await.unwrap();
    assert!(first.admin_password.is_some());
    first.shutdown().await;
    let second = Server::start(config).await.unwrap();
    assert_eq!(second.admin_password, None);
    second.shutdown().await;
});

both!(unknown_paths_are_problems, |database| {
    let world = World::start(database).await;
    let answer = world.anonymous().get("/nowhere").await;
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let id = answer.headers["request-id"].to_str().unwrap().to_owned();
    let problem = answer.expect(404);
    assert_eq!(problem["code"], json!("not_found"));
    assert_eq!(problem["requestId"], json!(id));
    assert_eq!(
        world.anonymous().post("/healthz", &json!({})).await.expect(405)["code"],
        json!("method_not_allowed")
    );
    world.stop().await;
});

#[tokio::test]
async fn refuses_to_start_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a directory").unwrap();
    let error = Server::start(Config::new(&file, ([127, 0, 0, 1], 0).into())).await.unwrap_err();
    assert!(error.to_string().contains("data directory"), "{error}");

    let mut config = Config::new(folder.path().join("data"), ([127, 0, 0, 1], 0).into());
    config.database_url = Some("mysql://localhost/x".into());
    assert!(Server::start(config.clone()).await.unwrap_err().to_string().contains("postgres://"));

    config.database_url = Some("postgres://nobody@127.0.0.1:1/none".into());
    assert!(Server::start(config.clone()).await.unwrap_err().to_string().contains("cannot be opened"));

    config.database_url = None;
    config.tls = Some(ringfence_server::TlsFiles { cert: file.clone(), key: file });
    assert!(Server::start(config.clone()).await.unwrap_err().to_string().contains("no certificate"));

    config.tls = None;
    let running = Server::start(config.clone()).await.unwrap();
    config.listen = running.addr;
    assert!(Server::start(config).await.unwrap_err().to_string().contains("cannot listen"));
    running.shutdown().await;
}
