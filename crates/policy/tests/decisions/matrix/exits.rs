//! §5.7.

use std::collections::BTreeSet;

use ringfence_messages::ReasonCode as R;
use ringfence_model::settings::{Setting as S, Value};
use ringfence_policy::decide::{Action, Opener, Peer, Verdict};

use super::{ALLOW, COVERED, MANAGED, Row, UNMANAGED, allow, choice, deny, on, pairs, row};

const URL: &str = "https://Docs.shop.example/a";

fn link(with: Opener<'static>) -> Action<'static> {
    Action::Link { url: URL, with }
}

fn text(setting: S, text: &str) -> (S, Value) {
    (setting, Value::Text(text.to_owned()))
}

pub(super) fn rows() -> Vec<Row> {
    [web(), claimed_links(), phone(), switches(), keyboards()].into_iter().flatten().collect()
}

fn web() -> Vec<Row> {
    let required = on(S::ManagedBrowserToOpenLinksRequired);
    let protected = (S::ManagedBrowser, Value::Flags(BTreeSet::from(["microsoftEdge"])));
    let managed = [required.clone(), protected.clone()];
    let ios = [required.clone(), text(S::CustomBrowserProtocol, "surf")];
    let android = [required.clone(), text(S::CustomBrowserPackageId, "com.surf.browser")];
    let surf = |scheme| Opener::Browser(Peer { scheme: Some(scheme), ..UNMANAGED });
    let package = Opener::Browser(Peer::app("com.Surf.Browser"));
    let foreign = Opener::Browser(UNMANAGED);
    let covered = Opener::Browser(COVERED);
    let only_managed = deny(R::LinkManagedBrowserOnly);
    let only_one = deny(R::LinkOneBrowserOnly);
    let both = [ios.to_vec(), vec![protected]].concat();
    vec![
        row("5.7", "web link, any app", &[], link(foreign), ALLOW),
        row(
            "5.7",
            "web link, protected browser required, opens there",
            &managed,
            link(Opener::ManagedBrowser),
            ALLOW,
        ),
        row(
            "5.7",
            "web link, protected browser required, other browser",
            &managed,
            link(foreign),
            only_managed,
        ),
        row(
            "5.7",
            "web link, protected browser required, none named",
            &managed[..1],
            link(foreign),
            only_managed,
        ),
        row(
            "5.7",
            "web link, protected browser required, managed browser app",
            &managed,
            link(covered),
            ALLOW,
        )
        .android(),
        row(
            "5.7",
            "web link, protected browser required, managed app on iOS",
            &managed,
            link(covered),
            only_managed,
        )
        .ios(),
        row("5.7", "web link, one browser, its protocol", &ios, link(surf("surf")), ALLOW).ios(),
        row("5.7", "web link, one browser, its protocol for https", &ios, link(surf("surfs")), ALLOW).ios(),
        row("5.7", "web link, one browser, another protocol", &ios, link(surf("swim")), only_one).ios(),
        row("5.7", "web link, one browser, managed app does not qualify", &ios, link(covered), only_one)
            .ios(),
        row("5.7", "web link, one browser, the protected browser", &ios, link(Opener::ManagedBrowser), ALLOW)
            .ios(),
        row("5.7", "web link, one browser, its package", &android, link(package), ALLOW).android(),
        row("5.7", "web link, one browser, another package", &android, link(foreign), only_one).android(),
        row("5.7", "web link, one browser, managed app handling links", &android, link(covered), ALLOW)
            .android(),
        row(
            "5.7",
            "web link, protected and one browser: the protected one",
            &both,
            link(surf("surf")),
            only_managed,
        )
        .ios(),
        row("5.7", "web link in personal data", &managed, link(foreign), allow(R::AllowedPersonalData))
            .personal(),
    ]
}

fn claimed_links() -> Vec<Row> {
    let send = |level| choice(S::AllowedOutboundDataTransferDestinations, level);
    let required = on(S::ManagedBrowserToOpenLinksRequired);
    let list = |setting, pattern: &str| (setting, Value::Texts(vec![pattern.to_owned()]));
    let exempt = list(S::ExemptedUniversalLinks, "https://*.shop.example/*");
    let managed = list(S::ManagedUniversalLinks, "https://docs.shop.example");
    let base = [required.clone(), send("managedApps")];
    let with = |more: &[(S, Value)]| [&base[..], more].concat();
    let app = |peer| link(Opener::App(peer));
    let refused = deny(R::LinkManagedBrowserOnly);
    let package = pairs(S::ExemptedAppPackages, &[("chat", "com.fun.chat")]);
    vec![
        row("5.7", "claimed link, no browser required", &[send("managedApps")], app(UNMANAGED), ALLOW),
        row("5.7", "claimed link, S all apps", &[required.clone(), send("allApps")], app(UNMANAGED), ALLOW),
        row("5.7", "claimed link, S none", &[required, send("none")], app(MANAGED), refused),
        row(
            "5.7",
            "universal link on the exempt list",
            &with(&[exempt]),
            app(UNMANAGED),
            allow(R::AllowedExempt),
        )
        .ios(),
        row(
            "5.7",
            "universal link on the managed list, managed app",
            &with(std::slice::from_ref(&managed)),
            app(MANAGED),
            ALLOW,
        )
        .ios(),
        row(
            "5.7",
            "universal link on the managed list, other app",
            &with(&[managed]),
            app(UNMANAGED),
            refused,
        )
        .ios(),
        row("5.7", "universal link on no list, managed app", &base, app(MANAGED), refused).ios(),
        row("5.7", "app link, S managed apps, managed app", &base, app(MANAGED), ALLOW).android(),
        row("5.7", "app link, S managed apps, other app", &base, app(UNMANAGED), refused).android(),
        row(
            "5.7",
            "app link, S managed apps, exempt app",
            &with(&[package]),
            app(UNMANAGED),
            allow(R::AllowedExempt),
        )
        .android(),
    ]
}

fn phone() -> Vec<Row> {
    let dial = |with| Action::Dial { with };
    let message = |with| Action::Message { with };
    let custom = Peer { scheme: Some("Ring"), ..Peer::app("com.ring.dial") };
    let dialler = |level| choice(S::DialerRestrictionLevel, level);
    let messenger = |level| choice(S::ProtectedMessagingRedirectAppType, level);
    let ios_dial = [dialler("customApp"), text(S::CustomDialerAppProtocol, "ring")];
    let android_dial = [dialler("customApp"), text(S::CustomDialerAppPackageId, "com.ring.dial")];
    let ios_text = [messenger("specificApps"), text(S::MessagingRedirectAppUrlScheme, "ring")];
    let android_text = [messenger("specificApps"), text(S::MessagingRedirectAppPackageId, "com.ring.dial")];
    vec![
        row("5.7", "tel, any dialler", &[dialler("allApps")], dial(UNMANAGED), ALLOW),
        row("5.7", "tel, none", &[dialler("blocked")], dial(MANAGED), deny(R::DialBlocked)),
        row("5.7", "tel, any managed dialler: managed", &[dialler("managedApps")], dial(MANAGED), ALLOW),
        row(
            "5.7",
            "tel, any managed dialler: other",
            &[dialler("managedApps")],
            dial(UNMANAGED),
            deny(R::DialManagedAppsOnly),
        ),
        row("5.7", "tel, a specific dialler by protocol", &ios_dial, dial(custom), ALLOW).ios(),
        row("5.7", "tel, a specific dialler by package", &android_dial, dial(custom), ALLOW).android(),
        row("5.7", "tel, a specific dialler: other", &ios_dial, dial(MANAGED), deny(R::DialOneAppOnly)).ios(),
        row(
            "5.7",
            "tel, a specific dialler, none named",
            &ios_dial[..1],
            dial(Peer::app("")),
            deny(R::DialOneAppOnly),
        ),
        row("5.7", "sms, any app", &[messenger("anyApp")], message(UNMANAGED), ALLOW),
        row("5.7", "sms, none", &[messenger("blocked")], message(MANAGED), deny(R::MessageBlocked)),
        row("5.7", "sms, any managed app: managed", &[messenger("anyManagedApp")], message(MANAGED), ALLOW),
        row(
            "5.7",
            "sms, any managed app: other",
            &[messenger("anyManagedApp")],
            message(UNMANAGED),
            deny(R::MessageManagedAppsOnly),
        ),
        row("5.7", "sms, a specific app by protocol", &ios_text, message(custom), ALLOW).ios(),
        row("5.7", "sms, a specific app by package", &android_text, message(custom), ALLOW).android(),
        row("5.7", "sms, a specific app: other", &android_text, message(MANAGED), deny(R::MessageOneAppOnly))
            .android(),
    ]
}

fn switches() -> Vec<Row> {
    let notify = |can_redact| Action::Notify { can_redact };
    let limited = [choice(S::NotificationRestriction, "blockOrganizationalData")];
    let off = [choice(S::NotificationRestriction, "block")];
    let without = (Verdict::AllowRedacted, R::AllowedWithoutContent);
    let hidden = deny(R::NotificationBlocked);
    let send = choice(S::AllowedOutboundDataTransferDestinations, "managedApps");
    let widgets = [send.clone(), on(S::AllowWidgetContentSync)];
    let sync = [on(S::ContactSyncBlocked)];
    let blocked = |setting| [choice(setting, "blocked")];
    let send = [send];
    vec![
        row("5.7", "print, allowed", &[], Action::Print, ALLOW),
        row("5.7", "print, blocked", &[on(S::PrintBlocked)], Action::Print, deny(R::PrintBlocked)),
        row(
            "5.7",
            "print personal data, blocked",
            &[on(S::PrintBlocked)],
            Action::Print,
            allow(R::AllowedPersonalData),
        )
        .personal(),
        row("5.7", "notification, allow", &[], notify(false), ALLOW),
        row("5.7", "notification, block org data", &limited, notify(true), without),
        row("5.7", "notification, block org data, app cannot: shown", &limited, notify(false), ALLOW).ios(),
        row("5.7", "notification, block org data, app cannot: held back", &limited, notify(false), hidden)
            .android(),
        row("5.7", "notification, block", &off, notify(true), hidden),
        row("5.7", "screen capture, allowed", &[], Action::ScreenCapture, ALLOW),
        row(
            "5.7",
            "screen capture, blocked on iOS",
            &blocked(S::ScreenCaptureConfigurationState),
            Action::ScreenCapture,
            deny(R::ScreenCaptureBlocked),
        )
        .ios(),
        row(
            "5.7",
            "screen capture, S managed apps alone does not block it",
            &send,
            Action::ScreenCapture,
            ALLOW,
        ),
        row(
            "5.7",
            "screen capture, blocked on Android",
            &[on(S::ScreenCaptureBlocked)],
            Action::ScreenCapture,
            deny(R::ScreenCaptureBlocked),
        )
        .android(),
        row("5.7", "backup, allowed", &[], Action::Backup, ALLOW),
        row("5.7", "backup, blocked", &[on(S::DataBackupBlocked)], Action::Backup, deny(R::BackupBlocked)),
        row("5.7", "contacts, allowed", &[], Action::SyncNative, ALLOW),
        row("5.7", "contacts, blocked", &sync, Action::SyncNative, deny(R::ContactSyncBlocked)),
        row("5.7", "widget, S all apps", &[], Action::Widget, ALLOW),
        row("5.7", "widget, sync blocked", &sync, Action::Widget, deny(R::WidgetContentBlocked)),
        row("5.7", "widget, S managed apps", &send, Action::Widget, deny(R::WidgetContentBlocked)).ios(),
        row("5.7", "widget, S managed apps, content allowed", &widgets, Action::Widget, ALLOW).ios(),
        row("5.7", "search and assistant, S all apps", &[], Action::SystemSearch, ALLOW),
        row(
            "5.7",
            "search and assistant, S managed apps",
            &send,
            Action::SystemSearch,
            deny(R::SystemSearchBlocked),
        ),
        row(
            "5.7",
            "generated emoji, blocked",
            &blocked(S::GenmojiConfigurationState),
            Action::Genmoji,
            deny(R::GenmojiBlocked),
        )
        .ios(),
        row(
            "5.7",
            "writing help, blocked",
            &blocked(S::WritingToolsConfigurationState),
            Action::WritingTools,
            deny(R::WritingToolsBlocked),
        )
        .ios(),
        row("5.7", "generated emoji, not configured", &[], Action::Genmoji, ALLOW),
        row("5.7", "writing help, not configured", &[], Action::WritingTools, ALLOW),
    ]
}

fn keyboards() -> Vec<Row> {
    let keyboard = |id, system| Action::Keyboard { id, system };
    let ios = [on(S::ThirdPartyKeyboardsBlocked)];
    let android =
        [on(S::KeyboardsRestricted), pairs(S::ApprovedKeyboards, &[("com.keys.good", "Good keys")])];
    let third = deny(R::KeyboardThirdParty);
    let unapproved = deny(R::KeyboardNotApproved);
    vec![
        row("5.7", "keyboard, no rule", &[], keyboard("com.keys.bad", false), ALLOW),
        row("5.7", "keyboard, third-party blocked", &ios, keyboard("com.keys.bad", false), third).ios(),
        row("5.7", "keyboard, the system's own", &ios, keyboard("", true), ALLOW).ios(),
        row(
            "5.7",
            "keyboard, third-party, personal account too",
            &ios,
            keyboard("com.keys.bad", false),
            third,
        )
        .ios()
        .personal(),
        row("5.7", "keyboard, approved", &android, keyboard("com.Keys.Good", false), ALLOW).android(),
        row("5.7", "keyboard, not approved", &android, keyboard("com.keys.bad", false), unapproved).android(),
        row("5.7", "keyboard, none approved", &android[..1], keyboard("com.keys.good", true), unapproved)
            .android(),
        row(
            "5.7",
            "keyboard, not approved, personal account",
            &android,
            keyboard("com.keys.bad", false),
            allow(R::AllowedPersonalData),
        )
        .android()
        .personal(),
    ]
}
