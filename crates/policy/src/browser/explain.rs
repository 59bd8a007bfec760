//! A judgement in words, the same from the server and from the command line.

use ringfence_messages::{Lang, ReasonCode, args, dialog};
use ringfence_model::Platform;
use serde::Serialize;

use super::judge::{Context, EntryTrace, Judgement, Outcome};

/// A judgement, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// What happens.
    pub outcome: Outcome,
    /// Where the page opens; none while it stays closed or the user is asked.
    pub opens_in: Option<Context>,
    /// Why.
    pub reason: ReasonCode,
    /// The code in the dialog.
    pub code: String,
    /// Section of the behaviour reference.
    pub rule: String,
    /// One line.
    pub title: String,
    /// What the user reads.
    pub text: String,
    /// What the user may press; nothing when no dialog is shown.
    pub buttons: Vec<String>,
    /// The host.
    pub site: Option<String>,
    /// The list and entry.
    pub entry: Option<EntryTrace>,
    /// Other keys that had a say.
    pub keys: Vec<String>,
}

/// Explains a judgement.
pub fn explain(judgement: &Judgement<'_>, platform: Platform, lang: Lang) -> Explained {
    let site = judgement.host.as_ref().map(ToString::to_string);
    let texts = site.clone().map(|site| args([("site", site)])).unwrap_or_default();
    let shown = dialog(judgement.reason, platform, lang, &texts);
    let silent = matches!(judgement.outcome, Outcome::Open(_));
    let buttons = shown.buttons.into_iter().filter(|_| !silent).map(|button| button.label).collect();
    Explained {
        outcome: judgement.outcome,
        opens_in: judgement.opens(),
        reason: judgement.reason,
        code: shown.code,
        rule: judgement.rule.to_owned(),
        title: shown.title,
        text: shown.body,
        buttons,
        site,
        entry: judgement.decided.map(Into::into),
        keys: judgement.keys.iter().map(|key| (*key).to_owned()).collect(),
    }
}
