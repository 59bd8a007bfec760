//! The write transaction and the read connection.

use std::ops::{Deref, DerefMut};

use sqlx::{Any, Transaction, pool::PoolConnection};

use super::{Conn, DbError, Dialect};

/// A write transaction: everything in it happens, or nothing. Dropping it undoes it.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    dialect: Dialect,
}

impl Tx {
    pub(super) fn new(inner: Transaction<'static, Any>, dialect: Dialect) -> Self {
        Self { inner, dialect }
    }

    /// The product in use, for the few statements that differ.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Makes the change durable.
    pub async fn commit(self) -> Result<(), DbError> {
        Ok(self.inner.commit().await?)
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.inner
    }
}

/// A connection to read from.
#[derive(Debug)]
pub enum Read {
    /// Each statement sees the newest data.
    Plain(PoolConnection<Any>),
    /// All statements see the same data.
    Snapshot(Transaction<'static, Any>),
}

impl Deref for Read {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        match self {
            Self::Plain(conn) => conn,
            Self::Snapshot(tx) => tx,
        }
    }
}

impl DerefMut for Read {
    fn deref_mut(&mut self) -> &mut Conn {
        match self {
            Self::Plain(conn) => &mut *conn,
            Self::Snapshot(tx) => &mut *tx,
        }
    }
}
