//! A stricter policy reaches an app that is open, without anybody touching the phone.

use std::time::{Duration, Instant};

use anyhow::Context;
use ringfence_messages::ReasonCode;
use ringfence_phone::Identity;
use serde_json::json;

use super::super::scene::{Scene, shown};
use super::super::world::{PATIENCE, World, drawn};
use super::{ANDROID, DOCUMENT, IPHONE, NOTES};

/// The promise: an open app obeys within a second.
const LIMIT: Duration = Duration::from_secs(1);

pub(super) fn tighten(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let app = world.app(IPHONE, NOTES)?;
    let before = app.print(Identity::Work, DOCUMENT)?;
    scene.prove(
        "before: Anna may print the document",
        before.allowed(),
        before.reason.map_or("none", ReasonCode::as_str),
    );
    let obeyed = app.status()?.obeyed_version.context("the app obeys no policy")?;
    let other = world.app(ANDROID, NOTES)?.status()?.obeyed_version;
    let path = format!("/beta/deviceAppManagement/iosManagedAppProtections/{}", world.id("level-2-ios")?);
    scene.say("the administrator sets printBlocked = true in level 2");
    let start = Instant::now();
    world.api()?.patch(&path, &json!({"printBlocked": true}))?;
    let answered = start.elapsed();
    app.wait_for_version(obeyed + 1, PATIENCE)?;
    let took = start.elapsed();
    scene.prove(
        "the open app obeys the new version within a second",
        took < LIMIT,
        format!(
            "{} after the administrator pressed the button; the server answered after {}",
            shown(took),
            shown(answered)
        ),
    );
    let after = app.print(Identity::Work, DOCUMENT)?;
    if let Some(dialog) = &after.dialog {
        scene.show(&drawn(dialog));
    }
    scene.prove(
        "after: printing is refused",
        after.refused(),
        after.reason.map_or("none", ReasonCode::as_str),
    );
    let untouched = world.app(ANDROID, NOTES)?.status()?.obeyed_version;
    scene.prove(
        "Bram's phone, which the policy does not concern, was left alone",
        untouched == other,
        format!("still version {}", untouched.unwrap_or_default()),
    );
    Ok(())
}
