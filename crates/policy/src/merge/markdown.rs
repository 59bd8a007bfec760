//! The merge table as a document.

use std::fmt::Write as _;

use super::{
    gate::{Gate, GateTest},
    rules::{Absent, Join, MergeRule, rules},
};

const HEAD: &str = "# How policies are merged

Written by `ringfence_policy::merge::merge_table_markdown`; `RINGFENCE_BLESS=1 cargo test -p ringfence-policy` rewrites it.

When several policies reach the same user and app, they become one. The merge is a join: it does not depend on the order
of policies, merging a policy with itself changes nothing, and the result is never looser than any of them. Where the
reference system falls back to a recommended number when policies disagree, or keeps the policy that came first, we take
the stricter value: a result that is looser than one of the policies could not be defended, and one that depends on the
order of arrival could not be explained.

A policy that leaves a setting out counts with the documented default, in the column *not set*. A setting that means
something only while another one has certain values (column *counts while*) is decided by the policies in which it
means something; the others have no say in it. When those values are passed (nothing may leave, so nothing is exempt), the
setting drops out. `!none` names nothing: no app, URL scheme or device model has an exclamation mark.

Every setting is merged on its own. So one policy that warns below version 5 and wipes nothing, and another that wipes
below version 3, give both; but where a limit and its action are two settings, the stricter limit comes with the stronger
action, even if no single policy had both.

| setting | platform | merged value | counts while | not set | why |
|---|---|---|---|---|---|
";

/// The table of all settings, as published in `docs/merge.md`.
pub fn merge_table_markdown() -> String {
    let mut text = HEAD.to_owned();
    for rule in rules() {
        let spec = rule.setting.spec();
        let platform = match spec.platforms {
            [one] => one.as_str(),
            _ => "both",
        };
        let gates: Vec<String> = rule.gates.iter().map(gate_text).collect();
        let _ = writeln!(
            text,
            "| `{}` | {platform} | {} | {} | {} | {} |",
            spec.name,
            join_text(rule.join),
            if gates.is_empty() { "always".to_owned() } else { gates.join(" and ") },
            absent_text(rule),
            rule.reason,
        );
    }
    text
}

fn join_text(join: Join) -> String {
    match join {
        Join::RestrictiveTrue => "`true` wins".to_owned(),
        Join::RestrictiveFalse => "`false` wins".to_owned(),
        Join::Ranked(order) => order.join(" < "),
        Join::RankedUnless { order, apart, top } => {
            format!("{}; {} together give {top}", order.join(" < "), apart.join(" and "))
        }
        Join::Min => "smallest".to_owned(),
        Join::MinNonZero => "smallest, zero is unlimited".to_owned(),
        Join::Max => "greatest".to_owned(),
        Join::LatestVersion => "latest version".to_owned(),
        Join::EarliestVersion => "earliest version".to_owned(),
        Join::LatestDate => "latest date".to_owned(),
        Join::Union => "union".to_owned(),
        Join::Intersect => "intersection".to_owned(),
        Join::IntersectAllowed => "intersection of the lists that are set".to_owned(),
        Join::IntersectNames => "intersection by name".to_owned(),
        Join::IntersectValues => "intersection by value".to_owned(),
        Join::Same => "the same, or `!none`".to_owned(),
        Join::SameOrNothing => "the same, or none named".to_owned(),
        Join::Label => "last".to_owned(),
    }
}

fn gate_text(gate: &Gate) -> String {
    match gate.test {
        GateTest::On => format!("`{}`", gate.setting),
        GateTest::Set => format!("`{}` is set", gate.setting),
        GateTest::StricterThan(member) => format!("`{}` ≠ {member}", gate.setting),
        GateTest::Exactly { member, .. } => format!("`{}` = {member}", gate.setting),
        GateTest::Empty => format!("`{}` is empty", gate.setting),
    }
}

fn absent_text(rule: &MergeRule) -> String {
    match rule.absent {
        Absent::Zero => "zero".to_owned(),
        Absent::Nobody => "`!none`".to_owned(),
        Absent::Default if rule.join == Join::SameOrNothing => "none named, the strictest".to_owned(),
        Absent::Default => {
            rule.setting.default_value().map_or("no constraint".to_owned(), |value| value.to_string())
        }
    }
}
