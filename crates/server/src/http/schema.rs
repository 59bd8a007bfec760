//! Schemas of values whose types know nothing of descriptions.

use ringfence_model::Platform;
use utoipa::openapi::{
    RefOr,
    schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type},
};

/// A text out of a few.
pub(crate) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(names.into_iter().map(str::to_owned)))
        .into()
}

/// An operating system.
pub(crate) fn platform() -> RefOr<Schema> {
    one_of(Platform::ALL.iter().map(|platform| platform.as_str()))
}

/// How a device is managed, as policies name it.
pub(crate) fn management() -> RefOr<Schema> {
    one_of([
        "unmanaged",
        "mdm",
        "androidEnterprise",
        "androidEnterpriseDedicatedDevicesWithAzureAdSharedMode",
        "androidOpenSourceProjectUserAssociated",
        "androidOpenSourceProjectUserless",
    ])
}

/// Under which account a page is looked at.
pub(crate) fn browser_context() -> RefOr<Schema> {
    one_of(["work", "personal", "inPrivate"])
}

/// A span of time in milliseconds.
pub(crate) fn milliseconds() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
        .into()
}
