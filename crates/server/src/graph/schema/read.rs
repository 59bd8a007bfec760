//! Reads the table of types. Its form is described at its head.

use super::{Bound, Enum, Member, Of, Root, Schema, Type, Value, Versions};

/// Lines that do not read are left out; a test counts that there are none.
pub(super) fn read(text: &'static str) -> Schema {
    let mut schema = Schema::default();
    let mut last = Last::Other;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(member) = line.strip_prefix("  ") {
            match last {
                Last::Type => push_member(&mut schema, member),
                Last::Enum => push_value(&mut schema, member),
                Last::Other => None,
            };
        } else {
            last = head(&mut schema, line).unwrap_or(Last::Other);
        }
    }
    for (at, of) in schema.types.iter().enumerate() {
        schema.type_at.insert(of.name.to_ascii_lowercase(), at);
    }
    for (at, of) in schema.enums.iter().enumerate() {
        schema.enum_at.insert(of.name.to_ascii_lowercase(), at);
    }
    schema
}

enum Last {
    Type,
    Enum,
    Other,
}

fn head(schema: &mut Schema, line: &'static str) -> Option<Last> {
    let (kind, rest) = line.split_once(' ')?;
    match kind {
        "entity" | "complex" => {
            let mut words = rest.split(' ').peekable();
            let name = words.next()?;
            let base = words.next_if_eq(&":").and_then(|_| words.next());
            let marks: Vec<&str> = words.collect();
            schema.types.push(Type {
                name,
                base,
                entity: kind == "entity",
                is_abstract: marks.contains(&"abstract"),
                open: marks.contains(&"open"),
                versions: versions(&marks),
                members: Vec::new(),
            });
            Some(Last::Type)
        }
        "enum" => {
            let mut words = rest.split(' ');
            let name = words.next()?;
            let marks: Vec<&str> = words.collect();
            let flags = marks.contains(&"flags");
            schema.enums.push(Enum { name, flags, versions: versions(&marks), members: Vec::new() });
            Some(Last::Enum)
        }
        "action" | "function" => {
            schema.bound.push(bound(kind == "function", rest)?);
            Some(Last::Other)
        }
        "set" | "singleton" => {
            let (name, of) = rest.split_once(' ')?;
            schema.roots.push(Root { name, of: Of { name: of, many: kind == "set" } });
            Some(Last::Other)
        }
        _ => None,
    }
}

fn bound(function: bool, rest: &'static str) -> Option<Bound> {
    let (name, rest) = rest.split_once('(')?;
    let (parameters, rest) = rest.split_once(')')?;
    let mut words = rest.split(' ').filter(|word| !word.is_empty()).peekable();
    let returns = words.next_if_eq(&"->").and_then(|_| words.next()).map(of);
    let parameters = parameters.split(", ").filter_map(|one| one.split_once(' '));
    Some(Bound {
        name,
        function,
        parameters: parameters.map(|(name, kind)| (name, of(kind))).collect(),
        returns,
        versions: versions(&words.collect::<Vec<_>>()),
    })
}

fn push_member(schema: &mut Schema, line: &'static str) -> Option<()> {
    let navigation = line.starts_with("> ");
    let mut words = line.trim_start_matches("> ").split(' ');
    let (name, kind) = (words.next()?, words.next()?);
    let marks: Vec<&str> = words.collect();
    schema.types.last_mut()?.members.push(Member {
        name,
        of: of(kind),
        navigation,
        required: marks.contains(&"required"),
        contained: marks.contains(&"contained"),
        versions: versions(&marks),
    });
    Some(())
}

fn push_value(schema: &mut Schema, line: &'static str) -> Option<()> {
    let mut words = line.split(' ');
    let (name, number) = (words.next()?, words.next()?);
    let number = if number == "-" { None } else { Some(number.parse().ok()?) };
    let marks: Vec<&str> = words.collect();
    let (evolved, versions) = (marks.contains(&"evolved"), versions(&marks));
    schema.enums.last_mut()?.members.push(Value { name, number, evolved, versions });
    Some(())
}

fn of(text: &'static str) -> Of {
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(name) => Of { name, many: true },
        None => Of { name: text, many: false },
    }
}

fn versions(marks: &[&str]) -> Versions {
    match (marks.contains(&"v1.0"), marks.contains(&"beta")) {
        (false, false) => Versions::BOTH,
        (v1, beta) => Versions { v1, beta },
    }
}
