//! Reading typed values out of rows.

use std::str::FromStr;

use sqlx::Row as _;

use super::{DbError, Row};

/// The value of a TEXT column that has a form of its own, such as an id.
pub(crate) fn parsed<T: FromStr>(row: &Row, at: usize, column: &'static str) -> Result<T, DbError> {
    row.try_get::<&str, _>(at)?.parse().map_err(|_| DbError::Corrupt { column })
}
