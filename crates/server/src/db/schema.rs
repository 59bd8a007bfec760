//! A schema of its own in a PostgreSQL database: for programs and tests that need a server without history.

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::DbError;

/// A schema that was made for one server and can be removed with everything in it.
#[derive(Debug)]
pub struct Schema {
    base: String,
    url: String,
    name: String,
}

impl Schema {
    /// Makes a schema with a random name in the database of `url`.
    ///
    /// # Errors
    /// [`DbError::Open`] when the database cannot be reached or refuses.
    pub async fn make(url: &str) -> Result<Self, DbError> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| DbError::Open(error.to_string()))?;
        let name = format!("ringfence_{}", hex::encode(bytes));
        execute(url, format!("CREATE SCHEMA {name}")).await?;
        let mark = if url.contains('?') { '&' } else { '?' };
        Ok(Self { base: url.to_owned(), url: format!("{url}{mark}options[search_path]={name}"), name })
    }

    /// The URL with which a server works in this schema.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes the schema with all its tables.
    ///
    /// # Errors
    /// [`DbError::Open`] when the database cannot be reached or refuses.
    pub async fn remove(self) -> Result<(), DbError> {
        execute(&self.base, format!("DROP SCHEMA {} CASCADE", self.name)).await
    }
}

async fn execute(url: &str, sql: String) -> Result<(), DbError> {
    sqlx::any::install_default_drivers();
    let open = |error: sqlx::Error| DbError::Open(error.to_string());
    let mut connection = AnyConnection::connect(url).await.map_err(open)?;
    // The name is ours: hexadecimal digits.
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.map_err(open)?;
    connection.close().await.map_err(open)
}
