//! What the phone tells a new client core about its app.

use ringfence_client::{AppConfig, Identities};
use ringfence_model::AppId;

use crate::{AppRecord, Phone, PhoneError, PhoneRecord};

/// The configuration of an app's core, as its developer and the phone's provisioning give it.
///
/// # Errors
/// [`PhoneError::Invalid`] when the pin in the record is no SHA-256.
pub(crate) fn core_config(
    phone: &Phone,
    record: &PhoneRecord,
    app: &AppRecord,
) -> Result<AppConfig, PhoneError> {
    let pin = |text: &String| {
        let bytes = hex::decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.ok_or_else(|| PhoneError::Invalid {
            what: "pin",
            value: text.clone(),
            allowed: "64 hexadecimal digits".to_owned(),
        })
    };
    Ok(AppConfig {
        app: AppId::new(record.facts.platform, app.id.clone()),
        app_version: app.version,
        sdk_version: app.sdk_version,
        server_pin: record.pin.as_ref().map(pin).transpose()?,
        requires_policy: app.requires_policy,
        registers: app.registers,
        identities: Identities {
            multi: app.multi_identity,
            switches: app.switches,
            on_screen: phone.on_screen(&app.id)?,
        },
        lang: phone.lang()?,
    })
}
