//! Opening the pools and choosing the dialect.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{AnyConnection, Connection as _, any::AnyPoolOptions};

use super::{DbError, Read, Tx, migrate};

/// The database product in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Embedded, one file in the data directory.
    Sqlite,
    /// A PostgreSQL server, shared by several nodes.
    Postgres,
}

/// Where the data lives.
#[derive(Debug, Clone)]
pub enum DbConfig {
    /// A SQLite file, made when missing.
    Sqlite(PathBuf),
    /// `postgres://user:password@host/database`
    Postgres(String),
}

/// The pools. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    dialect: Dialect,
    readers: sqlx::AnyPool,
    writer: sqlx::AnyPool,
    uses: Arc<AtomicU64>,
}

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;

/// How long a request waits for a connection before it is told that the database is busy.
const ACQUIRE_WAIT: Duration = Duration::from_secs(15);

impl Db {
    /// Opens the pools and brings the tables to the newest version.
    ///
    /// # Errors
    /// The database cannot be reached, or its tables are of another or a newer program.
    pub async fn open(config: &DbConfig) -> Result<Self, DbError> {
        sqlx::any::install_default_drivers();
        let db = match config {
            DbConfig::Sqlite(path) => Self::open_sqlite(path).await?,
            DbConfig::Postgres(url) => Self::open_postgres(url).await?,
        };
        migrate::run(&db).await?;
        Ok(db)
    }

    async fn open_sqlite(path: &std::path::Path) -> Result<Self, DbError> {
        let text = path
            .to_str()
            .ok_or_else(|| DbError::Open("the path of the data directory is not UTF-8".into()))?;
        let url = format!("sqlite://{}?mode=rwc", percent_encoded(text));
        // One writer connection queues writers inside the process instead of failing them with `SQLITE_BUSY`.
        let writer = sqlite_pool(1).connect(&url).await?;
        let readers = sqlite_pool(SQLITE_READERS).connect(&url).await?;
        Ok(Self { dialect: Dialect::Sqlite, readers, writer, uses: Arc::default() })
    }

    async fn open_postgres(url: &str) -> Result<Self, DbError> {
        // A pool would try again for a while; a wrong address should be told at once.
        let first = AnyConnection::connect(url).await.map_err(|error| DbError::Open(error.to_string()))?;
        first.close().await?;
        let options =
            AnyPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(ACQUIRE_WAIT);
        let pool = options.connect(url).await?;
        Ok(Self { dialect: Dialect::Postgres, readers: pool.clone(), writer: pool, uses: Arc::default() })
    }

    /// The product in use, for the few statements that differ.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Starts a write: `BEGIN IMMEDIATE` on SQLite, `BEGIN` on PostgreSQL. Dropped without commit it is undone.
    pub async fn write(&self) -> Result<Tx, DbError> {
        self.count_use();
        let tx = match self.dialect {
            Dialect::Sqlite => self.writer.begin_with("BEGIN IMMEDIATE").await?,
            Dialect::Postgres => self.writer.begin().await?,
        };
        Ok(Tx::new(tx, self.dialect))
    }

    /// A connection for single reads.
    pub async fn read(&self) -> Result<Read, DbError> {
        self.count_use();
        Ok(Read::Plain(self.readers.acquire().await?))
    }

    /// A connection on which all reads see the same state of the data.
    pub async fn snapshot(&self) -> Result<Read, DbError> {
        self.count_use();
        let tx = match self.dialect {
            Dialect::Sqlite => self.readers.begin().await?,
            Dialect::Postgres => {
                self.readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?
            }
        };
        Ok(Read::Snapshot(tx))
    }

    /// How often a connection was asked for: what does not grow this did not touch the database.
    pub fn uses(&self) -> u64 {
        self.uses.load(Ordering::Relaxed)
    }

    fn count_use(&self) {
        self.uses.fetch_add(1, Ordering::Relaxed);
    }

    /// Answers whether the database responds.
    pub async fn ping(&self) -> Result<(), DbError> {
        let mut conn = self.read().await?;
        sqlx::query("SELECT 1").execute(&mut *conn).await?;
        Ok(())
    }

    /// Waits for open work and closes every connection.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

fn sqlite_pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_WAIT).after_connect(
        |conn, _| {
            Box::pin(async move {
                // FULL: an acknowledged write survives a power cut, also in WAL mode.
                for pragma in [
                    "PRAGMA busy_timeout = 10000",
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = FULL",
                    "PRAGMA foreign_keys = ON",
                ] {
                    sqlx::query(pragma).execute(&mut *conn).await?;
                }
                Ok(())
            })
        },
    )
}

fn percent_encoded(path: &str) -> String {
    use std::fmt::Write;
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
