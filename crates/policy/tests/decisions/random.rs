//! Random policies, requests and facts over a small vocabulary, so that everything meets everything.

use proptest::{
    collection::{btree_set, vec},
    option,
    prelude::*,
    sample::select,
};
use ringfence_model::{
    AppId, Millis, Platform, Version,
    facts::{AccountFacts, AppFacts, DeviceFacts, DeviceLock, IntegrityVerdict, ThreatLevel},
    settings::{Kind, Pair, Setting, Settings, Value},
};
use ringfence_policy::{
    compile::Transfer,
    decide::{Action, Location, LocationAccount, Opener, Owner, Peer, Relation, Request, Tag, Way},
};

pub(crate) const IDS: &[&str] =
    &["com.work.one", "COM.Work.Two", "com.other.x", "com.other.y", "com.android.phone", "phoner", ""];
const SCHEMES: &[&str] = &["tel", "TEL", "phoner", "phoners", "wbx", "skype"];
const LINKS: &[&str] = &["https://a.example/*", "https://*.b.example/*"];
const URLS: &[&str] = &[
    "https://a.example/x",
    "https://A.EXAMPLE/",
    "https://z.b.example/q?r",
    "https://c.example/.b.example/",
];
const SPANS: &[u64] = &[0, 1, 30, 45, 1440, 129_600];
const NUMBERS: &[i64] = &[0, 1, 5, 10, 100];

pub(crate) fn platform() -> impl Strategy<Value = Platform> {
    select(&Platform::ALL[..])
}

pub(crate) fn managed(platform: Platform) -> Vec<AppId> {
    IDS.iter().take(2).map(|id| AppId::new(platform, *id)).collect()
}

fn version() -> impl Strategy<Value = Version> {
    vec(0..3_u32, 4).prop_map(|parts| Version([parts[0] + 15, parts[1], parts[2], parts[3]]))
}

fn date() -> impl Strategy<Value = String> {
    select(&["2025-06-01", "2025-12-31", "2026-01-01", "2026-02-01"][..]).prop_map(str::to_owned)
}

fn texts(setting: Setting) -> &'static [&'static str] {
    match setting {
        Setting::ManagedUniversalLinks | Setting::ExemptedUniversalLinks => LINKS,
        Setting::AllowedAndroidDeviceManufacturers => &["Acme", "Globex"],
        Setting::AllowedIosDeviceModels | Setting::AllowedAndroidDeviceModels => &["Fone 1", "Fone 2"],
        Setting::CustomBrowserPackageId
        | Setting::CustomDialerAppPackageId
        | Setting::MessagingRedirectAppPackageId => &["com.other.x", "com.Work.one"],
        _ => &["phoner", "Wbx"],
    }
}

fn pair(setting: Setting) -> BoxedStrategy<Pair> {
    let pair = |name: &str, value: String| Pair { name: name.to_owned(), value };
    match setting {
        Setting::ApprovedKeyboards => {
            select(IDS).prop_map(move |id| pair(id, "a keyboard".to_owned())).boxed()
        }
        Setting::ExemptedAppPackages => select(IDS).prop_map(move |id| pair("label", id.to_owned())).boxed(),
        _ => vec(select(SCHEMES), 0..3)
            .prop_map(move |schemes| pair("label", format!("{};", schemes.join(";"))))
            .boxed(),
    }
}

fn members(all: &'static [&'static str]) -> impl Strategy<Value = std::collections::BTreeSet<&'static str>> {
    btree_set(select(all), 0..4)
}

pub(crate) fn value(setting: Setting) -> BoxedStrategy<Value> {
    match setting.spec().kind {
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Int { min, max } => {
            select(NUMBERS).prop_map(move |number| Value::Int(number.clamp(min, max))).boxed()
        }
        Kind::Choice(all) => select(all).prop_map(Value::Choice).boxed(),
        Kind::Flags(all) => members(all.get(1..).unwrap_or_default()).prop_map(Value::Flags).boxed(),
        Kind::Choices(all) => members(all).prop_map(Value::Choices).boxed(),
        Kind::Span => select(SPANS).prop_map(|minutes| Value::Span(Millis::from_minutes(minutes))).boxed(),
        Kind::Version => version().prop_map(Value::Version).boxed(),
        Kind::Date => date().prop_map(Value::Date).boxed(),
        Kind::Text => select(texts(setting)).prop_map(|text| Value::Text(text.to_owned())).boxed(),
        Kind::Texts | Kind::JoinedTexts => btree_set(select(texts(setting)), 0..3)
            .prop_map(|texts| Value::Texts(texts.into_iter().map(str::to_owned).collect()))
            .boxed(),
        Kind::Pairs => vec(pair(setting), 0..3).prop_map(Value::Pairs).boxed(),
    }
}

/// Any policy of a platform.
pub(crate) fn settings(platform: Platform) -> impl Strategy<Value = Settings> {
    let one = move |setting| option::weighted(0.6, value(setting)).prop_map(move |value| (setting, value));
    let all: Vec<_> = Setting::list_for(platform).map(one).collect();
    all.prop_map(|all| all.into_iter().filter_map(|(setting, value)| Some((setting, value?))).collect())
}

/// A policy of conditions only, most of them left out, so that all outcomes appear.
pub(crate) fn sparse(platform: Platform) -> impl Strategy<Value = Settings> {
    (settings(platform), any::<u64>(), 0..10_u32).prop_map(|(mut settings, seed, keep)| {
        let mut place = 0_u32;
        settings.retain(|_, _| {
            place += 1;
            seed.rotate_left(place * 7) % 10 < u64::from(keep)
        });
        settings
    })
}

pub(crate) fn peer() -> impl Strategy<Value = Peer<'static>> {
    let transfer = || option::of(select(&[Transfer::AllApps, Transfer::ManagedApps, Transfer::None][..]));
    let relations = [
        Relation::Managed,
        Relation::ManagedForOther,
        Relation::Unmanaged,
        Relation::Unknown,
        Relation::Unknown,
        Relation::SameAppOtherAccount,
        Relation::InstantApp,
    ];
    (
        select(IDS),
        option::of(select(SCHEMES)),
        select(relations.to_vec()),
        transfer(),
        transfer(),
        any::<bool>(),
    )
        .prop_map(|(id, scheme, relation, receives, sends, mdm_managed)| Peer {
            id,
            scheme,
            relation,
            receives,
            sends,
            mdm_managed,
        })
}

fn tag() -> impl Strategy<Value = Tag> {
    select(vec![
        Tag::Untagged,
        Tag::Untagged,
        Tag::Untagged,
        Tag::SameAccount,
        Tag::OtherSwitchable,
        Tag::OtherNotSignedIn,
        Tag::OtherRegistered,
        Tag::OtherNotManaged,
        Tag::OtherSwitchFailed,
        Tag::OtherNotDelivered,
    ])
}

pub(crate) fn action() -> impl Strategy<Value = Action<'static>> {
    let location = || select(&Location::ALL[..]);
    let account = || select(&[LocationAccount::Managed, LocationAccount::Other][..]);
    let characters = || select(&[0_u64, 1, 4, 5, 6, 100, 101][..]);
    let opener = prop_oneof![
        Just(Opener::ManagedBrowser),
        peer().prop_map(Opener::Browser),
        peer().prop_map(Opener::App)
    ];
    let plain = select(vec![
        Action::Print,
        Action::ScreenCapture,
        Action::Backup,
        Action::SyncNative,
        Action::Widget,
        Action::SystemSearch,
        Action::Genmoji,
        Action::WritingTools,
    ]);
    prop_oneof![
        3 => (select(&[Way::Launch, Way::ShareSheet, Way::OpenIn][..]), peer())
            .prop_map(|(way, to)| Action::Send { way, to }),
        3 => (peer(), tag(), any::<bool>()).prop_map(|(from, tag, can_open_as_personal)| {
            Action::Receive { from, tag, can_open_as_personal }
        }),
        1 => (peer(), characters()).prop_map(|(to, characters)| Action::Copy { to, characters }),
        1 => (peer(), characters()).prop_map(|(from, characters)| Action::Paste { from, characters }),
        1 => (location(), account(), any::<bool>()).prop_map(|(location, account, in_place)| {
            Action::Save { location, account, in_place }
        }),
        1 => (location(), account(), tag())
            .prop_map(|(location, account, tag)| Action::Open { location, account, tag }),
        2 => (select(URLS), opener).prop_map(|(url, with)| Action::Link { url, with }),
        1 => peer().prop_map(|with| Action::Dial { with }),
        1 => peer().prop_map(|with| Action::Message { with }),
        1 => any::<bool>().prop_map(|can_redact| Action::Notify { can_redact }),
        1 => (select(IDS), any::<bool>()).prop_map(|(id, system)| Action::Keyboard { id, system }),
        2 => plain,
    ]
}

pub(crate) fn request() -> impl Strategy<Value = Request<'static>> {
    (prop::bool::weighted(0.9), any::<bool>(), action()).prop_map(|(work, enrolled, action)| Request {
        owner: if work { Owner::Work } else { Owner::Personal },
        enrolled,
        action,
    })
}

fn text(all: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    option::weighted(0.8, select(all).prop_map(str::to_owned))
}

pub(crate) fn device(platform: Platform) -> impl Strategy<Value = DeviceFacts> {
    let levels = [ThreatLevel::Secured, ThreatLevel::Low, ThreatLevel::Medium, ThreatLevel::High];
    let locks = [DeviceLock::None, DeviceLock::Low, DeviceLock::Medium, DeviceLock::High];
    let verdicts = [IntegrityVerdict::Failed, IntegrityVerdict::Basic, IntegrityVerdict::Certified];
    let flag = || option::weighted(0.8, prop::bool::weighted(0.4));
    let first = (
        version(),
        text(&["2025-06-01", "2025-12-31", "2026-01-01", "2026-02-01", "unwell", "0000-00-00"]),
        text(&["fone 1", "FONE 2", "Fone 3"]),
        text(&["acme", "GLOBEX", "Initech"]),
        flag(),
        option::of(select(locks.to_vec())),
        option::of(select(levels.to_vec())),
        option::of(select(verdicts.to_vec())),
    );
    let second =
        (flag(), flag(), flag(), option::of(version()), option::of(select(vec![0_u32, 1, 5, 10, 400])));
    (first, second).prop_map(move |(first, second)| DeviceFacts {
        platform,
        os_version: first.0,
        patch_level: first.1,
        model: first.2,
        manufacturer: first.3,
        jailbroken: first.4,
        device_lock: first.5,
        threat_level: first.6,
        integrity: first.7,
        integrity_hardware_backed: second.0,
        verify_apps: second.1,
        knox_attested: second.2,
        companion_version: second.3,
        companion_update_age_days: second.4,
        management: ringfence_model::ManagementState::Unmanaged,
        device_encrypted: None,
    })
}

pub(crate) fn app(platform: Platform) -> impl Strategy<Value = AppFacts> {
    (version(), version()).prop_map(move |(version, sdk_version)| AppFacts {
        app: AppId::new(platform, "com.work.one"),
        version,
        sdk_version,
    })
}

pub(crate) fn account() -> impl Strategy<Value = AccountFacts> {
    let span = || select(SPANS).prop_map(Millis::from_minutes);
    (prop::bool::weighted(0.3), option::of(any::<bool>()), span(), span(), 0..12_u32).prop_map(
        |(disabled, clocked_out, clocked_out_for, offline_for, pin_attempts)| AccountFacts {
            disabled,
            clocked_out,
            clocked_out_for,
            offline_for,
            pin_attempts,
        },
    )
}
