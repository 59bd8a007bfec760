//! Adding, changing and removing apps; expanding app groups.

use ringfence_model::{AppEntryId, AppId, Platform, TenantId, document::AppGroup};
use serde_json::json;

use super::{Entry, NewEntry};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Actor, Proof, act},
    changes::{self, What},
    db::{Conn, DbError, Tx},
    failure::Failure,
};

const NAME_MAX: usize = 256;
/// An app is signed anew with another key now and then; nobody has this many.
const SIGNERS_MAX: usize = 16;

/// Adds an app.
///
/// # Errors
/// The app is in the catalogue already, or its id is not one.
pub async fn create(app: &App, proof: &Proof<act::WriteApps>, new: NewEntry) -> Result<Entry, Failure> {
    check(&new)?;
    let entry = Entry {
        id: app.env.make_id(AppEntryId::make),
        app: new.app,
        display_name: new.display_name,
        publisher: new.publisher,
        sign_in: new.sign_in,
        core: new.core,
        signers: new.signers,
        created_at: app.env.now(),
    };
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Apps(vec![entry.app.clone()])).await?;
    super::sql::insert(&mut tx, proof.tenant(), &entry).await.map_err(|error| {
        if error.is_unique("catalogue_app") {
            let detail = format!("`{}` is in the catalogue for {} already", entry.app, entry.app.platform);
            Failure::Conflict { code: "app_exists", detail }
        } else {
            error.into()
        }
    })?;
    note(&mut tx, app, proof.actor(), "app.create", (None, Some(&entry))).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(entry)
}

/// Changes an app; which app it is cannot change.
pub async fn update(app: &App, proof: &Proof<act::WriteApps>, entry: Entry) -> Result<Entry, Failure> {
    check_name(&entry.display_name)?;
    check_signers(&entry.signers)?;
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Apps(vec![entry.app.clone()])).await?;
    let before = get(&mut tx, proof.tenant(), entry.id).await?;
    super::sql::update(&mut tx, proof.tenant(), &entry).await?;
    note(&mut tx, app, proof.actor(), "app.update", (Some(&before), Some(&entry))).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(entry)
}

/// Removes an app from the catalogue; policies that list it keep listing it.
pub async fn delete(app: &App, proof: &Proof<act::WriteApps>, id: AppEntryId) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let entry = get(&mut tx, proof.tenant(), id).await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Apps(vec![entry.app.clone()])).await?;
    super::sql::delete(&mut tx, proof.tenant(), id).await?;
    note(&mut tx, app, proof.actor(), "app.delete", (Some(&entry), None)).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

/// The whole catalogue by name.
pub async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Entry>, DbError> {
    super::sql::list(conn, tenant).await
}

/// One entry.
pub async fn get(conn: &mut Conn, tenant: TenantId, id: AppEntryId) -> Result<Entry, Failure> {
    super::sql::find(conn, tenant, id).await?.ok_or_else(|| Failure::not_found("app", id))
}

/// The catalogue's apps that an app group covers on a platform: `None` for every app (also those that the catalogue
/// does not know), an empty list for the apps a policy lists itself.
pub fn expand(entries: &[Entry], group: AppGroup, platform: Platform) -> Option<Vec<AppId>> {
    let of_platform = entries.iter().filter(|entry| entry.app.platform == platform);
    match group {
        AppGroup::SelectedPublicApps => Some(Vec::new()),
        AppGroup::AllCoreMicrosoftApps => {
            Some(of_platform.filter(|entry| entry.core).map(|entry| entry.app.clone()).collect())
        }
        AppGroup::AllMicrosoftApps => {
            let maker =
                |entry: &&Entry| entry.core || entry.publisher.to_ascii_lowercase().starts_with("microsoft");
            Some(of_platform.filter(maker).map(|entry| entry.app.clone()).collect())
        }
        AppGroup::AllApps => None,
    }
}

fn check(new: &NewEntry) -> Result<(), Failure> {
    check_name(&new.display_name)?;
    check_signers(&new.signers)?;
    let id = &new.app.id;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if id.is_empty() || id.len() > NAME_MAX || !id.chars().all(legal) {
        let path = match new.app.platform {
            Platform::Ios => "bundleId",
            Platform::Android => "packageId",
        };
        let allowed = "letters, digits, dots, hyphens and underscores";
        return Err(Failure::invalid(path, &json!(id), "is not an app id", allowed));
    }
    Ok(())
}

fn check_signers(signers: &[String]) -> Result<(), Failure> {
    if signers.len() > SIGNERS_MAX {
        let allowed = format!("at most {SIGNERS_MAX} certificates");
        return Err(Failure::invalid("ringfenceSigners", &json!(signers.len()), "are too many", &allowed));
    }
    for (index, signer) in signers.iter().enumerate() {
        if signer.len() != 64 || !signer.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            let path = format!("ringfenceSigners[{index}]");
            let allowed = "SHA-256 of a certificate: 64 hexadecimal digits";
            return Err(Failure::invalid(&path, &json!(signer), "is not a digest", allowed));
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Failure> {
    if name.trim().is_empty() || name.chars().count() > NAME_MAX {
        return Err(Failure::invalid(
            "displayName",
            &json!(name),
            "is empty or too long",
            "1 to 256 characters",
        ));
    }
    Ok(())
}

async fn note(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    act: &str,
    (before, after): (Option<&Entry>, Option<&Entry>),
) -> Result<(), DbError> {
    let told = |entry: &Entry| {
        let told = json!({
            "app": entry.app.id,
            "platform": entry.app.platform,
            "displayName": entry.display_name,
            "publisher": entry.publisher,
            "signIn": entry.sign_in,
            "core": entry.core,
            "signers": entry.signers,
        });
        told.to_string().into_bytes()
    };
    let object = after.or(before).map(|entry| format!("app:{}", entry.id)).unwrap_or_default();
    let (before, after) = (before.map(told), after.map(told));
    let record = Record { act, object, before: before.as_deref(), after: after.as_deref() };
    audit::ops::append(tx, &app.env, actor, record).await
}
