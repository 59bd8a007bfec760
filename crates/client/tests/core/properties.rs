//! Whatever comes in: the core answers, never panics, and is the same every time.

use crate::support::{APP, Driver, Durable, Entropy, Server, config, facts};
use proptest::prelude::*;
use ringfence_client::{
    Action, Answer, AppRequest, Connectivity, Core, Credential, Failure, FileReply, HttpReply, Identity,
    Input, KeyFailure, KeyReply, NetFailure, Now, OtherApp, Outcome, ReqId, RequestId, StorageFailure, Way,
};
use ringfence_messages::ButtonAction;
use ringfence_model::{Millis, Platform, UnixMillis};

fn outcome() -> impl Strategy<Value = Outcome> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..100);
    let body = prop_oneof![
        bytes(),
        Just(
            br#"{"accessToken":"t","expiresAt":1,"accountId":"00000000-0000-0000-0000-000000000acc"}"#
                .to_vec()
        ),
    ];
    let status = prop_oneof![Just(200_u16), Just(201), Just(204), Just(304), Just(401), any::<u16>()];
    prop_oneof![
        (status, body).prop_map(|(status, body)| {
            Outcome::Http(Ok(HttpReply { status, headers: vec![("etag".to_owned(), "x".to_owned())], body }))
        }),
        prop_oneof![Just(NetFailure::Offline), Just(NetFailure::Tls), Just(NetFailure::TimedOut)]
            .prop_map(|failure| Outcome::Http(Err(failure))),
        bytes().prop_map(|bytes| Outcome::Key(Ok(KeyReply::Bytes(bytes)))),
        bytes().prop_map(|bytes| Outcome::Key(Ok(KeyReply::PublicKey(bytes)))),
        prop_oneof![Just(KeyFailure::Locked), Just(KeyFailure::Broken), Just(KeyFailure::Missing)]
            .prop_map(|failure| Outcome::Key(Err(failure))),
        Just(Outcome::State(Ok(None))),
        Just(Outcome::State(Err(StorageFailure::Failed))),
        bytes().prop_map(|bytes| Outcome::State(Ok(Some(bytes)))),
        bytes().prop_map(|bytes| Outcome::File(Ok(FileReply::Bytes(bytes)))),
        Just(Outcome::File(Ok(FileReply::Done))),
        Just(Outcome::File(Ok(FileReply::Names(vec!["a".to_owned(), "../b".to_owned()])))),
        Just(Outcome::File(Err(StorageFailure::Failed))),
    ]
}

fn request() -> impl Strategy<Value = AppRequest> {
    let identity = prop_oneof![Just(Identity::Work), Just(Identity::Personal)];
    let name = prop_oneof![Just("plan.txt".to_owned()), ".{0,12}".prop_map(|name| name)];
    (identity, name, proptest::collection::vec(any::<u8>(), 0..64), 0..7_u8).prop_map(
        |(identity, name, bytes, kind)| match kind {
            0 => AppRequest::Create { identity, name, content: bytes },
            1 => AppRequest::Write { identity, name, content: bytes },
            2 => AppRequest::Read { identity, name },
            3 => AppRequest::Delete { identity, name },
            4 => AppRequest::List,
            5 => AppRequest::Send {
                identity,
                name,
                action: Action::Send { way: Way::OpenIn, to: OtherApp::named("x") },
            },
            _ => AppRequest::Receive {
                action: Action::Receive { from: OtherApp::unnamed(), can_open_as_personal: true },
                bytes: [b"RNGS\x01\x01".as_slice(), &bytes].concat(),
                tag: None,
                name,
                identity,
            },
        },
    )
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        3 => Just(Input::Boot),
        3 => Just(Input::Foreground),
        1 => Just(Input::Background),
        2 => Just(Input::Tick),
        1 => Just(Input::Connectivity(Connectivity::Offline)),
        1 => Just(Input::Connectivity(Connectivity::Online)),
        2 => Just(Input::Facts(Box::new(facts(Platform::Ios)))),
        2 => Just(Input::SignIn {
            user_principal_name: crate::support::USER.to_owned(),
            credential: Credential::Password("correct horse 7".to_owned()),
        }),
        1 => Just(Input::RemoveAccount),
        1 => Just(Input::PushHint),
        1 => (0..20_u64).prop_map(|req| Input::StreamEnded { req: ReqId(req) }),
        4 => (any::<u64>(), request()).prop_map(|(id, request)| Input::Request { id: RequestId(id), request }),
        1 => Just(Input::DialogAnswer { code: "D5".to_owned(), action: ButtonAction::Retry }),
        30 => (0..40_u64, outcome()).prop_map(|(req, outcome)| Input::Done { req: ReqId(req), outcome }),
    ]
}

fn now() -> impl Strategy<Value = Now> {
    (any::<i64>(), any::<u64>(), 0..3_u64).prop_map(|(wall, mono, boot_id)| Now {
        wall: UnixMillis(wall),
        mono: Millis(mono),
        boot_id,
    })
}

fn play(inputs: &[(Now, Input)], platform: Platform) -> Vec<String> {
    let mut core = Core::new(config(platform, APP));
    let mut entropy = Entropy(0);
    let mut effects = Vec::new();
    for (now, input) in inputs {
        let out = core.step(*now, &mut |out| entropy.fill(out), input.clone());
        effects.extend(out.iter().map(|effect| format!("{effect:?}")));
    }
    effects
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_that_comes_in_makes_it_panic_and_all_of_it_replays(
        inputs in proptest::collection::vec((now(), input()), 0..120),
    ) {
        for platform in Platform::ALL {
            let once = play(&inputs, platform);
            prop_assert_eq!(once, play(&inputs, platform));
        }
    }

    #[test]
    fn damaged_slots_are_survived_and_never_open_work_data(
        slot in prop_oneof![
            Just("server"), Just("instance"), Just("keys"), Just("policy"), Just("clock"), Just("wipe")
        ],
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let start = UnixMillis(1_800_000_000_000);
        let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, start));
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.launch(facts(Platform::Ios));
        driver.sign_in();
        let name = "plan.txt".to_owned();
        let content = b"the plan".to_vec();
        driver.ask(AppRequest::Create { identity: Identity::Work, name: name.clone(), content: content.clone() });
        if let Some(bytes) = durable.slots.get_mut(slot) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
        }
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.online = false;
        driver.launch(facts(Platform::Ios));
        let answer = driver.ask(AppRequest::Read { identity: Identity::Work, name: name.clone() });
        match answer {
            Some(Answer::Content(read)) => prop_assert_eq!(read, content),
            Some(Answer::Refused(_) | Answer::Failed(Failure::Unreadable)) => {}
            other => prop_assert!(false, "{:?}", other),
        }
        prop_assert!(driver.durable.files["work/plan.txt"].starts_with(b"RNGF"), "nothing was written or lost");
        driver.online = true;
        driver.sign_in();
        prop_assert!(driver.ask(AppRequest::Status).is_some());
    }
}

#[test]
fn a_recorded_run_replays_bit_for_bit() {
    let start = UnixMillis(1_800_000_000_000);
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, start));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    let name = "plan.txt".to_owned();
    driver.ask(AppRequest::Create { identity: Identity::Work, name, content: b"the plan".to_vec() });
    let instance = driver.server.live().unwrap();
    driver.server.order_wipe(instance);
    driver.give(Input::PushHint);
    assert!(driver.effects.iter().any(|effect| effect.contains("D5")));
    assert_eq!(play(&driver.history, Platform::Ios), driver.effects);
}
