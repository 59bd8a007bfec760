//! Who is protected by what, live: every app instance, and everybody who is targeted and has not checked in yet
//! (catalogue A4, A5). Shows also who runs unprotected by design, and why.

pub(crate) mod api;
pub(crate) mod csv;
pub(crate) mod ops;
mod sql;

use ringfence_model::{AppId, InstanceId, Platform, UnixMillis, UserId};
use serde::Serialize;

/// Rows in one report at most, unless fewer are asked for; the answer says when there were more.
pub(crate) const ROWS_MAX: usize = 100_000;

/// Whether work data is protected in this app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Protection {
    /// A policy reaches the user there, but no phone has fetched it.
    TargetedNotCheckedIn,
    /// The app has the policy.
    Protected,
    /// Nothing protects the app, by design.
    Unprotected,
}

/// One user in one app, with the app instance if there is one.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) user: UserId,
    pub(crate) user_principal_name: String,
    pub(crate) app: String,
    pub(crate) platform: ringfence_model::Platform,
    pub(crate) state: Protection,
    /// Why it is unprotected: `notLicensed`, `noPolicy` or `accountDisabled`.
    pub(crate) because: Option<&'static str>,
    pub(crate) instance: Option<InstanceId>,
    /// The version this instance should obey.
    pub(crate) version_in_force: Option<i64>,
    /// The version it says it obeys.
    pub(crate) obeyed_version: Option<i64>,
    /// Both are the same.
    pub(crate) up_to_date: Option<bool>,
    /// Reason codes of what blocks the account on the phone now.
    pub(crate) blocked_by: Vec<String>,
    pub(crate) wipe_pending: bool,
    pub(crate) last_check_in_at: Option<UnixMillis>,
    pub(crate) reported_at: Option<UnixMillis>,
    pub(crate) registered_at: Option<UnixMillis>,
    pub(crate) app_version: Option<String>,
    pub(crate) sdk_version: Option<String>,
    pub(crate) os_version: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) manufacturer: Option<String>,
    pub(crate) management: Option<ringfence_model::ManagementState>,
    pub(crate) device_tag: Option<String>,
    pub(crate) policies: Vec<String>,
    /// The configurations among them; told by reports in the columns of Graph.
    #[serde(skip)]
    pub(crate) configurations: Vec<String>,
}

/// How much of it is protected.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Coverage {
    pub(crate) rows: usize,
    pub(crate) protected: usize,
    pub(crate) targeted_not_checked_in: usize,
    pub(crate) unprotected: usize,
    pub(crate) blocked: usize,
    pub(crate) outdated: usize,
}

/// The whole report.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) as_of: UnixMillis,
    pub(crate) revision: i64,
    pub(crate) coverage: Coverage,
    /// More than fit were found.
    pub(crate) truncated: bool,
    pub(crate) value: Vec<Row>,
}

/// Which part of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) user: Option<UserId>,
    /// Bundle or package id, in any letter case.
    pub(crate) app: Option<String>,
    pub(crate) platform: Option<Platform>,
    /// Rows at most; [`ROWS_MAX`] unless told.
    pub(crate) limit: Option<usize>,
}

impl Filter {
    fn takes(&self, app: &AppId) -> bool {
        self.platform.is_none_or(|only| only == app.platform)
            && self.app.as_ref().is_none_or(|only| only.eq_ignore_ascii_case(&app.id))
    }
}
