//! The index and the plain form against a third, naive reading of the rules, on random directories and edits.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use ringfence_model::{AppId, AssignmentFilterId, GroupId, ManagementState, Platform, PolicyId, UserId};

use super::*;
use crate::filter::{Filter, FilterPlatform};

fn uuid(kind: u8, n: u8) -> uuid::Uuid {
    uuid::Uuid::from_u128(u128::from(kind) << 64 | u128::from(n))
}
fn user(n: u8) -> UserId {
    UserId(uuid(1, n))
}
fn group(n: u8) -> GroupId {
    GroupId(uuid(2, n))
}
fn policy(n: u8) -> PolicyId {
    PolicyId(uuid(3, n))
}
fn app(n: u8) -> AppId {
    AppId::new(
        if n.is_multiple_of(2) { Platform::Ios } else { Platform::Android },
        format!("org.example.app{}", n / 2),
    )
}

const MANAGEMENT: [ManagementState; 3] =
    [ManagementState::Unmanaged, ManagementState::Mdm, ManagementState::AndroidEnterprise];

/// What the state of the world is, kept by the test in the plainest form.
#[derive(Debug, Clone, Default)]
struct World {
    directory: Directory,
    targets: BTreeMap<PolicyId, Target>,
}

#[derive(Debug, Clone)]
enum Edit {
    License(u8, bool),
    Join(u8, u8),
    Leave(u8, u8),
    Nest(u8, u8),
    Unnest(u8, u8),
    DropUser(u8),
    DropGroup(u8),
    Policy(u8, Target),
    DropPolicy(u8),
}

impl World {
    fn apply(&mut self, edit: &Edit, index: &mut TargetingIndex) {
        let d = &mut self.directory;
        match edit {
            Edit::License(u, yes) => {
                d.users.entry(user(*u)).or_default().licensed = *yes;
                index.set_user(user(*u), *yes);
            }
            Edit::Join(g, u) => {
                d.users.entry(user(*u)).or_default().groups.insert(group(*g));
                index.add_member(group(*g), user(*u));
            }
            Edit::Leave(g, u) => {
                d.users.entry(user(*u)).and_modify(|node| {
                    node.groups.remove(&group(*g));
                });
                index.remove_member(group(*g), user(*u));
            }
            Edit::Nest(parent, child) => {
                d.member_of.entry(group(*child)).or_default().insert(group(*parent));
                index.nest(group(*parent), group(*child));
            }
            Edit::Unnest(parent, child) => {
                d.member_of.entry(group(*child)).or_default().remove(&group(*parent));
                index.unnest(group(*parent), group(*child));
            }
            Edit::DropUser(u) => {
                d.users.remove(&user(*u));
                index.remove_user(user(*u));
            }
            Edit::DropGroup(g) => {
                d.member_of.remove(&group(*g));
                d.member_of.values_mut().for_each(|up| {
                    up.remove(&group(*g));
                });
                d.users.values_mut().for_each(|node| {
                    node.groups.remove(&group(*g));
                });
                index.remove_group(group(*g));
            }
            Edit::Policy(p, target) => {
                self.targets.insert(policy(*p), target.clone());
                index.set_target(target.clone());
            }
            Edit::DropPolicy(p) => {
                self.targets.remove(&policy(*p));
                index.remove_target(policy(*p));
            }
        }
    }

    /// Membership by chasing every chain of at most as many steps as there are groups.
    fn is_in(&self, user: UserId, wanted: GroupId) -> bool {
        let mut now: BTreeSet<GroupId> =
            self.directory.users.get(&user).map(|u| u.groups.clone()).unwrap_or_default();
        for _ in 0..16 {
            let up: Vec<GroupId> = now
                .iter()
                .flat_map(|g| self.directory.member_of.get(g).into_iter().flatten().copied())
                .collect();
            now.extend(up);
        }
        now.contains(&wanted)
    }

    fn naive(&self, who: UserId, query: &Query<'_>) -> Vec<PolicyId> {
        let licensed = self.directory.users.get(&who).is_some_and(|u| u.licensed);
        self.targets
            .values()
            .filter(|t| {
                licensed
                    && t.platforms.iter().any(|p| *p == query.app.platform)
                    && match &t.apps {
                        AppScope::All => true,
                        AppScope::Listed(apps) => apps.iter().any(|a| a == query.app),
                    }
                    && (t.management.is_empty() || t.management.iter().any(|m| *m == query.management))
                    && !t.excludes.iter().any(|g| self.is_in(who, *g))
                    && (t.all_licensed_users && Self::passes(t, MatchedBy::AllLicensedUsers, query)
                        || t.includes
                            .iter()
                            .any(|g| self.is_in(who, *g) && Self::passes(t, MatchedBy::Group(*g), query)))
            })
            .map(|t| t.policy)
            .collect()
    }

    /// Filter 0 is for iOS 17, filter 1 for Android of one maker; filter 2 does not exist.
    fn passes(target: &Target, by: MatchedBy, query: &Query<'_>) -> bool {
        let Some(narrowed) = target.narrowed.iter().find(|one| one.by == by) else { return true };
        let facts = query.facts;
        let matches = match narrowed.filter {
            id if id == filter_id(0) => {
                query.app.platform == Platform::Ios && facts.os_version.as_deref() == Some("17.1")
            }
            id if id == filter_id(1) => {
                query.app.platform == Platform::Android && facts.manufacturer.as_deref() == Some("Acme")
            }
            _ => false,
        };
        matches != narrowed.inverted
    }

    /// A path is right when it starts at a direct group, follows nesting and ends at the assigned group.
    fn path_is_right(&self, who: UserId, found: &Match) -> bool {
        let MatchedBy::Group(assigned) = found.assignment else { return found.group_path.is_empty() };
        let starts = self.directory.users[&who].groups.contains(&found.group_path[0]);
        let climbs =
            found.group_path.windows(2).all(|step| self.directory.member_of[&step[0]].contains(&step[1]));
        starts && climbs && found.group_path.last() == Some(&assigned)
    }
}

fn filter_id(n: u8) -> AssignmentFilterId {
    AssignmentFilterId(uuid(4, n))
}

fn filters() -> Filters {
    let ios = Filter::parse(FilterPlatform::Ios, "(app.osVersion -startsWith \"17\")").unwrap();
    let android = Filter::parse(FilterPlatform::Android, "(app.deviceManufacturer -eq \"acme\")").unwrap();
    [(filter_id(0), ios), (filter_id(1), android)].into()
}

fn phones() -> [Facts; 2] {
    let known = Facts {
        os_version: Some("17.1".to_owned()),
        manufacturer: Some("Acme".to_owned()),
        ..Facts::default()
    };
    [known, Facts::UNKNOWN]
}

fn narrowed(by: MatchedBy, (filter, inverted): (u8, bool)) -> Narrowed {
    Narrowed { by, filter: filter_id(filter), inverted }
}

fn target() -> impl Strategy<Value = (u8, Target)> {
    let groups = || proptest::collection::btree_set((0u8..8).prop_map(group), 0..3);
    let apps = prop_oneof![
        1 => Just(AppScope::All),
        4 => proptest::collection::btree_set((0u8..6).prop_map(app), 0..4).prop_map(AppScope::Listed),
    ];
    let platforms = proptest::sample::subsequence(Platform::ALL.to_vec(), 1..=2);
    let management = prop_oneof![
        2 => Just(Vec::new()),
        1 => proptest::sample::subsequence(MANAGEMENT.to_vec(), 1..=2),
    ];
    let choice = proptest::option::weighted(0.3, (0u8..3, proptest::bool::ANY));
    let all = (proptest::bool::weighted(0.15), proptest::collection::vec(choice, 4));
    (0u8..40, apps, platforms, management, groups(), groups(), all).prop_map(
        |(p, apps, platforms, management, includes, excludes, (all_licensed_users, choices))| {
            let by = includes.iter().map(|g| MatchedBy::Group(*g)).chain([MatchedBy::AllLicensedUsers]);
            let narrowed =
                by.zip(&choices).filter_map(|(by, choice)| choice.map(|choice| narrowed(by, choice)));
            let narrowed = narrowed.collect();
            let target = Target {
                policy: policy(p),
                platforms: platforms.into_iter().collect(),
                apps,
                management: management.into_iter().collect(),
                includes,
                excludes,
                all_licensed_users,
                narrowed,
            };
            (p, target)
        },
    )
}

fn edit() -> impl Strategy<Value = Edit> {
    let (u, g) = (0u8..6, 0u8..8);
    prop_oneof![
        4 => (u.clone(), proptest::bool::weighted(0.8)).prop_map(|(u, yes)| Edit::License(u, yes)),
        6 => (g.clone(), u.clone()).prop_map(|(g, u)| Edit::Join(g, u)),
        2 => (g.clone(), u.clone()).prop_map(|(g, u)| Edit::Leave(g, u)),
        4 => (g.clone(), g.clone()).prop_map(|(a, b)| Edit::Nest(a, b)),
        2 => (g.clone(), g.clone()).prop_map(|(a, b)| Edit::Unnest(a, b)),
        1 => u.prop_map(Edit::DropUser),
        1 => g.prop_map(Edit::DropGroup),
        6 => target().prop_map(|(p, t)| Edit::Policy(p, t)),
        1 => (0u8..40).prop_map(Edit::DropPolicy),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn index_plain_form_and_naive_reading_agree(rounds in proptest::collection::vec(
        proptest::collection::vec(edit(), 1..24), 1..5,
    )) {
        let mut world = World::default();
        world.directory.filters = filters();
        let mut index = TargetingIndex::new();
        for (id, filter) in filters() {
            index.set_filter(id, Some(filter));
        }
        for edits in rounds {
            for edit in &edits {
                world.apply(edit, &mut index);
            }
            index.settle();
            let targets: Vec<Target> = world.targets.values().cloned().collect();
            let rebuilt = TargetingIndex::build(&world.directory, targets.clone());
            prop_assert_eq!(index.classes(), rebuilt.classes(), "a class outlives its users");
            for who in (0..7).map(user) {
                for app in (0..7).map(app) {
                    for management in MANAGEMENT {
                        for facts in phones() {
                        let query = Query { facts: &facts, ..Query::new(&app, management) };
                        let expected = world.naive(who, &query);
                        let plain = world.directory.resolve(&targets, who, &query);
                        prop_assert!(plain.iter().all(|found| world.path_is_right(who, found)));
                        prop_assert_eq!(plain.iter().map(|m| m.policy).collect::<Vec<_>>(), expected.clone());
                        prop_assert_eq!(index.resolve(who, &query), plain);
                        prop_assert_eq!(index.row(who, &query).to_vec(), expected.clone());
                        let mut matching: Vec<_> = index.matching(who, &query).collect();
                        matching.sort_unstable();
                        prop_assert_eq!(matching, expected);
                        prop_assert_eq!(index.diagnose(who, &query), world.directory.diagnose(&targets, who, &query));
                        }
                    }
                }
            }
        }
    }
}

fn simple(p: u8, includes: &[u8], excludes: &[u8]) -> Target {
    Target {
        policy: policy(p),
        platforms: Platform::ALL.into(),
        apps: AppScope::All,
        management: BTreeSet::new(),
        includes: includes.iter().copied().map(group).collect(),
        excludes: excludes.iter().copied().map(group).collect(),
        all_licensed_users: false,
        narrowed: Vec::new(),
    }
}

#[test]
fn a_change_touches_those_it_concerns_and_nobody_else() {
    let mut index = TargetingIndex::new();
    for n in 0..200 {
        index.set_user(user(n), true);
        index.add_member(group(n / 10), user(n));
    }
    index.nest(group(100), group(3));
    index.settle();

    index.set_target(simple(1, &[5], &[]));
    let settled = index.settle();
    assert_eq!((settled.touched, settled.changed.len()), (10, 10));

    index.set_target(simple(2, &[100], &[]));
    let settled = index.settle();
    assert_eq!(settled.changed, (30..40).map(user).collect::<Vec<_>>(), "nested members are reached");

    index.add_member(group(5), user(0));
    let settled = index.settle();
    assert_eq!((settled.touched, settled.changed), (1, vec![user(0)]));

    let mut other_apps = simple(1, &[5], &[]);
    other_apps.apps = AppScope::Listed([app(0)].into());
    index.set_target(other_apps);
    assert_eq!(index.settle().touched, 0, "an edit of the app list changes no class");
    assert!(index.has(user(0), policy(1)) && !index.has(user(1), policy(1)));

    index.remove_target(policy(1));
    assert_eq!(index.settle().changed.len(), 11);
}

#[test]
fn a_filter_that_leaves_a_phone_out_is_named() {
    let mut index = TargetingIndex::new();
    index.set_filter(filter_id(0), filters().remove(&filter_id(0)));
    index.set_user(user(0), true);
    index.add_member(group(1), user(0));
    let mut target = simple(1, &[1], &[]);
    target.narrowed = vec![narrowed(MatchedBy::Group(group(1)), (0, false))];
    index.set_target(target);
    assert_eq!(index.settle().changed, [user(0)], "the class is the same for every phone of the user");
    let (app, [known, unknown]) = (app(0), phones());
    let asked = Query::new(&app, ManagementState::Unmanaged);
    let (hit, miss) = (Query { facts: &known, ..asked }, Query { facts: &unknown, ..asked });
    assert_eq!((index.kept_away(user(0), &hit), index.kept_away(user(0), &miss)), (vec![], vec![policy(1)]));
    let group_path = vec![group(1)];
    assert_eq!(index.diagnose(user(0), &miss)[0].1, Outcome::Filtered { filter: filter_id(0), group_path });
    assert_eq!(index.narrowed_by(filter_id(0)).collect::<Vec<_>>(), [policy(1)]);
    index.set_filter(filter_id(0), None);
    assert_eq!(index.matching(user(0), &hit).count(), 0, "a filter that is not there matches nothing");
}

#[test]
fn equal_users_share_one_row() {
    let mut index = TargetingIndex::new();
    for n in 0..3 {
        index.set_user(user(n), true);
        index.add_member(group(n % 2), user(n));
    }
    index.set_target(simple(1, &[0], &[]));
    index.set_target(simple(2, &[0, 1], &[]));
    index.settle();
    let app = app(0);
    let query = Query::new(&app, ManagementState::Unmanaged);
    let (a, b, c) = (index.row(user(0), &query), index.row(user(2), &query), index.row(user(1), &query));
    assert!(std::sync::Arc::ptr_eq(&a, &b));
    assert_eq!((a.to_vec(), c.to_vec()), (vec![policy(1), policy(2)], vec![policy(2)]));
    assert_eq!(index.classes(), 3, "two sets and the empty one");
}

#[test]
fn the_shortest_path_is_named_and_exclusion_explained() {
    let mut index = TargetingIndex::new();
    index.set_user(user(0), true);
    index.add_member(group(1), user(0));
    index.add_member(group(2), user(0));
    index.nest(group(3), group(1));
    index.nest(group(9), group(3));
    index.nest(group(9), group(2));
    index.set_target(simple(1, &[9], &[]));
    index.set_target(simple(2, &[9], &[3]));
    index.settle();
    let app = app(0);
    let query = Query::new(&app, ManagementState::Unmanaged);
    let found = index.resolve(user(0), &query);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].group_path, [group(2), group(9)]);
    let (_, outcome) = &index.diagnose(user(0), &query)[1];
    assert_eq!(*outcome, Outcome::Excluded { group_path: vec![group(1), group(3)] });
}
