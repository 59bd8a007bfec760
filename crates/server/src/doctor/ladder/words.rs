//! Settings as lines of evidence.

use ringfence_policy::launch::Condition;

use crate::doctor::{
    diagnosis::Line,
    evidence::{Case, Decided},
};

/// What the phone told of itself that the condition looks at.
pub(super) fn actual(decided: &Decided, case: &Case) -> Option<String> {
    let instance = case.instance.as_ref()?;
    let told = match decided.condition? {
        Condition::OsMinimum | Condition::OsMaximum => &instance.versions.os,
        Condition::AppVersion => &instance.versions.app,
        Condition::SdkVersion => &instance.versions.sdk,
        Condition::CompanionVersion => instance.said.as_ref()?.companion.as_ref()?,
        _ => return None,
    };
    Some(told.clone()).filter(|told| !told.is_empty())
}

/// One line for each deciding setting and each policy behind it.
pub(super) fn settings(decided: &Decided) -> Vec<Line> {
    let mut lines = Vec::new();
    for explained in &decided.settings {
        let value = explained.value.as_deref().unwrap_or("-");
        let setting = explained.setting.name();
        if explained.sources.is_empty() {
            lines.push(Line::new("doctor-setting-default", [("setting", setting), ("value", value)]));
        }
        for source in &explained.sources {
            let path = source.group_path.join(" > ");
            let args = [
                ("setting", setting),
                ("value", value),
                ("policy", source.policy_name.as_str()),
                ("assignment", source.assignment.as_str()),
                ("groups", path.as_str()),
            ];
            let key = if path.is_empty() { "doctor-setting-everybody" } else { "doctor-setting" };
            lines.push(Line::new(key, args));
        }
    }
    lines
}
