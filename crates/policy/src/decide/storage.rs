//! Save-as and open-from (behaviour §5.6).

use ringfence_messages::ReasonCode as R;
use ringfence_model::settings::Setting as S;

use super::{Decision, Location, LocationAccount, Locations, Owner, Tag, transfer::identity_rule};
use crate::compile::{CompiledPolicy, Transfer};

const SEND: S = S::AllowedOutboundDataTransferDestinations;
const RECEIVE: S = S::AllowedInboundDataTransferSources;

/// A copy of work data is saved.
pub(super) fn save(
    policy: &CompiledPolicy,
    location: Location,
    account: LocationAccount,
    in_place: bool,
) -> Decision {
    if in_place {
        return Decision::allow(R::AllowedSamePlace, "5.6");
    }
    let lists = |decision: Decision| decision.by3(S::SaveAsBlocked, S::AllowedDataStorageLocations, SEND);
    match policy.send {
        Transfer::AllApps => Decision::allow(R::Allowed, "5.6").by(SEND),
        Transfer::None => Decision::deny(R::SaveNone, "5.6").by(SEND),
        Transfer::ManagedApps if !policy.save_blocked => {
            Decision::allow(R::Allowed, "5.6").by2(S::SaveAsBlocked, SEND)
        }
        Transfer::ManagedApps => lists(match selected(policy.save_to, location, account) {
            Selected::Yes => Decision::allow(R::AllowedSelectedService, "5.6"),
            Selected::Nothing => Decision::deny(R::SaveNone, "5.6"),
            Selected::OtherLocation => Decision::deny(R::SaveLocationNotAllowed, "5.6"),
            Selected::OtherAccount => Decision::deny(R::SaveAccountNotManaged, "5.6"),
        }),
    }
}

/// Data is brought into a document of `owner`. Data that carries an identity follows the identity rule.
pub(super) fn open(
    policy: &CompiledPolicy,
    owner: Owner,
    location: Location,
    account: LocationAccount,
    tag: Tag,
) -> Decision {
    match tag {
        Tag::SameAccount => return Decision::allow(R::AllowedSamePlace, "5.6"),
        Tag::Untagged if owner == Owner::Personal => {
            return Decision::allow(R::AllowedPersonalData, "5.6");
        }
        Tag::Untagged => {}
        other => return identity_rule(other, "5.6"),
    }
    const BLOCK: S = S::BlockDataIngestionIntoOrganizationDocuments;
    match policy.receive {
        Transfer::AllApps => Decision::allow(R::Allowed, "5.6").by(RECEIVE),
        Transfer::None => Decision::deny(R::OpenNone, "5.6").by(RECEIVE),
        Transfer::ManagedApps if !policy.open_blocked => {
            Decision::allow(R::Allowed, "5.6").by2(BLOCK, RECEIVE)
        }
        Transfer::ManagedApps => match selected(policy.open_from, location, account) {
            Selected::Yes => Decision::allow(R::AllowedSelectedService, "5.6"),
            Selected::Nothing => Decision::deny(R::OpenNone, "5.6"),
            Selected::OtherLocation => Decision::deny(R::OpenSourceNotAllowed, "5.6"),
            Selected::OtherAccount => Decision::deny(R::OpenAccountNotManaged, "5.6"),
        }
        .by3(BLOCK, S::AllowedDataIngestionLocations, RECEIVE),
    }
}

enum Selected {
    Yes,
    Nothing,
    OtherLocation,
    OtherAccount,
}

/// Selected, and for what belongs to an account also under the managed one.
fn selected(selected: Locations, location: Location, account: LocationAccount) -> Selected {
    if selected.is_empty() {
        Selected::Nothing
    } else if !selected.has(location) {
        Selected::OtherLocation
    } else if location.is_cloud() && account != LocationAccount::Managed {
        Selected::OtherAccount
    } else {
        Selected::Yes
    }
}
