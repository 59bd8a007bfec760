//! §5.4.

use ringfence_messages::ReasonCode as R;
use ringfence_model::settings::{Setting as S, Value};
use ringfence_policy::decide::{Action, Peer};

use super::{ALLOW, COVERED, MANAGED, OTHER_ACCOUNT, Row, UNMANAGED, allow, choice, deny, pairs, row};

const LEVEL: S = S::AllowedOutboundClipboardSharingLevel;

fn copy(to: Peer<'static>, characters: u64) -> Action<'static> {
    Action::Copy { to, characters }
}

fn paste(from: Peer<'static>, characters: u64) -> Action<'static> {
    Action::Paste { from, characters }
}

pub(super) fn rows() -> Vec<Row> {
    let copy_no = deny(R::CopyBlocked);
    let paste_no = deny(R::PasteBlocked);
    let mut rows = vec![];
    for (level, name, out_managed, out_other, incoming) in [
        ("blocked", "blocked", copy_no, copy_no, paste_no),
        ("managedApps", "managed apps", ALLOW, copy_no, paste_no),
        ("managedAppsWithPasteIn", "managed with paste in", ALLOW, copy_no, ALLOW),
        ("allApps", "any app", ALLOW, ALLOW, ALLOW),
    ] {
        let settings = [choice(LEVEL, level)];
        rows.push(row(
            "5.4",
            format!("{name}: org to managed app"),
            &settings,
            copy(MANAGED, 9),
            out_managed,
        ));
        rows.push(row(
            "5.4",
            format!("{name}: org to unmanaged app"),
            &settings,
            copy(UNMANAGED, 9),
            out_other,
        ));
        rows.push(row("5.4", format!("{name}: unmanaged to org"), &settings, paste(UNMANAGED, 9), incoming));
        let from_managed = if level == "blocked" { paste_no } else { ALLOW };
        rows.push(row("5.4", format!("{name}: managed to org"), &settings, paste(COVERED, 9), from_managed));
    }
    rows.extend(limits());
    rows
}

fn limits() -> Vec<Row> {
    let limit = (S::AllowedOutboundClipboardSharingExceptionLength, Value::Int(5));
    let managed = [choice(LEVEL, "managedApps"), limit.clone()];
    let blocked = [choice(LEVEL, "blocked"), limit];
    let short = allow(R::AllowedWithinLimit);
    let exempt = [choice(LEVEL, "managedApps"), pairs(S::ExemptedAppPackages, &[("chat", "com.fun.chat")])];
    let personal = allow(R::AllowedPersonalData);
    vec![
        row("5.4", "managed apps, limit 5: 5 characters out", &managed, copy(UNMANAGED, 5), short),
        row(
            "5.4",
            "managed apps, limit 5: 6 characters out",
            &managed,
            copy(UNMANAGED, 6),
            deny(R::CopyOverLimit),
        ),
        row("5.4", "managed apps, limit 5: 5 characters in", &managed, paste(UNMANAGED, 5), short),
        row(
            "5.4",
            "managed apps, limit 5: 6 characters in",
            &managed,
            paste(UNMANAGED, 6),
            deny(R::PasteOverLimit),
        ),
        row("5.4", "managed apps, limit 5: 6 characters to a managed app", &managed, copy(MANAGED, 6), ALLOW),
        row("5.4", "blocked, limit 5: 5 characters to a managed app", &blocked, copy(MANAGED, 5), short),
        row(
            "5.4",
            "blocked, limit 5: 6 characters to a managed app",
            &blocked,
            copy(MANAGED, 6),
            deny(R::CopyOverLimit),
        ),
        row(
            "5.4",
            "managed apps: org to an app managed for another account",
            &managed[..1],
            copy(OTHER_ACCOUNT, 9),
            deny(R::CopyBlocked),
        ),
        row("5.4", "no exemptions for the clipboard", &exempt, copy(UNMANAGED, 9), deny(R::CopyBlocked))
            .android(),
        row("5.4", "blocked: personal text out", &blocked[..1], copy(UNMANAGED, 9), personal).personal(),
        row("5.4", "blocked: into a personal document", &blocked[..1], paste(UNMANAGED, 9), personal)
            .personal(),
    ]
}
