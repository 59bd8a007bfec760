//! A set of permissions, as a role of an organisation's own has it.

use super::Permission;

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Permissions(u64);

impl Permissions {
    /// The names it knows, separated by spaces; others are left out.
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().filter_map(Permission::from_name).collect()
    }

    /// The names, separated by spaces.
    pub fn print(self) -> String {
        let names = Permission::ALL.iter().filter(|permission| self.contains(**permission));
        names.map(|permission| permission.name()).collect::<Vec<_>>().join(" ")
    }

    /// Whether a permission is in it.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u8) != 0
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | 1 << permission as u8))
    }
}

const _: () = assert!(Permission::ALL.len() <= 64, "a set of permissions has 64 bits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_survive_being_written() {
        let all: Permissions = Permission::ALL.iter().copied().collect();
        assert_eq!(Permissions::parse(&all.print()), all);
        let some = Permissions::parse("policies.read nonsense wipe.read");
        assert_eq!(some.print(), "policies.read wipe.read");
        assert!(some.contains(Permission::ReadWipe) && !some.contains(Permission::RequestWipe));
        assert!(Permissions::default().is_empty() && !some.is_empty());
    }
}
