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
    reports: bool,
}

impl Requests for Turn {
    fn next(&mut self, request: &mut Vec<u8>) {
        self.next = (self.next + 1) % self.phones.len();
        if let Some(phone) = self.phones.get_mut(self.next) {
            if self.reports {
                phone.report(request);
            } else {
                phone.check_in(request);
            }
        }
    }
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

    let per_connection = phones.len() / CONNECTIONS;
    let mut turns: Vec<Turn> = (0..CONNECTIONS)
        .map(|_| Turn { phones: phones.split_off(phones.len() - per_connection), next: 0, reports: false })
        .collect();
    let mut bare_requests = bare_check_ins();
    let mut samples = vec![Vec::new(); 3];
    for _ in 0..rounds(effort) {
        let (micros, next) = bare.round(304, span(effort), bare_requests).await?;
        samples[0].push(micros);
        bare_requests = next;
        for (place, wanted, reports) in [(1, 304, false), (2, 204, true)] {
            for turn in &mut turns {
                turn.reports = reports;
            }
            let (micros, next) = ours.round(wanted, span(effort), turns).await?;
            samples[place].push(micros);
            turns = next;
        }
    }
    let limit = ("bare axum: hash a token, find it among 10⁶, answer 304", samples[0].as_slice());
    let check_in = Figure::compare(
        format!("check-in with nothing new ({name}), CPU"),
        "µs",
        &samples[1],
        limit,
        Goal::RatioAtMost(1.25),
    );
    let report = Figure::compare(
        format!("status report, durable before the answer ({name}), CPU with the database's"),
        "µs",
        &samples[2],
        limit,
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
