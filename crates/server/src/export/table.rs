//! The live report in the columns that Graph's reports have.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use ringfence_model::{Platform, UserId};
use serde_json::{Map, Value, json};
use sqlx::Row as _;

use crate::{
    app::App,
    audit,
    authz::{Actor, act, authorize, sight},
    db::DbError,
    graph::timestamp,
    http::ApiError,
    report::{self, Filter, Protection, Row},
};

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Protection,
    Configuration,
}

impl Report {
    /// Its columns, in the order of files.
    pub(super) fn columns(self) -> Vec<&'static str> {
        let all = [
            "User",
            "Email",
            "App",
            "AppVersion",
            "SdkVersion",
            "AppInstanceId",
            "DeviceName",
            "DeviceHealth",
            "DeviceType",
            "DeviceManufacturer",
            "DeviceModel",
            "AndroidPatchVersion",
            "AADDeviceID",
            "MDMDeviceID",
            "Platform",
            "PlatformVersion",
            "ManagementType",
            "AppProtectionStatus",
            "Policy",
            "LastSync",
            "ComplianceState",
        ];
        let protection_only = ["ManagementType", "AppProtectionStatus", "ComplianceState"];
        all.into_iter().filter(|name| self == Self::Protection || !protection_only.contains(name)).collect()
    }

    /// The report of this name, in any letter case.
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "mamappprotectionstatus" => Some(Self::Protection),
            "mamappconfigurationstatus" => Some(Self::Configuration),
            _ => None,
        }
    }

    /// The names that [`Self::parse`] takes.
    pub(super) const NAMES: &'static str = "MAMAppProtectionStatus, MAMAppConfigurationStatus";
}

/// The live report as the actor sees it, of everybody or one user; that it was read is noted.
pub(super) async fn gather(
    app: &App,
    actor: &Arc<Actor>,
    user: Option<UserId>,
) -> Result<Gathered, ApiError> {
    let proof = authorize(actor, act::ReadReports)?;
    app.serves(proof.tenant())?;
    let sight = sight(app, actor).await?;
    let filter = Filter { user, ..Filter::default() };
    let report = report::ops::report(app, &proof, &sight, &filter).await?;
    let people: BTreeSet<UserId> = report.value.iter().map(|row| row.user).collect();
    let objects = people.iter().map(|user| format!("user:{user}"));
    audit::ops::note_read(app, actor, "report.read", objects).await?;
    let rows = sqlx::query("SELECT user_id, display_name FROM directory_user WHERE tenant_id = $1")
        .bind(proof.tenant().to_string())
        .fetch_all(&mut *app.db.read().await?)
        .await
        .map_err(DbError::from)?;
    let mut names = HashMap::new();
    for row in &rows {
        let id = crate::db::parsed(row, 0, "user_id")?;
        names.insert(id, row.try_get::<String, _>(1).map_err(DbError::from)?);
    }
    Ok(Gathered { rows: report.value, names })
}

/// Rows and the names of people.
pub(super) struct Gathered {
    pub(super) rows: Vec<Row>,
    names: HashMap<UserId, String>,
}

impl Gathered {
    /// Every row with a value for every column that any report has.
    pub(super) fn cells(&self, report: Report) -> Vec<Map<String, Value>> {
        self.rows.iter().map(|row| self.of(row, report)).collect()
    }

    fn of(&self, row: &Row, report: Report) -> Map<String, Value> {
        let text = |value: Option<&String>| value.cloned().unwrap_or_default();
        let name = self.names.get(&row.user).cloned().unwrap_or_else(|| row.user_principal_name.clone());
        let policies = match report {
            Report::Protection => &row.policies,
            Report::Configuration => &row.configurations,
        };
        let synced = row.last_check_in_at.map(timestamp).unwrap_or_default();
        let instance = row.instance.map(|id| id.to_string()).unwrap_or_default();
        let management = row.management.map(crate::registration::sql::management_name).unwrap_or_default();
        let platform = match row.platform {
            Platform::Ios => "iOS",
            Platform::Android => "Android",
        };
        let health = if row.blocked_by.is_empty() { "Healthy" } else { "Flagged" };
        let protection = match row.state {
            Protection::Protected => "Protected",
            Protection::TargetedNotCheckedIn => "Not checked in",
            Protection::Unprotected => "Not protected",
        };
        let compliance = match (row.state, row.blocked_by.is_empty()) {
            (Protection::Protected, true) => "Compliant",
            (Protection::Protected, false) => "Blocked",
            _ => "Unknown",
        };
        let policy = policies.join("; ");
        let cells = [
            (&["User", "DisplayName"][..], name),
            (&["Email", "UserEmail"], row.user_principal_name.clone()),
            (&["UserId"], row.user.to_string()),
            (&["App", "ApplicationName"], row.app.clone()),
            (&["AppVersion", "ApplicationVersion"], text(row.app_version.as_ref())),
            (&["SdkVersion"], text(row.sdk_version.as_ref())),
            (&["AppInstanceId", "ApplicationInstanceId"], instance),
            (&["DeviceName", "AndroidPatchVersion", "AADDeviceID", "AzureADDeviceId"], String::new()),
            (&["MDMDeviceID", "MDMDeviceId"], String::new()),
            (&["DeviceHealth"], health.to_owned()),
            (&["DeviceType", "DeviceModel"], text(row.model.as_ref())),
            (&["DeviceManufacturer"], text(row.manufacturer.as_ref())),
            (&["Platform", "_Platform"], platform.to_owned()),
            (&["PlatformVersion"], text(row.os_version.as_ref())),
            (&["ManagementType", "ManagementLevel"], management),
            (&["AppProtectionStatus"], protection.to_owned()),
            (&["Policy", "PolicyName"], policy),
            (&["LastSync", "LastCheckInDate"], synced),
            (&["ComplianceState"], compliance.to_owned()),
        ];
        let named = cells
            .into_iter()
            .flat_map(|(names, value)| names.iter().map(move |name| ((*name).to_owned(), json!(value))));
        named.collect()
    }
}
