//! Which settings say a reason: found by asking the decision functions of the phone every kind of question, and keeping
//! those that are answered with it. Nothing is decided here.

use std::sync::LazyLock;

use ringfence_messages::ReasonCode;
use ringfence_model::{
    AppId, ManagementState, Millis, Platform, Version,
    facts::{AccountFacts, AppFacts, DeviceFacts, DeviceLock, IntegrityVerdict, ThreatLevel},
    settings::Setting,
};
use ringfence_policy::{
    compile::CompiledPolicy,
    decide::{Action, Location, LocationAccount, Opener, Owner, Peer, Relation, Request, Tag, Way, decide},
    launch::{self, Condition},
};

/// An answer with the reason that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The action asked about; empty for a condition.
    pub(super) action: &'static str,
    /// Section of `docs/decisions.md`.
    pub(super) rule: &'static str,
    /// The condition that it comes from, and what that asks for.
    pub(super) condition: Option<Condition>,
    pub(super) required: Option<String>,
    pub(super) settings: Vec<Setting>,
}

/// How the policy comes to say this reason, if it can. `management` is how the device is managed.
pub(super) fn ask(
    policy: &CompiledPolicy,
    reason: ReasonCode,
    management: ManagementState,
) -> Option<Answer> {
    // Phones say the first instead of the second when the apps that are allowed are not there at all.
    let wanted = match reason {
        ReasonCode::SendNoManagedApp => ReasonCode::SendManagedAppsOnly,
        ReasonCode::LinkBrowserMissing => ReasonCode::LinkOneBrowserOnly,
        ReasonCode::DialAppMissing => ReasonCode::DialOneAppOnly,
        ReasonCode::MessageAppMissing => ReasonCode::MessageOneAppOnly,
        other => other,
    };
    let enrolled = management == ManagementState::Mdm;
    let decided = QUESTIONS.iter().find_map(|(name, owner, action)| {
        let decision = decide(policy, &Request { owner: *owner, enrolled, action: *action });
        let settings: Vec<Setting> = decision.settings().collect();
        (decision.reason == wanted).then_some(Answer {
            action: name,
            rule: decision.rule,
            condition: None,
            required: None,
            settings,
        })
    });
    decided.or_else(|| condition(policy, wanted, management))
}

/// A condition that this reason comes from, on a phone that meets none.
fn condition(policy: &CompiledPolicy, wanted: ReasonCode, management: ManagementState) -> Option<Answer> {
    let app = |version| AppFacts { app: AppId::new(policy.platform(), ""), version, sdk_version: version };
    let account = AccountFacts {
        disabled: true,
        clocked_out: Some(true),
        clocked_out_for: Millis::from_days(10_000),
        offline_for: Millis::from_days(10_000),
        pin_attempts: u32::MAX,
    };
    let (least, most) = (Version([0; 4]), Version([u32::MAX; 4]));
    let platform = policy.platform();
    let phones = [
        broken(platform, least, management),
        broken(platform, most, management),
        DeviceFacts { management, ..DeviceFacts::silent(platform, most) },
    ];
    phones.iter().find_map(|device| {
        let facts = app(device.os_version);
        let outcome = launch::evaluate(policy, device, &facts, &account);
        let found =
            outcome.findings(policy, device, &facts, &account).find(|finding| finding.reason == wanted);
        found.map(|finding| Answer {
            action: "",
            rule: "1.3",
            condition: Some(finding.condition),
            required: Some(finding.required.to_string()),
            settings: vec![finding.setting],
        })
    })
}

/// A phone with which everything is wrong.
fn broken(platform: Platform, version: Version, management: ManagementState) -> DeviceFacts {
    DeviceFacts {
        platform,
        os_version: version,
        patch_level: Some("2000-01-01".to_owned()),
        model: Some("\u{0}".to_owned()),
        manufacturer: Some("\u{0}".to_owned()),
        jailbroken: Some(true),
        device_lock: Some(DeviceLock::None),
        threat_level: Some(ThreatLevel::High),
        integrity: Some(IntegrityVerdict::Failed),
        integrity_hardware_backed: Some(false),
        verify_apps: Some(false),
        knox_attested: Some(false),
        companion_version: Some(Version([0; 4])),
        companion_update_age_days: Some(u32::MAX),
        management,
        device_encrypted: Some(false),
    }
}

type Question = (&'static str, Owner, Action<'static>);

/// Every kind of question about work data, and about data that comes in; the plainest of each kind first.
static QUESTIONS: LazyLock<Vec<Question>> = LazyLock::new(|| {
    let mut questions: Vec<Question> = Vec::new();
    let mut add = |name, action| questions.push((name, Owner::Work, action));
    for peer in peers() {
        for way in [Way::Launch, Way::OpenIn, Way::ShareSheet] {
            add("send", Action::Send { way, to: peer });
        }
        for tag in TAGS {
            add("receive", Action::Receive { from: peer, tag, can_open_as_personal: false });
        }
        for characters in [u64::MAX, 1] {
            add("copy", Action::Copy { to: peer, characters });
            add("paste", Action::Paste { from: peer, characters });
        }
        for with in [Opener::Browser(peer), Opener::App(peer)] {
            add("openLink", Action::Link { url: "https://site.example/", with });
        }
        add("dial", Action::Dial { with: peer });
        add("message", Action::Message { with: peer });
    }
    add("openLink", Action::Link { url: "https://site.example/", with: Opener::ManagedBrowser });
    for location in Location::ALL {
        for account in [LocationAccount::Managed, LocationAccount::Other] {
            add("saveTo", Action::Save { location, account, in_place: false });
            for tag in TAGS {
                add("openFrom", Action::Open { location, account, tag });
            }
        }
    }
    let rest = [
        ("print", Action::Print),
        ("notify", Action::Notify { can_redact: true }),
        ("notify", Action::Notify { can_redact: false }),
        ("keyboard", Action::Keyboard { id: "keyboard.example", system: false }),
        ("screenCapture", Action::ScreenCapture),
        ("backup", Action::Backup),
        ("contactSync", Action::SyncNative),
        ("widget", Action::Widget),
        ("systemSearch", Action::SystemSearch),
        ("genmoji", Action::Genmoji),
        ("writingTools", Action::WritingTools),
    ];
    questions.extend(rest.map(|(name, action)| (name, Owner::Work, action)));
    questions
});

const TAGS: [Tag; 7] = [
    Tag::Untagged,
    Tag::SameAccount,
    Tag::OtherSwitchable,
    Tag::OtherNotSignedIn,
    Tag::OtherNotManaged,
    Tag::OtherSwitchFailed,
    Tag::OtherNotDelivered,
];

fn peers() -> impl Iterator<Item = Peer<'static>> {
    [
        Relation::Unmanaged,
        Relation::Managed,
        Relation::ManagedForOther,
        Relation::SameAppOtherAccount,
        Relation::InstantApp,
    ]
    .into_iter()
    .map(|relation| Peer::new("app.example", relation))
}
