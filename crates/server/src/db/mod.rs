//! The database below every feature: one SQL text for SQLite and PostgreSQL through sqlx's `Any`.
//!
//! Column types are TEXT, BIGINT and bytes only; parameters are `$1`. A write is one [`Tx`]; reads use [`Read`].

mod error;
mod migrate;
mod open;
mod row;
mod schema;
mod tx;

pub use error::DbError;
pub use open::{Db, DbConfig, Dialect};
pub(crate) use row::parsed;
pub use schema::Schema;
pub use tx::{Read, Tx};

/// What every function in a `sql.rs` takes: a connection, inside a transaction or not.
pub type Conn = sqlx::AnyConnection;

/// A row of any statement.
pub type Row = sqlx::any::AnyRow;
