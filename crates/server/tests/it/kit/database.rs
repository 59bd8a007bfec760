//! A fresh database per test: a folder, or a schema.

use ringfence_server::Config;
use sqlx::{AssertSqlSafe, Connection as _};

pub(crate) struct Database {
    folder: tempfile::TempDir,
    url: Option<String>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), url: None }
    }

    /// `None`, with a line about it, when no PostgreSQL is at hand.
    pub(crate) async fn postgres(test: &str) -> Option<Self> {
        let Ok(url) = std::env::var("RINGFENCE_TEST_POSTGRES") else {
            println!("skipped on PostgreSQL: RINGFENCE_TEST_POSTGRES is not set");
            return None;
        };
        let mut bytes = [0; 6];
        getrandom::fill(&mut bytes).unwrap();
        let short: String = test.rsplit("::").next().unwrap().chars().take(30).collect();
        let schema = format!("t_{short}_{}", hex::encode(bytes));
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {schema}")))
            .execute(&mut connection)
            .await
            .unwrap();
        let mark = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{mark}options[search_path]={schema}");
        Some(Self { folder: tempfile::tempdir().unwrap(), url: Some(url) })
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(self.folder.path().join("data"), ([127, 0, 0, 1], 0).into());
        config.database_url.clone_from(&self.url);
        config
    }
}
