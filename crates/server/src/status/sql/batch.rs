//! Many rows as the parameters of one statement: an array a column on PostgreSQL, one JSON text on SQLite.

use serde_json::Value;

use crate::db::Dialect;

/// Rows of `N` named columns. Parameters count from `$2`; `$1` is the tenant.
pub(super) struct Batch<const N: usize> {
    /// Name, and type on PostgreSQL.
    columns: [(&'static str, &'static str); N],
    rows: Vec<[Value; N]>,
}

impl<const N: usize> Batch<N> {
    pub(super) fn new(
        columns: [(&'static str, &'static str); N],
        rows: impl Iterator<Item = [Value; N]>,
    ) -> Self {
        Self { columns, rows: rows.collect() }
    }

    /// The rows as a table `r`.
    pub(super) fn source(&self, dialect: Dialect) -> String {
        let columns = self.columns.iter().enumerate();
        match dialect {
            Dialect::Postgres => {
                let names = self.columns.map(|(name, _)| name).join(", ");
                let arrays: Vec<_> =
                    columns.map(|(place, (_, kind))| format!("${}::{kind}[]", place + 2)).collect();
                format!("unnest({}) AS r({names})", arrays.join(", "))
            }
            Dialect::Sqlite => {
                let named: Vec<_> =
                    columns.map(|(place, (name, _))| format!("value->>{place} AS {name}")).collect();
                format!("(SELECT {} FROM json_each($2)) AS r", named.join(", "))
            }
        }
    }

    /// The parameters of [`Batch::source`], in order.
    pub(super) fn parameters(&self, dialect: Dialect) -> Vec<String> {
        match dialect {
            Dialect::Postgres => (0..N).map(|place| self.array(place)).collect(),
            Dialect::Sqlite => {
                let rows: Vec<&[Value]> = self.rows.iter().map(<[Value; N]>::as_slice).collect();
                vec![serde_json::to_string(&rows).unwrap_or_default()]
            }
        }
    }

    /// One column as the text of a PostgreSQL array.
    fn array(&self, place: usize) -> String {
        let mut text = String::with_capacity(2 + self.rows.len() * 40);
        text.push('{');
        for (number, row) in self.rows.iter().enumerate() {
            if number > 0 {
                text.push(',');
            }
            match row.get(place) {
                None | Some(Value::Null) => text.push_str("NULL"),
                Some(Value::String(value)) => quote(value, &mut text),
                Some(other) => text.push_str(&other.to_string()),
            }
        }
        text.push('}');
        text
    }
}

fn quote(value: &str, text: &mut String) {
    text.push('"');
    for letter in value.chars() {
        if matches!(letter, '"' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_survive_the_text_of_an_array() {
        let rows = [[json!("a\"b\\c"), json!(1)], [json!(""), json!(null)]];
        let batch = Batch::new([("name", "text"), ("number", "bigint")], rows.into_iter());
        assert_eq!(batch.parameters(Dialect::Postgres), [r#"{"a\"b\\c",""}"#, "{1,NULL}"]);
        assert_eq!(batch.parameters(Dialect::Sqlite), [r#"[["a\"b\\c",1],["",null]]"#]);
        assert_eq!(batch.source(Dialect::Postgres), "unnest($2::text[], $3::bigint[]) AS r(name, number)");
    }
}
