//! Users and licences, and the reads that targeting needs. Groups are in `groups`.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_model::{GroupId, TenantId, UserId, name_fault, prose_fault, text_fault};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Condition, DERIVED_NAME, EMAILS, Group, Licence, Member, NewUser, PLAN, SKU, User, UserFacts, UserPatch,
    Window, sql, write,
};
use crate::{
    account::{self, Subject},
    app::App,
    audit::{self, Record},
    authz::{Proof, Sight, act},
    changes::{self, What},
    db::{Conn, Db, DbError},
    failure::Failure,
    role,
};

/// Members of a user that are kept besides the typed ones.
pub(super) const USER_MEMBERS: [&str; 8] = [
    "mail",
    "givenName",
    "surname",
    "jobTitle",
    "department",
    "mailNickname",
    "usageLocation",
    "preferredLanguage",
];

/// Longest text that is kept, in characters.
pub(crate) const TEXT_MAX: usize = 256;

/// Makes a user.
///
/// # Errors
/// The sign-in name is taken or is not a name; the password is too weak.
pub async fn create_user(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    new: NewUser,
) -> Result<User, Failure> {
    let now = app.env.now();
    let user = User {
        id: new.id.unwrap_or_else(|| app.env.make_id(UserId::make)),
        upn: new.upn,
        display_name: new.display_name,
        enabled: new.enabled,
        body: kept(new.body, &USER_MEMBERS)?,
        created_at: now,
        external_id: None,
        version: 1,
        changed_at: now,
        licences: Vec::new(),
    };
    check_address(&user.upn)?;
    check_user(&user)?;
    let password = hashed(app, new.password.as_deref()).await?;
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Users(vec![user.id])).await?;
    write::insert_user(&mut tx, app, proof.actor(), &user).await?;
    let joined = write::join_home(&mut tx, app, proof.actor(), user.id.0).await?;
    if let Some(password) = password {
        account::ops::store(&mut tx, &app.env, proof.actor(), Subject::User(user.id), &password).await?;
    }
    tx.commit().await?;
    app.changes.publish(change);
    for change in joined {
        app.changes.publish(change);
    }
    Ok(user)
}

/// Changes a user.
pub async fn update_user(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    key: &str,
    patch: UserPatch,
) -> Result<User, Failure> {
    let password = hashed(app, patch.password.as_deref()).await?;
    let mut tx = app.db.write().await?;
    let id = get_user(&mut tx, proof.tenant(), key).await?.id;
    let change = changes::record(&mut tx, proof.tenant(), What::Users(vec![id])).await?;
    // Read again: from here on nobody else writes.
    let before = get_user(&mut tx, proof.tenant(), &id.to_string()).await?;
    let mut user = before.clone();
    if let Some(upn) = patch.upn {
        check_address(&upn)?;
        user.upn = upn;
    }
    if let Some(name) = patch.display_name {
        user.display_name = name;
        user.body.remove(DERIVED_NAME);
    }
    if let Some(enabled) = patch.enabled {
        user.enabled = enabled;
    }
    user.body.extend(kept(patch.body, &USER_MEMBERS)?);
    if before.body.get("mail") != user.body.get("mail") {
        // The list that a provisioning client gave says something else than the one address set here.
        user.body.remove(EMAILS);
    }
    if password.is_some() || before.upn != user.upn || before.enabled != user.enabled {
        role::guard::check_person(&mut tx, proof.actor(), id).await?;
    }
    write::update_user(&mut tx, app, proof.actor(), &before, &mut user).await?;
    if let Some(password) = password {
        account::ops::store(&mut tx, &app.env, proof.actor(), Subject::User(user.id), &password).await?;
    }
    tx.commit().await?;
    app.changes.publish(change);
    Ok(user)
}

/// Removes a user with memberships, licences and password.
pub async fn delete_user(app: &App, proof: &Proof<act::WriteDirectory>, key: &str) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let user = get_user(&mut tx, proof.tenant(), key).await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Users(vec![user.id])).await?;
    role::guard::check_person(&mut tx, proof.actor(), user.id).await?;
    write::delete_user(&mut tx, app, proof.actor(), &user).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

/// Gives and takes licences.
///
/// # Errors
/// An unknown product or plan, or a licence taken that is not held.
pub async fn assign_licences(
    app: &App,
    proof: &Proof<act::AssignLicences>,
    key: &str,
    add: &[Licence],
    remove: &[Uuid],
) -> Result<User, Failure> {
    for (index, licence) in add.iter().enumerate() {
        known(&format!("addLicenses[{index}].skuId"), licence.sku, SKU)?;
        for (at, plan) in licence.disabled_plans.iter().enumerate() {
            known(&format!("addLicenses[{index}].disabledPlans[{at}]"), *plan, PLAN)?;
        }
    }
    for (index, sku) in remove.iter().enumerate() {
        known(&format!("removeLicenses[{index}]"), *sku, SKU)?;
    }
    let mut tx = app.db.write().await?;
    let tenant = proof.tenant();
    let user = get_user(&mut tx, tenant, key).await?;
    let change = changes::record(&mut tx, tenant, What::Licences(vec![user.id])).await?;
    for sku in remove {
        if !sql::delete_licence(&mut tx, tenant, user.id, *sku).await? {
            return Err(Failure::invalid(
                "removeLicenses",
                &json!(sku),
                "is not held by the user",
                "a licence held",
            ));
        }
    }
    for licence in add {
        sql::upsert_licence(&mut tx, tenant, user.id, licence, app.env.now()).await?;
    }
    let before = json!({ "licences": licences(&user) }).to_string();
    let user = get_user(&mut tx, tenant, &user.id.to_string()).await?;
    let after = json!({ "licences": licences(&user) }).to_string();
    let record = Record {
        act: "licence.assign",
        object: format!("user:{}", user.id),
        before: Some(before.as_bytes()),
        after: Some(after.as_bytes()),
    };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(user)
}

fn licences(user: &User) -> Vec<Uuid> {
    user.licences.iter().map(|licence| licence.sku).collect()
}

/// The user with this id or sign-in name.
pub async fn find_user(conn: &mut Conn, tenant: TenantId, key: &str) -> Result<Option<User>, DbError> {
    sql::find_user(conn, tenant, key).await
}

/// The same, an error when there is none.
pub async fn get_user(conn: &mut Conn, tenant: TenantId, key: &str) -> Result<User, Failure> {
    find_user(conn, tenant, key).await?.ok_or_else(|| Failure::not_found("user", key))
}

/// A page of users. Licences are not filled in.
pub(crate) async fn page_users(
    conn: &mut Conn,
    tenant: TenantId,
    window: Window<'_>,
) -> Result<Vec<User>, DbError> {
    sql::page_users(conn, tenant, window).await
}

/// A page of groups.
pub(crate) async fn page_groups(
    conn: &mut Conn,
    tenant: TenantId,
    window: Window<'_>,
) -> Result<Vec<Group>, DbError> {
    sql::page_groups(conn, tenant, window).await
}

/// How many users meet the conditions.
pub(crate) async fn count_users(
    conn: &mut Conn,
    tenant: TenantId,
    conditions: &[Condition],
) -> Result<i64, DbError> {
    sql::count_users(conn, tenant, conditions).await
}

/// How many groups meet the conditions.
pub(crate) async fn count_groups(
    conn: &mut Conn,
    tenant: TenantId,
    conditions: &[Condition],
) -> Result<i64, DbError> {
    sql::count_groups(conn, tenant, conditions).await
}

/// The licences of the given users; of everybody with `None`.
pub async fn list_licences(
    conn: &mut Conn,
    tenant: TenantId,
    of: Option<&[UserId]>,
) -> Result<BTreeMap<UserId, Vec<Licence>>, DbError> {
    let Some(users) = of else { return sql::list_licences(conn, tenant).await };
    let mut found = BTreeMap::new();
    for user in users {
        found.insert(*user, sql::list_licences_of(conn, tenant, *user).await?);
    }
    Ok(found)
}

/// As a database takes it.
pub(crate) fn number(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// The group with this id, or all with this name.
pub async fn find_groups_named(conn: &mut Conn, tenant: TenantId, text: &str) -> Result<Vec<Group>, DbError> {
    if let Ok(id) = text.parse() {
        return Ok(find_group(conn, tenant, id).await?.into_iter().collect());
    }
    let named = [Condition::Equals(super::Column::Display, text.to_owned())];
    page_groups(conn, tenant, Window::first(&named, 2)).await
}

/// A group.
pub async fn find_group(conn: &mut Conn, tenant: TenantId, id: GroupId) -> Result<Option<Group>, DbError> {
    sql::find_group(conn, tenant, id).await
}

/// How many licences are given out, as far as they are in sight.
pub async fn count_licences(conn: &mut Conn, tenant: TenantId, sight: &Sight) -> Result<i64, DbError> {
    if sight.is_everything() {
        return sql::count_licences(conn, tenant).await;
    }
    let all = sql::list_licences(conn, tenant).await?;
    let seen =
        all.iter().filter(|(user, _)| sight.sees_user(**user)).map(|(_, held)| held.len()).sum::<usize>();
    Ok(i64::try_from(seen).unwrap_or(i64::MAX))
}

/// Completes rows that an older program wrote; part of opening the database.
pub(crate) async fn fill_keys(db: &Db) -> Result<(), DbError> {
    const ROWS: i64 = 1000;
    loop {
        let mut tx = db.write().await?;
        let filled = sql::fill_keys(&mut tx, ROWS).await?;
        tx.commit().await?;
        if filled == 0 {
            return Ok(());
        }
    }
}

/// Some of the direct members of a group, in the order of their ids, and how many there are.
pub(crate) async fn page_members(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
    after: &str,
    (skip, limit): (usize, usize),
) -> Result<Vec<Member>, DbError> {
    sql::page_members(conn, tenant, group, after, (number(skip), number(limit))).await
}

/// How many direct members a group has.
pub(crate) async fn count_members(conn: &mut Conn, tenant: TenantId, group: GroupId) -> Result<i64, DbError> {
    sql::count_members(conn, tenant, group).await
}

/// Which of these ids are users, and which are groups.
pub(crate) async fn find_members(
    conn: &mut Conn,
    tenant: TenantId,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Member>, DbError> {
    sql::find_members(conn, tenant, ids).await
}

/// The users and groups with these ids, in any order. Licences are not filled in.
pub(crate) async fn find_objects(
    conn: &mut Conn,
    tenant: TenantId,
    members: &[Member],
) -> Result<(Vec<User>, Vec<Group>), DbError> {
    sql::find_objects(conn, tenant, members).await
}

/// Ends whatever a user has signed in to.
pub(crate) async fn end_access(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    user: UserId,
) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    account::ops::end_access(&mut tx, &app.env, proof.tenant(), user).await?;
    let record = Record { act: "user.revokeSessions", object: format!("user:{user}"), ..Record::default() };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok(())
}

/// What targeting needs of every user.
pub async fn list_facts(conn: &mut Conn, tenant: TenantId) -> Result<Vec<UserFacts>, DbError> {
    sql::list_facts(conn, tenant).await
}

/// What targeting needs of one user.
pub async fn find_facts(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<UserFacts>, DbError> {
    sql::find_facts(conn, tenant, user).await
}

/// Every membership of the tenant, or those of one group.
pub async fn list_members(
    conn: &mut Conn,
    tenant: TenantId,
    of: Option<GroupId>,
) -> Result<Vec<(GroupId, Member)>, DbError> {
    sql::list_members(conn, tenant, of).await
}

/// The groups that a user or group is directly a member of.
pub async fn list_parents(
    conn: &mut Conn,
    tenant: TenantId,
    member: Member,
) -> Result<Vec<GroupId>, DbError> {
    sql::list_parents(conn, tenant, member).await
}

/// The groups that a user or group belongs to, directly or through nesting.
pub async fn list_ancestors(
    conn: &mut Conn,
    tenant: TenantId,
    member: Member,
) -> Result<BTreeSet<GroupId>, DbError> {
    let mut open = sql::list_parents(conn, tenant, member).await?;
    let mut seen = BTreeSet::new();
    while let Some(group) = open.pop() {
        if seen.insert(group) {
            open.extend(sql::list_parents(conn, tenant, Member::Group(group)).await?);
        }
    }
    Ok(seen)
}

/// The members of a group, directly or through nesting.
pub async fn list_descendants(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
) -> Result<BTreeSet<Member>, DbError> {
    let (mut open, mut seen) = (vec![group], BTreeSet::new());
    while let Some(group) = open.pop() {
        for (_, member) in sql::list_members(conn, tenant, Some(group)).await? {
            if seen.insert(member)
                && let Member::Group(nested) = member
            {
                open.push(nested);
            }
        }
    }
    Ok(seen)
}

/// Display names of groups, for traces; unknown ids are left out.
pub async fn group_names(
    conn: &mut Conn,
    tenant: TenantId,
    ids: &[GroupId],
) -> Result<BTreeMap<GroupId, String>, DbError> {
    let mut names = BTreeMap::new();
    for id in ids {
        if let Some(group) = sql::find_group(conn, tenant, *id).await? {
            names.insert(*id, group.display_name);
        }
    }
    Ok(names)
}

/// The members with these names; the others are dropped on purpose.
///
/// # Errors
/// One of them is neither a text nor null, or a text that cannot be kept.
pub(super) fn kept(body: Map<String, Value>, names: &[&str]) -> Result<Map<String, Value>, Failure> {
    let mut kept = Map::new();
    for (name, value) in body.into_iter().filter(|(name, _)| names.contains(&name.as_str())) {
        match &value {
            Value::String(text) => {
                let fault = if name == "description" { prose_fault } else { text_fault };
                if let Some(problem) = fault(text, TEXT_MAX) {
                    let allowed = "at most 256 characters, none of them a control character";
                    return Err(Failure::invalid(&name, &value, &problem, allowed));
                }
            }
            Value::Null => {}
            _ => return Err(Failure::invalid(&name, &value, "is not a text", "a text or null")),
        }
        kept.insert(name, value);
    }
    Ok(kept)
}

pub(super) fn check_name(path: &str, name: &str) -> Result<(), Failure> {
    match name_fault(name, TEXT_MAX) {
        None => Ok(()),
        Some(problem) => {
            let allowed = "1 to 256 characters, none of them a control character";
            Err(Failure::invalid(path, &json!(name), &problem, allowed))
        }
    }
}

pub(super) fn taken(id: &str) -> Failure {
    Failure::taken("id_taken", "id", id, &format!("must be unique: `{id}` is taken already"))
}

/// Whether a text is a sign-in name as Graph wants it. A provisioning client may bring names of another form.
fn check_address(upn: &str) -> Result<(), Failure> {
    check_name("userPrincipalName", upn)?;
    let parts: Vec<&str> = upn.split('@').collect();
    if parts.len() == 2 && parts.iter().all(|part| !part.is_empty()) {
        return Ok(());
    }
    let allowed = "a name such as anna@school.example";
    Err(Failure::invalid("userPrincipalName", &json!(upn), "is not a sign-in name", allowed))
}

/// Whether a user can be stored.
pub(super) fn check_user(user: &User) -> Result<(), Failure> {
    check_name("displayName", &user.display_name)?;
    check_name("userPrincipalName", &user.upn)?;
    if user.upn.chars().any(char::is_whitespace) {
        let allowed = "a name such as anna@school.example";
        return Err(Failure::invalid(
            "userPrincipalName",
            &json!(user.upn),
            "is not a sign-in name",
            allowed,
        ));
    }
    Ok(())
}

fn known(path: &str, given: Uuid, wanted: Uuid) -> Result<(), Failure> {
    if given == wanted {
        return Ok(());
    }
    Err(Failure::invalid(path, &json!(given), "is not offered by this tenant", &wanted.to_string()))
}

pub(super) fn name_taken(error: DbError, user: &User) -> Failure {
    if error.is_unique("directory_user") {
        let problem = format!("must be unique: a user is named `{}` already", user.upn);
        return Failure::taken("name_taken", "userPrincipalName", &user.upn, &problem);
    }
    error.into()
}

async fn hashed(app: &App, password: Option<&str>) -> Result<Option<String>, Failure> {
    match password {
        None => Ok(None),
        Some(password) => Ok(Some(account::ops::hash_new(&app.env, password).await?)),
    }
}
