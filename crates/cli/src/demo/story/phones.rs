//! Two virtual phones: registration, the first policy, and a policy that is not the server's.

use ringfence_messages::ReasonCode;
use ringfence_model::Platform;
use ringfence_phone::ProtectionState;
use ringfence_protocol::bytes::Digest;
use serde_json::Value;

use super::super::scene::{Scene, shown};
use super::super::world::{PASSWORD, PATIENCE, World};
use super::{ANDROID, ANNA, BRAM, IPHONE, MAIL, NOTES};
use crate::api::{Api, bytes};
use crate::output;

/// Phone, platform, its user, and the apps this user signs in to.
const PHONES: [(&str, Platform, &str, &[&str]); 2] =
    [(IPHONE, Platform::Ios, ANNA, &[NOTES, MAIL]), (ANDROID, Platform::Android, BRAM, &[NOTES])];

/// Six digits, none of them in a row.
const PIN: &str = "739150";

pub(super) fn register(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    for (name, platform, user, apps) in PHONES {
        let phone = world.make_phone(name, platform)?;
        for app in apps {
            let (handle, _) = phone.open_app(app)?;
            let outcome = handle.sign_in(user, PASSWORD)?;
            let status = handle.status()?;
            scene.prove(
                &format!("{user} signs in to {app} on {name}"),
                outcome.allowed() && status.instance.is_some(),
                status
                    .instance
                    .as_deref()
                    .map_or_else(|| format!("{:?}", status.state), |id| format!("instance {id}")),
            );
            world.open.insert((name, app), handle);
        }
    }
    let phone = world.phone(IPHONE)?;
    let store = phone.key_store();
    let aliases = store.list()?;
    // Only signing keys have a public half.
    let public: Vec<String> = aliases
        .iter()
        .filter_map(|alias| store.public_spki(alias).ok())
        .map(|spki| output::hex(&Digest::of(&spki).0))
        .collect();
    scene.prove(
        "each app made a key pair of its own, which stays in the key store",
        public.len() == 2,
        public.len(),
    );
    world.keys = public;
    let known = crate::report::rows(&crate::report::fetch(world.api()?)?);
    let known = known.iter().filter(|row| row["instance"].is_string()).count();
    scene.prove_same("the server knows the three app instances", &known, &3);
    let ordinary = files_of_server(world, super::CHAT)?;
    scene.prove(
        "which other apps are on the phones was not sent",
        ordinary.is_empty(),
        format!("{} appears in no file of the server", super::CHAT),
    );
    Ok(())
}

pub(super) fn fetch(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    for (name, _, user, apps) in PHONES {
        for app in apps {
            let handle = world.app(name, app)?;
            let wanted = |status: &ringfence_phone::CoreStatus| status.state == ProtectionState::Protected;
            let (mut status, took) = handle.wait_until("the policy", PATIENCE, wanted)?;
            if status.blocked_by == [ReasonCode::PinCreate] {
                let short = handle.enter_pin("25")?;
                let chosen = handle.enter_pin(PIN)?;
                status = handle.status()?;
                scene.prove(
                    &format!("{user} chooses a PIN; one that is too short is refused"),
                    !short.allowed() && chosen.allowed(),
                    short.reason.map_or("no reason", |reason| reason.as_str()),
                );
            }
            let version =
                status.obeyed_version.map_or_else(|| "none".to_owned(), |version| version.to_string());
            scene.prove(
                &format!("{app} of {user} is protected"),
                status.obeyed_version.is_some() && status.blocked_by.is_empty(),
                match status.blocked_by.first() {
                    Some(reason) => format!("blocked by {}", reason.as_str()),
                    None => format!("obeys version {version}; waited {}", shown(took)),
                },
            );
        }
    }
    let tenant = Api::new(&world.url()?, "", None)?.get("/phone/v1/tenant")?;
    let pin = crate::keys::pin(&tenant)?;
    scene.say(format!("the phones trust the root key {}…", pin.get(..16).unwrap_or_default()));
    let checked = verify_keyset(&tenant);
    scene.prove(
        "the list of signing keys carries that root key's signature",
        checked.is_ok(),
        checked.map_or_else(|error| error.to_string(), |keys| format!("{keys} keys")),
    );
    Ok(())
}

pub(super) fn forged(world: &mut World, scene: &mut Scene) -> anyhow::Result<()> {
    let tenant = Api::new(&world.url()?, "", None)?.get("/phone/v1/tenant")?;
    let mut keyset = bytes(&tenant, "keyset")?;
    let middle = keyset.0.len() / 2;
    if let Some(byte) = keyset.0.get_mut(middle) {
        *byte ^= 1;
    }
    let mut changed = tenant.clone();
    changed["keyset"] = serde_json::to_value(&keyset)?;
    let verdict = verify_keyset(&changed);
    scene.prove(
        "one changed bit in the list of keys, and it is refused",
        verdict.is_err(),
        verdict.map_or_else(|error| error.to_string(), |_| "accepted".to_owned()),
    );
    let pin = output::hex(&Digest::of(b"the root key of somebody else").0);
    let phone = world.make_phone_pinned("stranger", Platform::Ios, &pin)?;
    let (app, _) = phone.open_app(NOTES)?;
    let outcome = app.sign_in(ANNA, PASSWORD)?;
    let status = app.status()?;
    scene.prove(
        "a phone that expects another organisation's key does not talk to this server",
        !outcome.allowed() && status.instance.is_none(),
        outcome.code.unwrap_or_else(|| "no code".to_owned()),
    );
    app.close()?;
    Ok(())
}

/// The server's files in which a text appears.
fn files_of_server(world: &World, text: &str) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(world.data())? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path)?;
            if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Verifies the keyset with the root key beside it; answers how many keys it lists.
fn verify_keyset(tenant: &Value) -> anyhow::Result<usize> {
    use ringfence_protocol::keys::VerifyKey;
    let root = bytes(tenant, "rootKey")?;
    let root: [u8; 32] =
        root.0.try_into().map_err(|key: Vec<u8>| anyhow::anyhow!("a root key of {} bytes", key.len()))?;
    let keyset = bytes(tenant, "keyset")?;
    let verified = ringfence_protocol::envelope::parse(&keyset.0)?
        .verify(ringfence_protocol::Namespace::Keyset, &VerifyKey::from_bytes(root)?)?;
    let keyset: ringfence_protocol::keyset::Keyset = verified.message()?;
    Ok(keyset.keys.len())
}
