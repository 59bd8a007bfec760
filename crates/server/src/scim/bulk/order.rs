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
        for part in ["path", "data"] {
            let value = member(operation, part).unwrap_or(&Value::Null);
            references(value, &mut |name| found.extend(makers.get(name).copied()));
        }
        found
    };
    let mut plan = Plan {
        needs: operations.iter().map(needs).collect(),
        states: vec![State::New; operations.len()],
        turns: Vec::new(),
    };
    for place in 0..operations.len() {
        plan.visit(place);
    }
    plan.turns
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// On the way to what it needs.
    Open,
    /// The same, and something on that way needs it in turn.
    Circular,
    Done,
}

struct Plan {
    needs: Vec<Vec<usize>>,
    states: Vec<State>,
    turns: Vec<Turn>,
}

impl Plan {
    /// Gives turns to what an operation needs, then to itself. No call is deeper than there are operations.
    fn visit(&mut self, place: usize) {
        if self.states.get(place) != Some(&State::New) {
            return;
        }
        let mut way = vec![(place, 0)];
        self.set(place, State::Open);
        while let Some((place, next)) = way.last_mut() {
            let (at, needed) = (*place, self.needs.get(*place).and_then(|needs| needs.get(*next)).copied());
            *next += 1;
            match needed.map(|needed| (needed, self.states.get(needed))) {
                Some((needed, Some(State::New))) => {
                    self.set(needed, State::Open);
                    way.push((needed, 0));
                }
                Some((needed, Some(State::Open | State::Circular))) => {
                    let circle = way.iter().rev().map(|(place, _)| *place);
                    let circle: Vec<usize> =
                        circle.take_while(|place| *place != needed).chain([needed]).collect();
                    for place in circle {
                        self.set(place, State::Circular);
                    }
                }
                Some(_) => {}
                None => {
                    let in_circle = self.states.get(at) == Some(&State::Circular);
                    self.turns.push(Turn { place: at, in_circle });
                    self.set(at, State::Done);
                    way.pop();
                }
            }
        }
    }

    fn set(&mut self, place: usize, state: State) {
        if let Some(found) = self.states.get_mut(place) {
            *found = state;
        }
    }
}

/// The names behind `bulkId:` in texts that are nothing else, or segments of a path.
fn references<'a>(value: &'a Value, found: &mut impl FnMut(&'a str)) {
    match value {
        Value::String(text) => {
            text.split('/').filter_map(|part| part.strip_prefix("bulkId:")).for_each(found);
        }
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
    }
}
