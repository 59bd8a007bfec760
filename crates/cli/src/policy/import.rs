//! `policy import`: documents as found in the wild become policies, each whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

use ringfence_model::document::{Assignment, AssignmentTarget, PolicyDocument};
use serde::Serialize;
use serde_json::{Value, json};

use super::source::{self, Source};
use crate::api::{Api, ApiError, Connect, POLICIES, escape, text};
use crate::output::{self, Style, count};

/// Options of `policy import`.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Files, folders, or `-`
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Check everything, also against the server, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Give a document whose name is taken a new name: `NAME (2)`
    #[arg(long)]
    rename: bool,
    /// Make the groups that assignments name and the tenant does not have
    #[arg(long)]
    create_missing_groups: bool,
}

/// What became of one document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    file: String,
    name: String,
    kind: &'static str,
    outcome: Outcome,
    id: Option<String>,
    settings: usize,
    apps: usize,
    assignments: usize,
    notes: Vec<String>,
    errors: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    Imported,
    WouldImport,
    Refused,
}

/// Imports all inputs; exit status 1 when something was refused.
pub(super) fn run(connect: &Connect, options: &Options, json: bool) -> anyhow::Result<ExitCode> {
    let sources = source::read(&options.files)?;
    let files = sources.len();
    let mut import = Import::new(connect.open()?, options)?;
    let mut lines = Vec::new();
    for source in sources {
        for line in import.source(source)? {
            if !json {
                line.print();
            }
            lines.push(line);
        }
    }
    let refused = lines.iter().filter(|line| line.outcome == Outcome::Refused).count();
    let done = lines.len() - refused;
    if json {
        let summary = json!({"files": files, "documents": lines.len(), "imported": done, "refused": refused});
        output::json(&json!({"documents": lines, "dryRun": options.dry_run, "summary": summary}))?;
    } else {
        let verb = if options.dry_run { "would be imported" } else { "imported" };
        println!("{}: {done} {verb}, {refused} refused", count(files, "file", "files"));
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Import<'a> {
    api: Api,
    options: &'a Options,
    /// Names on the server before this run, by kind, with the id.
    taken: BTreeMap<(String, String), String>,
    /// Names given in this run.
    given: BTreeSet<(String, String)>,
    /// What is known about groups: whether the tenant has them, and under which id.
    groups: BTreeMap<String, Option<String>>,
}

impl<'a> Import<'a> {
    fn new(api: Api, options: &'a Options) -> anyhow::Result<Self> {
        let taken = api
            .list(POLICIES)?
            .iter()
            .map(|policy| {
                let kind = text(policy, "@odata.type").replace("#microsoft.graph.", "");
                (key(&kind, &text(policy, "displayName")), text(policy, "id"))
            })
            .collect();
        Ok(Self { api, options, taken, given: BTreeSet::new(), groups: BTreeMap::new() })
    }

    /// A failure of the connection ends the run; a refusal concerns one document only.
    fn source(&mut self, source: Source) -> anyhow::Result<Vec<Line>> {
        match source.content {
            Err(error) => Ok(vec![Line::refused(source.name, vec![error.to_string()])]),
            Ok(documents) => documents
                .into_iter()
                .map(|imported| {
                    let between = if imported.path.starts_with("value") { " " } else { "" };
                    self.document(format!("{}{between}{}", source.name, imported.path), imported.document)
                })
                .collect(),
        }
    }

    fn document(&mut self, file: String, mut document: PolicyDocument) -> anyhow::Result<Line> {
        let mut line = Line::new(file, &document);
        line.errors.extend(source::faults(&document).iter().map(ToString::to_string));
        if line.errors.is_empty() && document.apps().is_empty() && document.missing_apps().is_some() {
            line.notes.push("names no app: it protects nothing until it covers one".to_owned());
        }
        self.settle_name(&mut document, &mut line);
        if line.errors.is_empty() {
            self.settle_groups(&mut document, &mut line)?;
        }
        if !line.errors.is_empty() {
            line.outcome = Outcome::Refused;
        } else if self.options.dry_run {
            line.outcome = Outcome::WouldImport;
        } else {
            self.store(&document, &mut line)?;
        }
        if line.outcome != Outcome::Refused {
            self.given.insert(key(line.kind, &line.name));
        }
        Ok(line)
    }

    /// A name that the tenant already has is a mistake unless `--rename` says otherwise; among the documents of one
    /// run it is a collection that needs telling apart.
    fn settle_name(&mut self, document: &mut PolicyDocument, line: &mut Line) {
        let taken = self.taken.get(&key(line.kind, &line.name));
        if let (Some(id), false) = (taken, self.options.rename) {
            line.errors.push(format!(
                "`displayName`: a policy of this name exists already ({id}) (found \"{}\"); allowed: another name, or --rename",
                line.name
            ));
            return;
        }
        let free = |name: &str| {
            let key = key(line.kind, name);
            !self.taken.contains_key(&key) && !self.given.contains(&key)
        };
        if free(&line.name) {
            return;
        }
        let renamed = (2..=u32::MAX).map(|n| format!("{} ({n})", line.name)).find(|name| free(name));
        if let Some(renamed) = renamed {
            line.notes.push(format!("renamed, because `{}` is taken", line.name));
            document.body.insert("displayName".to_owned(), Value::from(renamed.as_str()));
            line.name = renamed;
        }
    }

    fn settle_groups(&mut self, document: &mut PolicyDocument, line: &mut Line) -> anyhow::Result<()> {
        let mut assignments = Vec::new();
        for (at, one) in document.filtered_assignments().into_iter().enumerate() {
            let (AssignmentTarget::Include(group) | AssignmentTarget::Exclude(group)) = one.target else {
                assignments.push(one);
                continue;
            };
            match self.group(&group.to_string(), line)? {
                Some(known) => {
                    assignments.push(Assignment { target: with_group(one.target, known.parse()?), ..one });
                }
                None => line.errors.push(format!(
                    "`assignments[{at}].target.groupId`: the tenant has no such group (found \"{group}\"); \
                     allowed: the id of a group, or --create-missing-groups"
                )),
            }
        }
        if document.body.contains_key("assignments") {
            let items = assignments.into_iter().map(Assignment::to_json).collect();
            *document = document.with_assignments(items);
        }
        Ok(())
    }

    /// The id under which the tenant has a group; makes the group when asked to.
    fn group(&mut self, id: &str, line: &mut Line) -> anyhow::Result<Option<String>> {
        if !self.groups.contains_key(id) {
            let known = match self.api.get(&format!("/v1.0/groups/{}", escape(id))) {
                Ok(_) => Some(id.to_owned()),
                Err(error) if is_missing(&error) => None,
                Err(error) => return Err(error),
            };
            self.groups.insert(id.to_owned(), known);
        }
        if self.groups[id].is_none() && self.options.create_missing_groups {
            let name = format!("Imported group {id}");
            if self.options.dry_run {
                line.notes.push(format!("would make the group `{name}`"));
                return Ok(Some(id.to_owned()));
            }
            let made = text(&ringfence_admin::group::create(&self.api, &name)?, "id");
            line.notes.push(format!("made the group `{name}`"));
            self.groups.insert(id.to_owned(), Some(made));
        }
        Ok(self.groups[id].clone())
    }

    /// One request per document, so that the server stores it whole or not at all.
    fn store(&self, document: &PolicyDocument, line: &mut Line) -> anyhow::Result<()> {
        let path = format!("/beta/deviceAppManagement/{}", document.kind.collection());
        match self.api.post(&path, &Value::Object(document.body.clone())) {
            Ok(created) => {
                line.outcome = Outcome::Imported;
                line.id = Some(text(&created, "id"));
            }
            Err(error) => match error.downcast_ref::<ApiError>() {
                Some(refusal) if (400..500).contains(&refusal.status) && refusal.status != 401 => {
                    line.outcome = Outcome::Refused;
                    line.errors.push(refusal.to_string());
                }
                _ => return Err(error),
            },
        }
        Ok(())
    }
}

/// Names are compared without regard to case, as the server does.
fn key(kind: &str, name: &str) -> (String, String) {
    (kind.to_owned(), name.trim().to_lowercase())
}

fn is_missing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<ApiError>().is_some_and(|refusal| refusal.status == 404)
}

fn with_group(target: AssignmentTarget, group: ringfence_model::GroupId) -> AssignmentTarget {
    match target {
        AssignmentTarget::Include(_) => AssignmentTarget::Include(group),
        AssignmentTarget::Exclude(_) => AssignmentTarget::Exclude(group),
        AssignmentTarget::AllLicensedUsers => AssignmentTarget::AllLicensedUsers,
    }
}

impl Line {
    fn new(file: String, document: &PolicyDocument) -> Self {
        Self {
            file,
            name: document.display_name().to_owned(),
            kind: document.kind.graph_type(),
            outcome: Outcome::Imported,
            id: None,
            settings: document.settings().len(),
            apps: document.apps().len(),
            assignments: document.assignments().len(),
            notes: Vec::new(),
            errors: Vec::new(),
        }
    }

    fn refused(file: String, errors: Vec<String>) -> Self {
        Self {
            file,
            name: String::new(),
            kind: "",
            outcome: Outcome::Refused,
            id: None,
            settings: 0,
            apps: 0,
            assignments: 0,
            notes: Vec::new(),
            errors,
        }
    }

    fn print(&self) {
        let style = Style::stdout();
        let word = match self.outcome {
            Outcome::Imported => style.good("imported"),
            Outcome::WouldImport => style.good("valid   "),
            Outcome::Refused => style.bad("refused "),
        };
        let mut text = format!("{word}  {}", self.file);
        if !self.name.is_empty() {
            text = format!("{text}: {}", self.name);
        }
        if self.outcome != Outcome::Refused {
            let parts = [
                count(self.settings, "setting", "settings"),
                count(self.apps, "app", "apps"),
                count(self.assignments, "assignment", "assignments"),
            ];
            text.push_str(&style.dim(&[" (", &parts.join(", "), ")"].concat()));
        }
        println!("{text}");
        for note in &self.notes {
            println!("          note: {note}");
        }
        for error in &self.errors {
            println!("          {}", error.replace('\n', "\n          "));
        }
    }
}
