//! Setting facts of a phone by name, as `ringfence phone set FACT=VALUE` does.

use ringfence_client::PhoneBiometric;
use ringfence_model::facts::DeviceFacts;
use ringfence_policy::access::BiometricKind;
use serde_json::{Map, Value};

use crate::{PhoneError, PhoneRecord};

/// What a fact's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flag,
    Version,
    Text,
    Number,
    Day,
    Choice(&'static [&'static str]),
}

/// One fact that may be set.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    name: &'static str,
    kind: Kind,
    optional: bool,
}

const MANAGEMENT: &[&str] = &[
    "unmanaged",
    "mdm",
    "androidEnterprise",
    "androidEnterpriseDedicatedDevicesWithAzureAdSharedMode",
    "androidOpenSourceProjectUserAssociated",
    "androidOpenSourceProjectUserless",
];

const fn fact(name: &'static str, kind: Kind) -> Fact {
    Fact { name, kind, optional: true }
}

/// Every fact of [`DeviceFacts`] except the platform, which never changes.
pub const FACTS: &[Fact] = &[
    Fact { name: "osVersion", kind: Kind::Version, optional: false },
    fact("patchLevel", Kind::Day),
    fact("model", Kind::Text),
    fact("manufacturer", Kind::Text),
    fact("jailbroken", Kind::Flag),
    fact("deviceLock", Kind::Choice(&["none", "low", "medium", "high"])),
    fact("threatLevel", Kind::Choice(&["secured", "low", "medium", "high"])),
    fact("integrity", Kind::Choice(&["failed", "basic", "certified"])),
    fact("integrityHardwareBacked", Kind::Flag),
    fact("verifyApps", Kind::Flag),
    fact("knoxAttested", Kind::Flag),
    fact("companionVersion", Kind::Version),
    fact("companionUpdateAgeDays", Kind::Number),
    Fact { name: "management", kind: Kind::Choice(MANAGEMENT), optional: false },
    fact("deviceEncrypted", Kind::Flag),
];

impl Fact {
    /// The name on the command line and in `phone.json`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The accepted values, for help texts and errors.
    pub fn allowed(&self) -> String {
        let values = match self.kind {
            Kind::Flag => "true|false".to_owned(),
            Kind::Version => "a version such as 17.4.1".to_owned(),
            Kind::Text => "a text of at most 100 characters".to_owned(),
            Kind::Number => "a whole number from 0".to_owned(),
            Kind::Day => "a day such as 2026-10-05".to_owned(),
            Kind::Choice(names) => names.join("|"),
        };
        if self.optional { format!("{values}|unknown") } else { values }
    }

    fn parse(&self, text: &str) -> Option<Value> {
        if text == "unknown" {
            return self.optional.then_some(Value::Null);
        }
        match self.kind {
            Kind::Flag => text.parse().ok().map(Value::Bool),
            Kind::Version => text
                .parse::<ringfence_model::Version>()
                .ok()
                .map(|version| Value::String(version.to_string())),
            Kind::Text => (!text.is_empty() && text.chars().count() <= 100).then(|| Value::from(text)),
            Kind::Number => text.parse::<u32>().ok().map(Value::from),
            Kind::Day => is_day(text).then(|| Value::from(text)),
            Kind::Choice(names) => names
                .iter()
                .find(|name| name.eq_ignore_ascii_case(text))
                .map(|name| Value::String((*name).to_owned())),
        }
    }
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
    bytes.len() == 10
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && bytes.iter().filter(|b| b.is_ascii_digit()).count() == 8
        && number(5..7).is_some_and(|month| (1..=12).contains(&month))
        && number(8..10).is_some_and(|day| (1..=31).contains(&day))
}

/// Facts of the phone beside [`DeviceFacts`].
const OTHERS: &[Fact] = &[
    fact("clockedOut", Kind::Flag),
    fact(BIOMETRIC, Kind::Choice(&["fingerprint", "face"])),
    fact(BIOMETRIC_STRONG, Kind::Flag),
    fact(BIOMETRIC_SET, Kind::Number),
];

const BIOMETRIC: &str = "biometric";
const BIOMETRIC_STRONG: &str = "biometricStrong";
const BIOMETRIC_SET: &str = "biometricSet";

/// Sets one fact of a phone from `FACT=VALUE`.
///
/// # Errors
/// [`PhoneError::Invalid`] naming the allowed facts or values.
pub fn assign(phone: &mut PhoneRecord, assignment: &str) -> Result<(), PhoneError> {
    let (name, text) = assignment.split_once('=').unwrap_or((assignment, ""));
    let Some(other) = OTHERS.iter().find(|fact| fact.name.eq_ignore_ascii_case(name.trim())) else {
        phone.facts = set(&phone.facts, assignment)?;
        return Ok(());
    };
    let text = text.trim();
    let Some(value) = other.parse(text) else {
        return Err(refused(other, text));
    };
    match other.name {
        BIOMETRIC | BIOMETRIC_STRONG | BIOMETRIC_SET => assign_biometric(phone, other.name, &value),
        _ => {
            phone.clocked_out = value.as_bool();
            Ok(())
        }
    }
}

/// `biometric=unknown` removes every finger and face; the other two need one.
fn assign_biometric(phone: &mut PhoneRecord, name: &str, value: &Value) -> Result<(), PhoneError> {
    if name == BIOMETRIC {
        let kind = match value.as_str() {
            Some("fingerprint") => BiometricKind::Fingerprint,
            Some(_) => BiometricKind::Face,
            None => {
                phone.biometric = None;
                return Ok(());
            }
        };
        let before = phone.biometric.unwrap_or(PhoneBiometric { kind, strong: true, set: 1 });
        phone.biometric = Some(PhoneBiometric { kind, ..before });
        return Ok(());
    }
    let Some(biometric) = phone.biometric.as_mut() else {
        return Err(invalid("fact", name, format!("set `{BIOMETRIC}` first")));
    };
    match name {
        BIOMETRIC_STRONG => biometric.strong = value.as_bool().unwrap_or(false),
        _ => biometric.set = value.as_u64().unwrap_or_default(),
    }
    Ok(())
}

/// The names of all facts that may be set.
pub fn names() -> Vec<&'static str> {
    FACTS.iter().chain(OTHERS).map(Fact::name).collect()
}

/// Whether a phone would take `FACT=VALUE`, whatever it is like now.
///
/// # Errors
/// [`PhoneError::Invalid`] naming the allowed facts or values.
pub fn check(assignment: &str) -> Result<(), PhoneError> {
    let (name, text) = assignment.split_once('=').unwrap_or((assignment, ""));
    match OTHERS.iter().find(|fact| fact.name.eq_ignore_ascii_case(name.trim())) {
        Some(other) if other.parse(text.trim()).is_some() => Ok(()),
        Some(other) => Err(refused(other, text.trim())),
        None => set(&fresh(ringfence_model::Platform::Ios), assignment).map(drop),
    }
}

/// All facts with their values, one a line, for errors.
pub fn describe() -> String {
    let lines: Vec<String> =
        FACTS.iter().chain(OTHERS).map(|fact| format!("{}={}", fact.name, fact.allowed())).collect();
    format!("\n  {}", lines.join("\n  "))
}

/// Sets one fact from `FACT=VALUE`; `FACT=unknown` makes the phone unable to tell.
///
/// # Errors
/// [`PhoneError::Invalid`] naming the allowed facts or values.
pub fn set(facts: &DeviceFacts, assignment: &str) -> Result<DeviceFacts, PhoneError> {
    let Some((name, text)) = assignment.split_once('=') else {
        return Err(invalid("fact", assignment, format!("write FACT=VALUE with one of{}", describe())));
    };
    let name = name.trim();
    let Some(fact) = FACTS.iter().find(|fact| fact.name.eq_ignore_ascii_case(name)) else {
        return Err(invalid("fact", name, format!("use one of{}", describe())));
    };
    let text = text.trim();
    let Some(value) = fact.parse(text) else {
        return Err(refused(fact, text));
    };
    let mut body = match serde_json::to_value(facts) {
        Ok(Value::Object(body)) => body,
        _ => Map::new(),
    };
    body.insert(fact.name.to_owned(), value);
    serde_json::from_value(Value::Object(body))
        .map_err(|error| invalid("value", text, format!("`{}`: {error}", fact.name)))
}

fn refused(fact: &Fact, text: &str) -> PhoneError {
    invalid("value", text, format!("`{}` takes {}", fact.name, fact.allowed()))
}

fn invalid(what: &'static str, value: &str, allowed: String) -> PhoneError {
    PhoneError::Invalid { what, value: value.to_owned(), allowed }
}

/// Facts of a freshly bought phone in good order.
pub fn fresh(platform: ringfence_model::Platform) -> DeviceFacts {
    use ringfence_model::{ManagementState, Platform, Version, facts};
    let ios = platform == Platform::Ios;
    DeviceFacts {
        platform,
        os_version: if ios { Version([18, 1, 0, 0]) } else { Version([15, 0, 0, 0]) },
        patch_level: (!ios).then(|| "2026-11-05".to_owned()),
        model: Some(if ios { "iPhone17,1" } else { "Pixel 9" }.to_owned()),
        manufacturer: Some(if ios { "Apple" } else { "Google" }.to_owned()),
        jailbroken: Some(false),
        device_lock: Some(facts::DeviceLock::High),
        threat_level: None,
        integrity: (!ios).then_some(facts::IntegrityVerdict::Certified),
        integrity_hardware_backed: (!ios).then_some(true),
        verify_apps: (!ios).then_some(true),
        knox_attested: None,
        companion_version: (!ios).then_some(Version([5, 0, 0, 0])),
        companion_update_age_days: (!ios).then_some(0),
        management: ManagementState::Unmanaged,
        device_encrypted: (!ios).then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use ringfence_model::{Platform, Version, facts::DeviceLock};

    use super::*;

    #[test]
    fn every_listed_fact_is_a_member_of_the_facts_and_the_other_way_round() {
        let Value::Object(body) = serde_json::to_value(fresh(Platform::Android)).unwrap() else { panic!() };
        let mut members: Vec<&str> =
            body.keys().map(String::as_str).filter(|name| *name != "platform").collect();
        let mut listed: Vec<&str> = FACTS.iter().map(Fact::name).collect();
        members.sort_unstable();
        listed.sort_unstable();
        assert_eq!(members, listed);
    }

    #[test]
    fn sets_and_forgets_facts() {
        let mut facts = fresh(Platform::Ios);
        for text in ["jailbroken=true", "osversion=17.1", "deviceLock=Low", "companionUpdateAgeDays=12"] {
            facts = set(&facts, text).unwrap();
        }
        assert_eq!(facts.jailbroken, Some(true));
        assert_eq!(facts.os_version, Version([17, 1, 0, 0]));
        assert_eq!(facts.device_lock, Some(DeviceLock::Low));
        assert_eq!(facts.companion_update_age_days, Some(12));
        assert_eq!(set(&facts, "jailbroken=unknown").unwrap().jailbroken, None);
    }

    #[test]
    fn every_allowed_choice_is_accepted() {
        let facts = fresh(Platform::Android);
        for fact in FACTS {
            if let Kind::Choice(names) = fact.kind {
                for name in names {
                    set(&facts, &format!("{}={name}", fact.name)).unwrap();
                }
            }
        }
    }

    #[test]
    fn wrong_facts_and_values_name_what_is_allowed() {
        let facts = fresh(Platform::Ios);
        let told = |text: &str| set(&facts, text).unwrap_err().to_string();
        assert!(told("colour=red").contains("threatLevel=secured|low|medium|high|unknown"));
        assert!(told("deviceLock=strong").contains("none|low|medium|high"));
        assert!(told("osVersion=unknown").contains("a version such as"));
        assert!(told("patchLevel=2026-13-01").contains("a day such as"));
        assert!(told("jailbroken").contains("FACT=VALUE"));
        assert!(told("companionUpdateAgeDays=-1").contains("whole number"));
    }
}
