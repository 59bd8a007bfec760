//! Requests and replies on a session (protocol §4): what their MACs cover, the headers, the replay window.

use std::{fmt, str::FromStr};

use aws_lc_rs::{constant_time, hmac};
use ringfence_model::SessionId;

use crate::{
    bytes::{Digest, Mac},
    session::SessionKeys,
};

/// Request header with session, counter and MAC.
pub const SESSION_HEADER: &str = "Ringfence-Session";

/// Reply header with the MAC.
pub const REPLY_HEADER: &str = "Ringfence-Reply";

/// What a request's MAC covers.
#[derive(Debug, Clone, Copy)]
pub struct RequestParts<'a> {
    /// Starts at 1, never repeats within a session.
    pub counter: u64,
    /// `GET`
    pub method: &'a str,
    /// `/phone/v1/checkin`, with the query if there is one; as on the request line.
    pub path_and_query: &'a str,
    /// Value of `If-None-Match`; empty without one.
    pub if_none_match: &'a str,
    /// The body; empty without one.
    pub body: &'a [u8],
}

/// What a reply's MAC covers.
#[derive(Debug, Clone, Copy)]
pub struct ReplyParts<'a> {
    /// Counter of the request it answers.
    pub counter: u64,
    /// HTTP status.
    pub status: u16,
    /// Value of `ETag`; empty without one.
    pub etag: &'a str,
    /// The body; empty without one.
    pub body: &'a [u8],
}

fn tag(key: &hmac::Key, message: &[u8]) -> Mac {
    let mut out = Mac([0; 32]);
    for (to, from) in out.0.iter_mut().zip(hmac::sign(key, message).as_ref()) {
        *to = *from;
    }
    out
}

/// SHA-256 of a body. Most requests and replies have none.
fn body_hash(body: &[u8]) -> Digest {
    if body.is_empty() { EMPTY } else { Digest::of(body) }
}

/// SHA-256 of nothing.
const EMPTY: Digest = Digest([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

fn equal(a: &Mac, b: &Mac) -> bool {
    constant_time::verify_slices_are_equal(&a.0, &b.0).is_ok()
}

impl SessionKeys {
    /// The MAC of a request.
    pub fn request_mac(&self, parts: &RequestParts<'_>) -> Mac {
        // One message and one call: updating a context piece by piece costs more than the hash.
        let mut message = Vec::with_capacity(256);
        message.extend_from_slice(b"ringfence/request/v1\0");
        message.extend_from_slice(&parts.counter.to_be_bytes());
        for text in [parts.method, parts.path_and_query, parts.if_none_match] {
            message.extend_from_slice(text.as_bytes());
            message.push(0);
        }
        message.extend_from_slice(&body_hash(parts.body).0);
        tag(&self.request, &message)
    }

    /// Whether `mac` is right for a request; in constant time.
    pub fn verify_request(&self, parts: &RequestParts<'_>, mac: &Mac) -> bool {
        equal(&self.request_mac(parts), mac)
    }

    /// The MAC of a reply.
    pub fn reply_mac(&self, parts: &ReplyParts<'_>) -> Mac {
        let mut message = Vec::with_capacity(192);
        message.extend_from_slice(b"ringfence/reply/v1\0");
        message.extend_from_slice(&parts.counter.to_be_bytes());
        message.extend_from_slice(&parts.status.to_be_bytes());
        message.extend_from_slice(parts.etag.as_bytes());
        message.push(0);
        message.extend_from_slice(&body_hash(parts.body).0);
        tag(&self.reply, &message)
    }

    /// Whether `mac` is right for a reply; in constant time.
    pub fn verify_reply(&self, parts: &ReplyParts<'_>, mac: &Mac) -> bool {
        equal(&self.reply_mac(parts), mac)
    }
}

/// Value of [`SESSION_HEADER`]: `<session>.<counter>.<mac>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionHeader {
    /// Which session.
    pub session: SessionId,
    /// Counter of this request.
    pub counter: u64,
    /// [`SessionKeys::request_mac`].
    pub mac: Mac,
}

/// A session header could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `<session id>.<counter>.<mac>`")]
pub struct SessionHeaderError;

impl fmt::Display for SessionHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.session, self.counter, self.mac)
    }
}

impl FromStr for SessionHeader {
    type Err = SessionHeaderError;

    fn from_str(text: &str) -> Result<Self, SessionHeaderError> {
        let mut parts = text.split('.');
        let (Some(session), Some(counter), Some(mac), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SessionHeaderError);
        };
        // One form only: the hyphenated lower-case id, no leading zeros or plus signs. The MAC has one form anyway.
        let plain_id = session.len() == 36 && !session.bytes().any(|b| b.is_ascii_uppercase());
        let plain_counter = counter.bytes().all(|b| b.is_ascii_digit()) && !counter.starts_with('0');
        if !plain_id || !plain_counter {
            return Err(SessionHeaderError);
        }
        Ok(Self {
            session: session.parse().map_err(|_| SessionHeaderError)?,
            counter: counter.parse().map_err(|_| SessionHeaderError)?,
            mac: mac.parse().map_err(|_| SessionHeaderError)?,
        })
    }
}

/// Which request counters a session has seen: each is accepted once, up to 64 behind the highest (the scheme of
/// RFC 4303 §3.4.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplayWindow {
    highest: u64,
    /// Bit n: `highest - n` has been seen.
    seen: u64,
}

impl ReplayWindow {
    /// Takes a counter whose MAC was right: true the first time, false for a repeat, for 0 and for one too far behind.
    pub const fn accept(&mut self, counter: u64) -> bool {
        if counter == 0 {
            return false;
        }
        if counter > self.highest {
            let ahead = counter - self.highest;
            self.seen = if ahead < 64 { self.seen << ahead } else { 0 };
            self.seen |= 1;
            self.highest = counter;
            return true;
        }
        let behind = self.highest - counter;
        if behind >= 64 || self.seen & (1 << behind) != 0 {
            return false;
        }
        self.seen |= 1 << behind;
        true
    }
}
