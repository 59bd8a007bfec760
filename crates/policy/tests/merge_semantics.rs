//! What the laws of the merge are for: whatever the effective policy lets happen, every single policy lets happen too.
//! Random policies of both platforms, every action, through the real decision function.

use std::collections::BTreeSet;

use proptest::prelude::*;
use ringfence_messages::ReasonCode;
use ringfence_model::{
    AppId, Millis, Platform, Version,
    facts::{AccountFacts, AppFacts, DeviceFacts, DeviceLock, IntegrityVerdict, ThreatLevel},
    settings::{Kind, Pair, Setting, Settings, Value},
};
use ringfence_policy::{
    access::{AccessRules, PinRules},
    compile::CompiledPolicy,
    decide::{
        Action, Decision, Location, LocationAccount, Opener, Peer, Relation, Request, Tag, Verdict, Way,
        decide,
    },
    launch::evaluate,
    merge::{Part, merge},
};

/// Few names, so that lists meet; some are apps, some are URL schemes.
const NAMES: [&str; 4] = ["com.example.one", "com.example.two", "tel", "maps"];

fn any_name() -> impl Strategy<Value = String> {
    proptest::sample::select(&NAMES[..]).prop_map(str::to_owned)
}

const DATES: [&str; 3] = ["2025-01-01", "2025-06-01", "2026-01-01"];

fn any_version() -> impl Strategy<Value = Version> {
    (0_u32..4).prop_map(|major| Version([major, 0, 0, 0]))
}

fn is_device_list(setting: Setting) -> bool {
    matches!(
        setting,
        Setting::AllowedIosDeviceModels
            | Setting::AllowedAndroidDeviceModels
            | Setting::AllowedAndroidDeviceManufacturers
    )
}

fn any_set(members: &'static [&'static str]) -> impl Strategy<Value = BTreeSet<&'static str>> {
    proptest::collection::btree_set(proptest::sample::select(members), 0..=members.len())
}

/// Small ranges, so that values and facts meet.
fn any_value(setting: Setting) -> BoxedStrategy<Value> {
    match setting.spec().kind {
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Int { min, max } => (min..=max.min(min + 4)).prop_map(Value::Int).boxed(),
        Kind::Span => (0_u64..5).prop_map(|minutes| Value::Span(Millis::from_minutes(minutes))).boxed(),
        Kind::Version => any_version().prop_map(Value::Version).boxed(),
        Kind::Date => {
            proptest::sample::select(&DATES[..]).prop_map(|date| Value::Date(date.to_owned())).boxed()
        }
        Kind::Texts | Kind::JoinedTexts if is_device_list(setting) => {
            proptest::collection::vec(any_name(), 1..3).prop_map(Value::Texts).boxed()
        }
        Kind::Choice(members) => proptest::sample::select(members).prop_map(Value::Choice).boxed(),
        Kind::Flags(members) => any_set(&members[1..]).prop_map(Value::Flags).boxed(),
        Kind::Choices(members) => any_set(members).prop_map(Value::Choices).boxed(),
        Kind::Text => any_name().prop_map(Value::Text).boxed(),
        Kind::Texts | Kind::JoinedTexts => {
            let links = proptest::sample::select(vec!["https://a.example/*", "https://b.example/*"]);
            proptest::collection::vec(links.prop_map(str::to_owned), 0..3).prop_map(Value::Texts).boxed()
        }
        Kind::Pairs => proptest::collection::vec((any_name(), any_name()), 0..4)
            .prop_map(|pairs| {
                Value::Pairs(pairs.into_iter().map(|(name, value)| Pair { name, value }).collect())
            })
            .boxed(),
    }
}

fn any_settings(about: &[Setting]) -> impl Strategy<Value = Settings> + use<> {
    let each: Vec<_> = about
        .iter()
        .map(|&setting| {
            proptest::option::weighted(0.7, any_value(setting)).prop_map(move |value| (setting, value))
        })
        .collect();
    each.prop_map(|all| all.into_iter().filter_map(|(setting, value)| Some((setting, value?))).collect())
}

/// Policies about the same few settings, so that they meet and nothing hides them, or about everything.
fn any_policies() -> impl Strategy<Value = (Platform, Vec<Settings>)> {
    proptest::sample::select(&Platform::ALL[..]).prop_flat_map(|platform| {
        let all: Vec<Setting> = Setting::list_for(platform).collect();
        let few = proptest::sample::subsequence(all.clone(), 1..8);
        let about = prop_oneof![3 => few, 1 => Just(all)];
        about.prop_flat_map(move |about| {
            (Just(platform), proptest::collection::vec(any_settings(&about), 1..4))
        })
    })
}

fn peers() -> Vec<Peer<'static>> {
    let mut peers: Vec<Peer<'_>> = NAMES.iter().map(|name| Peer::scheme(name)).collect();
    peers.extend(NAMES.iter().map(|name| Peer::app(name)));
    peers.push(Peer::new("com.example.managed", Relation::Managed));
    peers.push(Peer::new("com.example.other", Relation::ManagedForOther));
    peers.push(Peer { mdm_managed: true, ..Peer::new("com.example.mdm", Relation::Unmanaged) });
    peers
}

const MANAGED: &str = "com.example.two";

/// Every kind of action. A link in a managed browser is left out: between the managed browser and one chosen browser the
/// merge takes the managed one, which protects more without being the same.
fn actions() -> Vec<Action<'static>> {
    let mut actions = vec![
        Action::Print,
        Action::ScreenCapture,
        Action::Backup,
        Action::SyncNative,
        Action::Widget,
        Action::SystemSearch,
        Action::Genmoji,
        Action::WritingTools,
        Action::Notify { can_redact: true },
        Action::Notify { can_redact: false },
        Action::Keyboard { id: "com.example.one", system: false },
        Action::Keyboard { id: "com.example.one", system: true },
    ];
    for peer in peers() {
        actions.extend([Way::Launch, Way::ShareSheet, Way::OpenIn].map(|way| Action::Send { way, to: peer }));
        for (tag, can_open_as_personal) in
            [(Tag::Untagged, false), (Tag::Untagged, true), (Tag::SameAccount, false)]
        {
            actions.push(Action::Receive { from: peer, tag, can_open_as_personal });
        }
        for characters in [0, 1, 2, 3, 100] {
            actions.push(Action::Copy { to: peer, characters });
            actions.push(Action::Paste { from: peer, characters });
        }
        actions.push(Action::Dial { with: peer });
        actions.push(Action::Message { with: peer });
        for url in ["https://a.example/x", "https://c.example/x"] {
            if peer.id != MANAGED && peer.relation != Relation::Managed {
                actions.push(Action::Link { url, with: Opener::Browser(peer) });
            }
            actions.push(Action::Link { url, with: Opener::App(peer) });
        }
    }
    for location in Location::ALL {
        for account in [LocationAccount::Managed, LocationAccount::Other] {
            actions.push(Action::Save { location, account, in_place: false });
            actions.push(Action::Open { location, account, tag: Tag::Untagged });
        }
    }
    actions
}

/// How much passes between work and the rest: what is sealed, or opened outside work, is as good as refused.
fn freedom(decision: Decision) -> u8 {
    match decision.verdict {
        _ if decision.reason == ReasonCode::AllowedAsPersonal => 0,
        Verdict::Deny | Verdict::AllowSealed => 0,
        Verdict::AllowRedacted | Verdict::AllowTagged => 1,
        Verdict::Allow => 2,
    }
}

fn any_device(platform: Platform) -> impl Strategy<Value = DeviceFacts> {
    use proptest::{option::of, sample::select};
    let lock = vec![DeviceLock::None, DeviceLock::Low, DeviceLock::Medium, DeviceLock::High];
    let threat = vec![ThreatLevel::Secured, ThreatLevel::Low, ThreatLevel::Medium, ThreatLevel::High];
    let verdict = vec![IntegrityVerdict::Failed, IntegrityVerdict::Basic, IntegrityVerdict::Certified];
    let system = (any_version(), of(select(&DATES[..])), of(any_name()), of(any_name()), of(any::<bool>()));
    let state =
        (of(select(lock)), of(select(threat)), of(select(verdict)), of(any::<bool>()), of(any::<bool>()));
    let companion = (of(any::<bool>()), of(any_version()), of(0_u32..5));
    (system, state, companion).prop_map(move |(system, state, companion)| DeviceFacts {
        platform,
        os_version: system.0,
        patch_level: system.1.map(str::to_owned),
        model: system.2,
        manufacturer: system.3,
        jailbroken: system.4,
        device_lock: state.0,
        threat_level: state.1,
        integrity: state.2,
        integrity_hardware_backed: state.3,
        verify_apps: state.4,
        knox_attested: companion.0,
        companion_version: companion.1,
        companion_update_age_days: companion.2,
        management: ringfence_model::ManagementState::Unmanaged,
        device_encrypted: None,
    })
}

fn any_account() -> impl Strategy<Value = AccountFacts> {
    let span = || (0_u64..6).prop_map(Millis::from_minutes);
    (any::<bool>(), proptest::option::of(any::<bool>()), span(), span(), 0_u32..7).prop_map(
        |(disabled, clocked_out, clocked_out_for, offline_for, pin_attempts)| AccountFacts {
            disabled,
            clocked_out,
            clocked_out_for,
            offline_for,
            pin_attempts,
        },
    )
}

/// `None` is no limit.
fn within(whole: Option<Millis>, part: Option<Millis>) -> bool {
    part.is_none_or(|part| whole.is_some_and(|whole| whole <= part))
}

/// Where the part asks for a PIN, the whole asks for one that is at least as hard to guess and to get around.
fn asks_as_much(whole: &AccessRules, part: &AccessRules) -> bool {
    let always = whole.recheck_after <= part.recheck_after && whole.credentials >= part.credentials;
    let harder = |a: &PinRules, b: &PinRules| {
        a.min_length >= b.min_length
            && (a.kind == b.kind || b.kind == ringfence_policy::access::PinKind::Numeric)
            && a.simple_blocked >= b.simple_blocked
            && within(a.max_age, b.max_age)
            && a.history >= b.history
            && a.max_attempts <= b.max_attempts
    };
    let pin = match (&whole.pin, &part.pin) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(whole_pin), Some(part_pin)) => {
            harder(whole_pin, part_pin)
                && whole.fingerprint <= part.fingerprint
                && whole.face <= part.face
                && whole.class3_required >= part.class3_required
                && whole.pin_after_biometric_change >= part.pin_after_biometric_change
                && within(whole.biometric_timeout, part.biometric_timeout)
                && whole.device_pin_suffices <= part.device_pin_suffices
        }
    };
    always && pin
}

fn any_situation()
-> impl Strategy<Value = (Platform, Vec<Settings>, DeviceFacts, AccountFacts, Version, Version)> {
    any_policies().prop_flat_map(|(platform, all)| {
        (Just(platform), Just(all), any_device(platform), any_account(), any_version(), any_version())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_whole_permits_every_part_permits((platform, all) in any_policies(), enrolled in any::<bool>()) {
        let managed = [AppId::new(platform, MANAGED)];
        let parts: Vec<Part<'_>> =
            all.iter().enumerate().map(|(source, settings)| Part { source, platform, settings }).collect();
        let effective = merge(&parts).values();
        let whole = CompiledPolicy::compile(platform, &effective, &managed);
        for settings in &all {
            let part = CompiledPolicy::compile(platform, settings, &managed);
            for action in actions() {
                let request = Request { enrolled, ..Request::work(action) };
                let (of_whole, of_part) = (decide(&whole, &request), decide(&part, &request));
                prop_assert!(
                    freedom(of_whole) <= freedom(of_part),
                    "{:?}: {:?} although {:?}\n{:?}", action, of_whole, of_part, effective
                );
            }
        }
    }

    #[test]
    fn one_policy_alone_decides_as_it_says((platform, all) in any_policies(), enrolled in any::<bool>()) {
        let Some(settings) = all.first() else { return Ok(()) };
        let managed = [AppId::new(platform, MANAGED)];
        let effective = merge(&[Part { source: 0, platform, settings }]).values();
        let whole = CompiledPolicy::compile(platform, &effective, &managed);
        let part = CompiledPolicy::compile(platform, settings, &managed);
        for action in actions() {
            let request = Request { enrolled, ..Request::work(action) };
            prop_assert_eq!(decide(&whole, &request).verdict, decide(&part, &request).verdict, "{:?}", action);
        }
    }

    #[test]
    fn the_whole_checks_and_asks_as_much_as_every_part(
        (platform, all, device, account, version, sdk_version) in any_situation()
    ) {
        let parts: Vec<Part<'_>> =
            all.iter().enumerate().map(|(source, settings)| Part { source, platform, settings }).collect();
        let effective = merge(&parts).values();
        let whole = CompiledPolicy::compile(platform, &effective, &[]);
        let app = AppFacts { app: AppId::new(platform, MANAGED), version, sdk_version };
        let of_whole = evaluate(&whole, &device, &app, &account);
        for settings in &all {
            let part = CompiledPolicy::compile(platform, settings, &[]);
            let of_part = evaluate(&part, &device, &app, &account);
            prop_assert!(of_whole.action >= of_part.action, "{:?} although {:?}\n{:?}", of_whole, of_part, effective);
            prop_assert!(asks_as_much(whole.access(), part.access()), "{:?}\n{:?}", whole.access(), part.access());
        }
    }
}
