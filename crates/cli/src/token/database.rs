//! Tokens in the server's database, in the name of this machine's operator.

use std::sync::Arc;

use ringfence_model::{Millis, TokenId, UnixMillis};
use ringfence_server::authz::{Actor, Proof, Role, act, authorize};
use ringfence_server::db::{Db, DbConfig};
use ringfence_server::env::Env;
use ringfence_server::token::{NewToken, Token, ops};
use ringfence_server::{Config, open_database, tenant};

use super::Where;
use crate::output::{self, Table};

/// An open database and the proof that its tokens may be managed.
pub(super) struct Database {
    db: Db,
    env: Env,
    proof: Proof<act::ManageTokens>,
}

impl Database {
    pub(super) async fn open(place: &Where) -> anyhow::Result<Self> {
        let mut config = Config::new(&place.data, ([127, 0, 0, 1], 0).into());
        config.database_url.clone_from(&place.database_url);
        if let DbConfig::Sqlite(file) = config.database() {
            anyhow::ensure!(
                file.exists(),
                "there is no Ringfence database in `{}`: name the folder given to `ringfence serve --data`",
                place.data.display()
            );
        }
        let db = open_database(&config).await?;
        let tenant = tenant::ops::ensure_first(&db, &config.env, &config.tenant_name).await?;
        let proof = authorize(&Arc::new(Actor::operator(tenant.id, "token")), act::ManageTokens)?;
        Ok(Self { db, env: config.env, proof })
    }

    pub(super) async fn close(self) {
        self.db.close().await;
    }

    /// Makes a token, without a role one for provisioning, and answers its secret.
    pub(super) async fn create(
        &self,
        name: &str,
        role: Option<Role>,
        life: Millis,
    ) -> anyhow::Result<String> {
        let (db, env) = (&self.db, &self.env);
        let (_, secret) = match role {
            Some(role) => {
                let new = NewToken { name: name.to_owned(), roles: vec![role], life };
                ops::create(db, env, &self.proof, new).await?
            }
            None => ops::create_provisioning(db, env, &self.proof, name, life).await?,
        };
        Ok(secret)
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
                        "id": token.id, "name": token.name, "roles": roles(&token.roles), "scim": token.provisioning,
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

fn roles(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.as_str()).collect()
}
