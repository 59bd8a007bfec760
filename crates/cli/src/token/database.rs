//! Tokens in the server's database, in the name of this machine's operator.

use std::sync::Arc;

use ringfence_model::{Millis, TenantId, TokenId, UnixMillis};
use ringfence_server::authz::{Actor, Proof, Role, Scope, act, authorize};
use ringfence_server::db::{Db, DbConfig};
use ringfence_server::env::Env;
use ringfence_server::token::{NewToken, Token, ops};
use ringfence_server::{Config, directory, open_database, tenant};

use super::Where;
use crate::output::{self, Table};

/// An open database and the proof that its tokens may be managed.
pub(super) struct Database {
    db: Db,
    env: Env,
    proof: Proof<act::ManageTokens>,
}

impl Where {
    /// Opens the database of a server that runs or not, and answers its tenant.
    pub(crate) async fn open(&self) -> anyhow::Result<(Db, Env, TenantId)> {
        let mut config = Config::new(&self.data, ([127, 0, 0, 1], 0).into());
        config.database_url.clone_from(&self.database_url);
        if let DbConfig::Sqlite(file) = config.database() {
            anyhow::ensure!(
                file.exists(),
                "there is no Ringfence database in `{}`: name the folder given to `ringfence serve --data`",
                self.data.display()
            );
        }
        let db = open_database(&config).await?;
        let tenant = tenant::ops::ensure_first(&db, &config.env, &config.tenant_name).await?;
        Ok((db, config.env, tenant.id))
    }
}

impl Database {
    pub(super) async fn open(place: &Where) -> anyhow::Result<Self> {
        let (db, env, tenant) = place.open().await?;
        let proof = authorize(&Arc::new(Actor::operator(tenant, "token")), act::ManageTokens)?;
        Ok(Self { db, env, proof })
    }

    pub(super) async fn close(self) {
        self.db.close().await;
    }

    /// Makes a token, without a role one for provisioning, and answers its secret.
    pub(super) async fn create(
        &self,
        name: &str,
        role: Option<Role>,
        groups: &[String],
        life: Millis,
    ) -> anyhow::Result<String> {
        let (db, env) = (&self.db, &self.env);
        let (_, secret) = match role {
            Some(role) => {
                let new = NewToken { name: name.to_owned(), roles: vec![role], life };
                ops::create_within(db, env, &self.proof, new, self.scope(groups).await?).await?
            }
            None => ops::create_provisioning(db, env, &self.proof, name, life).await?,
        };
        Ok(secret)
    }

    /// The groups that a token is for; everything without names.
    async fn scope(&self, names: &[String]) -> anyhow::Result<Scope> {
        if names.is_empty() {
            return Ok(Scope::Everything);
        }
        let (mut conn, mut groups) = (self.db.read().await?, Vec::with_capacity(names.len()));
        for name in names {
            let found = directory::ops::find_groups_named(&mut conn, self.proof.tenant(), name).await?;
            match found.as_slice() {
                [group] => groups.push(group.id),
                [] => anyhow::bail!("there is no group `{name}`"),
                _ => anyhow::bail!("there is more than one group `{name}`: name it by its id"),
            }
        }
        Ok(Scope::Groups(groups))
    }

    pub(super) async fn revoke(&self, id: TokenId) -> anyhow::Result<bool> {
        Ok(ops::revoke(&self.db, &self.env, &self.proof, id).await?)
    }

    pub(super) async fn list(&self, json: bool) -> anyhow::Result<()> {
        let tokens = ops::list(&mut *self.db.read().await?, &self.proof).await?;
        let now = self.env.now();
        if json {
            let values: Vec<_> = tokens
                .iter()
                .map(|token| {
                    serde_json::json!({
                        "id": token.id, "name": token.name, "roles": roles(&token.roles), "groups": groups(&token.scope), "scim": token.provisioning,
                        "createdAt": token.created_at.0, "expiresAt": token.expires_at.0,
                        "revokedAt": token.revoked_at.map(|at| at.0), "usedAt": token.used_at.map(|at| at.0),
                    })
                })
                .collect();
            return output::json(&values);
        }
        let mut table = Table::new(&["token", "roles", "state", "id"]);
        for token in &tokens {
            let state = match token.revoked_at {
                Some(_) => "revoked".to_owned(),
                None if token.expires_at <= now => "expired".to_owned(),
                None => format!("ends in {} days", days_left(now, token.expires_at)),
            };
            table.row([token.name.clone(), carries(token), state, token.id.to_string()]);
        }
        table.print()
    }
}

fn days_left(now: UnixMillis, end: UnixMillis) -> i64 {
    (end.0 - now.0) / 86_400_000
}

fn carries(token: &Token) -> String {
    if token.provisioning { "SCIM".to_owned() } else { roles(&token.roles).join(", ") }
}

fn groups(scope: &Scope) -> Option<Vec<ringfence_model::GroupId>> {
    match scope {
        Scope::Everything => None,
        Scope::Groups(groups) => Some(groups.clone()),
    }
}

fn roles(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.as_str()).collect()
}
