//! Names of members in bodies, in the spelling of the schema. People write them in other letter cases; such a name would
//! otherwise be kept or dropped without a word, and change nothing.

use ringfence_model::FieldError;
use serde_json::{Map, Value};

use super::{Of, Type, resolve, schema};

/// What a body may have members of.
pub(in crate::graph) enum Declared {
    /// An object of a type, or of a type derived from it that the body states.
    Object(&'static Type),
    /// The parameters of an action.
    Parameters(Vec<(&'static str, Of)>),
}

/// What the body of a request to this path has; `None` when the table does not know.
pub(in crate::graph) fn declared(path: &[String], cast: Option<&'static Type>) -> Option<Declared> {
    if let Some(cast) = cast {
        return Some(Declared::Object(cast));
    }
    let (last, before) = path.split_last()?;
    if let Some(place) = resolve(before) {
        let named = schema().bound.iter().filter(|bound| bound.name.eq_ignore_ascii_case(last));
        let here = named.filter(|bound| {
            let to = bound.parameters.first().and_then(|(_, to)| schema().find_type(to.name));
            to.zip(place.kind).is_some_and(|(to, kind)| schema().is_a(kind, to) || schema().is_a(to, kind))
        });
        let parameters: Vec<_> = here.flat_map(|bound| bound.parameters.iter().skip(1)).copied().collect();
        if !parameters.is_empty() {
            return Some(Declared::Parameters(parameters));
        }
    }
    resolve(path)?.kind.map(Declared::Object)
}

/// Spells the names as they are declared; true when one was written otherwise.
///
/// # Errors
/// Two names differ in letter case only.
pub(in crate::graph) fn spell(declared: &Declared, body: &mut Value) -> Result<bool, FieldError> {
    let mut changed = false;
    spell_one(declared, "", body, &mut changed)?;
    Ok(changed)
}

impl Declared {
    /// The declared spelling of a name, and what its value is made of.
    fn find(&self, name: &str) -> Option<(&'static str, Of)> {
        match self {
            Self::Object(kind) => {
                let found = schema().find_member(kind, name)?;
                Some((found.name, found.of))
            }
            Self::Parameters(all) => {
                all.iter().copied().find(|(declared, _)| declared.eq_ignore_ascii_case(name))
            }
        }
    }
}

fn spell_one(
    declared: &Declared,
    path: &str,
    value: &mut Value,
    changed: &mut bool,
) -> Result<(), FieldError> {
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                spell_one(declared, &format!("{path}[{at}]"), item, changed)?;
            }
            Ok(())
        }
        Value::Object(members) => spell_members(declared, path, members, changed),
        _ => Ok(()),
    }
}

fn spell_members(
    declared: &Declared,
    path: &str,
    members: &mut Map<String, Value>,
    changed: &mut bool,
) -> Result<(), FieldError> {
    let stated = members.get("@odata.type").and_then(Value::as_str);
    let stated = stated.and_then(|name| schema().find_type(name)).map(Declared::Object);
    let declared = stated.as_ref().unwrap_or(declared);
    let mut out = Map::new();
    for (name, mut value) in std::mem::take(members) {
        // `members@odata.bind` begins with a name too.
        let (plain, annotation) = name.split_at(name.find('@').unwrap_or(name.len()));
        let known = declared.find(plain);
        let spelled = known.map_or(name.clone(), |(known, _)| format!("{known}{annotation}"));
        let inside = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if let Some(kind) = known.and_then(|(_, of)| schema().find_type(of.name)) {
            spell_one(&Declared::Object(kind), &inside, &mut value, changed)?;
        }
        *changed |= spelled != name;
        if let Some(earlier) = out.insert(spelled.clone(), value) {
            return Err(FieldError::new(&inside, &earlier, "is there twice, in different letter cases")
                .allowing(format!("`{spelled}`, once")));
        }
    }
    *members = out;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{declared, spell};

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn names_are_spelled_as_declared() {
        let policies = "deviceAppManagement/iosManagedAppProtections";
        let cases = [
            ("users/u", json!({"AccountEnabled": false}), json!({"accountEnabled": false})),
            (
                "users",
                json!({"passwordprofile": {"PASSWORD": "x"}, "Contoso": 1}),
                json!({"passwordProfile": {"password": "x"}, "Contoso": 1}),
            ),
            ("groups", json!({"Members@odata.bind": ["x"]}), json!({"members@odata.bind": ["x"]})),
            (
                "users/u/assignLicense",
                json!({"AddLicenses": [{"SkuId": "x"}], "removelicenses": []}),
                json!({"addLicenses": [{"skuId": "x"}], "removeLicenses": []}),
            ),
            (
                policies,
                json!({"PinRequired": true, "Apps": [{"MobileAppIdentifier":
                    {"@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "BundleId": "a.b"}}]}),
                json!({"pinRequired": true, "apps": [{"mobileAppIdentifier":
                    {"@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "a.b"}}]}),
            ),
        ];
        for (place, given, wanted) in cases {
            let declared = declared(&path(place), None).unwrap();
            let mut body = given.clone();
            assert!(spell(&declared, &mut body).unwrap(), "{given}");
            assert_eq!(body, wanted);
            assert!(!spell(&declared, &mut body).unwrap(), "{wanted}");
        }
        let twice = &mut json!({"accountEnabled": true, "AccountEnabled": false});
        let error = spell(&declared(&path("users/u"), None).unwrap(), twice).unwrap_err();
        assert_eq!(error.path, "AccountEnabled");
    }
}
