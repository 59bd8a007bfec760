//! The report as CSV (RFC 4180). Cells that a spreadsheet would take for a formula are made plain text.

use serde_json::Value;

use super::Row;

const COLUMNS: [&str; 22] = [
    "userPrincipalName",
    "app",
    "platform",
    "state",
    "because",
    "versionInForce",
    "obeyedVersion",
    "upToDate",
    "blockedBy",
    "wipePending",
    "lastCheckInAt",
    "reportedAt",
    "registeredAt",
    "appVersion",
    "sdkVersion",
    "osVersion",
    "manufacturer",
    "model",
    "management",
    "deviceTag",
    "instance",
    "policies",
];

pub(super) fn render(rows: &[Row]) -> String {
    let mut out = COLUMNS.join(",");
    out.push_str("\r\n");
    for row in rows {
        let value = serde_json::to_value(row).unwrap_or_default();
        let cells = COLUMNS.map(|name| cell(name, value.get(name).unwrap_or(&Value::Null)));
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

/// One cell; members named `…At` are times.
pub(crate) fn cell(name: &str, value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
        Value::Number(at) if name.ends_with("At") => at
            .as_i64()
            .and_then(|at| jiff::Timestamp::from_millisecond(at).ok())
            .map(|at| at.to_string())
            .unwrap_or_default(),
        other => other.to_string(),
    };
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::cell;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let cases = [
            (json!("plain"), "plain"),
            (json!("a,b"), "\"a,b\""),
            (json!("say \"x\""), "\"say \"\"x\"\"\""),
            (json!("=1+1"), "'=1+1"),
            (json!(["a", "b"]), "a; b"),
            (json!(null), ""),
            (json!(true), "true"),
        ];
        for (value, expected) in cases {
            assert_eq!(cell("model", &value), expected);
        }
        assert_eq!(cell("reportedAt", &json!(0)), "1970-01-01T00:00:00Z");
    }
}
