//! `/deviceAppManagement/managedAppStatuses`: reports behind well-known ids.

use axum::response::Response;
use ringfence_model::UserId;
use serde_json::{Map, Value, json};

use super::table::{self, Gathered, Report};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, entity},
    http::ApiError,
    registration,
    report::Protection,
};

const SET: &str = "deviceAppManagement/managedAppStatuses";
const PAGE: usize = 1000;
/// Rows of one page of the summary at most, and when nothing is said.
const FETCH_MAX: usize = 6000;
const FETCH: usize = 1000;

const KNOWN: [(&str, &str); 4] = [
    ("managedAppList", "Managed apps"),
    ("userstatus", "App protection of a user"),
    ("userconfigstatus", "App configuration of a user"),
    ("appregistrationsummary", "App registrations"),
];

/// Columns of the summary.
const COLUMNS: [&str; 18] = [
    "UserId",
    "DisplayName",
    "UserEmail",
    "ApplicationName",
    "ApplicationInstanceId",
    "ApplicationVersion",
    "DeviceName",
    "DeviceType",
    "DeviceManufacturer",
    "DeviceModel",
    "AndroidPatchVersion",
    "AzureADDeviceId",
    "MDMDeviceId",
    "Platform",
    "PlatformVersion",
    "ManagementLevel",
    "PolicyName",
    "LastCheckInDate",
];

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let lower = request.lower();
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ["deviceappmanagement", "managedappstatuses", rest @ ..] = parts.as_slice() else { return Ok(None) };
    if request.method != axum::http::Method::GET {
        return Ok(None);
    }
    let response = match rest {
        [] => list(request),
        ["managedapplist"] => return Ok(None),
        ["userstatus"] => of_user(request, Report::Protection).await,
        ["userconfigstatus"] => of_user(request, Report::Configuration).await,
        ["appregistrationsummary"] => summary(request).await,
        [_] => Err(Failure::not_found("report", request.key(2)).into()),
        _ => return Ok(None),
    };
    response.map(Some)
}

fn list(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadReports)?;
    let items = KNOWN.iter().map(|(id, name)| raw(id, name, &Value::Null)).collect();
    Ok(collection(request, SET, apply(&request.query, items, PAGE)?))
}

fn raw(id: &str, name: &str, content: &Value) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.managedAppStatusRaw",
        "displayName": name,
        "id": id,
        "version": null,
        "content": content,
    })
}

fn named(request: &Request, id: &str, content: &Value) -> Response {
    let name = KNOWN.iter().find(|(known, _)| *known == id).map_or(id, |(_, name)| name);
    entity(request, SET, raw(id, name, content))
}

/// The steps from the licence to the check-in of one user, and every app of his.
async fn of_user(request: &Request, report: Report) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadReports)?;
    let sight = request.sight().await?;
    let wanted = request.query.option("userId").unwrap_or_default().trim_matches('\'').to_owned();
    if wanted.is_empty() {
        return Err(Failure::invalid("userId", &Value::Null, "must be given", "the id of a user").into());
    }
    let found =
        registration::ops::find_person(&mut *request.app.db.read().await?, request.actor.tenant, &wanted)
            .await?;
    let person = found.filter(|person| sight.sees_user(person.id));
    let person = person.ok_or_else(|| Failure::not_found("user", &wanted))?;
    let gathered = table::gather(&request.app, &request.actor, Some(person.id)).await?;
    let steps = steps(request, person.id, person.enabled, &gathered, report);
    let cells = gathered.cells(report);
    let content = json!({
        "userId": person.id,
        "userPrincipalName": person.upn,
        "displayName": person.display_name,
        "validationStatuses": steps,
        "header": header(&COLUMNS),
        "body": cells.iter().map(|row| body_row(row, &COLUMNS)).collect::<Vec<_>>(),
    });
    let id = if report == Report::Protection { "userstatus" } else { "userconfigstatus" };
    Ok(named(request, id, &content))
}

fn steps(request: &Request, user: UserId, enabled: bool, found: &Gathered, report: Report) -> Vec<Value> {
    let step = |name: &str, passed: bool, cure: &str| {
        let state = if passed { "Pass" } else { "Fail" };
        json!({ "validationName": name, "state": state, "mitigationInstruction": if passed { "" } else { cure } })
    };
    let licensed = request.app.phones.memory.read().index.licensed(user).unwrap_or(false);
    let rows = &found.rows;
    let reached = |row: &crate::report::Row| match report {
        Report::Protection => !row.policies.is_empty(),
        Report::Configuration => !row.configurations.is_empty(),
    };
    let (kind, cure) = match report {
        Report::Protection => {
            ("App Protection Policy", "Assign an app protection policy to a group of the user.")
        }
        Report::Configuration => {
            ("App Configuration Policy", "Assign an app configuration to a group of the user.")
        }
    };
    vec![
        step("User Account", enabled, "Enable the account."),
        step("Intune License", licensed, "Assign a licence to the user."),
        step(kind, rows.iter().any(reached), cure),
        step(
            "App Registration",
            rows.iter().any(|row| row.instance.is_some()),
            "Sign in to a protected app.",
        ),
        step(
            "App Check-in",
            rows.iter().any(|row| row.state == Protection::Protected),
            "Open a protected app while the phone is online.",
        ),
    ]
}

fn header(columns: &[&str]) -> Vec<Value> {
    columns.iter().map(|name| json!({ "columnName": name })).collect()
}

fn body_row(row: &Map<String, Value>, columns: &[&str]) -> Value {
    let values: Vec<Value> = columns.iter().map(|name| row.get(*name).cloned().unwrap_or_default()).collect();
    json!({ "values": values })
}

/// `fetch` rows after `seek`, in the columns asked for. `policyMode` 1 asks about configurations.
async fn summary(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadReports)?;
    let option = |name: &str| request.query.option(name).unwrap_or_default();
    let columns = columns(option("columns"))?;
    let fetch = number("fetch", option("fetch"), FETCH)?.clamp(1, FETCH_MAX);
    let seek = number("seek", option("seek"), 0)?;
    let report = if option("policyMode") == "1" { Report::Configuration } else { Report::Protection };
    let mut gathered = table::gather(&request.app, &request.actor, None).await?;
    gathered.rows.retain(|row| row.instance.is_some());
    let total = gathered.rows.len();
    let page: Vec<_> = gathered.rows.into_iter().skip(seek).take(fetch).collect();
    gathered.rows = page;
    let rows: Vec<Value> = gathered.cells(report).iter().map(|row| body_row(row, &columns)).collect();
    let end = seek.saturating_add(rows.len());
    let token = if end < total { end.to_string() } else { String::new() };
    let content = json!({ "header": header(&columns), "body": rows, "skipToken": token });
    Ok(named(request, "appregistrationsummary", &content))
}

fn columns(text: &str) -> Result<Vec<&'static str>, ApiError> {
    let wanted = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let found = wanted.map(|name| {
        let known = COLUMNS.iter().find(|column| column.eq_ignore_ascii_case(name)).copied();
        known.ok_or_else(|| {
            Failure::invalid("columns", &json!(name), "is no column of this report", &COLUMNS.join(", "))
                .into()
        })
    });
    let found: Vec<&str> = found.collect::<Result<_, ApiError>>()?;
    Ok(if found.is_empty() { COLUMNS.to_vec() } else { found })
}

fn number(name: &str, text: &str, zero: usize) -> Result<usize, ApiError> {
    if text.is_empty() {
        return Ok(zero);
    }
    text.parse().map_err(|_| Failure::invalid(name, &json!(text), "is not a number", "a whole number").into())
}
