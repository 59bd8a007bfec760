//! `odata.metadata=full`: types of values, links of navigations, targets of actions. Some clients export a navigation
//! only when they see its link.

use ringfence_model::document::ApiVersion;
use serde_json::{Map, Value, json};

use super::{
    Request,
    dress::annotated,
    schema::{Type, schema},
};

/// Writes annotations.
pub(super) struct Full<'a> {
    request: &'a Request,
    version: ApiVersion,
}

impl<'a> Full<'a> {
    pub(super) fn new(request: &'a Request) -> Self {
        Self { request, version: request.version }
    }

    /// `context` is the set of the entity or entities, such as `deviceAppManagement/mobileApps`.
    pub(super) fn annotate(&self, kind: &'static Type, context: &str, body: Value) -> Value {
        let Value::Object(mut members) = body else { return body };
        if let Some(Value::Array(items)) = members.get_mut("value") {
            for item in items {
                *item = self.object(kind, Some(context), item.take(), self.request.query.has_selection());
            }
            return Value::Object(members);
        }
        self.object(kind, Some(context), Value::Object(members), self.request.query.has_selection())
    }

    /// An entity of a set, or a complex value when there is none.
    fn object(&self, declared: &'static Type, set: Option<&str>, value: Value, selected: bool) -> Value {
        let Value::Object(members) = value else { return value };
        let stated = members.get("@odata.type").and_then(Value::as_str);
        let kind = stated.and_then(|name| schema().find_type(name)).unwrap_or(declared);
        let edit = set
            .zip(members.get("id").and_then(Value::as_str))
            .map(|(set, id)| edit_link(set, id, kind, declared));
        let mut out = Map::new();
        for (name, value) in &members {
            if name.starts_with("@odata.") && name != "@odata.type" {
                out.insert(name.clone(), value.clone());
            }
        }
        out.insert("@odata.type".into(), json!(format!("#microsoft.graph.{}", kind.name)));
        if let (true, Some(edit)) = (kind.entity, &edit) {
            out.insert("@odata.id".into(), json!(edit));
            out.insert("@odata.editLink".into(), json!(edit));
        }
        let edit = edit.filter(|_| kind.entity);
        for (name, value) in members {
            if !name.contains('@') {
                self.member(kind, edit.as_deref(), &name, value, &mut out);
            } else if !name.starts_with('@') {
                out.insert(name, value);
            }
        }
        if let (Some(edit), false) = (edit, selected) {
            self.links(kind, &edit, &mut out);
            self.actions(kind, &edit, &mut out);
        }
        Value::Object(out)
    }

    fn member(
        &self,
        kind: &'static Type,
        edit: Option<&str>,
        name: &str,
        value: Value,
        out: &mut Map<String, Value>,
    ) {
        let Some(member) = schema().find_member(kind, name) else {
            out.insert(name.to_owned(), value);
            return;
        };
        let inner = schema().find_type(member.of.name);
        if member.navigation {
            if let Some(edit) = edit {
                self.link(edit, name, out);
            }
        } else if !value.is_null()
            && (inner.is_none() || member.of.many)
            && let Some(text) = annotated(member.of.name, member.of.many, self.version)
        {
            out.insert(format!("{name}@odata.type"), json!(text));
        }
        let set = edit.filter(|_| member.navigation).map(|edit| format!("{edit}/{name}"));
        let value = match (inner, value) {
            (Some(inner), Value::Array(items)) => {
                items.into_iter().map(|item| self.object(inner, set.as_deref(), item, true)).collect()
            }
            (Some(inner), one @ Value::Object(_)) => self.object(inner, None, one, true),
            (_, value) => value,
        };
        out.insert(name.to_owned(), value);
    }

    fn links(&self, kind: &Type, edit: &str, out: &mut Map<String, Value>) {
        for member in schema().members(kind, self.version) {
            if member.navigation
                && schema().find_type(member.of.name).is_some()
                && !out.contains_key(member.name)
            {
                self.link(edit, member.name, out);
            }
        }
    }

    fn link(&self, edit: &str, name: &str, out: &mut Map<String, Value>) {
        let place = format!("{}/{edit}/{name}", self.request.root);
        out.insert(format!("{name}@odata.associationLink"), json!(format!("{place}/$ref")));
        out.insert(format!("{name}@odata.navigationLink"), json!(place));
    }

    /// One target, or a list of them where an action has several forms.
    fn actions(&self, kind: &'static Type, edit: &str, out: &mut Map<String, Value>) {
        for bound in schema().bound_to(kind, self.version).filter(|bound| !bound.function) {
            let to = bound.parameters.first().map_or("", |(_, to)| to.name);
            let cast = if to == kind.name { String::new() } else { format!("/microsoft.graph.{to}") };
            let title = format!("microsoft.graph.{}", bound.name);
            let target = format!("{}/{edit}{cast}/{title}", self.request.root);
            let one = json!({ "title": title, "target": target });
            match out.get_mut(&format!("#{title}")) {
                Some(Value::Array(all)) => all.push(one),
                Some(first) => *first = json!([first.take(), one]),
                None => {
                    out.insert(format!("#{title}"), one);
                }
            }
        }
    }
}

/// `deviceAppManagement/managedAppPolicies('T_x')/microsoft.graph.iosManagedAppProtection`; without the cast where
/// the set says the type already.
fn edit_link(set: &str, id: &str, kind: &Type, declared: &Type) -> String {
    let key = id.replace('\'', "''");
    let cast =
        if kind.name == declared.name { String::new() } else { format!("/microsoft.graph.{}", kind.name) };
    format!("{set}('{key}'){cast}")
}
