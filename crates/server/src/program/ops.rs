//! Registering, listing and removing programs; giving them tokens.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringfence_model::{Millis, TenantId, name_fault};
use serde_json::json;
use uuid::Uuid;

use super::{Program, sql};
use crate::{
    audit::{self, Record},
    authz::{Actor, Proof, Role, Scopes, act},
    db::{Conn, Db, DbError},
    env::Env,
    failure::Failure,
    token::{self, NewToken, Token},
};

const NAME_MAX: usize = 100;
const SCOPES_MAX: usize = 64;

/// Life of a program's token.
pub const TOKEN_LIFE: Millis = Millis::from_minutes(60);

/// Registers a program; answers it with its secret, which is not stored.
///
/// # Errors
/// The name is taken; it has neither role nor scope; a scope says nothing here.
pub async fn create(
    db: &Db,
    env: &Env,
    proof: &Proof<act::ManageRoles>,
    name: &str,
    roles: Vec<Role>,
    scopes: &[String],
) -> Result<(Program, String), Failure> {
    check(name, &roles, scopes)?;
    let now = env.now();
    let program = Program {
        id: uuid::Builder::from_unix_timestamp_millis(now.0.unsigned_abs(), &env.bytes()).into_uuid(),
        tenant: proof.tenant(),
        name: name.to_owned(),
        roles,
        scopes: (!scopes.is_empty()).then(|| scopes.join(" ")),
        created_at: now,
    };
    let secret = format!("rfp_{}", URL_SAFE_NO_PAD.encode(env.bytes::<32>()));
    let mut tx = db.write().await?;
    sql::insert(&mut tx, &program, &token::hash_of(&secret)).await.map_err(|error| {
        if error.is_unique("program") {
            return Failure::taken(
                "name_taken",
                "name",
                name,
                "must be unique: another program has this name",
            );
        }
        error.into()
    })?;
    let after = told(&program);
    let record = Record {
        act: "program.create",
        object: format!("program:{}", program.id),
        after: Some(after.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok((program, secret))
}

fn check(name: &str, roles: &[Role], scopes: &[String]) -> Result<(), Failure> {
    if let Some(problem) = name_fault(name, NAME_MAX) {
        let allowed = format!("1 to {NAME_MAX} characters");
        return Err(Failure::invalid("name", &json!(name), &problem, &allowed));
    }
    if roles.is_empty() && scopes.is_empty() {
        let allowed = "a role, or Graph permission names as `scopes`";
        return Err(Failure::invalid(
            "roles",
            &json!([]),
            "is empty, and so are `scopes`: the program could do nothing",
            allowed,
        ));
    }
    if let Some(i) =
        scopes.iter().position(|scope| !Scopes::knows(scope) || scope.contains(char::is_whitespace))
    {
        let allowed = "names such as DeviceManagementApps.ReadWrite.All or ringfence:policies.read";
        return Err(Failure::invalid(
            &format!("scopes[{i}]"),
            &json!(scopes.get(i)),
            "is not a scope here",
            allowed,
        ));
    }
    if scopes.len() > SCOPES_MAX {
        return Err(Failure::invalid(
            "scopes",
            &json!(scopes.len()),
            "has too many entries",
            &format!("at most {SCOPES_MAX}"),
        ));
    }
    Ok(())
}

/// A program as the audit log tells of it.
fn told(program: &Program) -> String {
    let roles: Vec<_> = program.roles.iter().map(|role| role.as_str()).collect();
    json!({ "name": program.name, "roles": roles, "scopes": program.scopes }).to_string()
}

/// All programs.
pub async fn list(conn: &mut Conn, proof: &Proof<act::ManageRoles>) -> Result<Vec<Program>, DbError> {
    sql::list(conn, proof.tenant()).await
}

/// Removes a program; its tokens count for nothing from now on.
pub async fn delete(db: &Db, env: &Env, proof: &Proof<act::ManageRoles>, id: Uuid) -> Result<(), Failure> {
    let mut tx = db.write().await?;
    let all = sql::list(&mut tx, proof.tenant()).await?;
    let program = all.into_iter().find(|program| program.id == id);
    let program = program.ok_or_else(|| Failure::not_found("program", id))?;
    sql::delete(&mut tx, proof.tenant(), id).await?;
    let before = told(&program);
    let record = Record {
        act: "program.delete",
        object: format!("program:{id}"),
        before: Some(before.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok(())
}

/// Exchanges client id and secret for a token. `scopes` narrows what it may do; empty takes all that the program has.
pub(crate) async fn grant(
    db: &Db,
    env: &Env,
    tenant: TenantId,
    id: &str,
    secret: &str,
    scopes: &[&str],
) -> Result<Option<(Token, String)>, DbError> {
    let Ok(id) = id.parse::<Uuid>() else { return Ok(None) };
    let hash = token::hash_of(secret);
    let Some(program) = sql::find_by_secret(&mut *db.read().await?, tenant, id, &hash).await? else {
        return Ok(None);
    };
    let actor = Actor { id: format!("program:{id}"), ..Actor::operator(tenant, "client-credentials") };
    let new = NewToken { name: program.name.clone(), roles: program.roles.clone(), life: TOKEN_LIFE };
    let scopes = narrowed(&program, scopes);
    let made = token::ops::create_for(db, env, &actor, new, |token| {
        token.program = Some(program.id);
        token.scopes = scopes;
    });
    made.await.map(Some)
}

/// Whom the audit log names when a client id was tried with a wrong secret.
pub(crate) async fn find_tried(conn: &mut Conn, tenant: TenantId, id: &str) -> Result<String, DbError> {
    let known = match id.parse::<Uuid>() {
        Ok(id) => sql::exists(conn, tenant, id).await?.then_some(id),
        Err(_) => None,
    };
    Ok(known.map_or_else(|| "program:unknown".to_owned(), |id| format!("program:{id}")))
}

/// Of what the program has, what it asks for; a program without scopes may be narrowed to any.
fn narrowed(program: &Program, wanted: &[&str]) -> Option<String> {
    if wanted.is_empty() {
        return program.scopes.clone();
    }
    let has = program.scopes.as_deref();
    let keeps = |name: &&&str| has.is_none_or(|has| has.split(' ').any(|own| own.eq_ignore_ascii_case(name)));
    Some(wanted.iter().filter(keeps).copied().collect::<Vec<_>>().join(" "))
}
