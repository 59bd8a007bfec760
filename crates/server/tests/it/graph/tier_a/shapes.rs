//! Members of answers against the published properties.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::kit::Answer;

struct Property {
    kind: String,
    navigation: bool,
    members: Vec<String>,
    nullable: bool,
    versions: String,
}

/// Published properties by type, bases included.
pub(super) struct Shapes {
    types: BTreeMap<String, BTreeMap<String, Property>>,
    directory: BTreeSet<String>,
    /// Names that the schema declares for a type itself: the rows are a choice of them for the directory.
    declared: BTreeSet<(String, String)>,
}

impl Shapes {
    pub(super) fn new(rows: &Value, schemas: &[Value]) -> Self {
        let mut types: BTreeMap<String, BTreeMap<String, Property>> = BTreeMap::new();
        for row in rows.as_array().unwrap() {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let inherited =
                row["inheritedBy"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned());
            for kind in inherited.chain([text("type")]) {
                let members = row["enum"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(|one| one.as_str().or_else(|| one["name"].as_str()).map(str::to_owned));
                let property = Property {
                    kind: text("edmType"),
                    navigation: row["kind"] == "navigation",
                    members: members.collect(),
                    nullable: row["nullable"].as_bool().unwrap_or(true),
                    versions: text("version"),
                };
                types.entry(kind).or_default().insert(text("property"), property);
            }
        }
        let rows = rows.as_array().unwrap().iter().filter(|row| row["group"] == "directory");
        let directory = rows.map(|row| row["type"].as_str().unwrap().to_owned()).collect();
        let mut declared = BTreeSet::new();
        let described =
            schemas.iter().flat_map(|schema| ["entityTypes", "complexTypes"].map(|kind| &schema[kind]));
        for of in described.filter_map(Value::as_array).flatten() {
            for property in of["properties"].as_array().into_iter().flatten() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                declared.insert((text(&of["name"]), text(&property["name"])));
            }
        }
        Self { types, directory, declared }
    }

    /// What is wrong with an answer that is said to return `returns`.
    pub(super) fn check(&self, returns: &str, version: &str, answer: &Answer) -> BTreeSet<String> {
        let mut faults = BTreeSet::new();
        if returns.starts_with("CSDL") {
            let text = String::from_utf8_lossy(&answer.bytes);
            if !text.contains("<edmx:Edmx") {
                faults.insert("is no CSDL".to_owned());
            }
            return faults;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&answer.bytes) else {
            faults.insert("is no JSON".to_owned());
            return faults;
        };
        let of_items = returns
            .strip_prefix("Collection(")
            .and_then(|inner| inner.strip_suffix(')'))
            .or_else(|| returns.strip_prefix("{value:[").and_then(|inner| inner.strip_suffix("]}")));
        match of_items {
            Some(kind) => {
                let Some(items) = body["value"].as_array() else {
                    faults.insert("has no list `value`".to_owned());
                    return faults;
                };
                if items.is_empty() {
                    faults.insert("is empty: nothing was checked".to_owned());
                }
                for item in items {
                    self.value(kind, version, item, "", &mut faults);
                }
            }
            None if self.types.contains_key(returns) => {
                self.value(returns, version, &body, "", &mut faults);
            }
            None => {}
        }
        faults
    }

    fn value(&self, kind: &str, version: &str, value: &Value, place: &str, faults: &mut BTreeSet<String>) {
        if kind == "String" {
            if !value.is_string() {
                faults.insert(format!("`{place}` is no text: {value}"));
            }
            return;
        }
        let Some(members) = value.as_object() else {
            faults.insert(format!("`{place}` is no object: {value}"));
            return;
        };
        let stated = members
            .get("@odata.type")
            .and_then(Value::as_str)
            .map(|name| name.trim_start_matches("#microsoft.graph."));
        let kind = stated.unwrap_or(kind);
        let Some(known) = self.types.get(kind) else {
            // A type without properties of its own has no rows; of one type no properties are published at all.
            if kind == "managedDevice" {
                self.value("entity", version, &serde_json::json!({"id": members.get("id")}), place, faults);
                return;
            }
            self.without_rows(kind, members, place, faults);
            return;
        };
        for (name, value) in members {
            let here = if place.is_empty() { format!("{kind}.{name}") } else { format!("{place}.{name}") };
            let own =
                name == "id" || name.contains('@') || name.starts_with('#') || name.starts_with("ringfence");
            match known.get(name) {
                None if own || self.declared.contains(&(kind.to_owned(), name.clone())) => {}
                None => {
                    faults.insert(format!("`{here}` is not published"));
                }
                Some(property) => self.property(property, version, value, &here, faults),
            }
        }
        // Objects of the directory are answered with a chosen few members, complex values as they came in.
        let chosen = self.directory.contains(kind) || !place.is_empty();
        for (name, property) in known {
            if chosen {
                break;
            }
            if !property.navigation && property.versions.contains(version) && !members.contains_key(name) {
                faults.insert(format!("`{kind}.{name}` is missing"));
            }
        }
    }

    /// Targets such as `allLicensedUsersAssignmentTarget` have what their base has.
    fn without_rows(
        &self,
        kind: &str,
        members: &Map<String, Value>,
        place: &str,
        faults: &mut BTreeSet<String>,
    ) {
        let base = self.types.get("deviceAndAppManagementAssignmentTarget");
        let fits = |name: &String| {
            name.contains('@') || name == "id" || base.is_some_and(|base| base.contains_key(name))
        };
        if let Some(name) = members.keys().find(|name| !fits(name)) {
            faults.insert(format!("`{place}.{name}` belongs to `{kind}`, which publishes nothing"));
        }
    }

    fn property(
        &self,
        property: &Property,
        version: &str,
        value: &Value,
        place: &str,
        faults: &mut BTreeSet<String>,
    ) {
        let inner = property.kind.strip_prefix("Collection(").and_then(|kind| kind.strip_suffix(')'));
        match (inner, value) {
            (Some(inner), Value::Array(items)) => {
                for item in items {
                    self.single(inner, property, version, item, place, faults);
                }
            }
            (_, Value::Null) if property.nullable => {}
            (Some(_), _) => {
                faults.insert(format!("`{place}` is no list: {value}"));
            }
            (None, value) => self.single(&property.kind, property, version, value, place, faults),
        }
    }

    fn single(
        &self,
        kind: &str,
        property: &Property,
        version: &str,
        value: &Value,
        place: &str,
        faults: &mut BTreeSet<String>,
    ) {
        let text = value.as_str();
        let fits = match kind {
            "Edm.String" | "Edm.Guid" | "Edm.Binary" => text.is_some(),
            "Edm.Boolean" => value.is_boolean(),
            "Edm.Int16" | "Edm.Int32" | "Edm.Int64" => value.is_i64() || value.is_u64(),
            "Edm.Double" | "Edm.Single" | "Edm.Decimal" => value.is_number(),
            "Edm.DateTimeOffset" => {
                text.is_some_and(|text| text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok())
            }
            "Edm.Duration" => text.is_some_and(|text| text.trim_start_matches('-').starts_with('P')),
            _ if !property.members.is_empty() => text.is_some_and(|text| {
                text.split(',').all(|one| {
                    property.members.iter().any(|member| member == one) || one == "unknownFutureValue"
                })
            }),
            kind => {
                let name = kind.trim_start_matches("microsoft.graph.");
                if self.types.contains_key(name) {
                    self.value(name, version, value, place, faults);
                    return;
                }
                true
            }
        };
        if !fits {
            faults.insert(format!("`{place}` is no {kind}: {value}"));
        }
    }
}
