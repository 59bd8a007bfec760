//! A server on a free port over a fresh database, and a small client.

pub(crate) mod browser;
mod client;
mod database;
pub(crate) mod op;
pub(crate) mod phone;
pub(crate) mod school;
pub(crate) mod totp;

use std::sync::Arc;

use ringfence_model::{Millis, UnixMillis};
use ringfence_server::{
    Config, Deadlines, RunningServer, Server,
    env::{Env, FixedClock, SeededRandom},
};

pub(crate) use client::{Answer, Client};
pub(crate) use database::Database;

/// 2026-01-02T03:04:05Z
pub(crate) const START: UnixMillis = UnixMillis(1_767_323_045_000);

/// A running server with its own database and clock.
pub(crate) struct World {
    pub(crate) server: RunningServer,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) database: Database,
    pub(crate) admin: Client,
}

impl World {
    pub(crate) async fn start(database: Database) -> Self {
        Self::start_with(database, |_| {}).await
    }

    pub(crate) async fn start_with(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        let clock = FixedClock::new(START);
        let mut config = database.config();
        config.env = Env::new(clock.clone(), SeededRandom::new(1));
        change(&mut config);
        let new = ringfence_server::token::NewToken {
            name: "tests".into(),
            roles: vec![ringfence_server::authz::Role::GlobalAdministrator],
            life: Millis::from_days(30),
        };
        let (_, secret) = ringfence_server::create_token(&config, new).await.unwrap();
        // The seed moves on: a second run on the same data must not repeat ids.
        config.env = Env::new(clock.clone(), SeededRandom::new(2));
        let server = Server::start(config).await.unwrap();
        let admin = Client::new(server.addr, Some(secret));
        Self { server, clock, database, admin }
    }

    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.server.addr, None)
    }

    /// A client whose token has one role.
    pub(crate) async fn as_role(&self, role: &str) -> Client {
        let body = serde_json::json!({"name": role, "role": role});
        let answer = self.admin.post("/api/v1/tokens", &body).await.expect(201);
        Client::new(self.server.addr, Some(answer["token"].as_str().unwrap().to_owned()))
    }

    /// Stops the server and starts it again on the same data.
    pub(crate) async fn restart(self) -> Self {
        let (clock, token) = (self.clock.clone(), self.admin.token().to_owned());
        let database = self.stop().await;
        let mut config = database.config();
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).unwrap();
        config.env = Env::new(clock.clone(), SeededRandom::new(u64::from_be_bytes(seed)));
        let server = Server::start(config).await.unwrap();
        let admin = Client::new(server.addr, Some(token));
        Self { server, clock, database, admin }
    }

    pub(crate) async fn stop(self) -> Database {
        self.server.shutdown().await;
        self.database
    }
}

/// Short deadlines, so that tests of silence end soon.
pub(crate) fn impatient(config: &mut Config) {
    let short = std::time::Duration::from_millis(200);
    config.deadlines = Deadlines {
        first_request: short,
        header_read: short,
        body_read: short,
        write_stall: short,
        stop: short,
    };
}

/// Runs a test body on each database that is at hand.
#[macro_export]
macro_rules! both {
    ($name:ident, |$database:ident| $body:expr) => {
        mod $name {
            use super::*;

            async fn body($database: $crate::kit::Database) {
                $body
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body($crate::kit::Database::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = $crate::kit::Database::postgres(concat!(module_path!())).await {
                    body(database).await;
                }
            }
        }
    };
}
