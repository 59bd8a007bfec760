//! Our own three levels of data protection, ready to import.

use serde_json::Value;

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        &[$(Template { name: $name, text: include_str!(concat!("../templates/levels/", $name, ".json")) }),+]
    };
}

/// A policy document that comes with the product.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    /// `level-2-ios`
    pub name: &'static str,
    /// The Graph document.
    pub text: &'static str,
}

/// All templates, from basic to high.
pub const TEMPLATES: &[Template] = templates![
    "level-1-ios",
    "level-1-android",
    "level-2-ios",
    "level-2-android",
    "level-3-ios",
    "level-3-android",
];

impl Template {
    /// The document as JSON.
    pub fn document(self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(self.text)?)
    }

    /// The template of this name.
    pub fn find(name: &str) -> anyhow::Result<Self> {
        let found = TEMPLATES.iter().find(|template| template.name == name).copied();
        found.ok_or_else(|| {
            let names: Vec<&str> = TEMPLATES.iter().map(|template| template.name).collect();
            anyhow::anyhow!("there is no template `{name}`; there are {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use ringfence_model::Platform;
    use ringfence_model::document::PolicyDocument;
    use ringfence_model::settings::Setting;
    use ringfence_policy::merge::{Part, merge};

    use super::*;

    fn document(name: &str) -> PolicyDocument {
        PolicyDocument::parse_value(Template::find(name).unwrap().document().unwrap()).unwrap()
    }

    #[test]
    fn every_template_is_valid_and_names_apps() {
        for template in TEMPLATES {
            let document = document(template.name);
            assert_eq!(document.validate(), Ok(()), "{}", template.name);
            assert_eq!(document.apps().len(), 3, "{}", template.name);
        }
    }

    #[test]
    fn every_member_of_a_template_is_a_known_setting() {
        let other = [
            "@odata.type",
            "displayName",
            "description",
            "apps",
            "appGroupType",
            "targetedAppManagementLevels",
        ];
        for template in TEMPLATES {
            for name in document(template.name).body.keys() {
                let known = other.contains(&name.as_str()) || Setting::from_name(name).is_some();
                assert!(known, "{}: `{name}`", template.name);
            }
        }
    }

    /// Somebody in two groups gets two levels; the higher one must come out as it is.
    #[test]
    fn a_level_together_with_the_level_below_is_that_level() {
        for platform in Platform::ALL {
            for level in 1..3 {
                let low = document(&format!("level-{level}-{platform}")).settings();
                let high = document(&format!("level-{}-{platform}", level + 1)).settings();
                let part = |source, settings| Part { source, platform, settings };
                let both = merge(&[part(0, &low), part(1, &high)]).values();
                let alone = merge(&[part(0, &high)]).values();
                for (setting, value) in &alone {
                    assert_eq!(both.get(setting), Some(value), "{platform} {level}: {}", setting.name());
                }
                assert_eq!(both.len(), alone.len(), "{platform} {level}");
            }
        }
    }
}
