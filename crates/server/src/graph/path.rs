//! Graph's URL forms: `set/key`, `set('key')`, doubled and trailing slashes, casts, qualified action and function
//! names, function parameters, `$count` and `$ref`.

use super::schema::{Type, schema};
use crate::http::ApiError;

/// A path below the version, taken apart.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// Names and keys, decoded; a key in parentheses is a segment of its own; without casts, `$count` and a
    /// trailing `$ref` of a reading.
    pub(super) segments: Vec<String>,
    /// Casts and after how many segments they stand.
    pub(super) casts: Vec<(usize, &'static Type)>,
    /// Parameters of a function: `name='value'`, without the quotes.
    pub(super) arguments: Vec<(String, String)>,
    /// Whether it ends in `$count`.
    pub(super) count: bool,
}

/// Takes a path apart.
///
/// # Errors
/// 400 when a segment is not UTF-8 once decoded.
pub(super) fn parse(path: &str) -> Result<Path, ApiError> {
    let mut out = Path::default();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let segment = percent_decode(raw).ok_or_else(|| not_utf8("path", raw))?;
        match segment.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?))) {
            Some((name, inner)) => {
                out.push_name(name);
                out.push_inner(inner);
            }
            None => out.push_name(&segment),
        }
    }
    if out.segments.last().is_some_and(|last| last.eq_ignore_ascii_case("$count")) && out.segments.len() > 1 {
        out.segments.pop();
        out.count = true;
    }
    Ok(out)
}

impl Path {
    fn push_name(&mut self, name: &str) {
        let lower = name.to_ascii_lowercase();
        let Some(short) = lower.strip_prefix("microsoft.graph.").or_else(|| lower.strip_prefix("graph."))
        else {
            self.segments.push(name.to_owned());
            return;
        };
        match schema().find_type(short) {
            Some(cast) => self.casts.push((self.segments.len(), cast)),
            // A qualified action or function keeps its short name.
            None => self.segments.push(name.get(name.len() - short.len()..).unwrap_or(name).to_owned()),
        }
    }

    /// What stands in parentheses: nothing, a key, or parameters.
    fn push_inner(&mut self, inner: &str) {
        let inner = inner.trim();
        let named = inner.split_once('=').filter(|(name, _)| is_name(name.trim()));
        if named.is_some() {
            for one in split_outside(inner, ',') {
                if let Some((name, value)) = one.split_once('=') {
                    self.arguments.push((name.trim().to_owned(), unquote(value.trim())));
                }
            }
        } else if !inner.is_empty() {
            self.segments.push(unquote(inner));
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Splits at a separator that stands outside quotes, parentheses and brackets.
pub(super) fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut out, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth = depth.saturating_sub(1),
            c if c == separator && depth == 0 && !quoted => {
                out.extend(text.get(start..at));
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    out.extend(text.get(start..));
    out
}

/// The text of a quoted literal, doubled quotes made single; anything else as it is.
fn unquote(key: &str) -> String {
    key.strip_prefix('\'')
        .and_then(|key| key.strip_suffix('\''))
        .map_or_else(|| key.to_owned(), |key| key.replace("''", "'"))
}

/// The refusal of bytes that are no text.
pub(super) fn not_utf8(what: &str, raw: &str) -> ApiError {
    ApiError::bad_request("not_utf8", format!("the {what} is not UTF-8 once decoded, at `{raw}`"))
}

/// Percent decoding; `None` when that does not give UTF-8.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (char::from(*high).to_digit(16), char::from(*low).to_digit(16))
        {
            out.push((high * 16 + low) as u8);
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn forms_seen_on_the_wire() {
        let cases = [
            (
                "deviceAppManagement/iosManagedAppProtections/T_x",
                "deviceAppManagement iosManagedAppProtections T_x",
            ),
            (
                "//deviceAppManagement//iosManagedAppProtections('T_x')/",
                "deviceAppManagement iosManagedAppProtections T_x",
            ),
            ("iosManagedAppProtections(%27T_x%27)/assign", "iosManagedAppProtections T_x assign"),
            ("iosManagedAppProtections%28%27T_x%27%29", "iosManagedAppProtections T_x"),
            ("a/T_x/microsoft.graph.assign", "a T_x assign"),
            ("a/T_x/microsoft.graph.targetedManagedAppProtection/microsoft.graph.assign", "a T_x assign"),
            ("a/T_x/graph.targetedManagedAppProtection/targetApps", "a T_x targetApps"),
            ("users/a%40b.example/licenseDetails", "users a@b.example licenseDetails"),
            ("users('o''neil')", "users o'neil"),
            ("groups/g/members/microsoft.graph.user/$count", "groups g members"),
            ("a/getUserIdsWithFlaggedAppRegistration()", "a getUserIdsWithFlaggedAppRegistration"),
            ("a/getX(platform='iOS',list=['a','b'])", "a getX"),
            ("a/T_x%2Fy", "a T_x/y"),
            ("100%", "100%"),
            ("groups/g/members/$ref", "groups g members $ref"),
        ];
        for (path, wanted) in cases {
            assert_eq!(parse(path).unwrap().segments.join(" "), wanted, "{path}");
        }
        let path = parse("groups/g/members/graph.USER/$count").unwrap();
        assert_eq!(path.casts.iter().map(|(at, of)| (*at, of.name)).collect::<Vec<_>>(), [(3, "user")]);
        assert!(path.count);
        let path = parse("a/getX(platform='i''OS',list=['a','b'],top=5)").unwrap();
        let arguments: Vec<_> =
            path.arguments.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        assert_eq!(arguments, ["platform:i'OS", "list:['a','b']", "top:5"]);
        assert!(parse("users/%ff").is_err());
    }
}
