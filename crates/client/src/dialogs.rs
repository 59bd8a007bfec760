//! What is on the screen: at most one dialog, and none twice for the same lasting reason.

use ringfence_messages::{Args, Dialog, ReasonCode};

use crate::{core::State, effect::Effect, flow::Cx, notes};

/// The dialog of a reason, with what the core knows to fill in.
pub(crate) fn make(state: &State, reason: ReasonCode, args: &Args) -> Dialog {
    let mut all = Args::new();
    all.insert("app".to_owned(), state.config.app.id.clone());
    if let Some(instance) = &state.instance {
        all.insert("account".to_owned(), instance.user_principal_name.clone());
    }
    if let Some(name) = &state.registered_elsewhere
        && reason == ReasonCode::OtherAccountRegistered
    {
        all.insert("account".to_owned(), name.clone());
    }
    if let Some(server) = &state.server {
        all.insert("organisation".to_owned(), server.name.clone());
    }
    all.extend(args.clone());
    for name in ["app", "target"] {
        if let Some(value) = all.get_mut(name) {
            // Attested, so that a recording holds the names on dialogs and no list of apps.
            let called = || state.app_names.get(&value.to_ascii_lowercase()).unwrap_or(value).clone();
            let called = state.witness.attest("appName", called);
            *value = called;
        }
    }
    ringfence_messages::dialog(reason, state.config.app.platform, state.config.lang, &all)
}

/// Shows a dialog.
pub(crate) fn show(cx: &Cx, reason: ReasonCode) {
    show_with(cx, reason, &Args::new());
}

/// Shows a dialog with values for its text.
pub(crate) fn show_with(cx: &Cx, reason: ReasonCode, args: &Args) {
    let dialog = cx.with(|state| {
        let dialog = make(state, reason, args);
        state.on_screen = Some(reason);
        dialog
    });
    cx.emit(Effect::ShowDialog(dialog));
    notes::shown(cx, reason);
}

/// Shows a dialog for a lasting state unless it has been shown since the app came to the front.
pub(crate) fn show_once(cx: &Cx, reason: ReasonCode, args: &Args) {
    if cx.with(|state| state.told.insert(reason)) {
        show_with(cx, reason, args);
    }
}

/// The lasting state is over: the dialog goes, and may come again.
pub(crate) fn cured(cx: &Cx, reason: ReasonCode) {
    let code = cx.with(|state| {
        state.told.remove(&reason);
        (state.on_screen == Some(reason)).then(|| {
            state.on_screen = None;
            reason.dialog_code(state.config.app.platform).to_owned()
        })
    });
    if let Some(code) = code {
        cx.emit(Effect::DismissDialog { code });
    }
}
