//! Check-ins with nothing new, and durable status reports, on both databases.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Result;

use super::{
    CONNECTIONS, bare_check_ins,
    child::{Postgres, Served},
    fleet::{Maker, Phone},
    load::{Requests, drive},
    rounds, span,
};
use crate::{
    measure::Effort,
    table::{Figure, Goal},
};

/// Where the tests and benchmarks find PostgreSQL.
const POSTGRES_URL: &str = "RINGFENCE_TEST_POSTGRES";

const PEOPLE: usize = 32;
const DEVICES: usize = 8;

/// Connections for durable writes: what waits for one commit goes into the next, so a busy server writes in batches.
const MANY: usize = PEOPLE * DEVICES;

/// The figures of this group.
pub(crate) fn run(effort: Effort) -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut figures = on_database(effort, None).await?;
        match std::env::var(POSTGRES_URL) {
            Ok(url) => figures.extend(on_database(effort, Some(&url)).await?),
            Err(_) => eprintln!("phones: {POSTGRES_URL} is not set, PostgreSQL is left out"),
        }
        Ok(figures)
    })
}

/// CPU of everything that serves a request.
struct Machine {
    server: Served,
    database: Option<Postgres>,
}

impl Machine {
    fn cpu(&self) -> Result<Duration> {
        let database = self.database.as_ref().map_or(Ok(Duration::ZERO), Postgres::cpu)?;
        Ok(self.server.cpu()? + database)
    }

    /// Microseconds of CPU per answered request, and the connections' states for the next round.
    async fn round<R: Requests>(&self, wanted: u16, span: Duration, all: Vec<R>) -> Result<(f64, Vec<R>)> {
        let before = self.cpu()?;
        let (answered, all) = drive(self.server.port()?, wanted, span, all).await?;
        let spent = self.cpu()?.saturating_sub(before);
        Ok((spent.as_micros() as f64 / answered.max(1) as f64, all))
    }
}

/// The phones of one connection, which take turns.
struct Turn {
    phones: Vec<Phone>,
    next: usize,
    /// Appends the request of the phone whose turn it is.
    make: fn(&mut Phone, &mut Vec<u8>),
}

/// What a phone sends, and the status it must get.
type Kind = (fn(&mut Phone, &mut Vec<u8>), u16);

impl Turn {
    const CHECK_IN: Kind = (Phone::check_in, 304);
    const REPORT: Kind = (Phone::report, 204);
}

impl Requests for Turn {
    fn next(&mut self, request: &mut Vec<u8>) {
        self.next = (self.next + 1) % self.phones.len();
        if let Some(phone) = self.phones.get_mut(self.next) {
            (self.make)(phone, request);
        }
    }
}

/// Rounds of one kind of request, each beside a round of the bare server with as many connections.
async fn rounds_of(
    effort: Effort,
    ours: &Machine,
    bare: &Machine,
    (make, wanted): Kind,
    phones: &mut Vec<Phone>,
    connections: usize,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let each = phones.len() / connections;
    let mut turns: Vec<Turn> = (0..connections)
        .map(|_| Turn { phones: phones.split_off(phones.len() - each), next: 0, make })
        .collect();
    let mut bare_requests = bare_check_ins(connections);
    let (mut figure, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..rounds(effort) {
        let (micros, next) = bare.round(304, span(effort), bare_requests).await?;
        limit.push(micros);
        bare_requests = next;
        let (micros, next) = ours.round(wanted, span(effort), turns).await?;
        figure.push(micros);
        turns = next;
    }
    phones.extend(turns.into_iter().flat_map(|turn| turn.phones));
    Ok((figure, limit))
}

async fn on_database(effort: Effort, url: Option<&str>) -> Result<Vec<Figure>> {
    let (name, most) = if url.is_some() { ("PostgreSQL", 3.0) } else { ("SQLite", 5.0) };
    let data = tempfile::tempdir()?;
    let folder = data.path().display().to_string();
    let mut args = vec!["serve-ours", &folder];
    args.extend(url);
    let server = Served::start(&args, 2)?;
    let token = server.announced[1].clone();
    let mark = u64::from(std::process::id());
    let maker = Maker { port: server.port()?, token: &token, mark };
    let mut phones = maker.make(PEOPLE, DEVICES).await?;
    let signatures = signatures(&phones, name);
    let ours = Machine { server, database: url.map(Postgres::find).transpose()? };
    let bare = Machine { server: Served::start(&["serve-bare"], 1)?, database: None };

    let (check_ins, bare_few) =
        rounds_of(effort, &ours, &bare, Turn::CHECK_IN, &mut phones, CONNECTIONS).await?;
    let (reports, bare_many) = rounds_of(effort, &ours, &bare, Turn::REPORT, &mut phones, MANY).await?;
    let check_in = Figure::compare(
        format!("check-in with nothing new ({name}), CPU"),
        "µs",
        &check_ins,
        ("bare axum, 64 connections: hash a token, find it among 10⁶, answer 304", &bare_few),
        Goal::RatioAtMost(1.25),
    );
    let report = Figure::compare(
        format!("status report, durable before the answer ({name}), CPU with the database's"),
        "µs",
        &reports,
        ("bare axum, 256 connections: hash a token, find it among 10⁶, answer 304", &bare_many),
        Goal::RatioAtMost(most),
    );
    Ok(vec![check_in, report, signatures])
}

/// How many signatures all those phones of one class took: the same signed bytes are one signature.
fn signatures(phones: &[Phone], database: &str) -> Figure {
    let distinct: BTreeSet<_> = phones.iter().map(|phone| phone.bundle_hash).collect();
    Figure::compare(
        format!("signatures for {} phones of one class ({database})", phones.len()),
        "",
        &[distinct.len() as f64],
        ("one per class and version", &[1.0]),
        Goal::RatioAtMost(1.0),
    )
}
