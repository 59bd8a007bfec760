//! Where a request comes from.

use std::net::IpAddr;

use axum::http::{Extensions, HeaderMap};

const FORWARDED: &str = "x-forwarded-for";

/// The other end of the connection. Handlers find it in the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The address that a request comes from. Only behind a proxy the header counts, and of it only the last address: that
/// one the proxy itself has added, the others anybody can write.
pub(crate) fn origin(extensions: &Extensions, headers: &HeaderMap, behind_proxy: bool) -> Option<String> {
    let peer = extensions.get::<Peer>().map(|peer| peer.0.to_canonical());
    let told = headers.get_all(FORWARDED).iter().next_back().and_then(|value| value.to_str().ok());
    let told = told.and_then(|value| value.rsplit(',').next()).and_then(address);
    if behind_proxy { told.or(peer) } else { peer }.map(|address| address.to_string())
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let plain = text.parse::<IpAddr>().ok();
    plain.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_counts_only_behind_a_proxy_and_its_last_address_only() {
        let mut extensions = Extensions::new();
        extensions.insert(Peer("::ffff:10.0.0.9".parse().unwrap()));
        let cases = [
            ("203.0.113.7", false, "10.0.0.9"),
            ("203.0.113.7", true, "203.0.113.7"),
            ("198.51.100.1, 203.0.113.7:4711", true, "203.0.113.7"),
            ("[2001:db8::1]:4711", true, "2001:db8::1"),
            ("203.0.113.7, unknown", true, "10.0.0.9"),
        ];
        for (header, behind, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(FORWARDED, header.parse().unwrap());
            assert_eq!(origin(&extensions, &headers, behind).as_deref(), Some(expected), "{header} {behind}");
        }
        assert_eq!(origin(&Extensions::new(), &HeaderMap::new(), true), None);
    }
}
