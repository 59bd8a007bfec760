//! The certificate that the app is signed with (I10): the organisation may have registered the right ones.

use crate::core::State;

/// The policy names certificates and this app has another one, or the phone cannot tell which it has.
pub(crate) fn is_foreign(state: &State) -> bool {
    let Some(obeyed) = &state.obeyed else { return false };
    let Some(facts) = &state.facts else { return false };
    if obeyed.app_signers.is_empty() {
        return false;
    }
    let own = facts.app_signer.as_deref();
    !own.is_some_and(|own| obeyed.app_signers.iter().any(|known| known.eq_ignore_ascii_case(own)))
}
