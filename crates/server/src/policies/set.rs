//! Which set of policies a request addresses.

use axum::http::StatusCode;
use ringfence_model::document::{ApiVersion, PolicyDocument, PolicyKind};

use super::Policy;
use crate::http::ApiError;

/// One kind, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    All,
    Of(PolicyKind),
}

impl Set {
    /// The set of this name, in whatever letter case.
    ///
    /// # Errors
    /// 404 when the version does not have it.
    pub(super) fn parse(name: &str, version: ApiVersion) -> Result<Option<Self>, ApiError> {
        if name.eq_ignore_ascii_case("managedAppPolicies") {
            return Ok(Some(Self::All));
        }
        match PolicyKind::from_collection(name) {
            Some(kind) if has(version, kind) => Ok(Some(Self::Of(kind))),
            Some(kind) => Err(no_segment(kind.collection())),
            None => Ok(None),
        }
    }

    /// Whether a policy is listed here.
    pub(super) fn holds(self, policy: &Policy, version: ApiVersion) -> bool {
        let kind = policy.document.kind;
        has(version, kind) && matches!(self, Self::All) || self == Self::Of(kind)
    }

    /// Whether a new policy may be made here.
    ///
    /// # Errors
    /// 400 when the version does not know its kind.
    pub(super) fn admits(document: &PolicyDocument, version: ApiVersion) -> Result<(), ApiError> {
        if has(version, document.kind) {
            return Ok(());
        }
        let detail = format!("`@odata.type`: `{}` exists under /beta only", document.kind.odata_type());
        Err(ApiError::bad_request("invalid_value", detail))
    }

    /// The fragment of `@odata.context`.
    pub(super) fn context(self) -> String {
        match self {
            Self::All => "deviceAppManagement/managedAppPolicies".to_owned(),
            Self::Of(kind) => format!("deviceAppManagement/{}", kind.collection()),
        }
    }
}

fn has(version: ApiVersion, kind: PolicyKind) -> bool {
    version == ApiVersion::Beta || kind != PolicyKind::WindowsProtection
}

/// What Graph answers for a name that a version does not have.
pub(super) fn no_segment(name: &str) -> ApiError {
    let detail = format!("Resource not found for the segment '{name}'.");
    ApiError::new(StatusCode::NOT_FOUND, "segment_unknown", detail)
}
