//! Database errors, with constraint violations told apart the same way on both products.

use sqlx::error::ErrorKind;

/// What went wrong below a feature.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A row with the same key exists; `table` is the table it is in.
    #[error("a row with this key exists in `{table}`")]
    Unique {
        /// Table name.
        table: String,
    },
    /// A row that is referred to does not exist, or is still referred to.
    #[error("a reference between rows does not hold")]
    ForeignKey,
    /// A value is outside what its column takes.
    #[error("a value is outside what its column takes")]
    Check,
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Open(String),
    /// The tables were made by a newer or altered program.
    #[error("{0}")]
    Migration(String),
    /// A stored value cannot be read back.
    #[error("a stored value of `{column}` cannot be read")]
    Corrupt {
        /// Column name.
        column: &'static str,
    },
    /// A text holds the NUL character, which PostgreSQL does not store.
    #[error("a text holds the character U+0000")]
    Nul,
    /// No connection came free in time, or the database did not let us in.
    #[error("the database is too busy")]
    Busy,
    /// Anything else.
    #[error("the database failed: {0}")]
    Other(sqlx::Error),
}

impl DbError {
    /// Whether a key was taken already in `table`.
    pub fn is_unique(&self, table: &str) -> bool {
        matches!(self, Self::Unique { table: found } if found == table)
    }
}

/// `character_not_in_repertoire`
const POSTGRES_NUL: &str = "22021";

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let inner = match &error {
            sqlx::Error::Database(inner) => inner,
            sqlx::Error::PoolTimedOut => return Self::Busy,
            _ => return Self::Other(error),
        };
        if inner.code().as_deref() == Some(POSTGRES_NUL) {
            return Self::Nul;
        }
        match inner.kind() {
            ErrorKind::UniqueViolation => Self::Unique { table: table_of(inner.table(), inner.message()) },
            ErrorKind::ForeignKeyViolation => Self::ForeignKey,
            ErrorKind::CheckViolation | ErrorKind::NotNullViolation => Self::Check,
            _ => Self::Other(error),
        }
    }
}

/// PostgreSQL names the table; SQLite only says `UNIQUE constraint failed: table.column, …`.
fn table_of(named: Option<&str>, message: &str) -> String {
    named.map_or_else(
        || {
            let columns = message.rsplit(": ").next().unwrap_or_default();
            columns.split('.').next().unwrap_or_default().to_owned()
        },
        str::to_owned,
    )
}
