//! What this server says of itself: `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 §4).

use serde_json::{Value, json};

use super::{
    BODY_MAX, BULK_MAX, PAGE_MAX, Resource,
    represent::list,
    schema::{self, ENTERPRISE, RESOURCE_TYPE, SERVICE_PROVIDER_CONFIG},
};
use crate::{http::ApiError, scim::path::main_schema};

pub(super) fn config(base: &str) -> Value {
    json!({
        "schemas": [SERVICE_PROVIDER_CONFIG.id],
        "patch": { "supported": true },
        "bulk": { "supported": true, "maxOperations": BULK_MAX, "maxPayloadSize": BODY_MAX },
        "filter": { "supported": true, "maxResults": PAGE_MAX },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A provisioning token of this server, made with `ringfence token create --scim`.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}

pub(super) fn resource_types(base: &str) -> Value {
    all(Resource::ALL.into_iter().map(|resource| resource_type(resource, base)))
}

pub(super) fn find_resource_type(id: &str, base: &str) -> Result<Value, ApiError> {
    let found = Resource::ALL.into_iter().find(|resource| resource.name().eq_ignore_ascii_case(id));
    found
        .map(|resource| resource_type(resource, base))
        .ok_or_else(|| ApiError::not_found("there is no such resource type"))
}

fn resource_type(resource: Resource, base: &str) -> Value {
    let schema = main_schema(resource);
    let mut out = json!({
        "schemas": [RESOURCE_TYPE.id],
        "id": resource.name(),
        "name": resource.name(),
        "description": schema.description,
        "endpoint": format!("/{}", resource.set()),
        "schema": schema.id,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{base}/ResourceTypes/{}", resource.name()),
        },
    });
    if resource == Resource::User {
        out["schemaExtensions"] = json!([{ "schema": ENTERPRISE.id, "required": false }]);
    }
    out
}

pub(super) fn schemas(base: &str) -> Value {
    all(schema::ALL.into_iter().map(|schema| schema.represent(base)))
}

pub(super) fn find_schema(id: &str, base: &str) -> Result<Value, ApiError> {
    let found = schema::ALL.into_iter().find(|schema| schema.id.eq_ignore_ascii_case(id));
    found.map(|schema| schema.represent(base)).ok_or_else(|| ApiError::not_found("there is no such schema"))
}

fn all(resources: impl Iterator<Item = Value>) -> Value {
    let resources: Vec<Value> = resources.collect();
    let total = resources.len();
    list(resources, total, 1)
}
