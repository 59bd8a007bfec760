//! Explanations as lines of text, for terminals and tickets.

use ringfence_messages::{Args, Lang, text};

use super::{ExplainedSetting, Explanation, LaunchExplanation, SourceInfo};

/// Lines about a decision.
pub(super) fn decision(explanation: &Explanation, lang: Lang) -> Vec<String> {
    let say = |key: &str| text(key, lang, &Args::new());
    let mut lines = vec![
        format!("{}: {}", say("label-decision"), say(explanation.verdict.key())),
        format!("{}: {} ({})", say("label-reason"), explanation.reason, explanation.code),
        format!("{}: {}", say("label-rule"), explanation.rule),
    ];
    if explanation.settings.is_empty() {
        lines.push(format!("{}: {}", say("label-decided-by"), say("label-no-setting")));
    }
    for explained in &explanation.settings {
        lines.extend(setting(explained, lang));
    }
    lines
}

/// Lines about a conditional launch.
pub(super) fn launch(explanation: &LaunchExplanation, lang: Lang) -> Vec<String> {
    let say = |key: &str| text(key, lang, &Args::new());
    let mut lines = vec![format!("{}: {}", say("label-decision"), say(explanation.action.key()))];
    for finding in &explanation.findings {
        lines.push(format!(
            "{}: {}: {} ({})",
            say(finding.condition.key()),
            say(finding.action.key()),
            finding.reason,
            finding.code,
        ));
        lines.push(format!(
            "  {}: {}; {}: {}",
            say("label-required"),
            finding.required,
            say("label-actual"),
            if finding.actual == "unknown" { say("label-unknown") } else { finding.actual.clone() },
        ));
        lines.extend(setting(&finding.setting, lang).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

fn setting(explained: &ExplainedSetting, lang: Lang) -> Vec<String> {
    let say = |key: &str| text(key, lang, &Args::new());
    let value = explained.value.clone().unwrap_or_else(|| "-".to_owned());
    let mut lines = vec![format!("{}: {} = {value}", say("label-decided-by"), explained.setting)];
    if explained.is_default {
        lines.push(format!("  {}", say("label-default")));
    }
    lines.extend(explained.sources.iter().map(|info| format!("  {}", source(info, &say))));
    lines
}

fn source(info: &SourceInfo, say: &impl Fn(&str) -> String) -> String {
    let mut line = format!(
        "{}: {} ({}) {}: {}",
        say("label-policy"),
        info.policy_name,
        info.version,
        say("label-assignment"),
        info.assignment
    );
    if !info.group_path.is_empty() {
        line.push_str(" > ");
        line.push_str(&info.group_path.join(" > "));
    }
    line
}
