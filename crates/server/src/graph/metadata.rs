//! `$metadata`, the schema as CSDL 4.0 XML, and the service document. Types in attributes are written with the alias
//! `graph`: a client looks them up by that text.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    body::Body,
    http::{HeaderValue, Method, header},
    response::Response,
};
use ringfence_model::document::ApiVersion;
use serde_json::{Value, json};

use super::{
    Request, answer,
    schema::{Bound, Enum, Of, Type, schema},
};

static V1: LazyLock<String> = LazyLock::new(|| document(ApiVersion::V1));
static BETA: LazyLock<String> = LazyLock::new(|| document(ApiVersion::Beta));

/// Answers `GET /` and `GET /$metadata`.
pub(super) fn handle(request: &Request) -> Option<Response> {
    if request.method != Method::GET {
        return None;
    }
    match request.path.as_slice() {
        [] => Some(service(request)),
        [one] if one.eq_ignore_ascii_case("$metadata") => {
            let text = match request.version {
                ApiVersion::V1 => &*V1,
                ApiVersion::Beta => &*BETA,
            };
            let mut response = Response::new(Body::from(text.as_str()));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            headers.insert("odata-version", HeaderValue::from_static("4.0"));
            Some(response)
        }
        _ => None,
    }
}

/// Where paths begin.
fn service(request: &Request) -> Response {
    let roots = schema().roots.iter().map(|root| {
        let kind = if root.of.many { "EntitySet" } else { "Singleton" };
        json!({ "name": root.name, "kind": kind, "url": root.name })
    });
    let value: Vec<Value> = roots.collect();
    answer::plain(
        request,
        json!({ "@odata.context": format!("{}/$metadata", request.context), "value": value }),
    )
}

fn document(version: ApiVersion) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\n\
         <edmx:DataServices>\n\
         <Schema Namespace=\"microsoft.graph\" Alias=\"graph\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n",
    );
    let schema = schema();
    for of in schema.enums.iter().filter(|of| of.versions.has(version)) {
        push_enum(&mut out, of, version);
    }
    for of in schema.types.iter().filter(|of| of.versions.has(version)) {
        push_type(&mut out, of, version);
    }
    for bound in schema.bound.iter().filter(|bound| bound.versions.has(version)) {
        push_bound(&mut out, bound);
    }
    out.push_str("<EntityContainer Name=\"GraphService\">\n");
    for root in &schema.roots {
        let (element, attribute) =
            if root.of.many { ("EntitySet", "EntityType") } else { ("Singleton", "Type") };
        let _ = writeln!(
            out,
            "<{element} Name=\"{}\" {attribute}=\"microsoft.graph.{}\"/>",
            root.name, root.of.name
        );
    }
    out.push_str("</EntityContainer>\n</Schema>\n</edmx:DataServices>\n</edmx:Edmx>\n");
    out
}

fn push_enum(out: &mut String, of: &Enum, version: ApiVersion) {
    let flags = if of.flags { " IsFlags=\"true\"" } else { "" };
    let _ = writeln!(out, "<EnumType Name=\"{}\"{flags}>", of.name);
    let members: Vec<_> = of.members.iter().filter(|member| member.versions.has(version)).collect();
    // Numbers are given for all members or for none.
    let numbered = members.iter().all(|member| member.number.is_some());
    for member in members {
        let _ = match member.number.filter(|_| numbered) {
            Some(number) => writeln!(out, "<Member Name=\"{}\" Value=\"{number}\"/>", member.name),
            None => writeln!(out, "<Member Name=\"{}\"/>", member.name),
        };
    }
    out.push_str("</EnumType>\n");
}

fn push_type(out: &mut String, of: &Type, version: ApiVersion) {
    let element = if of.entity { "EntityType" } else { "ComplexType" };
    let _ = write!(out, "<{element} Name=\"{}\"", of.name);
    if let Some(base) = of.base {
        let _ = write!(out, " BaseType=\"graph.{base}\"");
    }
    if of.is_abstract {
        out.push_str(" Abstract=\"true\"");
    }
    if of.open {
        out.push_str(" OpenType=\"true\"");
    }
    out.push_str(">\n");
    if of.name == "entity" {
        out.push_str("<Key><PropertyRef Name=\"id\"/></Key>\n");
    }
    for member in of.members.iter().filter(|member| member.versions.has(version)) {
        let Some(kind) = written(member.of, version) else { continue };
        let element = if member.navigation { "NavigationProperty" } else { "Property" };
        let nullable = if member.required { " Nullable=\"false\"" } else { "" };
        let contained = if member.contained { " ContainsTarget=\"true\"" } else { "" };
        let _ = writeln!(out, "<{element} Name=\"{}\" Type=\"{kind}\"{nullable}{contained}/>", member.name);
    }
    let _ = writeln!(out, "</{element}>");
}

fn push_bound(out: &mut String, bound: &Bound) {
    let version = if bound.versions.has(ApiVersion::V1) { ApiVersion::V1 } else { ApiVersion::Beta };
    let parameters: Option<Vec<(&str, String)>> =
        bound.parameters.iter().map(|(name, of)| Some((*name, written(*of, version)?))).collect();
    let returns = bound.returns.map(|of| written(of, version));
    // What speaks of types that are not described here would make the document invalid.
    let (Some(parameters), false) = (parameters, returns == Some(None)) else { return };
    let element = if bound.function { "Function" } else { "Action" };
    let _ = writeln!(out, "<{element} Name=\"{}\" IsBound=\"true\">", bound.name);
    for (name, kind) in parameters {
        let _ = writeln!(out, "<Parameter Name=\"{name}\" Type=\"{kind}\"/>");
    }
    if let Some(Some(kind)) = returns {
        let _ = writeln!(out, "<ReturnType Type=\"{kind}\"/>");
    }
    let _ = writeln!(out, "</{element}>");
}

/// `Collection(graph.managedMobileApp)`; `None` for what this version does not describe.
fn written(of: Of, version: ApiVersion) -> Option<String> {
    let schema = schema();
    let known = schema.find_type(of.name).map(|of| of.versions);
    let known = known.or_else(|| schema.find_enum(of.name).map(|of| of.versions));
    let name = match known {
        Some(versions) if versions.has(version) => format!("graph.{}", of.name),
        None if of.name.starts_with(|c: char| c.is_ascii_uppercase()) => format!("Edm.{}", of.name),
        _ => return None,
    };
    Some(if of.many { format!("Collection({name})") } else { name })
}

#[cfg(test)]
mod tests {
    use super::{BETA, V1};

    #[test]
    fn clients_find_sets_by_their_type() {
        for text in [&*V1, &*BETA] {
            let at = text.find("<EntityType Name=\"deviceAppManagement\"").unwrap();
            let end = text[at..].find("</EntityType>").unwrap();
            let wanted = "<NavigationProperty Name=\"iosManagedAppProtections\" \
                          Type=\"Collection(graph.iosManagedAppProtection)\" ContainsTarget=\"true\"/>";
            assert!(text[at..at + end].contains(wanted));
            assert!(!text.contains("graph.-") && !text.contains("Edm.-"));
            assert_eq!(text.matches("<EntityType").count(), text.matches("</EntityType>").count());
        }
        assert!(
            BETA.contains("windowsManagedAppProtections") && !V1.contains("windowsManagedAppProtections")
        );
    }
}
