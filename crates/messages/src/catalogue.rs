//! The Fluent files, parsed once, and the look-up in them.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::{Args, Lang};

pub(crate) const SOURCES: [(Lang, &str); 8] = [
    (Lang::En, include_str!("../locales/en.ftl")),
    (Lang::Nl, include_str!("../locales/nl.ftl")),
    // What only the troubleshooter says; its tests keep the keys complete.
    (Lang::En, include_str!("../locales/doctor/en.ftl")),
    (Lang::Nl, include_str!("../locales/doctor/nl.ftl")),
    // The pages for signing in with a browser.
    (Lang::En, include_str!("../locales/signin/en.ftl")),
    (Lang::Nl, include_str!("../locales/signin/nl.ftl")),
    // What commands print beside dialogs.
    (Lang::En, include_str!("../locales/terminal/en.ftl")),
    (Lang::Nl, include_str!("../locales/terminal/nl.ftl")),
];

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| load(Lang::En));
static DUTCH: LazyLock<Bundle> = LazyLock::new(|| load(Lang::Nl));

/// Damaged entries are left out; a test proves that there are none.
fn load(lang: Lang) -> Bundle {
    let id: LanguageIdentifier = lang.as_str().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![id]);
    bundle.set_use_isolating(false);
    for (_, source) in SOURCES.iter().filter(|(of, _)| *of == lang) {
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

pub(crate) fn bundle(lang: Lang) -> &'static Bundle {
    match lang {
        Lang::En => &ENGLISH,
        Lang::Nl => &DUTCH,
    }
}

/// The text of a key, `message` or `message.attribute`; the key itself when there is no such text.
pub fn text(key: &str, lang: Lang, args: &Args) -> String {
    text_or_none(key, lang, args).unwrap_or_else(|| key.to_owned())
}

/// The text of a key, `message` or `message.attribute`.
pub fn text_or_none(key: &str, lang: Lang, args: &Args) -> Option<String> {
    let bundle = bundle(lang);
    let (id, attribute) = key.split_once('.').map_or((key, None), |(id, attribute)| (id, Some(attribute)));
    let message = bundle.get_message(id)?;
    let pattern = match attribute {
        Some(name) => message.get_attribute(name)?.value(),
        None => message.value()?,
    };
    let mut values = FluentArgs::new();
    let mut stand_ins = Vec::new();
    for (name, _) in crate::docs::ARGUMENTS {
        if !args.contains_key(*name)
            && let Some(neutral) = neutral(bundle, name)
        {
            values.set(*name, neutral.clone());
            stand_ins.push(neutral);
        }
    }
    for (name, value) in args {
        match in_words(bundle, name, value) {
            Some(words) => {
                values.set(name.as_str(), words.clone());
                stand_ins.push(words);
            }
            None => values.set(name.as_str(), value.as_str()),
        }
    }
    let said = bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned();
    let begins = attribute.is_some() && stand_ins.iter().any(|stand_in| said.starts_with(stand_in));
    Some(if begins { capitalised(&said) } else { said })
}

/// A sentence that begins with a stand-in begins with a capital all the same; names stay as they are.
fn capitalised(said: &str) -> String {
    let mut letters = said.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The words for a value that is named in English: storage locations, and what conditions look at.
fn in_words(bundle: &'static Bundle, name: &str, value: &str) -> Option<String> {
    let message = match name {
        "location" => "storage-location",
        "actual" | "required" => "condition-value",
        _ => return None,
    };
    attribute_of(bundle, message, value)
}

/// What stands in for an argument that the caller does not know.
fn neutral(bundle: &'static Bundle, name: &str) -> Option<String> {
    attribute_of(bundle, "unknown-argument", name)
}

fn attribute_of(bundle: &'static Bundle, message: &str, name: &str) -> Option<String> {
    let message = bundle.get_message(message)?;
    let pattern = message.get_attribute(name)?.value();
    Some(bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned())
}
