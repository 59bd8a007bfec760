use std::sync::Arc;

use ringfence_model::TenantId;

use super::*;

fn actor(roles: &[Role]) -> Arc<Actor> {
    let tenant = TenantId::make(ringfence_model::UnixMillis(0), [0; 10]);
    Arc::new(Actor { roles: roles.to_vec(), ..Actor::operator(tenant, "test") })
}

#[test]
fn denial_names_permission_and_roles() {
    let denied = authorize(&actor(&[Role::HelpDesk]), act::WritePolicies).unwrap_err().to_string();
    assert!(denied.contains("`policies.write`"), "{denied}");
    assert!(denied.contains("Global administrator, Owner, Contributor"), "{denied}");
    assert!(denied.contains("you have Help desk"), "{denied}");
}

#[test]
fn any_role_suffices() {
    assert!(authorize(&actor(&[Role::HelpDesk, Role::Contributor]), act::WritePolicies).is_ok());
    assert!(authorize(&actor(&[]), act::ReadApps).is_err());
}

#[test]
fn scopes_narrow_roles_and_carry_programs_alone() {
    let with = |roles: &[Role], names: &str, app_only| {
        Arc::new(Actor { scopes: Some(Scopes::parse([names], app_only)), ..(*actor(roles)).clone() })
    };
    let write = "DeviceManagementApps.ReadWrite.All";
    assert!(authorize(&with(&[Role::Contributor], write, false), act::WritePolicies).is_ok());
    assert!(authorize(&with(&[Role::HelpDesk], write, false), act::WritePolicies).is_err());
    assert!(authorize(&with(&[], write, false), act::WritePolicies).is_err());
    assert!(authorize(&with(&[], write, true), act::WritePolicies).is_ok());
    let narrow = with(&[Role::GlobalAdministrator], "DeviceManagementApps.Read.All", false);
    let denied = authorize(&narrow, act::WritePolicies).unwrap_err().to_string();
    assert!(denied.contains("one of DeviceManagementApps.ReadWrite.All"), "{denied}");
}

#[test]
fn published_table_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/permissions.md");
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        std::fs::write(path, document()).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        published,
        document(),
        "docs/permissions.md is out of date: run the tests with RINGFENCE_BLESS=1"
    );
}
