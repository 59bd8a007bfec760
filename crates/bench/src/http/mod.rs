//! Servers under load: each runs as a child process with one worker, a client on the other core keeps it busy, and what is compared is
//! the CPU time that the server's process used per answered request.

pub(crate) mod bare;
mod call;
pub(crate) mod child;
pub(crate) mod doctor;
mod fleet;
pub(crate) mod load;
pub(crate) mod ours;
pub(crate) mod phones;

use std::time::Duration;

use anyhow::Result;

use self::{
    child::Served,
    load::{Requests, drive},
};
use crate::{
    measure::Effort,
    table::{Figure, Goal},
};

/// Connections kept busy.
pub(crate) const CONNECTIONS: usize = 64;

/// How long one server is kept busy in one round.
pub(crate) fn span(effort: Effort) -> Duration {
    effort.slice * 250
}

/// Rounds: fewer than in-process ones, for each lasts longer.
pub(crate) fn rounds(effort: Effort) -> usize {
    effort.rounds.div_ceil(6)
}

/// Microseconds of the server's CPU per answered request, and the connections' states for the next round.
pub(crate) async fn round<R: Requests>(
    server: &Served,
    wanted: u16,
    span: Duration,
    connections: Vec<R>,
) -> Result<(f64, Vec<R>)> {
    let before = server.cpu()?;
    let (answered, connections) = drive(server.port()?, wanted, span, connections).await?;
    let spent = server.cpu()?.saturating_sub(before);
    Ok((spent.as_micros() as f64 / answered.max(1) as f64, connections))
}

/// Requests of the bare server: each connection walks through its own share of the tokens.
pub(crate) fn bare_check_ins(connections: usize) -> Vec<impl Requests + use<>> {
    (0..connections as u64)
        .map(|connection| {
            let mut number = connection;
            move |request: &mut Vec<u8>| {
                number = (number + 15_485_863) % bare::TOKENS;
                request.extend_from_slice(
                    format!(
                        "GET /checkin HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\nIf-None-Match: \"7\"\r\n\r\n",
                        bare::token(number)
                    )
                    .as_bytes(),
                );
            }
        })
        .collect()
}

/// The figures of this group: the HTTP stack without work.
pub(crate) fn run(effort: Effort) -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let data = tempfile::tempdir()?;
        let ours = Served::start(&["serve-ours", &data.path().display().to_string()], 2)?;
        let bare = Served::start(&["serve-bare"], 1)?;
        let mut health: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                |request: &mut Vec<u8>| {
                    request.extend_from_slice(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
                }
            })
            .collect();
        let mut bare_requests = bare_check_ins(CONNECTIONS);
        let (mut figure, mut limit) = (Vec::new(), Vec::new());
        for _ in 0..rounds(effort) {
            let (micros, next) = round(&ours, 200, span(effort), health).await?;
            figure.push(micros);
            health = next;
            let (micros, next) = round(&bare, 304, span(effort), bare_requests).await?;
            limit.push(micros);
            bare_requests = next;
        }
        Ok(vec![Figure::compare(
            "HTTP stack without work (/healthz), server CPU",
            "µs",
            &figure,
            ("bare axum: hash a token, find it among 10⁶, answer 304", &limit),
            Goal::RatioAtMost(1.1),
        )])
    })
}
