//! From app to app (behaviour §5.1–5.3, 5.5).

use ringfence_messages::ReasonCode as R;
use ringfence_model::{Platform, settings::Setting as S};

use super::{
    Decision, Owner, Peer, Relation, Request, Tag, Verdict, Way,
    peer::{Exemption, know},
};
use crate::compile::{CompiledPolicy, Transfer};

const SEND: S = S::AllowedOutboundDataTransferDestinations;
const RECEIVE: S = S::AllowedInboundDataTransferSources;
const OS_SHARING: S = S::DisableProtectionOfManagedOutboundOpenInData;

/// Work data leaves for another app.
pub(super) fn send(policy: &CompiledPolicy, enrolled: bool, way: Way, peer: &Peer<'_>) -> Decision {
    // The share sheet and open-in of iOS ask nobody: what cannot be refused is encrypted.
    let unstoppable = policy.platform == Platform::Ios && way != Way::Launch;
    if peer.relation == Relation::InstantApp {
        return Decision::deny(R::SendInstantApp, "5.1");
    }
    if policy.send == Transfer::None {
        return if unstoppable && peer.relation != Relation::SameAppOtherAccount {
            Decision::new(Verdict::AllowSealed, R::AllowedSealed, "5.5").by(SEND)
        } else {
            Decision::deny(R::SendNone, "5.1").by(SEND)
        };
    }
    if peer.receives == Some(Transfer::None) {
        return Decision::deny(R::SendReceiverRefuses, "5.1").by(SEND);
    }
    if policy.send == Transfer::AllApps {
        return Decision::allow(R::Allowed, "5.1").by(SEND);
    }
    let known = know(policy, peer);
    if known.is_managed() {
        return Decision::allow(R::Allowed, "5.1").by(SEND);
    }
    if known.relation == Relation::SameAppOtherAccount {
        return Decision::deny(R::SendOtherAccount, "5.1").by(SEND);
    }
    match known.exemption(policy, peer, way) {
        Some(Exemption::Policy) => {
            return Decision::allow(R::AllowedExempt, "5.3").by2(SEND, exempt_setting(policy.platform));
        }
        Some(Exemption::System) => return Decision::allow(R::AllowedSystemService, "5.3").by(SEND),
        None => {}
    }
    if unstoppable { unlisted_on_ios(policy, enrolled, peer) } else { managed_only() }
}

fn managed_only() -> Decision {
    Decision::deny(R::SendManagedAppsOnly, "5.1").by(SEND)
}

/// Share sheet and open-in of iOS towards an app that is neither managed nor exempt.
fn unlisted_on_ios(policy: &CompiledPolicy, enrolled: bool, peer: &Peer<'_>) -> Decision {
    if policy.filter_open_in {
        return managed_only().by2(SEND, S::FilterOpenInToOnlyManagedApps);
    }
    if policy.os_sharing && enrolled {
        let decision = if peer.mdm_managed { Decision::allow(R::Allowed, "5.1") } else { managed_only() };
        return decision.by2(SEND, OS_SHARING);
    }
    Decision::new(Verdict::AllowSealed, R::AllowedSealed, "5.5").by(SEND)
}

const fn exempt_setting(platform: Platform) -> S {
    match platform {
        Platform::Ios => S::ExemptedAppProtocols,
        Platform::Android => S::ExemptedAppPackages,
    }
}

/// Data arrives from another app.
pub(super) fn receive(
    policy: &CompiledPolicy,
    request: &Request<'_>,
    peer: &Peer<'_>,
    tag: Tag,
    can_open_as_personal: bool,
) -> Decision {
    if tag == Tag::Untagged && request.owner == Owner::Personal {
        return Decision::allow(R::AllowedPersonalData, "5.2");
    }
    let from_managed = match tag {
        Tag::SameAccount => true,
        Tag::Untagged => know(policy, peer).is_managed(),
        other => return of_other_account(policy, other),
    };
    if from_managed {
        return match (policy.receive, peer.sends) {
            (Transfer::None, _) => Decision::deny(R::ReceiveNone, "5.2").by(RECEIVE),
            (_, Some(Transfer::None)) => Decision::deny(R::ReceiveSenderRefuses, "5.1").by(RECEIVE),
            _ => Decision::allow(R::Allowed, "5.2").by(RECEIVE),
        };
    }
    let refused = match policy.receive {
        Transfer::AllApps => {
            let tagged = policy.tag_incoming && request.enrolled && policy.platform == Platform::Ios;
            return if tagged {
                Decision::new(Verdict::AllowTagged, R::AllowedAsWorkData, "5.2")
                    .by2(RECEIVE, S::ProtectInboundDataFromUnknownSources)
            } else {
                Decision::allow(R::AllowedPersonalData, "5.2").by(RECEIVE)
            };
        }
        Transfer::ManagedApps => R::ReceiveManagedAppsOnly,
        Transfer::None => R::ReceiveNone,
    };
    if can_open_as_personal {
        Decision::allow(R::AllowedAsPersonal, "5.2").by(RECEIVE)
    } else {
        Decision::deny(refused, "5.2").by(RECEIVE)
    }
}

/// The identity rule: tagged data opens only under its owner.
fn of_other_account(policy: &CompiledPolicy, tag: Tag) -> Decision {
    if policy.receive == Transfer::None {
        return Decision::deny(R::ReceiveNone, "5.2").by(RECEIVE);
    }
    identity_rule(tag, "5.2")
}

/// What becomes of data that carries another account's identity.
pub(super) fn identity_rule(tag: Tag, rule: &'static str) -> Decision {
    match tag {
        Tag::OtherNotSignedIn => Decision::deny(R::ReceiveOwnerNotSignedIn, rule),
        Tag::OtherRegistered => Decision::deny(R::ReceiveOwnerOtherAccount, rule),
        Tag::OtherNotManaged => Decision::deny(R::ReceiveOwnerNotManaged, rule),
        Tag::OtherSwitchFailed => Decision::deny(R::ReceiveOwnerSwitchFailed, rule),
        Tag::OtherNotDelivered => Decision::deny(R::ReceiveOwnerAppNotDelivered, rule),
        Tag::OtherSwitchable | Tag::SameAccount | Tag::Untagged => Decision::allow(R::Allowed, rule),
    }
}
