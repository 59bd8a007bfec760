//! The system's browser of the virtual phone, as far as signing in needs it (RFC 8252 §7.3): somebody else opens the
//! address, this end listens on a loopback address for the browser to come back.

use std::{
    fmt,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

/// How long somebody may take at the provider.
const PATIENCE: Duration = Duration::from_secs(100);

/// How long a connection may take to say what it wants.
const REQUEST: Duration = Duration::from_secs(2);
const HEAD_MAX: usize = 16 * 1024;
const PATH: &str = "/signed-in";

/// Opens an address in a browser, and returns at once.
pub type Opener = Box<dyn FnOnce(&str) -> io::Result<()> + Send>;

/// A browser that waits to be used once.
pub(crate) struct Browser {
    listener: TcpListener,
    port: u16,
    open: Opener,
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Browser({})", self.port)
    }
}

impl Browser {
    /// Listens on a free port.
    pub(crate) fn new(open: Opener) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port, open })
    }

    /// Where the provider sends the browser.
    pub(crate) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Opens the address and waits; the address that the browser came back with, `None` when it did not.
    pub(crate) fn visit(self, url: &str) -> Option<String> {
        let base = self.redirect_uri();
        (self.open)(url).ok()?;
        self.listener.set_nonblocking(true).ok()?;
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    if let Some(target) = answer(stream) {
                        return Some(format!("{}{}", base.strip_suffix(PATH)?, target));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(_) => return None,
            }
        }
        None
    }
}

/// Reads a request and says thank you; its target when it is the one waited for.
fn answer(mut stream: TcpStream) -> Option<String> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(REQUEST)).ok()?;
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") && head.len() < HEAD_MAX {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => head.extend_from_slice(buffer.get(..count)?),
        }
    }
    let text = String::from_utf8_lossy(&head);
    let target = text.strip_prefix("GET ")?.split(' ').next()?.to_owned();
    let wanted = target.starts_with(&format!("{PATH}?"));
    let (status, said) =
        if wanted { ("200 OK", "You may go back to the app.\n") } else { ("404 Not Found", "") };
    let reply = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{said}",
        said.len()
    );
    // The browser may be gone already; what it brought counts.
    let _ = stream.write_all(reply.as_bytes());
    wanted.then_some(target)
}
