//! An allow or block list, indexed by host: a look-up costs the same with one entry or a thousand.

use std::{collections::HashMap, net::IpAddr};

use super::{
    pattern::{HostPattern, Label, Pattern, PatternError, Shape},
    site::{Host, Site},
};

/// Entries of one list that count; what comes after them is ignored.
pub const MOST_ENTRIES: usize = 1_000;

/// An entry that cannot be used, with its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEntry {
    /// Counted from 1, as people count.
    pub number: usize,
    /// As written.
    pub text: String,
    /// Why.
    pub error: PatternError,
}

/// An entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Counted from 1.
    pub number: usize,
    /// As written.
    pub text: &'a str,
}

/// The entries of one value.
#[derive(Debug, Clone, Default)]
pub struct UrlList {
    /// With their numbers, in order.
    entries: Vec<(usize, Pattern)>,
    by_name: HashMap<Box<str>, Vec<usize>>,
    by_ip: HashMap<IpAddr, Vec<usize>>,
    /// By the labels after the last star.
    by_ending: HashMap<Box<str>, Vec<usize>>,
    ranges: Vec<usize>,
}

/// The entries of a value with their numbers from 1; a bar at the end makes no entry.
pub(super) fn split(value: &str) -> impl Iterator<Item = (usize, &str)> {
    let value = value.trim();
    let value = value.strip_suffix('|').unwrap_or(value);
    let parts = (!value.is_empty()).then(|| value.split('|'));
    parts.into_iter().flatten().map(str::trim).enumerate().map(|(at, text)| (at + 1, text))
}

impl UrlList {
    /// Reads a value. Entries that cannot be used are left out and returned.
    pub fn parse(value: &str) -> (Self, Vec<BadEntry>) {
        let mut list = Self::default();
        let mut bad = Vec::new();
        for (number, text) in split(value).take(MOST_ENTRIES) {
            match Pattern::parse(text) {
                Ok(pattern) => list.push(number, pattern),
                Err(error) => bad.push(BadEntry { number, text: text.to_owned(), error }),
            }
        }
        (list, bad)
    }

    fn push(&mut self, number: usize, pattern: Pattern) {
        let at = self.entries.len();
        match pattern.shape() {
            Shape::Range(_) => self.ranges.push(at),
            Shape::Page(page) => match &page.host {
                HostPattern::Exact(Host::Name(name)) => {
                    self.by_name.entry(name.clone()).or_default().push(at);
                }
                HostPattern::Exact(Host::Ip(ip)) => self.by_ip.entry(*ip).or_default().push(at),
                HostPattern::Labels(labels) => {
                    self.by_ending.entry(ending(labels)).or_default().push(at);
                }
            },
        }
        self.entries.push((number, pattern));
    }

    /// Number of usable entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// For an allow list: the first entry that fits the page however its path is read.
    pub fn surely(&self, site: &Site) -> Option<Entry<'_>> {
        self.first(site, |pattern| site.paths().all(|path| pattern.fits(site, path)))
    }

    /// For a block list: the first entry that fits some reading of the page.
    pub fn possibly(&self, site: &Site) -> Option<Entry<'_>> {
        self.first(site, |pattern| site.paths().any(|path| pattern.fits(site, path)))
    }

    fn first(&self, site: &Site, fits: impl Fn(&Pattern) -> bool) -> Option<Entry<'_>> {
        let mut best: Option<usize> = None;
        self.candidates(&site.host, |places| {
            let found = places
                .iter()
                .copied()
                .find(|at| self.entries.get(*at).is_some_and(|(_, pattern)| fits(pattern)));
            best = match (best, found) {
                (Some(best), Some(found)) => Some(best.min(found)),
                (one, other) => one.or(other),
            };
        });
        let (number, pattern) = self.entries.get(best?)?;
        Some(Entry { number: *number, text: pattern.text() })
    }

    /// Every group of entries whose host may fit.
    fn candidates(&self, host: &Host, mut each: impl FnMut(&[usize])) {
        match host {
            Host::Ip(ip) => {
                self.by_ip.get(ip).into_iter().for_each(|places| each(places));
                each(&self.ranges);
            }
            Host::Name(name) => {
                self.by_name.get(name).into_iter().for_each(|places| each(places));
                let mut rest: Option<&str> = Some(name);
                while let Some(ending) = rest {
                    self.by_ending.get(ending).into_iter().for_each(|places| each(places));
                    rest = ending.split_once('.').map(|(_, shorter)| shorter);
                }
            }
        }
    }
}

fn ending(labels: &[Label]) -> Box<str> {
    let mut plain: Vec<&str> = labels
        .iter()
        .rev()
        .map_while(|label| match label {
            Label::Is(text) => Some(&**text),
            Label::Any | Label::Like(_) => None,
        })
        .collect();
    plain.reverse();
    plain.join(".").into()
}
