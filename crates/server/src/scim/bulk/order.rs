//! In which order operations are done: as they stand, except that what one refers to is made before it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::scim::patch::member;

/// An operation's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// Its place in the request.
    pub(super) place: usize,
    /// It refers to something that refers to it: no order satisfies both.
    pub(super) in_circle: bool,
}

/// Every operation once.
pub(super) fn plan(operations: &[Value]) -> Vec<Turn> {
    let mut makers = BTreeMap::new();
    for (place, operation) in operations.iter().enumerate() {
        let method = member(operation, "method").and_then(Value::as_str);
        if method.is_some_and(|method| method.eq_ignore_ascii_case("POST"))
            && let Some(id) = member(operation, "bulkId").and_then(Value::as_str)
        {
            makers.entry(id).or_insert(place);
        }
    }
    let needs = |operation: &Value| {
        let mut found = Vec::new();
        let mut note = |name: &str| found.extend(makers.get(name).copied());
        if let Some(path) = member(operation, "path").and_then(Value::as_str) {
            path.split('/').filter_map(reference).for_each(&mut note);
        }
        references(member(operation, "data").unwrap_or(&Value::Null), &mut note);
        // However often one is named.
        found.sort_unstable();
        found.dedup();
        found
    };
    let nodes = operations.iter().map(|operation| Node { needs: needs(operation), ..Node::default() });
    let mut plan = Plan { nodes: nodes.collect(), count: 0, open: Vec::new(), turns: Vec::new() };
    for place in 0..operations.len() {
        plan.visit(place);
    }
    plan.turns
}

/// An operation, and what Tarjan's algorithm (SIAM J. Comput. 1, 1972) knows of it.
#[derive(Debug, Default)]
struct Node {
    /// Places of what it refers to, each once.
    needs: Vec<usize>,
    /// The how-many-eth it was found.
    number: Option<usize>,
    /// The lowest number that it reaches.
    low: usize,
    /// Its circle is not complete yet.
    open: bool,
}

struct Plan {
    nodes: Vec<Node>,
    count: usize,
    open: Vec<usize>,
    turns: Vec<Turn>,
}

impl Plan {
    /// Gives turns to what an operation needs, then to itself. No call is deeper than there are operations.
    fn visit(&mut self, root: usize) {
        let mut way = Vec::new();
        self.enter(root, &mut way);
        while let Some((place, next)) = way.last_mut() {
            let (at, turn) = (*place, *next);
            *next += 1;
            let Some(node) = self.nodes.get(at) else { return };
            match node.needs.get(turn).copied() {
                Some(needed) => match self.nodes.get(needed) {
                    Some(Node { number: Some(number), open: true, .. }) => self.lower(at, *number),
                    _ => self.enter(needed, &mut way),
                },
                None => {
                    way.pop();
                    let (low, number) = (node.low, node.number);
                    if number == Some(low) {
                        self.close(at);
                    } else if let Some((above, _)) = way.last() {
                        self.lower(*above, low);
                    }
                }
            }
        }
    }

    /// Begins with an operation, unless that has been done.
    fn enter(&mut self, place: usize, way: &mut Vec<(usize, usize)>) {
        let Some(node) = self.nodes.get_mut(place).filter(|node| node.number.is_none()) else { return };
        (node.number, node.low, node.open) = (Some(self.count), self.count, true);
        self.count += 1;
        self.open.push(place);
        way.push((place, 0));
    }

    fn lower(&mut self, place: usize, number: usize) {
        if let Some(node) = self.nodes.get_mut(place) {
            node.low = node.low.min(number);
        }
    }

    /// Everything that is open behind this operation is one circle with it; nothing, if it is in none.
    fn close(&mut self, place: usize) {
        let from = self.open.iter().rposition(|open| *open == place).unwrap_or_default();
        let circle = self.open.split_off(from);
        let alone = circle.len() == 1;
        for place in circle.into_iter().rev() {
            let Some(node) = self.nodes.get_mut(place) else { continue };
            node.open = false;
            self.turns.push(Turn { place, in_circle: !alone || node.needs.contains(&place) });
        }
    }
}

/// The name behind `bulkId:`, in a text that is nothing else or a segment of a path.
fn reference(text: &str) -> Option<&str> {
    text.strip_prefix("bulkId:")
}

/// Every such name in a body.
fn references<'a>(value: &'a Value, found: &mut impl FnMut(&'a str)) {
    match value {
        Value::String(text) => reference(text).into_iter().for_each(found),
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Object(members) => members.values().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn group(id: &str, members: &[&str]) -> Value {
        let members: Vec<String> = members.iter().map(|name| format!("bulkId:{name}")).collect();
        json!({ "method": "POST", "path": "/Groups", "bulkId": id, "data": { "members": members } })
    }

    fn planned(operations: &[Value]) -> (Vec<usize>, Vec<usize>) {
        let turns = plan(operations);
        let circular = turns.iter().filter(|turn| turn.in_circle).map(|turn| turn.place).collect();
        (turns.iter().map(|turn| turn.place).collect(), circular)
    }

    #[test]
    fn what_is_referred_to_comes_first_and_the_rest_stays_in_order() {
        let list = [group("a", &["c"]), group("b", &[]), group("c", &["d", "nobody"]), group("d", &[])];
        assert_eq!(planned(&list), (vec![3, 2, 0, 1], vec![]));
        let patch = json!({ "method": "PATCH", "path": "/Groups/bulkId:a", "data": {} });
        assert_eq!(planned(&[patch, group("b", &[]), group("a", &["b"])]), (vec![1, 2, 0], vec![]));
    }

    #[test]
    fn circles_are_noticed_and_only_they() {
        let list = [
            group("x", &["a"]),
            group("a", &["b"]),
            group("b", &["a", "c"]),
            group("c", &[]),
            group("d", &["d"]),
        ];
        let (order, circular) = planned(&list);
        assert_eq!(order.len(), list.len());
        assert_eq!(circular, [2, 1, 4]);
        let long: Vec<Value> =
            (0..1000).map(|at| group(&at.to_string(), &[&((at + 1) % 1000).to_string()])).collect();
        assert_eq!(planned(&long).1.len(), 1000);
        // Two circles that share an operation are one.
        let list = [group("a", &["b", "c"]), group("b", &["a"]), group("c", &["b"]), group("e", &["c"])];
        assert_eq!(planned(&list), (vec![2, 1, 0, 3], vec![2, 1, 0]));
    }

    #[test]
    fn a_name_may_hold_a_slash_except_in_paths() {
        let list = [group("a", &["b/c"]), group("b", &[]), group("b/c", &[])];
        assert_eq!(planned(&list).0, [2, 0, 1]);
    }
}
