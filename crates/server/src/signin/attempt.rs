//! The limit on failed sign-ins per address: the lock of an account does not stop somebody who tries one password on
//! many accounts. In memory of this node; what is remembered is bounded and short.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use ringfence_model::{Millis, UnixMillis};

use crate::{
    account::{self, Subject},
    app::{App, Shared},
    audit::limit::{Tried, note_not_let_in},
    authz::Actor,
    http::{ApiError, RequestId, origin},
};

/// Failures within [`WINDOW`] that a whole school behind one address may make.
const FAILURES_MAX: u32 = 30;
const WINDOW: Millis = Millis::from_minutes(5);

/// Addresses remembered at once.
const ADDRESSES_MAX: usize = 20_000;

#[derive(Debug, Clone, Copy)]
struct Count {
    failures: u32,
    since: UnixMillis,
}

/// The failures of all addresses.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<IpAddr, Count>>);

impl Attempts {
    fn wait(&self, from: IpAddr, now: UnixMillis) -> Option<Millis> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.get(&from).filter(|count| now.since(count.since) < WINDOW)?;
        (count.failures >= FAILURES_MAX).then(|| count.since.plus(WINDOW).since(now))
    }

    fn fail(&self, from: IpAddr, now: UnixMillis) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ADDRESSES_MAX && !all.contains_key(&from) {
            all.retain(|_, count| now.since(count.since) < WINDOW);
            if all.len() >= ADDRESSES_MAX {
                // Whoever has so many addresses gains nothing from one more; the lock of accounts remains.
                return;
            }
        }
        let count = all.entry(from).or_insert(Count { failures: 0, since: now });
        if now.since(count.since) >= WINDOW {
            *count = Count { failures: 0, since: now };
        }
        count.failures = count.failures.saturating_add(1);
    }
}

/// One attempt to sign in, from wherever the request comes.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// Of an IPv6 address its network: who has one has all of it.
    from: Option<IpAddr>,
    /// The address as the audit log has it.
    origin: Option<String>,
    request: Option<String>,
    place: String,
}

impl Attempt {
    pub(crate) fn new(parts: &Parts, behind_proxy: bool) -> Self {
        let origin = origin(&parts.extensions, &parts.headers, behind_proxy);
        Self {
            from: origin.as_deref().and_then(|text| text.parse().ok()).map(network),
            origin,
            request: parts.extensions.get::<RequestId>().map(ToString::to_string),
            place: format!("{} {}", parts.method, parts.uri.path()),
        }
    }

    /// Somebody who acts by signing in, for the audit log.
    pub(crate) fn actor(&self, app: &App, id: String) -> Actor {
        let (request, from) = (self.request.clone(), self.origin.clone());
        Actor { id, request, from, roles: Vec::new(), ..Actor::operator(app.tenant, "sign-in") }
    }

    /// Writes down that `object` was tried and not let in; see [`note_not_let_in`].
    pub(crate) async fn note(&self, app: &App, object: String, name: Option<&str>, why: (&str, String)) {
        let actor = self.actor(app, "system:sign-in".to_owned());
        let from = self.from.map(|from| from.to_string()).unwrap_or_default();
        let tried = Tried {
            object,
            name: name.map(str::to_owned),
            reason: why.0.to_owned(),
            detail: why.1,
            request: self.place.clone(),
        };
        note_not_let_in(app, &actor, &from, tried).await;
    }

    /// The same for an administrator's name.
    pub(crate) async fn note_administrator(&self, app: &App, name: &str, why: (&str, String)) {
        let found = match app.db.read().await {
            Ok(mut conn) => account::ops::find_administrator_by_name(&mut conn, app.tenant, name).await,
            Err(error) => Err(error),
        };
        match found.unwrap_or_default() {
            Some(account) => self.note(app, Subject::Administrator(account.id).holder(), None, why).await,
            None => self.note(app, "account:unknown".to_owned(), Some(name), why).await,
        }
    }

    /// The address, or the network that one person has; `None` when it is not known.
    pub(crate) const fn address(&self) -> Option<IpAddr> {
        self.from
    }

    /// Whether the address may try now.
    ///
    /// # Errors
    /// The seconds to wait.
    pub(crate) fn begin(&self, app: &App) -> Result<(), u64> {
        let Some(from) = self.from else { return Ok(()) };
        match app.attempts.wait(from, app.env.now()) {
            None => Ok(()),
            Some(wait) => Err(wait.0.div_ceil(1000).max(1)),
        }
    }

    /// The same with the error that handlers answer.
    pub(crate) fn admit(&self, app: &App) -> Result<(), ApiError> {
        self.begin(app).map_err(|wait_s| {
            let text = format!("too many failed sign-ins from this address: try again in {wait_s} seconds");
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", text).retry_after_s(wait_s)
        })
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, app: &App) {
        if let Some(from) = self.from {
            app.attempts.fail(from, app.env.now());
        }
    }

    /// Counts an outcome that is one of wrong credentials.
    pub(crate) fn judge<T>(&self, app: &App, outcome: &Result<T, ApiError>) {
        if outcome.as_ref().is_err_and(|error| error.status() == StatusCode::UNAUTHORIZED) {
            self.failed(app);
        }
    }
}

/// Why an error keeps somebody out, for the audit log; `None` for what is no attempt to be somebody.
pub(crate) fn kept_out(error: &ApiError) -> Option<(&'static str, String)> {
    let out = match error.status() {
        StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => true,
        _ => error.code() == "account_disabled",
    };
    out.then(|| (error.code(), error.detail().to_owned()))
}

/// Whoever has one IPv6 address has the whole network of it.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

impl FromRequestParts<Shared> for Attempt {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Self::Rejection> {
        Ok(Self::new(parts, app.behind_proxy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_too_many_failures_and_others_do_not() {
        let (attempts, start) = (Attempts::default(), UnixMillis(1_000_000));
        let one: IpAddr = network("2001:db8::1".parse().unwrap());
        let same: IpAddr = network("2001:db8::ffff".parse().unwrap());
        for _ in 0..FAILURES_MAX {
            assert_eq!(attempts.wait(one, start), None);
            attempts.fail(same, start);
        }
        assert_eq!(attempts.wait(one, start.plus(Millis::from_secs(60))), Some(Millis::from_secs(240)));
        assert_eq!(attempts.wait("192.0.2.1".parse().unwrap(), start), None);
        assert_eq!(attempts.wait(one, start.plus(WINDOW)), None);
        attempts.fail(one, start.plus(WINDOW));
        assert_eq!(attempts.wait(one, start.plus(WINDOW)), None);
    }
}
