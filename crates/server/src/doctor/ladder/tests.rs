//! The ladder without a server: every row of the catalogue from its evidence, and laws over any set of faults.

use proptest::prelude::*;
use ringfence_messages::{Lang, ReasonCode as R};
use ringfence_model::{AppId, Platform, SignInMethod, UnixMillis};
use ringfence_policy::launch::Condition;

use super::diagnose;
use crate::doctor::{
    cause::{Kind, Row},
    diagnosis::{Outcome, Rung},
    evidence::{
        Account, Asked, Case, Decided, Device, Ended, EndedHow, Evidence, Fate, Instance, Judged, Reach,
        Refused, Said, SignedIn,
    },
    tell,
};
use crate::registration::Versions;

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

/// Minutes before now.
fn ago(minutes: i64) -> UnixMillis {
    UnixMillis(NOW.0 - minutes * 60_000)
}

/// A user whose protected app works.
fn sound(platform: Platform) -> Evidence {
    let said = Said {
        obeyed: 7,
        blocked_by: Vec::new(),
        warnings: Vec::new(),
        dialogs: vec![(R::RestartRequired, ago(3000))],
        companion: (platform == Platform::Android).then(|| "5.0".to_owned()),
        received_at: ago(5),
    };
    let policy = Judged {
        name: "Staff apps".to_owned(),
        filter: None,
        fate: Fate::Applies,
        path: vec!["Staff".to_owned()],
        assigned_to: vec!["Staff".to_owned()],
    };
    let case = Case {
        app: AppId::new(platform, "org.example.notes"),
        entry: Some(("Notes".to_owned(), SignInMethod::Modern)),
        signed_in: Some(SignedIn { method: SignInMethod::Modern, ok: true, at: ago(4000) }),
        policies: vec![policy],
        device_tag: Some("device-1".to_owned()),
        device: None,
        instance: Some(Instance {
            registered_at: ago(4000),
            checked_in_at: Some(ago(5)),
            fetched: 7,
            in_force: Some(7),
            versions: Versions { app: "1.0".into(), sdk: "1.0".into(), os: "17.0".into() },
            said: Some(said),
            wipe_since: None,
        }),
        ended: None,
        refused: None,
        holder: None,
        changed_at: Some(ago(60)),
        decided: Vec::new(),
    };
    Evidence {
        at: NOW,
        asked: None,
        asked_on: None,
        account: Account {
            upn: "kim@example.org".to_owned(),
            enabled: true,
            licensed: Some(true),
            groups: vec![vec!["Staff".to_owned()]],
            changed_at: Some(ago(60)),
            writes_policies: Reach::Nowhere,
        },
        cases: vec![case],
    }
}

fn case(evidence: &mut Evidence) -> &mut Case {
    &mut evidence.cases[0]
}

fn said(evidence: &mut Evidence) -> &mut Said {
    case(evidence).instance.as_mut().unwrap().said.as_mut().unwrap()
}

fn fate(evidence: &mut Evidence, fate: Fate) {
    case(evidence).policies[0].fate = fate;
}

fn decided(evidence: &mut Evidence, reason: R) {
    case(evidence).decided.push(Decided {
        reason,
        action: "send",
        rule: "5.1",
        condition: None,
        required: None,
        settings: Vec::new(),
    });
}

fn refused(evidence: &mut Evidence, code: &str) {
    case(evidence).instance = None;
    case(evidence).refused = Some(Refused { code: code.to_owned(), at: ago(2) });
}

/// Something that can be wrong: the rung that finds it, and what it is called.
#[derive(Debug, Clone, Copy)]
struct Fault {
    rung: Rung,
    kind: Kind,
    make: fn(&mut Evidence),
}

/// The faults of one rung exclude each other; nothing else does, unless `hides` says so.
fn faults() -> Vec<Vec<Fault>> {
    let fault = |rung, kind, make| Fault { rung, kind, make };
    vec![
        vec![fault(Rung::Account, Kind::AccountDisabled, |e| e.account.enabled = false)],
        vec![fault(Rung::SignIn, Kind::LegacySignIn, |e| {
            case(e).signed_in = Some(SignedIn { method: SignInMethod::Legacy, ok: true, at: ago(1) });
        })],
        vec![fault(Rung::Licence, Kind::NotLicensed, |e| e.account.licensed = Some(false))],
        vec![
            fault(Rung::Groups, Kind::Excluded, |e| fate(e, Fate::Excluded)),
            fault(Rung::Groups, Kind::Filtered, |e| fate(e, Fate::Filtered)),
            fault(Rung::Groups, Kind::NotAssigned, |e| fate(e, Fate::NotAssigned)),
            fault(Rung::Policy, Kind::AppNotCovered, |e| fate(e, Fate::AppNotCovered { assigned: true })),
            fault(Rung::Policy, Kind::OtherManagement, |e| fate(e, Fate::OtherManagement)),
            fault(Rung::Policy, Kind::NoPolicy, |e| case(e).policies.clear()),
        ],
        vec![fault(Rung::Device, Kind::NoUserAffinity, |e| {
            case(e).device = Some(Device {
                enrolment: "adeUserless".to_owned(),
                profile: Some("Shared".to_owned()),
                user_affinity: Some(false),
                handed_over: None,
                at: Some(ago(100)),
            });
        })],
        vec![
            fault(Rung::Registration, Kind::CertificateInvalid, |e| refused(e, "app_certificate_invalid")),
            fault(Rung::Registration, Kind::RegistrationFailed, |e| refused(e, "proof_invalid")),
            fault(Rung::Registration, Kind::OtherAccount, |e| {
                case(e).instance = None;
                case(e).holder = Some("lee@example.org".to_owned());
            }),
            fault(Rung::Registration, Kind::Wiped, |e| {
                case(e).instance = None;
                case(e).ended = Some(Ended { how: EndedHow::Wiped, reason: None, at: Some(ago(2)) });
            }),
            fault(Rung::Registration, Kind::Removed, |e| {
                case(e).instance = None;
                case(e).ended = Some(Ended { how: EndedHow::Removed, reason: None, at: Some(ago(2)) });
            }),
            fault(Rung::Registration, Kind::NotRegistered, |e| case(e).instance = None),
        ],
        vec![
            fault(Rung::CheckIn, Kind::WipeOutstanding, |e| {
                if let Some(instance) = &mut case(e).instance {
                    instance.wipe_since = Some(ago(1));
                }
            }),
            fault(Rung::CheckIn, Kind::NotFetched, |e| {
                if let Some(instance) = &mut case(e).instance {
                    instance.fetched = 0;
                }
            }),
            fault(Rung::CheckIn, Kind::Outdated, |e| {
                if let Some(instance) = &mut case(e).instance {
                    instance.in_force = Some(9);
                }
            }),
        ],
        vec![fault(Rung::Conditions, Kind::Told(R::DeviceCompromisedBlock), |e| {
            if case(e).instance.is_some() {
                said(e).blocked_by.push(R::DeviceCompromisedBlock);
            }
        })],
    ]
}

/// What is not looked at because of another fault: nobody registers an app that no policy covers, and an app that is not registered
/// neither checks in nor reports.
fn is_hidden(fault: &Fault, chosen: &[Fault]) -> bool {
    let any = |rungs: &[Rung]| chosen.iter().any(|other| rungs.contains(&other.rung));
    match fault.rung {
        Rung::Registration => fault.kind == Kind::NotRegistered && any(&[Rung::Groups, Rung::Policy]),
        Rung::CheckIn | Rung::Conditions => any(&[Rung::Registration]),
        _ => false,
    }
}

fn chosen() -> impl Strategy<Value = Vec<Fault>> {
    let slots: Vec<_> =
        faults().into_iter().map(|slot| prop::option::of(prop::sample::select(slot))).collect();
    slots.prop_map(|slots| slots.into_iter().flatten().collect())
}

fn kinds(evidence: &Evidence) -> Vec<Kind> {
    let judgement = diagnose(evidence).expect("there is a case").judgement;
    judgement.cause.iter().chain(&judgement.also).map(|cause| cause.kind).collect()
}

fn made(platform: Platform, faults: &[Fault]) -> Evidence {
    let mut evidence = sound(platform);
    for fault in faults {
        (fault.make)(&mut evidence);
    }
    evidence
}

proptest! {
    /// One cause, the first of the ladder, and the others behind it in order; what is cured gives way to the next, and
    /// never brings up something that stands before it.
    #[test]
    fn the_first_fault_of_the_ladder_is_the_cause_and_its_cure_brings_the_next(
        platform in prop::sample::select(Platform::ALL.to_vec()), mut left in chosen()
    ) {
        loop {
            let wanted: Vec<Kind> =
                left.iter().filter(|fault| !is_hidden(fault, &left)).map(|fault| fault.kind).collect();
            let evidence = made(platform, &left);
            prop_assert_eq!(kinds(&evidence), wanted);
            let judgement = diagnose(&evidence).unwrap().judgement;
            prop_assert_eq!(judgement.checks.len(), 10);
            prop_assert_eq!(judgement.cause.is_none(), !judgement.checks.iter().any(|check| check.outcome == Outcome::Fail));
            for check in &judgement.checks {
                prop_assert!(!check.evidence.is_empty(), "{:?} says nothing", check.rung);
                prop_assert!(check.evidence.iter().all(|line| line.at.is_none_or(|at| at <= NOW)));
            }
            if left.is_empty() {
                break;
            }
            left.remove(0);
        }
    }

    /// Total, whatever is asked: an answer in both languages, in which nothing is left open.
    #[test]
    fn whatever_is_asked_has_an_answer_in_both_languages(
        platform in prop::sample::select(Platform::ALL.to_vec()),
        left in chosen(),
        reason in prop::sample::select(R::ALL.to_vec()),
        row in prop::sample::select(Row::ALL.to_vec()),
        by_row in any::<bool>(),
        shown in prop::option::of(0_i64..3000),
        blocked in any::<bool>(),
    ) {
        let mut evidence = made(platform, &left);
        evidence.asked = Some(if by_row { Asked::Row(row) } else { Asked::Reason(reason) });
        if case(&mut evidence).instance.is_some() {
            said(&mut evidence).dialogs.extend(shown.map(|minutes| (reason, ago(minutes))));
            said(&mut evidence).blocked_by.extend(blocked.then_some(reason));
        }
        let diagnosis = diagnose(&evidence).unwrap();
        let [en, nl] = [Lang::En, Lang::Nl].map(|lang| serde_json::to_string(&tell::tell(&evidence, &diagnosis, lang)).unwrap());
        for told in [&en, &nl] {
            prop_assert!(!told.contains("doctor-"), "a text is missing: {told}");
        }
        prop_assert_ne!(en, nl);
    }
}

/// A row of the catalogue: where, what is asked, and the evidence.
type RowCase = (&'static str, Platform, Option<Asked>, fn(&mut Evidence));

fn rows() -> Vec<RowCase> {
    use Platform::{Android, Ios};
    let row = |row| Some(Asked::Row(row));
    let told = |reason| Some(Asked::Reason(reason));
    vec![
        ("A1", Ios, None, |e| {
            case(e).signed_in = Some(SignedIn { method: SignInMethod::Legacy, ok: true, at: ago(1) });
        }),
        ("A2", Android, None, |e| e.account.licensed = Some(false)),
        ("A3", Ios, row(Row::A3), |_| {}),
        ("A4", Ios, row(Row::A4), |e| case(e).instance = None),
        ("A5", Android, None, |e| case(e).instance.as_mut().unwrap().in_force = Some(9)),
        ("A6", Ios, None, |e| {
            case(e).device = Some(Device {
                enrolment: "adeUserless".to_owned(),
                profile: None,
                user_affinity: Some(false),
                handed_over: None,
                at: None,
            });
        }),
        ("A7", Ios, row(Row::A7), |e| decided(e, R::AllowedSealed)),
        ("S1", Ios, row(Row::S1), |e| decided(e, R::AllowedSealed)),
        ("S2", Android, row(Row::S2), |_| {}),
        ("D1", Ios, None, |e| case(e).instance = None),
        ("D2", Android, told(R::RestartRequired), |_| {}),
        ("D3", Ios, None, |e| {
            decided(e, R::ReceiveManagedAppsOnly);
            said(e).dialogs.insert(0, (R::ReceiveManagedAppsOnly, ago(9)));
        }),
        ("D4", Android, None, |e| {
            decided(e, R::SendManagedAppsOnly);
            said(e).dialogs.insert(0, (R::SendManagedAppsOnly, ago(9)));
        }),
        ("D5", Ios, None, |e| case(e).instance.as_mut().unwrap().wipe_since = Some(ago(1))),
        ("D6", Android, told(R::CompanionRequired), |e| case(e).instance = None),
        ("I1", Ios, told(R::PolicyMissing), |e| fate(e, Fate::NotAssigned)),
        ("N1", Android, told(R::PolicyMissing), |e| fate(e, Fate::Excluded)),
        ("I2", Ios, told(R::BrowserUnmanaged), |e| fate(e, Fate::NotAssigned)),
        ("I3", Ios, told(R::RegistrationFailed), |e| refused(e, "proof_invalid")),
        ("N8", Android, told(R::RegistrationFailed), |e| refused(e, "proof_invalid")),
        ("I4", Ios, told(R::NotLicensed), |e| e.account.licensed = Some(false)),
        ("N7", Android, told(R::NotLicensed), |e| e.account.licensed = Some(false)),
        ("I5", Ios, None, |e| said(e).blocked_by.push(R::DeviceCompromisedBlock)),
        ("N6", Android, None, |e| said(e).blocked_by.push(R::DeviceCompromisedBlock)),
        ("I6", Ios, told(R::ConnectionRequired), |_| {}),
        ("N5", Android, told(R::ConnectionRequired), |_| {}),
        ("I7", Ios, told(R::UnknownError), |_| {}),
        ("I8", Ios, told(R::OtherAccountRegistered), |e| {
            case(e).instance = None;
            case(e).holder = Some("lee@example.org".to_owned());
        }),
        ("N4", Android, told(R::OtherAccountRegistered), |e| {
            case(e).instance = None;
            case(e).holder = Some("lee@example.org".to_owned());
        }),
        ("I9", Ios, told(R::ConnectionProblem), |_| {}),
        ("I10", Ios, None, |e| refused(e, "app_certificate_invalid")),
        ("I11", Ios, None, |e| said(e).blocked_by.push(R::PinUnreadable)),
        ("N2", Android, told(R::StartFailed), |_| {}),
        ("N3", Android, None, |e| {
            decided(e, R::SendNoManagedApp);
            said(e).dialogs.insert(0, (R::SendNoManagedApp, ago(9)));
        }),
    ]
}

#[test]
fn every_row_of_the_catalogue_is_found_from_its_evidence_with_a_cure() {
    assert_eq!(rows().len(), 34);
    for (id, platform, asked, spoil) in rows() {
        let mut evidence = sound(platform);
        evidence.asked = asked;
        spoil(&mut evidence);
        let diagnosis = diagnose(&evidence).unwrap();
        let [en, nl] = [Lang::En, Lang::Nl].map(|lang| tell::tell(&evidence, &diagnosis, lang));
        let cause = en.cause.unwrap_or_else(|| panic!("{id}: no cause"));
        let dutch = nl.cause.unwrap();
        assert_eq!(cause.catalogue_id, Some(id), "{id}: {cause:?}");
        assert!(cause.cure.user.is_some() || cause.cure.admin.is_some(), "{id}: no cure");
        assert_ne!((&cause.title, &cause.text), (&dutch.title, &dutch.text), "{id}: in one language only");
    }
}

#[test]
fn nothing_is_wrong_with_a_sound_app() {
    for platform in Platform::ALL {
        assert_eq!(kinds(&sound(platform)), []);
    }
}

/// A dialog is what the user calls about only as long as what it told of may still be so.
#[test]
fn a_dialog_about_a_state_that_has_passed_is_no_cause() {
    for reason in [R::StartFailed, R::UnknownError, R::PinUnreadable, R::BundleForged] {
        let mut evidence = sound(Platform::Ios);
        said(&mut evidence).dialogs.insert(0, (reason, ago(30)));
        assert_eq!(kinds(&evidence), [], "{reason:?}: the app reported later and says nothing of it");
        said(&mut evidence).blocked_by.push(reason);
        assert_eq!(kinds(&evidence)[0], Kind::Told(reason), "{reason:?}: it says it still");
        said(&mut evidence).blocked_by.clear();
        said(&mut evidence).received_at = ago(30);
        assert_eq!(kinds(&evidence), [Kind::Told(reason)], "{reason:?}: nothing was heard since");
    }
    let mut evidence = sound(Platform::Ios);
    said(&mut evidence).dialogs.insert(0, (R::SendManagedAppsOnly, ago(30)));
    assert_eq!(kinds(&evidence), [], "the policy does not say it any more");
}

/// A code that no phone can report is said of the app that ran, and of no other one.
#[test]
fn a_code_that_cannot_be_reported_is_not_said_of_apps_that_never_ran() {
    for reason in [R::ServerBusy, R::ConnectionProblem, R::WipedCompanionRemoved] {
        let mut evidence = sound(Platform::Android);
        evidence.asked = Some(Asked::Reason(reason));
        let mut never = evidence.cases[0].clone();
        never.app = AppId::new(Platform::Android, "org.example.mail");
        (never.instance, never.signed_in, never.device_tag) = (None, None, None);
        evidence.cases.insert(0, never);
        let diagnosis = diagnose(&evidence).unwrap();
        assert_eq!(diagnosis.case, 1, "{reason:?}: the app that ran");
        assert_eq!(diagnosis.judgement.cause.as_ref().unwrap().kind, Kind::Told(reason));
        let other = diagnosis.others[0].1.as_ref().map(|cause| cause.kind);
        assert_eq!(other, Some(Kind::NotRegistered), "{reason:?}");
    }
    // Of two phones, the one whose data is gone.
    let mut evidence = sound(Platform::Android);
    evidence.asked = Some(Asked::Reason(R::WipedCompanionRemoved));
    let mut gone = evidence.cases[0].clone();
    (gone.instance, gone.device_tag) = (None, Some("device-2".to_owned()));
    gone.ended =
        Some(Ended { how: EndedHow::Wiped, reason: Some(R::WipedCompanionRemoved), at: Some(ago(90)) });
    evidence.cases.push(gone);
    let diagnosis = diagnose(&evidence).unwrap();
    assert_eq!((diagnosis.case, diagnosis.judgement.also.len()), (1, 0));
}

/// What only the phone knows is not made up: values that are known, or none.
#[test]
fn no_cause_is_told_with_a_stand_in_for_a_value() {
    for reason in R::ALL {
        for (platform, lang) in [(Platform::Ios, Lang::En), (Platform::Android, Lang::Nl)] {
            let mut evidence = sound(platform);
            said(&mut evidence).blocked_by.push(*reason);
            let diagnosis = diagnose(&evidence).unwrap();
            let cause = tell::tell(&evidence, &diagnosis, lang).cause.unwrap();
            for stand_in in ["something else", "iets anders", "unknown", "onbekend", " ?", "\u{FFFC}"] {
                assert!(!cause.text.contains(stand_in), "{reason:?}: {}", cause.text);
            }
        }
    }
    let mut evidence = sound(Platform::Ios);
    said(&mut evidence).blocked_by.push(R::OsTooOldBlock);
    decided(&mut evidence, R::OsTooOldBlock);
    let told = &mut case(&mut evidence).decided[0];
    (told.condition, told.required) = (Some(Condition::OsMinimum), Some("18.0".to_owned()));
    let cause = tell::tell(&evidence, &diagnose(&evidence).unwrap(), Lang::En).cause.unwrap();
    assert!(cause.text.contains("17.0") && cause.text.contains("18.0"), "{}", cause.text);
}
