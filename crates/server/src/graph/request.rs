//! One request to the Graph surface.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::Body,
    http::{HeaderMap, Method, request::Parts},
};
use ringfence_model::{document::ApiVersion, import::Strict};
use serde::de::DeserializeOwned;

use super::{Query, path, schema};
use crate::{
    app::Shared,
    authz::{Actor, Sight, sight},
    failure::Failure,
    http::{ApiError, BODY_MAX, BaseUrl, IMPORT_MAX, parse_json, read_body, require_json},
    token,
};

/// A request with its caller known and its URL taken apart.
pub(crate) struct Request {
    pub(crate) app: Shared,
    pub(crate) actor: Arc<Actor>,
    pub(crate) version: ApiVersion,
    /// `HEAD` has become `GET`.
    pub(crate) method: Method,
    /// Segments below the version, keys included, as written; without casts, `$count`, and `$ref` of a reading.
    pub(crate) path: Vec<String>,
    /// The type that the path asserts or filters by, such as `iosManagedAppProtection`. Answers made with
    /// `collection`, `apply` and `entity` obey it already.
    pub(crate) cast: Option<String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    /// `https://host/v1.0`
    pub(crate) root: String,
    /// The same for `@odata.context`: clients that expect a certain host there are given it.
    pub(crate) context: String,
    /// `https://host`
    pub(super) host: String,
    /// After how many segments a type is asserted.
    casts: Vec<(usize, &'static schema::Type)>,
    arguments: Vec<(String, String)>,
    /// Behind a lock only because a body may not be shared between threads and the rest of a request may.
    body: Mutex<Body>,
}

/// The parts of a request that come from outside.
pub(super) struct Incoming {
    pub(super) method: Method,
    /// Below the version.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

impl Request {
    pub(super) async fn open(app: Shared, parts: Parts, body: Body) -> Result<Self, ApiError> {
        let actor = token::authenticate(&app, &parts).await?;
        let rest = parts.uri.path().trim_start_matches('/');
        let (prefix, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let version = if prefix.eq_ignore_ascii_case("beta") { ApiVersion::Beta } else { ApiVersion::V1 };
        let host = BaseUrl::new(&app, &parts.uri, &parts.headers).0;
        let incoming = Incoming {
            path: rest.to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            method: parts.method,
            headers: parts.headers,
            body,
        };
        Self::make(app, actor, version, host, incoming)
    }

    /// A request of a caller who is known already.
    pub(super) fn make(
        app: Shared,
        actor: Arc<Actor>,
        version: ApiVersion,
        host: String,
        incoming: Incoming,
    ) -> Result<Self, ApiError> {
        let mut query = Query::parse(&incoming.query)?;
        let path = path::parse(&incoming.path)?;
        let method = if incoming.method == Method::HEAD { Method::GET } else { incoming.method };
        let mut segments = path.segments;
        if method == Method::GET && segments.last().is_some_and(|last| last.eq_ignore_ascii_case("$ref")) {
            segments.pop();
            query.scope.references = true;
        }
        let place = schema::resolve(&segments);
        query.scope.kind = place.and_then(|place| place.kind);
        query.scope.cast = path.casts.iter().find(|(at, _)| *at == segments.len()).map(|(_, cast)| *cast);
        if path.count {
            if place.is_some_and(|place| !place.of.many) {
                return Err(ApiError::not_found("Resource not found for the segment '$count'."));
            }
            query.scope.count_only = true;
            query.count = true;
        }
        check_casts(&segments, &path.casts)?;
        if method != Method::GET {
            // What a change is to show is looked at before it is made: afterwards nothing is refused any more.
            query.check_shown(query.scope.kind, version, &[])?;
        }
        if query.top.is_none() && method == Method::GET {
            query.top = page_size(&incoming.headers);
        }
        let context = app.graph_root.as_ref().unwrap_or(&host);
        let cast = path.casts.last().map(|(_, cast)| cast.name.to_owned());
        Ok(Self {
            actor,
            version,
            method,
            path: segments,
            cast,
            query,
            headers: incoming.headers,
            root: format!("{host}/{}", version.as_str()),
            context: format!("{}/{}", context.trim_end_matches('/'), version.as_str()),
            host,
            app,
            casts: path.casts,
            arguments: path.arguments,
            body: Mutex::new(incoming.body),
        })
    }

    /// What the caller can see. Ask before taking a connection.
    pub(crate) async fn sight(&self) -> Result<Sight, ApiError> {
        Ok(sight(&self.app, &self.actor).await?)
    }

    /// The segments in lower case, for matching names.
    pub(crate) fn lower(&self) -> Vec<String> {
        self.path.iter().map(|segment| segment.to_ascii_lowercase()).collect()
    }

    /// A segment as written; empty when there is none.
    pub(crate) fn key(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }

    /// A parameter of a function in the path: `getX(platform='iOS')`.
    pub(crate) fn argument(&self, name: &str) -> Option<&str> {
        let found = self.arguments.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the path leaves it open that its first `segments` segments lead to an object of this type:
    /// `managedAppPolicies/T_x/microsoft.graph.iosManagedAppProtection/apps` does not for other policies.
    pub(crate) fn admits(&self, segments: usize, kind: &str) -> bool {
        let schema = schema::schema();
        let Some(kind) = schema.find_type(kind) else { return true };
        self.casts.iter().filter(|(at, _)| *at == segments).all(|(_, cast)| schema.is_a(kind, cast))
    }

    /// URL of what the path leads to, without cast, `/$ref` and query.
    pub(super) fn place(&self) -> String {
        let segments = self.path.iter().map(|segment| format!("/{}", escape(segment)));
        format!("{}{}", self.root, segments.collect::<String>())
    }

    /// Its own URL without the query.
    pub(super) fn url(&self) -> String {
        let mut url = self.place();
        if let Some(cast) = self.query.scope.cast {
            url.push_str("/microsoft.graph.");
            url.push_str(cast.name);
        }
        if self.query.scope.references {
            url.push_str("/$ref");
        }
        url
    }

    /// The body as JSON of a known form; can be taken once.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self) -> Result<T, ApiError> {
        self.json_within(BODY_MAX).await
    }

    /// The same for bodies of another size.
    pub(crate) async fn json_within<T: DeserializeOwned>(&mut self, max: usize) -> Result<T, ApiError> {
        let bytes = self.bytes(max).await?;
        let Strict(mut body) = parse_json(&bytes)?;
        if self.spell(&mut body)? {
            return parse_json(body.to_string().as_bytes());
        }
        parse_json(&bytes)
    }

    /// Spells the names of members as the schema does; false when nothing was to be done.
    fn spell(&self, body: &mut serde_json::Value) -> Result<bool, ApiError> {
        let Some(declared) = schema::declared(&self.path, self.query.scope.cast) else { return Ok(false) };
        schema::spell(&declared, body).map_err(|fault| Failure::Invalid(vec![fault]).into())
    }

    /// The body of a policy document, in whatever encoding; can be taken once.
    pub(crate) async fn document(&mut self) -> Result<serde_json::Value, ApiError> {
        let bytes = self.bytes(IMPORT_MAX).await?;
        let mut document = ringfence_model::import::decode_json(&bytes)
            .map_err(|error| ApiError::bad_request(error.code(), error.to_string()))?;
        self.spell(&mut document)?;
        Ok(document)
    }

    async fn bytes(&mut self, max: usize) -> Result<axum::body::Bytes, ApiError> {
        require_json(&self.headers)?;
        read_body(std::mem::take(self.body.get_mut().unwrap_or_else(PoisonError::into_inner)), max).await
    }

    /// The page size that is preferred.
    pub(super) fn page_size(&self) -> Option<usize> {
        page_size(&self.headers)
    }

    /// Whether a preference is stated, e.g. `return=minimal`.
    pub(crate) fn prefers(&self, wanted: &str) -> bool {
        let stated = self.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        stated.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(wanted))
    }
}

/// `Prefer: odata.maxpagesize=n`.
fn page_size(headers: &HeaderMap) -> Option<usize> {
    let stated = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut sizes = stated.flat_map(|value| value.split([',', ';'])).filter_map(|one| {
        let (name, size) = one.split_once('=')?;
        let named = ["odata.maxpagesize", "maxpagesize"].contains(&name.trim().to_ascii_lowercase().as_str());
        size.trim().trim_matches('"').parse().ok().filter(|size| named && *size > 0)
    });
    sizes.next()
}

/// A cast to a type that the objects there can never be of finds nothing.
fn check_casts(segments: &[String], casts: &[(usize, &'static schema::Type)]) -> Result<(), ApiError> {
    for (at, cast) in casts {
        let place = segments.get(..*at).and_then(schema::resolve);
        let Some(kind) = place.and_then(|place| place.kind) else { continue };
        let schema = schema::schema();
        if !schema.is_a(kind, cast) && !schema.is_a(cast, kind) {
            let detail = format!("a `{}` is never a `{}`", kind.name, cast.name);
            return Err(ApiError::not_found(detail));
        }
    }
    Ok(())
}

fn escape(segment: &str) -> String {
    segment
        .replace('%', "%25")
        .replace('/', "%2F")
        .replace('?', "%3F")
        .replace('#', "%23")
        .replace(' ', "%20")
}
