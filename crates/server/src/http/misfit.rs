//! Why a JSON body does not fit, in words for people instead of those of the program.

/// What serde says of a body, without place and names of types.
pub(super) fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem);
    if text.starts_with("invalid length ") && text.contains(", expected struct ") {
        return "is a list, not an object".to_owned();
    }
    let found = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "));
    match found.and_then(|found| found.split_once(", expected ")) {
        Some((found, wanted)) => format!("is {}, not {}", name(found), name(wanted)),
        None => text.to_owned(),
    }
}

fn name(of: &str) -> String {
    let first = of.split([' ', '`']).next().unwrap_or_default();
    let said = match first {
        "struct" | "map" | "internally" | "adjacently" => "an object",
        "sequence" | "tuple" => "a list",
        "null" | "unit" | "Option" => "nothing",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "enum" => "one of the known names",
        "floating" => return of.replacen("floating point", "the number", 1),
        "string" | "integer" | "boolean" => return of.replacen(first, kind(first), 1),
        "a" if of.starts_with("a map") => "an object",
        "a" if of.starts_with("a sequence") => "a list",
        "a" if of == "a string" => "a text",
        "a" if of == "a boolean" => "true or false",
        _ => of,
    };
    said.to_owned()
}

/// `string "x"` → `the text "x"`, `integer ˋ7ˋ` → `the number ˋ7ˋ`.
fn kind(first: &str) -> &'static str {
    match first {
        "string" => "the text",
        "boolean" => "the truth value",
        _ => "the number",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, de::DeserializeOwned};

    use super::told;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read, never looked at")]
    struct Body {
        count: u64,
        name: String,
    }

    fn said<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        told(&serde_json::from_str::<T>(text).unwrap_err())
    }

    #[test]
    fn types_are_named_for_people() {
        assert_eq!(said::<Body>("[]"), "is a list, not an object");
        assert_eq!(said::<Vec<u64>>("{}"), "is an object, not a list");
        assert_eq!(said::<u64>("-1"), "is the number `-1`, not a whole number from 0 on");
        assert_eq!(said::<u64>("1.5"), "is the number `1.5`, not a whole number from 0 on");
        assert_eq!(said::<bool>("\"x\""), "is the text \"x\", not true or false");
        assert_eq!(said::<String>("null"), "is nothing, not a text");
        assert_eq!(said::<String>("true"), "is the truth value `true`, not a text");
        assert_eq!(said::<BTreeMap<String, u8>>("7"), "is the number `7`, not an object");
        assert_eq!(said::<Body>("{\"name\":\"x\"}"), "missing field `count`");
        assert!(said::<Body>("{\"other\":1}").starts_with("unknown field `other`, expected"));
    }
}
