//! The policy service: administration, targeting, registration, check-in, push, wipe, reports.
//!
//! One folder per feature: `mod.rs` (types), `ops.rs` (what it does), `sql.rs` (its statements), `api.rs` (HTTP).
//! Below them `db`, `http`, `authz`, `env`.

pub mod account;
mod app;
pub mod audit;
pub mod authz;
pub mod catalogue;
mod changes;
mod checkin;
mod config;
mod connector;
pub mod db;
pub mod device;
pub mod directory;
pub mod doctor;
mod effective;
pub mod env;
mod export;
mod failure;
pub mod filter;
mod graph;
pub mod http;
mod jose;
mod phones;
pub mod policies;
pub mod program;
pub mod provider;
mod push;
pub mod registration;
mod report;
pub mod role;
mod scim;
mod server;
mod session;
mod signin;
pub mod signing;
mod status;
mod targeting;
pub mod tenant;
pub mod ticket;
pub mod token;
pub mod trail;
pub mod wipe;

pub use app::{App, Shared};
pub use changes::{Change, Changes, What};
pub use config::{Config, Deadlines, PublicUrl, PublicUrlError, TlsFiles};
pub use failure::Failure;
pub use server::{RunningServer, Server, StartError, create_token, open_database};
