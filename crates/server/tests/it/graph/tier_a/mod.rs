//! Every operation that real clients were seen to use is called, in each version that has it, on objects that make a
//! real answer possible; names and JSON kinds of every member answered are compared with the published properties.

mod calls;
mod shapes;

use std::path::PathBuf;

use serde_json::Value;

use crate::{both, kit::World};
use calls::Calls;
use shapes::Shapes;

/// One row of the published operations.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) returns: Option<String>,
    pub(super) versions: Vec<String>,
}

/// The folder of published data; says so when there is none.
fn data() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root =
        std::env::var_os("RINGFENCE_REFERENCE_DATA").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let folder = root.join("graph");
    if folder.join("endpoints.json").is_file() {
        return Some(folder);
    }
    println!("skipped: there is no reference data at {}", folder.display());
    None
}

fn read(folder: &std::path::Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

fn operations(rows: &Value) -> Vec<Operation> {
    let rows = rows.as_array().unwrap().iter().filter(|row| row["tier"] == "A");
    rows.map(|row| Operation {
        method: row["method"].as_str().unwrap().to_owned(),
        path: row["path"].as_str().unwrap().to_owned(),
        status: row["status"].as_str().unwrap()[..3].parse().unwrap(),
        returns: row["returns"].as_str().map(str::to_owned),
        versions: row["versions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect(),
    })
    .collect()
}

/// Makers first, then readers, changes, and removals of objects made for it.
fn order(operation: &Operation) -> u8 {
    match operation.method.as_str() {
        "POST" if operation.status == 201 => 0,
        "GET" => 1,
        "PATCH" => 2,
        "POST" => 3,
        _ => 4,
    }
}

both!(every_operation_answers_as_published, |database| {
    let Some(folder) = data() else { return };
    let shapes = Shapes::new(
        &read(&folder, "properties.json"),
        &[read(&folder, "csdl-extract-v1.json"), read(&folder, "csdl-extract-beta.json")],
    );
    let mut operations = operations(&read(&folder, "endpoints.json"));
    assert_eq!(operations.len(), 123);
    operations.sort_by_key(order);
    let world = World::start(database).await;
    let mut calls = Calls::prepare(&world).await;
    let mut wrong = Vec::new();
    for operation in &operations {
        for version in &operation.versions {
            let named = format!("{} /{version}{}", operation.method, operation.path);
            match calls.make(operation, version).await {
                Err(why) => wrong.push(format!("{named}: {why}")),
                Ok(answer) if answer.status != operation.status => {
                    let text = String::from_utf8_lossy(&answer.bytes).chars().take(300).collect::<String>();
                    wrong.push(format!("{named}: {} instead of {}: {text}", answer.status, operation.status));
                }
                Ok(answer) if answer.bytes.is_empty() => {}
                Ok(answer) => {
                    let faults =
                        shapes.check(operation.returns.as_deref().unwrap_or_default(), version, &answer);
                    wrong.extend(faults.into_iter().map(|fault| format!("{named}: {fault}")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of the answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
    world.stop().await;
});
