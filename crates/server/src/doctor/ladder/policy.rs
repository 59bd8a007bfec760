//! Rungs about what reaches the user: groups, nested and excluded, and policies that cover app and platform.

use super::Found;
use crate::doctor::{
    cause::Kind,
    diagnosis::{Cause, Line, Outcome, Rung},
    evidence::{Account, Case, Fate, Judged},
};

/// Why no policy reaches the user, named by the policy that came nearest; `None` when one does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nearest<'a> {
    kind: Kind,
    policy: Option<&'a Judged>,
}

/// The nearest miss: excluded, then one that a filter keeps from this phone, then a policy that the user has in other apps, then one for this app that others have,
/// then one for devices managed in another way.
pub(super) fn nearest(case: &Case) -> Option<Nearest<'_>> {
    if case.applied().next().is_some() {
        return None;
    }
    let order = [
        (Fate::Excluded, Kind::Excluded),
        (Fate::Filtered, Kind::Filtered),
        (Fate::AppNotCovered { assigned: true }, Kind::AppNotCovered),
        (Fate::NotAssigned, Kind::NotAssigned),
        (Fate::OtherManagement, Kind::OtherManagement),
        (Fate::AppNotCovered { assigned: false }, Kind::AppNotCovered),
    ];
    let found = order.into_iter().find_map(|(fate, kind)| {
        let policy = case.policies.iter().find(|policy| policy.fate == fate)?;
        Some(Nearest { kind, policy: Some(policy) })
    });
    Some(found.unwrap_or(Nearest { kind: Kind::NoPolicy, policy: None }))
}

fn cause(case: &Case, account: Option<&Account>, nearest: Nearest<'_>) -> Cause {
    let (path, groups) = nearest.policy.map_or((String::new(), String::new()), |policy| {
        (policy.path.join(" > "), policy.assigned_to.join(", "))
    });
    let name = nearest.policy.map_or("", |policy| policy.name.as_str());
    let user = account.map_or("", |account| account.upn.as_str());
    let args = [
        ("app", case.name()),
        ("platform", case.platform().as_str()),
        ("policy", name),
        ("path", path.as_str()),
        ("filter", nearest.policy.and_then(|policy| policy.filter.as_deref()).unwrap_or_default()),
        ("groups", if groups.is_empty() { "-" } else { groups.as_str() }),
        ("user", user),
    ];
    Cause::new(nearest.kind, args)
}

pub(super) fn groups(account: &Account, case: &Case, nearest: Option<Nearest<'_>>) -> Found {
    let rung = Rung::Groups;
    let mut found = Found::new(rung, Outcome::Pass);
    if account.groups.is_empty() {
        found = found.with(Line::new("doctor-groups-none", [("user", &account.upn)]));
    }
    for path in &account.groups {
        let key = if path.len() > 1 { "doctor-groups-nested" } else { "doctor-groups-in" };
        found = found.with(Line::new(key, [("path", &path.join(" > "))]));
    }
    let Some(nearest) = nearest else {
        return found.lines(case.applied().map(applies));
    };
    match (nearest.kind, nearest.policy) {
        (Kind::Excluded, Some(policy)) => {
            let args = [("policy", policy.name.as_str()), ("path", &policy.path.join(" > "))];
            found.with(Line::new("doctor-groups-excluded", args)).because(cause(case, Some(account), nearest))
        }
        (Kind::Filtered, Some(policy)) => {
            let filter = policy.filter.as_deref().unwrap_or_default();
            let args = [("policy", policy.name.as_str()), ("filter", filter)];
            found.with(Line::new("doctor-groups-filtered", args)).because(cause(case, Some(account), nearest))
        }
        (Kind::NotAssigned, Some(policy)) => {
            let line = if policy.assigned_to.is_empty() {
                Line::new("doctor-policy-unassigned", [("policy", &policy.name)])
            } else {
                let groups = policy.assigned_to.join(", ");
                Line::new(
                    "doctor-groups-not-assigned",
                    [("policy", policy.name.as_str()), ("groups", &groups)],
                )
            };
            found.with(line).because(cause(case, Some(account), nearest))
        }
        _ => {
            found.check.outcome = Outcome::NotApplicable;
            found.with(Line::new("doctor-groups-no-candidate", [("app", case.name())]))
        }
    }
}

fn applies(policy: &Judged) -> Line {
    let path = policy.path.join(" > ");
    if path.is_empty() {
        Line::new("doctor-policy-everybody", [("policy", &policy.name)])
    } else {
        Line::new("doctor-policy-by-group", [("policy", policy.name.as_str()), ("path", &path)])
    }
}

pub(super) fn policy(case: &Case, nearest: Option<Nearest<'_>>) -> Found {
    let rung = Rung::Policy;
    let about = |policy: &str| [("app", case.name().to_owned()), ("policy", policy.to_owned())];
    let line = |key, policy: &str| {
        let [app, policy] = about(policy);
        let platform = case.platform().as_str();
        Line::new(key, [(app.0, app.1.as_str()), (policy.0, &policy.1), ("platform", platform)])
    };
    let Some(nearest) = nearest else {
        let lines = case.applied().map(|policy| line("doctor-policy-covers", &policy.name));
        return Found::new(rung, Outcome::Pass).lines(lines);
    };
    let name = nearest.policy.map_or("", |policy| policy.name.as_str());
    let failed =
        |key| Found::new(rung, Outcome::Fail).with(line(key, name)).because(cause(case, None, nearest));
    match nearest.kind {
        Kind::AppNotCovered => failed("doctor-policy-app-missing"),
        Kind::OtherManagement => failed("doctor-policy-other-management"),
        Kind::NoPolicy => failed("doctor-policy-none"),
        _ => Found::new(rung, Outcome::Pass).with(line("doctor-policy-covers", name)),
    }
}
