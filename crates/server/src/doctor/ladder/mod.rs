//! The ladder: every rung judged from the evidence, then the cause. Pure and total.

mod person;
mod phone;
mod policy;
mod words;

#[cfg(test)]
mod tests;

use ringfence_messages::{Args, ReasonCode, Severity};
use ringfence_model::{Millis, UnixMillis};

use super::{
    cause::{Kind, Row},
    diagnosis::{Cause, Check, Diagnosis, Judgement, Line, Outcome, Rung},
    evidence::{Account, Asked, Case, Decided, Evidence, Reach},
};
use crate::authz::Permission;

/// How long a dialog counts as what the user is calling about, when no code is given.
const LATELY: Millis = Millis::from_days(1);

/// A check with the causes it found.
pub(super) struct Found {
    check: Check,
    causes: Vec<Cause>,
}

impl Found {
    pub(super) fn new(rung: Rung, outcome: Outcome) -> Self {
        Self { check: Check { rung, outcome, evidence: Vec::new() }, causes: Vec::new() }
    }

    pub(super) fn with(mut self, line: Line) -> Self {
        self.check.evidence.push(line);
        self
    }

    pub(super) fn lines(mut self, lines: impl IntoIterator<Item = Line>) -> Self {
        self.check.evidence.extend(lines);
        self
    }

    /// The check fails because of this.
    pub(super) fn because(mut self, cause: Cause) -> Self {
        self.check.outcome = Outcome::Fail;
        self.causes.push(cause);
        self
    }
}

impl Cause {
    pub(super) fn new<const N: usize>(kind: Kind, args: [(&str, &str); N]) -> Self {
        let args: Args = args.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { kind, args, outstanding: None, settings: Vec::new(), rule: None }
    }

    /// What has not happened yet, since when.
    pub(super) fn outstanding(self, line: Line) -> Self {
        Self { outstanding: Some(line), ..self }
    }

    /// With what the policy asks for and what the phone has, as far as both are known.
    fn by(self, decided: &Decided, case: &Case) -> Self {
        let mut args = self.args;
        args.extend(decided.required.clone().map(|required| ("required".to_owned(), required)));
        args.extend(words::actual(decided, case).map(|actual| ("actual".to_owned(), actual)));
        Self { args, settings: decided.settings.clone(), rule: Some(decided.rule), ..self }
    }
}

/// Judges everything and chooses what the answer is about. `None` only when there is no case at all.
pub(crate) fn diagnose(evidence: &Evidence) -> Option<Diagnosis> {
    let asked = evidence.asked;
    let looked_at: Vec<Look> = evidence
        .cases
        .iter()
        .map(|case| {
            let (unasked, asked_about) = (judge(evidence, None, case), judge(evidence, asked, case));
            let is_asked = |cause: &Cause| answers(cause, asked, Some(case));
            Look {
                found: unasked.cause.iter().chain(&unasked.also).any(is_asked),
                told: has_told(case, asked),
                shows_it: evidence.asked_on.is_none_or(|platform| platform == case.platform()),
                fits: asked_about.cause.as_ref().is_some_and(is_asked),
                last_sign: case.last_sign(),
                unasked,
                asked: asked_about,
            }
        })
        .collect();
    // A code that no phone can report fits every app: then one that ever ran goes before one that did not.
    let rank = |place: &usize| {
        let look = looked_at.get(*place)?;
        let lives = asked.is_some() && look.fits && look.last_sign.is_some();
        let wrong = look.asked.cause.is_some();
        let sign = (look.found, look.told, lives, look.fits);
        Some((look.shows_it, sign, wrong, look.last_sign, std::cmp::Reverse(*place)))
    };
    let case = (0..looked_at.len()).max_by_key(rank)?;
    // What was asked about is said of the others only where there is a sign of it.
    let others = looked_at.iter().enumerate().filter(|(place, _)| *place != case).map(|(place, look)| {
        let judgement = if look.found || look.told { &look.asked } else { &look.unasked };
        (place, judgement.cause.clone())
    });
    let others = others.collect();
    let judgement = looked_at.into_iter().nth(case)?.asked;
    Some(Diagnosis { case, judgement, others })
}

/// What was found of a case.
struct Look {
    /// Without knowing the code.
    unasked: Judgement,
    /// With the code.
    asked: Judgement,
    /// The evidence alone leads to what was asked about.
    found: bool,
    /// Its platform is the one that shows the code.
    shows_it: bool,
    /// The phone said it.
    told: bool,
    /// It can be so.
    fits: bool,
    last_sign: Option<UnixMillis>,
}

/// One app on one device, rung by rung.
fn judge(evidence: &Evidence, asked: Option<Asked>, case: &Case) -> Judgement {
    let account = &evidence.account;
    let nearest = policy::nearest(case);
    let mut found = vec![
        person::account(account),
        person::sign_in(case),
        person::licence(account),
        policy::groups(account, case, nearest),
        policy::policy(case, nearest),
        phone::device(case),
        phone::registration(account, case),
        phone::check_in(case),
        phone::conditions(case),
    ];
    found.push(decision(evidence.at, asked, account, case));
    let (mut checks, mut causes) = (Vec::with_capacity(found.len()), Vec::new());
    for found in found {
        checks.push(found.check);
        causes.extend(found.causes);
    }
    let wanted = causes.iter().position(|cause| answers(cause, asked, Some(case)));
    let cause = (!causes.is_empty()).then(|| causes.remove(wanted.unwrap_or(0)));
    // The same once more, as the phone puts it, is nothing else that is wrong.
    if let Some(reason) = cause.as_ref().and_then(|cause| cause.kind.reason()) {
        causes.retain(|also| also.kind != Kind::Told(reason));
    }
    Judgement { checks, cause, also: causes }
}

/// Whether a cause is what was asked about.
fn answers(cause: &Cause, asked: Option<Asked>, case: Option<&Case>) -> bool {
    let Some(case) = case else { return false };
    match asked {
        None => false,
        Some(Asked::Reason(reason)) => cause.kind.is_behind(reason, case.platform()),
        Some(Asked::Row(row)) => cause.kind.catalogue_ids(case.platform()).contains(&row.as_str()),
    }
}

/// Whether the phone said what was asked about.
fn has_told(case: &Case, asked: Option<Asked>) -> bool {
    let Some(Asked::Reason(reason)) = asked else { return false };
    told_at(case, reason).is_some()
}

/// When the phone last said this reason, by a block, a warning or a dialog, by a receipt, or because it was refused with it.
fn told_at(case: &Case, reason: ReasonCode) -> Option<UnixMillis> {
    let reported = case.said().and_then(|said| {
        let standing = said.blocked_by.contains(&reason) || said.warnings.contains(&reason);
        let shown = said.dialogs.iter().find(|(shown, _)| *shown == reason).map(|(_, at)| *at);
        shown.or(standing.then_some(said.received_at))
    });
    let ended = case.ended.as_ref().filter(|ended| ended.reason == Some(reason)).and_then(|ended| ended.at);
    let refused = case.refused.as_ref().filter(|refused| refused.code == reason.as_str());
    reported.or(ended).or(refused.map(|refused| refused.at))
}

/// The last rung: what the code asked for, or else the dialog shown last, comes from.
fn decision(at: UnixMillis, asked: Option<Asked>, account: &Account, case: &Case) -> Found {
    match asked {
        Some(Asked::Reason(reason)) => of_reason(case, reason, told_at(case, reason)),
        Some(Asked::Row(row)) => of_row(account, case, row),
        None => match lately(at, case) {
            Some((reason, at)) => of_reason(case, reason, Some(at)),
            None => {
                Found::new(Rung::Decision, Outcome::NotApplicable).with(Line::new("doctor-no-refusal", []))
            }
        },
    }
}

/// The newest dialog, when it told of something that did not work and is new enough to be the reason of the call.
fn lately(now: UnixMillis, case: &Case) -> Option<(ReasonCode, UnixMillis)> {
    let said = case.said()?;
    let (reason, at) = *said.dialogs.first()?;
    // An app that reported later and does not say it any more has left that state.
    let has_passed = said.received_at > at && !said.blocked_by.contains(&reason);
    let wrong = match reason.severity() {
        Severity::TransferRefused => case.decided.iter().any(|decided| decided.reason == reason),
        Severity::Error if withholds(reason) => !has_passed,
        // A report came in after it, so the server was reached, and by an app that is registered.
        Severity::Error => !matches!(
            reason,
            ReasonCode::ConnectionProblem
                | ReasonCode::ServerBusy
                | ReasonCode::RegistrationFailed
                | ReasonCode::SignInFailed
        ),
        _ => false,
    };
    (wrong && now.since(at) <= LATELY).then_some((reason, at))
}

/// Whether work data stays closed as long as it is so.
fn withholds(reason: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        reason,
        R::StartFailed
            | R::UnknownError
            | R::PinUnreadable
            | R::ReplyUnauthentic
            | R::BundleForged
            | R::BundleExpired
            | R::BundleOlder
            | R::BundleWrongRecipient
            | R::BundleContentDiffers
            | R::BundleUnreadable
            | R::KeysetForged
            | R::KeysetOlder
    )
}

fn of_reason(case: &Case, reason: ReasonCode, told: Option<UnixMillis>) -> Found {
    let code = reason.dialog_code(case.platform());
    let decided: Vec<&Decided> = case.decided.iter().filter(|decided| decided.reason == reason).collect();
    let shown = told.map(|at| Line::new("doctor-code-told", [("code", code)]).at(at));
    let cause = || Cause::new(Kind::Told(reason), [("app", case.name()), ("code", code)]);
    if let Some(first) = decided.first() {
        let lines = decided.iter().flat_map(|decided| words::settings(decided));
        let found = Found::new(Rung::Decision, Outcome::Fail).lines(shown).lines(lines);
        return match reason.severity() {
            Severity::Information => {
                Found { check: Check { outcome: Outcome::Pass, ..found.check }, ..found }
            }
            // A condition speaks only on the phone whose facts break it.
            _ if first.action.is_empty() && told.is_none() && !cannot_be_reported(reason) => {
                let check = Check { outcome: Outcome::Unknown, ..found.check };
                Found { check, ..found }.with(Line::new("doctor-condition-not-told", [("code", code)]))
            }
            _ => found.because(cause().by(first, case)),
        };
    }
    match shown {
        Some(line) => Found::new(Rung::Decision, Outcome::Fail).with(line).because(cause()),
        // The code read off the phone is all the evidence there can be.
        None if cannot_be_reported(reason) => Found::new(Rung::Decision, Outcome::Fail)
            .with(Line::new("doctor-code-only-read", [("code", code)]))
            .because(cause()),
        None => Found::new(Rung::Decision, Outcome::Unknown)
            .with(Line::new("doctor-code-not-told", [("code", code), ("app", case.name())])),
    }
}

/// Whether a phone that shows this is in no state to report it: no connection, no registration, no protection that runs.
fn cannot_be_reported(reason: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        reason,
        R::ConnectionRequired
            | R::ConnectionProblem
            | R::ServerBusy
            | R::StartFailed
            | R::UnknownError
            | R::PinUnreadable
            | R::CompanionRequired
            | R::WipedCompanionRemoved
            | R::RegistrationFailed
            | R::WrongServer
    )
}

/// Whether the person's roles let him change policies (A3).
fn of_role(account: &Account) -> Found {
    let args = [("account", account.upn.as_str()), ("permission", Permission::WritePolicies.name())];
    let rung = Rung::Decision;
    match &account.writes_policies {
        Reach::Nowhere => Found::new(rung, Outcome::Fail)
            .with(Line::new("doctor-role-nowhere", args))
            .because(Cause::new(Kind::RoleMissing, [])),
        Reach::Within(groups) => {
            let groups = groups.join(", ");
            let [account, permission] = args;
            let args = [account, permission, ("groups", groups.as_str())];
            Found::new(rung, Outcome::Pass).with(Line::new("doctor-role-within", args))
        }
        Reach::Everywhere => Found::new(rung, Outcome::Pass).with(Line::new("doctor-role-everywhere", args)),
    }
}

/// Rows of the catalogue about what is normal though it looks wrong, and about the border of what an app can do.
fn of_row(account: &Account, case: &Case, row: Row) -> Found {
    let rung = Rung::Decision;
    let companion = case.said().and_then(|said| said.companion.as_deref());
    let sealed = case.decided.iter().find(|decided| decided.reason == ReasonCode::AllowedSealed);
    match (row, sealed, companion) {
        (Row::A7 | Row::S1, Some(sealed), _) => {
            let kind = if row == Row::A7 { Kind::SystemBorder } else { Kind::LeftSealed };
            let managed = match case.device.as_ref().and_then(|device| device.handed_over.as_deref()) {
                Some(account) => Line::new("doctor-account-handed-over", [("account", account)]),
                None => Line::new("doctor-account-not-handed-over", []),
            };
            Found::new(rung, Outcome::Fail)
                .with(Line::new("doctor-sealed", []))
                .with(managed)
                .lines(words::settings(sealed))
                .because(Cause::new(kind, [("app", case.name())]).by(sealed, case))
        }
        (Row::A7 | Row::S1, None, _) => {
            Found::new(rung, Outcome::Unknown).with(Line::new("doctor-not-sealed", []))
        }
        (Row::S2, _, Some(version)) => Found::new(rung, Outcome::Fail)
            .with(Line::new("doctor-companion-present", [("version", version)]))
            .because(Cause::new(Kind::CompanionOnly, [("app", case.name())])),
        (Row::S2, _, None) => {
            Found::new(rung, Outcome::Unknown).with(Line::new("doctor-companion-unknown", []))
        }
        (Row::A3, _, _) => of_role(account),
        _ => Found::new(rung, Outcome::NotApplicable)
            .with(Line::new("doctor-row-on-ladder", [("code", row.as_str())])),
    }
}
