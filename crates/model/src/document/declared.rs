//! What each kind of document declares, in the order of the wire.

use serde_json::{Value as Json, json};

use super::{PolicyKind, stored};
use crate::{
    FieldError, Platform,
    settings::{Fallback, Kind, Setting, Since},
};

/// A property that a kind of document declares.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) since: Since,
    pub(crate) nullable: bool,
    pub(crate) form: Form,
}

/// Form of a property's values.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// Written by the server: id, version, times, counts.
    Server,
    /// A setting of the table.
    Setting(Setting),
    /// A value that is checked and kept, but not interpreted.
    Value(Kind, Fallback),
    /// A list of objects, kept as they are.
    List,
    /// An object, kept as it is.
    Object,
}

impl Property {
    const fn new(name: &'static str, since: Since, nullable: bool, form: Form) -> Self {
        Self { name, since, nullable, form }
    }

    /// A value in the form that the service writes; one that does not read, unchanged.
    pub(crate) fn normal_form(&self, json: &Json) -> Json {
        if json.is_null() {
            return self.default_form();
        }
        let (kind, read) = match self.form {
            Form::Setting(setting) => (setting.spec().kind, setting.from_json(json)),
            Form::Value(kind, _) => (kind, kind.read(self.name, json)),
            _ => return json.clone(),
        };
        match (kind, read) {
            (Kind::Choice(_) | Kind::Flags(_) | Kind::Span, Ok(Some(value))) => kind.write(&value),
            _ => json.clone(),
        }
    }

    /// Whether its values are comma-separated members.
    pub(crate) fn is_flags(&self) -> bool {
        let kind = match self.form {
            Form::Setting(setting) => setting.spec().kind,
            Form::Value(kind, _) => kind,
            _ => return false,
        };
        matches!(kind, Kind::Flags(_))
    }

    /// The fault of a value that is checked and kept only.
    pub(crate) fn fault(&self, json: &Json) -> Option<FieldError> {
        match self.form {
            _ if json.is_null() => None,
            Form::Value(kind, _) => kind.read(self.name, json).err(),
            Form::List if !json.is_array() => {
                Some(FieldError::new(self.name, json, "is not a list").allowing("a list"))
            }
            Form::Object if !json.is_object() => {
                Some(FieldError::new(self.name, json, "is not an object").allowing("an object"))
            }
            _ => None,
        }
    }

    /// What absence reads as.
    pub(crate) fn default_form(&self) -> Json {
        match self.form {
            Form::Setting(setting) => {
                let list = matches!(setting.spec().kind, Kind::Texts | Kind::Pairs | Kind::Choices(_));
                match setting.default_value() {
                    Some(value) if !self.nullable || list => setting.to_json(&value),
                    _ => Json::Null,
                }
            }
            Form::Value(kind, fallback) => match fallback {
                Fallback::Nothing => Json::Null,
                Fallback::Bool(value) => json!(value),
                Fallback::Int(value) => json!(value),
                Fallback::Minutes(value) => {
                    json!(crate::settings::format_span(crate::Millis::from_minutes(value)))
                }
                Fallback::Choice(value) => json!(value),
                Fallback::Empty => match kind {
                    Kind::Flags(members) => json!(members.first()),
                    _ => json!([]),
                },
            },
            Form::List => json!([]),
            Form::Object | Form::Server => Json::Null,
        }
    }
}

impl PolicyKind {
    /// Whether documents of this kind have a setting.
    pub(crate) fn has(self, setting: Setting) -> bool {
        match (self, self.platform()) {
            (_, Some(platform)) => setting.applies_to(platform),
            (Self::DefaultProtection, None) => !NOT_IN_DEFAULT.contains(&setting),
            _ => false,
        }
    }

    /// What documents of this kind declare, in the order of the wire.
    pub(crate) fn declared(self) -> Vec<Property> {
        let mut all = vec![
            Property::new("displayName", Since::V1, false, Form::Value(Kind::Text, Fallback::Nothing)),
            Property::new("description", Since::V1, true, Form::Value(Kind::Text, Fallback::Nothing)),
            Property::new("createdDateTime", Since::V1, false, Form::Server),
            Property::new("lastModifiedDateTime", Since::V1, false, Form::Server),
            Property::new("roleScopeTagIds", Since::Beta, true, Form::Value(Kind::Texts, Fallback::Empty)),
            Property::new("id", Since::V1, false, Form::Server),
            Property::new("version", Since::V1, true, Form::Server),
        ];
        match self {
            Self::IosProtection => all.extend(protection(Platform::Ios)),
            Self::AndroidProtection => all.extend(protection(Platform::Android)),
            Self::TargetedConfiguration => {
                all.push(APP_COUNT);
                all.push(ASSIGNED);
                all.extend(TARGETING);
                all.push(CUSTOM_SETTINGS);
            }
            Self::DefaultProtection => {
                let settings = Setting::ALL.iter().filter(|setting| self.has(**setting));
                all.extend(settings.map(|setting| self.of(*setting)));
                all.push(CUSTOM_SETTINGS);
                all.push(APP_COUNT);
            }
            Self::WindowsProtection => {
                all.push(ASSIGNED);
                all.push(APP_COUNT);
                all.extend(stored::WINDOWS);
            }
            Self::WindowsInformationProtection => {
                all.extend(stored::INFORMATION);
                all.push(ASSIGNED);
                all.extend(stored::INFORMATION_UNENROLLED);
            }
            Self::MdmWindowsInformationProtection => {
                all.extend(stored::INFORMATION);
                all.push(ASSIGNED);
            }
        }
        all
    }

    fn of(self, setting: Setting) -> Property {
        let since = match self {
            Self::DefaultProtection if BETA_IN_DEFAULT.contains(&setting) => Since::Beta,
            _ => setting.spec().since,
        };
        Property::new(setting.name(), since, setting.spec().nullable, Form::Setting(setting))
    }
}

/// Settings of one platform that the tenant-wide default has not.
const NOT_IN_DEFAULT: [Setting; 8] = [
    Setting::AppActionIfSamsungKnoxAttestationRequired,
    Setting::KeyboardsRestricted,
    Setting::ApprovedKeyboards,
    Setting::GenmojiConfigurationState,
    Setting::ScreenCaptureConfigurationState,
    Setting::WritingToolsConfigurationState,
    Setting::ManagedUniversalLinks,
    Setting::ExemptedUniversalLinks,
];

/// Settings that the tenant-wide default has in beta only.
const BETA_IN_DEFAULT: [Setting; 3] =
    [Setting::CustomBrowserPackageId, Setting::CustomBrowserDisplayName, Setting::CustomBrowserProtocol];

const APP_COUNT: Property = Property::new("deployedAppCount", Since::V1, false, Form::Server);
const ASSIGNED: Property = Property::new("isAssigned", Since::V1, false, Form::Server);
const CUSTOM_SETTINGS: Property = Property::new("customSettings", Since::V1, false, Form::List);
const TARGETING: [Property; 2] = [
    Property::new(
        "targetedAppManagementLevels",
        Since::Beta,
        false,
        Form::Value(Kind::Flags(super::apps::MANAGEMENT_LEVELS), Fallback::Empty),
    ),
    Property::new(
        "appGroupType",
        Since::Beta,
        false,
        Form::Value(
            Kind::Choice(super::apps::AppGroup::NAMES),
            Fallback::Choice(super::apps::AppGroup::SelectedPublicApps.as_str()),
        ),
    ),
];

/// Settings of both platforms, then how the policy is targeted, then those of the platform.
fn protection(platform: Platform) -> Vec<Property> {
    let kind = PolicyKind::protection(platform);
    // The table holds this one among the settings of both platforms; the wire has it after another.
    let moved = Setting::AppActionIfAccountIsClockedOut;
    let after = match platform {
        Platform::Ios => Setting::AppActionIfIosDeviceModelNotAllowed,
        Platform::Android => Setting::AppActionIfAndroidDeviceManufacturerNotAllowed,
    };
    let count_after = match platform {
        Platform::Ios => Setting::MinimumRequiredSdkVersion,
        Platform::Android => Setting::EncryptAppData,
    };
    let (common, own): (Vec<Setting>, Vec<Setting>) = Setting::list_for(platform)
        .filter(|setting| *setting != moved)
        .partition(|setting| setting.spec().platforms.len() == Platform::ALL.len());
    let mut all: Vec<Property> = common.into_iter().map(|setting| kind.of(setting)).collect();
    all.push(ASSIGNED);
    all.extend(TARGETING);
    for setting in own {
        all.push(kind.of(setting));
        if setting == after {
            all.push(kind.of(moved));
        }
        if setting == count_after {
            all.push(APP_COUNT);
        }
    }
    all
}
