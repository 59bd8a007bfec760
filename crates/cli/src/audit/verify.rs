//! Checking the log: by asking the server, in its folder, or in an export that needs no server at all.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use ringfence_server::audit::{Fault, Summary, Verdict, export, ops};

use super::Progress;
use crate::api::{Api, text};
use crate::output::Style;
use crate::token::Where;

/// What a check found.
#[derive(Debug)]
pub(super) enum Checked {
    Intact { first: i64, entries: i64, erased: i64, head: String, newest: bool },
    Broken { seq: i64, why: String },
}

impl From<Fault> for Checked {
    fn from(fault: Fault) -> Self {
        Self::Broken { seq: fault.seq, why: fault.why.to_owned() }
    }
}

fn intact(found: Summary, newest: bool) -> Checked {
    Checked::Intact {
        first: found.seq - found.entries + 1,
        entries: found.entries,
        erased: found.erased,
        head: found.head,
        newest,
    }
}

/// Has the server check.
pub(super) fn server(api: &Api) -> anyhow::Result<Checked> {
    let told = api.get("/api/v1/audit/verify")?;
    let number = |name: &str| told.get(name).and_then(serde_json::Value::as_i64).unwrap_or_default();
    if told.get("intact").and_then(serde_json::Value::as_bool) == Some(true) {
        let head = text(&told, "head");
        return Ok(Checked::Intact {
            first: 1,
            entries: number("entries"),
            erased: number("erased"),
            head,
            newest: true,
        });
    }
    Ok(Checked::Broken { seq: number("seq"), why: text(&told, "why") })
}

/// Checks in the server's database.
pub(super) fn folder(place: &Where) -> anyhow::Result<Checked> {
    crate::serve::runtime()?.block_on(async {
        let (db, _, tenant) = place.open().await?;
        let progress = Progress::new(true);
        let mut conn = db.snapshot().await?;
        let verdict = ops::verify(&mut conn, tenant, |seq| progress.tell(seq, None)).await?;
        drop(conn);
        progress.end();
        db.close().await;
        Ok(match verdict {
            Verdict::Intact(found) => intact(found, true),
            Verdict::Broken(fault) => fault.into(),
        })
    })
}

/// Checks an export.
pub(super) fn file(path: &Path) -> anyhow::Result<Checked> {
    let reader: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        let file =
            std::fs::File::open(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
        Box::new(BufReader::new(file))
    };
    let progress = Progress::new(true);
    let checked = export::check(reader.lines(), |seq, last| progress.tell(seq, Some(last)));
    progress.end();
    match checked {
        Ok((header, found)) => Ok(intact(found, header.newest)),
        Err(export::CheckError::Broken(fault)) => Ok(fault.into()),
        Err(other) => Err(other.into()),
    }
}

/// Prints what was found; a broken log is a failure.
pub(super) fn tell(checked: Checked, wanted: Option<&str>) -> ExitCode {
    let style = Style::stdout();
    let (first, entries, erased, head, newest) = match checked {
        Checked::Broken { seq, why } => {
            println!("{} at entry {seq}: {why}", style.bad("broken"));
            return ExitCode::FAILURE;
        }
        Checked::Intact { first, entries, erased, head, newest } => (first, entries, erased, head, newest),
    };
    if let Some(wanted) = wanted.filter(|wanted| !wanted.eq_ignore_ascii_case(&head)) {
        println!("{}: the newest entry has the hash {head}, not {wanted}", style.bad("another log"));
        return ExitCode::FAILURE;
    }
    println!("{}: {entries} entries follow from each other", style.good("intact"));
    if first > 1 {
        println!("they begin with entry {first}; what was before is not in this file");
    }
    if erased > 0 {
        println!("of these {erased} had their content erased, and say by which entry");
    }
    if !newest {
        println!("the log went on after the last of them");
    }
    println!("head {head}");
    ExitCode::SUCCESS
}
