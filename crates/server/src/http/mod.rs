//! Everything between a socket and a feature's handler: accept loop, request ids, limits, errors, metrics.

mod accept;
mod base;
mod body;
mod error;
mod health;
mod metrics;
mod misfit;
mod openapi;
mod patient;
mod peer;
mod problem;
mod router;
pub(crate) mod schema;
mod service;
mod tls;

pub(crate) use accept::{Acceptor, serve};
pub(crate) use base::BaseUrl;
pub use body::{BODY_MAX, IMPORT_MAX, Json, read_body};
pub(crate) use body::{parse_json, require_json};
pub use error::{ApiError, FieldProblem};
pub(crate) use error::{ErrorForm, challenge};
pub use metrics::Metrics;
pub(crate) use peer::{Peer, origin};
pub(crate) use router::router;
pub use service::RequestId;
pub(crate) use service::{Service, is_graph_version};
pub(crate) use tls::acceptor as tls_acceptor;
