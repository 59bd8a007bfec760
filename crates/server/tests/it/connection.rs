//! Silent and slow clients. No sleeping: each test waits for the server to close the socket.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::kit::{Database, World, impatient};

/// Sends what is given, then waits for the end of the stream.
async fn answer_to(world: &World, sent: &[u8]) -> String {
    let mut stream = TcpStream::connect(world.server.addr).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut received = Vec::new();
    // A reset instead of an orderly end is as good.
    let _ = stream.read_to_end(&mut received).await;
    String::from_utf8_lossy(&received).into_owned()
}

#[tokio::test]
async fn closes_silent_and_slow_connections() {
    let world = World::start_with(Database::sqlite(), impatient).await;
    let silent: [&[u8]; 5] = [
        b"",
        b"P",
        b"PRI * HTTP/2.0\r\n\r",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ",
    ];
    for sent in silent {
        let answer = answer_to(&world, sent).await;
        assert!(!answer.contains(" 200 "), "{answer}");
    }
    let kept_alive = answer_to(&world, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(kept_alive.ends_with("ok\n"), "{kept_alive}");
    let metrics = world.anonymous().get("/metrics").await;
    assert!(!metrics.text().contains("connections_timed_out_total 0"), "{}", metrics.text());
    world.stop().await;
}

#[tokio::test]
async fn answers_slow_and_large_bodies() {
    let world = World::start_with(Database::sqlite(), impatient).await;
    let slow = answer_to(
        &world,
        b"POST /api/v1/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
    )
    .await;
    assert!(slow.starts_with("HTTP/1.1 408 ") && slow.contains("body_too_slow"), "{slow}");
    let declared = answer_to(
        &world,
        b"POST /api/v1/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n[",
    )
    .await;
    assert!(declared.starts_with("HTTP/1.1 413 ") && declared.contains("body_too_large"), "{declared}");
    let diagnostics = answer_to(
        &world,
        b"POST /phone/v1/diagnostics HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4500000\r\n\r\n{",
    )
    .await;
    assert!(diagnostics.starts_with("HTTP/1.1 413 "), "{diagnostics}");
    world.stop().await;
}

#[tokio::test]
async fn drops_a_client_that_takes_no_answers() {
    let world = World::start_with(Database::sqlite(), impatient).await;
    let stream = TcpStream::connect(world.server.addr).await.unwrap();
    // Asks again and again and never reads: once both buffers are full the server cannot write, and gives up.
    let (reader, mut writer) = stream.into_split();
    let question = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    while writer.write_all(&question).await.is_ok() {}
    drop(reader);
    assert_eq!(world.anonymous().get("/healthz").await.text(), "ok\n");
    world.stop().await;
}

#[tokio::test]
async fn finishes_open_requests_when_stopping() {
    let world = World::start(Database::sqlite()).await;
    let mut stream = TcpStream::connect(world.server.addr).await.unwrap();
    stream
        .write_all(b"POST /api/v1/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{")
        .await
        .unwrap();
    // The request is open once a second connection, made later, has been answered.
    assert_eq!(world.anonymous().get("/healthz").await.text(), "ok\n");
    let stop = tokio::spawn(world.stop());
    stream.write_all(b"}").await.unwrap();
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();
    assert!(received.starts_with("HTTP/1.1 400 "), "{received}");
    stop.await.unwrap();
}

#[tokio::test]
async fn serves_tls() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let world = World::start_with(Database::sqlite(), |config| {
        config.tls = Some(ringfence_server::TlsFiles { cert, key });
    })
    .await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(world.server.addr).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();
    assert!(received.ends_with("ok\n"), "{received}");
    world.stop().await;
}

#[tokio::test]
async fn speaks_http2() {
    let world = World::start(Database::sqlite()).await;
    let stream = TcpStream::connect(world.server.addr).await.unwrap();
    let (executor, io) = (hyper_util::rt::TokioExecutor::new(), hyper_util::rt::TokioIo::new(stream));
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    let request = |path: &str| {
        let uri = format!("http://{}{path}", world.server.addr);
        hyper::Request::builder().uri(uri).body(http_body_util::Empty::<hyper::body::Bytes>::new()).unwrap()
    };
    let health = sender.send_request(request("/healthz")).await.unwrap();
    assert_eq!((health.status().as_u16(), health.version()), (200, hyper::Version::HTTP_2));
    assert_eq!(sender.send_request(request("/v1.0/users")).await.unwrap().status(), 401);
    drop(sender);
    world.stop().await;
}
