//! `deploymentSummary`: how many users a policy has reached, per app. Counted now, not overnight.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_model::{AppId, PolicyId, UserId, document::ApiVersion};
use serde_json::{Value, json};

use super::{Policy, body};
use crate::{
    graph::{Request, timestamp},
    http::ApiError,
    registration,
};

/// Users by app that have got something, and by which policies.
#[derive(Debug, Default)]
pub(super) struct Reached(BTreeMap<PolicyId, BTreeMap<AppId, BTreeSet<UserId>>>);

impl Reached {
    /// Counts the instances that have got a policy. Only users in sight count.
    pub(super) async fn gather(request: &Request) -> Result<Self, ApiError> {
        let (app, tenant) = (&request.app, request.actor.tenant);
        app.phones.catch_up(app).await?;
        let sight = request.sight().await?;
        let delivered = registration::sql::list_delivered(&mut *app.db.read().await?, tenant).await?;
        let state = app.phones.memory.read();
        let mut reached = Self::default();
        for one in delivered.into_iter().filter(|one| sight.sees_user(one.user)) {
            for policy in state.matched(one.user, &one.query()) {
                let apps = reached.0.entry(policy.id).or_default();
                apps.entry(one.app.clone()).or_default().insert(one.user);
            }
        }
        Ok(reached)
    }

    /// The summary of one policy.
    pub(super) fn of(&self, request: &Request, policy: &Policy) -> Value {
        let none = BTreeMap::new();
        let apps = self.0.get(&policy.id).unwrap_or(&none);
        let users: BTreeSet<_> = apps.values().flatten().collect();
        let mut shown: BTreeSet<AppId> = policy.document.apps().into_iter().collect();
        shown.extend(apps.keys().cloned());
        let per_app: Vec<Value> = shown
            .iter()
            .map(|app| {
                json!({
                    "configurationAppliedUserCount": apps.get(app).map_or(0, BTreeSet::len),
                    "mobileAppIdentifier": body::app_identifier(app),
                })
            })
            .collect();
        json!({
            "displayName": policy.document.display_name(),
            "configurationDeployedUserCount": users.len(),
            "lastRefreshTime": timestamp(request.app.env.now()),
            "id": policy.wire_id(),
            "version": policy.etag(),
            "configurationDeploymentSummaryPerApp": per_app,
        })
    }
}

/// Whether policies of a kind have a summary.
pub(super) fn is_of(policy: &Policy) -> bool {
    super::Part::Apps.is_of(policy.document.kind, ApiVersion::Beta)
}
