//! `policy validate`: what an import would refuse, without a server.

use std::path::PathBuf;
use std::process::ExitCode;

use ringfence_model::FieldError;
use serde_json::json;

use super::source::{self, Source};
use crate::output::{self, Style, count};

/// Checks all inputs; exit status 1 when something is wrong.
pub(super) fn run(files: &[PathBuf], json: bool) -> anyhow::Result<ExitCode> {
    let sources = source::read(files)?;
    let reports: Vec<_> = sources.iter().flat_map(report).collect();
    let bad = reports.iter().filter(|report| !report.faults.is_empty()).count();
    if json {
        let documents: Vec<_> = reports
            .iter()
            .map(|report| json!({"file": report.file, "name": report.name, "errors": report.faults}))
            .collect();
        output::json(&json!({"documents": documents, "refused": bad}))?;
    } else {
        let style = Style::stdout();
        for report in &reports {
            let word = if report.faults.is_empty() { style.good("valid  ") } else { style.bad("invalid") };
            println!("{word}  {}  {}", report.file, report.name);
            for fault in &report.faults {
                println!("         {fault}");
            }
        }
        eprintln!("{}, {bad} invalid", count(reports.len(), "document", "documents"));
    }
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Report<'a> {
    file: String,
    name: &'a str,
    faults: Vec<FieldError>,
}

fn report(source: &Source) -> Vec<Report<'_>> {
    match &source.content {
        Err(error) => {
            let fault = FieldError {
                path: String::new(),
                value: "(file)".to_owned(),
                problem: error.to_string(),
                allowed: None,
            };
            vec![Report { file: source.name.clone(), name: "", faults: vec![fault] }]
        }
        Ok(documents) => documents
            .iter()
            .map(|imported| Report {
                file: format!("{}{}", source.name, imported.path),
                name: imported.document.display_name(),
                faults: source::faults(&imported.document),
            })
            .collect(),
    }
}
