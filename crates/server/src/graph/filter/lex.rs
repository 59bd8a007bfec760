//! Tokens of a filter, each with its position.

use super::{LENGTH_MAX, Wrong};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// `displayName`, `eq`, `microsoft.graph.user`.
    Name(String),
    /// `'text'`.
    Text(String),
    /// `duration'PT5M'`, `microsoft.graph.x'y'`.
    Tagged(String, String),
    Int(i64),
    Float(f64),
    /// A date or a point in time, bare.
    Date(String),
    /// A GUID, bare.
    Guid(String),
    Open,
    Close,
    Comma,
    Slash,
    Colon,
    End,
}

#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) at: usize,
    pub(super) token: Token,
}

impl Token {
    /// As it is shown in a refusal.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Name(text) | Self::Date(text) | Self::Guid(text) => format!("`{text}`"),
            Self::Text(text) => format!("`'{text}'`"),
            Self::Tagged(tag, text) => format!("`{tag}'{text}'`"),
            Self::Int(number) => format!("`{number}`"),
            Self::Float(number) => format!("`{number}`"),
            Self::Open => "`(`".to_owned(),
            Self::Close => "`)`".to_owned(),
            Self::Comma => "`,`".to_owned(),
            Self::Slash => "`/`".to_owned(),
            Self::Colon => "`:`".to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

pub(super) fn lex(text: &str) -> Result<Vec<Placed>, Wrong> {
    let chars: Vec<char> = text.chars().take(LENGTH_MAX + 1).collect();
    if chars.len() > LENGTH_MAX {
        return Err(Wrong::new(LENGTH_MAX, format!("a filter may have {LENGTH_MAX} characters at most")));
    }
    let (mut lexer, mut out) = (Lexer { chars, at: 0 }, Vec::new());
    loop {
        while lexer.peek().is_some_and(char::is_whitespace) {
            lexer.at += 1;
        }
        let at = lexer.at + 1;
        let token = lexer.token()?;
        let end = token == Token::End;
        out.push(Placed { at, token });
        if end {
            return Ok(out);
        }
    }
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn token(&mut self) -> Result<Token, Wrong> {
        let at = self.at + 1;
        let Some(c) = self.peek() else { return Ok(Token::End) };
        if let Some(guid) = self.guid() {
            return Ok(Token::Guid(guid));
        }
        if c.is_ascii_digit() || c == '-' || c == '+' {
            let word = self.take(|c| c.is_ascii_alphanumeric() || "+-.:".contains(c));
            return number(&word)
                .ok_or_else(|| Wrong::new(at, format!("`{word}` is no number, date or id; quote a text")));
        }
        if c.is_alphabetic() || "_@$#".contains(c) {
            let word = self.take(|c| c.is_alphanumeric() || "_@$#.".contains(c));
            if self.peek() == Some('\'') {
                return Ok(Token::Tagged(word, self.quoted()?));
            }
            return Ok(Token::Name(word));
        }
        if c == '\'' {
            return self.quoted().map(Token::Text);
        }
        self.at += 1;
        Ok(match c {
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '/' => Token::Slash,
            ':' => Token::Colon,
            _ => return Err(Wrong::new(at, format!("`{}` has no meaning here", c.escape_debug()))),
        })
    }

    fn take(&mut self, fits: impl Fn(char) -> bool) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek().filter(|c| fits(*c)) {
            word.push(c);
            self.at += 1;
        }
        word
    }

    fn quoted(&mut self) -> Result<String, Wrong> {
        let opened = self.at + 1;
        self.at += 1;
        let mut text = String::new();
        loop {
            let c = self.peek();
            self.at += 1;
            match c {
                Some('\'') if self.peek() == Some('\'') => {
                    text.push('\'');
                    self.at += 1;
                }
                Some('\'') => return Ok(text),
                Some(c) => text.push(c),
                None => return Err(Wrong::new(opened, "the text that begins here has no closing `'`")),
            }
        }
    }

    /// A GUID that stands bare and is not the beginning of something longer.
    fn guid(&mut self) -> Option<String> {
        let word: String = self.chars.get(self.at..self.at + 36)?.iter().collect();
        let longer = self.chars.get(self.at + 36).is_some_and(|c| c.is_alphanumeric() || "-_.".contains(*c));
        if longer || !is_guid(&word) {
            return None;
        }
        self.at += 36;
        Some(word.to_ascii_lowercase())
    }
}

/// Eight, four, four, four, twelve hexadecimal digits.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn number(word: &str) -> Option<Token> {
    if let Ok(number) = word.parse() {
        return Some(Token::Int(number));
    }
    if let Some(number) = word.parse::<f64>().ok().filter(|number| number.is_finite()) {
        return Some(Token::Float(number));
    }
    super::literal::timestamp(word).map(|_| Token::Date(word.to_owned()))
}
