//! The log as a file. JSON lines hold everything that a check without the server needs: a first line that says what is
//! in it, an entry per line, a last line with the head. CSV is for reading only.

use std::str::FromStr;

use ringfence_model::{TenantId, TokenId, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use super::{Entry, Fault, Stored, Told, Verifier, Wanted, sql, verify::Summary};
use crate::{
    db::{Db, DbError},
    report::csv,
};

const PAGE: i64 = 500;

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// JSON lines, for checking and for programs.
    #[default]
    Jsonl,
    /// RFC 4180, for people.
    Csv,
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "jsonl" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            _ => Err(format!("`{text}` is not a format: expected jsonl or csv")),
        }
    }
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Version of the format.
    pub ringfence_audit: u32,
    /// Whose log.
    pub tenant: TenantId,
    /// When it was written.
    pub exported_at: UnixMillis,
    /// Number of the first entry; 0 without entries.
    pub first: i64,
    /// Number of the last entry; 0 without entries.
    pub last: i64,
    /// Hash of the entry before the first.
    pub previous_hash: String,
    /// Whether no entry in between is left out.
    pub complete: bool,
    /// Whether it goes on to the newest entry of the log.
    pub newest: bool,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Footer {
    /// The last entry.
    head: Head,
    entries: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    seq: i64,
    hash: String,
}

/// An entry as it is written and read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    seq: i64,
    at: UnixMillis,
    actor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<TokenId>,
    act: String,
    object: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    outcome: String,
    hash: String,
    /// The JSON text as it was hashed, as a text: programs that rewrite JSON leave it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erased_by: Option<i64>,
}

impl Line {
    fn of(told: &Told) -> Self {
        let entry = told.entry.clone();
        Self {
            seq: entry.seq,
            at: entry.at,
            actor: entry.actor,
            token: entry.token,
            act: entry.act,
            object: entry.object,
            before_hash: entry.before_hash,
            after_hash: entry.after_hash,
            content_hash: entry.content_hash,
            request_id: entry.request,
            outcome: entry.outcome,
            hash: entry.hash,
            content: told.stored.text.clone(),
            erased_by: told.stored.erased_by,
        }
    }

    fn told(self) -> Told {
        Told {
            entry: Entry {
                seq: self.seq,
                at: self.at,
                actor: self.actor,
                token: self.token,
                act: self.act,
                object: self.object,
                before_hash: self.before_hash,
                after_hash: self.after_hash,
                content_hash: self.content_hash,
                request: self.request_id,
                outcome: self.outcome,
                hash: self.hash,
            },
            stored: Stored { text: self.content, erased_by: self.erased_by },
        }
    }
}

/// Writes the wanted entries line by line into a channel, in pages, so that no log is too long. Ends early when nobody
/// listens any more.
///
/// # Errors
/// The database cannot be read.
pub async fn produce(
    db: &Db,
    (tenant, now): (TenantId, UnixMillis),
    wanted: &Wanted,
    format: Format,
    lines: &Sender<String>,
) -> Result<(), DbError> {
    let mut conn = db.snapshot().await?;
    let range = sql::find_range(&mut conn, tenant, wanted.since, wanted.until).await?;
    let head = sql::find_head(&mut conn, tenant).await?;
    let previous_hash = match range {
        Some((first, _)) if first > 1 => sql::find_hash(&mut conn, tenant, first - 1).await?,
        _ => None,
    };
    drop(conn);
    let (first, last) = range.unwrap_or((0, 0));
    let header = Header {
        ringfence_audit: 1,
        tenant,
        exported_at: now,
        first,
        last,
        previous_hash: previous_hash.unwrap_or_else(|| super::chain::START.to_owned()),
        complete: wanted.user.is_none() && wanted.act.is_none(),
        newest: head.as_ref().is_none_or(|(seq, _)| *seq == last),
    };
    let opening = match format {
        Format::Jsonl => json_line(&header),
        Format::Csv => CSV.join(","),
    };
    if lines.send(opening).await.is_err() {
        return Ok(());
    }
    // A range of numbers, not of times: a clock that was set back must not leave out entries.
    let mut wanted =
        Wanted { after: first - 1, up_to: Some(last), since: None, until: None, ..wanted.clone() };
    let (mut entries, mut hash) = (0, header.previous_hash);
    loop {
        let page = sql::list(&mut *db.read().await?, tenant, &wanted, PAGE).await?;
        let Some(newest) = page.last() else { break };
        wanted.after = newest.entry.seq;
        hash.clone_from(&newest.entry.hash);
        for told in &page {
            entries += 1;
            let line = match format {
                Format::Jsonl => json_line(&Line::of(told)),
                Format::Csv => csv_line(told),
            };
            if lines.send(line).await.is_err() {
                return Ok(());
            }
        }
    }
    if format == Format::Jsonl {
        let seq = if entries > 0 { wanted.after } else { last };
        // Nobody listening is no failure.
        let _ = lines.send(json_line(&Footer { head: Head { seq, hash }, entries })).await;
    }
    Ok(())
}

/// A whole log as the lines of its export.
#[cfg(test)]
pub(super) fn lines(tenant: TenantId, now: UnixMillis, told: &[Told]) -> Vec<String> {
    let (first, last) = (told.first().unwrap().entry.seq, &told.last().unwrap().entry);
    let header = Header {
        ringfence_audit: 1,
        tenant,
        exported_at: now,
        first,
        last: last.seq,
        previous_hash: super::chain::START.to_owned(),
        complete: true,
        newest: true,
    };
    let head = Head { seq: last.seq, hash: last.hash.clone() };
    let footer = Footer { head, entries: last.seq };
    let mut lines = vec![json_line(&header)];
    lines.extend(told.iter().map(|told| json_line(&Line::of(told))));
    lines.push(json_line(&footer));
    lines
}

fn json_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

const CSV: [&str; 18] = [
    "seq",
    "at",
    "actor",
    "act",
    "object",
    "outcome",
    "from",
    "before",
    "after",
    "objects",
    "request",
    "reason",
    "detail",
    "tried",
    "repeated",
    "requestId",
    "erasedBy",
    "hash",
];

fn csv_line(told: &Told) -> String {
    let (entry, content) = (&told.entry, told.stored.read());
    let raw = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let cells = [
        json!(entry.seq),
        json!(crate::graph::timestamp(entry.at)),
        json!(entry.actor),
        json!(entry.act),
        json!(entry.object),
        json!(entry.outcome),
        json!(content.from),
        json!(raw(&content.before)),
        json!(raw(&content.after)),
        json!(content.objects),
        json!(content.request),
        json!(content.reason),
        json!(content.detail),
        json!(content.tried),
        json!(content.repeated),
        json!(entry.request),
        json!(told.stored.erased_by),
        json!(entry.hash),
    ];
    CSV.iter().zip(&cells).map(|(name, value)| csv::cell(name, value)).collect::<Vec<_>>().join(",")
}

/// Why a file was not found in order.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It is not an export of this program, or it was cut off in the middle of a line.
    #[error("line {line} of the export: {why}")]
    Format {
        /// Counts from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// Entries were left out when it was written.
    #[error(
        "this export holds the entries of one user or act only: the chain can be checked in an export of everything"
    )]
    Partial,
    /// The chain does not hold.
    #[error("entry {}: {}", .0.seq, .0.why)]
    Broken(Fault),
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Checks an export line by line, without a server. `progress` is told the number of each entry and of the last one.
///
/// # Errors
/// See [`CheckError`].
pub fn check(
    lines: impl IntoIterator<Item = std::io::Result<String>>,
    mut progress: impl FnMut(i64, i64),
) -> Result<(Header, Summary), CheckError> {
    let mut lines = lines.into_iter().enumerate();
    let bad = |index: usize, why: &str| CheckError::Format { line: index + 1, why: why.to_owned() };
    let (_, first) = lines.next().ok_or_else(|| bad(0, "the file is empty"))?;
    let header: Header = serde_json::from_str(&first?)
        .map_err(|error| bad(0, &format!("is not the beginning of an audit export ({error})")))?;
    if header.ringfence_audit != 1 {
        return Err(bad(0, &format!("version {} of the format is not known", header.ringfence_audit)));
    }
    if !header.complete {
        return Err(CheckError::Partial);
    }
    let mut verifier = Verifier::after(header.first.saturating_sub(1).max(0), &header.previous_hash);
    if header.first <= 1 && header.previous_hash != super::chain::START {
        return Err(CheckError::Broken(Fault { seq: 1, why: "the chain does not begin at its beginning" }));
    }
    let mut seq = header.first.saturating_sub(1).max(0);
    for (index, line) in lines {
        let line = line?;
        if let Ok(footer) = serde_json::from_str::<Footer>(&line) {
            if footer.head.seq != header.last {
                return Err(CheckError::Broken(Fault {
                    seq: seq + 1,
                    why: "the newest entries are missing",
                }));
            }
            let head = (header.last > 0).then_some((footer.head.seq, footer.head.hash.as_str()));
            let summary = verifier.finish(head, header.newest).map_err(CheckError::Broken)?;
            return Ok((header, summary));
        }
        let line: Line =
            serde_json::from_str(&line).map_err(|error| bad(index, &format!("is not an entry ({error})")))?;
        let told = line.told();
        seq = told.entry.seq;
        verifier.take(&told.entry, &told.stored).map_err(CheckError::Broken)?;
        progress(seq, header.last);
    }
    Err(CheckError::Broken(Fault { seq: seq + 1, why: "the end of the export is missing" }))
}
