//! The administration API on the command line: where the server is, who is asking.

mod connect;

pub(crate) use connect::{Connect, ServerAddress};
pub(crate) use ringfence_admin::{Api, ApiError, POLICIES, bytes, escape, text};
