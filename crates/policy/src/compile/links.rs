//! Patterns of universal links: `https://*.example.com/*` (behaviour §1.1).
//!
//! `*` stands for any run of characters, but a star in the host never reaches into the path: otherwise
//! `https://evil.example/.good.example/` would match `https://*.good.example/*`. A pattern without a scheme fits http
//! and https, one without a path fits every path, one without a port every port.

/// One pattern, lower-case, in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkPattern {
    scheme: Option<Box<str>>,
    host: Box<str>,
    port: Option<Box<str>>,
    path: Option<Box<str>>,
}

/// The parts of a URL that patterns look at.
#[derive(Debug, Clone, Copy)]
struct Parts<'a> {
    scheme: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    path: Option<&'a str>,
}

/// Browsers read `\` as `/`, end the host at `/`, `?` and `#`, and take what stands before `@` for a user's name.
fn split(url: &str) -> Parts<'_> {
    let url = url.trim();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, url),
    };
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*') => {
            (host, Some(port))
        }
        _ => (host, None),
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    Parts { scheme, host, port, path: (!path.is_empty()).then_some(path) }
}

impl LinkPattern {
    /// Reads a pattern; `None` for an empty one.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let lower = pattern.trim().to_ascii_lowercase();
        let parts = split(&lower);
        (!parts.host.is_empty()).then(|| Self {
            scheme: parts.scheme.map(Into::into),
            host: parts.host.into(),
            port: parts.port.map(Into::into),
            path: parts.path.filter(|path| *path != "/").map(Into::into),
        })
    }

    /// Whether a URL fits.
    pub(crate) fn fits(&self, url: &str) -> bool {
        let parts = split(url);
        let scheme = parts.scheme.unwrap_or("https");
        let scheme_fits = match &self.scheme {
            Some(wanted) => glob(wanted.as_bytes(), scheme.as_bytes()),
            None => scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"),
        };
        scheme_fits
            && glob(self.host.as_bytes(), parts.host.as_bytes())
            && self
                .port
                .as_deref()
                .is_none_or(|wanted| glob(wanted.as_bytes(), parts.port.unwrap_or_default().as_bytes()))
            && self
                .path
                .as_deref()
                .is_none_or(|wanted| glob(wanted.as_bytes(), parts.path.unwrap_or("/").as_bytes()))
    }
}

/// Whether `text` fits `pattern`, whose stars stand for any run; linear in practice, never recursive.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(seen) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(&wanted) if wanted.eq_ignore_ascii_case(&byte) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_what_they_should_and_nothing_else() {
        let table = [
            ("https://maps.apple.com", "https://maps.apple.com/?q=x", true),
            ("https://maps.apple.com", "http://maps.apple.com/", false),
            ("maps.apple.com", "http://maps.apple.com/", true),
            ("maps.apple.com", "ftp://maps.apple.com/", false),
            ("https://*.example.com/*", "https://a.example.com/b", true),
            ("https://*.example.com/*", "HTTPS://A.EXAMPLE.COM/B", true),
            ("https://*.example.com/*", "https://example.com/b", false),
            ("https://*.example.com/*", "https://evil.test/.example.com/", false),
            ("https://*.example.com/*", "https://evil.test?.example.com/", false),
            ("https://*.example.com/*", "https://evil.test\\.example.com/", false),
            ("https://*.example.com/*", "https://a.example.com@evil.test/", false),
            ("https://*.example.com/*", "https://a.example.com.evil.test/", false),
            ("https://example.com/docs/*", "https://example.com/docs/a", true),
            ("https://example.com/docs/*", "https://example.com/other", false),
            ("https://example.com/*", "https://example.com", true),
            ("https://example.com:8443/*", "https://example.com:8443/x", true),
            ("https://example.com:8443/*", "https://example.com/x", false),
            ("https://example.com", "https://example.com:8443/x", true),
            ("https://example.com", "https://example.com./x", true),
        ];
        for (pattern, url, fits) in table {
            assert_eq!(LinkPattern::parse(pattern).unwrap().fits(url), fits, "{pattern} {url}");
        }
        assert_eq!(LinkPattern::parse("  "), None);
    }

    #[test]
    fn many_stars_do_not_explode() {
        let pattern = LinkPattern::parse(&format!("{}b", "a*".repeat(200))).unwrap();
        assert!(!pattern.fits(&"a".repeat(20_000)));
    }
}
