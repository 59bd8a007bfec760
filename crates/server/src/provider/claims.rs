//! Claims of a verified token: reading them, and the rules that every token obeys (RFC 7519 §4.1, RFC 8725).

use ringfence_model::{Millis, UnixMillis};
use serde_json::{Map, Value};

/// How far the clocks of two machines may differ.
const LEEWAY: Millis = Millis::from_secs(60);

/// Why the claims are not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimError {
    /// `iss` is missing or another.
    #[error("it was issued by somebody else")]
    Issuer,
    /// `aud` is missing or names others only.
    #[error("it is meant for another audience")]
    Audience,
    /// `exp` is past.
    #[error("it has expired")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("it is not valid yet")]
    NotYet,
    /// A claim that must be there is missing or of a wrong type.
    #[error("its claim `{0}` is missing or wrong")]
    Missing(&'static str),
    /// It is a token of another kind.
    #[error("it is a token of another kind: {0}")]
    Kind(&'static str),
}

/// Claims whose signature was right.
#[derive(Debug, Clone)]
pub(crate) struct Claims(Map<String, Value>);

impl Claims {
    /// Checks issuer, audience and times.
    pub(crate) fn check(
        claims: Map<String, Value>,
        issuer: &str,
        audiences: &[String],
        now: UnixMillis,
    ) -> Result<Self, ClaimError> {
        let claims = Self(claims);
        if claims.text("iss") != Some(issuer) {
            return Err(ClaimError::Issuer);
        }
        if !claims.values("aud").iter().any(|aud| audiences.iter().any(|wanted| wanted == aud)) {
            return Err(ClaimError::Audience);
        }
        if claims.time("exp")?.ok_or(ClaimError::Missing("exp"))?.plus(LEEWAY) <= now {
            return Err(ClaimError::Expired);
        }
        for name in ["nbf", "iat"] {
            if claims.time(name)?.is_some_and(|at| at > now.plus(LEEWAY)) {
                return Err(ClaimError::NotYet);
            }
        }
        if claims.subject().is_empty() {
            return Err(ClaimError::Missing("sub"));
        }
        Ok(claims)
    }

    /// Who it is about, unique and never reused at this issuer; empty when it does not say.
    pub(crate) fn subject(&self) -> &str {
        self.text("sub").filter(|sub| sub.len() <= 255).unwrap_or_default()
    }

    /// A claim that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.find(name)?.as_str()
    }

    /// Whether a claim is there and says yes; some providers write it as a text.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.find(name)
            .is_some_and(|value| *value == Value::Bool(true) || *value == Value::String("true".into()))
    }

    /// Whether a claim is there at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The texts of a claim that is one text or a list of them.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        match self.find(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// A claim by its whole name, or else by the way that the dots in it describe.
    fn find(&self, name: &str) -> Option<&Value> {
        if let Some(found) = self.0.get(name) {
            return Some(found);
        }
        let mut steps = name.split('.');
        let first = self.0.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.as_object()?.get(step))
    }

    /// Seconds since 1970; fractions are allowed by the standard.
    fn time(&self, name: &'static str) -> Result<Option<UnixMillis>, ClaimError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => {
                let seconds = value.as_f64().filter(|seconds| (0.0..1e12).contains(seconds));
                Ok(Some(UnixMillis((seconds.ok_or(ClaimError::Missing(name))? * 1000.0) as i64)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    fn check(change: impl FnOnce(&mut Value)) -> Result<Claims, ClaimError> {
        let mut claims =
            json!({"iss": "https://op", "aud": ["api", "other"], "sub": "7", "exp": 1_800_000_100});
        change(&mut claims);
        let Value::Object(members) = claims else { unreachable!() };
        Claims::check(members, "https://op", &["api".into()], NOW)
    }

    #[test]
    fn rules_hold_to_the_second() {
        assert!(check(|_| {}).is_ok());
        let cases: [(&str, Value, ClaimError); 12] = [
            ("iss", json!("https://op/"), ClaimError::Issuer),
            ("iss", json!(["https://op"]), ClaimError::Issuer),
            ("aud", json!("ap"), ClaimError::Audience),
            ("aud", json!({"api": 1}), ClaimError::Audience),
            ("aud", json!([]), ClaimError::Audience),
            ("exp", json!(1_799_999_940), ClaimError::Expired),
            ("exp", json!("1800000100"), ClaimError::Missing("exp")),
            ("exp", json!(-1), ClaimError::Missing("exp")),
            ("exp", json!(1e300), ClaimError::Missing("exp")),
            ("nbf", json!(1_800_000_061), ClaimError::NotYet),
            ("iat", json!(1_800_000_061), ClaimError::NotYet),
            ("sub", json!(""), ClaimError::Missing("sub")),
        ];
        for (name, value, wanted) in cases {
            assert_eq!(check(|claims| claims[name] = value.clone()).unwrap_err(), wanted, "{name} {value}");
        }
        for (name, value) in [
            ("exp", json!(1_799_999_941)),
            ("nbf", json!(1_800_000_060)),
            ("iat", json!(1.5)),
            ("aud", json!("api")),
        ] {
            assert!(check(|claims| claims[name] = value.clone()).is_ok(), "{name} {value}");
        }
    }

    #[test]
    fn dots_lead_into_objects() {
        let claims = check(|claims| {
            claims["realm_access"] = json!({"roles": ["a", 1, "b"]});
            claims["https://x.example/roles"] = json!("c");
        });
        let claims = claims.unwrap();
        assert_eq!(claims.values("realm_access.roles"), ["a", "b"]);
        assert_eq!(claims.values("https://x.example/roles"), ["c"]);
        assert!(claims.values("realm_access.none.x").is_empty() && !claims.has("none"));
    }
}
