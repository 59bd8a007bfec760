//! A small HTTP/1.1 client that keeps many connections busy and counts the answers.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Writes one connection's next request into the buffer.
pub(crate) trait Requests: Send + 'static {
    /// Appends a complete request.
    fn next(&mut self, request: &mut Vec<u8>);
}

impl<F: FnMut(&mut Vec<u8>) + Send + 'static> Requests for F {
    fn next(&mut self, request: &mut Vec<u8>) {
        self(request);
    }
}

/// Sends on every connection, one request at a time, until the time is over; all answers must have the wanted status. Returns how
/// many were answered, and the connections' states for the next round.
pub(crate) async fn drive<R: Requests>(
    port: u16,
    wanted: u16,
    span: Duration,
    connections: Vec<R>,
) -> Result<(u64, Vec<R>)> {
    let end = Instant::now() + span;
    let mut tasks = JoinSet::new();
    for requests in connections {
        tasks.spawn(connection(port, wanted, end, requests));
    }
    let (mut answered, mut states) = (0, Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (count, state) = done??;
        answered += count;
        states.push(state);
    }
    Ok((answered, states))
}

async fn connection<R: Requests>(port: u16, wanted: u16, end: Instant, mut requests: R) -> Result<(u64, R)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (mut request, mut answer) = (Vec::with_capacity(1024), Vec::with_capacity(4096));
    let mut answered = 0;
    while Instant::now() < end {
        request.clear();
        requests.next(&mut request);
        stream.write_all(&request).await?;
        let status = read_answer(&mut stream, &mut answer).await?;
        if status != wanted {
            bail!("answered {status} instead of {wanted}: {}", String::from_utf8_lossy(&answer));
        }
        answered += 1;
    }
    Ok((answered, requests))
}

/// Reads one answer whole and gives its status.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<u16> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            bail!("the server closed the connection");
        }
        let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(answer.get(..head).unwrap_or_default()).context("head is not text")?;
        let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).context("no status")?;
        let length = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(Ok(0), |(_, value)| value.trim().parse::<usize>())?;
        let body = if status == 304 || status == 204 { 0 } else { length };
        if answer.len() >= head + 4 + body {
            return Ok(status);
        }
    }
}
