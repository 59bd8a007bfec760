//! A refusal explains itself: texts, settings, policies, assignments, group paths.

use ringfence_messages::{Lang, ReasonCode, args};
use ringfence_model::{
    AppId, Platform, PolicyId, Version,
    facts::{AccountFacts, AppFacts, DeviceFacts},
    settings::{Setting, Settings, Value},
};
use ringfence_policy::{
    compile::CompiledPolicy,
    decide::{Action, Peer, Request, Way, decide, text_args},
    explain::{LaunchFacts, SourceInfo, Telling, explain, explain_launch},
    launch::{self, LaunchAction},
    merge::{Part, merge},
};

fn source(name: &str, path: &[&str]) -> SourceInfo {
    SourceInfo {
        policy: PolicyId(uuid::Uuid::nil()),
        policy_name: name.to_owned(),
        version: "7".to_owned(),
        assignment: path[0].to_owned(),
        group_path: path[1..].iter().map(|group| (*group).to_owned()).collect(),
    }
}

fn policies() -> [Settings; 2] {
    let loose = [
        (Setting::AllowedOutboundDataTransferDestinations, Value::Choice("allApps")),
        (Setting::MinimumWarningOsVersion, Value::Version(Version([18, 0, 0, 0]))),
    ];
    let tight = [
        (Setting::AllowedOutboundDataTransferDestinations, Value::Choice("managedApps")),
        (Setting::MinimumRequiredOsVersion, Value::Version(Version([17, 0, 0, 0]))),
    ];
    [Settings::from(loose), Settings::from(tight)]
}

#[test]
fn a_refused_send_names_the_policy_that_decided_and_how_it_arrived() {
    let settings = policies();
    let parts = [0, 1].map(|at| Part { source: at, platform: Platform::Ios, settings: &settings[at] });
    let effective = merge(&parts);
    let policy = CompiledPolicy::compile(Platform::Ios, &effective.values(), &[]);
    let request = Request::work(Action::Send { way: Way::Launch, to: Peer::app("com.fun.chat") });
    let decision = decide(&policy, &request);
    let sources = [source("Everyone", &["all"]), source("Teachers", &["Staff", "Teachers"])];
    let mut args = text_args(&policy, &request);
    args.insert("app".to_owned(), "Notes".to_owned());
    let telling = Telling { platform: Platform::Ios, lang: Lang::Nl, args: &args };
    let explained = explain(&decision, &effective.settings, &sources, &telling);
    assert_eq!((explained.reason, explained.code.as_str()), (ReasonCode::SendManagedAppsOnly, "D4"));
    assert!(explained.text.contains("com.fun.chat"), "{}", explained.text);
    assert_eq!(explained.settings.len(), 1);
    assert_eq!(explained.settings[0].value.as_deref(), Some("managedApps"));
    assert_eq!(explained.settings[0].sources, [sources[1].clone()]);
    assert_eq!(
        explained.trace,
        [
            "besluit: geweigerd",
            "reden: send_managed_apps_only (D4)",
            "regel: 5.1",
            "bepaald door: allowedOutboundDataTransferDestinations = managedApps",
            "  beleid: Teachers (7) toewijzing: Staff > Teachers",
        ]
    );
    let json = serde_json::to_value(&explained).unwrap();
    assert_eq!(json["verdict"], "deny");
    assert_eq!(json["settings"][0]["setting"], "allowedOutboundDataTransferDestinations");
    assert_eq!(json["settings"][0]["sources"][0]["policyName"], "Teachers");
    assert_eq!(json["settings"][0]["sources"][0]["groupPath"][0], "Teachers");
}

#[test]
fn a_default_and_a_rule_without_settings_are_told_as_such() {
    let policy = CompiledPolicy::compile(Platform::Android, &Settings::new(), &[]);
    let none = args([]);
    let telling = Telling { platform: Platform::Android, lang: Lang::En, args: &none };
    let told = |action| {
        explain(&decide(&policy, &Request::work(action)), &std::collections::BTreeMap::new(), &[], &telling)
    };
    let printed = told(Action::Print);
    assert!(printed.settings[0].is_default && printed.settings[0].sources.is_empty());
    assert_eq!(printed.settings[0].value.as_deref(), Some("false"));
    assert_eq!(printed.trace.last().map(String::as_str), Some("  default, set by no policy"));
    let without = told(Action::Genmoji);
    assert!(without.settings.is_empty());
    assert!(without.trace.last().unwrap().ends_with("no setting: the rule always holds"));
}

#[test]
fn a_blocked_launch_lists_every_finding_strongest_first() {
    let settings = policies();
    let parts = [0, 1].map(|at| Part { source: at, platform: Platform::Ios, settings: &settings[at] });
    let effective = merge(&parts);
    let policy = CompiledPolicy::compile(Platform::Ios, &effective.values(), &[]);
    let device = DeviceFacts::silent(Platform::Ios, Version([16, 4, 0, 0]));
    let app = AppFacts {
        app: AppId::new(Platform::Ios, "com.work.notes"),
        version: Version([1, 0, 0, 0]),
        sdk_version: Version([1, 0, 0, 0]),
    };
    let account = AccountFacts::default();
    let outcome = launch::evaluate(&policy, &device, &app, &account);
    let sources = [source("Everyone", &["all"]), source("Teachers", &["Staff", "Teachers"])];
    let named = args([("app", "Notes".to_owned())]);
    let telling = Telling { platform: Platform::Ios, lang: Lang::En, args: &named };
    let facts = LaunchFacts { device: &device, app: &app, account: &account };
    let explained = explain_launch(&outcome, &policy, &facts, &effective.settings, &sources, &telling);
    assert_eq!(explained.action, LaunchAction::Block);
    let reasons: Vec<_> = explained.findings.iter().map(|finding| finding.reason).collect();
    assert_eq!(reasons, [ReasonCode::OsTooOldBlock, ReasonCode::OsTooOldWarn]);
    let first = &explained.findings[0];
    assert_eq!((first.required.as_str(), first.actual.as_str()), ("17.0", "16.4"));
    assert!(first.text.contains("17.0") && first.text.contains("16.4"), "{}", first.text);
    assert_eq!(first.setting.sources[0].policy_name, "Teachers");
    assert_eq!(explained.findings[1].setting.sources[0].policy_name, "Everyone");
    assert_eq!(explained.trace[0], "decision: no access");
}
