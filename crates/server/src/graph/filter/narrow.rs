//! What of a filter a database can answer: comparisons of a member with a text, and times between which all is.

use jiff::Timestamp;

use super::{
    Expr, Filter, Function, Operand, Operator,
    literal::{Fixed, timestamp},
};

/// A condition that everything that meets the filter meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Narrow {
    /// The member, as written.
    pub(crate) member: String,
    pub(crate) how: How,
    pub(crate) text: String,
}

/// How a member is compared with a text, without regard to letter case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Equals,
    Begins,
    Contains,
}

impl Filter {
    /// The conditions, and whether they say everything that the filter says.
    pub(in crate::graph) fn narrow(&self) -> (Vec<Narrow>, bool) {
        narrow(&self.0)
    }

    /// The earliest and the latest time that a member can have in whatever meets the filter. They only spare looking:
    /// what lies between need not meet it.
    pub(in crate::graph) fn times(&self, member: &str) -> (Option<Timestamp>, Option<Timestamp>) {
        let (mut since, mut until) = (None, None);
        times(&self.0, member, &mut since, &mut until);
        (since, until)
    }
}

fn times(expr: &Expr, member: &str, since: &mut Option<Timestamp>, until: &mut Option<Timestamp>) {
    match expr {
        Expr::And(parts) => parts.iter().for_each(|part| times(part, member, since, until)),
        Expr::Compare(compare) => {
            let (Operand::Path(path), Operand::Literal(literal)) = (&compare.left, &compare.right) else {
                return;
            };
            let named = matches!(path.steps.as_slice(), [one] if one.eq_ignore_ascii_case(member));
            let Fixed::Date(text) = &literal.value else { return };
            let Some(at) = timestamp(text).filter(|_| named && path.scope == 0 && !path.count) else {
                return;
            };
            if matches!(compare.operator, Operator::Eq | Operator::Gt | Operator::Ge) {
                *since = (*since).max(Some(at));
            }
            if matches!(compare.operator, Operator::Eq | Operator::Lt | Operator::Le) {
                *until = Some(until.map_or(at, |known| known.min(at)));
            }
        }
        _ => {}
    }
}

fn narrow(expr: &Expr) -> (Vec<Narrow>, bool) {
    let one = match expr {
        Expr::And(parts) => {
            let (found, exact): (Vec<_>, Vec<_>) = parts.iter().map(narrow).unzip();
            return (found.into_iter().flatten().collect(), exact.into_iter().all(|exact| exact));
        }
        Expr::Compare(compare) if compare.operator == Operator::Eq => {
            condition(&compare.left, &compare.right, How::Equals)
                .or_else(|| condition(&compare.right, &compare.left, How::Equals))
        }
        Expr::Text { function, of, wanted } => match function {
            Function::StartsWith => condition(of, wanted, How::Begins),
            Function::Contains => condition(of, wanted, How::Contains),
            Function::EndsWith => None,
        },
        _ => None,
    };
    let exact = one.is_some();
    (one.into_iter().collect(), exact)
}

fn condition(of: &Operand, wanted: &Operand, how: How) -> Option<Narrow> {
    let (Operand::Path(path), Operand::Literal(literal)) = (of, wanted) else { return None };
    let text = match &literal.value {
        Fixed::Text(text) | Fixed::Guid(text) => text.clone(),
        _ => return None,
    };
    match path.steps.as_slice() {
        [member] if path.scope == 0 && !path.count => Some(Narrow { member: member.clone(), how, text }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Timestamp};

    fn times(text: &str) -> (Option<Timestamp>, Option<Timestamp>) {
        Filter::parse(text).unwrap().times("activityDateTime")
    }

    #[test]
    fn times_are_those_that_everything_has() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let (new_year, next) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let between = format!(
            "componentName eq 'x' and (ActivityDateTime gt {new_year}\tand activityDateTime le {next})"
        );
        assert_eq!(times(&between), (at(new_year), at(next)));
        assert_eq!(times(&format!("activityDateTime eq {next}")), (at(next), at(next)));
        for other in [
            format!("activityDateTime gt {new_year} or category eq 'Role'"),
            format!("activityDateTime gt {new_year}\tor\tcategory eq 'Role'"),
            format!("not\t(activityDateTime gt {new_year})"),
            format!("(activityDateTime gt {new_year}) eq false"),
            format!("activity ne ' activityDateTime ge {new_year} '"),
            format!("actor/activityDateTime gt {new_year}"),
            format!("activityDateTime ne {new_year}"),
        ] {
            assert_eq!(times(&other), (None, None), "{other}");
        }
    }
}
