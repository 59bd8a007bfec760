//! What a diagnosis rests on. Every part that may be missing is an `Option`: `None` means *not known*, never *fine*.

use ringfence_messages::ReasonCode;
use ringfence_model::{AppId, Platform, SignInMethod, UnixMillis};
use ringfence_policy::{explain::ExplainedSetting, launch::Condition};

use super::cause::Row;
use crate::registration::Versions;

/// What was asked about, besides the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A reason, by its name or by the code in its dialog.
    Reason(ReasonCode),
    /// A row of the catalogue that is no dialog: A1 to A7, S1, S2.
    Row(Row),
}

/// Everything known about one user.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// When it was gathered.
    pub(crate) at: UnixMillis,
    /// The code given, if any.
    pub(crate) asked: Option<Asked>,
    /// The platform whose phones show that code, when it is one platform's.
    pub(crate) asked_on: Option<Platform>,
    /// The person.
    pub(crate) account: Account,
    /// The apps and devices that can be meant.
    pub(crate) cases: Vec<Case>,
}

/// The person in the directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    pub(crate) upn: String,
    pub(crate) enabled: bool,
    /// Holds a licence whose app-protection plan is on; `None` while targeting does not know the user yet.
    pub(crate) licensed: Option<bool>,
    /// Groups, each from the user's own up to the one meant.
    pub(crate) groups: Vec<Vec<String>>,
    /// The last change of the account.
    pub(crate) changed_at: Option<UnixMillis>,
    /// How far the person's roles let him write policies; looked at only when that is asked (A3).
    pub(crate) writes_policies: Reach,
}

/// How far a permission reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// No role carries it.
    #[default]
    Nowhere,
    /// Within these groups, by name.
    Within(Vec<String>),
    /// The whole organisation.
    Everywhere,
}

/// One app of the person, on one device where there is one.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) app: AppId,
    /// Its name and sign-in method in the catalogue; `None` when it is not there.
    pub(crate) entry: Option<(String, SignInMethod)>,
    /// The last sign-in seen from this app.
    pub(crate) signed_in: Option<SignedIn>,
    /// What became of every app protection policy, for this user, app and kind of device.
    pub(crate) policies: Vec<Judged>,
    pub(crate) device_tag: Option<String>,
    pub(crate) device: Option<Device>,
    pub(crate) instance: Option<Instance>,
    /// The last instance that is over, when none is active.
    pub(crate) ended: Option<Ended>,
    /// The last registration that was refused.
    pub(crate) refused: Option<Refused>,
    /// The account that holds the device, when it is another one.
    pub(crate) holder: Option<String>,
    /// When something last changed that the app should know: policy, assignment, group, licence.
    pub(crate) changed_at: Option<UnixMillis>,
    /// What the policy in force says about the reasons asked for or shown.
    pub(crate) decided: Vec<Decided>,
}

impl Case {
    pub(crate) fn platform(&self) -> Platform {
        self.app.platform
    }

    pub(crate) fn name(&self) -> &str {
        self.entry.as_ref().map_or(self.app.id.as_str(), |(name, _)| name)
    }

    /// The policies that reach the user here.
    pub(crate) fn applied(&self) -> impl Iterator<Item = &Judged> {
        self.policies.iter().filter(|policy| policy.fate == Fate::Applies)
    }

    pub(crate) fn said(&self) -> Option<&Said> {
        self.instance.as_ref().and_then(|instance| instance.said.as_ref())
    }

    /// When the phone last gave a sign of life.
    pub(crate) fn last_sign(&self) -> Option<UnixMillis> {
        let instance = self.instance.as_ref();
        [
            instance.map(|instance| instance.registered_at),
            instance.and_then(|instance| instance.checked_in_at),
            self.said().map(|said| said.received_at),
            self.signed_in.as_ref().map(|seen| seen.at),
            self.refused.as_ref().map(|refused| refused.at),
            self.ended.as_ref().and_then(|ended| ended.at),
        ]
        .into_iter()
        .flatten()
        .max()
    }
}

/// A sign-in as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) method: SignInMethod,
    pub(crate) ok: bool,
    pub(crate) at: UnixMillis,
}

/// What became of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Applies,
    /// A group of the user is excluded.
    Excluded,
    /// It covers the app, but no group of the user has it.
    NotAssigned,
    /// It does not cover the app; whether the user has it in other apps.
    AppNotCovered {
        assigned: bool,
    },
    /// It is limited to devices that are managed in another way.
    OtherManagement,
    /// A filter on its assignment leaves the phone out.
    Filtered,
    OtherPlatform,
}

/// A policy and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) name: String,
    pub(crate) fate: Fate,
    /// The filter that leaves the phone out.
    pub(crate) filter: Option<String>,
    /// Groups from the user's own up to the one assigned or excluded.
    pub(crate) path: Vec<String>,
    /// Groups that have it, for those who are in none.
    pub(crate) assigned_to: Vec<String>,
}

/// The device record.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    /// Enrolment type as recorded.
    pub(crate) enrolment: String,
    /// Name of the enrolment profile.
    pub(crate) profile: Option<String>,
    /// The profile ties the device to a user.
    pub(crate) user_affinity: Option<bool>,
    /// The work account that a device-management system handed over.
    pub(crate) handed_over: Option<String>,
    pub(crate) at: Option<UnixMillis>,
}

/// A registered app instance.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) registered_at: UnixMillis,
    pub(crate) checked_in_at: Option<UnixMillis>,
    /// The version it was last given; 0 before the first check-in.
    pub(crate) fetched: i64,
    /// The version it should obey; `None` when no policy reaches it.
    pub(crate) in_force: Option<i64>,
    /// Versions of app, client core and system that it told last.
    pub(crate) versions: Versions,
    pub(crate) said: Option<Said>,
    /// A wipe order that it has not carried out, and since when.
    pub(crate) wipe_since: Option<UnixMillis>,
}

/// Its last status report.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    pub(crate) obeyed: i64,
    pub(crate) blocked_by: Vec<ReasonCode>,
    pub(crate) warnings: Vec<ReasonCode>,
    /// Newest first.
    pub(crate) dialogs: Vec<(ReasonCode, UnixMillis)>,
    pub(crate) companion: Option<String>,
    pub(crate) received_at: UnixMillis,
}

/// An instance that is over.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) how: EndedHow,
    /// The reason of a wipe.
    pub(crate) reason: Option<ReasonCode>,
    pub(crate) at: Option<UnixMillis>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndedHow {
    Wiped,
    Removed,
}

/// A registration that the server refused.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    /// Problem code of the phone protocol.
    pub(crate) code: String,
    pub(crate) at: UnixMillis,
}

/// The policy in force says this reason somewhere, and by these settings.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(crate) reason: ReasonCode,
    /// What the phone was asked to do, e.g. `send`; empty for conditions.
    pub(crate) action: &'static str,
    /// Section of `docs/decisions.md`.
    pub(crate) rule: &'static str,
    /// The condition that says it, and what that asks for.
    pub(crate) condition: Option<Condition>,
    pub(crate) required: Option<String>,
    pub(crate) settings: Vec<ExplainedSetting>,
}
