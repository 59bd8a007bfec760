//! What a provider says of itself (OpenID Connect Discovery 1.0 §3, RFC 8414, RFC 9207).

use serde::Deserialize;
use url::Url;

use super::{Settings, fetch, settings::is_plain};

/// The members of the discovery document that matter here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) token_endpoint: Option<String>,
    pub(crate) jwks_uri: String,
    pub(crate) end_session_endpoint: Option<String>,
    /// Answers of the authorization endpoint carry `iss`, so one without is not from there.
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub(crate) names_issuer: bool,
}

impl Metadata {
    /// Asks the provider.
    ///
    /// # Errors
    /// It does not answer, names another issuer, or an endpoint that may not be spoken to.
    pub(super) async fn fetch(settings: &Settings) -> Result<Self, String> {
        let url = format!("{}/.well-known/openid-configuration", settings.issuer.trim_end_matches('/'));
        let plain = is_plain(&settings.issuer);
        let body = fetch::get(&url, plain, settings.ca_certificate.as_deref()).await;
        Self::read(&body.map_err(|error| error.to_string())?, &settings.issuer)
    }

    fn read(body: &[u8], issuer: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_slice(body)
            .map_err(|error| format!("its discovery document cannot be read: {error}"))?;
        if read.issuer != issuer {
            return Err(format!("its discovery document is of `{}`, not of `{issuer}`", read.issuer));
        }
        let endpoints = [
            read.authorization_endpoint.as_ref(),
            read.token_endpoint.as_ref(),
            Some(&read.jwks_uri),
            read.end_session_endpoint.as_ref(),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            let url = Url::parse(endpoint).map_err(|_| format!("`{endpoint}` is not an address"))?;
            fetch::check_url(&url, is_plain(issuer)).map_err(|why| format!("`{endpoint}`: {why}"))?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_of_another_issuer_or_with_wild_endpoints_is_refused() {
        let issuer = "https://id.school.example";
        let read = |document: serde_json::Value| Metadata::read(document.to_string().as_bytes(), issuer);
        assert!(read(json!({"issuer": issuer, "jwks_uri": "https://keys.school.example/"})).is_ok());
        for wrong in [
            json!({"issuer": "https://id.school.example/", "jwks_uri": "https://id.school.example/jwks"}),
            json!({"issuer": issuer}),
            json!({"issuer": issuer, "jwks_uri": "http://id.school.example/jwks"}),
            json!({"issuer": issuer, "jwks_uri": "http://127.0.0.1/jwks"}),
            json!({"issuer": issuer, "jwks_uri": "https://id.school.example/jwks", "token_endpoint": "file:///x"}),
            json!([]),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
