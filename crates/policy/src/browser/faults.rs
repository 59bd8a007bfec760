//! What is wrong with the browser keys of a policy, told when the policy is written and not when a phone meets it.

use ringfence_model::{FieldError, appconfig::AppConfiguration, document::PolicyDocument};
use serde_json::Value as Json;

use super::{config, keys};

/// Every fault in the browser keys of a document; each error names the entry.
///
/// Keys of others pass unread. Values with a token in braces are judged as far as the token allows.
pub fn faults(document: &PolicyDocument) -> Vec<FieldError> {
    let Ok(configuration) = AppConfiguration::parse(document) else { return Vec::new() };
    let mut faults = Vec::new();
    for (at, pair) in configuration.values.iter().enumerate() {
        if let Some(meant) = keys::meant(&pair.name) {
            let found = Json::from(pair.name.as_str());
            let path = format!("customSettings[{at}].name");
            let fault = FieldError::new(path, &found, "differs from a browser key in the case of letters");
            faults.push(fault.allowing(format!("`{meant}`")));
        }
        let Some(row) = keys::row_of(&pair.name) else { continue };
        let braces = pair.value.contains("{{") && row.form != keys::Form::List;
        if braces {
            continue;
        }
        let path = format!("customSettings[{at}].value");
        faults.extend(config::wrong(row.form, &pair.value).into_iter().map(|(found, problem, allowed)| {
            FieldError::new(path.as_str(), &Json::from(found), problem).allowing(allowed)
        }));
    }
    faults
}
