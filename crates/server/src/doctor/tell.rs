//! A diagnosis in a language, as the API answers it.

use ringfence_messages::{Args, Lang, ReasonCode, dialog, text, text_or_none};
use ringfence_model::{Platform, UnixMillis};
use ringfence_policy::explain::ExplainedSetting;
use serde::Serialize;

use super::{
    cause::Kind,
    diagnosis::{Cause, Diagnosis, Line, Outcome},
    evidence::{Asked, Case, Evidence},
};
use crate::authz::{Permission, carriers};

/// The answer.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    pub(crate) lang: Lang,
    pub(crate) as_of: UnixMillis,
    pub(crate) user: Option<String>,
    pub(crate) app: Option<String>,
    pub(crate) app_name: Option<String>,
    pub(crate) platform: Option<Platform>,
    pub(crate) device: Option<String>,
    /// One sentence about the result.
    pub(crate) summary: String,
    /// The code asked about.
    pub(crate) code: Option<ToldCode>,
    pub(crate) checks: Vec<ToldCheck>,
    pub(crate) cause: Option<ToldCause>,
    /// What else is wrong, in the order of the ladder.
    pub(crate) also: Vec<ToldCause>,
    /// The person's other apps and devices.
    pub(crate) others: Vec<ToldOther>,
}

/// A rung.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToldCheck {
    id: &'static str,
    title: String,
    outcome: &'static str,
    evidence: Vec<ToldLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    how_to_find_out: Option<String>,
}

/// A sentence and the time that it is about.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ToldLine {
    text: String,
    at: UnixMillis,
}

/// A cause with its cure.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToldCause {
    id: String,
    reason: Option<ReasonCode>,
    code: Option<&'static str>,
    pub(super) catalogue_id: Option<&'static str>,
    catalogue_ids: Vec<&'static str>,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) cure: ToldCure,
    outstanding: Option<ToldOutstanding>,
    /// The settings that decided, with policy, assignment and group path.
    deciders: Vec<ExplainedSetting>,
    /// Section of the page of decisions.
    rule: Option<&'static str>,
}

/// What to do.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ToldCure {
    pub(super) user: Option<String>,
    pub(super) admin: Option<String>,
}

/// What has not happened yet.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ToldOutstanding {
    what: String,
    since: Option<UnixMillis>,
}

/// Another app or device.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToldOther {
    app: String,
    app_name: String,
    platform: Platform,
    device: Option<String>,
    cause: Option<String>,
    title: Option<String>,
}

/// What a code means and where it comes from.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToldCode {
    pub(crate) code: String,
    pub(crate) reason: Option<ReasonCode>,
    pub(crate) title: String,
    pub(crate) text: String,
    /// Codes by platform.
    pub(crate) ios: Option<&'static str>,
    pub(crate) android: Option<&'static str>,
    pub(crate) cure: ToldCure,
    pub(crate) causes: Vec<ToldPossible>,
    /// Settings of policies that say it.
    pub(crate) settings: Vec<ToldSource>,
    /// App instances that say it now.
    pub(crate) reported_by: Vec<ToldReporter>,
    /// How many there are in all.
    pub(crate) reporters: i64,
}

/// A cause that a code can have.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ToldPossible {
    id: String,
    title: String,
}

/// A setting of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToldSource {
    pub(crate) policy: String,
    pub(crate) policy_name: String,
    pub(crate) platform: Platform,
    pub(crate) setting: &'static str,
    pub(crate) value: String,
    pub(crate) action: &'static str,
}

/// An instance that says it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToldReporter {
    pub(crate) user: String,
    pub(crate) app: String,
    pub(crate) platform: String,
    pub(crate) device: String,
    pub(crate) instance: String,
    pub(crate) kind: String,
    pub(crate) at: UnixMillis,
}

/// Puts a diagnosis into words.
pub(crate) fn tell(evidence: &Evidence, diagnosis: &Diagnosis, lang: Lang) -> Told {
    let Some(case) = evidence.cases.get(diagnosis.case) else { return Told::default() };
    let judgement = &diagnosis.judgement;
    let checks: Vec<ToldCheck> = judgement
        .checks
        .iter()
        .map(|check| ToldCheck {
            id: check.rung.as_str(),
            title: text(check.rung.key(), lang, &Args::new()),
            outcome: check.outcome.as_str(),
            evidence: check.evidence.iter().map(|told| line(told, evidence.at, lang)).collect(),
            how_to_find_out: (check.outcome == Outcome::Unknown)
                .then(|| text_or_none(&format!("{}-how", check.rung.key()), lang, &Args::new()))
                .flatten(),
        })
        .collect();
    let unknown = judgement.checks.iter().filter(|check| check.outcome == Outcome::Unknown).count();
    let tell_cause = |found: &Cause| cause(found, case, evidence, lang);
    let summary = match (&judgement.cause, unknown) {
        (Some(found), _) => title(found, case, lang),
        (None, 0) => text("doctor-summary-fine", lang, &Args::new()),
        (None, _) => text("doctor-summary-unknown", lang, &Args::new()),
    };
    let known = |text: &str| (text != "-").then(|| text.to_owned());
    Told {
        lang,
        as_of: evidence.at,
        user: Some(evidence.account.upn.clone()),
        app: known(&case.app.id),
        app_name: known(case.name()),
        platform: Some(case.platform()),
        device: case.device_tag.clone(),
        summary,
        code: None,
        checks,
        cause: judgement.cause.as_ref().map(tell_cause),
        also: judgement.also.iter().map(tell_cause).collect(),
        others: diagnosis
            .others
            .iter()
            .filter_map(|(at, cause)| other(evidence, *at, cause.as_ref(), lang))
            .collect(),
    }
}

/// What has no time of its own was read now.
fn line(told: &Line, now: UnixMillis, lang: Lang) -> ToldLine {
    ToldLine { text: text(told.key, lang, &told.args), at: told.at.unwrap_or(now) }
}

fn title(cause: &Cause, case: &Case, lang: Lang) -> String {
    kind_title(cause.kind, case.platform(), lang, &cause.args)
}

fn kind_title(kind: Kind, platform: Platform, lang: Lang, args: &Args) -> String {
    match kind {
        Kind::Told(reason) => dialog(reason, platform, lang, args).title,
        kind => text(&format!("doctor-cause-{}.title", kind.key()), lang, args),
    }
}

fn cause(found: &Cause, case: &Case, evidence: &Evidence, lang: Lang) -> ToldCause {
    let platform = case.platform();
    let mut args = found.args.clone();
    args.entry("account".to_owned()).or_insert_with(|| evidence.account.upn.clone());
    if found.kind == Kind::RoleMissing {
        args.extend(roles());
    }
    let body = match found.kind {
        Kind::Told(reason) => told_body(reason, platform, lang, &args),
        kind => text(&format!("doctor-cause-{}.text", kind.key()), lang, &args),
    };
    let ids = ordered(found.kind, case, evidence.asked);
    let reason = found.kind.reason();
    ToldCause {
        id: found.kind.key().to_owned(),
        reason,
        code: reason.map(|reason| reason.dialog_code(platform)),
        catalogue_id: ids.first().copied(),
        catalogue_ids: ids,
        title: title(found, case, lang),
        text: body,
        cure: cure(found.kind, lang, &args),
        outstanding: found
            .outstanding
            .as_ref()
            .map(|told| ToldOutstanding { what: text(told.key, lang, &told.args), since: told.at }),
        deciders: found.settings.clone(),
        rule: found.rule,
    }
}

/// Arguments of dialogs that only the phone knows.
const OF_THE_PHONE: [&str; 8] =
    ["limit", "required", "actual", "minutes", "days", "attempts", "site", "target"];

/// What the dialog says; of one with values that only the phone knows, its title.
fn told_body(reason: ReasonCode, platform: Platform, lang: Lang, args: &Args) -> String {
    const HOLE: &str = "\u{FFFC}";
    let mut marked = args.clone();
    for name in OF_THE_PHONE {
        marked.entry(name.to_owned()).or_insert_with(|| HOLE.to_owned());
    }
    let shown = dialog(reason, platform, lang, &marked);
    if !shown.body.contains(HOLE) {
        return shown.body;
    }
    let title = dialog(reason, platform, lang, args).title;
    let code = reason.dialog_code(platform).to_owned();
    text("doctor-told-with-values", lang, &[("title".to_owned(), title), ("code".to_owned(), code)].into())
}

/// Rows of the catalogue: what was asked for first, then what the phone said, then the administrator's own.
fn ordered(kind: Kind, case: &Case, asked: Option<Asked>) -> Vec<&'static str> {
    let platform = case.platform();
    let mut ids = kind.catalogue_ids(platform);
    let first = match asked {
        Some(Asked::Row(row)) => ids.contains(&row.as_str()).then(|| row.as_str()),
        Some(Asked::Reason(reason)) if kind.is_behind(reason, platform) => Some(reason.dialog_code(platform)),
        _ => {
            kind.reason().filter(|reason| was_told(case, *reason)).map(|reason| reason.dialog_code(platform))
        }
    };
    if let Some(first) = first.filter(|code| !code.starts_with("RF-")) {
        ids.retain(|id| *id != first);
        ids.insert(0, first);
    }
    ids
}

/// Whether the user read this reason in a dialog.
fn was_told(case: &Case, reason: ReasonCode) -> bool {
    let refused = case.refused.as_ref().is_some_and(|refused| refused.code == reason.as_str());
    let said = case.said().is_some_and(|said| {
        said.blocked_by.contains(&reason) || said.dialogs.iter().any(|(shown, _)| *shown == reason)
    });
    refused || said
}

pub(super) fn cure(kind: Kind, lang: Lang, args: &Args) -> ToldCure {
    let key = kind.cure_key();
    ToldCure {
        user: text_or_none(&format!("{key}.user"), lang, args),
        admin: text_or_none(&format!("{key}.admin"), lang, args),
    }
}

/// The roles of catalogue A3, from the table that decides.
pub(super) fn roles() -> Args {
    [
        ("permission", Permission::WritePolicies.name().to_owned()),
        ("roles", carriers(Permission::WritePolicies)),
        ("grantors", carriers(Permission::ManageRoles)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn other(evidence: &Evidence, at: usize, cause: Option<&Cause>, lang: Lang) -> Option<ToldOther> {
    let case = evidence.cases.get(at)?;
    Some(ToldOther {
        app: case.app.id.clone(),
        app_name: case.name().to_owned(),
        platform: case.platform(),
        device: case.device_tag.clone(),
        cause: cause.map(|cause| cause.kind.key().to_owned()),
        title: cause.map(|cause| title(cause, case, lang)),
    })
}

/// What a code means, and the causes that it can have, in the order in which help desk works.
pub(super) fn code(asked: Asked, lang: Lang) -> ToldCode {
    let mut args = Args::new();
    let (name, reason) = match asked {
        Asked::Row(row) => (row.as_str().to_owned(), None),
        Asked::Reason(reason) => (reason.as_str().to_owned(), Some(reason)),
    };
    let on = |platform| reason.map(|reason| reason.dialog_code(platform));
    let behind = |kind: &Kind| match asked {
        Asked::Reason(reason) => Platform::ALL.iter().any(|platform| kind.is_behind(reason, *platform)),
        Asked::Row(row) => {
            Platform::ALL.iter().any(|platform| kind.catalogue_ids(*platform).contains(&row.as_str()))
        }
    };
    let mut kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(behind).collect();
    kinds.extend(reason.filter(|_| kinds.is_empty()).map(Kind::Told));
    if kinds.contains(&Kind::RoleMissing) {
        args.extend(roles());
    }
    let platform = Platform::Ios;
    let (title, body) = match (reason, kinds.first()) {
        (Some(reason), _) => {
            let shown = dialog(reason, platform, lang, &args);
            (shown.title, shown.body)
        }
        (None, Some(kind)) => (
            kind_title(*kind, platform, lang, &args),
            text(&format!("doctor-cause-{}.text", kind.key()), lang, &args),
        ),
        (None, None) => (name.clone(), String::new()),
    };
    let first = reason.map(Kind::Told).or(kinds.first().copied());
    ToldCode {
        code: name,
        reason,
        title,
        text: body,
        ios: on(Platform::Ios),
        android: on(Platform::Android),
        cure: first.map_or(ToldCure { user: None, admin: None }, |kind| cure(kind, lang, &args)),
        causes: kinds
            .iter()
            .map(|kind| ToldPossible {
                id: kind.key().to_owned(),
                title: kind_title(*kind, platform, lang, &args),
            })
            .collect(),
        settings: Vec::new(),
        reported_by: Vec::new(),
        reporters: 0,
    }
}
