//! Sending diagnostics to help desk, under the reference of a ticket. No session and no registration is needed.

use ringfence_model::Platform;
use serde::{Deserialize, Serialize};

use crate::{
    AppRecord, Phone, PhoneError,
    http::{Http, NetFail, Request},
};

const PATH: &str = "/phone/v1/diagnostics";

/// The diagnostics of one app, sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// The app.
    pub app: String,
    /// How help desk finds the bundle under the ticket.
    pub bundle: String,
    /// How much was sent, in bytes.
    pub bytes: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Upload<'a> {
    ticket: &'a str,
    platform: Platform,
    app: &'a str,
    app_version: ringfence_model::Version,
    device_tag: &'a str,
    bundle: &'a str,
}

#[derive(Deserialize)]
struct Received {
    id: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refused {
    code: String,
    detail: String,
}

impl Phone {
    /// Sends diagnostics under the reference that help desk gave: of one app, or, where the companion is installed (Android)
    /// or no app is named, of every managed app that has been started.
    ///
    /// # Errors
    /// [`PhoneError::NotSent`] when the phone is offline, the server cannot be reached or does not take them;
    /// [`PhoneError::Missing`] when there is nothing to send.
    pub fn send_logs(&self, ticket: &str, app: Option<&str>) -> Result<Vec<Sent>, PhoneError> {
        let record = self.record()?;
        let companion = record.facts.companion_version.is_some();
        let one = app.filter(|_| !companion).map(|app| self.app(app)).transpose()?;
        let apps = match one {
            Some(app) => vec![app],
            None => self.apps()?.into_iter().filter(|app| app.managed).collect(),
        };
        if !record.online {
            return Err(not_sent("offline", "the phone is offline: connect it and try again"));
        }
        let http = Http::new(&record)?;
        let mut sent = Vec::new();
        for app in &apps {
            match self.bundle(&app.id) {
                Ok(bundle) => sent.push(upload(&http, &record, ticket, app, &bundle)?),
                Err(PhoneError::Missing { .. }) if apps.len() > 1 => {}
                Err(error) => return Err(error),
            }
        }
        if sent.is_empty() { Err(PhoneError::missing("recording of", "any app")) } else { Ok(sent) }
    }
}

fn upload(
    http: &Http,
    record: &crate::PhoneRecord,
    ticket: &str,
    app: &AppRecord,
    bundle: &str,
) -> Result<Sent, PhoneError> {
    let upload = Upload {
        ticket,
        platform: record.facts.platform,
        app: &app.id,
        app_version: app.version,
        device_tag: &record.device_tag,
        bundle,
    };
    let request = Request {
        method: "POST".to_owned(),
        path: PATH.to_owned(),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: serde_json::to_vec(&upload).unwrap_or_default(),
    };
    let reply = http.send(&request).map_err(unreachable)?;
    if reply.status == 201 {
        let received: Option<Received> = serde_json::from_slice(&reply.body).ok();
        let received =
            received.ok_or_else(|| not_sent("reply_unreadable", "the server's answer is unreadable"))?;
        return Ok(Sent { app: app.id.clone(), bundle: received.id, bytes: bundle.len() });
    }
    let refused: Refused = serde_json::from_slice(&reply.body).unwrap_or_default();
    Err(match refused.code.as_str() {
        "ticket_unknown" => not_sent("ticket_unknown", "help desk has no ticket with this reference"),
        "ticket_expired" => {
            not_sent("ticket_expired", "the ticket is too old: ask help desk for a new reference")
        }
        "ticket_full" => not_sent("ticket_full", "the ticket is full: ask help desk for a new reference"),
        "too_many_requests" => not_sent("too_many_requests", &refused.detail),
        _ => not_sent("refused", &format!("the server answered {} {}", reply.status, refused.detail)),
    })
}

fn unreachable(failure: NetFail) -> PhoneError {
    let code = match failure {
        NetFail::Offline => "offline",
        NetFail::Tls => "tls",
        NetFail::Timeout => "timed_out",
        NetFail::Broken | NetFail::TooLarge => "connection_failed",
    };
    not_sent(code, &failure.to_string())
}

fn not_sent(code: &'static str, why: &str) -> PhoneError {
    PhoneError::NotSent { code, why: why.to_owned() }
}
