//! The token endpoint of programs, laid out as MSAL looks for it: a path segment that names the organisation before
//! `oauth2/v2.0/token`, and a discovery document beside it.
//!
//! Errors are those of OAuth (RFC 6749 §5.2): clients show `error` and `error_description`.

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringfence_model::TenantId;
use serde_json::json;
use zeroize::Zeroizing;

use super::ops;
use crate::{
    app::{App, Shared},
    http::{ApiError, BODY_MAX, BaseUrl, challenge, read_body},
    signin::Attempt,
    token::only_authorization,
};

/// An OAuth error.
struct Refused {
    status: StatusCode,
    error: &'static str,
    description: String,
    retry_after_s: Option<u64>,
}

impl Refused {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into(), retry_after_s: None }
    }

    fn bad(error: &'static str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description)
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        let name =
            if error.status().is_server_error() { "temporarily_unavailable" } else { "invalid_request" };
        Self::new(error.status(), name, error.detail())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.description});
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, challenge("Basic", Some(self.error), &self.description));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The organisation that a path names: by its id, or by `default` for the one this server is of.
fn tenant(app: &App, segment: &str) -> Option<TenantId> {
    let named =
        segment.eq_ignore_ascii_case("default") || segment.eq_ignore_ascii_case(&app.tenant.to_string());
    named.then_some(app.tenant)
}

pub(super) async fn discovery(
    State(app): State<Shared>,
    Path(segment): Path<String>,
    origin: BaseUrl,
) -> Result<Response, Response> {
    tenant(&app, &segment).ok_or_else(|| unknown(&segment).into_response())?;
    let base = format!("{origin}/{segment}");
    Ok(Json(json!({
        "issuer": format!("{base}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": [".default"],
    }))
    .into_response())
}

/// The tokens are not signed but looked up, so nobody needs a key to judge them.
pub(super) async fn keys(State(app): State<Shared>, Path(segment): Path<String>) -> Response {
    match tenant(&app, &segment) {
        Some(_) => Json(json!({ "keys": [] })).into_response(),
        None => unknown(&segment).into_response(),
    }
}

/// Discovery demands that the endpoint exists; people sign in at `/auth/login` and at the providers.
pub(super) async fn authorize() -> ApiError {
    let detail =
        "this server gives tokens to programs by client credentials; people sign in at `/auth/login`";
    ApiError::new(StatusCode::NOT_IMPLEMENTED, "operation_not_offered", detail)
}

fn unknown(segment: &str) -> Refused {
    let segment: String = segment.chars().take(64).collect();
    Refused::bad(
        "invalid_tenant",
        format!("`{segment}` is not an organisation here: send its id, or `default`"),
    )
}

pub(super) async fn token(
    State(app): State<Shared>,
    Path(segment): Path<String>,
    attempt: Attempt,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match grant(&app, &segment, &attempt, &headers, body).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(),
    }
}

async fn grant(
    app: &App,
    segment: &str,
    attempt: &Attempt,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let tenant = tenant(app, segment).ok_or_else(|| unknown(segment))?;
    let form = form(headers, body).await?;
    let member = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    match member("grant_type") {
        Some("client_credentials") => {}
        Some(other) => {
            let other: String = other.chars().take(64).collect();
            let text = format!("`{other}` is not offered: send `client_credentials`");
            return Err(Refused::bad("unsupported_grant_type", text));
        }
        None => {
            return Err(Refused::bad(
                "invalid_request",
                "`grant_type` is missing: send `client_credentials`",
            ));
        }
    }
    let (id, secret) = match basic(headers)? {
        Some(pair) => pair,
        None => {
            let (Some(id), Some(secret)) = (member("client_id"), member("client_secret")) else {
                return Err(Refused::bad("invalid_request", "`client_id` and `client_secret` are needed"));
            };
            (id.to_owned(), Zeroizing::new(secret.to_owned()))
        }
    };
    attempt.begin(app).map_err(|wait_s| Refused {
        retry_after_s: Some(wait_s),
        ..Refused::new(
            StatusCode::TOO_MANY_REQUESTS,
            "temporarily_unavailable",
            format!("too many failures from this address: try again in {wait_s} seconds"),
        )
    })?;
    // `.default` of any resource asks for whatever the program has.
    let scopes = member("scope").unwrap_or_default().split_whitespace();
    let scopes: Vec<&str> =
        scopes.filter(|scope| !scope.ends_with("/.default") && *scope != ".default").collect();
    let granted = ops::grant(&app.db, &app.env, tenant, &id, &secret, &scopes).await;
    let Some((token, secret)) = granted.map_err(ApiError::from)? else {
        attempt.failed(app);
        let object = ops::find_tried(&mut *app.db.read().await.map_err(ApiError::from)?, tenant, &id).await;
        let object = object.map_err(ApiError::from)?;
        let why = ("invalid_client", "the client id or the client secret is wrong".to_owned());
        attempt.note(app, object, None, why).await;
        return Err(Refused::new(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "the client id or the client secret is wrong",
        ));
    };
    let seconds = ops::TOKEN_LIFE.0 / 1000;
    let mut answer = json!({
        "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": secret,
    });
    if let Some(scopes) = &token.scopes {
        answer["scope"] = json!(scopes);
    }
    let mut response = Json(answer).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn form(headers: &HeaderMap, body: Body) -> Result<Vec<(String, String)>, Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        return Err(Refused::bad("invalid_request", "the body must be application/x-www-form-urlencoded"));
    }
    let bytes = read_body(body, BODY_MAX).await?;
    Ok(url::form_urlencoded::parse(&bytes).into_owned().collect())
}

/// Client id and secret of an `Authorization: Basic` header, each form-encoded (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, Zeroizing<String>)>, Refused> {
    let several = |error: ApiError| Refused::new(StatusCode::UNAUTHORIZED, "invalid_client", error.detail());
    let Some(value) = only_authorization(headers).map_err(several)? else { return Ok(None) };
    let bad = || {
        Refused::new(StatusCode::UNAUTHORIZED, "invalid_client", "the `Authorization` header is not `Basic`")
    };
    let text = value.to_str().map_err(|_| bad())?;
    let (scheme, encoded) = text.split_once(' ').ok_or_else(bad)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(bad());
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).map_err(|_| bad())?);
    let text = std::str::from_utf8(&decoded).map_err(|_| bad())?;
    let (id, secret) = text.split_once(':').ok_or_else(bad)?;
    let plain = |text: &str| {
        let pairs = url::form_urlencoded::parse(text.as_bytes()).next();
        pairs.map(|(key, _)| key.into_owned()).unwrap_or_default()
    };
    Ok(Some((plain(id), Zeroizing::new(plain(secret)))))
}
