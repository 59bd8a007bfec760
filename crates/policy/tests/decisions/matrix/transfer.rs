//! §5.1 to §5.3, §5.5.

use ringfence_messages::ReasonCode as R;
use ringfence_model::settings::Setting as S;
use ringfence_policy::{
    compile::Transfer,
    decide::{Action, Peer, Relation, Tag, Verdict, Way},
};

use super::{
    ALLOW, COVERED, MANAGED, OTHER_ACCOUNT, Row, UNKNOWN, UNMANAGED, allow, choice, deny, on, pairs, row,
};

const SEND: S = S::AllowedOutboundDataTransferDestinations;
const RECEIVE: S = S::AllowedInboundDataTransferSources;
const CLOSED: Peer<'static> = Peer { receives: Some(Transfer::None), ..MANAGED };
const MUTE: Peer<'static> = Peer { sends: Some(Transfer::None), ..MANAGED };
const HERE: Peer<'static> = Peer::new("com.work.notes", Relation::SameAppOtherAccount);
const INSTANT: Peer<'static> = Peer::new("com.fun.instant", Relation::InstantApp);
const SCHEME: Peer<'static> = Peer { scheme: Some("WBX"), ..UNMANAGED };
const PACKAGE: Peer<'static> = Peer::app("com.meet.Video");
const PHONE: Peer<'static> = Peer::app("com.android.phone");
const MDM: Peer<'static> = Peer { mdm_managed: true, ..UNMANAGED };
const SEALED: (Verdict, R) = (Verdict::AllowSealed, R::AllowedSealed);

fn launch(to: Peer<'static>) -> Action<'static> {
    Action::Send { way: Way::Launch, to }
}

fn share(to: Peer<'static>) -> Action<'static> {
    Action::Send { way: Way::ShareSheet, to }
}

fn open_in(to: Peer<'static>) -> Action<'static> {
    Action::Send { way: Way::OpenIn, to }
}

fn receive(from: Peer<'static>, tag: Tag) -> Action<'static> {
    Action::Receive { from, tag, can_open_as_personal: false }
}

fn may_switch(from: Peer<'static>) -> Action<'static> {
    Action::Receive { from, tag: Tag::Untagged, can_open_as_personal: true }
}

pub(super) fn rows() -> Vec<Row> {
    [outgoing(), ios_ways(), incoming(), other_accounts(), identity(), exemptions()]
        .into_iter()
        .flatten()
        .collect()
}

fn outgoing() -> Vec<Row> {
    let [all, managed, none] = ["allApps", "managedApps", "none"].map(|level| [choice(SEND, level)]);
    vec![
        row("5.1", "S not set, target unmanaged", &[], launch(UNMANAGED), ALLOW),
        row("5.1", "S all apps, target managed", &all, launch(MANAGED), ALLOW),
        row(
            "5.1",
            "S all apps, target managed, its R none",
            &all,
            launch(CLOSED),
            deny(R::SendReceiverRefuses),
        ),
        row("5.1", "S all apps, other target, plain", &all, launch(UNMANAGED), ALLOW),
        row("5.1", "S all apps, share sheet, plain", &all, share(UNMANAGED), ALLOW),
        row("5.1", "S managed apps, target managed", &managed, launch(MANAGED), ALLOW),
        row("5.1", "S managed apps, id covered by the policy, other case", &managed, launch(COVERED), ALLOW),
        row(
            "5.1",
            "S managed apps, target managed, its R none",
            &managed,
            launch(CLOSED),
            deny(R::SendReceiverRefuses),
        ),
        row("5.1", "S managed apps, other target", &managed, launch(UNMANAGED), deny(R::SendManagedAppsOnly)),
        row("5.1", "S managed apps, unknown target", &managed, launch(UNKNOWN), deny(R::SendManagedAppsOnly)),
        row(
            "5.1",
            "S managed apps, target managed for another account",
            &managed,
            launch(OTHER_ACCOUNT),
            deny(R::SendManagedAppsOnly),
        ),
        row(
            "5.1",
            "S managed apps, same app, other account",
            &managed,
            launch(HERE),
            deny(R::SendOtherAccount),
        ),
        row("5.1", "S all apps, same app, other account", &all, launch(HERE), ALLOW),
        row("5.1", "S none, target managed", &none, launch(MANAGED), deny(R::SendNone)),
        row("5.1", "S none, other target", &none, launch(UNMANAGED), deny(R::SendNone)),
        row("5.1", "S none, same app, other account", &none, open_in(HERE), deny(R::SendNone)),
        row("5.1", "S all apps, instant app", &all, launch(INSTANT), deny(R::SendInstantApp)).android(),
        row(
            "5.1",
            "S none, personal data, other target",
            &none,
            launch(UNMANAGED),
            allow(R::AllowedPersonalData),
        )
        .personal(),
        row("5.1", "S managed apps, share sheet", &managed, share(UNMANAGED), deny(R::SendManagedAppsOnly))
            .android(),
    ]
}

fn ios_ways() -> Vec<Row> {
    let managed = choice(SEND, "managedApps");
    let none = choice(SEND, "none");
    let sharing = [managed.clone(), on(S::DisableProtectionOfManagedOutboundOpenInData)];
    let filter = [managed.clone(), on(S::FilterOpenInToOnlyManagedApps)];
    let both = [sharing.to_vec(), filter.to_vec()].concat();
    let schemes = [pairs(S::ExemptedAppProtocols, &[("Default", "skype;wbx;")])];
    let [sharing_exempt, filter_exempt] = [&sharing, &filter].map(|base| [&base[..], &schemes[..]].concat());
    let exempt = allow(R::AllowedExempt);
    let refused = deny(R::SendManagedAppsOnly);
    let managed = [managed];
    vec![
        row("5.1", "S managed with OS sharing, D, target MDM-managed", &sharing, open_in(MDM), ALLOW)
            .enrolled(),
        row("5.1", "S managed with OS sharing, D, other target", &sharing, open_in(UNMANAGED), refused)
            .enrolled(),
        row("5.1", "S managed with OS sharing, D, target managed", &sharing, open_in(MANAGED), ALLOW)
            .enrolled(),
        row("5.1", "S managed with OS sharing, without D: as managed apps", &sharing, open_in(MDM), SEALED),
        row("5.1", "S managed with OS sharing, without D, target managed", &sharing, open_in(MANAGED), ALLOW),
        row(
            "5.1",
            "S managed with OS sharing, without D, other target by launch",
            &sharing,
            launch(MDM),
            refused,
        ),
        row(
            "5.1",
            "S managed with OS sharing, D, exempt URL scheme",
            &sharing_exempt,
            launch(SCHEME),
            exempt,
        )
        .enrolled(),
        row(
            "5.1",
            "S managed with OS sharing, without D, exempt URL scheme",
            &sharing_exempt,
            launch(SCHEME),
            exempt,
        ),
        row("5.1", "S managed with filter, exempt URL scheme", &filter_exempt, launch(SCHEME), exempt),
        row("5.1", "S managed with filter, open-in, target managed", &filter, open_in(MANAGED), ALLOW),
        row(
            "5.1",
            "S managed with filter, open-in, other target not offered",
            &filter,
            open_in(UNMANAGED),
            refused,
        ),
        row("5.1", "S managed with filter, target managed", &filter, share(MANAGED), ALLOW),
        row("5.1", "S managed with filter, other target not offered", &filter, share(UNMANAGED), refused),
        row("5.1", "S managed with filter and OS sharing, D, MDM-managed", &both, share(MDM), refused)
            .enrolled(),
        row(
            "5.5",
            "S managed apps, share sheet to another app: cannot be stopped",
            &managed,
            share(UNMANAGED),
            SEALED,
        ),
        row(
            "5.5",
            "S managed apps, open-in to another app: cannot be stopped",
            &managed,
            open_in(UNKNOWN),
            SEALED,
        ),
        row(
            "5.5",
            "S managed apps, open-in, managed for another account",
            &managed,
            open_in(OTHER_ACCOUNT),
            SEALED,
        ),
        row("5.5", "S managed apps, open-in to a managed app", &managed, open_in(MANAGED), ALLOW),
        row("5.5", "S none, share sheet", std::slice::from_ref(&none), share(UNMANAGED), SEALED),
        row("5.5", "S none, open-in, even to a managed app", &[none], open_in(MANAGED), SEALED),
    ]
    .into_iter()
    .map(Row::ios)
    .collect()
}

fn incoming() -> Vec<Row> {
    let [all, managed, none] = ["allApps", "managedApps", "none"].map(|level| [choice(RECEIVE, level)]);
    let tagging = [choice(RECEIVE, "allApps"), on(S::ProtectInboundDataFromUnknownSources)];
    let tagged = (Verdict::AllowTagged, R::AllowedAsWorkData);
    let stays = allow(R::AllowedPersonalData);
    let plain = |from| receive(from, Tag::Untagged);
    vec![
        row("5.2", "R all apps, from managed, same account", &all, plain(MANAGED), ALLOW),
        row("5.2", "R all apps, from unmanaged: stays personal", &all, plain(UNMANAGED), stays),
        row(
            "5.2",
            "R all apps with incoming org data, D, from unmanaged",
            &tagging,
            plain(UNMANAGED),
            tagged,
        )
        .ios()
        .enrolled(),
        row("5.2", "R all apps with incoming org data, without D", &tagging, plain(UNMANAGED), stays).ios(),
        row("5.2", "R all apps with incoming org data, D, from managed", &tagging, plain(MANAGED), ALLOW)
            .ios()
            .enrolled(),
        row("5.2", "R managed apps, from managed, same account", &managed, plain(MANAGED), ALLOW),
        row("5.2", "R managed apps, from an app the policy covers", &managed, plain(COVERED), ALLOW),
        row(
            "5.2",
            "R managed apps, from unmanaged",
            &managed,
            plain(UNMANAGED),
            deny(R::ReceiveManagedAppsOnly),
        ),
        row("5.2", "R managed apps, from unknown", &managed, plain(UNKNOWN), deny(R::ReceiveManagedAppsOnly)),
        row(
            "5.2",
            "R managed apps, from managed for another account, no identity",
            &managed,
            plain(OTHER_ACCOUNT),
            deny(R::ReceiveManagedAppsOnly),
        ),
        row(
            "5.2",
            "R managed apps, from unmanaged, app can switch",
            &managed,
            may_switch(UNMANAGED),
            allow(R::AllowedAsPersonal),
        ),
        row("5.2", "R none, from managed", &none, plain(MANAGED), deny(R::ReceiveNone)),
        row("5.2", "R none, from unmanaged", &none, plain(UNMANAGED), deny(R::ReceiveNone)),
        row(
            "5.2",
            "R none, from unmanaged, app can switch",
            &none,
            may_switch(UNMANAGED),
            allow(R::AllowedAsPersonal),
        ),
        row("5.2", "R none, personal identity, from unmanaged", &none, plain(UNMANAGED), stays).personal(),
        row(
            "5.1",
            "both sides count: R all apps, sender's S none",
            &all,
            plain(MUTE),
            deny(R::ReceiveSenderRefuses),
        ),
    ]
}

/// The identity rule under the other settings of R.
fn other_accounts() -> Vec<Row> {
    let managed = [choice(RECEIVE, "managedApps")];
    let none = [choice(RECEIVE, "none")];
    let tagging = [choice(RECEIVE, "allApps"), on(S::ProtectInboundDataFromUnknownSources)];
    let from = |tag| receive(OTHER_ACCOUNT, tag);
    vec![
        row(
            "5.2",
            "R all apps with incoming org data, D, other account signed in",
            &tagging,
            from(Tag::OtherSwitchable),
            ALLOW,
        )
        .ios()
        .enrolled(),
        row(
            "5.2",
            "R all apps with incoming org data, D, other account not signed in",
            &tagging,
            from(Tag::OtherNotSignedIn),
            deny(R::ReceiveOwnerNotSignedIn),
        )
        .ios()
        .enrolled(),
        row("5.2", "R managed apps, other account signed in", &managed, from(Tag::OtherSwitchable), ALLOW),
        row(
            "5.2",
            "R managed apps, other account not signed in",
            &managed,
            from(Tag::OtherNotSignedIn),
            deny(R::ReceiveOwnerNotSignedIn),
        ),
        row(
            "5.2",
            "R managed apps, other account not managed here",
            &managed,
            from(Tag::OtherNotManaged),
            deny(R::ReceiveOwnerNotManaged),
        ),
        row(
            "5.2",
            "R managed apps, other account, app cannot switch",
            &managed,
            from(Tag::OtherSwitchFailed),
            deny(R::ReceiveOwnerSwitchFailed),
        ),
        row(
            "5.2",
            "R none, own account's tagged data",
            &none,
            receive(UNMANAGED, Tag::SameAccount),
            deny(R::ReceiveNone),
        ),
    ]
}

fn identity() -> Vec<Row> {
    let all = [choice(RECEIVE, "allApps")];
    let none = [choice(RECEIVE, "none")];
    let from = |tag| receive(OTHER_ACCOUNT, tag);
    vec![
        row(
            "5.2",
            "identity rule: own account's data, from anywhere",
            &all,
            receive(UNMANAGED, Tag::SameAccount),
            ALLOW,
        ),
        row("5.2", "identity rule: owner signed in, app switches", &all, from(Tag::OtherSwitchable), ALLOW),
        row(
            "5.2",
            "identity rule: owner not signed in",
            &all,
            from(Tag::OtherNotSignedIn),
            deny(R::ReceiveOwnerNotSignedIn),
        ),
        row(
            "5.2",
            "identity rule: owner not managed in this app",
            &all,
            from(Tag::OtherNotManaged),
            deny(R::ReceiveOwnerNotManaged),
        ),
        row(
            "5.2",
            "identity rule: app cannot switch",
            &all,
            from(Tag::OtherSwitchFailed),
            deny(R::ReceiveOwnerSwitchFailed),
        ),
        row(
            "5.2",
            "identity rule: owner needs the app from device management",
            &all,
            from(Tag::OtherNotDelivered),
            deny(R::ReceiveOwnerAppNotDelivered),
        ),
        row(
            "5.2",
            "R none, from managed, other account",
            &none,
            from(Tag::OtherSwitchable),
            deny(R::ReceiveNone),
        ),
        row(
            "5.2",
            "identity rule holds for a personal identity too",
            &all,
            from(Tag::OtherNotSignedIn),
            deny(R::ReceiveOwnerNotSignedIn),
        )
        .personal(),
    ]
}

fn exemptions() -> Vec<Row> {
    let send = |level| choice(SEND, level);
    let schemes = pairs(S::ExemptedAppProtocols, &[("Default", "skype;wbx;")]);
    let packages = pairs(S::ExemptedAppPackages, &[("Video", "com.meet.video")]);
    let ios = [send("managedApps"), schemes.clone()];
    let android = [send("managedApps"), packages.clone()];
    let exempt = allow(R::AllowedExempt);
    let refused = deny(R::SendManagedAppsOnly);
    vec![
        row("5.3", "S managed apps, exempt URL scheme, launch", &ios, launch(SCHEME), exempt).ios(),
        row("5.3", "S managed apps, exempt URL scheme, but by share sheet", &ios, share(SCHEME), SEALED)
            .ios(),
        row("5.3", "S managed apps, exempt URL scheme, but by open-in", &ios, open_in(SCHEME), SEALED).ios(),
        row("5.3", "S managed apps, other URL scheme", &ios[..1], launch(SCHEME), refused).ios(),
        row("5.3", "S managed apps, exempt package, other case", &android, launch(PACKAGE), exempt).android(),
        row(
            "5.3",
            "S managed apps, exempt package, by share sheet (an intent)",
            &android,
            share(PACKAGE),
            exempt,
        )
        .android(),
        row("5.3", "S managed apps, other package", &android[..1], launch(PACKAGE), refused).android(),
        row(
            "5.3",
            "S managed apps, part of the system",
            &[send("managedApps")],
            launch(PHONE),
            allow(R::AllowedSystemService),
        )
        .android(),
        row("5.3", "S none, exempt URL scheme", &[send("none"), schemes], launch(SCHEME), deny(R::SendNone))
            .ios(),
        row("5.3", "S none, exempt package", &[send("none"), packages], launch(PACKAGE), deny(R::SendNone))
            .android(),
        row("5.3", "S all apps, exemptions do not matter", &[send("allApps")], launch(SCHEME), ALLOW),
    ]
}
