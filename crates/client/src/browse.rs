//! The managed browser: may this page open under the work account, and if not, where else?
//!
//! Without a policy for the browser it is an ordinary browser that never sees work data (I2, behaviour §7.4).

use ringfence_messages::{Args, ButtonAction, Dialog, ReasonCode};
use ringfence_policy::{
    browser::{Context, Judgement, Outcome, Visit},
    decide::Verdict,
};
use serde::{Deserialize, Serialize};

use crate::{
    core::State,
    dialogs,
    documents::Stop,
    effect::Effect,
    flow::Cx,
    gate,
    policy_store::Obeyed,
    request::{Answer, DecisionAnswer, ProtectionState, Refusal},
};

/// What the browser knows about a page besides its address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PageFacts {
    /// It is not the page itself but embedded in one.
    pub subresource: bool,
    /// The link comes from a managed app: it opens under the work account, whatever is on screen.
    pub work_link: bool,
    /// A form is sent.
    pub post: bool,
    /// A personal account is signed in to the browser.
    pub personal_account: bool,
}

/// How the witness calls a judgement.
pub(crate) const PAGE: &str = "page";

/// A page that opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageAnswer {
    /// Under whom; another context than the one asked for when the page was moved.
    pub opens_in: Context,
    /// Why.
    pub decision: DecisionAnswer,
    /// What the user is told, when there is something to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialog: Option<Dialog>,
    /// How long a notice about a moved page stays, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_seconds: Option<u32>,
}

/// A page that the user is asked about.
#[derive(Debug, Clone)]
pub(crate) struct PageAsked {
    url: String,
    reason: ReasonCode,
}

/// How the organisation stands to this browser.
enum Standing {
    Managed,
    /// I2: no policy, no account.
    Unmanaged,
}

fn standing(state: &State) -> Result<Standing, (ReasonCode, Args)> {
    use ProtectionState as P;
    let without =
        matches!(gate::protection(state), P::SignedOut | P::LegacySignIn | P::NoPolicy | P::NotLicensed);
    match gate::withheld(state) {
        None | Some((ReasonCode::SignInRequired, _)) if without => Ok(Standing::Unmanaged),
        None => Ok(Standing::Managed),
        Some(withheld) => Err(withheld),
    }
}

/// Judges one page.
pub(crate) fn navigate(cx: &Cx, url: &str, context: Context, page: PageFacts) -> Result<Answer, Stop> {
    cx.with(|state| state.page_asked = None);
    if context != Context::Work && !page.work_link {
        if matches!(cx.with(|state| standing(state)), Ok(Standing::Unmanaged)) && context == Context::Personal
        {
            return Ok(welcome(cx));
        }
        return Ok(opens(context, cx.with(|state| plain(state, ReasonCode::AllowedPersonalData))));
    }
    match cx.with(|state| standing(state)) {
        Err((reason, args)) => Err(Stop::Withheld(reason, args)),
        Ok(Standing::Managed) => Ok(judged(cx, url, context, page)),
        Ok(Standing::Unmanaged) if page.work_link => Err(Stop::Withheld(missing(cx), Args::new())),
        Ok(Standing::Unmanaged) => Ok(welcome(cx)),
    }
}

/// Links from work apps need a managed browser: what is missing is an account or a policy.
fn missing(cx: &Cx) -> ReasonCode {
    let signed_out = cx.with(|state| state.instance.is_none());
    if signed_out { ReasonCode::SignInRequired } else { ReasonCode::PolicyMissing }
}

/// I2: told once each time the browser comes to the front; the page opens without work data.
fn welcome(cx: &Cx) -> Answer {
    let reason = ReasonCode::BrowserUnmanaged;
    let first = cx.with(|state| !state.told.contains(&reason));
    dialogs::show_once(cx, reason, &Args::new());
    let (decision, dialog) =
        cx.with(|state| (plain(state, reason), first.then(|| dialogs::make(state, reason, &Args::new()))));
    page_answer(Context::Personal, decision, dialog, None)
}

fn judged(cx: &Cx, url: &str, context: Context, page: PageFacts) -> Answer {
    let judge = |state: &State| {
        let obeyed = state.obeyed.as_ref()?;
        let visit = Visit {
            address: url,
            context,
            subresource: page.subresource,
            work_link: page.work_link,
            post: page.post,
            personal_account: page.personal_account,
            platform: state.config.app.platform,
            service: &state.service,
        };
        let judgement = obeyed.browser.judge(&visit);
        Some((Told::of(&judgement), in_words(state, obeyed, &judgement)))
    };
    // A recording holds no addresses, so it holds what came of them.
    let Some((judgement, decision)) = cx.with(|state| state.witness.attest(PAGE, || judge(state))) else {
        return opens(context, cx.with(|state| plain(state, ReasonCode::Allowed)));
    };
    let reason = judgement.reason;
    match judgement.outcome {
        Outcome::Open(context) => opens(context, decision),
        Outcome::Blocked if page.subresource => Answer::Decision(decision),
        Outcome::Moved(context) => {
            let dialog = tell(cx, reason, &judgement.args);
            page_answer(context, decision, Some(dialog), Some(judgement.notice_seconds))
        }
        Outcome::Blocked
        | Outcome::AskPersonal
        | Outcome::AskAddAccount
        | Outcome::AskInPrivateOrPersonal => {
            let dialog = tell(cx, reason, &judgement.args);
            cx.with(|state| state.page_asked = Some(PageAsked { url: url.to_owned(), reason }));
            Answer::Refused(Box::new(Refusal { reason, dialog, decision: Some(decision) }))
        }
    }
}

/// What is needed of a judgement after the policy is let go.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    outcome: Outcome,
    reason: ReasonCode,
    args: Args,
    notice_seconds: u32,
}

impl Told {
    fn of(judgement: &Judgement<'_>) -> Self {
        let site = judgement.host.as_ref().map(ToString::to_string);
        Self {
            outcome: judgement.outcome,
            reason: judgement.reason,
            args: site.into_iter().map(|site| ("site".to_owned(), site)).collect(),
            notice_seconds: judgement.notice_seconds,
        }
    }
}

fn tell(cx: &Cx, reason: ReasonCode, args: &Args) -> Dialog {
    dialogs::show_with(cx, reason, args);
    cx.with(|state| dialogs::make(state, reason, args))
}

fn opens(context: Context, decision: DecisionAnswer) -> Answer {
    page_answer(context, decision, None, None)
}

fn page_answer(
    opens_in: Context,
    decision: DecisionAnswer,
    dialog: Option<Dialog>,
    notice_seconds: Option<u32>,
) -> Answer {
    Answer::Page(Box::new(PageAnswer { opens_in, decision, dialog, notice_seconds }))
}

/// A decision in which no policy has a say.
fn plain(state: &State, reason: ReasonCode) -> DecisionAnswer {
    DecisionAnswer {
        verdict: Verdict::Allow,
        reason,
        code: reason.dialog_code(state.config.app.platform).to_owned(),
        deciders: Vec::new(),
        rule: "7.4".to_owned(),
        sources: Vec::new(),
        policy_version: None,
        entry: None,
    }
}

fn in_words(state: &State, obeyed: &Obeyed, judgement: &Judgement<'_>) -> DecisionAnswer {
    let decided = judgement.decided.map(|decided| decided.key);
    DecisionAnswer {
        verdict: if judgement.opens().is_some() { Verdict::Allow } else { Verdict::Deny },
        reason: judgement.reason,
        code: judgement.reason.dialog_code(state.config.app.platform).to_owned(),
        deciders: decided.into_iter().chain(judgement.keys.iter().copied()).map(str::to_owned).collect(),
        rule: judgement.rule.to_owned(),
        sources: obeyed.sources_at(&judgement.sources),
        policy_version: Some(obeyed.version),
        entry: judgement.decided.map(Into::into),
    }
}

/// Homepage, icons and bookmarks; none for a browser that nobody manages.
pub(crate) fn home(cx: &Cx) -> Result<Answer, Stop> {
    match cx.with(|state| standing(state)) {
        Err((reason, args)) => Err(Stop::Withheld(reason, args)),
        Ok(Standing::Unmanaged) => Ok(Answer::BrowserHome(Box::default())),
        Ok(Standing::Managed) => {
            let home = cx.with(|state| state.obeyed.as_ref().map(|obeyed| obeyed.browser.home().clone()));
            Ok(Answer::BrowserHome(Box::new(home.unwrap_or_default())))
        }
    }
}

/// A button of the dialog about a page was pressed: only one that the dialog had opens it.
pub(crate) fn answered(cx: &Cx, code: &str, action: ButtonAction) {
    let asked = cx.with(|state| {
        let platform = state.config.app.platform;
        state.page_asked.take().filter(|asked| asked.reason.dialog_code(platform) == code)
    });
    let Some(asked) = asked.filter(|asked| asked.reason.buttons().contains(&action)) else { return };
    let (context, add_account) = match action {
        ButtonAction::SwitchToPersonal => (Context::Personal, false),
        ButtonAction::AddPersonalAccount => (Context::Personal, true),
        ButtonAction::OpenInPrivate => (Context::InPrivate, false),
        _ => return,
    };
    cx.emit(Effect::OpenPage { url: asked.url, context, add_account });
}
