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

fn tag(context: hmac::Context) -> Mac {
    let mut out = Mac([0; 32]);
    for (to, from) in out.0.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    out
}

fn equal(a: &Mac, b: &Mac) -> bool {
    constant_time::verify_slices_are_equal(&a.0, &b.0).is_ok()
}

impl SessionKeys {
    /// The MAC of a request.
    pub fn request_mac(&self, parts: &RequestParts<'_>) -> Mac {
        let mut context = hmac::Context::with_key(&self.request);
        context.update(b"ringfence/request/v1\0");
        context.update(&parts.counter.to_be_bytes());
        context.update(parts.method.as_bytes());
        context.update(b"\0");
        context.update(parts.path_and_query.as_bytes());
        context.update(b"\0");
        context.update(parts.if_none_match.as_bytes());
        context.update(b"\0");
        context.update(&Digest::of(parts.body).0);
        tag(context)
    }

    /// Whether `mac` is right for a request; in constant time.
    pub fn verify_request(&self, parts: &RequestParts<'_>, mac: &Mac) -> bool {
        equal(&self.request_mac(parts), mac)
    }

    /// The MAC of a reply.
    pub fn reply_mac(&self, parts: &ReplyParts<'_>) -> Mac {
        let mut context = hmac::Context::with_key(&self.reply);
        context.update(b"ringfence/reply/v1\0");
        context.update(&parts.counter.to_be_bytes());
        context.update(&parts.status.to_be_bytes());
        context.update(parts.etag.as_bytes());
        context.update(b"\0");
        context.update(&Digest::of(parts.body).0);
        tag(context)
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
        let header = Self {
            session: session.parse().map_err(|_| SessionHeaderError)?,
            counter: counter.parse().map_err(|_| SessionHeaderError)?,
            mac: mac.parse().map_err(|_| SessionHeaderError)?,
        };
        // One form only: no upper case, no leading zeros or plus signs.
        if header.to_string() == text { Ok(header) } else { Err(SessionHeaderError) }
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
