//! Links, phone, messages and the other exits (behaviour §5.7).

use ringfence_messages::ReasonCode as R;
use ringfence_model::{Platform, settings::Setting as S};

use super::{
    Decision, Opener, Owner, Peer, Verdict, Way,
    peer::{Exemption, know},
};
use crate::{
    compile::{
        CompiledPolicy, Transfer,
        ids::Marks,
        kinds::{Browser, Notifications, Redirect},
    },
    merge::NO_AGREEMENT,
};

const RULE: &str = "5.7";
const REQUIRED: S = S::ManagedBrowserToOpenLinksRequired;
const SEND: S = S::AllowedOutboundDataTransferDestinations;

/// A link is followed.
pub(super) fn link(policy: &CompiledPolicy, url: &str, with: &Opener<'_>) -> Decision {
    let wanted = match &policy.browser {
        Browser::Any => return Decision::allow(R::Allowed, RULE).by(REQUIRED),
        Browser::Managed => None,
        Browser::One(id) => Some(&**id),
    };
    let refusal = elsewhere(policy, wanted.is_some());
    let allowed = Decision { verdict: Verdict::Allow, reason: R::Allowed, ..refusal };
    // The protected browser is never refused. iOS cannot tell whether a managed app is a browser; Android can.
    let opens = match with {
        Opener::App(app) => return app_link(policy, url, app, refusal),
        Opener::ManagedBrowser => true,
        Opener::Browser(browser) => {
            wanted.is_some_and(|id| is_app(browser, id) || is_secure_twin(browser, id))
                || policy.platform == Platform::Android && know(policy, browser).is_managed()
        }
    };
    if opens { allowed } else { refusal }
}

/// The refusal that sends a link to the browser the policy asks for.
fn elsewhere(policy: &CompiledPolicy, one: bool) -> Decision {
    if !one {
        return Decision::deny(R::LinkManagedBrowserOnly, RULE).by2(REQUIRED, S::ManagedBrowser);
    }
    let setting = match policy.platform {
        Platform::Ios => S::CustomBrowserProtocol,
        Platform::Android => S::CustomBrowserPackageId,
    };
    Decision::deny(R::LinkOneBrowserOnly, RULE).by2(REQUIRED, setting)
}

/// Universal links follow the two lists on iOS, app links the send setting on Android.
fn app_link(policy: &CompiledPolicy, url: &str, app: &Peer<'_>, refusal: Decision) -> Decision {
    match policy.send {
        Transfer::AllApps => return Decision::allow(R::Allowed, RULE).by2(REQUIRED, SEND),
        Transfer::None => return Decision { deciders: [Some(REQUIRED), Some(SEND), None], ..refusal },
        Transfer::ManagedApps => {}
    }
    let known = know(policy, app);
    if policy.platform == Platform::Android {
        return match known.exemption(policy, app, Way::Launch) {
            _ if known.is_managed() => Decision::allow(R::Allowed, RULE).by2(REQUIRED, SEND),
            Some(Exemption::Policy) => {
                Decision::allow(R::AllowedExempt, RULE).by2(REQUIRED, S::ExemptedAppPackages)
            }
            Some(Exemption::System) => Decision::allow(R::AllowedSystemService, RULE).by2(REQUIRED, SEND),
            None => refusal.by2(REQUIRED, SEND),
        };
    }
    let on = |list: &[crate::compile::links::LinkPattern]| list.iter().any(|pattern| pattern.fits(url));
    if on(&policy.exempt_links) {
        Decision::allow(R::AllowedExempt, RULE).by2(REQUIRED, S::ExemptedUniversalLinks)
    } else if on(&policy.managed_links) && known.is_managed() {
        Decision::allow(R::Allowed, RULE).by2(REQUIRED, S::ManagedUniversalLinks)
    } else {
        refusal
    }
}

/// Package id on Android, URL scheme on iOS; an empty name fits nothing.
fn is_app(peer: &Peer<'_>, id: &str) -> bool {
    !id.is_empty()
        && (peer.id.eq_ignore_ascii_case(id)
            || peer.scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(id)))
}

/// `x` opens http links, `xs` https links (behaviour §1.1).
fn is_secure_twin(browser: &Peer<'_>, id: &str) -> bool {
    let twin = browser.scheme.and_then(|scheme| scheme.strip_suffix(['s', 'S']));
    !id.is_empty() && twin.is_some_and(|scheme| scheme.eq_ignore_ascii_case(id))
}

fn redirect(
    policy: &CompiledPolicy,
    rule: &Redirect,
    with: &Peer<'_>,
    settings: [S; 2],
    refusals: [R; 3],
) -> Decision {
    let [level, app] = settings;
    let [blocked, managed_only, one_only] = refusals;
    let allowed = Decision::allow(R::Allowed, RULE);
    match rule {
        Redirect::Any => allowed.by(level),
        Redirect::Managed if know(policy, with).is_managed() => allowed.by(level),
        Redirect::Managed => Decision::deny(managed_only, RULE).by(level),
        Redirect::One(id) if is_app(with, id) => allowed.by2(level, app),
        Redirect::One(_) => Decision::deny(one_only, RULE).by2(level, app),
        Redirect::Blocked => Decision::deny(blocked, RULE).by(level),
    }
}

/// A number is called.
pub(super) fn dial(policy: &CompiledPolicy, with: &Peer<'_>) -> Decision {
    let app = match policy.platform {
        Platform::Ios => S::CustomDialerAppProtocol,
        Platform::Android => S::CustomDialerAppPackageId,
    };
    let refusals = [R::DialBlocked, R::DialManagedAppsOnly, R::DialOneAppOnly];
    redirect(policy, &policy.dialler, with, [S::DialerRestrictionLevel, app], refusals)
}

/// A text message is sent.
pub(super) fn message(policy: &CompiledPolicy, with: &Peer<'_>) -> Decision {
    let app = match policy.platform {
        Platform::Ios => S::MessagingRedirectAppUrlScheme,
        Platform::Android => S::MessagingRedirectAppPackageId,
    };
    let refusals = [R::MessageBlocked, R::MessageManagedAppsOnly, R::MessageOneAppOnly];
    redirect(policy, &policy.messenger, with, [S::ProtectedMessagingRedirectAppType, app], refusals)
}

/// What the text of a refusal names.
pub(super) fn wanted_app(rule: &Redirect) -> &str {
    match rule {
        Redirect::One(id) if **id != *NO_AGREEMENT => id,
        _ => "",
    }
}

/// What the text of a refusal names.
pub(super) fn wanted_browser(policy: &CompiledPolicy) -> &str {
    match &policy.browser {
        Browser::One(id) => id,
        _ => "",
    }
}

fn switch(blocked: bool, reason: R, setting: S) -> Decision {
    if blocked { Decision::deny(reason, RULE) } else { Decision::allow(R::Allowed, RULE) }.by(setting)
}

/// A switch that only iOS has.
fn ios_switch(policy: &CompiledPolicy, blocked: bool, reason: R, setting: S) -> Decision {
    match policy.platform {
        Platform::Ios => switch(blocked, reason, setting),
        Platform::Android => Decision::allow(R::Allowed, RULE),
    }
}

/// Print.
pub(super) fn print(policy: &CompiledPolicy) -> Decision {
    switch(policy.print_blocked, R::PrintBlocked, S::PrintBlocked)
}

/// A notification. An app that cannot leave the content out shows it on iOS and holds it back on Android
/// (behaviour §1.1).
pub(super) fn notify(policy: &CompiledPolicy, can_redact: bool) -> Decision {
    let decision = match (policy.notifications, can_redact, policy.platform) {
        (Notifications::Allow, _, _) | (Notifications::WithoutContent, false, Platform::Ios) => {
            Decision::allow(R::Allowed, RULE)
        }
        (Notifications::WithoutContent, true, _) => {
            Decision::new(Verdict::AllowRedacted, R::AllowedWithoutContent, RULE)
        }
        (Notifications::WithoutContent, false, Platform::Android) | (Notifications::Block, _, _) => {
            Decision::deny(R::NotificationBlocked, RULE)
        }
    };
    decision.by(S::NotificationRestriction)
}

/// A keyboard. On iOS the rule is app-wide: it holds for personal accounts too.
pub(super) fn keyboard(policy: &CompiledPolicy, owner: Owner, id: &str, system: bool) -> Decision {
    let (Some(approved), platform) = (&policy.keyboards, policy.platform) else {
        let setting = match policy.platform {
            Platform::Ios => S::ThirdPartyKeyboardsBlocked,
            Platform::Android => S::KeyboardsRestricted,
        };
        return Decision::allow(R::Allowed, RULE).by(setting);
    };
    match platform {
        Platform::Ios => switch(!system, R::KeyboardThirdParty, S::ThirdPartyKeyboardsBlocked),
        Platform::Android if owner == Owner::Personal => Decision::allow(R::AllowedPersonalData, RULE),
        Platform::Android => {
            let refused = !approved.has(id, Marks::LISTED);
            switch(refused, R::KeyboardNotApproved, S::KeyboardsRestricted)
                .by2(S::KeyboardsRestricted, S::ApprovedKeyboards)
        }
    }
}

/// The screen is captured.
pub(super) fn capture(policy: &CompiledPolicy) -> Decision {
    let setting = match policy.platform {
        Platform::Ios => S::ScreenCaptureConfigurationState,
        Platform::Android => S::ScreenCaptureBlocked,
    };
    switch(policy.capture_blocked, R::ScreenCaptureBlocked, setting)
}

/// The device's backup.
pub(super) fn backup(policy: &CompiledPolicy) -> Decision {
    switch(policy.backup_blocked, R::BackupBlocked, S::DataBackupBlocked)
}

/// Contacts, calendar, add-ins.
pub(super) fn sync(policy: &CompiledPolicy) -> Decision {
    switch(policy.sync_blocked, R::ContactSyncBlocked, S::ContactSyncBlocked)
}

/// Widgets: as synchronisation; on iOS also closed while sending is limited, unless opened on purpose.
pub(super) fn widget(policy: &CompiledPolicy) -> Decision {
    if policy.sync_blocked {
        return Decision::deny(R::WidgetContentBlocked, RULE).by(S::ContactSyncBlocked);
    }
    if policy.platform == Platform::Android {
        return Decision::allow(R::Allowed, RULE).by(S::ContactSyncBlocked);
    }
    let open = policy.send == Transfer::AllApps || policy.widgets_allowed;
    switch(!open, R::WidgetContentBlocked, SEND).by2(SEND, S::AllowWidgetContentSync)
}

/// The system's search, assistant and shortcuts: open only while data may go everywhere.
pub(super) fn search(policy: &CompiledPolicy) -> Decision {
    switch(policy.send != Transfer::AllApps, R::SystemSearchBlocked, SEND)
}

/// Generated emoji.
pub(super) fn genmoji(policy: &CompiledPolicy) -> Decision {
    ios_switch(policy, policy.genmoji_blocked, R::GenmojiBlocked, S::GenmojiConfigurationState)
}

/// Writing help.
pub(super) fn writing_tools(policy: &CompiledPolicy) -> Decision {
    ios_switch(
        policy,
        policy.writing_tools_blocked,
        R::WritingToolsBlocked,
        S::WritingToolsConfigurationState,
    )
}
