//! Adding, changing and removing apps; expanding app groups.

use std::collections::HashMap;

use ringfence_model::{AppEntryId, AppId, Platform, TenantId, document::AppGroup, name_fault, text_fault};
use serde_json::json;

use super::{Entry, MobileApp, NewApp, NewEntry, assignments};
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

/// Adds an app: to the catalogue when it is a managed one, and what is kept of it.
///
/// # Errors
/// The app is in the catalogue already, or its id is not one.
pub async fn create(app: &App, proof: &Proof<act::WriteApps>, new: NewApp) -> Result<MobileApp, Failure> {
    if let Some(entry) = &new.entry {
        check(entry)?;
    }
    let (id, now) = (app.env.make_id(AppEntryId::make), app.env.now());
    let entry = new.entry.map(|new| Entry {
        id,
        app: new.app,
        display_name: new.display_name,
        publisher: new.publisher,
        sign_in: new.sign_in,
        core: new.core,
        signers: new.signers,
        created_at: now,
    });
    let made = MobileApp { id, kind: new.kind, body: new.body, created_at: now, modified_at: now, entry };
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), touched(&made)).await?;
    assignments::check_groups(&mut tx, proof.tenant(), &made.body).await?;
    if let Some(entry) = &made.entry {
        super::sql::insert(&mut tx, proof.tenant(), entry).await.map_err(|error| exists(error, entry))?;
    }
    super::sql::put_kept(&mut tx, proof.tenant(), &made).await?;
    note(&mut tx, app, proof.actor(), "app.create", None, Some(&made)).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(made)
}

/// Changes an app; which app it is cannot change.
pub async fn update(
    app: &App,
    proof: &Proof<act::WriteApps>,
    id: AppEntryId,
    edit: impl FnOnce(&mut MobileApp) -> Result<(), Failure>,
) -> Result<MobileApp, Failure> {
    let mut tx = app.db.write().await?;
    let before = get(&mut tx, proof.tenant(), id).await?;
    let change = changes::record(&mut tx, proof.tenant(), touched(&before)).await?;
    let before = get(&mut tx, proof.tenant(), before.id).await?;
    let mut after = before.clone();
    edit(&mut after)?;
    if after == before {
        return Ok(before);
    }
    after.modified_at = app.env.now();
    assignments::check_groups(&mut tx, proof.tenant(), &after.body).await?;
    if let Some(entry) = &after.entry {
        check_name(&entry.display_name)?;
        check_signers(&entry.signers)?;
        super::sql::update(&mut tx, proof.tenant(), entry).await?;
    }
    super::sql::put_kept(&mut tx, proof.tenant(), &after).await?;
    note(&mut tx, app, proof.actor(), "app.update", Some(&before), Some(&after)).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(after)
}

/// Removes an app from the catalogue; policies that list it keep listing it.
pub async fn delete(app: &App, proof: &Proof<act::WriteApps>, id: AppEntryId) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let gone = get(&mut tx, proof.tenant(), id).await?;
    let change = changes::record(&mut tx, proof.tenant(), touched(&gone)).await?;
    super::sql::delete(&mut tx, proof.tenant(), id).await?;
    note(&mut tx, app, proof.actor(), "app.delete", Some(&gone), None).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

/// The whole catalogue by name.
pub async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Entry>, DbError> {
    super::sql::list(conn, tenant).await
}

/// Every app, also of kinds that no policy can cover, by name.
pub async fn list_apps(conn: &mut Conn, tenant: TenantId) -> Result<Vec<MobileApp>, DbError> {
    let entries = super::sql::list(conn, tenant).await?;
    let kept = super::sql::list_kept(conn, tenant).await?;
    let mut kept: HashMap<AppEntryId, MobileApp> = kept.into_iter().map(|one| (one.id, one)).collect();
    let mut all: Vec<MobileApp> = entries
        .into_iter()
        .map(|entry| match kept.remove(&entry.id) {
            Some(kept) => MobileApp { entry: Some(entry), ..kept },
            None => plain(entry),
        })
        .collect();
    all.extend(kept.into_values());
    all.sort_by_cached_key(|one| (one.name().to_lowercase(), one.id));
    Ok(all)
}

/// One app.
pub async fn get(conn: &mut Conn, tenant: TenantId, id: AppEntryId) -> Result<MobileApp, Failure> {
    let entry = super::sql::find(conn, tenant, id).await?;
    let found = match (super::sql::find_kept(conn, tenant, id).await?, entry) {
        (Some(kept), entry) => Some(MobileApp { entry, ..kept }),
        (None, Some(entry)) => Some(plain(entry)),
        (None, None) => None,
    };
    found.ok_or_else(|| Failure::not_found("app", id))
}

/// An app of the catalogue of which nothing else is kept.
fn plain(entry: Entry) -> MobileApp {
    let kind = match entry.app.platform {
        Platform::Ios => "managedIOSStoreApp",
        Platform::Android => "managedAndroidStoreApp",
    };
    MobileApp {
        id: entry.id,
        kind: kind.to_owned(),
        body: serde_json::Map::new(),
        created_at: entry.created_at,
        modified_at: entry.created_at,
        entry: Some(entry),
    }
}

/// Phones notice changes of the catalogue only.
fn touched(app: &MobileApp) -> What {
    What::Apps(app.entry.iter().map(|entry| entry.app.clone()).collect())
}

fn exists(error: DbError, entry: &Entry) -> Failure {
    if error.is_unique("catalogue_app") {
        let detail = format!("`{}` is in the catalogue for {} already", entry.app, entry.app.platform);
        return Failure::Conflict { code: "app_exists", detail };
    }
    error.into()
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
        let problem = text_fault(id, NAME_MAX).unwrap_or_else(|| "is not an app id".to_owned());
        let allowed = "1 to 256 letters, digits, dots, hyphens and underscores";
        return Err(Failure::invalid(path, &json!(id), &problem, allowed));
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

pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    match name_fault(name, NAME_MAX) {
        None => Ok(()),
        Some(problem) => {
            let allowed = "1 to 256 characters, none of them a control character";
            Err(Failure::invalid("displayName", &json!(name), &problem, allowed))
        }
    }
}

async fn note(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    act: &str,
    before: Option<&MobileApp>,
    after: Option<&MobileApp>,
) -> Result<(), DbError> {
    let bytes = |one: Option<&MobileApp>| one.map(|one| one.canonical().to_string().into_bytes());
    let (old, new) = (bytes(before), bytes(after));
    let object = after.or(before).map(|one| format!("app:{}", one.id)).unwrap_or_default();
    let record = Record { act, object, before: old.as_deref(), after: new.as_deref() };
    audit::ops::append(tx, &app.env, actor, record).await
}
