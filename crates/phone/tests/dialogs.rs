//! Golden pictures of every dialog of the catalogue, on both platforms and in both languages.
//!
//! `RINGFENCE_BLESS=1 cargo test -p ringfence-phone --test dialogs` draws them anew; read the difference.

use std::{fs, path::PathBuf};

use ringfence_messages::{Args, Lang, ReasonCode, args, dialog};
use ringfence_model::Platform;
use ringfence_phone::dialog::{Frame, Picture, draw};

fn arguments() -> Args {
    args([
        ("app", "Notes".to_owned()),
        ("account", "ada@example.org".to_owned()),
        ("organisation", "Example School".to_owned()),
        ("target", "Chat".to_owned()),
        ("location", "localStorage".to_owned()),
        ("limit", "40".to_owned()),
        ("required", "18.1".to_owned()),
        ("actual", "17.4".to_owned()),
        ("minutes", "30".to_owned()),
        ("days", "90".to_owned()),
        ("attempts", "3".to_owned()),
    ])
}

fn picture(reason: ReasonCode, platform: Platform, lang: Lang, frame: Frame) -> String {
    let dialog = dialog(reason, platform, lang, &arguments());
    let labels: Vec<&str> = dialog.buttons.iter().map(|button| button.label.as_str()).collect();
    draw(&Picture { title: &dialog.title, body: &dialog.body, buttons: &labels, code: &dialog.code }, frame)
}

/// The situations of the catalogue: their codes are its ids, all others begin with `RF-`.
fn catalogue(platform: Platform) -> impl Iterator<Item = ReasonCode> {
    ReasonCode::ALL.iter().copied().filter(move |reason| !reason.dialog_code(platform).starts_with("RF-"))
}

fn album(platform: Platform, lang: Lang, frame: Frame) -> String {
    let mut album = String::new();
    for reason in catalogue(platform) {
        album.push_str(reason.as_str());
        album.push('\n');
        album.push_str(&picture(reason, platform, lang, frame));
        album.push('\n');
    }
    album
}

#[test]
fn dialogs_look_as_they_did() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/dialogs");
    let update = std::env::var_os("RINGFENCE_BLESS").is_some();
    for platform in Platform::ALL {
        for lang in Lang::ALL {
            for (frame, name) in [(Frame::Unicode, "unicode"), (Frame::Ascii, "ascii")] {
                let path = folder.join(format!("{platform}-{lang}-{name}.txt"));
                let drawn = album(platform, lang, frame);
                if update {
                    fs::create_dir_all(&folder).unwrap();
                    fs::write(&path, &drawn).unwrap();
                }
                let golden = fs::read_to_string(&path).unwrap_or_default();
                assert!(golden == drawn, "{} differs; see the head of this test:\n{drawn}", path.display());
            }
        }
    }
}

#[test]
fn every_dialog_of_the_registry_can_be_drawn() {
    for reason in ReasonCode::ALL {
        for platform in Platform::ALL {
            for lang in Lang::ALL {
                let drawn = picture(*reason, platform, lang, Frame::Unicode);
                assert!(drawn.contains(reason.dialog_code(platform)), "{}:\n{drawn}", reason.as_str());
                assert!(drawn.contains("[ "), "{} has no button:\n{drawn}", reason.as_str());
                let ascii = picture(*reason, platform, lang, Frame::Ascii);
                assert!(ascii.is_ascii() && !ascii.contains('?') || drawn.contains('?'), "{ascii}");
            }
        }
    }
}
