//! What Graph could do: the table of its operations that concern app protection. An operation in it that no feature
//! answers is refused by name; a path that is in no table is not found.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use ringfence_model::document::ApiVersion;

use super::schema::schema;
use crate::http::ApiError;

const TABLE: &str = include_str!("../../data/graph-operations.txt");

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| TABLE.lines().filter_map(read).collect());

/// Names of what Graph has elsewhere.
const ELSEWHERE: &str = include_str!("../../data/graph-elsewhere.txt");

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| ELSEWHERE.lines().filter_map(Place::read).collect());

struct Place {
    /// In lower case.
    path: Vec<String>,
    /// Only in one version.
    only: Option<ApiVersion>,
}

impl Place {
    /// `deviceManagement/intents beta`.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let path = words.next().filter(|path| !path.starts_with('#'))?;
        let path = path.split('/').map(str::to_ascii_lowercase).collect();
        Some(Self { path, only: (words.next() == Some("beta")).then_some(ApiVersion::Beta) })
    }
}

struct Operation {
    method: &'static str,
    /// In lower case; `{}` is a key.
    path: Vec<String>,
    /// Only in one version.
    only: Option<ApiVersion>,
}

impl Operation {
    /// How many leading segments fit.
    fn fits(&self, path: &[String]) -> usize {
        let pairs = self.path.iter().zip(path);
        pairs.take_while(|(pattern, segment)| *pattern == "{}" || *pattern == *segment).count()
    }
}

/// `GET /users/{} A [VERSION]`.
fn read(line: &'static str) -> Option<Operation> {
    if line.starts_with('#') {
        return None;
    }
    let mut words = line.split(' ');
    let (method, path, _tier) = (words.next()?, words.next()?, words.next()?);
    let path = path.split('/').filter(|segment| !segment.is_empty()).map(str::to_ascii_lowercase).collect();
    let only = match words.next() {
        Some("beta") => Some(ApiVersion::Beta),
        Some("v1.0") => Some(ApiVersion::V1),
        _ => None,
    };
    Some(Operation { method, path, only })
}

/// Why nothing answered: 501 for an operation of Graph, 405 for a path of Graph with another method, 404 otherwise.
pub(super) fn refusal(method: &Method, path: &[String], version: ApiVersion) -> ApiError {
    let lower: Vec<String> = path.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let named = format!("{method} /{}/{}", version.as_str(), path.join("/"));
    let here = |operation: &&Operation| operation.only.is_none_or(|only| only == version);
    let fitting =
        |operation: &&Operation| operation.path.len() == lower.len() && operation.fits(&lower) == lower.len();
    let at_path: Vec<&Operation> = OPERATIONS.iter().filter(here).filter(fitting).collect();
    if at_path.iter().any(|operation| operation.method == method.as_str()) {
        let detail = format!("`{named}` is an operation of Graph that this server does not offer");
        return ApiError::new(StatusCode::NOT_IMPLEMENTED, "operation_not_offered", detail);
    }
    if !at_path.is_empty() {
        let mut methods: Vec<&str> = at_path.iter().map(|operation| operation.method).collect();
        methods.dedup();
        let detail = format!("`{named}`: this path takes {}", methods.join(", "));
        return ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    }
    if let Some(other) = OPERATIONS.iter().filter(fitting).find_map(|operation| operation.only) {
        let detail = format!("`{named}` exists under /{} only", other.as_str());
        return ApiError::not_found(detail).graph_code("BadRequest");
    }
    if is_elsewhere(&lower, version) {
        let detail = format!("`{named}` is an operation of Graph that this server does not offer");
        return ApiError::new(StatusCode::NOT_IMPLEMENTED, "operation_not_offered", detail);
    }
    let known = OPERATIONS.iter().filter(here).map(|operation| operation.fits(&lower)).max().unwrap_or(0);
    let segment = path.get(known.min(path.len().saturating_sub(1))).map_or("", String::as_str);
    ApiError::not_found(format!("Resource not found for the segment '{segment}'.")).graph_code("BadRequest")
}

/// Whether a path leads below a set that Graph has and that has nothing to do with app protection, such as
/// `deviceAppManagement/vppTokens` or `applications`: a table knows the name, and nothing behind it.
fn is_elsewhere(lower: &[String], version: ApiVersion) -> bool {
    let below =
        |place: &Place| place.only.is_none_or(|only| only == version) && lower.starts_with(&place.path);
    if PLACES.iter().any(below) {
        return true;
    }
    let [root, set, ..] = lower else { return false };
    let schema = schema();
    let root = schema.roots.iter().find(|one| one.name.eq_ignore_ascii_case(root));
    let kind = root.and_then(|root| schema.find_type(root.of.name));
    let member = kind.and_then(|kind| schema.find_member(kind, set));
    member.is_some_and(|member| member.navigation && member.of.name == "-" && member.versions.has(version))
}

#[cfg(test)]
mod tests {
    use super::{ApiVersion, Method, OPERATIONS, TABLE, refusal};

    #[test]
    fn every_line_reads() {
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(OPERATIONS.len(), lines);
    }

    #[test]
    fn what_is_missing_is_named() {
        let cases = [
            (
                "GET",
                "deviceAppManagement/mobileAppCategories",
                501,
                "GET /v1.0/deviceAppManagement/mobileAppCategories",
            ),
            ("PUT", "deviceAppManagement/mobileAppCategories", 405, "takes GET, POST"),
            ("GET", "deviceAppManagement/windowsManagedAppProtections", 404, "under /beta only"),
            ("GET", "deviceAppManagement/nothing", 404, "segment 'nothing'"),
            ("POST", "deviceAppManagement/vppTokens/x/syncLicenses", 501, "vppTokens/x/syncLicenses"),
            ("GET", "deviceAppManagement/policySets", 404, "segment 'policySets'"),
            ("GET", "deviceManagement/deviceConfigurations", 501, "deviceManagement/deviceConfigurations"),
            ("PATCH", "deviceManagement/DEVICECONFIGURATIONS/x/assignments", 501, "x/assignments"),
            ("GET", "deviceManagement/intents", 404, "segment 'intents'"),
            ("GET", "applications", 501, "GET /v1.0/applications"),
            ("GET", "nothing/users", 404, "segment 'nothing'"),
            ("GET", "users/u/nothing/x", 404, "segment 'nothing'"),
            ("GET", "USERS/u/licensedetails/l", 501, "licensedetails/l"),
        ];
        for (method, path, status, text) in cases {
            let path: Vec<String> = path.split('/').map(str::to_owned).collect();
            let error = refusal(&method.parse::<Method>().unwrap(), &path, ApiVersion::V1);
            assert_eq!(error.status().as_u16(), status, "{path:?}");
            assert!(error.detail().contains(text), "{}", error.detail());
        }
    }
}
