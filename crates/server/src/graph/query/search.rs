//! `$search`: `"name"`, `"displayName:kim" OR "mail:kim"`. A term is met where a word of the text begins with it.

use serde_json::Value;

use super::member;
use crate::http::ApiError;

/// Where a term without a member name is looked for.
const PLACES: [&str; 8] =
    ["displayName", "description", "name", "publisher", "mail", "userPrincipalName", "givenName", "surname"];

/// Alternatives, each a list of terms that must all be met.
#[derive(Debug, Clone)]
pub(super) struct Search(Vec<Vec<Term>>);

#[derive(Debug, Clone)]
struct Term {
    member: Option<String>,
    text: String,
    not: bool,
}

/// Nothing to search for gives `None`.
pub(super) fn parse(text: &str) -> Result<Option<Search>, ApiError> {
    let (mut all, mut not) = (vec![Vec::new()], false);
    for word in words(text)? {
        match word {
            Word::Bare(word) if word == "OR" => all.push(Vec::new()),
            Word::Bare(word) if word == "AND" => {}
            Word::Bare(word) if word == "NOT" => not = true,
            Word::Bare(word) | Word::Quoted(word) => {
                let split = word.split_once(':').filter(|(name, _)| name.chars().all(char::is_alphanumeric));
                let (member, text) = match split {
                    Some((name, text)) if !name.is_empty() => (Some(name.to_owned()), text.to_owned()),
                    _ => (None, word),
                };
                if let Some(terms) = all.last_mut() {
                    terms.push(Term {
                        member,
                        text: text.trim().to_lowercase(),
                        not: std::mem::take(&mut not),
                    });
                }
            }
        }
    }
    all.retain(|terms| !terms.is_empty());
    Ok((!all.is_empty()).then_some(Search(all)))
}

impl Search {
    pub(super) fn holds(&self, item: &Value) -> bool {
        self.0.iter().any(|terms| terms.iter().all(|term| term.holds(item)))
    }

    /// The terms with a member of their own, when all of them must be met.
    pub(super) fn single(&self) -> Vec<(String, String)> {
        let [terms] = self.0.as_slice() else { return Vec::new() };
        let named = terms.iter().filter(|term| !term.not);
        named.filter_map(|term| Some((term.member.clone()?, term.text.clone()))).collect()
    }

    /// The members that are named.
    pub(super) fn members(&self) -> impl Iterator<Item = &String> {
        self.0.iter().flatten().filter_map(|term| term.member.as_ref())
    }
}

impl Term {
    fn holds(&self, item: &Value) -> bool {
        let met = match &self.member {
            Some(name) => begins(member(item, name), &self.text),
            None => PLACES.iter().any(|name| begins(member(item, name), &self.text)),
        };
        met != self.not
    }
}

/// Whether the text is found at the start of a word.
fn begins(value: &Value, wanted: &str) -> bool {
    let Some(text) = value.as_str().map(str::to_lowercase) else { return false };
    text.match_indices(wanted).any(|(at, _)| {
        !text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(char::is_alphanumeric)
    })
}

enum Word {
    Bare(String),
    Quoted(String),
}

fn words(text: &str) -> Result<Vec<Word>, ApiError> {
    let (mut out, mut chars) = (Vec::new(), text.chars().peekable());
    while let Some(c) = chars.next() {
        if c == '"' {
            let mut word = String::new();
            loop {
                match chars.next() {
                    Some('\\') => word.extend(chars.next()),
                    Some('"') => break,
                    Some(c) => word.push(c),
                    None => {
                        let detail = format!("`$search` has a text without an end: `{text}`");
                        return Err(ApiError::bad_request("query_not_understood", detail));
                    }
                }
            }
            out.push(Word::Quoted(word));
        } else if !c.is_whitespace() && c != '(' && c != ')' {
            let mut word = String::from(c);
            while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !"()\"".contains(*c)) {
                word.push(c);
            }
            out.push(Word::Bare(word));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn terms_begin_words() {
        let item = json!({"displayName": "Kim van Dijk", "mail": "kim@school.example", "id": "kim"});
        let cases = [
            ("\"displayName:kim\"", true),
            ("\"van\"", true),
            ("dij", true),
            ("\"displayName:ijk\"", false),
            ("\"displayName:lou\" OR \"mail:kim\"", true),
            ("\"displayName:kim\" AND \"mail:lou\"", false),
            ("NOT \"lou\"", true),
            ("\"van dijk\"", true),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse(text).unwrap().unwrap().holds(&item), wanted, "{text}");
        }
        assert!(parse("").unwrap().is_none() && parse("OR AND").unwrap().is_none());
        assert!(parse("\"open").is_err());
    }
}
