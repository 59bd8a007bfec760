//! The limit: the least that a check-in server can do. A token is hashed and looked up among a million, an ETag is compared,
//! 304 is answered. No database, no authentication of requests or replies, no metrics.

use std::{collections::HashMap, sync::Arc};

use anyhow::Result;
use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::get,
};

/// Tokens known to the server.
pub(crate) const TOKENS: u64 = 1_000_000;

type Known = Arc<HashMap<[u8; 32], u32>>;

/// The token of a number.
pub(crate) fn token(number: u64) -> String {
    format!("token-{number:026}")
}

fn key(token: &str) -> [u8; 32] {
    digest(&SHA256, token.as_bytes()).as_ref().try_into().unwrap_or_default()
}

/// Serves until the process ends; the first line on standard output is the port.
pub(crate) async fn serve() -> Result<()> {
    let known: Known = Arc::new((0..TOKENS).map(|number| (key(&token(number)), 7)).collect());
    let router = Router::new().route("/checkin", get(check_in)).with_state(known);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, router).await?;
    Ok(())
}

async fn check_in(State(known): State<Known>, headers: HeaderMap) -> impl IntoResponse {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match known.get(&key(text(header::AUTHORIZATION))) {
        None => StatusCode::UNAUTHORIZED,
        Some(version) if text(header::IF_NONE_MATCH) == format!("\"{version}\"") => StatusCode::NOT_MODIFIED,
        Some(_) => StatusCode::OK,
    }
}
