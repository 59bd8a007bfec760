//! Why an operation was not done, without HTTP words; every feature's `ops` answers with it.

use ringfence_model::FieldError;

use crate::{
    account::SignInError,
    authz::Denied,
    db::DbError,
    http::{ApiError, FieldProblem},
};

/// A refused or failed operation.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The object acted on does not exist.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Under which id.
        id: String,
    },
    /// It contradicts what exists already.
    #[error("{detail}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// The contradiction.
        detail: String,
    },
    /// A value belongs to another object already, and may belong to one only.
    #[error("`{}` {}", error.path, error.problem)]
    Taken {
        /// Stable code.
        code: &'static str,
        /// Which value, and whose it is.
        error: FieldError,
    },
    /// Values are wrong; all of them are listed.
    #[error("values are wrong")]
    Invalid(Vec<FieldError>),
    /// The caller's version of the object is not the newest.
    #[error("the object was changed meanwhile: read it again")]
    Outdated,
    /// A permission is missing, or does not reach that far.
    #[error(transparent)]
    Denied(Box<Denied>),
    /// A password was refused.
    #[error(transparent)]
    Password(#[from] SignInError),
    /// Below.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Failure {
    /// One wrong value.
    pub fn invalid(path: &str, found: &serde_json::Value, problem: &str, allowed: &str) -> Self {
        Self::Invalid(vec![FieldError::new(path, found, problem).allowing(allowed)])
    }

    /// A value that another object has.
    pub fn taken(code: &'static str, path: &str, value: &str, problem: &str) -> Self {
        Self::Taken { code, error: FieldError::new(path, &serde_json::json!(value), problem) }
    }

    /// What the actor may not do.
    pub fn denied(denied: Denied) -> Self {
        Self::Denied(Box::new(denied))
    }

    /// An object that does not exist.
    pub fn not_found(what: &'static str, id: impl std::fmt::Display) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        let text = failure.to_string();
        match failure {
            Failure::NotFound { .. } => Self::not_found(text),
            Failure::Conflict { code, .. } => Self::conflict(code, text),
            Failure::Taken { code, error } => Self::conflict(code, text).field(field_problem(error)),
            Failure::Invalid(errors) => Self::invalid(errors.into_iter().map(field_problem).collect()),
            Failure::Denied(denied) => (*denied).into(),
            Failure::Outdated => Self::new(http::StatusCode::PRECONDITION_FAILED, "outdated", text),
            Failure::Password(error) => error.into(),
            Failure::Db(error) => error.into(),
        }
    }
}

fn field_problem(error: FieldError) -> FieldProblem {
    FieldProblem {
        path: error.path,
        value: Some(error.value),
        problem: error.problem,
        allowed: error.allowed,
    }
}
