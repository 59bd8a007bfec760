//! The compiled functions agree with the naive ones on everything.

use proptest::prelude::*;
use ringfence_policy::{compile::CompiledPolicy, decide::decide, launch};

use crate::{
    naive::Naive,
    naive_launch,
    random::{account, app, device, managed, platform, request, settings, sparse},
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decisions_agree(
        (platform, settings) in platform().prop_flat_map(|platform| (Just(platform), settings(platform))),
        requests in proptest::collection::vec(request(), 40),
    ) {
        let managed = managed(platform);
        let policy = CompiledPolicy::compile(platform, &settings, &managed);
        let naive = Naive { platform, settings: &settings, managed: &managed };
        for request in requests {
            let decision = decide(&policy, &request);
            prop_assert_eq!((decision.verdict, decision.reason), naive.decide(&request), "{:?}", request);
            for setting in decision.settings() {
                prop_assert!(setting.applies_to(platform), "{} on {}", setting, platform);
            }
        }
    }

    #[test]
    fn launches_agree(
        ((platform, settings), devices) in platform().prop_flat_map(|platform| {
            let facts = (device(platform), app(platform), account());
            ((Just(platform), sparse(platform)), proptest::collection::vec(facts, 10))
        }),
    ) {
        let policy = CompiledPolicy::compile(platform, &settings, &[]);
        for (device, app, account) in devices {
            let outcome = launch::evaluate(&policy, &device, &app, &account);
            let mut naive = naive_launch::findings(platform, &settings, &device, &app, &account);
            naive.sort_by_key(|(action, _, _)| std::cmp::Reverse(*action));
            let found: Vec<_> = outcome
                .findings(&policy, &device, &app, &account)
                .map(|finding| (finding.action, finding.reason, finding.setting))
                .collect();
            prop_assert_eq!(&found, &naive);
            let first = naive.first();
            prop_assert_eq!(outcome.action, first.map_or(launch::LaunchAction::None, |first| first.0));
            prop_assert_eq!(outcome.reason, first.map(|first| first.1));
            prop_assert_eq!(outcome.decider, first.map(|first| first.2));
        }
    }
}
