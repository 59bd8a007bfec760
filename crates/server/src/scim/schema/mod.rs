//! The attributes, as a table: what is announced under `/Schemas` is what is read, compared and written.

mod meta;
mod resources;

use serde_json::{Value, json};

pub(super) use resources::DROPPED;

/// A schema.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) attributes: &'static [Attribute],
}

/// Kinds of values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    String,
    Boolean,
    Integer,
    DateTime,
    /// With the types that it refers to.
    Reference(&'static [&'static str]),
    Complex(&'static [Attribute]),
}

/// An attribute of a resource, or of a complex attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) description: &'static str,
    pub(super) many: bool,
    pub(super) required: bool,
    pub(super) case_exact: bool,
    pub(super) mutability: &'static str,
    pub(super) returned: &'static str,
    pub(super) uniqueness: &'static str,
    pub(super) values: &'static [&'static str],
    /// Most values that are taken, of an attribute with several.
    pub(super) most: usize,
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            kind,
            description,
            many: false,
            required: false,
            case_exact: false,
            mutability: "readWrite",
            returned: "default",
            uniqueness: "none",
            values: &[],
            most: usize::MAX,
        }
    }

    const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    const fn at_most(self, most: usize) -> Self {
        Self { most, ..self.many() }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self { mutability: "readOnly", ..self }
    }

    const fn immutable(self) -> Self {
        Self { mutability: "immutable", ..self }
    }

    const fn unique(self) -> Self {
        Self { uniqueness: "server", ..self }
    }

    const fn one_of(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    /// The parts of a complex attribute.
    pub(super) fn parts(&self) -> &'static [Self] {
        match self.kind {
            Kind::Complex(parts) => parts,
            _ => &[],
        }
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.mutability == "readOnly"
    }

    fn represent(&self) -> Value {
        let kind = match self.kind {
            Kind::String => "string",
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::DateTime => "dateTime",
            Kind::Reference(_) => "reference",
            Kind::Complex(_) => "complex",
        };
        let mut out = json!({
            "name": self.name,
            "type": kind,
            "multiValued": self.many,
            "description": self.description,
            "required": self.required,
            "mutability": self.mutability,
            "returned": self.returned,
        });
        match self.kind {
            Kind::Complex(parts) => {
                out["subAttributes"] = parts.iter().map(Self::represent).collect();
                return out;
            }
            Kind::Reference(types) => out["referenceTypes"] = json!(types),
            _ => {}
        }
        out["caseExact"] = json!(self.case_exact);
        out["uniqueness"] = json!(self.uniqueness);
        if !self.values.is_empty() {
            out["canonicalValues"] = json!(self.values);
        }
        out
    }
}

impl Schema {
    /// The attribute with a name in any letter case.
    pub(super) fn find(&self, name: &str) -> Option<&'static Attribute> {
        find(self.attributes, name)
    }

    pub(super) fn represent(&self, base: &str) -> Value {
        json!({
            "schemas": [meta::SCHEMA.id],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": self.attributes.iter().map(Attribute::represent).collect::<Vec<_>>(),
            "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{}", self.id) },
        })
    }
}

/// The attribute with a name in any letter case.
pub(super) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

pub(super) use meta::{COMMON, RESOURCE_TYPE, SCHEMA, SERVICE_PROVIDER_CONFIG};
pub(super) use resources::{ENTERPRISE, GROUP, USER};

/// All schemas that are announced.
pub(super) const ALL: [&Schema; 6] =
    [&USER, &ENTERPRISE, &GROUP, &SERVICE_PROVIDER_CONFIG, &RESOURCE_TYPE, &SCHEMA];
