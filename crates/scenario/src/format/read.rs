//! A whole scenario file.

use ringfence_messages::Lang;
use ringfence_model::Platform;
use toml::de::DeTable;

use super::{Document, Fields, FileError};
use crate::{
    catalogue::ROWS,
    expect::Expect,
    facts::Facts,
    report::Part,
    steps::{self, Planned},
    words::Words,
};

/// A scenario as its file tells it.
#[derive(Debug)]
pub struct Scenario {
    /// Catalogue row, with a variant after a dot where a row has several: `D1`, `A2.licence`.
    pub id: String,
    /// Name of the file.
    pub file: String,
    /// Where it is played.
    pub platforms: Vec<Platform>,
    pub(crate) title: Words,
    pub(crate) facts: Facts,
    pub(crate) parts: Vec<(Part, Vec<Planned>)>,
}

impl Scenario {
    /// One line in a language.
    pub fn title(&self, lang: Lang) -> &str {
        self.title.in_language(lang)
    }

    /// The catalogue row: the id up to the dot.
    pub fn row(&self) -> &str {
        self.id.split('.').next().unwrap_or(&self.id)
    }

    /// What follows the dot of the id, if anything.
    pub fn variant(&self) -> Option<&str> {
        self.id.split_once('.').map(|(_, variant)| variant)
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// [`FileError`] with every mistake, each with its line, column, field, value and what is allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, FileError> {
        let document = Document::new(text);
        let scenario = match DeTable::parse(text) {
            Ok(table) => {
                let scenario = read(&document.root(&table), file);
                // The borrowed table ends with this block; what was read owns its texts.
                Some((scenario, document.take_problems()))
            }
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                document.complain(&span, "", &format!("is not TOML: {}", error.message()), "", Vec::new());
                None
            }
        };
        match scenario {
            Some((scenario, problems)) if problems.is_empty() => Ok(scenario),
            Some((_, problems)) => Err(FileError { file: file.to_owned(), problems }),
            None => Err(FileError { file: file.to_owned(), problems: document.take_problems() }),
        }
    }
}

fn read(fields: &Fields<'_>, file: &str) -> Scenario {
    let id = fields.text("id");
    check_id(fields, &id);
    let title = Words::read(fields, "title");
    let platforms = platforms(fields);
    learn_names(fields);
    let facts = Facts::read(fields, &platforms);
    let mut parts = Vec::new();
    for part in Part::ALL {
        let steps = fields.tables(part.member());
        let planned = steps.into_iter().map(|step| plan(step, part, &platforms)).collect();
        parts.push((part, planned));
    }
    if !fields.has("step") {
        fields.wrong("step", "is missing: a scenario needs at least one [[step]]", &[]);
    }
    fields.finish();
    Scenario { id, file: file.to_owned(), platforms, title, facts, parts }
}

/// A row of the catalogue, or a name that starts with `X-` for situations of an organisation's own.
fn check_id(fields: &Fields<'_>, id: &str) {
    let good = id.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    let row = id.split('.').next().unwrap_or(id);
    if fields.has("id") && (!good || !(row.starts_with("X-") || ROWS.iter().any(|known| known.id == row))) {
        let allowed: Vec<&str> = ["X-…"].into_iter().chain(ROWS.iter().map(|row| row.id)).collect();
        fields.wrong("id", "is neither a row of the catalogue nor a name that starts with X-", &allowed);
    }
}

fn platforms(fields: &Fields<'_>) -> Vec<Platform> {
    let mut platforms = Vec::new();
    for name in fields.texts("platforms") {
        match name.parse() {
            Ok(platform) => platforms.push(platform),
            Err(_) => fields.wrong("platforms", &format!("`{name}` is not a platform"), &["ios", "android"]),
        }
    }
    if platforms.is_empty() && !fields.has("platforms") {
        fields.wrong("platforms", "is missing: [\"ios\"], [\"android\"] or both", &[]);
    }
    platforms
}

/// Steps may make users, groups and policies; whatever they make may be named anywhere in the file.
fn learn_names(fields: &Fields<'_>) {
    for part in Part::ALL {
        for step in fields.tables(part.member()) {
            let (Some(verb), Some(name)) = (step.find_text("do"), step.peek_text("name")) else { continue };
            fields.document().names(|names| match verb.as_str() {
                "create-user" => names.users.push(name),
                "create-group" => names.groups.push(name),
                "create-policy" => names.policies.push(name),
                "create-ticket" => names.tickets.push(name),
                _ => {}
            });
        }
    }
}

fn plan(fields: Fields<'_>, part: Part, platforms: &[Platform]) -> Planned {
    let expect = Expect::read(&fields, platforms);
    let role = steps::read_role(&fields);
    let only = fields.find_text("on");
    let only = fields.parsed("on", only, str::parse);
    let step = steps::read(&fields, part, platforms);
    fields.end();
    Planned { step, expect, role, only }
}
