//! The troubleshooter in a large directory, beside the same question in a small one: finding out what is wrong with one
//! person must not cost more because there are many others.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{
    CONNECTIONS, call::json as call_json, child::Served, fleet::Maker, load::Requests, round, rounds, span,
};
use crate::{
    measure::Effort,
    table::{Figure, Goal},
};

const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// Most requests that a batch takes.
const BATCH: usize = 20;
/// People who are asked about: licensed, signed in, with an app registered.
const ASKED: usize = 4;

/// The figures of this group.
pub(crate) fn run(effort: Effort) -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let many = Town::make(MANY / effort.shrink).await?;
        let few = Town::make(FEW / effort.shrink).await?;
        let (mut large, mut small) = (many.questions(), few.questions());
        let (mut figure, mut limit) = (Vec::new(), Vec::new());
        for _ in 0..rounds(effort) {
            let (micros, next) = round(&many.server, 200, span(effort), large).await?;
            figure.push(micros);
            large = next;
            let (micros, next) = round(&few.server, 200, span(effort), small).await?;
            limit.push(micros);
            small = next;
        }
        Ok(vec![Figure::compare(
            format!("doctor in a directory of {} people, server CPU", many.people),
            "µs",
            &figure,
            (&format!("the same question among {} people", few.people), &limit),
            Goal::RatioAtMost(1.5),
        )])
    })
}

/// A server and its people.
struct Town {
    server: Served,
    token: String,
    people: usize,
    mark: u64,
    _data: tempfile::TempDir,
}

impl Town {
    async fn make(people: usize) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let server = Served::start(&["serve-ours", &data.path().display().to_string()], 2)?;
        let token = server.announced[1].clone();
        let mark = u64::from(std::process::id());
        let maker = Maker { port: server.port()?, token: &token, mark };
        maker.make(ASKED, 1).await?;
        let town = Self { server, token, people, mark, _data: data };
        let others: Vec<usize> = (ASKED..people).collect();
        for numbers in others.chunks(BATCH) {
            town.add(numbers).await?;
        }
        Ok(town)
    }

    async fn add(&self, numbers: &[usize]) -> Result<()> {
        let request = |number: &usize| {
            json!({
                "id": number.to_string(), "method": "POST", "url": "/users",
                "headers": {"Content-Type": "application/json"},
                "body": {
                    "accountEnabled": true, "displayName": format!("Neighbour {number}"),
                    "userPrincipalName": format!("neighbour{number}@bench.example"),
                },
            })
        };
        let body = json!({ "requests": numbers.iter().map(request).collect::<Vec<_>>() });
        let answer = call_json(self.server.port()?, "POST", "/v1.0/$batch", Some(&self.token), &body).await?;
        let made = answer["responses"].as_array().into_iter().flatten();
        let made = made.filter(|one| one["status"] == 201).count();
        ensure!(made == numbers.len(), "{made} of {} people were made: {answer}", numbers.len());
        Ok(())
    }

    fn questions(&self) -> Vec<impl Requests + use<>> {
        (0..CONNECTIONS)
            .map(|connection| {
                let line = format!(
                    "GET /api/v1/doctor?user=person{}.{}@bench.example HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
                    connection % ASKED,
                    self.mark,
                    self.token
                );
                move |request: &mut Vec<u8>| request.extend_from_slice(line.as_bytes())
            })
            .collect()
    }
}
