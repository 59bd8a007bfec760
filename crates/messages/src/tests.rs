//! Completeness of the registry and of both languages.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use ringfence_model::Platform;

use crate::{
    Args, ButtonAction, Lang, ReasonCode, args, catalogue::SOURCES, dialog, docs, text, text_or_none,
};

/// Every key of a language file with its source text: `id`, or `id.attribute`.
fn keys(lang: Lang) -> BTreeMap<String, String> {
    keys_in(SOURCES.iter().find(|(of, _)| *of == lang).unwrap().1)
}

fn keys_in(source: &str) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    let mut id = String::new();
    for line in source.lines() {
        if let Some((key, value)) = line.split_once(" =") {
            if let Some(attribute) = key.strip_prefix("    .") {
                keys.insert(format!("{id}.{attribute}"), value.trim().to_owned());
            } else {
                key.clone_into(&mut id);
                if !value.is_empty() {
                    keys.insert(id.clone(), value.trim().to_owned());
                }
            }
        }
    }
    keys
}

/// The names between `{ ` and ` }` in a source text that begin with `prefix`.
fn places(text: &str) -> BTreeSet<String> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.trim().to_owned())).collect()
}

fn used_keys() -> BTreeSet<String> {
    let mut used: BTreeSet<String> = ReasonCode::ALL
        .iter()
        .flat_map(|reason| [reason.title_key(), reason.body_key()])
        .chain(ButtonAction::ALL.iter().map(|action| action.key().to_owned()))
        .chain(docs::LABELS.iter().map(|&label| label.to_owned()))
        .chain(docs::ARGUMENTS.iter().map(|(name, _)| format!("unknown-argument.{name}")))
        .collect();
    let english = keys(Lang::En);
    let referred: Vec<String> =
        used.iter().filter_map(|key| english.get(key)).flat_map(|source| places(source)).collect();
    used.extend(referred.into_iter().filter(|name| !name.starts_with('$')));
    used
}

#[test]
fn the_language_files_parse_without_errors() {
    for (lang, source) in SOURCES {
        let errors = FluentResource::try_new(source.to_owned()).err().map(|(_, errors)| errors);
        assert_eq!(errors, None, "{lang}");
    }
}

#[test]
fn every_text_exists_in_both_languages_and_none_is_unused() {
    let used = used_keys();
    for lang in Lang::ALL {
        let present: BTreeSet<String> = keys(lang).into_keys().collect();
        assert_eq!(used.difference(&present).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in {lang}");
        assert_eq!(present.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "unused in {lang}");
    }
}

#[test]
fn both_languages_use_the_same_arguments_and_only_documented_ones() {
    let documented: BTreeSet<String> = docs::ARGUMENTS.iter().map(|(name, _)| format!("${name}")).collect();
    let dutch = keys(Lang::Nl);
    for (key, english) in keys(Lang::En) {
        let places_en = places(&english);
        assert_eq!(places_en, places(&dutch[&key]), "{key}");
        for place in places_en.iter().filter(|place| place.starts_with('$')) {
            assert!(documented.contains(place), "{key} uses {place}");
        }
    }
}

#[test]
fn the_words_of_the_terminal_are_complete_and_differ() {
    let all = Lang::ALL.map(|lang| {
        let marked = |(of, source): &&(Lang, &str)| *of == lang && source.contains("terminal-do-open =");
        keys_in(SOURCES.iter().find(marked).unwrap().1)
    });
    let [english, dutch] = &all;
    assert_eq!(english.keys().collect::<Vec<_>>(), dutch.keys().collect::<Vec<_>>());
    for (key, said) in english {
        assert_eq!(places(said), places(&dutch[key]), "{key}");
        assert_ne!(said, &dutch[key], "{key}");
    }
}

#[test]
fn values_of_conditions_are_said_in_words() {
    let values = args([("actual", "none".to_owned()), ("required", "medium".to_owned())]);
    let said = text("fact-device-lock", Lang::Nl, &values);
    assert!(said.contains(" geen;") && said.ends_with("gemiddeld."), "{said}");
    let said = text("fact-device-lock", Lang::En, &values);
    assert!(said.contains(" none;") && said.contains("medium"), "{said}");
}

#[test]
fn no_dutch_text_was_left_in_english() {
    let dutch = keys(Lang::Nl);
    for (key, english) in keys(Lang::En) {
        if key.split_once('.').is_some_and(|(_, attribute)| attribute == "body") && !english.contains("fact-")
        {
            assert_ne!(english, dutch[&key], "{key}");
        }
    }
}

#[test]
fn names_and_codes_are_unique_and_read_back() {
    let mut names = BTreeSet::new();
    for platform in Platform::ALL {
        let mut codes = BTreeSet::new();
        for &reason in ReasonCode::ALL {
            let code = reason.dialog_code(platform);
            assert!(codes.insert(code), "{code} twice on {platform}");
            assert_eq!(ReasonCode::parse(code), Ok(reason), "{code}");
            assert_eq!(ReasonCode::parse(&code.to_lowercase()), Ok(reason), "{code}");
        }
    }
    for &reason in ReasonCode::ALL {
        assert!(names.insert(reason.as_str()), "{reason} twice");
        assert_eq!(ReasonCode::parse(reason.as_str()), Ok(reason));
        assert!(reason.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{reason}");
    }
    assert!(ReasonCode::parse("D9").is_err());
    assert!(ReasonCode::parse("").is_err());
}

#[test]
fn every_row_of_the_situation_catalogue_has_its_reason() {
    let ios = (1..=5).map(|n| format!("D{n}")).chain((1..=11).map(|n| format!("I{n}")));
    let android = (1..=6).map(|n| format!("D{n}")).chain((1..=8).map(|n| format!("N{n}")));
    for (platform, row) in
        ios.map(|row| (Platform::Ios, row)).chain(android.map(|row| (Platform::Android, row)))
    {
        let reason = ReasonCode::parse(&row).unwrap();
        assert_eq!(reason.dialog_code(platform), row);
    }
}

/// The trap of the source page: the causes of D3 and D4 are often swapped.
#[test]
fn d3_is_about_receiving_and_d4_about_sending() {
    assert_eq!(ReasonCode::parse("D3"), Ok(ReasonCode::ReceiveManagedAppsOnly));
    assert_eq!(ReasonCode::parse("D4"), Ok(ReasonCode::SendManagedAppsOnly));
}

#[test]
fn a_dialog_fills_in_what_it_is_told_and_neutral_words_for_the_rest() {
    let told = args([("app", "Memo".to_owned()), ("target", "Blabber".to_owned())]);
    let shown = dialog(ReasonCode::SendManagedAppsOnly, Platform::Android, Lang::En, &told);
    assert_eq!(shown.code, "D4");
    assert!(shown.body.contains("Blabber is not one of them"), "{}", shown.body);
    let shown = dialog(ReasonCode::OsTooOldBlock, Platform::Ios, Lang::Nl, &Args::new());
    assert_eq!(
        shown.body,
        "Op uw telefoon staat systeemversie onbekend; gevraagd wordt minstens iets anders. Tot dan blijven \
         werkgegevens in deze app dicht; u kunt ook het werkaccount verwijderen."
    );
    let shown = dialog(ReasonCode::ConnectionProblem, Platform::Ios, Lang::En, &Args::new());
    assert!(shown.body.starts_with("Your organisation did"), "{}", shown.body);
    let told = args([("location", "localStorage".to_owned())]);
    let shown = dialog(ReasonCode::SaveLocationNotAllowed, Platform::Ios, Lang::Nl, &told);
    assert!(shown.body.starts_with("De opslag van deze telefoon is niet"), "{}", shown.body);
    for lang in Lang::ALL {
        for platform in Platform::ALL {
            for &reason in ReasonCode::ALL {
                let shown = dialog(reason, platform, lang, &Args::new());
                let all = format!("{}{}", shown.title, shown.body);
                assert!(!all.contains(['{', '$']) && !shown.buttons.is_empty(), "{reason} {lang}: {all}");
            }
        }
    }
}

#[test]
fn an_unknown_key_comes_back_as_itself() {
    assert_eq!(text("no-such-key", Lang::Nl, &Args::new()), "no-such-key");
    assert_eq!(text_or_none("allowed.nothing", Lang::Nl, &Args::new()), None);
}

#[test]
fn languages_are_read_from_locales() {
    for (given, lang) in [("nl", Lang::Nl), ("NL", Lang::Nl), ("nl_BE.UTF-8", Lang::Nl), ("en-GB", Lang::En)]
    {
        assert_eq!(given.parse(), Ok(lang));
    }
    assert!("nld".parse::<Lang>().is_err());
    assert!("".parse::<Lang>().is_err());
}

#[test]
fn a_reason_travels_as_its_name() {
    let reason = ReasonCode::SendManagedAppsOnly;
    let json = serde_json::to_string(&reason).unwrap();
    assert_eq!(json, "\"send_managed_apps_only\"");
    assert_eq!(serde_json::from_str::<ReasonCode>(&json).unwrap(), reason);
}

#[test]
fn the_page_of_reason_codes_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reason-codes.md");
    let page = docs::reason_codes_page();
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "run with RINGFENCE_BLESS=1");
}

#[test]
fn the_troubleshooter_speaks_both_languages_with_the_same_arguments() {
    let doctor = |wanted: Lang| SOURCES.iter().filter(|(of, _)| *of == wanted).nth(1).unwrap().1;
    let texts = |lang: Lang| -> BTreeMap<String, BTreeSet<String>> {
        let mut id = String::new();
        let mut found = BTreeMap::new();
        for (key, value) in doctor(lang).lines().filter_map(|line| line.split_once(" =")) {
            let key = match key.strip_prefix("    .") {
                Some(attribute) => format!("{id}.{attribute}"),
                None => {
                    key.clone_into(&mut id);
                    key.to_owned()
                }
            };
            assert!(found.insert(key.clone(), places(value)).is_none(), "{key} twice in {lang}");
        }
        found
    };
    assert_eq!(texts(Lang::En), texts(Lang::Nl));
}
