//! The laws of the merge on random policies of both platforms; the decided points stand in `points`.

mod points;

use std::collections::BTreeSet;

use super::*;
use proptest::prelude::*;
use ringfence_model::{
    Millis, Version,
    settings::{Kind, Pair},
};

/// Few names, so that lists meet.
fn any_text() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["alpha", "Alpha", "beta", "gamma", "delta"]).prop_map(str::to_owned)
}

fn any_things() -> impl Strategy<Value = String> {
    proptest::collection::vec(any_text(), 1..4).prop_map(|things| things.join(";"))
}

fn any_set(members: &'static [&'static str]) -> impl Strategy<Value = BTreeSet<&'static str>> {
    proptest::collection::btree_set(proptest::sample::select(members), 0..=members.len())
}

fn any_value(setting: Setting) -> BoxedStrategy<Value> {
    match setting.spec().kind {
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Int { min, max } => (min..=max.min(min + 6)).prop_map(Value::Int).boxed(),
        Kind::Choice(members) => proptest::sample::select(members).prop_map(Value::Choice).boxed(),
        Kind::Flags(members) => any_set(&members[1..]).prop_map(Value::Flags).boxed(),
        Kind::Choices(members) => any_set(members).prop_map(Value::Choices).boxed(),
        Kind::Span => (0_u64..6).prop_map(|minutes| Value::Span(Millis::from_minutes(minutes))).boxed(),
        Kind::Version => {
            (0_u32..4, 0_u32..3).prop_map(|(a, b)| Value::Version(Version([a, b, 0, 0]))).boxed()
        }
        Kind::Date => (2020..2024).prop_map(|year| Value::Date(format!("{year}-01-01"))).boxed(),
        Kind::Text => any_text().prop_map(Value::Text).boxed(),
        Kind::Texts | Kind::JoinedTexts => {
            proptest::collection::vec(any_text(), 0..4).prop_map(Value::Texts).boxed()
        }
        Kind::Pairs => proptest::collection::vec((any_things(), any_things()), 0..3)
            .prop_map(|pairs| {
                Value::Pairs(pairs.into_iter().map(|(name, value)| Pair { name, value }).collect())
            })
            .boxed(),
    }
}

/// A policy that sets about two settings in three.
fn any_settings(platform: Platform) -> impl Strategy<Value = Settings> {
    let each: Vec<_> = Setting::list_for(platform)
        .map(|setting| {
            proptest::option::weighted(0.66, any_value(setting)).prop_map(move |value| (setting, value))
        })
        .collect();
    each.prop_map(|all| all.into_iter().filter_map(|(setting, value)| Some((setting, value?))).collect())
}

fn any_platform() -> impl Strategy<Value = Platform> {
    proptest::sample::select(&Platform::ALL[..])
}

fn any_policies<const N: usize>() -> impl Strategy<Value = (Platform, Vec<Settings>)> {
    any_platform()
        .prop_flat_map(|platform| (Just(platform), proptest::collection::vec(any_settings(platform), N)))
}

fn merge_all(platform: Platform, all: &[&Settings]) -> Effective {
    let parts: Vec<Part<'_>> =
        all.iter().enumerate().map(|(source, settings)| Part { source, platform, settings }).collect();
    merge(&parts)
}

fn values(platform: Platform, all: &[&Settings]) -> Settings {
    merge_all(platform, all).values()
}

/// Where `settings` stand for the gates of a setting.
fn scope(setting: Setting, settings: &Settings) -> Scope {
    rule_of(setting).scope_of(|gate| rule_of(gate).given(settings))
}

/// The definition of *never looser*, setting by setting: wherever the setting means something in `part`, either the
/// whole is past the point where it matters, or it matters there too and is at least as strict.
fn find_looser(whole: &Settings, part: &Settings, platform: Platform) -> Option<Setting> {
    Setting::list_for(platform).find(|setting| {
        let strict = is_at_least_as_strict(*setting, whole.get(setting), part.get(setting));
        match (scope(*setting, part), scope(*setting, whole)) {
            (Scope::Active, Scope::Active) => !strict,
            (Scope::Active, Scope::Below) => true,
            (Scope::Active, Scope::Above) | (Scope::Below | Scope::Above, _) => false,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_merge_is_commutative((platform, all) in any_policies::<3>()) {
        let forward = values(platform, &[&all[0], &all[1], &all[2]]);
        prop_assert_eq!(&forward, &values(platform, &[&all[2], &all[1], &all[0]]));
        prop_assert_eq!(&forward, &values(platform, &[&all[1], &all[2], &all[0]]));
    }

    #[test]
    fn the_merge_is_associative((platform, all) in any_policies::<4>()) {
        let flat = values(platform, &[&all[0], &all[1], &all[2], &all[3]]);
        let left = values(platform, &[&all[0], &all[1]]);
        let right = values(platform, &[&all[2], &all[3]]);
        prop_assert_eq!(&flat, &values(platform, &[&left, &right]));
        prop_assert_eq!(&flat, &values(platform, &[&left, &all[2], &all[3]]));
        prop_assert_eq!(&flat, &values(platform, &[&all[0], &values(platform, &[&all[1], &right])]));
    }

    #[test]
    fn the_merge_is_idempotent((platform, all) in any_policies::<2>()) {
        let once = values(platform, &[&all[0]]);
        prop_assert_eq!(&once, &values(platform, &[&all[0], &all[0]]));
        prop_assert_eq!(&once, &values(platform, &[&once]));
        let both = values(platform, &[&all[0], &all[1]]);
        prop_assert_eq!(&both, &values(platform, &[&both, &all[0], &all[1], &both]));
    }

    #[test]
    fn the_merge_is_never_looser_than_a_part((platform, all) in any_policies::<3>()) {
        let whole = values(platform, &[&all[0], &all[1], &all[2]]);
        for part in &all {
            let looser = find_looser(&whole, part, platform);
            prop_assert_eq!(looser, None, "{:?}", looser.map(|s| (whole.get(&s), part.get(&s))));
        }
    }

    #[test]
    fn strictness_is_an_order(
        (setting, a, b, c) in proptest::sample::select(Setting::ALL).prop_flat_map(|setting| {
            let value = || proptest::option::of(any_value(setting));
            (Just(setting), value(), value(), value())
        })
    ) {
        let (a, b, c) = (a.as_ref(), b.as_ref(), c.as_ref());
        let stricter = |x, y| is_at_least_as_strict(setting, x, y);
        prop_assert!(stricter(a, a));
        prop_assert!(!(stricter(a, b) && stricter(b, c)) || stricter(a, c));
        let joined = rule_of(setting).join(rule_of(setting).given_value(a), rule_of(setting).given_value(b));
        if joined.is_some() || rule_of(setting).join == Join::SameOrNothing {
            prop_assert!(stricter(joined.as_ref(), a) && stricter(joined.as_ref(), b));
        }
    }

    #[test]
    fn deciders_are_parts_and_decide((platform, all) in any_policies::<3>()) {
        let whole = merge_all(platform, &[&all[0], &all[1], &all[2]]);
        for (setting, merged) in &whole.settings {
            prop_assert!(!merged.deciders.is_empty() && merged.deciders.iter().all(|source| *source < 3));
            // The deciders alone, with the parts that open the gates, give the same value.
            if rule_of(*setting).gates.is_empty() {
                let deciding: Vec<&Settings> = merged.deciders.iter().map(|source| &all[*source]).collect();
                let explicit = deciding.iter().any(|settings| settings.contains_key(setting));
                let alone = values(platform, &deciding);
                prop_assert!(!explicit || alone.get(setting) == Some(&merged.value), "{} {:?}", setting, merged);
            }
        }
    }
}
