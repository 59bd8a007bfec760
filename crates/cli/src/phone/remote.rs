//! Acting in an app that another process has open: `ringfence phone run` listens on a socket in the app's folder.

use std::path::PathBuf;

use ringfence_phone::Phone;
use serde::{Deserialize, Serialize};

use super::{
    args::AppCommand,
    show::{Screen, Shown},
};

/// What one terminal asks of the process that has the app open.
#[derive(Debug, Serialize, Deserialize)]
struct Errand<C> {
    command: C,
    screen: Screen,
}

/// A request is a line; documents travel inside, so it may be long.
const LINE_BYTES_MAX: u64 = 256 * 1024 * 1024;

fn socket(phone: &Phone, app: &str) -> PathBuf {
    phone.app_folder(app).join("control.sock")
}

/// Hands the command to the process that has the app open; `None` when there is none.
#[cfg(unix)]
pub(super) fn forward(
    phone: &Phone,
    app: &str,
    command: &AppCommand,
    screen: Screen,
) -> anyhow::Result<Option<Shown>> {
    use std::{
        io::{Read, Write},
        net::Shutdown,
        os::unix::net::UnixStream,
    };
    // No socket, one left by a killed process, or a path too long for sockets: the app is opened here instead.
    let Ok(mut stream) = UnixStream::connect(socket(phone, app)) else { return Ok(None) };
    serde_json::to_writer(&mut stream, &Errand { command, screen })?;
    stream.write_all(b"\n")?;
    stream.shutdown(Shutdown::Write)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    Ok(Some(serde_json::from_slice(&reply)?))
}

/// Listens for other terminals until the value is dropped.
#[cfg(unix)]
pub(super) struct Ear {
    path: PathBuf,
}

#[cfg(unix)]
impl Ear {
    /// Starts listening; `None` when the path is too long for a socket.
    pub(super) fn open(phone: &Phone, app: &str) -> Option<Self> {
        use std::os::unix::{fs::PermissionsExt, net::UnixListener};
        let path = socket(phone, app);
        // A socket left by a killed process; the app's lock says that nobody listens.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).ok()?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).ok()?;
        let (phone, app) = (phone.clone(), app.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                // A terminal that hangs up needs no answer.
                let _ = serve(&phone, &app, stream);
            }
        });
        Some(Self { path })
    }
}

#[cfg(unix)]
impl Drop for Ear {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn serve(phone: &Phone, app: &str, mut stream: std::os::unix::net::UnixStream) -> anyhow::Result<()> {
    use std::io::{BufRead, BufReader, Read};
    let mut line = String::new();
    BufReader::new(stream.try_clone()?.take(LINE_BYTES_MAX)).read_line(&mut line)?;
    let shown = serde_json::from_str(&line)
        .map_err(anyhow::Error::from)
        .and_then(|errand: Errand<AppCommand>| super::act::run(phone, app, &errand.command, errand.screen))
        .unwrap_or_else(|error| Shown::failure(&error));
    serde_json::to_writer(&mut stream, &shown)?;
    Ok(())
}

/// Without sockets in the file system every command opens the app itself.
#[cfg(not(unix))]
pub(super) fn forward(_: &Phone, _: &str, _: &AppCommand, _: Screen) -> anyhow::Result<Option<Shown>> {
    Ok(None)
}

/// Nobody can be heard without sockets.
#[cfg(not(unix))]
pub(super) struct Ear;

#[cfg(not(unix))]
impl Ear {
    pub(super) fn open(_: &Phone, _: &str) -> Option<Self> {
        None
    }
}
