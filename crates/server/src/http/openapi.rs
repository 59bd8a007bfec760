//! The description of the administration API that is not Graph's, put together from what stands above each handler.

use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ringfence administration",
        description = "What Microsoft Graph has no path for: troubleshooting, explanations, live reports, wipes with receipts, devices, \
                       diagnostics, access and audit. Errors are problem documents (RFC 9457) with a stable `code`. Users, groups, apps and \
                       policies are under `/v1.0` and `/beta`, as Graph has them.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Token),
    security(("token" = []))
)]
pub(super) struct Description;

/// Every path needs a token, but for signing in.
struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        description.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// Gives every operation an id of its own, `getDevicesDeviceTag`: handlers of different features have the same names.
pub(super) fn named(mut description: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut description.paths.paths {
        let words = path.trim_start_matches("/api/v1").split(['/', '-', '_', '{', '}']);
        let place: String = words.map(capitalised).collect();
        let methods = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}{place}"));
            }
        }
    }
    super::problem::add(&mut description);
    description
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn document() -> Value {
        let (_, description) = super::super::router::described().split_for_parts();
        serde_json::to_value(named(description)).unwrap()
    }

    #[test]
    fn the_published_description_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let made = format!("{}\n", serde_json::to_string_pretty(&document()).unwrap());
        if std::env::var_os("RINGFENCE_BLESS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(published, made, "docs/openapi.json is out of date: run the tests with RINGFENCE_BLESS=1");
    }

    #[test]
    fn every_operation_says_what_it_does_and_what_it_answers() {
        let document = document();
        let mut ids = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} twice");
                assert!(path.starts_with("/api/v1/"), "{path}");
                assert!(
                    operation["summary"].as_str().is_some_and(|text| text.ends_with('.')),
                    "{method} {path}"
                );
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
                for status in ["400", "401", "403"] {
                    assert!(
                        responses[status]["content"]["application/problem+json"].is_object(),
                        "{method} {path}"
                    );
                }
            }
        }
        assert!(ids.len() > 40, "{ids:?}");
    }
}
