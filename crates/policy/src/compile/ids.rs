//! A small set of ids with marks, looked up without regard to ASCII case and without allocating.
//!
//! The hash folds case by setting bit 5 of every byte, eight bytes at a time: letters of either case meet, a few other
//! characters collide, and the comparison that follows a hit is exact. Half of the slots stay empty.

/// What is known about an id: a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks(u8);

impl Marks {
    /// The policy covers the app.
    pub(crate) const MANAGED: Self = Self(1);
    /// The policy exempts the app or URL scheme.
    pub(crate) const EXEMPT: Self = Self(2);
    /// Part of the system, exempt by nature.
    pub(crate) const SYSTEM: Self = Self(4);
    /// On a list.
    pub(crate) const LISTED: Self = Self(8);

    /// Whether all of `other` is here.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

#[derive(Debug, Clone)]
struct Slot {
    hash: u64,
    marks: Marks,
    /// Lower-case; empty marks an empty slot.
    id: Box<str>,
}

/// Ids with marks.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdSet {
    slots: Box<[Slot]>,
}

const FOLD: u64 = 0x2020_2020_2020_2020;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(hash: u64, word: u64) -> u64 {
    let hash = (hash ^ word).wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 29)
}

fn fold_hash(id: &[u8]) -> u64 {
    let (words, rest) = id.as_chunks::<8>();
    let mut hash = id.len() as u64;
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word) | FOLD);
    }
    let mut tail = 0;
    for &byte in rest {
        tail = tail << 8 | u64::from(byte | 0x20);
    }
    mix(hash, tail)
}

impl IdSet {
    /// Collects ids; an id that comes twice gets the marks of both. Empty ids are left out.
    pub(crate) fn new<'a>(ids: impl IntoIterator<Item = (&'a str, Marks)>) -> Self {
        let mut all: std::collections::BTreeMap<String, u8> = std::collections::BTreeMap::new();
        for (id, marks) in ids {
            let id = id.trim().to_ascii_lowercase();
            if !id.is_empty() {
                *all.entry(id).or_default() |= marks.0;
            }
        }
        if all.is_empty() {
            return Self::default();
        }
        let size = all.len().saturating_mul(2).next_power_of_two();
        let empty = Slot { hash: 0, marks: Marks::default(), id: Box::default() };
        let mut set = Self { slots: vec![empty; size].into_boxed_slice() };
        for (id, marks) in all {
            let hash = fold_hash(id.as_bytes());
            let mut at = hash as usize & (size - 1);
            while set.slots.get(at).is_some_and(|slot| !slot.id.is_empty()) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = set.slots.get_mut(at) {
                *slot = Slot { hash, marks: Marks(marks), id: id.into_boxed_str() };
            }
        }
        set
    }

    /// The marks of an id; none when it is not in the set.
    #[inline]
    pub(crate) fn marks(&self, id: &str) -> Marks {
        let Some(mask) = self.slots.len().checked_sub(1) else { return Marks::default() };
        let hash = fold_hash(id.as_bytes());
        let mut at = hash as usize & mask;
        while let Some(slot) = self.slots.get(at).filter(|slot| !slot.id.is_empty()) {
            if slot.hash == hash && slot.id.eq_ignore_ascii_case(id) {
                return slot.marks;
            }
            at = (at + 1) & mask;
        }
        Marks::default()
    }

    /// Whether an id has a mark.
    #[inline]
    pub(crate) fn has(&self, id: &str, marks: Marks) -> bool {
        self.marks(id).has(marks)
    }

    /// Whether the set is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn agrees_with_a_hash_set(ids in proptest::collection::vec("[a-zA-Z.@`_-]{0,20}", 0..40), asked in "[a-zA-Z.@`_-]{0,3}") {
            let plain: HashSet<String> = ids.iter().map(|id| id.to_ascii_lowercase()).filter(|id| !id.is_empty()).collect();
            let set = IdSet::new(ids.iter().map(|id| (id.as_str(), Marks::LISTED)));
            for id in ids.iter().chain([&asked]) {
                prop_assert_eq!(set.has(id, Marks::LISTED), plain.contains(&id.to_ascii_lowercase()), "{}", id);
                let upper = id.to_ascii_uppercase();
                prop_assert_eq!(set.has(&upper, Marks::LISTED), plain.contains(&id.to_ascii_lowercase()), "{}", upper);
            }
        }
    }

    #[test]
    fn characters_that_fold_alike_are_not_equal() {
        let set = IdSet::new([("a@b", Marks::MANAGED), ("x", Marks::EXEMPT), ("X", Marks::MANAGED)]);
        assert!(!set.has("a`b", Marks::MANAGED));
        assert!(set.has("A@B", Marks::MANAGED));
        assert!(set.has("x", Marks::EXEMPT) && set.has("x", Marks::MANAGED));
        assert_eq!(IdSet::default().marks("x"), Marks::default());
    }
}
