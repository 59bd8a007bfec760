//! A selective wipe, its proof, and what it must not touch.

use std::time::{Duration, Instant};

use anyhow::Context;
use ringfence_admin::wipe::Target;
use ringfence_phone::{AppEvent, Identity};
use ringfence_protocol::wipe::WipeOutcome;
use serde_json::Value;

use super::super::scene::{Scene, shown};
use super::super::world::{PASSWORD, PATIENCE, World, drawn};
use super::{ANDROID, ANNA, DOCUMENT, GROCERIES, IPHONE, MAIL, NOTES, PERSONAL, SECRET};
use crate::api::{bytes, text};
use crate::wipe::Proof;

const LIMIT: Duration = Duration::from_secs(1);

pub(super) fn order(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let written = world.app(ANDROID, NOTES)?.create(Identity::Work, DOCUMENT, SECRET.as_bytes())?;
    anyhow::ensure!(written.allowed(), "Bram cannot write a document");
    let sealed = sealed_files(world, IPHONE, NOTES)?;
    let target = Target { user: Some(ANNA.to_owned()), app: Some(NOTES.to_owned()), ..Target::default() };
    let reached = ringfence_admin::wipe::preview(world.api()?, &target)?;
    scene.prove_same("the preview names one app instance: Anna's Notes", &reached.len(), &1);
    let app = world.app(IPHONE, NOTES)?;
    let instance = app.status()?.instance;
    let events = app.events()?;
    let start = Instant::now();
    let orders = ringfence_admin::wipe::request(world.api()?, &target)?;
    let order = orders.first().map(|order| text(order, "order")).context("no order was made")?;
    let event = ringfence_phone::App::wait_for_event(
        &events,
        "the wipe notice",
        PATIENCE,
        |event| matches!(event, AppEvent::Dialog(dialog) if dialog.code == "D5"),
    )?;
    let took = start.elapsed();
    if let AppEvent::Dialog(dialog) = &event {
        scene.show(&drawn(dialog));
    }
    scene.prove("the open app wipes itself within a second", took < LIMIT, shown(took));
    let left = sealed_files(world, IPHONE, NOTES)?;
    scene.prove(
        "the work files of Notes are gone from the disk",
        left.is_empty() && !sealed.is_empty(),
        format!("{} before, {} after", sealed.len(), left.len()),
    );
    let read = world.app(IPHONE, NOTES)?.read(Identity::Work, DOCUMENT)?;
    scene.prove(
        "the document cannot be read any more",
        !read.allowed() && read.bytes.is_none(),
        read.code.unwrap_or_default(),
    );
    let list = world.app(IPHONE, NOTES)?.read(Identity::Personal, PERSONAL)?;
    scene.prove(
        "the shopping list is still there, to the letter",
        list.text() == GROCERIES,
        format!("\"{}\"", list.text()),
    );
    world.wipe = Some(order);
    world.wiped = instance;
    Ok(())
}

pub(super) fn receipt(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let order = world.wipe.clone().context("no wipe was ordered")?;
    let answer = receipt_of(world, &order)?;
    let proof = Proof::verify(&answer, None)?;
    let receipt = &proof.receipt;
    scene.prove(
        "the receipt for this order carries a valid signature",
        receipt.order.is_some_and(|signed| signed.to_string() == order)
            && world.wiped == Some(receipt.instance.to_string()),
        format!("ES256, key {}…", proof.key.get(..16).unwrap_or_default()),
    );
    scene.prove(
        "by the key that Anna's phone made, as her phone showed it before the wipe",
        world.keys.contains(&proof.key),
        "not even the server could have made this receipt",
    );
    scene.prove(
        "it says: wiped",
        receipt.outcome == WipeOutcome::Wiped && receipt.files_removed > 0 && receipt.keys_destroyed > 0,
        format!("{} files removed, {} keys destroyed", receipt.files_removed, receipt.keys_destroyed),
    );
    let forged = flip_last_byte(&answer)?;
    let verdict = Proof::verify(&forged, None);
    scene.prove(
        "one changed bit, and it does not verify",
        verdict.is_err(),
        verdict.map_or_else(|error| format!("{error:#}"), |_| "accepted".to_owned()),
    );
    let status = ringfence_admin::wipe::status(world.api()?, &order)?;
    scene.prove_same("the order's state on the server", &text(&status, "state"), &"done".to_owned());
    Ok(())
}

pub(super) fn after(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let bram = world.app(ANDROID, NOTES)?.read(Identity::Work, DOCUMENT)?;
    scene.prove("Bram still reads his document", bram.text() == SECRET, DOCUMENT);
    let mail = world.app(IPHONE, MAIL)?.read(Identity::Work, DOCUMENT)?;
    scene.prove("Anna's Mail, which nobody named, still reads its copy", mail.text() == SECRET, MAIL);
    let app = world.open.remove(&(IPHONE, NOTES)).context("Notes is not open")?;
    app.close()?;
    world.phone(IPHONE)?.restart()?;
    let (app, _) = world.phone(IPHONE)?.open_app(NOTES)?;
    let read = app.read(Identity::Work, DOCUMENT)?;
    scene.prove(
        "after a restart of the phone the document is still gone",
        !read.allowed(),
        read.code.unwrap_or_default(),
    );
    let again = app.sign_in(ANNA, PASSWORD)?;
    let status = app.status()?;
    scene.prove(
        "signing in again makes a new instance; the old data does not come back",
        again.allowed()
            && status.instance.is_some()
            && status.instance != world.wiped
            && app.list()?.documents.iter().all(|document| document.identity == Identity::Personal),
        status.instance.unwrap_or_default(),
    );
    world.open.insert((IPHONE, NOTES), app);
    Ok(())
}

pub(super) fn report(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let rows = settled_report(world)?;
    let column = |row: &Value, name: &str| text(row, name);
    for row in rows.iter().filter(|row| row["instance"].is_string()) {
        let line =
            ["userPrincipalName", "app", "platform", "state", "obeyedVersion"].map(|name| column(row, name));
        scene.say(line.join("  "));
    }
    let current =
        rows.iter().filter(|row| text(row, "state") == "protected" && row["upToDate"] == true).count();
    scene.prove_same("three apps report that they obey the version in force", &current, &3);
    let has = |user: &str, state: &str| {
        rows.iter().any(|row| text(row, "userPrincipalName") == user && text(row, "state") == state)
    };
    scene.prove(
        "Chidi, who is targeted but never signed in, is in the report at once",
        has("chidi@lakeside.example", "targetedNotCheckedIn"),
        "targeted, not checked in yet",
    );
    scene.prove(
        "Dana, who has no licence, is not called protected",
        !has("dana@lakeside.example", "protected"),
        "no licence",
    );
    let csv = world.api()?.get_text("/api/v1/report", "text/csv")?;
    scene.prove_same("the same as CSV, with a heading", &csv.lines().count(), &(rows.len() + 1));
    let audit = world.api()?.get("/api/v1/audit/verify")?;
    let intact = audit["intact"].as_bool().unwrap_or(false);
    scene.prove(
        "the audit log's hash chain is unbroken",
        intact,
        format!("{} entries", text(&audit, "entries")),
    );
    Ok(())
}

/// The report once every protected app has told which version it obeys: apps do so on their own, right after obeying.
fn settled_report(world: &World) -> anyhow::Result<Vec<Value>> {
    let start = Instant::now();
    loop {
        let rows = crate::report::rows(&crate::report::fetch(world.api()?)?);
        let outstanding = rows.iter().any(|row| text(row, "state") == "protected" && row["upToDate"] != true);
        if !outstanding || start.elapsed() > PATIENCE {
            return Ok(rows);
        }
        std::thread::yield_now();
    }
}

fn receipt_of(world: &World, order: &str) -> anyhow::Result<Value> {
    let start = Instant::now();
    loop {
        let answer = ringfence_admin::wipe::fetch_receipt(world.api()?, order);
        match answer {
            Ok(answer) if answer["receipt"].is_string() => return Ok(answer),
            _ if start.elapsed() > PATIENCE => return answer.context("no receipt came"),
            _ => std::thread::yield_now(),
        }
    }
}

fn sealed_files(world: &World, phone: &str, app: &str) -> anyhow::Result<Vec<String>> {
    let files = world.phone(phone)?.every_file()?;
    Ok(files.into_keys().filter(|name| name.contains(app) && name.contains("/work/")).collect())
}

fn flip_last_byte(answer: &Value) -> anyhow::Result<Value> {
    let mut receipt = bytes(answer, "receipt")?;
    if let Some(byte) = receipt.0.last_mut() {
        *byte ^= 1;
    }
    let mut forged = answer.clone();
    forged["receipt"] = serde_json::to_value(&receipt)?;
    Ok(forged)
}
