//! The managed browser through the core (behaviour §7, catalogue I2).

use ringfence_client::{
    Action, Answer, AppRequest, BrowserContext, Identity, Input, LinkOpener, OtherApp, PageAnswer, PageFacts,
    Refusal, Verdict,
};
use ringfence_messages::{ButtonAction, ReasonCode as R};
use ringfence_model::{Platform, UnixMillis};
use ringfence_protocol::{bundle::ConfigEntry, checkin::AccountState};

use crate::support::{APP, Driver, Durable, Server, config, facts};

const START: UnixMillis = UnixMillis(1_800_000_000_000);
const BLOCKED: &str = "http://news.blocked.example/today";

fn entry(name: &str, value: &str) -> ConfigEntry {
    ConfigEntry { name: name.to_owned(), value: value.to_owned(), sources: vec![0] }
}

fn server(keys: &[(&str, &str)]) -> Server {
    let mut server = Server::new(Platform::Ios, START);
    server.config =
        keys.iter().map(|(name, value)| entry(&format!("ringfence.browser.{name}"), value)).collect();
    server
}

const LIST: (&str, &str) = ("blockList", "http://first.example/*|http://*.blocked.example/*");

fn visit(url: &str, context: BrowserContext, page: PageFacts) -> AppRequest {
    AppRequest::Navigate { url: url.to_owned(), context, page }
}

fn work(url: &str) -> AppRequest {
    visit(url, BrowserContext::Work, PageFacts::default())
}

fn with_personal(url: &str) -> AppRequest {
    visit(url, BrowserContext::Work, PageFacts { personal_account: true, ..PageFacts::default() })
}

fn page(answer: Option<Answer>) -> PageAnswer {
    match answer {
        Some(Answer::Page(page)) => *page,
        other => panic!("expected a page, got {other:?}"),
    }
}

fn refusal(answer: Option<Answer>) -> Refusal {
    match answer {
        Some(Answer::Refused(refusal)) => *refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn a_blocked_page_is_explained_by_entry_and_policy() {
    let (mut durable, mut server) = (Durable::default(), server(&[LIST, ("allowTransition", "false")]));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    assert_eq!(page(driver.ask(work("http://free.example/"))).opens_in, BrowserContext::Work);
    let refused = refusal(driver.ask(work(BLOCKED)));
    assert_eq!((refused.reason, refused.dialog.code.as_str()), (R::SiteBlocked, "RF-182"));
    assert!(refused.dialog.body.contains("news.blocked.example"), "{}", refused.dialog.body);
    let decision = refused.decision.unwrap();
    assert_eq!(decision.verdict, Verdict::Deny);
    let entry = decision.entry.unwrap();
    assert_eq!((entry.number, entry.entry.as_deref()), (Some(2), Some("http://*.blocked.example/*")));
    assert_eq!(decision.deciders, ["ringfence.browser.blockList", "ringfence.browser.allowTransition"]);
    assert_eq!(decision.sources[0].name, "Everybody");
}

#[test]
fn the_button_that_the_dialog_has_opens_the_page_elsewhere_and_no_other() {
    let (mut durable, mut server) = (Durable::default(), server(&[LIST, ("openInPrivate", "true")]));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    let asked = refusal(driver.ask(with_personal(BLOCKED)));
    assert_eq!(asked.reason, R::SiteInPrivateOrPersonal);
    let offered: Vec<_> = asked.dialog.buttons.iter().map(|button| button.action).collect();
    assert_eq!(offered, [ButtonAction::OpenInPrivate, ButtonAction::SwitchToPersonal, ButtonAction::Cancel]);
    let press = |code: &str, action| Input::DialogAnswer { code: code.to_owned(), action };
    driver.give(press("RF-185", ButtonAction::OpenInPrivate));
    assert_eq!(driver.pages, [(BLOCKED.to_owned(), BrowserContext::InPrivate, false)]);
    // Once only; and neither another button nor another dialog opens anything.
    driver.give(press("RF-185", ButtonAction::OpenInPrivate));
    for (code, action) in
        [("RF-185", ButtonAction::AddPersonalAccount), ("RF-183", ButtonAction::SwitchToPersonal)]
    {
        driver.ask(with_personal(BLOCKED));
        driver.give(press(code, action));
    }
    assert_eq!(driver.pages.len(), 1);
    driver.ask(with_personal(BLOCKED));
    driver.give(press("RF-185", ButtonAction::SwitchToPersonal));
    assert_eq!(driver.pages[1], (BLOCKED.to_owned(), BrowserContext::Personal, false));
}

#[test]
fn without_a_personal_account_one_may_be_added_or_the_page_opens_in_private() {
    let (mut durable, mut server) = (Durable::default(), server(&[LIST]));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    assert_eq!(refusal(driver.ask(work(BLOCKED))).reason, R::SiteAddPersonalAccount);
    let code = R::SiteAddPersonalAccount.dialog_code(Platform::Ios).to_owned();
    driver.give(Input::DialogAnswer { code, action: ButtonAction::AddPersonalAccount });
    assert_eq!(driver.pages, [(BLOCKED.to_owned(), BrowserContext::Personal, true)]);
    driver.server.config.push(entry("ringfence.browser.openInPrivate", "true"));
    driver.server.version += 1;
    driver.ask(AppRequest::Sync);
    let moved = page(driver.ask(work(BLOCKED)));
    assert_eq!((moved.opens_in, moved.notice_seconds), (BrowserContext::InPrivate, Some(7)));
    assert_eq!(moved.dialog.unwrap().code, "RF-186");
}

#[test]
fn embedded_parts_are_refused_without_a_dialog() {
    let keys = [LIST, ("blockSubresources", "true")];
    let (mut durable, mut server) = (Durable::default(), server(&keys));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    let shown = driver.dialogs.len();
    let part = PageFacts { subresource: true, ..PageFacts::default() };
    match driver.ask(visit(BLOCKED, BrowserContext::Work, part)) {
        Some(Answer::Decision(decision)) => assert_eq!(decision.verdict, Verdict::Deny),
        other => panic!("{other:?}"),
    }
    assert_eq!(driver.dialogs.len(), shown);
}

/// I2: welcome once, plain use without work data, links from work apps refused; a policy makes the difference.
#[test]
fn i2_a_browser_without_policy_may_be_used_unmanaged() {
    let (mut durable, mut server) = (Durable::default(), server(&[LIST]));
    server.state = AccountState::NoPolicy;
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    // Before anybody has signed in it is an ordinary browser as well.
    let first = page(driver.ask(work(BLOCKED)));
    assert_eq!((first.opens_in, first.decision.reason), (BrowserContext::Personal, R::BrowserUnmanaged));
    assert_eq!(first.dialog.unwrap().code, "I2");
    assert_eq!(page(driver.ask(work(BLOCKED))).dialog, None, "told once");
    driver.sign_in();
    driver.give(Input::Foreground);
    let shown = driver.codes().iter().filter(|code| **code == "I2").count();
    let plain = page(driver.ask(visit(BLOCKED, BrowserContext::Personal, PageFacts::default())));
    assert_eq!(plain.opens_in, BrowserContext::Personal);
    assert_eq!(driver.codes().iter().filter(|code| **code == "I2").count(), shown + 1);
    let link = PageFacts { work_link: true, ..PageFacts::default() };
    let refused = refusal(driver.ask(visit(BLOCKED, BrowserContext::Work, link)));
    assert_eq!(refused.reason, R::PolicyMissing);
    match driver.ask(AppRequest::BrowserHome) {
        Some(Answer::BrowserHome(home)) => assert_eq!(*home, ringfence_client::BrowserHome::default()),
        other => panic!("{other:?}"),
    }
    driver.server.state = AccountState::Protected;
    driver.server.version += 1;
    driver.ask(AppRequest::Sync);
    assert_eq!(refusal(driver.ask(work(BLOCKED))).reason, R::SiteAddPersonalAccount);
}

#[test]
fn while_the_policy_cannot_be_had_work_pages_stay_closed_and_personal_ones_open() {
    let (mut durable, mut server) = (Durable::default(), server(&[]));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    let lease = driver.server.lease;
    driver.online = false;
    driver.now.wall = driver.now.wall.plus(lease);
    driver.now.mono.0 += lease.0;
    assert_eq!(refusal(driver.ask(work("http://free.example"))).reason, R::ConnectionRequired);
    let personal = page(driver.ask(visit(BLOCKED, BrowserContext::Personal, PageFacts::default())));
    assert_eq!(personal.decision.reason, R::AllowedPersonalData);
}

// acceptance: AT-C5
#[test]
fn links_go_to_the_managed_browser_and_to_no_other() {
    for platform in Platform::ALL {
        let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
        server.set("managedBrowserToOpenLinksRequired", true);
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.launch(facts(platform));
        driver.sign_in();
        let link = |with| AppRequest::MayI {
            identity: Identity::Work,
            action: Action::Link { url: "https://example.org".to_owned(), with },
        };
        match driver.ask(link(LinkOpener::ManagedBrowser)) {
            Some(Answer::Decision(decision)) => assert_eq!(decision.verdict, Verdict::Allow),
            other => panic!("{platform}: {other:?}"),
        }
        let other = LinkOpener::Browser(OtherApp::named("com.example.browser"));
        assert_eq!(refusal(driver.ask(link(other))).reason, R::LinkManagedBrowserOnly, "{platform}");
    }
}
