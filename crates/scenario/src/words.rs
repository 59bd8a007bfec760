//! Sentences of the story, English and Dutch together. Dialogs and findings have their words from the message catalogue.

use ringfence_messages::Lang;

use crate::format::Fields;

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) en: String,
    pub(crate) nl: String,
}

impl Words {
    /// Reads `{ en = "…", nl = "…" }`.
    pub(crate) fn read(fields: &Fields<'_>, name: &'static str) -> Self {
        let Some(table) = fields.table(name) else {
            fields.wrong(name, "is missing: write a text in both languages, { en = \"…\", nl = \"…\" }", &[]);
            return Self::default();
        };
        let words = Self { en: table.text("en"), nl: table.text("nl") };
        table.end();
        words
    }

    /// A sentence with a place `{}` for one word that is the same in both languages.
    pub(crate) fn about(sentence: [&str; 2], word: &str) -> Self {
        let [en, nl] = sentence.map(|sentence| sentence.replace("{}", word));
        Self { en, nl }
    }

    pub(crate) fn in_language(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Nl => &self.nl,
        }
    }
}

/// One of two words.
pub(crate) const fn pick(lang: Lang, [en, nl]: [&str; 2]) -> &str {
    match lang {
        Lang::En => en,
        Lang::Nl => nl,
    }
}

/// `say!("the user opens {app}", "de gebruiker opent {app}")`, with arguments as `format!` takes them.
macro_rules! say {
    ($en:literal, $nl:literal $(, $argument:expr)* $(,)?) => {
        $crate::words::Words { en: format!($en $(, $argument)*), nl: format!($nl $(, $argument)*) }
    };
}

pub(crate) use say;

#[cfg(test)]
mod tests {
    use ringfence_messages::Lang;

    use crate::format::embedded;

    /// Names of facts and apps are the same in every language, sentences are not.
    #[test]
    fn every_step_of_every_scenario_is_told_in_both_languages() {
        for scenario in embedded().unwrap() {
            for step in scenario.parts.iter().flat_map(|(_, steps)| steps) {
                let [en, nl] = Lang::ALL.map(|lang| step.step.say(lang));
                assert!(!en.is_empty() && !nl.is_empty(), "{}: {en} / {nl}", scenario.id);
                let same_by_nature = en.split_once(": ").is_some_and(|(_, facts)| facts.contains('='));
                assert!(en != nl || same_by_nature, "{}: {en}", scenario.id);
                let english = [" the user ", " help desk ", " the administrator ", " the system "];
                assert!(
                    english.iter().all(|words| !format!(" {nl} ").contains(words)),
                    "{}: {nl}",
                    scenario.id
                );
            }
        }
    }
}
