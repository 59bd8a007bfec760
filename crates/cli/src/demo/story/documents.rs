//! One work document: sealed on disk, shared where it may go, refused where it may not.

use ringfence_messages::ReasonCode;
use ringfence_model::Platform;
use ringfence_phone::Identity;

use super::super::scene::Scene;
use super::super::world::{World, drawn};
use super::{ANNA, CHAT, DOCUMENT, GROCERIES, IPHONE, MAIL, NOTES, PERSONAL, SECRET};
use crate::api::text;
use crate::explain::Question;

pub(super) fn seal(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let app = world.app(IPHONE, NOTES)?;
    let written = app.create(Identity::Work, DOCUMENT, SECRET.as_bytes())?;
    scene.prove("Anna writes a document", written.allowed(), DOCUMENT);
    let phone = world.phone(IPHONE)?;
    let files = phone.every_file()?;
    let sealed = files.iter().find(|(name, _)| name.ends_with(DOCUMENT) || name.contains("work/"));
    let (name, bytes) = sealed.ok_or_else(|| anyhow::anyhow!("the document is not on disk"))?;
    scene.say(format!("{name}, {} bytes, begins with:", bytes.len()));
    scene.show(&dump(bytes));
    let clear = phone.files_containing(SECRET.as_bytes())?;
    scene.prove(
        "the text is in no file of the phone",
        clear.is_empty(),
        format!("{} files searched byte by byte", files.len()),
    );
    let word = phone.files_containing(b"counsellor")?;
    scene.prove("nor is a single word of it", word.is_empty(), "\"counsellor\"");
    let read = app.read(Identity::Work, DOCUMENT)?;
    scene.prove("the app reads it back", read.text() == SECRET, format!("\"{}\"", read.text()));
    Ok(())
}

pub(super) fn share(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let outcome = world.app(IPHONE, NOTES)?.share(Identity::Work, DOCUMENT, MAIL)?;
    let reason = outcome.reason.map_or("none", ReasonCode::as_str);
    scene.prove("Notes gives the document to Mail", outcome.allowed(), reason);
    let place = outcome.place.clone().unwrap_or_else(|| DOCUMENT.to_owned());
    let there = world.app(IPHONE, MAIL)?.read(Identity::Work, &place)?;
    scene.prove("Mail can read it, as work data", there.text() == SECRET, place);
    let clear = world.phone(IPHONE)?.files_containing(b"counsellor")?;
    scene.prove("and still no word of it is on disk", clear.is_empty(), clear.len());
    Ok(())
}

pub(super) fn refuse(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let outcome = world.app(IPHONE, NOTES)?.share(Identity::Work, DOCUMENT, CHAT)?;
    if let Some(dialog) = &outcome.dialog {
        scene.show(&drawn(dialog));
    }
    let code = outcome.code.clone().unwrap_or_default();
    scene.prove(
        "Notes does not give it to Chatter",
        outcome.refused(),
        outcome.reason.map_or("none", ReasonCode::as_str),
    );
    scene.prove_same("the dialog carries the code of this situation", &code, &"D4".to_owned());
    let decision = outcome.decision.as_ref();
    let policies: Vec<&str> = decision
        .into_iter()
        .flat_map(|decision| &decision.sources)
        .map(|source| source.name.as_str())
        .collect();
    scene.prove(
        "the phone names the setting and the policies behind it",
        decision.is_some_and(|decision| {
            decision.deciders.iter().any(|setting| setting == "allowedOutboundDataTransferDestinations")
        }) && policies.contains(&"Level 2: enhanced data protection (iOS)"),
        format!(
            "{} from {}",
            decision.map(|decision| decision.deciders.join(", ")).unwrap_or_default(),
            policies.join(" + ")
        ),
    );
    let inbox = world.phone(IPHONE)?.list_ordinary(CHAT)?;
    scene.prove("nothing arrived at Chatter", inbox.is_empty(), format!("{} files", inbox.len()));
    let question = Question {
        user: ANNA.to_owned(),
        app: NOTES.to_owned(),
        platform: Platform::Ios,
        action: "send".to_owned(),
        to: Some(CHAT.to_owned()),
        characters: None,
        managed_account: false,
        management: None,
    };
    let answer = crate::explain::ask(world.api()?, &question, world.lang)?;
    let phone_said = outcome.reason.map_or("none", ReasonCode::as_str).to_owned();
    scene.prove_same(
        "the server, asked by the help desk, gives the same reason",
        &text(&answer, "reason"),
        &phone_said,
    );
    let source = &answer["deciders"][0]["sources"][0];
    scene.prove(
        "and adds the assignment and the way through the groups",
        source["groupPath"].as_array().is_some_and(|path| !path.is_empty()),
        format!("{} -> {}", text(source, "policyName"), source["groupPath"]),
    );
    Ok(())
}

pub(super) fn personal(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let app = world.app(IPHONE, NOTES)?;
    let written = app.create(Identity::Personal, PERSONAL, GROCERIES.as_bytes())?;
    scene.prove("Anna writes a shopping list in the same app", written.allowed(), PERSONAL);
    let clear = world.phone(IPHONE)?.files_containing(GROCERIES.as_bytes())?;
    scene.prove("it is hers: not sealed", !clear.is_empty(), clear.join(", "));
    let shared = app.share(Identity::Personal, PERSONAL, CHAT)?;
    let arrived = world.phone(IPHONE)?.list_ordinary(CHAT)?;
    scene.prove(
        "she may send it wherever she likes",
        shared.allowed() && arrived.len() == 1,
        arrived.join(", "),
    );
    Ok(())
}

pub(super) fn jailbroken(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let phone = world.phone(IPHONE)?;
    let app = world.app(IPHONE, NOTES)?;
    phone.set_facts(&["jailbroken=true"])?;
    let opened = app.foreground()?;
    if let Some(dialog) = &opened.dialog {
        scene.show(&drawn(dialog));
    }
    let code = opened.code.clone().unwrap_or_default();
    scene.prove_same("the app tells Anna that her phone is not trusted", &code, &"I5".to_owned());
    let work = app.read(Identity::Work, DOCUMENT)?;
    scene.prove(
        "the work document is withheld",
        !work.allowed() && work.bytes.is_none(),
        work.code.unwrap_or_default(),
    );
    let own = app.read(Identity::Personal, PERSONAL)?;
    scene.prove("her own shopping list is not", own.text() == GROCERIES, PERSONAL);
    phone.set_facts(&["jailbroken=false"])?;
    app.foreground()?;
    let work = app.read(Identity::Work, DOCUMENT)?;
    scene.prove("restored to factory state, the phone may again", work.text() == SECRET, DOCUMENT);
    Ok(())
}

/// The first bytes, in hexadecimal and as text.
fn dump(bytes: &[u8]) -> String {
    let lines = bytes.chunks(16).take(4).map(|line| {
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let text: String =
            line.iter().map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { '.' }).collect();
        format!("{:<47}  {text}", hex.join(" "))
    });
    lines.collect::<Vec<_>>().join("\n")
}
