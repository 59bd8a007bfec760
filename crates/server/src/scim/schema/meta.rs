//! The schemas of the announcements themselves (RFC 7643 §5 to §7), and the attributes that every resource has.

use super::{Attribute, Kind, Schema};

const fn text(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Kind::String, description).exact().read_only()
}

const fn flag(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Kind::Boolean, description).read_only()
}

const fn number(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Kind::Integer, description).read_only()
}

const fn link(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Kind::Reference(&["uri"]), description).exact().read_only()
}

const fn parts(name: &'static str, parts: &'static [Attribute], description: &'static str) -> Attribute {
    Attribute::new(name, Kind::Complex(parts), description).read_only()
}

/// What every resource has besides its schema (RFC 7643 §3.1).
pub(in crate::scim) const COMMON: &[Attribute] = &[
    text("schemas", "The schemas of the resource.").many(),
    text("id", "The id, given by this server.").unique(),
    Attribute::new("externalId", Kind::String, "The name under which the client knows the resource.").exact(),
    parts(
        "meta",
        &[
            text("resourceType", "What the resource is."),
            Attribute::new("created", Kind::DateTime, "When it was made.").read_only(),
            Attribute::new("lastModified", Kind::DateTime, "When it was last changed.").read_only(),
            link("location", "Where it is."),
            text("version", "Its ETag."),
        ],
        "What is known about the resource itself.",
    ),
];

const SUPPORTED: &[Attribute] = &[flag("supported", "Whether it is offered.").required()];

pub(in crate::scim) static SERVICE_PROVIDER_CONFIG: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
    name: "ServiceProviderConfig",
    description: "What this server offers.",
    attributes: &[
        link("documentationUri", "Where people can read about it."),
        parts("patch", SUPPORTED, "Partial changes.").required(),
        parts(
            "bulk",
            &[
                flag("supported", "Whether it is offered.").required(),
                number("maxOperations", "Most operations in one request.").required(),
                number("maxPayloadSize", "Largest request, in bytes.").required(),
            ],
            "Many operations in one request.",
        )
        .required(),
        parts(
            "filter",
            &[
                flag("supported", "Whether it is offered.").required(),
                number("maxResults", "Most resources in one answer.").required(),
            ],
            "Filters.",
        )
        .required(),
        parts("changePassword", SUPPORTED, "Setting passwords.").required(),
        parts("sort", SUPPORTED, "Sorting.").required(),
        parts("etag", SUPPORTED, "Versions as ETags.").required(),
        parts(
            "authenticationSchemes",
            &[
                text("type", "The kind of scheme.").required(),
                text("name", "Its name.").required(),
                text("description", "What to do.").required(),
                link("specUri", "Its specification."),
                link("documentationUri", "Where people can read about it."),
            ],
            "How clients prove who they are.",
        )
        .many()
        .required(),
    ],
};

pub(in crate::scim) static RESOURCE_TYPE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
    name: "ResourceType",
    description: "A kind of resource.",
    attributes: &[
        text("id", "Its id."),
        text("name", "Its name.").required(),
        text("description", "What it is."),
        link("endpoint", "Where resources of this kind are, from the base address on.").required(),
        link("schema", "Its main schema.").required(),
        parts(
            "schemaExtensions",
            &[
                link("schema", "The schema of the extension.").required(),
                flag("required", "Whether every resource must have it.").required(),
            ],
            "What else its resources may have.",
        )
        .many(),
    ],
};

pub(in crate::scim) static SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Schema",
    name: "Schema",
    description: "The attributes of a kind of resource.",
    attributes: &[
        text("id", "Its URN.").required(),
        text("name", "Its name."),
        text("description", "What it is for."),
        parts("attributes", ATTRIBUTE, "The attributes.").many().required(),
    ],
};

const ATTRIBUTE: &[Attribute] = &[
    text("name", "The name.").required(),
    text("type", "The kind of value.").required(),
    parts("subAttributes", SUB_ATTRIBUTE, "The parts of a complex attribute.").many(),
    flag("multiValued", "Whether there may be several values.").required(),
    text("description", "What it says."),
    flag("required", "Whether it is always there."),
    text("canonicalValues", "The usual values.").many(),
    flag("caseExact", "Whether upper and lower case differ."),
    text("mutability", "Whether and when it can be changed."),
    text("returned", "When it is answered."),
    text("uniqueness", "Among which resources its values are unique."),
    text("referenceTypes", "What it may refer to.").many(),
];

const SUB_ATTRIBUTE: &[Attribute] = &[
    text("name", "The name.").required(),
    text("type", "The kind of value.").required(),
    flag("multiValued", "Whether there may be several values.").required(),
    text("description", "What it says."),
    flag("required", "Whether it is always there."),
    text("canonicalValues", "The usual values.").many(),
    flag("caseExact", "Whether upper and lower case differ."),
    text("mutability", "Whether and when it can be changed."),
    text("returned", "When it is answered."),
    text("uniqueness", "Among which resources its values are unique."),
    text("referenceTypes", "What it may refer to.").many(),
];
