//! The result: a ladder of checks, at most one cause, and what else was found. In no language; see `tell`.

use ringfence_messages::Args;
use ringfence_model::UnixMillis;
use ringfence_policy::explain::ExplainedSetting;

use super::cause::Kind;

/// The rungs, in the order in which help desk works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rung {
    Account,
    SignIn,
    Licence,
    Groups,
    Policy,
    Device,
    Registration,
    CheckIn,
    Conditions,
    Decision,
}

impl Rung {
    /// All, from the first to the last.
    pub(crate) const ALL: [Self; 10] = [
        Self::Account,
        Self::SignIn,
        Self::Licence,
        Self::Groups,
        Self::Policy,
        Self::Device,
        Self::Registration,
        Self::CheckIn,
        Self::Conditions,
        Self::Decision,
    ];

    /// As answered, e.g. `signIn`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::SignIn => "signIn",
            Self::Licence => "licence",
            Self::Groups => "groups",
            Self::Policy => "policy",
            Self::Device => "device",
            Self::Registration => "registration",
            Self::CheckIn => "checkIn",
            Self::Conditions => "conditions",
            Self::Decision => "decision",
        }
    }

    /// Key of its title; with `-how` behind it, of the way to find out what is unknown.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Account => "doctor-check-account",
            Self::SignIn => "doctor-check-sign-in",
            Self::Licence => "doctor-check-licence",
            Self::Groups => "doctor-check-groups",
            Self::Policy => "doctor-check-policy",
            Self::Device => "doctor-check-device",
            Self::Registration => "doctor-check-registration",
            Self::CheckIn => "doctor-check-check-in",
            Self::Conditions => "doctor-check-conditions",
            Self::Decision => "doctor-check-decision",
        }
    }
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pass,
    Fail,
    Unknown,
    NotApplicable,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NotApplicable => "notApplicable",
        }
    }
}

/// A sentence of the catalogue of texts, with the time that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) key: &'static str,
    pub(crate) args: Args,
    pub(crate) at: Option<UnixMillis>,
}

impl Line {
    pub(crate) fn new<const N: usize>(key: &'static str, args: [(&str, &str); N]) -> Self {
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { key, args, at: None }
    }

    pub(crate) fn at(self, at: impl Into<Option<UnixMillis>>) -> Self {
        Self { at: at.into(), ..self }
    }
}

/// One rung with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) rung: Rung,
    pub(crate) outcome: Outcome,
    pub(crate) evidence: Vec<Line>,
}

/// Why it does not work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cause {
    pub(crate) kind: Kind,
    pub(crate) args: Args,
    /// What has not happened yet, and since when.
    pub(crate) outstanding: Option<Line>,
    /// The settings that decided, with policy, assignment and group path.
    pub(crate) settings: Vec<ExplainedSetting>,
    /// Section of `docs/decisions.md`.
    pub(crate) rule: Option<&'static str>,
}

/// One app on one device, judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement {
    pub(crate) checks: Vec<Check>,
    pub(crate) cause: Option<Cause>,
    /// What else is wrong, in the order of the ladder.
    pub(crate) also: Vec<Cause>,
}

/// The case that the answer is about, its judgement, and the other cases with theirs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Diagnosis {
    /// Place in [`super::evidence::Evidence::cases`].
    pub(crate) case: usize,
    pub(crate) judgement: Judgement,
    /// Place and cause of every other case.
    pub(crate) others: Vec<(usize, Option<Cause>)>,
}
