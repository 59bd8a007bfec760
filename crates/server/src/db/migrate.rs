//! One migration list for both products, applied in order, each in its own transaction, never altered afterwards.
//!
//! Files hold the SQL that both products share; `{blob}` stands for the type of bytes (BLOB or BYTEA).

use aws_lc_rs::digest;
use sqlx::{AssertSqlSafe, Row as _};

use super::{Db, DbError, Dialect};

struct Migration {
    number: i64,
    name: &'static str,
    text: &'static str,
}

macro_rules! migrations {
    ($($number:literal $name:literal,)+) => {
        &[$(Migration {
            number: $number,
            name: $name,
            text: include_str!(concat!("../../migrations/", $name, ".sql")),
        }),+]
    };
}

const MIGRATIONS: &[Migration] = migrations! {
    1 "0001_tenant",
    2 "0002_audit",
    3 "0003_account",
    4 "0004_directory",
    5 "0005_catalogue",
    6 "0006_policies",
    10 "0010_change",
    11 "0011_signing",
    12 "0012_instance",
    13 "0013_wipe",
    14 "0014_lease",
    20 "0020_device",
    21 "0021_status",
    22 "0022_receipt",
    23 "0023_ticket",
    24 "0024_doctor",
    25 "0025_trail",
    26 "0026_signers",
    27 "0027_device_key",
    30 "0030_provisioning",
    31 "0031_filter",
    32 "0032_export",
    33 "0033_mobile_apps",
    34 "0034_provider",
    35 "0035_program",
    36 "0036_totp",
    37 "0037_audit_content",
    38 "0038_role",
    39 "0039_scope_tag",
    40 "0040_given_content",
    41 "0041_id_token",
};

/// Serialises nodes that start together.
const LOCK: i64 = 0x7269_6e67;

pub(super) async fn run(db: &Db) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    if db.dialect() == Dialect::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
    }
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)",
    )
    .execute(&mut *tx)
    .await?;
    let rows = sqlx::query("SELECT number, name, checksum FROM migration ORDER BY number")
        .fetch_all(&mut *tx)
        .await?;
    let mut applied = Vec::with_capacity(rows.len());
    for row in &rows {
        let (number, name): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        let Some(known) = MIGRATIONS.iter().find(|m| m.number == number) else {
            return Err(DbError::Migration(format!(
                "the database was written by a newer version: it holds `{name}`"
            )));
        };
        if checksum(known.text) != row.try_get::<String, _>(2)? {
            return Err(DbError::Migration(format!("migration `{name}` was altered after it was applied")));
        }
        applied.push(number);
    }
    for migration in MIGRATIONS.iter().filter(|m| !applied.contains(&m.number)) {
        let text = for_dialect(migration.text, db.dialect());
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *tx).await?;
        sqlx::query("INSERT INTO migration (number, name, checksum) VALUES ($1, $2, $3)")
            .bind(migration.number)
            .bind(migration.name)
            .bind(checksum(migration.text))
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await
}

fn for_dialect(text: &str, dialect: Dialect) -> String {
    let blob = match dialect {
        Dialect::Sqlite => "BLOB",
        Dialect::Postgres => "BYTEA",
    };
    text.replace("{blob}", blob)
}

fn checksum(text: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;

    #[test]
    fn numbers_rise() {
        assert!(MIGRATIONS.windows(2).all(|pair| pair[0].number < pair[1].number));
    }
}
