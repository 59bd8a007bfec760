//! A scenario cut after any effect, and gone on with, comes to the same end: no half wipe, no lost file, no second
//! notice (AT-U2).

use ringfence_model::Platform;
use ringfence_scenario::{Rest, Scenario, cut, find};

/// The end without a crash.
fn uncut(scenario: &Scenario, platform: Platform) -> Rest {
    let rest = cut(scenario, platform, None).unwrap();
    assert!(rest.failures.is_empty() && !rest.cut, "{}: {rest:#?}", scenario.id);
    rest
}

fn comes_to_the_same_end(scenario: &Scenario, platform: Platform, after: u32, wanted: &Rest) {
    let name = format!("{} on {platform}, cut after {after} effects", scenario.id);
    let rest = cut(scenario, platform, Some(after)).unwrap_or_else(|error| panic!("{name}: {error:#}"));
    // How many effects there are at the very end depends on what arrives while nobody waits for it.
    assert!(rest.cut || rest.effects <= after, "{name}: nothing was cut");
    assert!(rest.failures.is_empty(), "{name}: {:#?}", rest.failures);
    assert_eq!(rest.apps, wanted.apps, "{name}");
    for (notice, times) in &rest.notices {
        let wanted = wanted.notices.get(notice).copied().unwrap_or_default();
        assert!(*times <= wanted, "{name}: {notice} was shown {times} times, not {wanted}");
    }
}

fn every_effect(id: &str, platform: Platform) {
    for scenario in find(id).unwrap().iter().filter(|scenario| scenario.platforms.contains(&platform)) {
        let wanted = uncut(scenario, platform);
        assert!(wanted.effects > 50, "the story is long enough to be worth it: {}", wanted.effects);
        for after in 0..wanted.effects {
            comes_to_the_same_end(scenario, platform, after, &wanted);
        }
    }
}

#[test]
fn a_wipe_on_ios_cut_after_every_effect() {
    every_effect("D5", Platform::Ios);
}

#[test]
fn a_first_policy_on_android_cut_after_every_effect() {
    every_effect("D1", Platform::Android);
}

/// Every scenario at some of its effects; with `RINGFENCE_CRASH=every` at all of them, which takes hours.
mod here_and_there {
    const CUTS: u32 = 3;

    fn cuts(effects: u32) -> Vec<u32> {
        if std::env::var_os("RINGFENCE_CRASH").is_some_and(|wanted| wanted == "every") {
            return (0..effects).collect();
        }
        (1..=CUTS).map(|cut| effects * cut / (CUTS + 1)).collect()
    }

    fn holds(name: &str) {
        for scenario in super::find(name).unwrap() {
            for &platform in &scenario.platforms {
                let wanted = super::uncut(&scenario, platform);
                for after in cuts(wanted.effects) {
                    super::comes_to_the_same_end(&scenario, platform, after, &wanted);
                }
            }
        }
    }

    mod each {
        include!(concat!(env!("OUT_DIR"), "/tests.rs"));
    }
}
