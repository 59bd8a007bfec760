//! A web address taken apart as browsers do, in the form that lists compare.
//!
//! Host names are lower-case, in their ASCII form and without a final dot; an address of an IPv4 host in IPv6 clothes is
//! the IPv4 one. Paths are decoded; empty segments do not count. Queries, fragments, names and passwords are left out.

use std::net::IpAddr;

use url::{Host as UrlHost, Url};

/// Longer addresses are not read.
const LONGEST: usize = 64 * 1024;

/// Wrappers around another address that browsers know; what is inside decides.
const WRAPPERS: [&str; 3] = ["view-source:", "blob:", "filesystem:"];

/// What an address is, as far as lists are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A page on the web.
    Web(Site),
    /// An empty page or another one that the browser makes itself (`about:`).
    Own,
    /// Something else: a file, a script, another app.
    Elsewhere,
    /// No address at all.
    Unreadable,
}

/// The server of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// By name.
    Name(Box<str>),
    /// By number.
    Ip(IpAddr),
}

/// Decoded segments of a path, ASCII letters in lower case.
pub type Path = Vec<Vec<u8>>;

/// A page on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// `https` rather than `http`.
    pub secure: bool,
    /// The server.
    pub host: Host,
    /// The port, also when it is the usual one.
    pub port: u16,
    /// The path as browsers read it.
    pub path: Path,
    /// The path as a server may read it that decodes before it looks for `/`, `\` and `..`; only when it differs.
    pub other_path: Option<Path>,
}

impl Address {
    /// Reads an address as a user may type it; one without a scheme is taken for `https`.
    pub fn read(text: &str) -> Self {
        if text.len() > LONGEST {
            return Self::Unreadable;
        }
        let mut rest = text.trim();
        while let Some(inner) = WRAPPERS.iter().find_map(|wrapper| strip(rest, wrapper)) {
            rest = inner.trim_start();
        }
        match Url::parse(rest) {
            Ok(url) if looks_like_a_host(&url) => Self::completed(rest),
            Ok(url) => match url.scheme() {
                "http" | "https" => Site::of(&url).map_or(Self::Unreadable, Self::Web),
                "about" => Self::Own,
                _ => Self::Elsewhere,
            },
            Err(url::ParseError::RelativeUrlWithoutBase) => Self::completed(rest),
            Err(_) => Self::Unreadable,
        }
    }

    fn completed(text: &str) -> Self {
        let url = Url::parse(&format!("https://{text}")).ok();
        url.and_then(|url| Site::of(&url)).map_or(Self::Unreadable, Self::Web)
    }
}

/// `www.example.org:8443/x` has a scheme by the letter, but nobody means it.
fn looks_like_a_host(url: &Url) -> bool {
    url.cannot_be_a_base() && (url.scheme().contains('.') || url.scheme() == "localhost")
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) { text.get(prefix.len()..) } else { None }
}

impl Site {
    fn of(url: &Url) -> Option<Self> {
        let raw = url.path();
        let path = raw.split('/').map(decode).filter(|segment| !segment.is_empty()).collect();
        let other = decoded_first(raw);
        Some(Self {
            secure: url.scheme() == "https",
            host: Host::of(url.host()?)?,
            port: url.port_or_known_default()?,
            other_path: (other != path).then_some(other),
            path,
        })
    }

    /// Every way to read the path.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.path).chain(&self.other_path)
    }
}

impl Host {
    /// From the library's form; `None` for an empty name.
    pub(super) fn of<S: AsRef<str>>(host: UrlHost<S>) -> Option<Self> {
        match host {
            UrlHost::Domain(name) => {
                let name = name.as_ref().trim_end_matches('.');
                (!name.is_empty()).then(|| Self::Name(name.to_ascii_lowercase().into()))
            }
            UrlHost::Ipv4(ip) => Some(Self::Ip(IpAddr::V4(ip))),
            UrlHost::Ipv6(ip) => Some(Self::Ip(IpAddr::V6(ip).to_canonical())),
        }
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(ip) => write!(f, "{ip}"),
        }
    }
}

/// Percent-decoded once, ASCII letters in lower case; a stray `%` stays.
pub(super) fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = match (byte, bytes.get(at + 1), bytes.get(at + 2)) {
            (b'%', Some(&high), Some(&low)) => hex(high).zip(hex(low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        out.push(code.unwrap_or(byte).to_ascii_lowercase());
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn decoded_first(raw: &str) -> Path {
    let decoded = decode(raw);
    let mut path: Path = Vec::new();
    for segment in decoded.split(|byte| matches!(byte, b'/' | b'\\')) {
        match segment {
            b"" | b"." => {}
            b".." => {
                path.pop();
            }
            other => path.push(other.to_vec()),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(text: &str) -> Site {
        match Address::read(text) {
            Address::Web(site) => site,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn addresses_of_one_page_are_one() {
        let groups: [&[&str]; 7] = [
            &[
                "http://www.contoso.com",
                "HTTP://WWW.Contoso.COM/",
                "http://www.contoso.com:80",
                "http://www.contoso.com./",
            ],
            &[
                "http://contoso.com/a/b",
                "http://contoso.com//a///b/",
                "http://contoso.com/a/./x/../b",
                "http:\\\\contoso.com\\a\\b",
            ],
            &[
                "https://contoso.com/a",
                "https://u:p@contoso.com:443/A?q=1#f",
                "https://contoso.com/%61",
                " contoso.com/a ",
            ],
            &[
                "http://10.0.0.1/",
                "http://0x0a.0.0.1",
                "http://167772161",
                "http://[::ffff:10.0.0.1]/",
                "http://10.0.0.1./",
            ],
            &["https://b\u{fc}cher.example", "https://xn--bcher-kva.example", "https://B\u{dc}CHER.example"],
            &[
                "https://contoso.com:8443/x",
                "contoso.com:8443/x",
                "view-source:https://contoso.com:8443/x",
                "blob:https://contoso.com:8443/x",
            ],
            &["http://[2001:db8::1]/", "http://[2001:0DB8:0:0::1]:80"],
        ];
        for group in groups {
            for text in group {
                assert_eq!(web(text), web(group[0]), "{text}");
            }
        }
    }

    #[test]
    fn what_a_server_may_read_differently_is_kept_beside() {
        assert_eq!(web("http://c.com/a/b").other_path, None);
        assert_eq!(web("http://c.com/a%2Fb").other_path, Some(vec![b"a".to_vec(), b"b".to_vec()]));
        assert_eq!(web("http://c.com/open/..%2fshut").other_path, Some(vec![b"shut".to_vec()]));
        assert_eq!(web("http://c.com/a%252Fb").other_path, None);
    }

    #[test]
    fn other_addresses_are_told_apart() {
        for (text, is) in [
            ("about:blank", Address::Own),
            ("file:///etc/passwd", Address::Elsewhere),
            ("javascript:alert(1)", Address::Elsewhere),
            ("data:text/html,x", Address::Elsewhere),
            ("http://", Address::Unreadable),
            ("http://a b/", Address::Unreadable),
            ("", Address::Unreadable),
            ("http://[::1", Address::Unreadable),
            ("http://contoso.com:99999/", Address::Unreadable),
        ] {
            assert_eq!(Address::read(text), is, "{text}");
        }
    }
}
