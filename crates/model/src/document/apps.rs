//! Apps, app groups and management levels of a document.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::{PolicyDocument, PolicyKind};
use crate::{
    AppId, FieldError, ManagementState, Platform,
    settings::{read_flags, read_member},
};

/// Which apps a document is aimed at (`appGroupType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum AppGroup {
    /// The apps it lists.
    #[default]
    SelectedPublicApps,
    /// The apps that the catalogue marks as core apps of the vendor.
    AllCoreMicrosoftApps,
    /// The apps that the catalogue marks as apps of the vendor.
    AllMicrosoftApps,
    /// Every managed app of the platform.
    AllApps,
}

impl AppGroup {
    pub(super) const NAMES: &'static [&'static str] =
        &["selectedPublicApps", "allCoreMicrosoftApps", "allMicrosoftApps", "allApps"];

    /// Graph name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelectedPublicApps => "selectedPublicApps",
            Self::AllCoreMicrosoftApps => "allCoreMicrosoftApps",
            Self::AllMicrosoftApps => "allMicrosoftApps",
            Self::AllApps => "allApps",
        }
    }

    /// The group with this Graph name, whatever its case.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::SelectedPublicApps, Self::AllCoreMicrosoftApps, Self::AllMicrosoftApps, Self::AllApps]
            .into_iter()
            .find(|group| group.as_str().eq_ignore_ascii_case(name))
    }
}

/// Names of management states in `targetedAppManagementLevels`; the first stands for every state.
pub const MANAGEMENT_LEVELS: &[&str] = &[
    "unspecified",
    "unmanaged",
    "mdm",
    "androidEnterprise",
    "androidEnterpriseDedicatedDevicesWithAzureAdSharedMode",
    "androidOpenSourceProjectUserAssociated",
    "androidOpenSourceProjectUserless",
];

fn state_of(level: &str) -> ManagementState {
    match level {
        "mdm" => ManagementState::Mdm,
        "androidEnterprise" => ManagementState::AndroidEnterprise,
        "androidEnterpriseDedicatedDevicesWithAzureAdSharedMode" => {
            ManagementState::AndroidEnterpriseDedicatedDevicesWithAzureAdSharedMode
        }
        "androidOpenSourceProjectUserAssociated" => ManagementState::AndroidOpenSourceProjectUserAssociated,
        "androidOpenSourceProjectUserless" => ManagementState::AndroidOpenSourceProjectUserless,
        _ => ManagementState::Unmanaged,
    }
}

/// Longest bundle or package id.
const LONGEST_ID: usize = 256;

/// Lists of apps: the present form and an older one that documents in the wild still carry.
const LISTS: [&str; 2] = ["apps", "mobileAppIdentifierDeployments"];

pub(super) fn read_group(body: &Map<String, Json>) -> Result<AppGroup, FieldError> {
    match body.get("appGroupType") {
        None | Some(Json::Null) => Ok(AppGroup::default()),
        Some(json) => {
            let name = read_member("appGroupType", json, AppGroup::NAMES)?;
            Ok(AppGroup::from_name(name).unwrap_or_default())
        }
    }
}

pub(super) fn read_levels(body: &Map<String, Json>) -> Result<BTreeSet<ManagementState>, FieldError> {
    match body.get("targetedAppManagementLevels") {
        None | Some(Json::Null) => Ok(BTreeSet::new()),
        Some(json) => {
            let levels = read_flags("targetedAppManagementLevels", json, MANAGEMENT_LEVELS)?;
            Ok(levels.into_iter().map(state_of).collect())
        }
    }
}

/// The apps that read, and the faults of those that do not.
pub(super) fn read(document: &PolicyDocument) -> (Vec<AppId>, Vec<FieldError>) {
    let mut apps = Vec::new();
    let mut errors = Vec::new();
    for list in LISTS {
        let items = match document.body.get(list) {
            None | Some(Json::Null) => continue,
            Some(Json::Array(items)) => items,
            Some(other) => {
                errors.push(FieldError::new(list, other, "is not a list").allowing("a list of apps"));
                continue;
            }
        };
        for (at, item) in items.iter().enumerate() {
            match read_app(&format!("{list}[{at}]"), item, document.kind) {
                Ok(app) => apps.extend(app),
                Err(error) => errors.push(error),
            }
        }
    }
    (apps, errors)
}

/// One app; `None` for operating systems without a client.
fn read_app(path: &str, item: &Json, kind: PolicyKind) -> Result<Option<AppId>, FieldError> {
    let missing = |path: &str, json| Err(FieldError::new(path, json, "does not name an app"));
    let Some(members) = item.as_object() else { return missing(path, item) };
    let path = format!("{path}.mobileAppIdentifier");
    let Some(identifier) = members.get("mobileAppIdentifier").and_then(Json::as_object) else {
        return missing(&path, members.get("mobileAppIdentifier").unwrap_or(&Json::Null));
    };
    let kinds = [
        ("bundleId", "iosMobileAppIdentifier", Some(Platform::Ios)),
        ("packageId", "androidMobileAppIdentifier", Some(Platform::Android)),
        ("windowsAppId", "windowsAppIdentifier", None),
        ("bundleId", "macAppIdentifier", None),
    ];
    let named = identifier.get("@odata.type").and_then(Json::as_str).map(short_type);
    let found = kinds.into_iter().find(|(member, kind_name, _)| match &named {
        Some(name) => name.eq_ignore_ascii_case(kind_name),
        None => identifier.contains_key(*member),
    });
    let Some((member, _, platform)) = found else {
        let allowed = "iosMobileAppIdentifier with bundleId, androidMobileAppIdentifier with packageId";
        let found = identifier.get("@odata.type").unwrap_or(&Json::Null);
        return Err(FieldError::new(path, found, "is not a kind of app identifier").allowing(allowed));
    };
    let path = format!("{path}.{member}");
    let id = read_id(&path, identifier.get(member).unwrap_or(&Json::Null))?;
    match (platform, kind.platform()) {
        (None, _) if kind != PolicyKind::IosProtection && kind != PolicyKind::AndroidProtection => Ok(None),
        (Some(platform), None) => Ok(Some(AppId::new(platform, id))),
        (Some(platform), Some(expected)) if platform == expected => Ok(Some(AppId::new(platform, id))),
        _ => {
            Err(FieldError::new(path, &Json::from(id), "belongs to another operating system than the policy")
                .allowing(if kind == PolicyKind::IosProtection {
                    "iOS bundle ids"
                } else {
                    "Android package ids"
                }))
        }
    }
}

fn short_type(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).trim_start_matches('#').to_owned()
}

fn read_id<'a>(path: &str, json: &'a Json) -> Result<&'a str, FieldError> {
    let allowed = "letters, digits, dots, hyphens and underscores, such as com.example.notes";
    let wrong = |problem: &str| FieldError::new(path, json, problem).allowing(allowed);
    let id = json.as_str().map(str::trim).ok_or_else(|| wrong("is not an app id"))?;
    let legal = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    match id.len() {
        0 => Err(wrong("is empty")),
        len if len > LONGEST_ID => Err(wrong("is too long")),
        _ if !legal => Err(wrong("has a character that no app id has")),
        _ => Ok(id),
    }
}
