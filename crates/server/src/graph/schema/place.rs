//! What a path of set names, keys and member names leads to.

use super::{Of, Type, schema};

/// Where a path leads.
#[derive(Debug, Clone, Copy)]
pub(in crate::graph) struct Place {
    pub(in crate::graph) of: Of,
    /// The entity or complex type, unless the path leads to something plain.
    pub(in crate::graph) kind: Option<&'static Type>,
}

/// Follows the segments; `None` when the table does not know the way.
pub(in crate::graph) fn resolve<S: AsRef<str>>(segments: &[S]) -> Option<Place> {
    let schema = schema();
    let mut rest = segments.iter().map(AsRef::as_ref);
    let first = rest.next()?;
    let mut of = schema.roots.iter().find(|root| root.name.eq_ignore_ascii_case(first))?.of;
    for segment in rest {
        let kind = schema.find_type(of.name)?;
        let called = schema.bound.iter().find(|bound| {
            bound.name.eq_ignore_ascii_case(segment)
                && bound.parameters.first().is_some_and(|(_, to)| {
                    to.many == of.many
                        && schema
                            .find_type(to.name)
                            .is_some_and(|to| schema.is_a(kind, to) || schema.is_a(to, kind))
                })
        });
        of = match called {
            Some(bound) => bound.returns?,
            None if of.many => Of { many: false, ..of },
            None => schema.find_member(kind, segment)?.of,
        };
    }
    Some(Place { of, kind: schema.find_type(of.name) })
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn paths_lead_to_types() {
        let cases = [
            ("users", "user", true),
            ("USERS/u", "user", false),
            ("users/u/transitiveMemberOf", "directoryObject", true),
            ("deviceAppManagement/iosManagedAppProtections/T_x/apps", "managedMobileApp", true),
            (
                "deviceAppManagement/managedAppPolicies/T_x/assignments/a",
                "targetedManagedAppPolicyAssignment",
                false,
            ),
            (
                "deviceAppManagement/managedAppRegistrations/getUserIdsWithFlaggedAppRegistration",
                "String",
                true,
            ),
            ("users/u/displayName", "String", false),
        ];
        for (path, name, many) in cases {
            let place = resolve(&path.split('/').collect::<Vec<_>>()).unwrap();
            assert_eq!((place.of.name, place.of.many), (name, many), "{path}");
        }
        for path in ["", "unknown", "deviceAppManagement/unknown", "users/u/displayName/x"] {
            assert!(resolve(&path.split('/').collect::<Vec<_>>()).is_none(), "{path}");
        }
    }
}
