//! What every operation of the published description may refuse with, and the form of a refusal (RFC 9457).

use utoipa::openapi::{
    Content, OpenApi, Ref, RefOr, Response,
    path::Operation,
    schema::{ArrayBuilder, Object, ObjectBuilder, Type},
};

const NAME: &str = "Problem";
const KIND: &str = "application/problem+json";

/// Adds the form of a refusal, and to every operation the refusals that need no word of their own.
pub(super) fn add(description: &mut OpenApi) {
    description.components.get_or_insert_default().schemas.insert(NAME.to_owned(), form().into());
    for (path, item) in &mut description.paths.paths {
        for operation in
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten()
        {
            complete(operation, path.contains('{'));
        }
    }
}

fn complete(operation: &mut Operation, named: bool) {
    let common = [
        ("400", "A value is wrong; `field` names it"),
        ("401", "No token, or one that does not count"),
        ("403", "A permission is missing; `detail` names it and the roles that carry it"),
    ];
    let gone = named.then_some(("404", "There is none, as far as the caller can see"));
    let responses = &mut operation.responses.responses;
    for (status, text) in common.into_iter().chain(gone) {
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(Response::new(text)));
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            let content = Content::new(Some(Ref::from_schema_name(NAME)));
            response.content.insert(KIND.to_owned(), RefOr::T(content));
        }
    }
}

fn form() -> Object {
    let text = |about: &str| Object::builder().schema_type(Type::String).description(Some(about)).build();
    let one = ObjectBuilder::new()
        .property("field", text("Path of the value in the request"))
        .property("value", text("The value as given"))
        .property("problem", text("What is wrong with it"))
        .property("allowed", text("What is allowed"));
    ObjectBuilder::new()
        .description(Some("Why a request was refused"))
        .property("type", text("`urn:ringfence:problem:` and the code"))
        .property("title", text("The status in words"))
        .property("status", Object::with_type(Type::Integer))
        .property("code", text("Stable, for programs"))
        .property("detail", text("For people"))
        .property("field", text("Path of the first wrong value"))
        .property("value", text("The first wrong value as given"))
        .property("allowed", text("What is allowed there"))
        .property(
            "errors",
            ArrayBuilder::new().items(one).description(Some("All wrong values, when there are several")),
        )
        .property("requestId", text("The same id as in the header `request-id` and in the log"))
        .required("type")
        .required("title")
        .required("status")
        .required("code")
        .required("detail")
        .required("requestId")
        .build()
}
