//! Graph's URL forms: `set/key`, `set('key')`, doubled and trailing slashes, qualified action and function names.

/// The segments below the version, decoded; a key in parentheses becomes a segment of its own, casts to a type are
/// dropped, and qualified action names are shortened.
pub(super) fn segments(path: &str) -> Vec<String> {
    let mut out = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let segment = percent_decode(raw);
        match segment.split_once('(') {
            Some((name, key)) if key.ends_with(')') => {
                push_name(&mut out, name);
                let key = key.trim_end_matches(')');
                if !key.is_empty() {
                    out.push(unquote(key));
                }
            }
            _ => push_name(&mut out, &segment),
        }
    }
    out
}

fn push_name(out: &mut Vec<String>, name: &str) {
    let lower = name.to_ascii_lowercase();
    let Some(short) = lower.strip_prefix("microsoft.graph.").or_else(|| lower.strip_prefix("graph.")) else {
        out.push(name.to_owned());
        return;
    };
    // A cast asserts a type that the object has anyway; an action or function keeps its short name.
    if !is_type(short) {
        out.push(name[name.len() - short.len()..].to_owned());
    }
}

fn is_type(name: &str) -> bool {
    ["user", "group", "managedapppolicy", "managedappconfiguration"].contains(&name)
        || name.ends_with("managedappprotection")
        || name.ends_with("managedappconfiguration")
}

fn unquote(key: &str) -> String {
    key.strip_prefix('\'')
        .and_then(|key| key.strip_suffix('\''))
        .map_or_else(|| key.to_owned(), |key| key.replace("''", "'"))
}

/// Percent decoding; what is not UTF-8 afterwards is replaced.
pub(super) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
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
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::segments;

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
            ("a/T_x/microsoft.graph.assign", "a T_x assign"),
            ("a/T_x/microsoft.graph.targetedManagedAppProtection/microsoft.graph.assign", "a T_x assign"),
            ("a/T_x/graph.targetedManagedAppProtection/targetApps", "a T_x targetApps"),
            ("users/a%40b.example/licenseDetails", "users a@b.example licenseDetails"),
            ("users('o''neil')", "users o'neil"),
            ("groups/g/members/microsoft.graph.user", "groups g members"),
            ("a/getUserIdsWithFlaggedAppRegistration()", "a getUserIdsWithFlaggedAppRegistration"),
            ("a/T_x%2Fy", "a T_x/y"),
            ("100%", "100%"),
        ];
        for (path, wanted) in cases {
            assert_eq!(segments(path).join(" "), wanted, "{path}");
        }
    }
}
