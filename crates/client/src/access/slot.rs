//! The slot that the managed apps of an account share: read, and changed without losing what another app wrote.

use ringfence_model::{AccountId, TenantId};
use ringfence_vault::HwSecret;
use zeroize::Zeroizing;

use super::{PinRecord, Slot, own};
use crate::{
    core::State,
    effect::KeyOp,
    flow::Cx,
    input::{KeyFailure, StorageFailure},
    log::LogLevel,
    names,
    state::{Record as _, decode, encode},
};

/// What the sealed pepper is bound to.
pub(super) fn context(tenant: TenantId, account: AccountId) -> Vec<u8> {
    format!("ringfence/pin-pepper/v1\0{tenant}\0{account}").into_bytes()
}

/// Reads the slot, and asks the key store for the pepper while the app is in front; for whoever is in the lane.
pub(super) async fn read(cx: &Cx) {
    let (record, damaged, slot) = match cx.get(PinRecord::SLOT).await {
        Ok(None) => (None, false, Slot::Holds(None)),
        Ok(Some(bytes)) => {
            let record = decode(&bytes).ok();
            if record.is_none() {
                cx.log(LogLevel::Error, "slot_damaged", PinRecord::SLOT);
            }
            let damaged = record.is_none();
            (record, damaged, Slot::Holds(Some(bytes)))
        }
        Err(_) => {
            cx.log(LogLevel::Error, "slot_unreadable", PinRecord::SLOT);
            (None, true, Slot::Unreadable)
        }
    };
    cx.with(|state| {
        state.access.record = record;
        state.access.damaged = damaged;
        state.access.slot = slot;
    });
    unseal(cx).await;
}

/// Asks the key store for the pepper when a PIN is kept, its rules apply and the app is in front.
async fn unseal(cx: &Cx) {
    let op = cx.with(|state| {
        let wanted = state.obeyed.as_ref().is_some_and(|obeyed| obeyed.policy.access().pin.is_some());
        if !wanted || state.access.pepper.is_some() || !state.foreground {
            return None;
        }
        let instance = state.instance.as_ref()?;
        let sealed = own(state)?.pepper.clone()?;
        Some(KeyOp::Unseal {
            alias: names::pin_alias(instance.account),
            context: context(instance.tenant, instance.account),
            sealed: sealed.0,
        })
    });
    let Some(op) = op else { return };
    let answer = cx.key_bytes(op).await.map(Zeroizing::new);
    let pepper = answer.and_then(|bytes| {
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyFailure::Refused)?;
        Ok(HwSecret::from_bytes(bytes))
    });
    cx.with(|state| match pepper {
        Ok(pepper) => {
            state.access.unreadable = false;
            state.access.pepper = Some(pepper);
        }
        // A locked phone gives it as soon as it is unlocked.
        Err(failure) => state.access.unreadable = failure != KeyFailure::Locked,
    });
}

/// How often another app of the account may be faster before this one gives up.
const TRIES: u32 = 16;

/// What became of a change to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is on the medium.
    Yes,
    /// There was nothing to change, perhaps since another app has changed the record.
    Unneeded,
    /// It could not be written.
    Failed,
}

/// Changes the record. Two managed apps may do so at the same time: then the slower one reads again and changes what it
/// finds, so that no attempt of either is lost.
pub(super) async fn keep(cx: &Cx, mut change: impl FnMut(&State) -> Option<PinRecord>) -> Kept {
    for _ in 0..TRIES {
        let Some(record) = cx.with(|state| change(state)) else { return Kept::Unneeded };
        let bytes = encode(&record);
        let was = cx.with(|state| match &state.access.slot {
            Slot::Holds(bytes) => Some(bytes.clone()),
            Slot::Unreadable => None,
        });
        let written = match was {
            Some(was) => cx.swap(PinRecord::SLOT, was, bytes.clone()).await,
            None => cx.put(PinRecord::SLOT, bytes.clone()).await,
        };
        match written {
            Ok(()) => {
                cx.with(|state| {
                    state.access.record = Some(record);
                    state.access.slot = Slot::Holds(Some(bytes));
                });
                return Kept::Yes;
            }
            Err(StorageFailure::Changed) => read(cx).await,
            Err(_) => break,
        }
    }
    cx.log(LogLevel::Error, "slot_not_written", PinRecord::SLOT);
    Kept::Failed
}
