//! Asking a rule about a phone.

use ringfence_model::{ManagementState, Platform, Version};

use super::{Comparison, Node, Operand, Operator, Property, Subject};

pub(super) fn holds(node: &Node, subject: &Subject<'_>) -> bool {
    match node {
        Node::Any(parts) => parts.iter().any(|part| holds(part, subject)),
        Node::All(parts) => parts.iter().all(|part| holds(part, subject)),
        Node::Compare(one) => compare(one, subject),
    }
}

pub(super) fn untold(node: &Node, subject: &Subject<'_>, found: &mut Vec<Property>) {
    match node {
        Node::Any(parts) | Node::All(parts) => {
            for part in parts {
                untold(part, subject, found);
            }
        }
        Node::Compare(one) if told(one.property, subject).is_none() => found.push(one.property),
        Node::Compare(_) => {}
    }
}

fn told<'a>(property: Property, subject: &Subject<'a>) -> Option<&'a str> {
    let facts = subject.facts;
    let text = match property {
        Property::AppVersion => facts.app_version.as_deref(),
        Property::DeviceManufacturer => facts.manufacturer.as_deref(),
        Property::DeviceModel => facts.model.as_deref(),
        Property::OsVersion => facts.os_version.as_deref(),
        Property::OperatingSystemVersion => {
            facts.os_version.as_deref().filter(|text| text.parse::<Version>().is_ok())
        }
        Property::DeviceManagementType => Some(management(subject)),
    };
    text.filter(|text| !text.is_empty())
}

/// The name that rules have for how a device is managed.
const fn management(subject: &Subject<'_>) -> &'static str {
    match (subject.management, subject.platform) {
        (ManagementState::Unmanaged, _) => "Unmanaged",
        (_, Platform::Ios) => "Managed",
        (ManagementState::Mdm, Platform::Android) => "Android device administrator",
        (ManagementState::AndroidEnterprise, Platform::Android) => "Android Enterprise",
        (ManagementState::AndroidEnterpriseDedicatedDevicesWithAzureAdSharedMode, Platform::Android) => {
            "Corporate-owned dedicated devices with Azure AD Shared mode"
        }
        (ManagementState::AndroidOpenSourceProjectUserAssociated, Platform::Android) => {
            "AOSP user-associated devices"
        }
        (ManagementState::AndroidOpenSourceProjectUserless, Platform::Android) => "AOSP userless devices",
    }
}

fn compare(one: &Comparison, subject: &Subject<'_>) -> bool {
    let told = told(one.property, subject);
    match (&one.value, told) {
        (Operand::Null, told) => told.is_none() == (one.operator == Operator::Eq),
        (_, None) => false,
        (Operand::Text(wanted), Some(told)) => text(&told.to_lowercase(), one.operator, wanted),
        (Operand::Texts(wanted), Some(told)) => {
            let listed = wanted.contains(&told.to_lowercase());
            listed == (one.operator == Operator::In)
        }
        (Operand::Version(wanted), Some(told)) => {
            told.parse::<Version>().is_ok_and(|told| number(told, one.operator, *wanted))
        }
    }
}

fn text(told: &str, operator: Operator, wanted: &str) -> bool {
    match operator {
        Operator::Eq => told == wanted,
        Operator::Ne => told != wanted,
        Operator::StartsWith => told.starts_with(wanted),
        Operator::NotStartsWith => !told.starts_with(wanted),
        Operator::Contains => told.contains(wanted),
        Operator::NotContains => !told.contains(wanted),
        Operator::In | Operator::NotIn | Operator::Gt | Operator::Ge | Operator::Lt | Operator::Le => false,
    }
}

fn number(told: Version, operator: Operator, wanted: Version) -> bool {
    match operator {
        Operator::Eq => told == wanted,
        Operator::Ne => told != wanted,
        Operator::Gt => told > wanted,
        Operator::Ge => told >= wanted,
        Operator::Lt => told < wanted,
        Operator::Le => told <= wanted,
        _ => false,
    }
}
