//! Colour, only on a terminal and never with `NO_COLOR` (no-color.org).

use std::io::IsTerminal;

/// Decides once per stream whether text is coloured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// For text on stdout.
    pub(crate) fn stdout() -> Self {
        Self::of(std::io::stdout().is_terminal())
    }

    /// For text on stderr.
    pub(crate) fn stderr() -> Self {
        Self::of(std::io::stderr().is_terminal())
    }

    fn of(terminal: bool) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { colour: terminal && !refused && !dumb }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Something held or succeeded.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Something failed.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("31;1", text)
    }

    /// A heading.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Secondary text.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }
}
