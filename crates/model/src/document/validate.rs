//! Validation: everything whose meaning is known must be right; all faults are reported at once.

use serde_json::Value as Json;

use super::{PolicyDocument, PolicyKind, apps, assignments};
use crate::{
    FieldError,
    settings::{Setting, Value},
};

/// Properties with rules of their own.
const CHECKED_APART: [&str; 6] = [
    "displayName",
    "description",
    "roleScopeTagIds",
    "appGroupType",
    "targetedAppManagementLevels",
    "customSettings",
];

const LONGEST_NAME: usize = 256;
const LONGEST_DESCRIPTION: usize = 10_000;

impl PolicyDocument {
    /// Checks the document; `Err` holds every fault found. Unknown members, members of the other platform, annotations
    /// and read-only members are not judged.
    pub fn validate(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        self.check_names(&mut errors);
        if self.kind.platform().is_some() || self.kind == PolicyKind::TargetedConfiguration {
            errors.extend(apps::read_group(&self.body).err());
            errors.extend(apps::read_levels(&self.body).err());
        }
        errors.extend(apps::read(self).1);
        self.check_stored(&mut errors);
        errors.extend(assignments::read_all(&self.body).1);
        errors.extend(self.settings_json().filter_map(|(setting, json)| setting.from_json(json).err()));
        if matches!(self.kind, PolicyKind::TargetedConfiguration | PolicyKind::DefaultProtection) {
            errors.extend(crate::appconfig::read_custom_settings(&self.body).1);
        }
        self.check_pairs(&mut errors);
        self.check_order(&mut errors);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_names(&self, errors: &mut Vec<FieldError>) {
        match self.body.get("displayName") {
            Some(Json::String(name)) if name.trim().is_empty() => {
                errors.push(
                    FieldError::new("displayName", &Json::from(name.as_str()), "is empty").allowing("a name"),
                );
            }
            Some(json) => check_text("displayName", json, LONGEST_NAME, errors),
            None => errors.push(FieldError::new("displayName", &Json::Null, "is missing").allowing("a name")),
        }
        match self.body.get("description") {
            None | Some(Json::Null) => {}
            Some(json) => check_text("description", json, LONGEST_DESCRIPTION, errors),
        }
        match self.body.get("roleScopeTagIds") {
            None | Some(Json::Null) => {}
            Some(Json::Array(tags)) if tags.iter().all(Json::is_string) => {}
            Some(json) => errors.push(FieldError::new("roleScopeTagIds", json, "is not a list of texts")),
        }
    }

    /// Values that are not interpreted still have a form. Navigation that only some kinds have is a list.
    fn check_stored(&self, errors: &mut Vec<FieldError>) {
        for property in self.kind.declared() {
            if !CHECKED_APART.contains(&property.name) {
                errors.extend(self.body.get(property.name).and_then(|json| property.fault(json)));
            }
        }
        for name in ["settings", "exemptAppLockerFiles", "protectedAppLockerFiles"] {
            match self.body.get(name) {
                None | Some(Json::Null) => {}
                Some(Json::Array(items)) => {
                    let wrong = items.iter().enumerate().find(|(_, item)| !item.is_object());
                    errors.extend(wrong.map(|(at, item)| {
                        FieldError::new(format!("{name}[{at}]"), item, "is not an object")
                            .allowing("an object")
                    }));
                }
                Some(other) => {
                    errors.push(FieldError::new(name, other, "is not a list").allowing("a list of objects"));
                }
            }
        }
    }

    /// Names and values that must not be empty.
    fn check_pairs(&self, errors: &mut Vec<FieldError>) {
        for (setting, value) in self.settings() {
            let (Value::Pairs(pairs), Some(field)) = (value, required_part(setting)) else { continue };
            for (at, pair) in pairs.iter().enumerate() {
                let text = if field == "name" { &pair.name } else { &pair.value };
                if text.is_empty() {
                    let path = format!("{setting}[{at}].{field}");
                    errors.push(FieldError::new(path, &Json::from(""), "is empty"));
                }
            }
        }
    }

    /// Bounds that contradict each other would lock everybody out.
    fn check_order(&self, errors: &mut Vec<FieldError>) {
        let settings = self.settings();
        let bounds = [
            (Setting::MinimumRequiredOsVersion, Setting::MaximumRequiredOsVersion),
            (Setting::MinimumWipeOsVersion, Setting::MaximumWipeOsVersion),
            (Setting::MinimumWarningOsVersion, Setting::MaximumWarningOsVersion),
        ];
        for (low, high) in bounds {
            let (Some(Value::Version(least)), Some(Value::Version(most))) =
                (settings.get(&low), settings.get(&high))
            else {
                continue;
            };
            if least > most {
                let found = self.body.get(high.name()).unwrap_or(&Json::Null);
                let allowed = format!("at least `{low}`, which is {least}");
                errors
                    .push(FieldError::new(high.name(), found, format!("is below `{low}`")).allowing(allowed));
            }
        }
    }
}

/// The part of a pair that carries the meaning.
fn required_part(setting: Setting) -> Option<&'static str> {
    match setting {
        Setting::ApprovedKeyboards => Some("name"),
        Setting::ExemptedAppPackages | Setting::ExemptedAppProtocols => Some("value"),
        _ => None,
    }
}

fn check_text(path: &str, json: &Json, longest: usize, errors: &mut Vec<FieldError>) {
    match json.as_str() {
        None => errors.push(FieldError::new(path, json, "is not a text")),
        Some(text) if text.chars().count() > longest => {
            let problem = format!("has {} characters", text.chars().count());
            errors
                .push(FieldError::new(path, json, problem).allowing(format!("at most {longest} characters")));
        }
        Some(text) if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) => {
            errors.push(FieldError::new(path, json, "contains a control character"));
        }
        Some(_) => {}
    }
}
