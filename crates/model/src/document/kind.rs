//! Kinds of policy documents and how a document tells its kind.

use serde_json::{Map, Value as Json};

use crate::{FieldError, Platform};

/// What a policy document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// App protection for iOS.
    IosProtection,
    /// App protection for Android.
    AndroidProtection,
    /// Configuration of managed apps, any platform.
    TargetedConfiguration,
    /// App protection for Windows: stored, not interpreted.
    WindowsProtection,
    /// The tenant-wide default: stored, not interpreted.
    DefaultProtection,
    /// Windows information protection: stored, not interpreted.
    WindowsInformationProtection,
    /// The same for enrolled devices: stored, not interpreted.
    MdmWindowsInformationProtection,
}

impl PolicyKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::IosProtection,
        Self::AndroidProtection,
        Self::TargetedConfiguration,
        Self::WindowsProtection,
        Self::DefaultProtection,
        Self::WindowsInformationProtection,
        Self::MdmWindowsInformationProtection,
    ];

    /// Graph type without namespace: `iosManagedAppProtection`.
    pub const fn graph_type(self) -> &'static str {
        match self {
            Self::IosProtection => "iosManagedAppProtection",
            Self::AndroidProtection => "androidManagedAppProtection",
            Self::TargetedConfiguration => "targetedManagedAppConfiguration",
            Self::WindowsProtection => "windowsManagedAppProtection",
            Self::DefaultProtection => "defaultManagedAppProtection",
            Self::WindowsInformationProtection => "windowsInformationProtectionPolicy",
            Self::MdmWindowsInformationProtection => "mdmWindowsInformationProtectionPolicy",
        }
    }

    /// Graph collection: `iosManagedAppProtections`.
    pub const fn collection(self) -> &'static str {
        match self {
            Self::IosProtection => "iosManagedAppProtections",
            Self::AndroidProtection => "androidManagedAppProtections",
            Self::TargetedConfiguration => "targetedManagedAppConfigurations",
            Self::WindowsProtection => "windowsManagedAppProtections",
            Self::DefaultProtection => "defaultManagedAppProtections",
            Self::WindowsInformationProtection => "windowsInformationProtectionPolicies",
            Self::MdmWindowsInformationProtection => "mdmWindowsInformationProtectionPolicies",
        }
    }

    /// `#microsoft.graph.iosManagedAppProtection`
    pub fn odata_type(self) -> String {
        format!("#microsoft.graph.{}", self.graph_type())
    }

    /// The platform of an app protection policy that phones obey.
    pub const fn platform(self) -> Option<Platform> {
        match self {
            Self::IosProtection => Some(Platform::Ios),
            Self::AndroidProtection => Some(Platform::Android),
            _ => None,
        }
    }

    /// The app protection policy of a platform.
    pub const fn protection(platform: Platform) -> Self {
        match platform {
            Platform::Ios => Self::IosProtection,
            Platform::Android => Self::AndroidProtection,
        }
    }

    /// The kind with this Graph type, whatever its namespace and case.
    pub fn from_graph_type(name: &str) -> Option<Self> {
        let name = name.rsplit('.').next()?.trim_start_matches('#');
        Self::ALL.into_iter().find(|kind| kind.graph_type().eq_ignore_ascii_case(name))
    }

    /// The kind with this Graph collection, whatever its case.
    pub fn from_collection(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.collection().eq_ignore_ascii_case(name))
    }
}

fn all_types() -> String {
    PolicyKind::ALL.map(PolicyKind::graph_type).join(", ")
}

/// The kind that the document names or shows.
pub(super) fn detect(body: &Map<String, Json>) -> Result<PolicyKind, FieldError> {
    match named(body) {
        Err(_) if !body.contains_key("@odata.type") => {
            kind_of_apps(body).or_else(|| kind_of_members(body)).ok_or_else(|| {
                let problem = "is missing, and nothing else tells what the document is";
                FieldError::new("@odata.type", &Json::Null, problem).allowing(all_types())
            })
        }
        found => found,
    }
}

/// The kind that the document names, by its type or else by its context.
pub(super) fn named(body: &Map<String, Json>) -> Result<PolicyKind, FieldError> {
    if let Some(named) = body.get("@odata.type") {
        return named.as_str().and_then(PolicyKind::from_graph_type).ok_or_else(|| {
            FieldError::new("@odata.type", named, "is not a type of policy").allowing(all_types())
        });
    }
    let context = body.get("@odata.context").and_then(Json::as_str).and_then(kind_of_context);
    context.ok_or_else(|| FieldError::new("@odata.type", &Json::Null, "is missing").allowing(all_types()))
}

/// A named type must be `kind` or one of its bases.
pub(super) fn check_named(body: &Map<String, Json>, kind: PolicyKind) -> Result<(), FieldError> {
    const BASES: [&str; 5] = [
        "entity",
        "managedAppPolicy",
        "managedAppProtection",
        "targetedManagedAppProtection",
        "managedAppConfiguration",
    ];
    let Some(named) = body.get("@odata.type") else { return Ok(()) };
    let name = named.as_str().unwrap_or_default();
    let short = name.rsplit('.').next().unwrap_or(name).trim_start_matches('#');
    if PolicyKind::from_graph_type(name) == Some(kind)
        || BASES.iter().any(|base| base.eq_ignore_ascii_case(short))
    {
        return Ok(());
    }
    Err(FieldError::new("@odata.type", named, "does not belong here").allowing(kind.odata_type()))
}

/// `…$metadata#deviceAppManagement/iosManagedAppProtections/$entity`, whatever the host.
fn kind_of_context(context: &str) -> Option<PolicyKind> {
    let fragment = context.rsplit('#').next()?;
    fragment.split(['/', '(']).find_map(PolicyKind::from_collection)
}

fn kind_of_apps(body: &Map<String, Json>) -> Option<PolicyKind> {
    let identifier = body.get("apps")?.as_array()?.first()?.get("mobileAppIdentifier")?;
    match (identifier.get("bundleId"), identifier.get("packageId")) {
        _ if body.contains_key("customSettings") => Some(PolicyKind::TargetedConfiguration),
        (Some(_), None) => Some(PolicyKind::IosProtection),
        (None, Some(_)) => Some(PolicyKind::AndroidProtection),
        _ => None,
    }
}

fn kind_of_members(body: &Map<String, Json>) -> Option<PolicyKind> {
    let is_configuration = body.contains_key("customSettings") && !body.contains_key("pinRequired");
    is_configuration.then_some(PolicyKind::TargetedConfiguration)
}
