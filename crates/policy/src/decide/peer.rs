//! What the policy makes of the other app. One look-up, only where the answer depends on it.

use ringfence_model::Platform;

use super::{Peer, Relation, Way};
use crate::compile::{
    CompiledPolicy,
    ids::{IdSet, Marks},
};

/// A peer with what the policy knows about it.
pub(super) struct Known {
    pub(super) relation: Relation,
    marks: Marks,
}

/// Looks the peer's id up, unless the relation is known and no exemption can matter.
pub(super) fn know(policy: &CompiledPolicy, peer: &Peer<'_>) -> Known {
    let settled = !matches!(peer.relation, Relation::Unknown | Relation::Unmanaged);
    let marks = if settled { Marks::default() } else { policy.apps.marks(peer.id) };
    let relation = match peer.relation {
        Relation::Unknown if marks.has(Marks::MANAGED) => Relation::Managed,
        Relation::Unknown => Relation::Unmanaged,
        relation => relation,
    };
    Known { relation, marks }
}

/// Why a target is exempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exemption {
    /// The policy says so.
    Policy,
    /// Part of the system.
    System,
}

impl Known {
    /// Whether the peer is managed for the same account.
    pub(super) fn is_managed(&self) -> bool {
        self.relation == Relation::Managed
    }

    /// Exempt for this way: on iOS by URL scheme and only when launched so, on Android by package (behaviour §5.3).
    pub(super) fn exemption(&self, policy: &CompiledPolicy, peer: &Peer<'_>, way: Way) -> Option<Exemption> {
        match policy.platform {
            Platform::Ios => {
                (way == Way::Launch && has_scheme(&policy.schemes, peer.scheme)).then_some(Exemption::Policy)
            }
            Platform::Android if self.relation != Relation::Unmanaged => None,
            Platform::Android if self.marks.has(Marks::EXEMPT) => Some(Exemption::Policy),
            Platform::Android if self.marks.has(Marks::SYSTEM) => Some(Exemption::System),
            Platform::Android => None,
        }
    }
}

fn has_scheme(schemes: &IdSet, scheme: Option<&str>) -> bool {
    scheme.is_some_and(|scheme| schemes.has(scheme, Marks::EXEMPT))
}
