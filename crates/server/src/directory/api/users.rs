//! Users and their licences.

use axum::response::Response;
use ringfence_model::{FieldError, UserId};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    PAGE, expand, given_id,
    page::{self, Set},
};
use crate::{
    authz::{act, authorize},
    directory::{Licence, Member, NewUser, User, UserPatch, ops, represent, seen},
    failure::Failure,
    graph::{Request, apply, collection, created, entity, no_content},
    http::{ApiError, IMPORT_MAX},
};

pub(super) async fn list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    page::list(request, proof.tenant(), Set::Users).await
}

/// The part of a body that is a user.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserBody {
    user_principal_name: Option<String>,
    display_name: Option<String>,
    #[serde(default, deserialize_with = "flag")]
    account_enabled: Option<bool>,
    password_profile: Option<PasswordProfile>,
    id: Option<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Nothing is neither on nor off.
fn flag<'de, D: Deserializer<'de>>(value: D) -> Result<Option<bool>, D::Error> {
    bool::deserialize(value).map(Some)
}

#[derive(Deserialize)]
struct PasswordProfile {
    password: Option<String>,
}

pub(super) async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let body: UserBody = request.json_within(IMPORT_MAX).await?;
    let password = body.password_profile.and_then(|profile| profile.password);
    if password.is_some() {
        authorize(&request.actor, act::ManagePasswords)?;
    }
    let missing = |name: &str| {
        let error = FieldError::new(name, &Value::Null, "is missing");
        ApiError::from(Failure::Invalid(vec![error]))
    };
    let new = NewUser {
        id: given_id::<UserId>(body.id.as_ref())?,
        upn: body.user_principal_name.ok_or_else(|| missing("userPrincipalName"))?,
        display_name: body.display_name.ok_or_else(|| missing("displayName"))?,
        enabled: body.account_enabled.unwrap_or(true),
        body: body.rest,
        password,
    };
    let user = ops::create_user(&request.app, &proof, new).await?;
    Ok(created(request, "users", &format!("users/{}", user.id), represent::user(&user, false)))
}

/// The user of the path, as far as a reader sees him.
async fn read(request: &Request) -> Result<User, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let user = seen::user(request, proof.actor(), request.key(1)).await?;
    seen::note(request, [Member::User(user.id)]).await?;
    Ok(user)
}

pub(super) async fn get(request: &Request) -> Result<Response, ApiError> {
    let mut user = represent::user(&read(request).await?, false);
    expand::fill(request, std::slice::from_mut(&mut user)).await?;
    Ok(entity(request, "users", user))
}

pub(super) async fn update(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let body: UserBody = request.json_within(IMPORT_MAX).await?;
    let password = body.password_profile.and_then(|profile| profile.password);
    if password.is_some() {
        authorize(&request.actor, act::ManagePasswords)?;
    }
    let patch = UserPatch {
        upn: body.user_principal_name,
        display_name: body.display_name,
        enabled: body.account_enabled,
        body: body.rest,
        password,
    };
    let id = seen::user(request, proof.actor(), request.key(1)).await?.id.to_string();
    let user = ops::update_user(&request.app, &proof, &id, patch).await?;
    if request.prefers("return=representation") {
        return Ok(entity(request, "users", represent::user(&user, false)));
    }
    Ok(no_content())
}

pub(super) async fn delete(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let id = seen::user(request, proof.actor(), request.key(1)).await?.id.to_string();
    ops::delete_user(&request.app, &proof, &id).await?;
    Ok(no_content())
}

pub(super) async fn revoke_sessions(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let id = seen::user(request, proof.actor(), request.key(1)).await?.id;
    ops::end_access(&request.app, &proof, id).await?;
    Ok(entity(request, "Edm.Boolean", json!({ "value": true })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignLicence {
    #[serde(default)]
    add_licenses: Vec<AddLicence>,
    #[serde(default)]
    remove_licenses: Vec<Uuid>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddLicence {
    sku_id: Uuid,
    #[serde(default)]
    disabled_plans: Vec<Uuid>,
}

pub(super) async fn assign_licence(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::AssignLicences)?;
    let body: AssignLicence = request.json().await?;
    let add = body
        .add_licenses
        .into_iter()
        .map(|add| Licence { sku: add.sku_id, disabled_plans: add.disabled_plans });
    let add: Vec<Licence> = add.collect();
    let id = seen::user(request, proof.actor(), request.key(1)).await?.id.to_string();
    let user = ops::assign_licences(&request.app, &proof, &id, &add, &body.remove_licenses).await?;
    Ok(entity(request, "users", represent::user(&user, false)))
}

pub(super) async fn licence_details(request: &Request) -> Result<Response, ApiError> {
    let user = read(request).await?;
    let items = user.licences.iter().map(represent::licence_details).collect();
    let context = format!("users('{}')/licenseDetails", user.id);
    Ok(collection(request, &context, apply(&request.query, items, PAGE)?))
}

pub(super) async fn licence_detail(request: &Request) -> Result<Response, ApiError> {
    let user = read(request).await?;
    let wanted = request.key(3);
    let found = user.licences.iter().find(|licence| licence.sku.to_string().eq_ignore_ascii_case(wanted));
    let found = found.ok_or_else(|| Failure::not_found("licence", wanted))?;
    let context = format!("users('{}')/licenseDetails", user.id);
    Ok(entity(request, &context, represent::licence_details(found)))
}
