//! The format of recordings: version 1 is kept for ever, and whatever comes in can be recorded and replayed.

use proptest::prelude::*;
use ringfence_client::{AppRequest, Core, Credential, Identity, Input, Now, recording::replay};
use ringfence_model::{Millis, Platform, UnixMillis};

use crate::support::{APP, Driver, Durable, Entropy, Server, USER, config, facts, tape::Tape};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/diagnostics/v1/story.jsonl");

/// A recording of version 1, made once, reads and replays the same. Delete it and set `RINGFENCE_BLESS=1` when the core does
/// something else on purpose: the format stays.
#[test]
fn the_golden_recording_replays() {
    if std::env::var_os("RINGFENCE_BLESS").is_some() && std::fs::metadata(FIXTURE).is_err() {
        let (mut durable, mut server) =
            (Durable::default(), Server::new(Platform::Android, UnixMillis(1_800_000_000_000)));
        let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
        driver.launch(facts(Platform::Android));
        driver.sign_in();
        let (identity, name) = (Identity::Work, "Merger plan.pdf".to_owned());
        driver.ask(AppRequest::Create { identity, name: name.clone(), content: b"Buy it.".to_vec() });
        driver.ask(AppRequest::Read { identity, name });
        std::fs::create_dir_all(std::path::Path::new(FIXTURE).parent().unwrap()).unwrap();
        std::fs::write(FIXTURE, &driver.tape.text).unwrap();
    }
    let text = std::fs::read_to_string(FIXTURE).unwrap();
    let played = replay(&text, None).unwrap();
    assert_eq!(played.difference, None);
    assert_eq!(played.same, played.steps.len());
    assert!(played.same > 20);
    assert!(!text.contains("Merger") && !text.contains("Buy it") && !text.contains(USER));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The tape checks itself at its end: the replay is the same, and nothing that went in is in it.
    #[test]
    fn names_and_content_of_any_kind_are_hidden_and_replay(
        requests in prop::collection::vec((0..4_u8, "\\PC{4,30}", prop::collection::vec(any::<u8>(), 8..60)), 1..8),
        person in "[a-z]{6,12}@[a-z]{6,12}\\.example",
        password in "\\PC{12,30}",
    ) {
        let config = config(Platform::Ios, APP);
        let (mut tape, mut core) = (Tape::new(&config), Core::new(config).noting());
        let (mut entropy, mut mono) = (Entropy(0), 0);
        let credential = Credential::Password(password);
        let mut inputs =
            vec![Input::Boot, Input::Facts(Box::new(facts(Platform::Ios))), Input::SignIn { user_principal_name: person, credential }];
        for (at, (kind, name, content)) in (0..).zip(requests) {
            let identity = if kind % 2 == 0 { Identity::Work } else { Identity::Personal };
            let request = match kind {
                0 | 1 => AppRequest::Create { identity, name, content },
                2 => AppRequest::Read { identity, name },
                _ => AppRequest::Delete { identity, name },
            };
            inputs.push(Input::Request { id: ringfence_client::RequestId(at), request });
        }
        for input in inputs {
            mono += 1;
            let now = Now { wall: UnixMillis(mono), mono: Millis(mono.unsigned_abs()), boot_id: 1 };
            tape.step(&mut core, now, &mut |out| entropy.fill(out), input);
        }
    }
}
