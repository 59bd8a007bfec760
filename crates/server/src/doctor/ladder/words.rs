//! Settings as lines of evidence.

use crate::doctor::{diagnosis::Line, evidence::Decided};

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
