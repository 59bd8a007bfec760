//! Every row of the table of conditional launch (behaviour §1.3), each action through the core: what is shown, what stays
//! open, what is removed and told to the server, and that the cure helps. The names of the tests quote the rows.

use ringfence_client::{Answer, AppRequest, Connectivity, Identity, Input, PhoneFacts, ProtectionState};
use ringfence_messages::ReasonCode as R;
use ringfence_model::{
    Millis, Platform, UnixMillis,
    facts::{DeviceLock, IntegrityVerdict, ThreatLevel},
};
use ringfence_protocol::{checkin::AccountState, wipe::WipeCause};
use serde_json::{Value, json};

use crate::support::{APP, Driver, Durable, Server, config, facts};

const START: UnixMillis = UnixMillis(1_800_000_000_000);

/// What follows, and why it is said to follow.
enum Then {
    Warn(R),
    Block(R),
    Wipe(R),
}

/// How the condition comes to be unmet.
enum Spoil {
    /// Other facts.
    Facts(fn(&mut PhoneFacts)),
    /// Another version in the app: the core starts anew with it.
    App(&'static str),
    /// The directory disables the account.
    Disabled,
    /// No network for so long.
    Offline(Millis),
}

/// A phone on which everything is in order.
fn sound(platform: Platform) -> PhoneFacts {
    let mut facts = facts(platform);
    let android = platform == Platform::Android;
    facts.device.os_version = "17.1".parse().unwrap();
    facts.device.device_lock = Some(DeviceLock::High);
    facts.device.threat_level = Some(ThreatLevel::Secured);
    facts.device.integrity = android.then_some(IntegrityVerdict::Certified);
    facts.device.integrity_hardware_backed = android.then_some(true);
    facts.device.verify_apps = android.then_some(true);
    facts.device.knox_attested = android.then_some(true);
    facts.device.companion_update_age_days = android.then_some(0);
    facts.clocked_out = Some(false);
    facts
}

fn work(name: &str) -> AppRequest {
    AppRequest::Create { identity: Identity::Work, name: name.to_owned(), content: b"plan".to_vec() }
}

fn state(driver: &mut Driver<'_>) -> ProtectionState {
    match driver.ask(AppRequest::Status) {
        Some(Answer::Status(status)) => status.state,
        other => panic!("{other:?}"),
    }
}

fn read(driver: &mut Driver<'_>) -> Result<Vec<u8>, R> {
    match driver.ask(AppRequest::Read { identity: Identity::Work, name: "plan.txt".to_owned() }) {
        Some(Answer::Content(bytes)) => Ok(bytes),
        Some(Answer::Refused(refusal)) => Err(refusal.reason),
        other => panic!("{other:?}"),
    }
}

/// One action of one row, from a sound phone to the unmet condition and back.
fn check(platform: Platform, settings: &Value, spoil: &Spoil, then: &Then) {
    let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
    server.lease = Millis::from_days(400);
    for (name, value) in settings.as_object().unwrap() {
        server.set(name, value.clone());
    }
    let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
    driver.launch(sound(platform));
    driver.sign_in();
    assert_eq!(state(&mut driver), ProtectionState::Protected, "{settings}");
    assert_eq!(driver.ask(work("plan.txt")), Some(Answer::Done), "a sound phone meets {settings}");
    let personal = AppRequest::Create { identity: Identity::Personal, name: "p".into(), content: vec![7] };
    assert_eq!(driver.ask(personal), Some(Answer::Done));
    driver.dialogs.clear();
    let mut driver = match spoil {
        Spoil::Facts(spoil) => {
            let mut bad = sound(platform);
            spoil(&mut bad);
            driver.give(Input::Facts(Box::new(bad)));
            driver
        }
        Spoil::App(version) => {
            let mut config = config(platform, APP);
            config.app_version = version.parse().unwrap();
            config.sdk_version = version.parse().unwrap();
            let mut driver = Driver::new(config, driver.durable, driver.server);
            driver.launch(sound(platform));
            driver
        }
        Spoil::Disabled => {
            driver.server.state = AccountState::AccountDisabled;
            driver.give(Input::PushHint);
            driver
        }
        Spoil::Offline(span) => {
            driver.online = false;
            driver.give(Input::Connectivity(Connectivity::Offline));
            driver.advance(*span);
            driver
        }
    };
    match then {
        Then::Warn(reason) => {
            assert_eq!(driver.dialogs.iter().map(|d| d.reason).collect::<Vec<_>>(), [*reason]);
            assert_eq!(read(&mut driver), Ok(b"plan".to_vec()), "a warning withholds nothing");
            driver.give(Input::PushHint);
            let warned = &driver.server.statuses.last().unwrap().warnings;
            assert_eq!(warned, &[reason.as_str().to_owned()], "the server is told");
        }
        Then::Block(reason) => {
            assert_eq!(driver.dialogs.last().map(|d| d.reason), Some(*reason));
            assert_eq!(read(&mut driver), Err(*reason));
            assert_eq!(driver.durable.work_files(), 1, "a block removes nothing");
            cure(&mut driver, platform, spoil);
        }
        Then::Wipe(reason) => {
            if let Spoil::Offline(_) = spoil {
                driver.online = true;
                driver.give(Input::Connectivity(Connectivity::Online));
            }
            assert_eq!(driver.durable.shown.get(reason.dialog_code(platform)), Some(&1), "{reason}");
            assert_eq!((driver.durable.work_files(), state(&mut driver)), (0, ProtectionState::SignedOut));
            assert!(driver.durable.files.contains_key("personal/p"), "nothing personal is touched");
            let receipt = driver.server.receipts.last().expect("the server is told");
            assert_eq!((receipt.order, receipt.cause), (None, WipeCause::Condition));
            assert_eq!(receipt.reason.as_deref(), Some(reason.as_str()));
            assert!(driver.server.live().is_none(), "the device is free");
        }
    }
}

/// What blocked is put right, and work data opens again.
fn cure(driver: &mut Driver<'_>, platform: Platform, spoil: &Spoil) {
    match spoil {
        Spoil::Facts(_) => {
            driver.give(Input::Facts(Box::new(sound(platform))));
        }
        Spoil::App(_) => return,
        Spoil::Disabled => {
            driver.server.state = AccountState::Protected;
            driver.give(Input::PushHint);
        }
        Spoil::Offline(_) => {
            driver.online = true;
            driver.give(Input::Connectivity(Connectivity::Online));
        }
    }
    assert_eq!(read(driver), Ok(b"plan".to_vec()));
}

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident: $platforms:expr, $spoil:expr, [$(($settings:tt, $then:expr)),+ $(,)?];)+) => {
        $($(#[$doc])* #[test] fn $name() {
            for platform in $platforms {
                $(check(platform, &json!($settings), &$spoil, &$then);)+
            }
        })+
    };
}

const BOTH: [Platform; 2] = Platform::ALL;
const IOS: [Platform; 1] = [Platform::Ios];
const ANDROID: [Platform; 1] = [Platform::Android];

rows! {
    offline_grace_period_b_minutes_w_days_on_both: BOTH, Spoil::Offline(Millis::from_days(100)), [
        ({"periodOfflineBeforeAccessCheck": "PT720M"}, Then::Block(R::ConnectionRequired)),
        ({"periodOfflineBeforeWipeIsEnforced": "P90D"}, Then::Wipe(R::OfflineWipe)),
    ];
    jailbroken_rooted_b_w_on_both: BOTH, Spoil::Facts(|f| f.device.jailbroken = Some(true)), [
        ({"deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "block"},
            Then::Block(R::DeviceCompromisedBlock)),
        ({"deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "wipe"},
            Then::Wipe(R::DeviceCompromisedWipe)),
    ];
    disabled_account_b_w_on_both: BOTH, Spoil::Disabled, [
        ({"appActionIfUnableToAuthenticateUser": "block"}, Then::Block(R::AccountDisabledBlock)),
        ({"appActionIfUnableToAuthenticateUser": "wipe"}, Then::Wipe(R::AccountDisabledWipe)),
    ];
    min_os_version_n_b_w_on_both: BOTH, Spoil::Facts(|f| f.device.os_version = "16.4".parse().unwrap()), [
        ({"minimumWarningOsVersion": "17.0"}, Then::Warn(R::OsTooOldWarn)),
        ({"minimumRequiredOsVersion": "17.0"}, Then::Block(R::OsTooOldBlock)),
        ({"minimumWipeOsVersion": "17.0"}, Then::Wipe(R::OsTooOldWipe)),
    ];
    max_os_version_n_b_w_on_both: BOTH, Spoil::Facts(|f| f.device.os_version = "19".parse().unwrap()), [
        ({"maximumWarningOsVersion": "18.0"}, Then::Warn(R::OsTooNewWarn)),
        ({"maximumRequiredOsVersion": "18.0"}, Then::Block(R::OsTooNewBlock)),
        ({"maximumWipeOsVersion": "18.0"}, Then::Wipe(R::OsTooNewWipe)),
    ];
    min_app_version_n_b_w_on_both: BOTH, Spoil::App("1.0"), [
        ({"minimumWarningAppVersion": "2.1"}, Then::Warn(R::AppTooOldWarn)),
        ({"minimumRequiredAppVersion": "2.1"}, Then::Block(R::AppTooOldBlock)),
        ({"minimumWipeAppVersion": "2.1"}, Then::Wipe(R::AppTooOldWipe)),
    ];
    min_sdk_version_n_b_w_on_ios: IOS, Spoil::App("0.9"), [
        ({"minimumWarningSdkVersion": "1.0"}, Then::Warn(R::SdkTooOldWarn)),
        ({"minimumRequiredSdkVersion": "1.0"}, Then::Block(R::SdkTooOldBlock)),
        ({"minimumWipeSdkVersion": "1.0"}, Then::Wipe(R::SdkTooOldWipe)),
    ];
    device_models_allow_listed_else_b_else_w_on_ios: IOS, Spoil::Facts(|f| f.device.model = Some("Other".into())), [
        ({"allowedIosDeviceModels": "TEST 1;Test 2", "appActionIfIosDeviceModelNotAllowed": "block"},
            Then::Block(R::DeviceModelBlock)),
        ({"allowedIosDeviceModels": "TEST 1", "appActionIfIosDeviceModelNotAllowed": "wipe"},
            Then::Wipe(R::DeviceModelWipe)),
    ];
    device_manufacturers_allow_listed_else_b_else_w_on_android: ANDROID,
        Spoil::Facts(|f| f.device.manufacturer = Some("Other".into())), [
        ({"allowedAndroidDeviceManufacturers": "test;Google", "appActionIfAndroidDeviceManufacturerNotAllowed": "block"},
            Then::Block(R::DeviceManufacturerBlock)),
        ({"allowedAndroidDeviceManufacturers": "test", "appActionIfAndroidDeviceManufacturerNotAllowed": "wipe"},
            Then::Wipe(R::DeviceManufacturerWipe)),
    ];
    min_patch_version_n_b_w_on_android: ANDROID, Spoil::Facts(|f| f.device.patch_level = Some("2026-08-31".into())), [
        ({"minimumWarningPatchVersion": "2026-10-01"}, Then::Warn(R::PatchTooOldWarn)),
        ({"minimumRequiredPatchVersion": "2026-10-01"}, Then::Block(R::PatchTooOldBlock)),
        ({"minimumWipePatchVersion": "2026-10-01"}, Then::Wipe(R::PatchTooOldWipe)),
    ];
    play_integrity_verdict_n_b_w_on_android: ANDROID,
        Spoil::Facts(|f| f.device.integrity = Some(IntegrityVerdict::Basic)), [
        ({"requiredAndroidSafetyNetDeviceAttestationType": "basicIntegrityAndDeviceCertification",
            "appActionIfAndroidSafetyNetDeviceAttestationFailed": "warn"}, Then::Warn(R::IntegrityWarn)),
        ({"requiredAndroidSafetyNetDeviceAttestationType": "basicIntegrityAndDeviceCertification",
            "appActionIfAndroidSafetyNetDeviceAttestationFailed": "block"}, Then::Block(R::IntegrityBlock)),
        ({"requiredAndroidSafetyNetDeviceAttestationType": "basicIntegrityAndDeviceCertification",
            "appActionIfAndroidSafetyNetDeviceAttestationFailed": "wipe"}, Then::Wipe(R::IntegrityWipe)),
    ];
    play_integrity_evaluation_type_uses_the_verdicts_action_on_android: ANDROID,
        Spoil::Facts(|f| f.device.integrity_hardware_backed = Some(false)), [
        ({"requiredAndroidSafetyNetDeviceAttestationType": "basicIntegrity",
            "requiredAndroidSafetyNetEvaluationType": "hardwareBacked",
            "appActionIfAndroidSafetyNetDeviceAttestationFailed": "block"}, Then::Block(R::IntegrityBlock)),
    ];
    require_threat_scan_on_apps_n_b_on_android: ANDROID, Spoil::Facts(|f| f.device.verify_apps = Some(false)), [
        ({"requiredAndroidSafetyNetAppsVerificationType": "enabled",
            "appActionIfAndroidSafetyNetAppsVerificationFailed": "warn"}, Then::Warn(R::AppScanOffWarn)),
        ({"requiredAndroidSafetyNetAppsVerificationType": "enabled",
            "appActionIfAndroidSafetyNetAppsVerificationFailed": "block"}, Then::Block(R::AppScanOffBlock)),
    ];
    require_device_lock_n_b_w_on_android: ANDROID, Spoil::Facts(|f| f.device.device_lock = Some(DeviceLock::None)), [
        ({"deviceLockRequired": true, "appActionIfDeviceLockNotSet": "warn"}, Then::Warn(R::DeviceLockWarn)),
        ({"deviceLockRequired": true, "appActionIfDeviceLockNotSet": "block"}, Then::Block(R::DeviceLockBlock)),
        ({"deviceLockRequired": true, "appActionIfDeviceLockNotSet": "wipe"}, Then::Wipe(R::DeviceLockWipe)),
        ({"appActionIfDevicePasscodeComplexityLessThanLow": "block"}, Then::Block(R::DeviceLockBlock)),
    ];
    device_lock_complexity_low_medium_high_on_android: ANDROID,
        Spoil::Facts(|f| f.device.device_lock = Some(DeviceLock::Low)), [
        ({"appActionIfDevicePasscodeComplexityLessThanMedium": "warn"}, Then::Warn(R::DeviceLockWarn)),
        ({"appActionIfDevicePasscodeComplexityLessThanHigh": "block"}, Then::Block(R::DeviceLockBlock)),
    ];
    min_company_portal_version_n_b_w_on_android: ANDROID,
        Spoil::Facts(|f| f.device.companion_version = Some("4.9".parse().unwrap())), [
        ({"minimumWarningCompanyPortalVersion": "5.0"}, Then::Warn(R::CompanionTooOldWarn)),
        ({"minimumRequiredCompanyPortalVersion": "5.0"}, Then::Block(R::CompanionTooOldBlock)),
        ({"minimumWipeCompanyPortalVersion": "5.0"}, Then::Wipe(R::CompanionTooOldWipe)),
    ];
    max_company_portal_version_age_n_b_w_on_android: ANDROID,
        Spoil::Facts(|f| f.device.companion_update_age_days = Some(31)), [
        ({"warnAfterCompanyPortalUpdateDeferralInDays": 30}, Then::Warn(R::CompanionUpdateOverdueWarn)),
        ({"blockAfterCompanyPortalUpdateDeferralInDays": 30}, Then::Block(R::CompanionUpdateOverdueBlock)),
        ({"wipeAfterCompanyPortalUpdateDeferralInDays": 30}, Then::Wipe(R::CompanionUpdateOverdueWipe)),
    ];
    samsung_knox_device_attestation_n_b_w_on_android: ANDROID,
        Spoil::Facts(|f| f.device.knox_attested = Some(false)), [
        ({"appActionIfSamsungKnoxAttestationRequired": "warn"}, Then::Warn(R::KnoxWarn)),
        ({"appActionIfSamsungKnoxAttestationRequired": "block"}, Then::Block(R::KnoxBlock)),
        ({"appActionIfSamsungKnoxAttestationRequired": "wipe"}, Then::Wipe(R::KnoxWipe)),
        ({"appActionIfSamsungKnoxAttestationRequired": "blockWhenSettingIsSupported"}, Then::Block(R::KnoxBlock)),
    ];
    max_allowed_device_threat_level_b_w_on_both: BOTH,
        Spoil::Facts(|f| f.device.threat_level = Some(ThreatLevel::Medium)), [
        ({"maximumAllowedDeviceThreatLevel": "low", "mobileThreatDefenseRemediationAction": "block"},
            Then::Block(R::ThreatLevelBlock)),
        ({"maximumAllowedDeviceThreatLevel": "secured", "mobileThreatDefenseRemediationAction": "wipe"},
            Then::Wipe(R::ThreatLevelWipe)),
    ];
    non_working_time_n_b_on_both: BOTH, Spoil::Facts(|f| f.clocked_out = Some(true)), [
        ({"appActionIfAccountIsClockedOut": "warn"}, Then::Warn(R::OutsideWorkingTimeWarn)),
        ({"appActionIfAccountIsClockedOut": "block"}, Then::Block(R::OutsideWorkingTimeBlock)),
    ];
}

/// Behaviour §1.3: *needs a working-time feed*; the grace period is counted from the moment the feed says so, and
/// survives a restart of the app.
#[test]
fn non_working_time_blocks_after_its_grace_period() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.set("appActionIfAccountIsClockedOut", "block");
    server.set("gracePeriodToBlockAppsDuringOffClockHours", "PT10M");
    let mut off = sound(Platform::Ios);
    off.clocked_out = Some(true);
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(sound(Platform::Ios));
    driver.sign_in();
    driver.ask(work("plan.txt"));
    driver.give(Input::Facts(Box::new(off.clone())));
    driver.advance(Millis::from_minutes(9));
    assert!(read(&mut driver).is_ok(), "within the grace period");
    let now = driver.now;
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.now = now;
    driver.launch(off);
    assert!(read(&mut driver).is_ok(), "still within the grace period");
    driver.advance(Millis::from_minutes(1));
    assert_eq!(read(&mut driver), Err(R::OutsideWorkingTimeBlock));
    driver.give(Input::Facts(Box::new(sound(Platform::Ios))));
    assert!(read(&mut driver).is_ok(), "working time has begun");
}

/// Behaviour §1.4 point 4: *a device at 2018-01-01 with block<2018-03-01 and warn<2018-02-01 is blocked*.
// acceptance: AT-E3
#[test]
fn of_two_rows_of_one_kind_the_stricter_action_counts() {
    let spoil = Spoil::Facts(|f| f.device.patch_level = Some("2018-01-01".into()));
    let settings =
        json!({"minimumRequiredPatchVersion": "2018-03-01", "minimumWarningPatchVersion": "2018-02-01"});
    check(Platform::Android, &settings, &spoil, &Then::Block(R::PatchTooOldBlock));
}

/// Behaviour §1.4 points 2 and 3: *wipe, then block, then warn*, on both platforms.
// acceptance: AT-E4
// acceptance: AT-E5
#[test]
fn wipe_comes_before_block_and_block_before_warn() {
    let spoil = Spoil::Facts(|f| {
        f.device.os_version = "16.4".parse().unwrap();
        f.device.jailbroken = Some(true);
    });
    let jailbreak = json!({
        "deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "block",
        "minimumWarningOsVersion": "17.0"
    });
    let mut wipe = jailbreak.clone();
    wipe["minimumWipeOsVersion"] = json!("17.0");
    for platform in Platform::ALL {
        check(platform, &jailbreak, &spoil, &Then::Block(R::DeviceCompromisedBlock));
        check(platform, &wipe, &spoil, &Then::Wipe(R::OsTooOldWipe));
    }
}

/// Behaviour §1.4 point 6 (conflict): no verdict yet blocks, and never wipes; the verdict that comes opens.
#[test]
fn a_missing_integrity_verdict_blocks_until_there_is_one() {
    for action in ["block", "wipe"] {
        let settings = json!({
            "requiredAndroidSafetyNetDeviceAttestationType": "basicIntegrity",
            "appActionIfAndroidSafetyNetDeviceAttestationFailed": action
        });
        let spoil = Spoil::Facts(|f| f.device.integrity = None);
        check(Platform::Android, &settings, &spoil, &Then::Block(R::ConditionUnverifiedBlock));
    }
}

/// A clock alone wipes nothing: the monotonic clock must have counted the time without contact.
#[test]
fn a_clock_set_forward_demands_contact_and_wipes_nothing() {
    for platform in Platform::ALL {
        let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
        server.lease = Millis::from_days(400);
        server.set("periodOfflineBeforeWipeIsEnforced", "P90D");
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.launch(sound(platform));
        driver.sign_in();
        driver.ask(work("plan.txt"));
        driver.online = false;
        driver.give(Input::Connectivity(Connectivity::Offline));
        // The phone starts anew with a clock that is a hundred days ahead: nobody has counted those days.
        let mut now = driver.now;
        now.boot_id += 1;
        now.mono = Millis(5_000);
        now.wall = now.wall.plus(Millis::from_days(100));
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.online = false;
        driver.now = now;
        driver.give(Input::Connectivity(Connectivity::Offline));
        driver.launch(sound(platform));
        assert_eq!(driver.durable.work_files(), 1);
        assert_eq!(driver.dialogs.last().map(|d| d.reason), Some(R::ConnectionRequired));
        assert!(driver.server.live().is_some());
    }
}

// acceptance: AT-U3
#[test]
fn offline_grace_is_neither_extended_nor_ended_by_a_clock_that_is_set() {
    let hours = |hours: u64| Millis::from_minutes(hours * 60);
    for platform in Platform::ALL {
        for (reboot, wall_days) in [(false, -10), (false, 10), (true, -10)] {
            let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
            server.lease = Millis::from_days(400);
            server.set("periodOfflineBeforeAccessCheck", "PT12H");
            let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
            driver.launch(sound(platform));
            driver.sign_in();
            driver.ask(work("plan.txt"));
            driver.online = false;
            driver.give(Input::Connectivity(Connectivity::Offline));
            driver.advance(hours(6));
            let mut now = driver.now;
            now.wall = UnixMillis(now.wall.0 + wall_days * 86_400_000);
            let mut driver = if reboot {
                now.boot_id += 1;
                now.mono = Millis(1_000);
                let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
                driver.online = false;
                driver.now = now;
                driver.give(Input::Connectivity(Connectivity::Offline));
                driver.launch(sound(platform));
                driver
            } else {
                driver.now = now;
                driver
            };
            driver.advance(hours(5));
            assert!(read(&mut driver).is_ok(), "not ended too early: {reboot} {wall_days}");
            driver.advance(hours(2));
            assert_eq!(read(&mut driver), Err(R::ConnectionRequired), "not extended: {reboot} {wall_days}");
            assert_eq!(driver.durable.work_files(), 1);
            let Some(Answer::Status(status)) = driver.ask(AppRequest::Status) else { panic!("no status") };
            let behind = status.now.since(driver.now.wall);
            assert_eq!(behind > hours(24), wall_days < 0, "{reboot} {wall_days}: {behind:?}");
        }
    }
}
