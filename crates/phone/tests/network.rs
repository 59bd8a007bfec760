//! The phone's network against real sockets on loopback: what a misbehaving or missing server looks like.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use ringfence_model::Platform;
use ringfence_phone::{
    MakePhone, Phone,
    http::{Http, MAX_REPLY_BYTES, NetFail, Request},
    push::{Push, PushEvent},
};

/// A certificate authority that signed nothing; its key was thrown away.
const CA: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBdDCCARugAwIBAgIUT9C7vdbLFKXBpGo/xx3hkjFG0uowCgYIKoZIzj0EAwIw\n\
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIyMzI5MzBaGA8yMTI2MTAyOTIzMjkz\n\
MFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLzM\n\
nCga+nGW4A8nSV9ebsmTlOPJqMyoqD6cz2Y3Ry2MNAoGFpcYgMj3FOX7UHZwitip\n\
JX2vI3o6KHQ94VgKEUCjUzBRMB0GA1UdDgQWBBSO0dgtJndgwIjHrXSF6cYwPdGU\n\
bTAfBgNVHSMEGDAWgBSO0dgtJndgwIjHrXSF6cYwPdGUbTAPBgNVHRMBAf8EBTAD\n\
AQH/MAoGCCqGSM49BAMCA0cAMEQCIG+U38iWLL151vm+NvcF20W522B6xUo2Mxn7\n\
3pUqqKqXAiBodTHO+Imj207hztByhF4ym7GaQalEDWZSa6QhkRQ+VA==\n\
-----END CERTIFICATE-----\n";

const PATIENCE: Duration = Duration::from_secs(20);

fn http(server: &str, ca_cert: Option<String>) -> Http {
    let dir = tempfile::tempdir().unwrap();
    let make = MakePhone { ca_cert, ..MakePhone::new(Platform::Ios, server) };
    let phone = Phone::create(dir.path().join("p"), &make).unwrap();
    Http::new(&phone.record().unwrap()).unwrap()
}

fn get(path: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        headers: vec![("x-test".to_owned(), "1".to_owned())],
        body: Vec::new(),
    }
}

/// Reads a request head and gives back its lines.
fn head(stream: &TcpStream) -> Vec<String> {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect()
}

/// A server for one connection.
fn serve(answer: impl FnOnce(TcpStream, Vec<String>) + Send + 'static) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let lines = head(&stream);
        answer(stream, lines);
    });
    (address, thread)
}

#[test]
fn every_status_is_a_reply_and_redirects_are_not_followed() {
    for status in ["200 OK", "304 Not Modified", "302 Found", "404 Not Found", "503 Service Unavailable"] {
        let (address, server) = serve(move |mut stream, lines| {
            assert_eq!(lines[0], "GET /phone/v1/tenant?a=b HTTP/1.1");
            assert!(lines.iter().any(|line| line.eq_ignore_ascii_case("x-test: 1")), "{lines:?}");
            let body = if status.starts_with("304") { "" } else { "{}" };
            let head = format!("HTTP/1.1 {status}\r\nETag: \"1\"\r\nLocation: http://127.0.0.1:1/\r\n");
            write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        });
        let reply = http(&address, None).send(&get("/phone/v1/tenant?a=b")).unwrap();
        assert_eq!(reply.status.to_string(), status[..3]);
        assert_eq!(reply.header("ETAG"), Some("\"1\""));
        server.join().unwrap();
    }
}

#[test]
fn a_server_that_is_not_there_is_offline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(http(&address, None).send(&get("/")), Err(NetFail::Offline));
}

#[test]
fn endless_replies_are_cut_off() {
    let (address, server) = serve(|mut stream, _| {
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").unwrap();
        let block = vec![b'x'; 64 * 1024];
        // The client hangs up when it has had enough.
        while stream.write_all(&block).is_ok() {}
    });
    let http = http(&address, None);
    assert_eq!(http.send(&get("/")), Err(NetFail::TooLarge), "limit {MAX_REPLY_BYTES}");
    drop(http);
    server.join().unwrap();
}

#[test]
fn a_reply_that_breaks_off_is_no_reply() {
    let (address, server) = serve(|mut stream, _| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").unwrap();
    });
    assert_eq!(http(&address, None).send(&get("/")), Err(NetFail::Broken));
    server.join().unwrap();
}

#[test]
fn a_server_without_tls_is_not_talked_to_over_https() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let fail = http(&address, Some(CA.to_owned())).send(&get("/")).unwrap_err();
    assert!(matches!(fail, NetFail::Tls | NetFail::Broken), "{fail:?}");
    server.join().unwrap();
}

#[test]
fn push_events_arrive_and_dropping_the_stream_hangs_up() {
    let (hung_up, waited) = mpsc::channel();
    let (address, server) = serve(move |mut stream, lines| {
        assert_eq!(lines[0], "GET /phone/v1/events HTTP/1.1");
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        let event = "event: changed\ndata: {\"revision\":5}\n\n";
        write!(stream, "{head}{:x}\r\n{event}\r\n", event.len()).unwrap();
        // Reading ends when the phone hangs up.
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let ended = BufReader::new(stream).lines().next().is_none_or(|line| line.is_err());
        hung_up.send(ended).unwrap();
    });
    let (sender, events) = mpsc::channel();
    let push =
        Push::start(&http(&address, None), &get("/phone/v1/events"), move |event| sender.send(event).is_ok());
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), PushEvent::Opened);
    let expected = PushEvent::Event { name: "changed".to_owned(), data: "{\"revision\":5}".to_owned() };
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), expected);
    drop(push);
    assert!(waited.recv_timeout(PATIENCE).unwrap());
    assert!(matches!(events.recv_timeout(PATIENCE).unwrap(), PushEvent::Closed(_)));
    server.join().unwrap();
}

#[test]
fn a_refused_push_stream_says_why() {
    let (address, server) = serve(|mut stream, _| {
        write!(stream, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let (sender, events) = mpsc::channel();
    let _push =
        Push::start(&http(&address, None), &get("/phone/v1/events"), move |event| sender.send(event).is_ok());
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), PushEvent::Refused(401));
    server.join().unwrap();
}
