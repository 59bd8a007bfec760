//! Tightening one setting never lets data out that was held, and never weakens what a launch leads to.
//!
//! Held means refused or encrypted: no app outside can read it. Between those two a tightening may move either way: where
//! the management of the device no longer decides about the share sheet of iOS, encryption takes its place.

use proptest::prelude::*;
use ringfence_model::{
    Platform,
    settings::{Setting, Settings},
};
use ringfence_policy::{
    compile::CompiledPolicy,
    decide::{Verdict, decide},
    launch,
    merge::is_at_least_as_strict,
};

use crate::random::{account, app, device, managed, platform, request, settings, value};

/// Two policies that differ in one setting, the second at least as strict.
fn tightened() -> impl Strategy<Value = (Platform, Setting, Settings, Settings)> {
    platform()
        .prop_flat_map(|platform| {
            let all: Vec<Setting> = Setting::list_for(platform).collect();
            (Just(platform), settings(platform), proptest::sample::select(all))
        })
        .prop_flat_map(|(platform, settings, setting)| {
            (Just(platform), Just(settings), Just(setting), value(setting))
        })
        .prop_map(|(platform, mut loose, setting, other)| {
            let mut tight = loose.clone();
            tight.insert(setting, other);
            if !is_at_least_as_strict(setting, tight.get(&setting), loose.get(&setting)) {
                std::mem::swap(&mut tight, &mut loose);
            }
            if !is_at_least_as_strict(setting, tight.get(&setting), loose.get(&setting)) {
                tight.clone_from(&loose);
            }
            (platform, setting, loose, tight)
        })
}

fn held(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Deny | Verdict::AllowSealed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tightening_never_opens_a_way(
        (platform, setting, loose, tight) in tightened(),
        requests in proptest::collection::vec(request(), 30),
    ) {
        let managed = managed(platform);
        let before = CompiledPolicy::compile(platform, &loose, &managed);
        let after = CompiledPolicy::compile(platform, &tight, &managed);
        for request in requests {
            let (before, after) = (decide(&before, &request), decide(&after, &request));
            prop_assert!(
                !held(before.verdict) || held(after.verdict),
                "{setting}: {:?} became {:?} for {request:?}", before, after
            );
        }
    }

    #[test]
    fn tightening_never_weakens_a_launch(
        (platform, setting, loose, tight) in tightened(),
        facts in proptest::collection::vec((device(Platform::Ios), app(Platform::Ios), account()), 10),
    ) {
        let before = CompiledPolicy::compile(platform, &loose, &[]);
        let after = CompiledPolicy::compile(platform, &tight, &[]);
        for (device, app, account) in facts {
            let before = launch::evaluate(&before, &device, &app, &account);
            let after = launch::evaluate(&after, &device, &app, &account);
            prop_assert!(after.action >= before.action, "{setting}: {before:?} became {after:?}");
        }
    }
}
