//! Cut, copy and paste (behaviour §5.4). There are no exemptions; the character limit holds in both directions.

use ringfence_messages::ReasonCode as R;
use ringfence_model::settings::Setting as S;

use super::{Decision, Peer, peer::know};
use crate::compile::{CompiledPolicy, kinds::Clipboard};

const LEVEL: S = S::AllowedOutboundClipboardSharingLevel;
const LIMIT: S = S::AllowedOutboundClipboardSharingExceptionLength;

/// Work text goes to another app.
pub(super) fn copy(policy: &CompiledPolicy, to: &Peer<'_>, characters: u64) -> Decision {
    let open = match policy.clipboard {
        Clipboard::AllApps => true,
        Clipboard::Blocked => false,
        Clipboard::ManagedApps | Clipboard::ManagedAppsWithPasteIn => know(policy, to).is_managed(),
    };
    decision(policy, open, characters, [R::CopyBlocked, R::CopyOverLimit])
}

/// Text of another app comes into work data.
pub(super) fn paste(policy: &CompiledPolicy, from: &Peer<'_>, characters: u64) -> Decision {
    let open = match policy.clipboard {
        Clipboard::AllApps | Clipboard::ManagedAppsWithPasteIn => true,
        Clipboard::Blocked => false,
        Clipboard::ManagedApps => know(policy, from).is_managed(),
    };
    decision(policy, open, characters, [R::PasteBlocked, R::PasteOverLimit])
}

fn decision(policy: &CompiledPolicy, open: bool, characters: u64, refusal: [R; 2]) -> Decision {
    let [blocked, over_limit] = refusal;
    match (open, policy.clipboard_limit) {
        (true, _) => Decision::allow(R::Allowed, "5.4").by(LEVEL),
        (false, 0) => Decision::deny(blocked, "5.4").by(LEVEL),
        (false, limit) if characters <= limit => {
            Decision::allow(R::AllowedWithinLimit, "5.4").by2(LIMIT, LEVEL)
        }
        (false, _) => Decision::deny(over_limit, "5.4").by2(LIMIT, LEVEL),
    }
}
