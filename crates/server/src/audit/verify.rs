//! Checking a chain, entry by entry: of a database, or of an export that needs no server.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Stored, chain, content, erase::ERASE};

/// The result of checking a whole chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry follows from the one before, and the head agrees.
    Intact(Summary),
    /// The first place where the chain does not hold.
    Broken(Fault),
}

/// What was found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many entries.
    pub entries: i64,
    /// How many of them had their content erased, each told of by another entry.
    pub erased: i64,
    /// Number of the newest entry.
    pub seq: i64,
    /// The newest hash, hexadecimal.
    pub head: String,
}

/// Where a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The entry.
    pub seq: i64,
    /// What is wrong.
    pub why: &'static str,
}

/// Takes the entries of a chain in order.
#[derive(Debug, Clone)]
pub struct Verifier {
    seq: i64,
    previous: String,
    entries: i64,
    erased: i64,
    /// Erased contents by the entry that should tell of them.
    open: BTreeMap<i64, BTreeSet<i64>>,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// From the beginning of a chain.
    pub fn new() -> Self {
        Self::after(0, chain::START)
    }

    /// From the entry after this one, which has this hash.
    pub fn after(seq: i64, hash: &str) -> Self {
        Self { seq, previous: hash.to_owned(), entries: 0, erased: 0, open: BTreeMap::new() }
    }

    /// Checks the next entry.
    ///
    /// # Errors
    /// It does not follow from the one before, or its content is not the one it was written with.
    pub fn take(&mut self, entry: &Entry, stored: &Stored) -> Result<(), Fault> {
        let fault = |why| Err(Fault { seq: entry.seq, why });
        if entry.seq <= self.seq {
            return fault("the entry is out of order");
        }
        if entry.seq != self.seq + 1 {
            return Err(Fault { seq: self.seq + 1, why: "the entry is missing" });
        }
        if chain::link(&self.previous, entry) != entry.hash {
            return fault("the hash does not follow from the entry and the one before it");
        }
        match (&entry.content_hash, &stored.text) {
            (Some(wanted), Some(text)) if content::hash(text) != *wanted => {
                return fault("the content was changed");
            }
            (Some(_), None) => match stored.erased_by {
                Some(by) if by > entry.seq => {
                    self.open.entry(by).or_default().insert(entry.seq);
                    self.erased += 1;
                }
                _ => return fault("the content is missing, and no entry tells of its erasure"),
            },
            (None, Some(_)) => return fault("there is content that the entry was written without"),
            _ => {}
        }
        if let Some(erased) = self.open.remove(&entry.seq) {
            let told = stored.read().erased;
            if entry.act != ERASE || !erased.iter().all(|seq| told.contains(seq)) {
                let first = erased.iter().find(|seq| !told.contains(seq)).or(erased.first());
                let why = "the content is missing, and the entry named does not tell of its erasure";
                return Err(Fault { seq: first.copied().unwrap_or(entry.seq), why });
            }
        }
        self.seq = entry.seq;
        self.previous.clone_from(&entry.hash);
        self.entries += 1;
        Ok(())
    }

    /// Compares with the head that was kept apart. `whole` says that the chain goes on to the newest entry.
    ///
    /// # Errors
    /// The newest entries are missing, or the head is.
    pub fn finish(self, head: Option<(i64, &str)>, whole: bool) -> Result<Summary, Fault> {
        match head {
            Some((seq, hash)) if seq != self.seq || hash != self.previous => {
                return Err(Fault { seq: self.seq + 1, why: "the newest entries are missing" });
            }
            None if self.seq > 0 => return Err(Fault { seq: self.seq, why: "the head is missing" }),
            _ => {}
        }
        if let Some(seq) = self.open.values().flatten().next().filter(|_| whole) {
            let why = "the content is missing, and no entry tells of its erasure";
            return Err(Fault { seq: *seq, why });
        }
        Ok(Summary { entries: self.entries, erased: self.erased, seq: self.seq, head: self.previous })
    }
}
