//! Whether an operator and a value go with a property.

use ringfence_model::Version;

use super::{FilterPlatform, Operand, Operator, Property};

pub(super) fn operator(property: Property, operator: Operator) -> Result<(), String> {
    if property.operators().contains(&operator) {
        return Ok(());
    }
    let allowed: Vec<String> = property.operators().iter().map(|one| format!("-{}", one.as_str())).collect();
    let (name, given) = (property.as_str(), operator.as_str());
    Err(format!("app.{name} does not take -{given}: {}", allowed.join(", ")))
}

/// The value in the form in which it is compared.
pub(super) fn value(platform: FilterPlatform, property: Property, value: Operand) -> Result<Operand, String> {
    let values = property.values(platform);
    match value {
        Operand::Text(text) if property == Property::OperatingSystemVersion => {
            match text.parse::<Version>() {
                Ok(version) => Ok(Operand::Version(version)),
                Err(error) => Err(error.to_string()),
            }
        }
        Operand::Text(text)
            if !values.is_empty() && !values.iter().any(|one| one.eq_ignore_ascii_case(&text)) =>
        {
            let name = property.as_str();
            Err(format!("`{text}` is no value of app.{name}: {}", values.join(", ")))
        }
        Operand::Text(text) => Ok(Operand::Text(text.to_lowercase())),
        Operand::Texts(texts) => Ok(Operand::Texts(texts.iter().map(|text| text.to_lowercase()).collect())),
        other => Ok(other),
    }
}
