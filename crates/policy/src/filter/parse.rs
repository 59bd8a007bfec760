//! From text to tree: tokens with their places, then `or` over `and` over comparisons and parentheses.

use super::{
    Comparison, DEPTH_MAX, FilterPlatform, Node, Operand, Operator, Property, RULE_MAX, RuleError, check,
};

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Word(String),
    Quoted(String),
}

#[derive(Debug, Clone, PartialEq)]
struct Placed {
    /// Character of the rule, counted from 1.
    at: usize,
    token: Token,
}

fn wrong(at: usize, problem: impl Into<String>) -> RuleError {
    RuleError { at, problem: problem.into() }
}

pub(super) fn parse(platform: FilterPlatform, text: &str) -> Result<Node, RuleError> {
    let length = text.chars().count();
    if length > RULE_MAX {
        return Err(wrong(
            RULE_MAX + 1,
            format!("a rule has at most {RULE_MAX} characters, this one {length}"),
        ));
    }
    let tokens = tokens(text)?;
    let mut reader = Reader { platform, tokens: &tokens, end: length + 1 };
    let node = reader.any(0)?;
    match reader.tokens.first() {
        None => Ok(node),
        Some(rest) => Err(wrong(rest.at, "`and`, `or` or the end is expected")),
    }
}

fn tokens(text: &str) -> Result<Vec<Placed>, RuleError> {
    let mut out = Vec::new();
    let mut chars = text.chars().zip(1..).peekable();
    while let Some((c, at)) = chars.next() {
        let token = match c {
            _ if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '[' => Token::OpenList,
            ']' => Token::CloseList,
            ',' => Token::Comma,
            '"' | '\'' => {
                let mut inner = String::new();
                loop {
                    match chars.next() {
                        None => return Err(wrong(at, "the text that begins here does not end")),
                        Some((end, _)) if end == c => break,
                        // A quote, or a backslash, inside a text has a backslash before it.
                        Some(('\\', _)) => match chars.next_if(|(next, _)| matches!(next, '"' | '\'' | '\\'))
                        {
                            Some((escaped, _)) => inner.push(escaped),
                            None => inner.push('\\'),
                        },
                        Some((other, _)) => inner.push(other),
                    }
                }
                Token::Quoted(inner)
            }
            _ if is_word(c) => {
                let mut word = String::from(c);
                while let Some((next, _)) = chars.next_if(|(next, _)| is_word(*next)) {
                    word.push(next);
                }
                Token::Word(word)
            }
            _ => return Err(wrong(at, format!("`{c}` means nothing here"))),
        };
        out.push(Placed { at, token });
    }
    Ok(out)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '$')
}

struct Reader<'a> {
    platform: FilterPlatform,
    tokens: &'a [Placed],
    /// The place after the last character.
    end: usize,
}

impl<'a> Reader<'a> {
    fn at(&self) -> usize {
        self.tokens.first().map_or(self.end, |first| first.at)
    }

    fn next(&mut self) -> Option<&'a Placed> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        let found = self.tokens.first().is_some_and(|first| first.token == *wanted);
        if found {
            self.next();
        }
        found
    }

    /// Takes `and` or `-and`.
    fn joins(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Placed { token: Token::Word(word), .. })
            if undashed(word).eq_ignore_ascii_case(wanted));
        if found {
            self.next();
        }
        found
    }

    fn any(&mut self, depth: usize) -> Result<Node, RuleError> {
        let mut parts = vec![self.all(depth)?];
        while self.joins("or") {
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Node::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Node, RuleError> {
        let mut parts = vec![self.primary(depth)?];
        while self.joins("and") {
            parts.push(self.primary(depth)?);
        }
        Ok(one_or(parts, Node::All))
    }

    fn primary(&mut self, depth: usize) -> Result<Node, RuleError> {
        let at = self.at();
        if !self.takes(&Token::Open) {
            return self.comparison().map(Node::Compare);
        }
        if depth >= DEPTH_MAX {
            return Err(wrong(at, format!("parentheses may be {DEPTH_MAX} deep at most")));
        }
        let inner = self.any(depth + 1)?;
        if self.takes(&Token::Close) { Ok(inner) } else { Err(wrong(self.at(), "`)` is expected")) }
    }

    fn comparison(&mut self) -> Result<Comparison, RuleError> {
        let property = self.property()?;
        let (at, operator) = (self.at(), self.operator()?);
        check::operator(property, operator).map_err(|problem| wrong(at, problem))?;
        let at = self.at();
        let value = if matches!(operator, Operator::In | Operator::NotIn) {
            Operand::Texts(self.list()?)
        } else {
            self.value(operator)?
        };
        let value = check::value(self.platform, property, value).map_err(|problem| wrong(at, problem))?;
        Ok(Comparison { property, operator, value })
    }

    fn property(&mut self) -> Result<Property, RuleError> {
        let at = self.at();
        let expected = || {
            let known = Property::ALL.iter().filter(|one| one.is_of(self.platform));
            let names: Vec<String> = known.map(|one| format!("app.{}", one.as_str())).collect();
            format!("a property is expected: {}", names.join(", "))
        };
        let Some(Placed { token: Token::Word(name), .. }) = self.tokens.first() else {
            return Err(wrong(at, expected()));
        };
        let found = name
            .get(..4)
            .filter(|begin| begin.eq_ignore_ascii_case("app."))
            .and_then(|_| Property::read(name.get(4..).unwrap_or_default()))
            .filter(|found| found.is_of(self.platform));
        let found = found.ok_or_else(|| wrong(at, format!("`{name}` is unknown; {}", expected())))?;
        self.next();
        Ok(found)
    }

    fn operator(&mut self) -> Result<Operator, RuleError> {
        let at = self.at();
        let names =
            || Operator::ALL.iter().map(|one| format!("-{}", one.as_str())).collect::<Vec<_>>().join(", ");
        match self.next().map(|found| &found.token) {
            Some(Token::Word(word)) => Operator::read(undashed(word))
                .ok_or_else(|| wrong(at, format!("`{word}` is no operator: {}", names()))),
            _ => Err(wrong(at, format!("an operator is expected: {}", names()))),
        }
    }

    fn value(&mut self, operator: Operator) -> Result<Operand, RuleError> {
        let at = self.at();
        match self.next().map(|found| &found.token) {
            Some(Token::Quoted(text)) => Ok(Operand::Text(text.clone())),
            Some(Token::Word(word)) if is_null(word) => match operator {
                Operator::Eq | Operator::Ne => Ok(Operand::Null),
                _ => Err(wrong(at, "`$null` goes with -eq and -ne only")),
            },
            Some(Token::Word(word)) if word.starts_with(|c: char| c.is_ascii_digit()) => {
                Ok(Operand::Text(word.clone()))
            }
            _ => Err(wrong(at, "a value in quotes is expected")),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, RuleError> {
        if !self.takes(&Token::OpenList) {
            return Err(wrong(self.at(), "a list is expected, such as [\"a\", \"b\"]"));
        }
        let mut values = Vec::new();
        loop {
            let at = self.at();
            match self.next().map(|found| &found.token) {
                Some(Token::Quoted(text)) => values.push(text.clone()),
                _ => return Err(wrong(at, "a value in quotes is expected")),
            }
            if self.takes(&Token::CloseList) {
                return Ok(values);
            }
            if !self.takes(&Token::Comma) {
                return Err(wrong(self.at(), "`,` or `]` is expected"));
            }
        }
    }
}

fn undashed(word: &str) -> &str {
    word.strip_prefix('-').unwrap_or(word)
}

fn is_null(word: &str) -> bool {
    word.eq_ignore_ascii_case("$null") || word.eq_ignore_ascii_case("null")
}

fn one_or(mut parts: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}
