//! Integration tests over real HTTP, laid out as the URL tree; every test runs on SQLite and on PostgreSQL.
//!
//! PostgreSQL is taken from `RINGFENCE_TEST_POSTGRES=postgres://…`; without it its half is skipped, and says so.

mod kit;

mod access;
mod api;
mod auth;
mod connection;
mod durability;
mod golden;
mod graph;
mod health;
mod nodes;
mod phone;
mod scim;
mod tenants;
