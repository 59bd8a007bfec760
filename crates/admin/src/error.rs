//! A refusal of the server, in words: Graph errors and problem documents (RFC 9457) alike.

use std::fmt;

use serde_json::Value;

/// What the server answered instead of doing it.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Stable code of the refusal, empty when the answer was not ours.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// The fields concerned, each with its value and what is allowed.
    pub fields: Vec<Field>,
    /// Finds the request in the server's log.
    pub request_id: String,
}

/// One field that was refused.
#[derive(Debug, Clone, Default)]
pub struct Field {
    path: String,
    problem: String,
    value: String,
    allowed: String,
}

impl ApiError {
    /// Reads the body of a refusal; a body that is neither form still gives a usable message.
    pub fn parse(status: u16, body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        if let Some(error) = value.get("error") {
            return Self::graph(status, error);
        }
        if value.get("code").is_some() || value.get("title").is_some() {
            return Self::problem(status, &value);
        }
        let shown: String = String::from_utf8_lossy(body).chars().take(200).collect();
        Self::bare(status, format!("the server answered {status} {}", shown.trim()).trim().to_owned())
    }

    fn bare(status: u16, message: String) -> Self {
        Self { status, code: String::new(), message, fields: Vec::new(), request_id: String::new() }
    }

    fn graph(status: u16, error: &Value) -> Self {
        let details = error.get("details").and_then(Value::as_array);
        let inner = error.get("innerError").unwrap_or(&Value::Null);
        Self {
            status,
            code: [text(inner, "code"), text(error, "code")]
                .into_iter()
                .find(|code| !code.is_empty())
                .unwrap_or_default(),
            message: text(error, "message"),
            fields: details.into_iter().flatten().map(Field::parse).collect(),
            request_id: text(inner, "request-id"),
        }
    }

    fn problem(status: u16, value: &Value) -> Self {
        let field = Field::parse(value);
        let message = [text(value, "detail"), text(value, "title")].into_iter().find(|text| !text.is_empty());
        Self {
            status,
            code: text(value, "code"),
            message: message.unwrap_or_else(|| format!("the server answered {status}")),
            fields: if field.path.is_empty() { Vec::new() } else { vec![field] },
            request_id: text(value, "requestId"),
        }
    }
}

impl Field {
    fn told(&self) -> String {
        if self.problem.is_empty() { self.path.clone() } else { self.problem.clone() }
    }

    fn parse(value: &Value) -> Self {
        let first = |names: &[&str]| names.iter().map(|name| text(value, name)).find(|t| !t.is_empty());
        Self {
            path: first(&["target", "path", "field"]).unwrap_or_default(),
            problem: first(&["message", "problem"]).unwrap_or_default(),
            value: text(value, "value"),
            allowed: text(value, "allowed"),
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.code.is_empty() {
            write!(f, " [{}]", self.code)?;
        }
        // The sentence of a Graph error may already tell all about its fields.
        for field in self.fields.iter().filter(|field| !self.message.contains(&field.told())) {
            write!(f, "\n  {field}")?;
        }
        if self.status >= 500 && !self.request_id.is_empty() {
            write!(f, "\n  request id {}", self.request_id)?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", if self.path.is_empty() { "(document)" } else { &self.path })?;
        if !self.problem.is_empty() {
            write!(f, ": {}", self.problem)?;
        }
        if !self.value.is_empty() {
            write!(f, "; value: {}", self.value)?;
        }
        if !self.allowed.is_empty() {
            write!(f, "; allowed: {}", self.allowed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_field_value_and_allowed() {
        let graph = br#"{"error":{"code":"BadRequest","message":"the policy is not valid","details":[
            {"code":"invalid","target":"maximumPinRetries","message":"is not a number","value":"many","allowed":"1 to 65535"}]}}"#;
        let problem = br#"{"title":"x","detail":"the policy is not valid","code":"BadRequest","field":"maximumPinRetries",
            "value":"many","allowed":"1 to 65535"}"#;
        for body in [&graph[..], &problem[..]] {
            let shown = ApiError::parse(400, body).to_string();
            for part in [
                "the policy is not valid [BadRequest]",
                "maximumPinRetries",
                "value: many",
                "allowed: 1 to 65535",
            ] {
                assert!(shown.contains(part), "`{shown}` lacks `{part}`");
            }
        }
    }

    #[test]
    fn a_foreign_answer_is_still_named() {
        assert_eq!(ApiError::parse(502, b"Bad Gateway\n").to_string(), "the server answered 502 Bad Gateway");
    }
}
