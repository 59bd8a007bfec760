//! The second evaluator: written straight from the tables of behaviour §5 over raw settings, slow and plain. It shares
//! nothing with the crate but the words of question and answer.

use ringfence_messages::ReasonCode as R;
use ringfence_model::{
    AppId, Platform,
    settings::{Pair, Setting as S, Settings, Value},
};
use ringfence_policy::{
    compile::Transfer,
    decide::{Action, Location, LocationAccount, Opener, Owner, Peer, Relation, Request, Tag, Verdict, Way},
};

pub(crate) type Answer = (Verdict, R);

/// A policy as text.
pub(crate) struct Naive<'a> {
    pub(crate) platform: Platform,
    pub(crate) settings: &'a Settings,
    pub(crate) managed: &'a [AppId],
}

const ALLOW: Answer = (Verdict::Allow, R::Allowed);

fn deny(reason: R) -> Answer {
    (Verdict::Deny, reason)
}

impl Naive<'_> {
    fn word(&self, setting: S) -> String {
        match self.settings.get(&setting) {
            Some(Value::Choice(word)) => (*word).to_owned(),
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    fn is(&self, setting: S) -> bool {
        self.settings.get(&setting) == Some(&Value::Bool(true))
    }

    fn names(&self, setting: S) -> Vec<String> {
        match self.settings.get(&setting) {
            Some(Value::Choices(set) | Value::Flags(set)) => set.iter().map(ToString::to_string).collect(),
            Some(Value::Texts(texts)) => texts.clone(),
            _ => vec![],
        }
    }

    fn pairs(&self, setting: S) -> Vec<Pair> {
        match self.settings.get(&setting) {
            Some(Value::Pairs(pairs)) => pairs.clone(),
            _ => vec![],
        }
    }

    fn ios(&self) -> bool {
        self.platform == Platform::Ios
    }

    fn sends(&self) -> String {
        self.word(S::AllowedOutboundDataTransferDestinations)
    }

    fn receives(&self) -> String {
        self.word(S::AllowedInboundDataTransferSources)
    }

    /// M of the tables: managed for the same account.
    fn managed(&self, peer: &Peer<'_>) -> bool {
        match peer.relation {
            Relation::Managed => true,
            Relation::Unknown => self.managed.contains(&AppId::new(self.platform, peer.id)),
            _ => false,
        }
    }

    /// X of the tables: by the administrator, or by nature.
    fn exempt(&self, peer: &Peer<'_>, launch: bool) -> Option<R> {
        if !matches!(peer.relation, Relation::Unknown | Relation::Unmanaged) && !self.ios() {
            return None;
        }
        let (setting, id) = if self.ios() {
            (S::ExemptedAppProtocols, peer.scheme?.to_lowercase())
        } else {
            (S::ExemptedAppPackages, peer.id.to_lowercase())
        };
        if self.ios() && !launch {
            return None;
        }
        let listed = self
            .pairs(setting)
            .iter()
            .flat_map(|pair| pair.value.split(';').map(str::to_lowercase).collect::<Vec<_>>())
            .any(|value| !value.is_empty() && value == id);
        let system = ["com.android.phone", "com.android.vending", "com.android.settings"];
        match (listed, self.ios()) {
            (true, _) => Some(R::AllowedExempt),
            (false, false) if system.contains(&id.as_str()) => Some(R::AllowedSystemService),
            _ => None,
        }
    }

    pub(crate) fn decide(&self, request: &Request<'_>) -> Answer {
        let personal = request.owner == Owner::Personal;
        match request.action {
            Action::Receive { from, tag, can_open_as_personal } => {
                self.receive(request, &from, tag, can_open_as_personal)
            }
            Action::Open { location, account, tag } => self.open(personal, location, account, tag),
            Action::Keyboard { id, system } => self.keyboard(personal, id, system),
            _ if personal => (Verdict::Allow, R::AllowedPersonalData),
            Action::Send { way, to } => self.send(request.enrolled, way, &to),
            Action::Copy { to, characters } => {
                let open = match self.word(S::AllowedOutboundClipboardSharingLevel).as_str() {
                    "blocked" => false,
                    "managedApps" | "managedAppsWithPasteIn" => self.managed(&to),
                    _ => true,
                };
                self.clipboard(open, characters, R::CopyBlocked, R::CopyOverLimit)
            }
            Action::Paste { from, characters } => {
                let open = match self.word(S::AllowedOutboundClipboardSharingLevel).as_str() {
                    "blocked" => false,
                    "managedApps" => self.managed(&from),
                    _ => true,
                };
                self.clipboard(open, characters, R::PasteBlocked, R::PasteOverLimit)
            }
            Action::Save { location, account, in_place } => self.save(location, account, in_place),
            Action::Link { url, with } => self.link(url, &with),
            Action::Dial { with } => self.redirect(
                &with,
                [S::DialerRestrictionLevel, S::CustomDialerAppProtocol, S::CustomDialerAppPackageId],
                [R::DialBlocked, R::DialManagedAppsOnly, R::DialOneAppOnly],
            ),
            Action::Message { with } => self.redirect(
                &with,
                [
                    S::ProtectedMessagingRedirectAppType,
                    S::MessagingRedirectAppUrlScheme,
                    S::MessagingRedirectAppPackageId,
                ],
                [R::MessageBlocked, R::MessageManagedAppsOnly, R::MessageOneAppOnly],
            ),
            action => self.exit(&action),
        }
    }

    fn send(&self, enrolled: bool, way: Way, to: &Peer<'_>) -> Answer {
        let sealed = (Verdict::AllowSealed, R::AllowedSealed);
        let cannot_stop = self.ios() && way != Way::Launch;
        let other_account_here = to.relation == Relation::SameAppOtherAccount;
        let accepted = to.receives != Some(Transfer::None);
        let filter = self.is(S::FilterOpenInToOnlyManagedApps);
        let os_sharing = self.is(S::DisableProtectionOfManagedOutboundOpenInData) && enrolled;
        if to.relation == Relation::InstantApp {
            return deny(R::SendInstantApp);
        }
        match self.sends().as_str() {
            "none" if cannot_stop && !other_account_here => sealed,
            "none" => deny(R::SendNone),
            _ if !accepted => deny(R::SendReceiverRefuses),
            "managedApps" => {
                if self.managed(to) {
                    ALLOW
                } else if other_account_here {
                    deny(R::SendOtherAccount)
                } else if let Some(reason) = self.exempt(to, way == Way::Launch) {
                    (Verdict::Allow, reason)
                } else if !cannot_stop || filter {
                    deny(R::SendManagedAppsOnly)
                } else if os_sharing {
                    if to.mdm_managed { ALLOW } else { deny(R::SendManagedAppsOnly) }
                } else {
                    sealed
                }
            }
            _ => ALLOW,
        }
    }

    fn identity(tag: Tag) -> Answer {
        match tag {
            Tag::OtherNotSignedIn => deny(R::ReceiveOwnerNotSignedIn),
            Tag::OtherRegistered => deny(R::ReceiveOwnerOtherAccount),
            Tag::OtherNotManaged => deny(R::ReceiveOwnerNotManaged),
            Tag::OtherSwitchFailed => deny(R::ReceiveOwnerSwitchFailed),
            Tag::OtherNotDelivered => deny(R::ReceiveOwnerAppNotDelivered),
            _ => ALLOW,
        }
    }

    fn receive(&self, request: &Request<'_>, from: &Peer<'_>, tag: Tag, switch: bool) -> Answer {
        let setting = self.receives();
        match tag {
            Tag::Untagged if request.owner == Owner::Personal => (Verdict::Allow, R::AllowedPersonalData),
            Tag::Untagged if !self.managed(from) => match setting.as_str() {
                "none" if !switch => deny(R::ReceiveNone),
                "managedApps" if !switch => deny(R::ReceiveManagedAppsOnly),
                "none" | "managedApps" => (Verdict::Allow, R::AllowedAsPersonal),
                _ if self.ios() && request.enrolled && self.is(S::ProtectInboundDataFromUnknownSources) => {
                    (Verdict::AllowTagged, R::AllowedAsWorkData)
                }
                _ => (Verdict::Allow, R::AllowedPersonalData),
            },
            _ if setting == "none" => deny(R::ReceiveNone),
            Tag::Untagged | Tag::SameAccount => {
                if from.sends == Some(Transfer::None) {
                    deny(R::ReceiveSenderRefuses)
                } else {
                    ALLOW
                }
            }
            other => Self::identity(other),
        }
    }

    fn clipboard(&self, open: bool, characters: u64, blocked: R, over: R) -> Answer {
        let limit = match self.settings.get(&S::AllowedOutboundClipboardSharingExceptionLength) {
            Some(Value::Int(limit)) => u64::try_from(*limit).unwrap(),
            _ => 0,
        };
        if open {
            ALLOW
        } else if limit == 0 {
            deny(blocked)
        } else if characters <= limit {
            (Verdict::Allow, R::AllowedWithinLimit)
        } else {
            deny(over)
        }
    }

    fn place(selected: &[String], location: Location, account: LocationAccount, refusals: [R; 3]) -> Answer {
        let cloud = ["oneDriveForBusiness", "sharePoint", "box", "iManage", "egnyte"];
        let name = location.as_str().to_owned();
        if selected.is_empty() {
            deny(refusals[0])
        } else if !selected.contains(&name) {
            deny(refusals[1])
        } else if cloud.contains(&name.as_str()) && account == LocationAccount::Other {
            deny(refusals[2])
        } else {
            (Verdict::Allow, R::AllowedSelectedService)
        }
    }

    fn save(&self, location: Location, account: LocationAccount, in_place: bool) -> Answer {
        match self.sends().as_str() {
            _ if in_place => (Verdict::Allow, R::AllowedSamePlace),
            "none" => deny(R::SaveNone),
            "managedApps" if self.is(S::SaveAsBlocked) => Self::place(
                &self.names(S::AllowedDataStorageLocations),
                location,
                account,
                [R::SaveNone, R::SaveLocationNotAllowed, R::SaveAccountNotManaged],
            ),
            _ => ALLOW,
        }
    }

    fn open(&self, personal: bool, location: Location, account: LocationAccount, tag: Tag) -> Answer {
        match (tag, self.receives().as_str()) {
            (Tag::SameAccount, _) => (Verdict::Allow, R::AllowedSamePlace),
            (Tag::Untagged, _) if personal => (Verdict::Allow, R::AllowedPersonalData),
            (Tag::Untagged, "none") => deny(R::OpenNone),
            (Tag::Untagged, "managedApps") if self.is(S::BlockDataIngestionIntoOrganizationDocuments) => {
                Self::place(
                    &self.names(S::AllowedDataIngestionLocations),
                    location,
                    account,
                    [R::OpenNone, R::OpenSourceNotAllowed, R::OpenAccountNotManaged],
                )
            }
            (Tag::Untagged, _) => ALLOW,
            (other, _) => Self::identity(other),
        }
    }

    fn link(&self, url: &str, with: &Opener<'_>) -> Answer {
        if !self.is(S::ManagedBrowserToOpenLinksRequired) {
            return ALLOW;
        }
        let custom = self.word(if self.ios() { S::CustomBrowserProtocol } else { S::CustomBrowserPackageId });
        let one = !self.names(S::ManagedBrowser).contains(&"microsoftEdge".to_owned()) && !custom.is_empty();
        let refusal = deny(if one { R::LinkOneBrowserOnly } else { R::LinkManagedBrowserOnly });
        match (with, one) {
            (Opener::ManagedBrowser, _) => ALLOW,
            (Opener::Browser(browser), false) => {
                if !self.ios() && self.managed(browser) {
                    ALLOW
                } else {
                    refusal
                }
            }
            (Opener::Browser(browser), true) => {
                let twin = format!("{custom}s").to_lowercase();
                let named = |name: &str| name.to_lowercase() == custom.to_lowercase();
                let scheme = browser.scheme.unwrap_or_default();
                let fits = named(browser.id) || named(scheme) || scheme.to_lowercase() == twin;
                if fits || !self.ios() && self.managed(browser) { ALLOW } else { refusal }
            }
            (Opener::App(app), _) => match self.sends().as_str() {
                "none" => refusal,
                "managedApps" if self.ios() => {
                    if self.names(S::ExemptedUniversalLinks).iter().any(|link| fits(link, url)) {
                        (Verdict::Allow, R::AllowedExempt)
                    } else if self.managed(app)
                        && self.names(S::ManagedUniversalLinks).iter().any(|link| fits(link, url))
                    {
                        ALLOW
                    } else {
                        refusal
                    }
                }
                "managedApps" if self.managed(app) => ALLOW,
                "managedApps" => self.exempt(app, true).map_or(refusal, |reason| (Verdict::Allow, reason)),
                _ => ALLOW,
            },
        }
    }

    fn redirect(&self, with: &Peer<'_>, settings: [S; 3], refusals: [R; 3]) -> Answer {
        let app = self.word(settings[if self.ios() { 1 } else { 2 }]).to_lowercase();
        match self.word(settings[0]).as_str() {
            "blocked" => deny(refusals[0]),
            "managedApps" | "anyManagedApp" => {
                if self.managed(with) {
                    ALLOW
                } else {
                    deny(refusals[1])
                }
            }
            "customApp" | "specificApps" => {
                let names = [with.id.to_lowercase(), with.scheme.unwrap_or_default().to_lowercase()];
                if !app.is_empty() && names.contains(&app) { ALLOW } else { deny(refusals[2]) }
            }
            _ => ALLOW,
        }
    }

    fn keyboard(&self, personal: bool, id: &str, system: bool) -> Answer {
        if self.ios() {
            return if self.is(S::ThirdPartyKeyboardsBlocked) && !system {
                deny(R::KeyboardThirdParty)
            } else {
                ALLOW
            };
        }
        if !self.is(S::KeyboardsRestricted) {
            return ALLOW;
        }
        if personal {
            return (Verdict::Allow, R::AllowedPersonalData);
        }
        let approved = self.pairs(S::ApprovedKeyboards);
        if approved.iter().any(|pair| !id.is_empty() && pair.name.to_lowercase() == id.to_lowercase()) {
            ALLOW
        } else {
            deny(R::KeyboardNotApproved)
        }
    }

    fn exit(&self, action: &Action<'_>) -> Answer {
        let refuse = |when: bool, reason: R| if when { deny(reason) } else { ALLOW };
        let open = self.sends().is_empty() || self.sends() == "allApps";
        match action {
            Action::Print => refuse(self.is(S::PrintBlocked), R::PrintBlocked),
            Action::Notify { can_redact } => match self.word(S::NotificationRestriction).as_str() {
                "block" => deny(R::NotificationBlocked),
                "blockOrganizationalData" if *can_redact => {
                    (Verdict::AllowRedacted, R::AllowedWithoutContent)
                }
                "blockOrganizationalData" if !self.ios() => deny(R::NotificationBlocked),
                _ => ALLOW,
            },
            Action::ScreenCapture => refuse(
                self.is(S::ScreenCaptureBlocked)
                    || self.word(S::ScreenCaptureConfigurationState) == "blocked",
                R::ScreenCaptureBlocked,
            ),
            Action::Backup => refuse(self.is(S::DataBackupBlocked), R::BackupBlocked),
            Action::SyncNative => refuse(self.is(S::ContactSyncBlocked), R::ContactSyncBlocked),
            Action::Widget => {
                let closed = self.ios() && !open && !self.is(S::AllowWidgetContentSync);
                refuse(self.is(S::ContactSyncBlocked) || closed, R::WidgetContentBlocked)
            }
            Action::SystemSearch => refuse(!open, R::SystemSearchBlocked),
            Action::Genmoji => {
                refuse(self.word(S::GenmojiConfigurationState) == "blocked", R::GenmojiBlocked)
            }
            Action::WritingTools => {
                refuse(self.word(S::WritingToolsConfigurationState) == "blocked", R::WritingToolsBlocked)
            }
            other => panic!("{other:?} has a rule of its own"),
        }
    }
}

/// The patterns that the random policies use: a whole host, or a star for the first label, then any path.
fn fits(pattern: &str, url: &str) -> bool {
    let host = url.strip_prefix("https://").unwrap().split('/').next().unwrap().to_lowercase();
    let wanted = pattern.strip_prefix("https://").unwrap().split('/').next().unwrap();
    match wanted.strip_prefix("*.") {
        Some(domain) => host.ends_with(&format!(".{domain}")),
        None => host == wanted,
    }
}
