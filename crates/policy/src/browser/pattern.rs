//! One entry of an allow or block list (behaviour §7.1; the corners it leaves open are decided in `docs/browser.md`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host as UrlHost;

use super::site::{self, Host, Path, Site};

/// Longest entry, in bytes.
pub const LONGEST_ENTRY: usize = 2_048;

/// Why an entry cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing between two bars.
    #[error("is empty")]
    Empty,
    /// Longer than [`LONGEST_ENTRY`].
    #[error("is too long")]
    TooLong,
    /// A space or a control character.
    #[error("holds a space or a control character")]
    Space,
    /// No `http://` or `https://`.
    #[error("begins with neither `http://` nor `https://`")]
    Scheme,
    /// A bare address without a range.
    #[error("is an address without `http://` or a range")]
    BareAddress,
    /// A range that is none.
    #[error("is not a range of addresses")]
    Range,
    /// A query or a fragment.
    #[error("holds a query or a fragment, which never counts")]
    Query,
    /// A name or password.
    #[error("holds a user name or password, which never counts")]
    UserInfo,
    /// A backslash.
    #[error("holds a backslash")]
    Backslash,
    /// Not a port.
    #[error("names a port that is none")]
    Port,
    /// Not a host.
    #[error("names a host that is none")]
    Host,
    /// `*` for everything, or for everything below a top-level domain.
    #[error("has a `*` in place of the whole host")]
    WholeHost,
    /// `*` in the last label.
    #[error("has a `*` in the top-level domain")]
    TopLevel,
    /// `10.0.0.*`.
    #[error("has a `*` in a numeric address")]
    StarInAddress,
    /// `*` beside letters that are not ASCII.
    #[error("has a `*` inside a label that is not plain ASCII")]
    StarInForeignLabel,
    /// `/page*`.
    #[error("has a `*` in a part of a path segment")]
    PartOfSegment,
    /// `.`, `..`, `%2F`.
    #[error("holds a path segment that is none: `.`, `..` or an encoded slash")]
    Segment,
}

impl PatternError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "entry_empty",
            Self::TooLong => "entry_too_long",
            Self::Space => "entry_space",
            Self::Scheme => "entry_scheme",
            Self::BareAddress => "entry_bare_address",
            Self::Range => "entry_range",
            Self::Query => "entry_query",
            Self::UserInfo => "entry_user_info",
            Self::Backslash => "entry_backslash",
            Self::Port => "entry_port",
            Self::Host => "entry_host",
            Self::WholeHost => "entry_whole_host",
            Self::TopLevel => "entry_top_level",
            Self::StarInAddress => "entry_star_in_address",
            Self::StarInForeignLabel => "entry_star_in_foreign_label",
            Self::PartOfSegment => "entry_part_of_segment",
            Self::Segment => "entry_segment",
        }
    }

    /// What would be right.
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Empty => "an entry between every two bars",
            Self::TooLong => "at most 2048 bytes",
            Self::Space => "no spaces inside an entry",
            Self::Scheme => "`https://www.example.org/*`, or a range such as `10.0.0.0/24`",
            Self::BareAddress => "`http://10.0.0.1/*`, or `10.0.0.1/32` for every scheme and port",
            Self::Range => "an address and the length of its prefix, such as `10.0.0.0/24`",
            Self::Query => "the address up to the `?` or `#`; every query is covered",
            Self::UserInfo => "the host alone",
            Self::Backslash => "`/`",
            Self::Port => "a port from 1 to 65535, or `*`",
            Self::Host => "a name such as `www.example.org`, or an address",
            Self::WholeHost => "at least one label besides the top-level domain, such as `*.example.org`",
            Self::TopLevel => "a top-level domain in full",
            Self::StarInAddress => "a range such as `10.0.0.0/24`",
            Self::StarInForeignLabel => "the label in its `xn--` form, or `*` for the whole label",
            Self::PartOfSegment => "`*` for a whole segment: `/pages/*`",
            Self::Segment => "plain segments between slashes",
        }
    }
}

/// One entry, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: Box<str>,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Range(Range),
    Page(Page),
}

/// Addresses that share a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    first: IpAddr,
    prefix: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    secure: bool,
    pub(super) host: HostPattern,
    /// `None` = any.
    port: Option<u16>,
    segments: Vec<Segment>,
    /// Ends in `/*`: the folder and everything below.
    below: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostPattern {
    Exact(Host),
    /// From the left; the last one is always [`Label::Is`].
    Labels(Vec<Label>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Label {
    Is(Box<str>),
    /// `*` alone: one label; as the first of all one or more.
    Any,
    /// Text with stars, which never stand for a dot.
    Like(Box<str>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Is(Vec<u8>),
    Any,
}

impl Pattern {
    /// Reads one entry; space around it does not count.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > LONGEST_ENTRY {
            return Err(PatternError::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(PatternError::Space);
        }
        let shape = match scheme(text) {
            Some((secure, rest)) => Shape::Page(page(secure, rest)?),
            None => Shape::Range(range(text)?),
        };
        Ok(Self { text: text.into(), shape })
    }

    /// The entry as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether the page is meant, under this reading of its path.
    pub fn fits(&self, site: &Site, path: &Path) -> bool {
        match &self.shape {
            Shape::Range(range) => matches!(site.host, Host::Ip(ip) if range.holds(ip)),
            Shape::Page(page) => {
                page.secure == site.secure
                    && page.port.is_none_or(|port| port == site.port)
                    && page.host.fits(&site.host)
                    && page.fits_path(path)
            }
        }
    }
}

impl Range {
    fn holds(self, ip: IpAddr) -> bool {
        match (self.first, ip) {
            (IpAddr::V4(first), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                first.to_bits() & mask == ip.to_bits() & mask
            }
            (IpAddr::V6(first), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                first.to_bits() & mask == ip.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl HostPattern {
    fn fits(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Exact(wanted), host) => wanted == host,
            (Self::Labels(_), Host::Ip(_)) => false,
            (Self::Labels(labels), Host::Name(name)) => {
                let mut wanted = labels.iter().rev().peekable();
                let mut found = name.rsplit('.').peekable();
                while let Some(label) = wanted.next() {
                    let Some(part) = found.next() else { return false };
                    if wanted.peek().is_none() && *label == Label::Any {
                        return true;
                    }
                    if !label.fits(part) {
                        return false;
                    }
                }
                found.peek().is_none()
            }
        }
    }
}

impl Label {
    fn fits(&self, part: &str) -> bool {
        match self {
            Self::Is(text) => **text == *part,
            Self::Any => true,
            Self::Like(text) => like(text.as_bytes(), part.as_bytes()),
        }
    }
}

/// Stars stand for any run, also an empty one; linear in practice, never recursive.
fn like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(seen) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(wanted) if wanted == byte => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((star_at, from)) => {
                    star = Some((star_at, from + 1));
                    at = star_at + 1;
                    seen = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

impl Page {
    fn fits_path(&self, path: &Path) -> bool {
        let long_enough =
            if self.below { path.len() >= self.segments.len() } else { path.len() == self.segments.len() };
        long_enough
            && self.segments.iter().zip(path).all(|(wanted, found)| match wanted {
                Segment::Any => true,
                Segment::Is(text) => text == found,
            })
    }
}

fn scheme(text: &str) -> Option<(bool, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    match () {
        () if scheme.eq_ignore_ascii_case("http") => Some((false, rest)),
        () if scheme.eq_ignore_ascii_case("https") => Some((true, rest)),
        () => None,
    }
}

fn range(text: &str) -> Result<Range, PatternError> {
    if text.parse::<IpAddr>().is_ok() {
        return Err(PatternError::BareAddress);
    }
    let (address, prefix) = text.split_once('/').ok_or(PatternError::Scheme)?;
    let numeric = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'));
    let wrong =
        if numeric(address) && address.contains(['.', ':']) && address.contains(|c: char| c.is_ascii_digit())
        {
            PatternError::Range
        } else {
            PatternError::Scheme
        };
    let plain = !prefix.is_empty() && prefix.len() <= 3 && prefix.bytes().all(|byte| byte.is_ascii_digit());
    let prefix: u32 = prefix.parse().ok().filter(|_| plain).ok_or(wrong)?;
    if let Ok(first) = address.parse::<Ipv4Addr>() {
        return if prefix <= 32 {
            Ok(Range { first: first.into(), prefix })
        } else {
            Err(PatternError::Range)
        };
    }
    let first = address.parse::<Ipv6Addr>().map_err(|_| wrong)?;
    match first.to_ipv4_mapped() {
        Some(v4) if (96..=128).contains(&prefix) => Ok(Range { first: v4.into(), prefix: prefix - 96 }),
        None if prefix <= 128 => Ok(Range { first: first.into(), prefix }),
        _ => Err(PatternError::Range),
    }
}

fn page(secure: bool, rest: &str) -> Result<Page, PatternError> {
    if rest.contains('\\') {
        return Err(PatternError::Backslash);
    }
    if rest.contains(['?', '#']) {
        return Err(PatternError::Query);
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains('@') {
        return Err(PatternError::UserInfo);
    }
    let (host, port) = split_port(authority)?;
    let usual = if secure { 443 } else { 80 };
    let port = match port {
        None => Some(usual),
        Some("*") => None,
        Some(digits) => Some(number(digits).ok_or(PatternError::Port)?),
    };
    let host = host_pattern(host)?;
    let (segments, below) = segments(path)?;
    Ok(Page { secure, host, port, segments, below })
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), PatternError> {
    let after_brackets = authority.rfind(']').map_or(0, |at| at + 1);
    let tail = authority.get(after_brackets..).unwrap_or_default();
    match tail.rfind(':') {
        None if after_brackets > 0 && !tail.is_empty() => Err(PatternError::Host),
        None => Ok((authority, None)),
        Some(at) => {
            let host = authority.get(..after_brackets + at).unwrap_or_default();
            Ok((host, tail.get(at + 1..)))
        }
    }
}

fn number(digits: &str) -> Option<u16> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|port: &u16| plain && *port > 0)
}

fn host_pattern(host: &str) -> Result<HostPattern, PatternError> {
    if !host.contains('*') {
        let read = UrlHost::parse(host).ok().and_then(Host::of).ok_or(PatternError::Host)?;
        return Ok(HostPattern::Exact(read));
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.bytes().all(|byte| byte == b'*' || byte == b'.') {
        return Err(PatternError::WholeHost);
    }
    if host.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'*' | b'.' | b':' | b'[' | b']')) {
        return Err(PatternError::StarInAddress);
    }
    let labels: Vec<Label> = host.split('.').map(label).collect::<Result<_, _>>()?;
    let Some((last, others)) = labels.split_last() else { return Err(PatternError::Host) };
    match last {
        Label::Is(top) if top.bytes().all(|byte| byte.is_ascii_digit()) => Err(PatternError::StarInAddress),
        Label::Is(_) if others.iter().all(|label| *label == Label::Any) => Err(PatternError::WholeHost),
        Label::Is(_) => Ok(HostPattern::Labels(labels)),
        Label::Any | Label::Like(_) => Err(PatternError::TopLevel),
    }
}

fn label(text: &str) -> Result<Label, PatternError> {
    if text.contains('*') {
        if text.bytes().all(|byte| byte == b'*') {
            return Ok(Label::Any);
        }
        if !text.is_ascii() {
            return Err(PatternError::StarInForeignLabel);
        }
        let fine =
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'_'));
        return if fine {
            Ok(Label::Like(text.to_ascii_lowercase().into()))
        } else {
            Err(PatternError::Host)
        };
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Label::Is(text.into()));
    }
    match UrlHost::parse(text).ok().and_then(Host::of) {
        Some(Host::Name(name)) if !name.contains('.') => Ok(Label::Is(name)),
        _ => Err(PatternError::Host),
    }
}

fn segments(path: &str) -> Result<(Vec<Segment>, bool), PatternError> {
    let raw: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let below = raw.last() == Some(&"*") && !path.ends_with('/');
    let named = if below { raw.len().saturating_sub(1) } else { raw.len() };
    let segments = raw.iter().take(named).map(|raw| segment(raw)).collect::<Result<_, _>>()?;
    Ok((segments, below))
}

fn segment(raw: &str) -> Result<Segment, PatternError> {
    if raw == "*" {
        return Ok(Segment::Any);
    }
    if raw.contains('*') {
        return Err(PatternError::PartOfSegment);
    }
    let text = site::decode(raw);
    let dots = matches!(text.as_slice(), b"." | b"..");
    if dots || text.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
        return Err(PatternError::Segment);
    }
    Ok(Segment::Is(text))
}
