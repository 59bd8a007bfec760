//! The graph of groups, interned: who contains whom, and which policies a member of a group gets or is denied.

use std::collections::{HashMap, HashSet};

use ringfence_model::GroupId;

#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: GroupId,
    /// Groups this one is a member of.
    pub(super) parents: Vec<u32>,
    /// Groups that are members of this one.
    children: Vec<u32>,
    includes: Vec<u32>,
    excludes: Vec<u32>,
    /// Policies included by this group or a group above it; sorted.
    pub(super) all_includes: Box<[u32]>,
    /// Policies excluded by this group or a group above it; sorted.
    pub(super) all_excludes: Box<[u32]>,
    /// Direct members. A user who left may linger until the next sweep: they are recomputed in vain, never wrongly.
    pub(super) members: Vec<u32>,
    /// How many of `members` have left.
    pub(super) left: usize,
}

/// Whether a policy is given or denied by a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Include,
    Exclude,
}

/// Every group that a user, a group or a policy ever named.
#[derive(Debug, Default)]
pub(super) struct Groups {
    ids: HashMap<GroupId, u32>,
    nodes: Vec<Group>,
}

impl Groups {
    pub(super) fn intern(&mut self, id: GroupId) -> u32 {
        *self.ids.entry(id).or_insert_with(|| {
            self.nodes.push(Group {
                id,
                parents: Vec::new(),
                children: Vec::new(),
                includes: Vec::new(),
                excludes: Vec::new(),
                all_includes: Box::default(),
                all_excludes: Box::default(),
                members: Vec::new(),
                left: 0,
            });
            self.nodes.len() as u32 - 1
        })
    }

    pub(super) fn find(&self, id: GroupId) -> Option<u32> {
        self.ids.get(&id).copied()
    }

    pub(super) fn get(&self, group: u32) -> Option<&Group> {
        self.nodes.get(group as usize)
    }

    pub(super) fn get_mut(&mut self, group: u32) -> Option<&mut Group> {
        self.nodes.get_mut(group as usize)
    }

    /// Makes `child` a member of `parent`. False when it was already.
    pub(super) fn nest(&mut self, parent: u32, child: u32) -> bool {
        let Some(node) = self.get_mut(child) else { return false };
        if node.parents.contains(&parent) {
            return false;
        }
        node.parents.push(parent);
        if let Some(node) = self.get_mut(parent) {
            node.children.push(child);
        }
        true
    }

    /// Ends the membership of `child` in `parent`. False when there was none.
    pub(super) fn unnest(&mut self, parent: u32, child: u32) -> bool {
        let Some(node) = self.get_mut(child) else { return false };
        let before = node.parents.len();
        node.parents.retain(|group| *group != parent);
        let ended = node.parents.len() != before;
        if let Some(node) = self.get_mut(parent) {
            node.children.retain(|group| *group != child);
        }
        ended
    }

    /// The nesting around a group: above it, below it.
    pub(super) fn neighbours(&self, group: u32) -> (Vec<u32>, Vec<u32>) {
        self.get(group).map_or_else(Default::default, |node| (node.parents.clone(), node.children.clone()))
    }

    /// Gives or denies a policy to the members of a group. The caller refreshes.
    pub(super) fn assign(&mut self, group: u32, policy: u32, side: Side) {
        if let Some(node) = self.get_mut(group) {
            match side {
                Side::Include => node.includes.push(policy),
                Side::Exclude => node.excludes.push(policy),
            }
        }
    }

    /// Withdraws what [`Self::assign`] did. The caller refreshes.
    pub(super) fn withdraw(&mut self, group: u32, policy: u32, side: Side) {
        if let Some(node) = self.get_mut(group) {
            match side {
                Side::Include => node.includes.retain(|p| *p != policy),
                Side::Exclude => node.excludes.retain(|p| *p != policy),
            }
        }
    }

    /// Recomputes what these groups and all groups below them give, and names those where it became something else.
    pub(super) fn refresh(&mut self, groups: Vec<u32>) -> Vec<u32> {
        let below = self.closure(groups, |node| &node.children);
        below.into_iter().filter(|group| self.refresh_one(*group)).collect()
    }

    fn refresh_one(&mut self, group: u32) -> bool {
        let above = self.closure(vec![group], |node| &node.parents);
        let gather = |side: fn(&Group) -> &Vec<u32>| {
            let mut all: Vec<u32> = above
                .iter()
                .filter_map(|g| self.get(*g))
                .flat_map(|node| side(node).iter().copied())
                .collect();
            all.sort_unstable();
            all.dedup();
            all.into_boxed_slice()
        };
        let includes = gather(|node| &node.includes);
        let excludes = gather(|node| &node.excludes);
        let Some(node) = self.get_mut(group) else { return false };
        let changed = node.all_includes != includes || node.all_excludes != excludes;
        node.all_includes = includes;
        node.all_excludes = excludes;
        changed
    }

    /// Groups and everything reachable from them. Cycles end at what was seen before.
    fn closure(&self, mut seen: Vec<u32>, next: impl Fn(&Group) -> &Vec<u32>) -> Vec<u32> {
        seen.sort_unstable();
        seen.dedup();
        let mut known: HashSet<u32> = seen.iter().copied().collect();
        let mut at = 0;
        while let Some(node) = seen.get(at).and_then(|group| self.get(*group)) {
            for &step in next(node) {
                if known.insert(step) {
                    seen.push(step);
                }
            }
            at += 1;
        }
        seen
    }
}
