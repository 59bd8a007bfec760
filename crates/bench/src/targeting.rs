//! Who gets what: up to 10⁶ users × 10⁴ groups × 10³ policies, from memory; and what one change costs.

use std::{
    collections::{BTreeSet, HashMap},
    hint::black_box,
    time::Duration,
};

use ringfence_model::{AppId, GroupId, ManagementState, Platform, PolicyId, UnixMillis, UserId};
use ringfence_policy::targeting::{AppScope, Query, Row, Target, TargetingIndex};

use crate::{
    dice::Dice,
    measure::{Effort, Work, cpu_since, interleave, thread_cpu},
    table::{Figure, Goal},
};

const GROUPS: usize = 10_000;
const POLICIES: usize = 1_000;
const APPS: usize = 200;
const GROUPS_PER_USER: usize = 10;
const DEPARTMENT_SHARE: u64 = 70;

struct Tenant {
    index: TargetingIndex,
    users: Vec<UserId>,
    policies: Vec<Target>,
    apps: Vec<AppId>,
}

fn make_tenant(user_count: usize) -> Tenant {
    let dice = &mut Dice(7);
    let now = UnixMillis(1_790_000_000_000);
    let groups: Vec<_> = (0..GROUPS).map(|_| GroupId::make(now, dice.bytes())).collect();
    let apps: Vec<_> =
        (0..APPS).map(|i| AppId::new(Platform::Android, format!("org.example.app{i}"))).collect();
    let policies: Vec<_> = (0..POLICIES)
        .map(|_| Target {
            policy: PolicyId::make(now, dice.bytes()),
            platforms: BTreeSet::from([Platform::Android]),
            apps: AppScope::Listed((0..10).map(|_| apps[dice.below(APPS)].clone()).collect()),
            management: BTreeSet::new(),
            includes: (0..5).map(|_| groups[dice.below(GROUPS)]).collect(),
            excludes: BTreeSet::from([groups[dice.below(GROUPS)]]),
            all_licensed_users: false,
            narrowed: Vec::new(),
        })
        .collect();
    let departments: Vec<Vec<usize>> =
        (0..500).map(|_| (0..GROUPS_PER_USER).map(|_| dice.below(GROUPS)).collect()).collect();
    let mut index = TargetingIndex::new();
    for target in &policies {
        index.set_target(target.clone());
    }
    let users: Vec<_> = (0..user_count)
        .map(|_| {
            let user = UserId::make(now, dice.bytes());
            index.set_user(user, true);
            let department = &departments[dice.below(departments.len())];
            for usual in department {
                let fixed = dice.roll() % 100 < DEPARTMENT_SHARE;
                let group = if fixed { *usual } else { dice.below(GROUPS) };
                index.add_member(groups[group], user);
            }
            user
        })
        .collect();
    index.settle();
    Tenant { index, users, policies, apps }
}

/// The figures of this group.
pub(crate) fn run(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut medians = Vec::new();
    for size in [10_000, 100_000, 1_000_000].map(|size| size / effort.shrink) {
        let mut tenant = make_tenant(size);
        let lookup = lookup(effort, &mut tenant, size);
        medians.push(lookup.figure);
        figures.push(lookup);
        if size * effort.shrink == 1_000_000 {
            figures.push(change(effort, &mut tenant));
        }
    }
    if let [small, .., large] = medians.as_slice() {
        figures.push(Figure::compare(
            "growth of that look-up, users ×100",
            "ns",
            &[*large],
            ("the same with a hundredth of the users; 1.6 per decade is cache misses only", &[*small]),
            Goal::RatioAtMost(2.56),
        ));
    }
    figures
}

/// One look-up of (user, app), users and apps in random order.
fn lookup(effort: Effort, tenant: &mut Tenant, size: usize) -> Figure {
    let dice = &mut Dice(11);
    let asked: Vec<_> =
        (0..8_192).map(|_| (tenant.users[dice.below(tenant.users.len())], dice.below(APPS))).collect();
    let Tenant { index, apps, .. } = tenant;
    let table: HashMap<(UserId, usize), Row> = asked
        .iter()
        .map(|(user, app)| {
            let query = Query::new(&apps[*app], ManagementState::Unmanaged);
            ((*user, *app), index.row(*user, &query))
        })
        .collect();
    let ours: Work<'_> = Box::new(|count| {
        for (user, app) in asked.iter().cycle().take(count as usize) {
            let query = Query::new(&apps[*app], ManagementState::Unmanaged);
            black_box(index.row(*user, &query));
        }
    });
    let finished: Work<'_> = Box::new(|count| {
        for key in asked.iter().cycle().take(count as usize) {
            black_box(table.get(key).cloned());
        }
    });
    let samples = interleave(effort, &mut [ours, finished]);
    Figure::compare(
        format!("effective policy, {size} users × {GROUPS} groups × {POLICIES} policies"),
        "ns",
        &samples[0],
        ("hash table of finished answers", &samples[1]),
        Goal::FigureAtMost(1_000.0),
    )
}

/// One changed assignment: CPU per touched user.
fn change(effort: Effort, tenant: &mut Tenant) -> Figure {
    let mut per_user = Vec::new();
    let (mut untouched, mut all) = (0_usize, 0_usize);
    for target in tenant.policies.iter().take(effort.rounds) {
        let mut changed = target.clone();
        changed.excludes.clear();
        changed.includes.pop_first();
        let before = thread_cpu();
        tenant.index.set_target(changed);
        let settled = tenant.index.settle();
        let spent = cpu_since(before);
        per_user.push(nanos(spent) / settled.touched.max(1) as f64);
        untouched += tenant.users.len() - settled.touched;
        all += tenant.users.len();
    }
    let limit = vec![1_500.0; per_user.len()];
    Figure::compare(
        format!(
            "one changed assignment, per touched user ({} in 100 users left alone)",
            untouched * 100 / all.max(1)
        ),
        "ns",
        &per_user,
        ("1.5 µs per touched user", &limit),
        Goal::RatioAtMost(1.0),
    )
}

fn nanos(span: Duration) -> f64 {
    span.as_nanos() as f64
}
