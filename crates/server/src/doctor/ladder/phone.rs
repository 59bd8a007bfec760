//! Rungs about the phone: device record, registration, check-in, conditions.

use ringfence_messages::ReasonCode;
use ringfence_model::Platform;

use super::Found;
use crate::doctor::{
    cause::Kind,
    diagnosis::{Cause, Line, Outcome, Rung},
    evidence::{Account, Case, EndedHow, Instance, Said},
};

/// Whether the device can have a user to target (catalogue A6). App protection itself needs no enrolment (S2).
pub(super) fn device(case: &Case) -> Found {
    let rung = Rung::Device;
    let companion = case.said().and_then(|said| said.companion.as_deref());
    let companion = companion
        .filter(|_| case.platform() == Platform::Android)
        .map(|version| Line::new("doctor-companion-present", [("version", version)]));
    let Some(device) = &case.device else {
        let found = match (&case.instance, &case.device_tag) {
            (Some(_), _) => Found::new(rung, Outcome::Pass).with(Line::new("doctor-device-no-record", [])),
            (None, Some(tag)) => Found::new(rung, Outcome::Unknown)
                .with(Line::new("doctor-device-unrecorded", [("device", tag)])),
            (None, None) => Found::new(rung, Outcome::Unknown).with(Line::new("doctor-device-none", [])),
        };
        return found.lines(companion);
    };
    let profile = device.profile.as_deref().unwrap_or("-");
    let line =
        Line::new("doctor-device-record", [("enrolment", device.enrolment.as_str()), ("profile", profile)]);
    let found = Found::new(rung, Outcome::Pass).with(line.at(device.at)).lines(companion);
    match (device.user_affinity, &device.handed_over) {
        (Some(false), _) => {
            let found =
                found.with(Line::new("doctor-device-no-affinity", [("profile", profile)]).at(device.at));
            found.because(Cause::new(Kind::NoUserAffinity, [("app", case.name()), ("profile", profile)]))
        }
        (_, Some(account)) => found.with(Line::new("doctor-account-handed-over", [("account", account)])),
        _ => found,
    }
}

pub(super) fn registration(account: &Account, case: &Case) -> Found {
    let rung = Rung::Registration;
    let app = case.name();
    if let Some(instance) = &case.instance {
        let line = Line::new("doctor-registered", [("app", app)]).at(instance.registered_at);
        return Found::new(rung, Outcome::Pass).with(line);
    }
    if let Some(refused) = &case.refused
        && case.ended.as_ref().and_then(|ended| ended.at) < Some(refused.at)
    {
        let line = Line::new("doctor-registration-refused", [("app", app), ("code", &refused.code)]);
        let found = Found::new(rung, Outcome::Fail).with(line.at(refused.at));
        return refusal(found, account, case, &refused.code);
    }
    if let Some(holder) = &case.holder {
        let args = [("app", app), ("holder", holder.as_str())];
        return Found::new(rung, Outcome::Fail)
            .with(Line::new("doctor-device-held", args))
            .because(Cause::new(Kind::OtherAccount, args));
    }
    if let Some(ended) = &case.ended {
        let (key, kind) = match ended.how {
            EndedHow::Wiped => ("doctor-ended-wiped", ended.reason.map_or(Kind::Wiped, by_reason)),
            EndedHow::Removed => ("doctor-ended-removed", Kind::Removed),
        };
        let line = Line::new(key, [("app", app)]).at(ended.at);
        return Found::new(rung, Outcome::Fail).with(line).because(Cause::new(kind, [("app", app)]));
    }
    not_registered(Found::new(rung, Outcome::NotApplicable), case)
}

fn by_reason(reason: ReasonCode) -> Kind {
    if reason == ReasonCode::WipedByAdministrator { Kind::Wiped } else { Kind::Told(reason) }
}

/// What a refused registration means now; what has been put right since leaves only the next attempt outstanding.
fn refusal(found: Found, account: &Account, case: &Case, code: &str) -> Found {
    let app = case.name();
    match code {
        "other_account_registered" => {
            let holder = case.holder.as_deref().unwrap_or("-");
            found.because(Cause::new(Kind::OtherAccount, [("app", app), ("holder", holder)]))
        }
        "app_certificate_invalid" => found.because(Cause::new(Kind::CertificateInvalid, [("app", app)])),
        "not_licensed" if account.licensed != Some(true) => found,
        "account_disabled" if !account.enabled => found,
        "not_licensed" | "account_disabled" => {
            let line = Line::new("doctor-outstanding-retry", [("app", app)]).at(account.changed_at);
            found.because(Cause::new(Kind::NotRegistered, [("app", app)]).outstanding(line))
        }
        other => found.because(Cause::new(Kind::RegistrationFailed, [("app", app), ("problem", other)])),
    }
}

fn not_registered(found: Found, case: &Case) -> Found {
    let app = case.name();
    if case.applied().next().is_none() {
        return found.with(Line::new("doctor-not-registered-untargeted", [("app", app)]));
    }
    let line = Line::new("doctor-outstanding-first-start", [("app", app)]).at(case.changed_at);
    found
        .with(Line::new("doctor-not-registered", [("app", app)]))
        .because(Cause::new(Kind::NotRegistered, [("app", app)]).outstanding(line))
}

/// The version obeyed against the version in force.
pub(super) fn check_in(case: &Case) -> Found {
    let rung = Rung::CheckIn;
    let Some(instance) = &case.instance else {
        return Found::new(rung, Outcome::NotApplicable).with(Line::new("doctor-no-check-in", []));
    };
    let app = case.name();
    let seen = match instance.checked_in_at {
        Some(at) => Line::new("doctor-checked-in", [("app", app)]).at(at),
        None => Line::new("doctor-never-checked-in", [("app", app)]).at(instance.registered_at),
    };
    let mut found = versions(Found::new(rung, Outcome::Pass).with(seen), case, instance);
    if let Some(since) = instance.wipe_since {
        let line = Line::new("doctor-outstanding-wipe", [("app", app)]).at(since);
        let cause = Cause::new(Kind::WipeOutstanding, [("app", app)]).outstanding(line.clone());
        found = found.with(line).because(cause);
        // The order comes first: nothing else matters for an app that is about to be emptied.
        found.causes.rotate_right(1);
    }
    found
}

fn versions(mut found: Found, case: &Case, instance: &Instance) -> Found {
    let app = case.name();
    let Some(in_force) = instance.in_force else {
        found.check.outcome = Outcome::NotApplicable;
        return found.with(Line::new("doctor-nothing-in-force", [("app", app)]));
    };
    let in_force = in_force.to_string();
    if instance.fetched == 0 {
        let line = Line::new("doctor-outstanding-fetch", [("app", app), ("inForce", &in_force)]);
        let line = line.at(case.changed_at.max(Some(instance.registered_at)));
        return found.because(Cause::new(Kind::NotFetched, [("app", app)]).outstanding(line));
    }
    let Some(said) = &instance.said else {
        found.check.outcome = Outcome::Unknown;
        let fetched = instance.fetched.to_string();
        return found.with(Line::new("doctor-not-reported", [("fetched", &fetched), ("inForce", &in_force)]));
    };
    let obeyed = said.obeyed.to_string();
    let args = [("app", app), ("obeyed", obeyed.as_str()), ("inForce", in_force.as_str())];
    if obeyed == in_force {
        return found.with(Line::new("doctor-obeys", args).at(said.received_at));
    }
    let line = Line::new("doctor-outstanding-version", args).at(case.changed_at);
    found
        .with(Line::new("doctor-obeys-other", args).at(said.received_at))
        .because(Cause::new(Kind::Outdated, args).outstanding(line))
}

/// What the phone says of itself: blocks fail, warnings do not.
pub(super) fn conditions(case: &Case) -> Found {
    let rung = Rung::Conditions;
    let Some(said) = case.said() else {
        return match case.instance {
            Some(_) => Found::new(rung, Outcome::Unknown).with(Line::new("doctor-silent", [])),
            None => Found::new(rung, Outcome::NotApplicable).with(Line::new("doctor-no-check-in", [])),
        };
    };
    let mut found = Found::new(rung, Outcome::Pass);
    for reason in &said.blocked_by {
        let code = reason.dialog_code(case.platform());
        let line = Line::new("doctor-blocked", [("code", code), ("reason", reason.as_str())]);
        let told = case.decided.iter().find(|decided| decided.reason == *reason);
        let cause = Cause::new(Kind::Told(*reason), [("app", case.name()), ("code", code)]);
        let cause = told.map_or(cause.clone(), |decided| cause.by(decided, case));
        found = found.with(line.at(said.received_at)).because(cause);
    }
    if said.blocked_by.is_empty() {
        found = found.with(Line::new("doctor-not-blocked", []).at(said.received_at));
    }
    found.lines(told(case, said))
}

/// Warnings and the dialogs that were shown last.
fn told<'a>(case: &'a Case, said: &'a Said) -> impl Iterator<Item = Line> + 'a {
    let line = |key, reason: ReasonCode, at| {
        let code = reason.dialog_code(case.platform());
        Line::new(key, [("code", code), ("reason", reason.as_str())]).at(at)
    };
    let warnings = said.warnings.iter().map(move |reason| line("doctor-warned", *reason, said.received_at));
    let dialogs = said.dialogs.iter().map(move |(reason, at)| line("doctor-shown", *reason, *at));
    warnings.chain(dialogs)
}
