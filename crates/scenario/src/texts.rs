//! Whether a dialog says what the message catalogue says, in the phone's language, and could say it in the other.

use ringfence_messages::{Args, Dialog, Lang, docs::ARGUMENTS, text};
use ringfence_model::Platform;

use crate::words::Words;

/// Checks code, title, text and buttons of a dialog; the title is compared with the scenario's in both languages.
///
/// # Errors
/// What differs.
pub(crate) fn check(
    dialog: &Dialog,
    platform: Platform,
    lang: Lang,
    title: Option<&Words>,
) -> Result<(), String> {
    let reason = dialog.reason;
    let code = reason.dialog_code(platform);
    if dialog.code != code {
        return Err(format!("code {}, expected {code}", dialog.code));
    }
    let mut args = Args::new();
    for (key, said) in [(reason.title_key(), &dialog.title), (reason.body_key(), &dialog.body)] {
        args.extend(arguments(&key, lang, said).ok_or_else(|| format!("`{said}` is not the text of {key}"))?);
    }
    let labels: Vec<String> = reason.buttons().iter().map(|action| action.label(lang)).collect();
    let found: Vec<String> = dialog.buttons.iter().map(|button| button.label.clone()).collect();
    if dialog.buttons.iter().any(|button| button.label != button.action.label(lang)) {
        return Err(format!("buttons {found:?}, expected labels such as {labels:?}"));
    }
    let other = if lang == Lang::En { Lang::Nl } else { Lang::En };
    for (key, said) in [(reason.title_key(), &dialog.title), (reason.body_key(), &dialog.body)] {
        let translated = text(&key, other, &args);
        if translated == key || translated.is_empty() || translated.contains('{') {
            return Err(format!("{key} has no text in {other}"));
        }
        if translated == *said && key.ends_with("body") {
            return Err(format!("{key} is the same in both languages"));
        }
        if let Some(title) = title.filter(|_| key.ends_with("title")) {
            let (here, there) = (title.in_language(lang), title.in_language(other));
            if here != said || there != translated {
                return Err(format!("titles `{said}` and `{translated}`, expected `{here}` and `{there}`"));
            }
        }
    }
    Ok(())
}

/// The values that were put into a text, found by comparing with the text in which every place has a mark.
fn arguments(key: &str, lang: Lang, said: &str) -> Option<Args> {
    const MARK: char = '\u{1}';
    let marks: Args =
        ARGUMENTS.iter().map(|(name, _)| ((*name).to_owned(), format!("{MARK}{name}{MARK}"))).collect();
    let marked = text(key, lang, &marks);
    let mut rest = said;
    let mut args = Args::new();
    let mut name: Option<&str> = None;
    for (index, piece) in marked.split(MARK).enumerate() {
        if index % 2 == 1 {
            name = Some(piece);
            continue;
        }
        // The end is the last place where the last piece fits: a value may hold a full stop itself.
        let last = index + 1 == marked.split(MARK).count();
        let at = if last && name.is_some() { rest.rfind(piece)? } else { rest.find(piece)? };
        if let Some(name) = name.take() {
            args.insert(name.to_owned(), rest.get(..at)?.to_owned());
        } else if at != 0 {
            return None;
        }
        rest = rest.get(at + piece.len()..)?;
    }
    rest.is_empty().then_some(args)
}

#[cfg(test)]
mod tests {
    use ringfence_messages::{ReasonCode, args, dialog};

    use super::*;

    #[test]
    fn every_dialog_of_the_catalogue_passes_and_a_changed_one_does_not() {
        let values = args([
            ("app", "Notes".to_owned()),
            ("target", "Chatter".to_owned()),
            ("minutes", "5".to_owned()),
        ]);
        for &reason in ReasonCode::ALL {
            for platform in Platform::ALL {
                for lang in Lang::ALL {
                    let said = dialog(reason, platform, lang, &values);
                    assert_eq!(check(&said, platform, lang, None), Ok(()), "{}", reason.as_str());
                    let changed = Dialog { body: format!("{} x", said.body), ..said.clone() };
                    // A text that ends with a value may end in anything.
                    if said.body.ends_with('.') {
                        assert!(check(&changed, platform, lang, None).is_err(), "{}", reason.as_str());
                    }
                    let wrong_language = if lang == Lang::En { Lang::Nl } else { Lang::En };
                    assert!(check(&said, platform, wrong_language, None).is_err(), "{}", reason.as_str());
                }
            }
        }
    }
}
