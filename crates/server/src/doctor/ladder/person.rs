//! Rungs about the person: account, sign-in, licence.

use ringfence_model::SignInMethod;

use super::Found;
use crate::doctor::{
    cause::Kind,
    diagnosis::{Cause, Line, Outcome, Rung},
    evidence::{Account, Case},
};

pub(super) fn account(account: &Account) -> Found {
    let user = account.upn.as_str();
    if account.enabled {
        return Found::new(Rung::Account, Outcome::Pass)
            .with(Line::new("doctor-account-ok", [("user", user)]));
    }
    let since = Line::new("doctor-account-disabled", [("user", user)]).at(account.changed_at);
    Found::new(Rung::Account, Outcome::Fail)
        .with(since)
        .because(Cause::new(Kind::AccountDisabled, [("user", user)]))
}

/// Only a modern sign-in gives an identity that can be protected (catalogue A1).
pub(super) fn sign_in(case: &Case) -> Found {
    let rung = Rung::SignIn;
    let app = case.name();
    let listed = case.entry.as_ref().map(|(_, method)| *method);
    let legacy = || Cause::new(Kind::LegacySignIn, [("app", app)]);
    let registered = case.instance.as_ref().map(|instance| instance.registered_at);
    if let Some(seen) = case.signed_in.as_ref().filter(|seen| registered < Some(seen.at)) {
        let line = |key| Line::new(key, [("app", app)]).at(seen.at);
        return match (seen.method, seen.ok) {
            (SignInMethod::Legacy, _) => {
                let found = Found::new(rung, Outcome::Fail).with(line("doctor-sign-in-legacy-seen"));
                let cause = match listed {
                    Some(SignInMethod::Modern) => {
                        legacy().outstanding(line("doctor-outstanding-modern-sign-in"))
                    }
                    _ => legacy(),
                };
                found.because(cause)
            }
            (SignInMethod::Modern, true) => {
                Found::new(rung, Outcome::Pass).with(line("doctor-sign-in-modern-seen"))
            }
            (SignInMethod::Modern, false) => Found::new(rung, Outcome::Fail)
                .with(line("doctor-sign-in-failed-seen"))
                .because(Cause::new(Kind::SignInFailed, [("app", app)])),
        };
    }
    if let Some(at) = registered {
        return Found::new(rung, Outcome::Pass)
            .with(Line::new("doctor-sign-in-registered", [("app", app)]).at(at));
    }
    match listed {
        Some(SignInMethod::Legacy) => Found::new(rung, Outcome::Fail)
            .with(Line::new("doctor-sign-in-legacy-listed", [("app", app)]))
            .because(legacy()),
        Some(SignInMethod::Modern) => {
            Found::new(rung, Outcome::Unknown).with(Line::new("doctor-sign-in-modern-listed", [("app", app)]))
        }
        None => Found::new(rung, Outcome::Unknown).with(Line::new("doctor-sign-in-unlisted", [("app", app)])),
    }
}

pub(super) fn licence(account: &Account) -> Found {
    let args = [("user", account.upn.as_str())];
    match account.licensed {
        Some(true) => Found::new(Rung::Licence, Outcome::Pass).with(Line::new("doctor-licence-ok", args)),
        Some(false) => Found::new(Rung::Licence, Outcome::Fail)
            .with(Line::new("doctor-licence-none", args).at(account.changed_at))
            .because(Cause::new(Kind::NotLicensed, args)),
        None => Found::new(Rung::Licence, Outcome::Unknown).with(Line::new("doctor-licence-unknown", args)),
    }
}
