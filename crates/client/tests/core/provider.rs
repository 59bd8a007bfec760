//! Signing in at a provider of identities: the browser goes out, and only its own answer counts (RFC 8252, RFC 9700).

use ringfence_client::{Answer, AppRequest, Credential, Input, ProtectionState};
use ringfence_model::{Platform, UnixMillis};

use crate::support::{
    APP, Driver, Durable, Server, USER, config, facts,
    provider::{Browser, REDIRECT, honest},
};

const START: UnixMillis = UnixMillis(1_800_000_000_000);

fn sign_in(driver: &mut Driver<'_>, user: &str, provider: &str) {
    let credential =
        Credential::Provider { provider: provider.to_owned(), redirect_uri: REDIRECT.to_owned() };
    driver.give(Input::SignIn { user_principal_name: user.to_owned(), credential });
}

fn status(driver: &mut Driver<'_>) -> (ProtectionState, Option<String>) {
    match driver.ask(AppRequest::Status) {
        Some(Answer::Status(status)) => (status.state, status.user_principal_name),
        other => panic!("expected a status, got {other:?}"),
    }
}

#[test]
fn the_provider_tells_who_it_is() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    sign_in(&mut driver, "", "school");
    assert_eq!(status(&mut driver), (ProtectionState::Protected, Some(USER.to_owned())));
    // Signing in again changes nothing, with and without the name.
    sign_in(&mut driver, "", "school");
    sign_in(&mut driver, USER, "school");
    assert_eq!(driver.codes(), ["D2"]);
    sign_in(&mut driver, "other@example.org", "school");
    assert_eq!(driver.codes(), ["D2", "I8"]);
}

#[test]
fn no_other_answer_counts() {
    let answers: [(&str, Browser); 6] = [
        ("the user gives up", |_| None),
        ("another state", |url| Some(honest(url)?.replace("&state=", "&state=x"))),
        ("another issuer", |url| Some(honest(url)?.replace("id.example", "evil.example"))),
        ("no issuer", |url| Some(honest(url)?.split_once("&iss=")?.0.to_owned())),
        ("another address", |url| Some(honest(url)?.replace("com.example.mail", "com.example.evil"))),
        ("an error", |url| Some(honest(url)?.replace("code=", "error=access_denied&x="))),
    ];
    for (name, browser) in answers {
        let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.launch(facts(Platform::Ios));
        driver.browser = browser;
        sign_in(&mut driver, "", "school");
        assert_eq!(driver.dialogs.len(), 1, "{name}");
        assert_eq!(status(&mut driver).0, ProtectionState::SignedOut, "{name}");
        let sent = driver.server.requests.iter().filter(|line| *line == "POST /phone/v1/signin").count();
        assert_eq!(sent, 0, "{name}");
        driver.browser = honest;
        sign_in(&mut driver, "", "unknown");
        assert_eq!(status(&mut driver).0, ProtectionState::SignedOut, "{name}");
        sign_in(&mut driver, "", "school");
        assert_eq!(status(&mut driver).0, ProtectionState::Protected, "{name}");
    }
}
