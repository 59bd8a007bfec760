//! Gates: a setting that means something only while another one has certain values.

use ringfence_model::settings::Value;

use super::rules::MergeRule;
use ringfence_model::settings::Setting;

/// Condition on another setting under which a setting means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// The other setting; it has no gate itself.
    pub setting: Setting,
    /// Its values that count.
    pub test: GateTest,
}

/// Values of the other setting under which a setting means something. Each is a connected stretch of that setting's
/// order, which keeps the merge associative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateTest {
    /// It is on.
    On,
    /// It has any value that restricts.
    Set,
    /// It is none of these, its loosest members.
    StricterThan(&'static str),
    /// It is exactly this member; `looser` are the members below it, all others are above.
    Exactly {
        /// The member.
        member: &'static str,
        /// Members that restrict less.
        looser: &'static [&'static str],
    },
    /// It has no flag.
    Empty,
}

/// Where a value stands beside the stretch that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Looser: the gated setting has nothing to act on yet.
    Below,
    /// The gated setting means something.
    Active,
    /// Stricter: everything the gated setting could restrict or permit is refused already.
    Above,
}

impl GateTest {
    fn scope(self, value: Option<&Value>) -> Scope {
        let active = |yes| if yes { Scope::Active } else { Scope::Below };
        match (self, value) {
            (Self::On, value) => active(value == Some(&Value::Bool(true))),
            (Self::Set, value) => active(value.is_some()),
            (Self::StricterThan(member), Some(Value::Choice(found))) => active(*found != member),
            (Self::Exactly { member, .. }, Some(Value::Choice(found))) if *found == member => Scope::Active,
            (Self::Exactly { looser, .. }, Some(Value::Choice(found))) if !looser.contains(found) => {
                Scope::Above
            }
            (Self::Empty, Some(Value::Flags(set))) if !set.is_empty() => Scope::Above,
            (Self::Empty, _) => Scope::Active,
            (Self::StricterThan(_) | Self::Exactly { .. }, _) => Scope::Below,
        }
    }
}

impl MergeRule {
    /// Where the whole stands, given the value of each gate.
    pub(super) fn scope_of(&self, value: impl Fn(Setting) -> Option<Value>) -> Scope {
        let scopes = self.gates.iter().map(|gate| gate.test.scope(value(gate.setting).as_ref()));
        let mut scope = Scope::Active;
        for one in scopes {
            match one {
                Scope::Above => return Scope::Above,
                Scope::Below => scope = Scope::Below,
                Scope::Active => {}
            }
        }
        scope
    }
}
