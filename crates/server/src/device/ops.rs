//! Saying something about a device, reading and forgetting it.

use std::collections::BTreeSet;

use ringfence_model::{Platform, TenantId, name_fault};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Device, Enrolment, sql};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Proof, act},
    changes::{self, What},
    db::{Conn, DbError},
    failure::Failure,
    registration,
};

/// Longest device tag and longest texts, in bytes.
const TEXT_MAX: usize = 128;

/// Tags of devices that are enrolled in some way.
pub(crate) async fn list_enrolled(conn: &mut Conn, tenant: TenantId) -> Result<BTreeSet<String>, DbError> {
    sql::list_enrolled(conn, tenant).await
}

/// What an administrator or a device-management system says.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[schema(as = DeviceRecord)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Said {
    /// Operating system.
    #[schema(schema_with = crate::http::schema::platform)]
    pub platform: Platform,
    /// How the device was enrolled.
    pub enrolment: String,
    /// Name of the enrolment profile.
    #[serde(default)]
    pub profile: Option<String>,
    /// Whether the profile names a user; follows from most enrolments.
    #[serde(default)]
    pub user_affinity: Option<bool>,
    /// The work account that was handed over to the apps.
    #[serde(default)]
    pub work_account: Option<String>,
    /// Name of the device-management system.
    #[serde(default)]
    pub managed_by: Option<String>,
}

/// Stores what is said of a device instead of what was said before; its apps learn the consequences at once.
///
/// # Errors
/// Values that contradict each other or are too long.
pub async fn put(
    app: &App,
    proof: &Proof<act::WriteDevices>,
    device_tag: &str,
    said: Said,
) -> Result<Device, Failure> {
    let device = checked(app, proof, device_tag, said)?;
    let mut tx = app.db.write().await?;
    let instances = registration::ops::list_active_on(&mut tx, proof.tenant(), device_tag).await?;
    let what = What::Instances(instances.iter().map(|instance| instance.id).collect());
    let change = changes::record(&mut tx, proof.tenant(), what).await?;
    let before = sql::find(&mut tx, proof.tenant(), device_tag).await?.map(|device| bytes(&device));
    sql::upsert(&mut tx, proof.tenant(), &device).await?;
    let record = Record {
        act: "device.put",
        object: format!("device:{device_tag}"),
        before: before.as_deref(),
        after: Some(&bytes(&device)),
    };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(device)
}

/// Forgets what was said of a device.
pub async fn delete(app: &App, proof: &Proof<act::WriteDevices>, device_tag: &str) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let instances = registration::ops::list_active_on(&mut tx, proof.tenant(), device_tag).await?;
    let what = What::Instances(instances.iter().map(|instance| instance.id).collect());
    let change = changes::record(&mut tx, proof.tenant(), what).await?;
    let before = sql::find(&mut tx, proof.tenant(), device_tag).await?.map(|device| bytes(&device));
    if !sql::delete(&mut tx, proof.tenant(), device_tag).await? {
        return Err(Failure::not_found("device", device_tag));
    }
    let record = Record {
        act: "device.delete",
        object: format!("device:{device_tag}"),
        before: before.as_deref(),
        ..Record::default()
    };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

/// What was said of a device.
///
/// # Errors
/// The database cannot be read.
pub async fn find(conn: &mut Conn, tenant: TenantId, device_tag: &str) -> Result<Option<Device>, DbError> {
    sql::find(conn, tenant, device_tag).await
}

/// Tags of the devices that were enrolled without a user.
pub(crate) async fn list_userless(conn: &mut Conn, tenant: TenantId) -> Result<BTreeSet<String>, DbError> {
    sql::list_userless(conn, tenant).await
}

/// Devices with a tag beyond `after`, by tag, at most `limit`.
///
/// # Errors
/// The database cannot be read.
pub async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<Device>, DbError> {
    sql::list(conn, tenant, after, limit).await
}

fn checked(
    app: &App,
    proof: &Proof<act::WriteDevices>,
    device_tag: &str,
    said: Said,
) -> Result<Device, Failure> {
    let texts = [
        ("deviceTag", Some(device_tag)),
        ("profile", said.profile.as_deref()),
        ("workAccount", said.work_account.as_deref()),
        ("managedBy", said.managed_by.as_deref()),
    ];
    for (path, text) in texts {
        if let Some(problem) = text.and_then(|text| name_fault(text, TEXT_MAX)) {
            let allowed = format!("1 to {TEXT_MAX} characters, none of them a control character");
            return Err(Failure::invalid(path, &json!(text), &problem, &allowed));
        }
    }
    let enrolment = enrolment(&said.enrolment, said.platform)?;
    let user_affinity = match (said.user_affinity, enrolment.user_affinity()) {
        (Some(said), Some(known)) if said != known => {
            let problem = format!("contradicts the enrolment `{}`", enrolment.as_str());
            return Err(Failure::invalid("userAffinity", &json!(said), &problem, &known.to_string()));
        }
        (said, known) => said.or(known),
    };
    if enrolment == Enrolment::Unmanaged && (said.work_account.is_some() || said.profile.is_some()) {
        let (path, text) = match &said.profile {
            Some(profile) => ("profile", profile),
            None => ("workAccount", said.work_account.as_ref().unwrap_or(&said.enrolment)),
        };
        return Err(Failure::invalid(path, &json!(text), "needs an enrolled device", "nothing"));
    }
    Ok(Device {
        device_tag: device_tag.to_owned(),
        platform: said.platform,
        enrolment,
        profile: said.profile,
        user_affinity,
        work_account: said.work_account,
        managed_by: said.managed_by,
        said_by: proof.actor().name.clone(),
        said_at: app.env.now(),
    })
}

fn enrolment(text: &str, platform: Platform) -> Result<Enrolment, Failure> {
    let fits = |known: &&Enrolment| known.platform().is_none_or(|only| only == platform);
    let known = Enrolment::ALL.iter().filter(fits).find(|known| known.as_str().eq_ignore_ascii_case(text));
    known.copied().ok_or_else(|| {
        let allowed = Enrolment::ALL.iter().filter(fits).map(|known| known.as_str()).collect::<Vec<_>>();
        let problem = format!("is not an enrolment of {platform}");
        Failure::invalid("enrolment", &json!(text), &problem, &allowed.join(", "))
    })
}

fn bytes(device: &Device) -> Vec<u8> {
    serde_json::to_value(device).unwrap_or(Value::Null).to_string().into_bytes()
}
