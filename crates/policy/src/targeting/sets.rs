//! Interned policy sets. Users with the same set share one class; a class without users is forgotten.

use std::{collections::HashMap, sync::Arc};

/// The class of everybody whom nothing reaches. It exists always.
pub(super) const NOBODY: u32 = 0;

/// First word of a set kept as a bit map instead of a list.
const BITS: u32 = u32::MAX;

/// Names the users who have the same policies, whatever the app. A name that went out of use is not used again for
/// other policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Class {
    slot: u32,
    generation: u32,
}

#[derive(Debug)]
struct Entry {
    set: Arc<[u32]>,
    users: u32,
    generation: u32,
}

/// All classes in use.
#[derive(Debug)]
pub(super) struct Classes {
    by_set: HashMap<Arc<[u32]>, u32>,
    classes: Vec<Entry>,
    free: Vec<u32>,
}

impl Classes {
    pub(super) fn new() -> Self {
        let empty: Arc<[u32]> = Arc::from([]);
        Self {
            by_set: HashMap::from([(Arc::clone(&empty), NOBODY)]),
            classes: vec![Entry { set: empty, users: 1, generation: 0 }],
            free: Vec::new(),
        }
    }

    /// How many distinct sets are in use, the empty one included.
    pub(super) fn len(&self) -> usize {
        self.by_set.len()
    }

    /// Counts one more user of the set `packed` and names its class.
    pub(super) fn enter(&mut self, packed: &[u32]) -> u32 {
        if let Some(&slot) = self.by_set.get(packed) {
            if let Some(class) = self.classes.get_mut(slot as usize) {
                class.users = class.users.saturating_add(1);
            }
            return slot;
        }
        let set: Arc<[u32]> = Arc::from(packed);
        let slot = if let Some(slot) = self.free.pop() {
            if let Some(class) = self.classes.get_mut(slot as usize) {
                *class =
                    Entry { set: Arc::clone(&set), users: 1, generation: class.generation.wrapping_add(1) };
            }
            slot
        } else {
            self.classes.push(Entry { set: Arc::clone(&set), users: 1, generation: 0 });
            self.classes.len() as u32 - 1
        };
        self.by_set.insert(set, slot);
        slot
    }

    /// Counts one user less.
    pub(super) fn leave(&mut self, slot: u32) {
        if slot == NOBODY {
            return;
        }
        if let Some(class) = self.classes.get_mut(slot as usize) {
            class.users = class.users.saturating_sub(1);
            if class.users == 0 {
                self.by_set.remove(&class.set);
                class.set = Arc::from([]);
                self.free.push(slot);
            }
        }
    }

    pub(super) fn key(&self, slot: u32) -> Class {
        Class { slot, generation: self.classes.get(slot as usize).map_or(0, |class| class.generation) }
    }

    /// The policies of a class in ascending order.
    pub(super) fn policies(&self, slot: u32) -> impl Iterator<Item = u32> {
        unpack(self.classes.get(slot as usize).map_or(&[], |class| &class.set))
    }

    pub(super) fn contains(&self, slot: u32, policy: u32) -> bool {
        let set: &[u32] = self.classes.get(slot as usize).map_or(&[], |class| &class.set);
        match set.split_first() {
            Some((&BITS, words)) => {
                words.get((policy / 32) as usize).is_some_and(|word| word & (1 << (policy % 32)) != 0)
            }
            _ => set.binary_search(&policy).is_ok(),
        }
    }
}

/// A list of policies under construction, one bit each.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    words: Vec<u32>,
    packed: Vec<u32>,
}

impl Scratch {
    /// Forgets everything; policies up to `count` may be put in.
    pub(super) fn clear(&mut self, count: usize) {
        self.words.clear();
        self.words.resize(count.div_ceil(32), 0);
    }

    pub(super) fn add(&mut self, policies: &[u32]) {
        for policy in policies {
            if let Some(word) = self.words.get_mut((policy / 32) as usize) {
                *word |= 1 << (policy % 32);
            }
        }
    }

    pub(super) fn remove(&mut self, policies: &[u32]) {
        for policy in policies {
            if let Some(word) = self.words.get_mut((policy / 32) as usize) {
                *word &= !(1 << (policy % 32));
            }
        }
    }

    /// The one way to write this set down: a sorted list, or bits where bits are shorter.
    pub(super) fn pack(&mut self) -> &[u32] {
        let used = self.words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        let count: usize = self.words.iter().map(|word| word.count_ones() as usize).sum();
        self.packed.clear();
        if count > used + 1 {
            self.packed.push(BITS);
            self.packed.extend(self.words.iter().take(used));
        } else {
            self.packed.extend(bits(&self.words));
        }
        &self.packed
    }
}

fn unpack(set: &[u32]) -> impl Iterator<Item = u32> {
    let (list, words): (&[u32], &[u32]) = match set.split_first() {
        Some((&BITS, words)) => (&[], words),
        _ => (set, &[]),
    };
    list.iter().copied().chain(bits(words))
}

fn bits(words: &[u32]) -> impl Iterator<Item = u32> {
    words.iter().zip(0u32..).flat_map(|(&word, position)| {
        std::iter::successors(Some(word), |rest| Some(rest & rest.wrapping_sub(1)))
            .take_while(|rest| *rest != 0)
            .map(move |rest| position * 32 + rest.trailing_zeros())
    })
}
