//! What happens to a blocked page: the table of behaviour §7.2 cell by cell, and the keys around it.

use ringfence_messages::ReasonCode as R;
use ringfence_model::Platform;
use ringfence_policy::browser::{BrowserPolicy, Context, Given, ListKind, Outcome, Visit};

const PRE: &str = "com.microsoft.intune.mam.managedbrowser.";
const BLOCKED: &str = "http://blocked.example/";

fn policy(values: &[(&str, &str)]) -> BrowserPolicy {
    let full = |name: &str| match name {
        "IntuneMAMAllowedAccountsOnly" => name.to_owned(),
        _ => format!("{PRE}{name}"),
    };
    let mut all = vec![(full("BlockListURLs"), "http://blocked.example/*".to_owned())];
    all.extend(values.iter().map(|(name, value)| (full(name), (*value).to_owned())));
    BrowserPolicy::compile(all.iter().map(|(name, value)| Given { name, value, sources: &[4] }))
}

fn visit(personal_account: bool) -> Visit<'static> {
    Visit { personal_account, ..Visit::new(BLOCKED, Context::Work, Platform::Ios) }
}

fn outcome(values: &[(&str, &str)], visit: &Visit<'_>) -> (Outcome, R) {
    let policy = policy(values);
    let judgement = policy.judge(visit);
    (judgement.outcome, judgement.reason)
}

const NO_TRANSITION: (&str, &str) = ("AllowTransitionOnBlock", "false");
const IN_PRIVATE: (&str, &str) = ("openInPrivateIfBlocked", "true");
const NO_PERSONAL: (&str, &str) = ("IntuneMAMAllowedAccountsOnly", "Enabled");

macro_rules! cells {
    ($($name:ident: [$($value:expr),*], personal $personal:literal => $outcome:expr, $reason:ident;)+) => {
        $(#[test]
        fn $name() {
            assert_eq!(outcome(&[$($value),*], &visit($personal)), ($outcome, R::$reason));
        })+
    };
}

const PRIVATELY: Outcome = Outcome::Moved(Context::InPrivate);
const PERSONALLY: Outcome = Outcome::Moved(Context::Personal);

cells! {
    cell_transition_false_any_any_blocked_message: [NO_TRANSITION], personal false => Outcome::Blocked, SiteBlocked;
    cell_transition_false_private_present_blocked_message: [NO_TRANSITION, IN_PRIVATE], personal true => Outcome::Blocked, SiteBlocked;
    cell_transition_false_auto_blocked_message: [NO_TRANSITION, IN_PRIVATE, ("AutoTransitionModeOnBlock", "1")], personal true => Outcome::Blocked, SiteBlocked;
    cell_true_false_present_prompt_switch: [], personal true => Outcome::AskPersonal, SiteSwitchToPersonal;
    cell_true_false_none_prompt_add_account: [], personal false => Outcome::AskAddAccount, SiteAddPersonalAccount;
    cell_true_false_disabled_by_admin_blocked: [NO_PERSONAL], personal false => Outcome::Blocked, SiteBlocked;
    cell_true_false_disabled_by_admin_though_present_blocked: [NO_PERSONAL], personal true => Outcome::Blocked, SiteBlocked;
    cell_true_true_none_opens_in_private: [IN_PRIVATE], personal false => PRIVATELY, SiteOpenedInPrivate;
    cell_true_true_present_prompt_private_or_personal: [IN_PRIVATE], personal true => Outcome::AskInPrivateOrPersonal, SiteInPrivateOrPersonal;
    open_cell_true_true_disabled_opens_in_private: [IN_PRIVATE, NO_PERSONAL], personal true => PRIVATELY, SiteOpenedInPrivate;

    auto_0_asks: [IN_PRIVATE, ("AutoTransitionModeOnBlock", "0")], personal true => Outcome::AskInPrivateOrPersonal, SiteInPrivateOrPersonal;
    auto_1_goes_to_personal: [IN_PRIVATE, ("AutoTransitionModeOnBlock", "1")], personal true => PERSONALLY, SiteOpenedPersonal;
    auto_1_without_personal_is_as_2: [IN_PRIVATE, ("AutoTransitionModeOnBlock", "1")], personal false => PRIVATELY, SiteOpenedInPrivate;
    auto_1_with_nothing_permitted_asks: [("AutoTransitionModeOnBlock", "1")], personal false => Outcome::AskAddAccount, SiteAddPersonalAccount;
    auto_2_goes_in_private_when_permitted: [IN_PRIVATE, ("AutoTransitionModeOnBlock", "2")], personal true => PRIVATELY, SiteOpenedInPrivate;
    auto_2_asks_when_not_permitted: [("AutoTransitionModeOnBlock", "2")], personal true => Outcome::AskPersonal, SiteSwitchToPersonal;
    in_private_switched_off_as_a_feature: [IN_PRIVATE, ("disabledFeatures", "autofill|inprivate")], personal true => Outcome::AskPersonal, SiteSwitchToPersonal;
}

#[test]
fn links_from_work_apps_open_under_the_work_account_even_when_blocked_there() {
    let link = |personal| Visit { work_link: true, context: Context::Personal, ..visit(personal) };
    assert_eq!(outcome(&[], &link(true)), (Outcome::AskPersonal, R::SiteSwitchToPersonal));
    let free = Visit { address: "http://free.example", ..link(true) };
    assert_eq!(outcome(&[], &free), (Outcome::Open(Context::Work), R::Allowed));
    let switch = [("ProfileAutoSwitchToWork", "2")];
    assert_eq!(outcome(&switch, &free).0, Outcome::Open(Context::Work));
    assert_eq!(outcome(&switch, &link(true)), (PERSONALLY, R::SiteOpenedPersonal));
    assert_eq!(outcome(&switch, &link(false)), (PRIVATELY, R::SiteOpenedInPrivate));
    assert_eq!(outcome(&switch, &visit(true)).0, Outcome::AskPersonal, "typed, not linked");
    let nothing = [switch[0], ("disabledFeatures", "inprivate"), NO_PERSONAL];
    assert_eq!(outcome(&nothing, &link(true)).0, Outcome::Blocked);
    let shut = [switch[0], NO_TRANSITION];
    assert_eq!(outcome(&shut, &link(true)).0, Outcome::Blocked);
}

#[test]
fn forms_are_not_carried_along_on_ios() {
    let values = [IN_PRIVATE, ("IgnorePostRequestOnAutoTransition", "true")];
    let form = Visit { post: true, ..visit(false) };
    assert_eq!(outcome(&values, &form), (Outcome::Blocked, R::SiteBlocked));
    assert_eq!(outcome(&values, &visit(false)).0, PRIVATELY);
    assert_eq!(outcome(&values, &Visit { platform: Platform::Android, ..form }).0, PRIVATELY);
    assert_eq!(outcome(&[IN_PRIVATE], &form).0, PRIVATELY);
}

#[test]
fn lists_hold_under_the_work_account_only() {
    for context in [Context::Personal, Context::InPrivate] {
        let visit = Visit { context, ..visit(true) };
        assert_eq!(outcome(&[], &visit), (Outcome::Open(context), R::AllowedPersonalData));
    }
}

#[test]
fn what_a_page_embeds_is_free_unless_configured_and_refused_in_silence() {
    let part = Visit { subresource: true, ..visit(true) };
    assert_eq!(outcome(&[], &part), (Outcome::Open(Context::Work), R::Allowed));
    let managed = [("ManageRestrictedSubresourceEnabled", "true")];
    assert_eq!(outcome(&managed, &part), (Outcome::Blocked, R::SiteBlocked));
    let free = Visit { address: "http://free.example/x.js", ..part };
    assert_eq!(outcome(&managed, &free).0, Outcome::Open(Context::Work));
}

#[test]
fn with_both_lists_only_the_allow_list_counts() {
    let values = [("AllowListURLs", "http://blocked.example/*|http://allowed.example/*"), NO_TRANSITION];
    let at = |address| Visit { address, ..visit(false) };
    assert_eq!(outcome(&values, &at(BLOCKED)), (Outcome::Open(Context::Work), R::AllowedListedSite));
    assert_eq!(outcome(&values, &at("http://free.example/")), (Outcome::Blocked, R::SiteNotAllowed));
}

#[test]
fn the_service_is_always_open_and_nothing_like_it() {
    let service = ["https://mam.example.org:8443".to_owned()];
    let values = [("AllowListURLs", "http://allowed.example/*"), NO_TRANSITION];
    for (address, open) in [
        ("https://mam.example.org:8443/sign-in?x=1", true),
        ("https://mam.example.org/", false),
        ("http://mam.example.org:8443/", false),
        ("https://www.mam.example.org:8443/", false),
        ("https://mam.example.org:8443@evil.example/", false),
    ] {
        let visit = Visit { address, service: &service, ..visit(false) };
        let expected = if open {
            (Outcome::Open(Context::Work), R::AllowedSignInSite)
        } else {
            (Outcome::Blocked, R::SiteNotAllowed)
        };
        assert_eq!(outcome(&values, &visit), expected, "{address}");
    }
}

#[test]
fn what_is_no_web_page() {
    let allow = [("AllowListURLs", "http://allowed.example/*"), NO_TRANSITION];
    let block = [NO_TRANSITION];
    let at = |address| Visit { address, ..visit(false) };
    for (address, allow_list, block_list) in [
        ("about:blank", R::Allowed, R::Allowed),
        ("data:text/html,x", R::SiteNotAllowed, R::Allowed),
        ("view-source:http://blocked.example/", R::SiteNotAllowed, R::SiteBlocked),
        ("http://[broken", R::SiteAddressUnreadable, R::SiteAddressUnreadable),
    ] {
        assert_eq!(outcome(&allow, &at(address)).1, allow_list, "{address}");
        assert_eq!(outcome(&block, &at(address)).1, block_list, "{address}");
    }
    // An unreadable address is opened nowhere else either.
    assert_eq!(outcome(&[IN_PRIVATE], &at("http://[broken")).0, Outcome::Blocked);
    assert_eq!(BrowserPolicy::default().judge(&at("http://[broken")).outcome, Outcome::Open(Context::Work));
}

#[test]
fn the_answer_names_entry_keys_and_policies() {
    let policy = policy(&[IN_PRIVATE, ("durationOfOpenInPrivateSnackBar", "12")]);
    let judgement = policy.judge(&visit(false));
    let decided = judgement.decided.unwrap();
    assert_eq!((decided.list, decided.entry.unwrap().number), (ListKind::Block, 1));
    assert_eq!(decided.entry.unwrap().text, "http://blocked.example/*");
    assert_eq!(decided.key, "com.microsoft.intune.mam.managedbrowser.BlockListURLs");
    assert_eq!(judgement.keys, ["com.microsoft.intune.mam.managedbrowser.openInPrivateIfBlocked"]);
    assert_eq!((judgement.sources, judgement.notice_seconds, judgement.rule), ([4].into(), 12, "7.2"));
    assert_eq!(judgement.host.unwrap().to_string(), "blocked.example");
}
