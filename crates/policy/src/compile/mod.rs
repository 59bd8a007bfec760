//! A policy in the form that decisions read: plain enums, parsed numbers, hashed ids. Made once per effective policy.
//!
//! Everything a policy leaves out takes its documented default; settings of the other platform are ignored. Nothing here
//! can fail: a value in an unexpected form counts as not set.

pub(crate) mod checks;
pub(crate) mod ids;
pub(crate) mod kinds;
pub(crate) mod links;
mod read;
mod system;

use ringfence_model::{
    AppId, Platform,
    settings::{Setting, Settings},
};

pub use self::kinds::Transfer;
use self::{
    checks::{Bound, Check, Demand, Places, Widths},
    ids::{IdSet, Marks},
    kinds::{Browser, Clipboard, Notifications, Redirect},
    links::LinkPattern,
    read::Reader,
};
use crate::{
    access::{AccessRules, PinKind, PinRules},
    decide::{Location, Locations},
};

/// An effective policy, compiled.
#[derive(Debug, Clone)]
pub struct CompiledPolicy {
    pub(crate) platform: Platform,
    pub(crate) send: Transfer,
    pub(crate) receive: Transfer,
    pub(crate) tag_incoming: bool,
    pub(crate) filter_open_in: bool,
    pub(crate) os_sharing: bool,
    pub(crate) clipboard: Clipboard,
    pub(crate) clipboard_limit: u64,
    pub(crate) save_blocked: bool,
    pub(crate) save_to: Locations,
    pub(crate) open_blocked: bool,
    pub(crate) open_from: Locations,
    pub(crate) browser: Browser,
    pub(crate) exempt_links: Box<[LinkPattern]>,
    pub(crate) managed_links: Box<[LinkPattern]>,
    pub(crate) dialler: Redirect,
    pub(crate) messenger: Redirect,
    pub(crate) print_blocked: bool,
    pub(crate) notifications: Notifications,
    pub(crate) keyboards: Option<IdSet>,
    pub(crate) capture_blocked: bool,
    pub(crate) backup_blocked: bool,
    pub(crate) sync_blocked: bool,
    pub(crate) widgets_allowed: bool,
    pub(crate) genmoji_blocked: bool,
    pub(crate) writing_tools_blocked: bool,
    /// Managed apps and, on Android, exempt packages.
    pub(crate) apps: IdSet,
    /// Exempt URL schemes (iOS).
    pub(crate) schemes: IdSet,
    pub(crate) checks: Box<[Check]>,
    /// The checks as numbers, in the same order.
    pub(crate) bounds: Box<[Bound]>,
    pub(crate) widths: Widths,
    pub(crate) places: Places,
    pub(crate) lists: Lists,
    pub(crate) access: AccessRules,
}

/// What launches look up in texts; absent where no check asks for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists {
    pub(crate) models: Option<IdSet>,
    pub(crate) manufacturers: Option<IdSet>,
    pub(crate) patch: bool,
}

impl Lists {
    fn of(checks: &[Check]) -> Self {
        let mut lists = Self::default();
        for check in checks {
            match &check.demand {
                Demand::Model(listed) => lists.models = Some(listed.set.clone()),
                Demand::Manufacturer(listed) => lists.manufacturers = Some(listed.set.clone()),
                Demand::PatchAtLeast(_) => lists.patch = true,
                _ => {}
            }
        }
        lists
    }
}

impl CompiledPolicy {
    /// Compiles the effective settings of a platform. `managed_apps` are the apps managed for the same account; ids of
    /// the other platform are ignored.
    pub fn compile(platform: Platform, settings: &Settings, managed_apps: &[AppId]) -> Self {
        use Setting as S;
        let reader = Reader { platform, settings };
        let checks = checks::list(reader);
        let bounds = checks::bounds(&checks);
        let blocked = |setting| reader.choice(setting) == Some("blocked");
        Self {
            platform,
            send: transfer(reader, S::AllowedOutboundDataTransferDestinations),
            receive: transfer(reader, S::AllowedInboundDataTransferSources),
            tag_incoming: reader.flag(S::ProtectInboundDataFromUnknownSources),
            filter_open_in: reader.flag(S::FilterOpenInToOnlyManagedApps),
            os_sharing: reader.flag(S::DisableProtectionOfManagedOutboundOpenInData),
            clipboard: clipboard(reader),
            clipboard_limit: u64::from(reader.int(S::AllowedOutboundClipboardSharingExceptionLength)),
            save_blocked: reader.flag(S::SaveAsBlocked),
            save_to: locations(reader, S::AllowedDataStorageLocations),
            open_blocked: reader.flag(S::BlockDataIngestionIntoOrganizationDocuments),
            open_from: locations(reader, S::AllowedDataIngestionLocations),
            browser: browser(reader),
            exempt_links: patterns(reader.texts(S::ExemptedUniversalLinks)),
            managed_links: patterns(reader.texts(S::ManagedUniversalLinks)),
            dialler: dialler(reader),
            messenger: messenger(reader),
            print_blocked: reader.flag(S::PrintBlocked),
            notifications: notifications(reader),
            keyboards: keyboards(reader),
            capture_blocked: match platform {
                Platform::Ios => blocked(S::ScreenCaptureConfigurationState),
                Platform::Android => reader.flag(S::ScreenCaptureBlocked),
            },
            backup_blocked: reader.flag(S::DataBackupBlocked),
            sync_blocked: reader.flag(S::ContactSyncBlocked),
            widgets_allowed: reader.flag(S::AllowWidgetContentSync),
            genmoji_blocked: blocked(S::GenmojiConfigurationState),
            writing_tools_blocked: blocked(S::WritingToolsConfigurationState),
            apps: apps(reader, managed_apps),
            schemes: schemes(reader),
            widths: Widths::of(&bounds),
            places: Places::of(&checks, &bounds),
            bounds,
            lists: Lists::of(&checks),
            checks,
            access: access(reader),
        }
    }

    /// The operating system.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// Whether an app is managed for the same account.
    pub fn is_managed(&self, id: &str) -> bool {
        self.apps.has(id, Marks::MANAGED)
    }

    /// Which apps may receive data: what a managed app tells its peers about itself.
    pub fn send(&self) -> Transfer {
        self.send
    }

    /// Which apps may send data in: what a managed app tells its peers about itself.
    pub fn receive(&self) -> Transfer {
        self.receive
    }
}

fn transfer(reader: Reader<'_>, setting: Setting) -> Transfer {
    match reader.choice(setting) {
        Some("managedApps") => Transfer::ManagedApps,
        Some("none") => Transfer::None,
        _ => Transfer::AllApps,
    }
}

fn clipboard(reader: Reader<'_>) -> Clipboard {
    match reader.choice(Setting::AllowedOutboundClipboardSharingLevel) {
        Some("managedAppsWithPasteIn") => Clipboard::ManagedAppsWithPasteIn,
        Some("managedApps") => Clipboard::ManagedApps,
        Some("blocked") => Clipboard::Blocked,
        _ => Clipboard::AllApps,
    }
}

fn locations(reader: Reader<'_>, setting: Setting) -> Locations {
    reader.members(setting).into_iter().map(Location::parse).collect()
}

/// The managed browser wins over an unmanaged one; *required* without a name means the managed one.
fn browser(reader: Reader<'_>) -> Browser {
    let custom = match reader.platform {
        Platform::Ios => reader.text(Setting::CustomBrowserProtocol).map(scheme_of),
        Platform::Android => reader.text(Setting::CustomBrowserPackageId),
    };
    if !reader.flag(Setting::ManagedBrowserToOpenLinksRequired) {
        Browser::Any
    } else if reader.members(Setting::ManagedBrowser).contains("microsoftEdge") {
        Browser::Managed
    } else {
        custom.map_or(Browser::Managed, |id| Browser::One(id.into()))
    }
}

fn dialler(reader: Reader<'_>) -> Redirect {
    let app = match reader.platform {
        Platform::Ios => Setting::CustomDialerAppProtocol,
        Platform::Android => Setting::CustomDialerAppPackageId,
    };
    match reader.choice(Setting::DialerRestrictionLevel) {
        Some("managedApps") => Redirect::Managed,
        Some("customApp") => Redirect::One(scheme_of(reader.text(app).unwrap_or_default()).into()),
        Some("blocked") => Redirect::Blocked,
        _ => Redirect::Any,
    }
}

fn messenger(reader: Reader<'_>) -> Redirect {
    let app = match reader.platform {
        Platform::Ios => Setting::MessagingRedirectAppUrlScheme,
        Platform::Android => Setting::MessagingRedirectAppPackageId,
    };
    match reader.choice(Setting::ProtectedMessagingRedirectAppType) {
        Some("anyManagedApp") => Redirect::Managed,
        Some("specificApps") => Redirect::One(scheme_of(reader.text(app).unwrap_or_default()).into()),
        Some("blocked") => Redirect::Blocked,
        _ => Redirect::Any,
    }
}

fn notifications(reader: Reader<'_>) -> Notifications {
    match reader.choice(Setting::NotificationRestriction) {
        Some("blockOrganizationalData") => Notifications::WithoutContent,
        Some("block") => Notifications::Block,
        _ => Notifications::Allow,
    }
}

/// `Some` when keyboards are restricted; on iOS the set is empty, for only the system's keyboard may stay.
fn keyboards(reader: Reader<'_>) -> Option<IdSet> {
    let listed = |name| (name, Marks::LISTED);
    match reader.platform {
        Platform::Ios => reader.flag(Setting::ThirdPartyKeyboardsBlocked).then(IdSet::default),
        Platform::Android => reader.flag(Setting::KeyboardsRestricted).then(|| {
            IdSet::new(reader.pairs(Setting::ApprovedKeyboards).iter().map(|pair| listed(pair.name.as_str())))
        }),
    }
}

fn patterns(texts: &[String]) -> Box<[LinkPattern]> {
    texts.iter().filter_map(|text| LinkPattern::parse(text)).collect()
}

/// `tel` from `tel`, `tel:` or `tel://`.
fn scheme_of(text: &str) -> &str {
    text.split(':').next().unwrap_or_default().trim()
}

fn exempt(reader: Reader<'_>, setting: Setting) -> impl Iterator<Item = (&str, Marks)> {
    let values = reader.pairs(setting).iter().flat_map(|pair| pair.value.split(';'));
    values.map(|value| (scheme_of(value), Marks::EXEMPT))
}

fn apps(reader: Reader<'_>, managed: &[AppId]) -> IdSet {
    let managed = managed
        .iter()
        .filter(|app| app.platform == reader.platform)
        .map(|app| (app.id.as_str(), Marks::MANAGED));
    let system = match reader.platform {
        Platform::Ios => &[],
        Platform::Android => system::ANDROID,
    };
    let system = system.iter().map(|id| (*id, Marks::SYSTEM));
    IdSet::new(managed.chain(system).chain(exempt(reader, Setting::ExemptedAppPackages)))
}

fn schemes(reader: Reader<'_>) -> IdSet {
    IdSet::new(exempt(reader, Setting::ExemptedAppProtocols))
}

fn access(reader: Reader<'_>) -> AccessRules {
    use Setting as S;
    let pin = reader.flag(S::PinRequired).then(|| PinRules {
        kind: match reader.choice(S::PinCharacterSet) {
            Some("alphanumericAndSymbol") => PinKind::Passcode,
            _ => PinKind::Numeric,
        },
        min_length: match reader.int(S::MinimumPinLength) {
            0 => 4,
            length => length,
        },
        simple_blocked: reader.flag(S::SimplePinBlocked),
        max_age: reader.limit(S::PeriodBeforePinReset),
        history: reader.int(S::PreviousPinBlockCount),
        max_attempts: checks::pin_attempts(reader),
    });
    let switch = reader.flag_if_set(S::FingerprintAndBiometricEnabled).unwrap_or(true);
    let android = reader.platform == Platform::Android;
    AccessRules {
        pin,
        fingerprint: switch && !reader.flag(S::FingerprintBlocked),
        face: switch
            && !reader.flag(if android { S::BiometricAuthenticationBlocked } else { S::FaceIdBlocked }),
        class3_required: reader.flag(S::RequireClass3Biometrics),
        pin_after_biometric_change: !android || reader.flag(S::RequirePinAfterBiometricChange),
        biometric_timeout: reader.limit(S::PinRequiredInsteadOfBiometricTimeout),
        credentials: reader.flag(S::OrganizationalCredentialsRequired),
        recheck_after: reader.span(S::PeriodOnlineBeforeAccessCheck).unwrap_or_default(),
        device_pin_suffices: reader.flag(S::DisableAppPinIfDevicePinIsSet),
    }
}
