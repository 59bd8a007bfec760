//! Android: the companion app. It need not be opened and enrols nothing (S2), but without it there is no protection: it
//! holds what the managed apps of an account share. Absent before sign-in, it is asked for (D6). When it goes, or its data
//! is cleared, under an account that a policy protects, the work data goes with it (behaviour §6).

use ringfence_model::Platform;

use crate::{
    core::State,
    state::{Stage, Verdict},
};

/// The companion that held this account's share of the keys is gone.
pub(crate) fn is_gone(state: &State) -> bool {
    let (Some(facts), Some(instance)) = (&state.facts, &state.instance) else { return false };
    if facts.device.platform != Platform::Android
        || instance.stage != Stage::Registered
        || !was_protected(state)
    {
        return false;
    }
    let other_data = matches!(
        (&instance.companion_data, &facts.companion_data),
        (Some(known), Some(now)) if known != now
    );
    facts.device.companion_version.is_none() || other_data
}

/// There is work data under a policy. An app that runs unprotected by design loses nothing.
fn was_protected(state: &State) -> bool {
    state
        .policy
        .as_ref()
        .is_some_and(|record| matches!(record.verdict, Verdict::Protected | Verdict::Disabled))
}
