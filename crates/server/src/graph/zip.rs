//! gzip of answers, for clients that take it.

use std::io::Write as _;

use axum::{
    body::{Body, HttpBody as _},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt as _;

/// Below this, compressing costs more than it saves.
const SIZE_MIN: u64 = 1024;

/// Whether the client takes gzip.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let stated = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    stated.flat_map(|value| value.split(',')).any(|one| {
        let (name, quality) = one.split_once(';').unwrap_or((one, ""));
        let refused =
            matches!(quality.trim().to_ascii_lowercase().as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        ["gzip", "*"].contains(&name.trim().to_ascii_lowercase().as_str()) && !refused
    })
}

/// The response, compressed when it is whole in memory and worth it.
pub(super) async fn zipped(response: Response) -> Response {
    let size = response.body().size_hint().exact().unwrap_or(0);
    let (mut head, body) = response.into_parts();
    head.headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if size < SIZE_MIN || head.headers.contains_key(header::CONTENT_ENCODING) {
        return Response::from_parts(head, body);
    }
    // A body of known size is in memory: it neither waits nor fails.
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Response::from_parts(head, Body::empty());
    };
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    let Ok(zipped) = encoder.write_all(&bytes).and_then(|()| encoder.finish()) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(zipped))
}
