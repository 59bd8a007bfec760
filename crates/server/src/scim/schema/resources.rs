//! What is kept of users and groups.

use super::{Attribute, Kind, Schema};

/// Most mail addresses of one person.
const EMAILS_MAX: usize = 100;

/// RFC 7643 §4.1, as far as it is kept.
pub(in crate::scim) static USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "A person. Only what protection needs is kept: phone numbers, addresses, photos, passwords and the \
                  other attributes of RFC 7643 that are not listed here are taken and dropped.",
    attributes: &[
        Attribute::new("userName", Kind::String, "The sign-in name, at most 256 characters without blanks.")
            .required()
            .unique(),
        Attribute::new("name", Kind::Complex(NAME), "The parts of the name."),
        Attribute::new("displayName", Kind::String, "The name for people."),
        Attribute::new("title", Kind::String, "The position in the organisation."),
        Attribute::new("preferredLanguage", Kind::String, "The language that texts are wanted in."),
        Attribute::new("locale", Kind::String, "Where numbers and dates are written as the person expects."),
        Attribute::new(
            "active",
            Kind::Boolean,
            "Whether the person may sign in; always present, true for a new user that does not say.",
        )
        .required(),
        Attribute::new("emails", Kind::Complex(EMAIL), "The mail addresses, 100 at most.")
            .at_most(EMAILS_MAX),
        Attribute::new("groups", Kind::Complex(BELONGING), "The groups that the person belongs to.")
            .many()
            .read_only(),
    ],
};

const NAME: &[Attribute] = &[
    Attribute::new("formatted", Kind::String, "The whole name as it is written."),
    Attribute::new("familyName", Kind::String, "The family name."),
    Attribute::new("givenName", Kind::String, "The given name."),
];

const EMAIL: &[Attribute] = &[
    Attribute::new("value", Kind::String, "The address."),
    Attribute::new("type", Kind::String, "What it is for.").one_of(&["work", "home", "other"]),
    Attribute::new("primary", Kind::Boolean, "Whether it is the main one; one of them at most."),
];

const BELONGING: &[Attribute] = &[
    Attribute::new("value", Kind::String, "The id of the group.").exact().read_only(),
    Attribute::new("$ref", Kind::Reference(&["Group"]), "Where the group is.").exact().read_only(),
    Attribute::new("display", Kind::String, "The name of the group for people.").read_only(),
    Attribute::new(
        "type",
        Kind::String,
        "Whether the person is a member of the group itself, or only of one inside it.",
    )
    .one_of(&["direct", "indirect"])
    .read_only(),
];

/// RFC 7643 §4.3, as far as it is kept.
pub(in crate::scim) static ENTERPRISE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "What an organisation adds to a person. Only the department is kept.",
    attributes: &[Attribute::new("department", Kind::String, "The part of the organisation.")],
};

/// RFC 7643 §4.2.
pub(in crate::scim) static GROUP: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "A group of users and groups; it may not contain itself, however indirectly.",
    attributes: &[
        Attribute::new("displayName", Kind::String, "The name for people; need not be unique.").required(),
        Attribute::new("members", Kind::Complex(MEMBER), "The users and groups directly inside.").many(),
    ],
};

const MEMBER: &[Attribute] = &[
    Attribute::new("value", Kind::String, "The id of the user or group.").exact().immutable(),
    Attribute::new("$ref", Kind::Reference(&["User", "Group"]), "Where the user or group is.")
        .exact()
        .immutable(),
    Attribute::new("type", Kind::String, "Which of the two it is.").one_of(&["User", "Group"]).immutable(),
];

/// Attributes of RFC 7643 that clients send and that are dropped, with their parts: by intent, not by accident.
pub(in crate::scim) const DROPPED: &[&str] = &[
    "nickName",
    "profileUrl",
    "userType",
    "timezone",
    "password",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509Certificates",
    "name.middleName",
    "name.honorificPrefix",
    "name.honorificSuffix",
    "emails.display",
    "members.display",
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "manager",
];
