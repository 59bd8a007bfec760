//! What of a filter a database can answer: comparisons of a member with a text.

use super::{Expr, Filter, Function, Operand, Operator, literal::Fixed};

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
