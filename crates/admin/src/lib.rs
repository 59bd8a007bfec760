//! The administration API as programs use it: one agent, one token, errors that name the field.
//!
//! The command line, the demo and the scenarios act through this crate; it decides nothing itself.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::todo,
        clippy::unreachable
    )
)]

mod agent;
pub mod app;
pub mod device;
mod error;
pub mod filter;
mod find;
pub mod group;
pub mod licence;
pub mod policy;
pub mod template;
pub mod user;
pub mod wipe;

use std::{
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::Context;
use ringfence_protocol::Bytes;
use serde_json::Value;

pub use error::{ApiError, Field};
pub use find::POLICIES;

/// Largest answer that is read, in bytes.
const ANSWER_MAX: u64 = 64 * 1024 * 1024;

/// A client of one server, acting with one token.
#[derive(Debug)]
pub struct Api {
    agent: ureq::Agent,
    base: String,
    authorization: String,
}

impl Api {
    /// Connects to nothing yet; the first call does. An empty token is none.
    pub fn new(server: &str, token: &str, ca: Option<&Path>) -> anyhow::Result<Self> {
        anyhow::ensure!(
            server.starts_with("http://") || server.starts_with("https://"),
            "`{server}` is not the address of a server: expected http://HOST:PORT or https://HOST:PORT"
        );
        let agent = agent::agent(server, ca)?;
        let base = server.trim_end_matches('/').to_owned();
        let authorization = if token.is_empty() { String::new() } else { format!("Bearer {token}") };
        Ok(Self { agent, base, authorization })
    }

    /// `http://HOST:PORT`, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `GET path`, the answer as JSON.
    pub fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call("GET", path, None)
    }

    /// `GET path`, the answer as it is, asking for a media type.
    pub fn get_text(&self, path: &str, accept: &str) -> anyhow::Result<String> {
        let body = self.send("GET", path, accept, None)?;
        String::from_utf8(body).context("the answer is not UTF-8")
    }

    /// `GET path`, the answer as it comes in, however long it is.
    pub fn stream(&self, path: &str, accept: &str) -> anyhow::Result<impl BufRead + use<>> {
        let response = self.answer("GET", path, accept, None)?;
        Ok(BufReader::new(response.into_body().into_reader()))
    }

    /// `POST path` with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("POST", path, Some(body))
    }

    /// `PATCH path` with a JSON body.
    pub fn patch(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("PATCH", path, Some(body))
    }

    /// `PUT path` with a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("PUT", path, Some(body))
    }

    /// `DELETE path`.
    pub fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.call("DELETE", path, None)
    }

    /// All members of an OData collection, following `@odata.nextLink`.
    pub fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let mut page = self.get(&path)?;
            if let Some(Value::Array(values)) = page.get_mut("value").map(Value::take) {
                items.extend(values);
            }
            let link = page.get("@odata.nextLink").and_then(Value::as_str);
            next = link.map(|link| link.strip_prefix(&self.base).unwrap_or(link).to_owned());
        }
        Ok(items)
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let bytes = body.map(serde_json::to_vec).transpose()?;
        let answer = self.send(method, path, "application/json", bytes)?;
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer).context("the answer is not JSON: is this a Ringfence server?")
    }

    fn send(&self, method: &str, path: &str, accept: &str, body: Option<Vec<u8>>) -> anyhow::Result<Vec<u8>> {
        let mut response = self.answer(method, path, accept, body)?;
        Ok(response.body_mut().with_config().limit(ANSWER_MAX).read_to_vec()?)
    }

    /// The answer with its body still to be read; an error when it is one.
    fn answer(
        &self,
        method: &str,
        path: &str,
        accept: &str,
        body: Option<Vec<u8>>,
    ) -> anyhow::Result<ureq::http::Response<ureq::Body>> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("accept", accept);
        if !self.authorization.is_empty() {
            request = request.header("authorization", &self.authorization);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(body.unwrap_or_default()).context("the request cannot be made")?;
        let mut response = self
            .agent
            .run(request)
            .with_context(|| format!("the server at {} cannot be reached", self.base))?;
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(response);
        }
        let answer = response.body_mut().with_config().limit(ANSWER_MAX).read_to_vec()?;
        Err(ApiError::parse(status, &answer).into())
    }
}

/// Escapes a text for one segment or query value of a path (RFC 3986 §2.3).
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
    escaped
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase()
}

/// The text of a member, empty when it is absent or null.
pub fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The bytes of a member: base64url without padding.
pub fn bytes(value: &Value, name: &str) -> anyhow::Result<Bytes> {
    let member = value.get(name).with_context(|| format!("`{name}` is missing in the server's answer"))?;
    serde_json::from_value(member.clone()).with_context(|| format!("`{name}` in the server's answer"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn escaping_leaves_only_unreserved_characters() {
        assert_eq!(super::escape("a b/é'~"), "a%20b%2F%C3%A9%27~");
    }
}
