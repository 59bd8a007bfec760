//! Decisions beside code written by hand for the one question. Both sides must give the same answers to all inputs before anything is
//! timed.

use std::{collections::HashSet, hint::black_box};

use anyhow::{Result, ensure};
use ringfence_messages::ReasonCode;
use ringfence_model::{
    AppId, ManagementState, Millis, Platform, Version,
    facts::{AccountFacts, AppFacts, DeviceFacts, DeviceLock, IntegrityVerdict, ThreatLevel},
    settings::{Settings, settings_from_json},
};
use ringfence_policy::{
    compile::CompiledPolicy,
    decide::{Action, Peer, Request, Way, decide},
    launch::{LaunchAction, evaluate},
};
use serde_json::{Value, json};

use crate::{
    dice::Dice,
    measure::{Effort, Work, interleave},
    table::{Figure, Goal},
};

const INPUTS: usize = 1_024;

/// The figures of this group.
pub(crate) fn run(effort: Effort) -> Result<Vec<Figure>> {
    Ok(vec![transfer(effort)?, launch(effort)?])
}

fn settings(members: &Value) -> Result<Settings> {
    let members: std::collections::BTreeMap<String, Value> = serde_json::from_value(members.clone())?;
    settings_from_json(&members).map_err(|errors| anyhow::anyhow!("{errors:?}"))
}

/// What somebody would write who needs this one answer.
struct HandWritten {
    managed: HashSet<String>,
    exempt: HashSet<String>,
}

impl HandWritten {
    fn decide(&self, to: &str) -> (bool, ReasonCode) {
        if self.managed.contains(to) {
            (true, ReasonCode::Allowed)
        } else if self.exempt.contains(to) {
            (true, ReasonCode::AllowedExempt)
        } else {
            (false, ReasonCode::SendManagedAppsOnly)
        }
    }
}

/// May work data go to that app? 60 destinations: a third managed, a third exempt, a third neither.
fn transfer(effort: Effort) -> Result<Figure> {
    let names = |kind: &str| (0..20).map(|n| format!("org.example.{kind}.app{n}")).collect::<Vec<_>>();
    let (managed, exempt, other) = (names("managed"), names("exempt"), names("other"));
    let pairs: Vec<_> = exempt.iter().map(|id| json!({"name": id, "value": id})).collect();
    let settings = settings(&json!({
        "allowedOutboundDataTransferDestinations": "managedApps",
        "exemptedAppPackages": pairs,
    }))?;
    let apps: Vec<_> = managed.iter().map(|id| AppId::new(Platform::Android, id)).collect();
    let policy = CompiledPolicy::compile(Platform::Android, &settings, &apps);
    let by_hand =
        HandWritten { managed: managed.iter().cloned().collect(), exempt: exempt.iter().cloned().collect() };
    let all: Vec<_> = managed.into_iter().chain(exempt).chain(other).collect();
    let dice = &mut Dice(3);
    let asked: Vec<&str> = (0..INPUTS).map(|_| all[dice.below(all.len())].as_str()).collect();
    let ask = |id| {
        let action = Action::Send { way: Way::ShareSheet, to: Peer::app(id) };
        let decision = decide(&policy, &Request::work(action));
        (decision.verdict.is_allowed(), decision.reason)
    };
    for id in &asked {
        ensure!(ask(id) == by_hand.decide(id), "the two sides do not agree about `{id}`");
    }
    let ours: Work<'_> = Box::new(|count| {
        for id in asked.iter().cycle().take(count as usize) {
            black_box(ask(black_box(id)));
        }
    });
    let limit: Work<'_> = Box::new(|count| {
        for id in asked.iter().cycle().take(count as usize) {
            black_box(by_hand.decide(black_box(id)));
        }
    });
    let samples = interleave(effort, &mut [ours, limit]);
    Ok(Figure::compare(
        "one decision with 20 exemptions, with its reason",
        "ns",
        &samples[0],
        ("hand-written match on two HashSet<String>", &samples[1]),
        Goal::RatioAtMost(2.0),
    ))
}

struct Phone {
    device: DeviceFacts,
    app: AppFacts,
    account: AccountFacts,
}

/// A phone that meets nearly everything: each fact is off in one case of sixteen.
fn phone(dice: &mut Dice) -> Phone {
    let mut off = || dice.below(16) == 0;
    let version = |bad: bool, good: Version| if bad { Version([1, 0, 0, 0]) } else { good };
    Phone {
        device: DeviceFacts {
            platform: Platform::Android,
            os_version: version(off(), Version([15, 0, 0, 0])),
            patch_level: Some(if off() { "2024-01-05" } else { "2026-09-05" }.to_owned()),
            model: Some("Pixel 8".to_owned()),
            manufacturer: Some(if off() { "Other" } else { "Google" }.to_owned()),
            jailbroken: Some(off()),
            device_lock: Some(if off() { DeviceLock::None } else { DeviceLock::High }),
            threat_level: Some(if off() { ThreatLevel::High } else { ThreatLevel::Secured }),
            integrity: Some(if off() { IntegrityVerdict::Failed } else { IntegrityVerdict::Certified }),
            integrity_hardware_backed: Some(true),
            verify_apps: Some(!off()),
            knox_attested: None,
            companion_version: Some(version(off(), Version([6, 0, 0, 0]))),
            companion_update_age_days: Some(0),
            management: ManagementState::Unmanaged,
            device_encrypted: Some(true),
        },
        app: AppFacts {
            app: AppId::new(Platform::Android, "org.example.notes"),
            version: version(off(), Version([4, 2, 0, 0])),
            sdk_version: Version([0, 1, 0, 0]),
        },
        account: AccountFacts {
            disabled: off(),
            offline_for: Millis::from_minutes(if off() { 100_000 } else { 30 }),
            ..AccountFacts::default()
        },
    }
}

/// Fourteen checks by hand, worst action of all.
fn launch_by_hand(phone: &Phone) -> LaunchAction {
    let (device, app, account) = (&phone.device, &phone.app, &phone.account);
    let mut worst = LaunchAction::None;
    let mut need = |met: bool, action: LaunchAction| {
        if !met && action > worst {
            worst = action;
        }
    };
    need(app.version >= Version([4, 0, 0, 0]), LaunchAction::Block);
    need(device.os_version >= Version([12, 0, 0, 0]), LaunchAction::Block);
    need(device.os_version >= Version([14, 0, 0, 0]), LaunchAction::Warn);
    need(device.os_version <= Version([17, 0, 0, 0]), LaunchAction::Block);
    need(device.patch_level.as_deref().is_some_and(|date| date >= "2026-01-01"), LaunchAction::Block);
    need(device.companion_version.is_some_and(|v| v >= Version([5, 0, 0, 0])), LaunchAction::Block);
    need(device.jailbroken == Some(false), LaunchAction::Wipe);
    let maker = device.manufacturer.as_deref();
    need(maker.is_some_and(|m| m == "Google" || m == "Samsung"), LaunchAction::Block);
    need(device.integrity.is_some_and(|v| v >= IntegrityVerdict::Certified), LaunchAction::Block);
    need(device.verify_apps == Some(true), LaunchAction::Warn);
    need(device.device_lock.is_some_and(|l| l >= DeviceLock::Medium), LaunchAction::Block);
    need(device.threat_level.is_some_and(|t| t <= ThreatLevel::Low), LaunchAction::Block);
    need(!account.disabled, LaunchAction::Block);
    need(account.offline_for < Millis::from_minutes(720), LaunchAction::Block);
    worst
}

fn launch(effort: Effort) -> Result<Figure> {
    let settings = settings(&json!({
        "minimumRequiredAppVersion": "4.0",
        "minimumRequiredOsVersion": "12.0",
        "minimumWarningOsVersion": "14.0",
        "maximumRequiredOsVersion": "17.0",
        "minimumRequiredPatchVersion": "2026-01-01",
        "minimumRequiredCompanyPortalVersion": "5.0",
        "deviceComplianceRequired": true,
        "appActionIfDeviceComplianceRequired": "wipe",
        "allowedAndroidDeviceManufacturers": "Google;Samsung",
        "appActionIfAndroidDeviceManufacturerNotAllowed": "block",
        "requiredAndroidSafetyNetDeviceAttestationType": "basicIntegrityAndDeviceCertification",
        "appActionIfAndroidSafetyNetDeviceAttestationFailed": "block",
        "requiredAndroidSafetyNetAppsVerificationType": "enabled",
        "appActionIfAndroidSafetyNetAppsVerificationFailed": "warn",
        "appActionIfDevicePasscodeComplexityLessThanMedium": "block",
        "maximumAllowedDeviceThreatLevel": "low",
        "mobileThreatDefenseRemediationAction": "block",
        "appActionIfUnableToAuthenticateUser": "block",
        "periodOfflineBeforeAccessCheck": "PT12H",
    }))?;
    let policy = CompiledPolicy::compile(Platform::Android, &settings, &[]);
    let dice = &mut Dice(5);
    let phones: Vec<_> = (0..INPUTS).map(|_| phone(dice)).collect();
    let evaluate = |phone: &Phone| evaluate(&policy, &phone.device, &phone.app, &phone.account);
    for phone in &phones {
        let (ours, by_hand) = (evaluate(phone).action, launch_by_hand(phone));
        ensure!(ours == by_hand, "the two sides do not agree: {ours:?}, {by_hand:?} for {:?}", phone.device);
    }
    let ours: Work<'_> = Box::new(|count| {
        for phone in phones.iter().cycle().take(count as usize) {
            black_box(evaluate(black_box(phone)));
        }
    });
    let limit: Work<'_> = Box::new(|count| {
        for phone in phones.iter().cycle().take(count as usize) {
            black_box(launch_by_hand(black_box(phone)));
        }
    });
    let samples = interleave(effort, &mut [ours, limit]);
    Ok(Figure::compare(
        "conditional launch, 14 checks, with reason and deciding setting",
        "ns",
        &samples[0],
        ("the same checks written by hand, worst action only", &samples[1]),
        Goal::RatioAtMost(4.0),
    ))
}
