//! Why, for people and programs: a decision with its text, its rule, and for every deciding setting the value and
//! every policy, assignment and group path it came from.

mod trace;

use std::collections::BTreeMap;

use ringfence_messages::{Args, Lang, ReasonCode, dialog};
use ringfence_model::{
    Platform, PolicyId,
    facts::{AccountFacts, AppFacts, DeviceFacts},
    settings::Setting,
};
use serde::{Deserialize, Serialize};

use crate::{
    compile::CompiledPolicy,
    decide::{Decision, Verdict},
    launch::{Condition, LaunchAction, LaunchOutcome},
    merge::Merged,
};

/// A policy that takes part, and how it reached the user. Its place in the list is the number in [`Merged::deciders`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceInfo {
    /// The policy.
    pub policy: PolicyId,
    /// Its name.
    pub policy_name: String,
    /// Its version.
    pub version: String,
    /// The assignment, in words: a group's name, or all licensed users.
    pub assignment: String,
    /// Groups from the assigned one down to the user's own.
    pub group_path: Vec<String>,
}

/// For whom the explanation is written.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// Operating system, for the dialog code.
    pub platform: Platform,
    /// Language of the texts.
    pub lang: Lang,
    /// Arguments of the texts.
    pub args: &'a Args,
}

/// A deciding setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedSetting {
    /// Which.
    pub setting: Setting,
    /// Its value in words; `None` when neither a policy nor a default gives one.
    pub value: Option<String>,
    /// No policy sets it.
    pub is_default: bool,
    /// The policies it came from.
    pub sources: Vec<SourceInfo>,
}

/// A decision, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: ReasonCode,
    /// The code in the dialog.
    pub code: String,
    /// One line.
    pub title: String,
    /// What the user reads.
    pub text: String,
    /// Section of `docs/decisions.md`.
    pub rule: String,
    /// The settings that decided.
    pub settings: Vec<ExplainedSetting>,
    /// The same as lines of text.
    pub trace: Vec<String>,
}

/// One unmet condition, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedFinding {
    /// Which condition.
    pub condition: Condition,
    /// What follows from it alone.
    pub action: LaunchAction,
    /// Why.
    pub reason: ReasonCode,
    /// The code in the dialog.
    pub code: String,
    /// One line.
    pub title: String,
    /// What the user reads.
    pub text: String,
    /// What the policy asks for.
    pub required: String,
    /// What was found.
    pub actual: String,
    /// The setting behind it.
    pub setting: ExplainedSetting,
}

/// A conditional launch, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchExplanation {
    /// The strongest action.
    pub action: LaunchAction,
    /// Why; `None` when nothing is wrong.
    pub reason: Option<ReasonCode>,
    /// Everything that is not met, strongest first.
    pub findings: Vec<ExplainedFinding>,
    /// The same as lines of text.
    pub trace: Vec<String>,
}

/// The facts a launch was evaluated with.
#[derive(Debug, Clone, Copy)]
pub struct LaunchFacts<'a> {
    /// The device.
    pub device: &'a DeviceFacts,
    /// The app.
    pub app: &'a AppFacts,
    /// The account.
    pub account: &'a AccountFacts,
}

/// Explains a decision.
pub fn explain(
    decision: &Decision,
    effective: &BTreeMap<Setting, Merged>,
    sources: &[SourceInfo],
    telling: &Telling<'_>,
) -> Explanation {
    let shown = dialog(decision.reason, telling.platform, telling.lang, telling.args);
    let settings: Vec<_> =
        decision.settings().map(|setting| explain_setting(setting, effective, sources)).collect();
    let mut explanation = Explanation {
        verdict: decision.verdict,
        reason: decision.reason,
        code: shown.code,
        title: shown.title,
        text: shown.body,
        rule: decision.rule.to_owned(),
        settings,
        trace: Vec::new(),
    };
    explanation.trace = trace::decision(&explanation, telling.lang);
    explanation
}

/// Explains a conditional launch.
pub fn explain_launch(
    outcome: &LaunchOutcome,
    policy: &CompiledPolicy,
    facts: &LaunchFacts<'_>,
    effective: &BTreeMap<Setting, Merged>,
    sources: &[SourceInfo],
    telling: &Telling<'_>,
) -> LaunchExplanation {
    let findings = outcome.findings(policy, facts.device, facts.app, facts.account).map(|finding| {
        let mut args = finding.text_args(telling.lang);
        for (name, value) in telling.args {
            args.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let shown = dialog(finding.reason, telling.platform, telling.lang, &args);
        ExplainedFinding {
            condition: finding.condition,
            action: finding.action,
            reason: finding.reason,
            code: shown.code,
            title: shown.title,
            text: shown.body,
            required: finding.required.to_string(),
            actual: finding.actual.to_string(),
            setting: explain_setting(finding.setting, effective, sources),
        }
    });
    let mut explanation = LaunchExplanation {
        action: outcome.action,
        reason: outcome.reason,
        findings: findings.collect(),
        trace: Vec::new(),
    };
    explanation.trace = trace::launch(&explanation, telling.lang);
    explanation
}

/// A setting with its value and where it came from.
pub fn explain_setting(
    setting: Setting,
    effective: &BTreeMap<Setting, Merged>,
    sources: &[SourceInfo],
) -> ExplainedSetting {
    let merged = effective.get(&setting);
    let value = merged.map(|merged| merged.value.clone()).or_else(|| setting.default_value());
    ExplainedSetting {
        setting,
        value: value.map(|value| value.to_string()),
        is_default: merged.is_none(),
        sources: merged
            .map(|merged| merged.deciders.iter().filter_map(|at| sources.get(*at)).cloned().collect())
            .unwrap_or_default(),
    }
}
