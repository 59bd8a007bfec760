//! Dialogs drawn for a terminal: a box with title, text, buttons and the code a user reads to the help desk.

use std::fmt::Write as _;

use ringfence_messages::Dialog;

/// The characters a box is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// Unicode box drawing.
    Unicode,
    /// `+`, `-` and `|`, for terminals without UTF-8.
    Ascii,
}

struct Strokes {
    top_left: char,
    top_right: char,
    bottom_left: char,
    bottom_right: char,
    across: char,
    down: char,
}

impl Frame {
    const fn strokes(self) -> Strokes {
        match self {
            Self::Unicode => Strokes {
                top_left: '┌',
                top_right: '┐',
                bottom_left: '└',
                bottom_right: '┘',
                across: '─',
                down: '│',
            },
            Self::Ascii => Strokes {
                top_left: '+',
                top_right: '+',
                bottom_left: '+',
                bottom_right: '+',
                across: '-',
                down: '|',
            },
        }
    }
}

/// Columns of text inside the box.
const TEXT: usize = 58;

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// Heading.
    pub title: &'a str,
    /// Text; line feeds start new paragraphs.
    pub body: &'a str,
    /// Labels of the buttons, first to last.
    pub buttons: &'a [&'a str],
    /// The code, at the lower right.
    pub code: &'a str,
}

/// Draws a dialog as the phone shows it, every line ended by a line feed.
pub fn draw_dialog(dialog: &Dialog, frame: Frame) -> String {
    let labels: Vec<&str> = dialog.buttons.iter().map(|button| button.label.as_str()).collect();
    draw(&Picture { title: &dialog.title, body: &dialog.body, buttons: &labels, code: &dialog.code }, frame)
}

/// Draws a picture, every line ended by a line feed.
pub fn draw(picture: &Picture<'_>, frame: Frame) -> String {
    let strokes = frame.strokes();
    let ascii = |text: &str| if frame == Frame::Ascii { plain(text) } else { text.to_owned() };
    let mut lines = Vec::new();
    lines.extend(wrap(&ascii(picture.title), TEXT));
    lines.push(String::new());
    for paragraph in ascii(picture.body).lines() {
        lines.extend(wrap(paragraph, TEXT));
    }
    lines.push(String::new());
    let buttons: Vec<String> = picture.buttons.iter().map(|label| format!("[ {} ]", ascii(label))).collect();
    for row in button_rows(&buttons) {
        lines.push(format!("{row:>TEXT$}"));
    }
    let across = |count: usize| strokes.across.to_string().repeat(count);
    let mut drawn = format!("{}{}{}\n", strokes.top_left, across(TEXT + 2), strokes.top_right);
    for line in lines {
        // Writing to a string cannot fail.
        let fill = " ".repeat(TEXT.saturating_sub(line.chars().count()));
        let _ = writeln!(drawn, "{} {line}{fill} {}", strokes.down, strokes.down);
    }
    let code = format!(" {} ", picture.code);
    let left = (TEXT + 1).saturating_sub(code.chars().count());
    let bottom = format!("{}{code}{}", across(left), across(1));
    let _ = writeln!(drawn, "{}{bottom}{}", strokes.bottom_left, strokes.bottom_right);
    drawn
}

/// Puts as many buttons on a row as fit; a row is never empty.
fn button_rows(buttons: &[String]) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for button in buttons {
        match rows.last_mut() {
            Some(row) if row.chars().count() + 2 + button.chars().count() <= TEXT => {
                row.push_str("  ");
                row.push_str(button);
            }
            _ => rows.push(button.clone()),
        }
    }
    rows
}

/// Breaks text into lines of at most `width` characters, at spaces; words longer than a line are cut.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(String::new());
            used = 0;
        }
        while word.len() > width {
            let rest = word.split_off(width);
            push(&mut lines, &word);
            lines.push(String::new());
            word = rest;
        }
        if used > 0 {
            push(&mut lines, &[' ']);
            used += 1;
        }
        push(&mut lines, &word);
        used += word.len();
    }
    lines
}

fn push(lines: &mut [String], text: &[char]) {
    if let Some(line) = lines.last_mut() {
        line.extend(text);
    }
}

/// Letters without accents and plain quotes, for ASCII terminals; what has no plain form becomes `?`.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2068}' | '\u{2069}' => {}
            'à' | 'á' | 'â' | 'ä' => plain.push('a'),
            'è' | 'é' | 'ê' | 'ë' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ò' | 'ó' | 'ô' | 'ö' => plain.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => plain.push('u'),
            'É' | 'È' | 'Ë' => plain.push('E'),
            'ç' => plain.push('c'),
            '‘' | '’' => plain.push('\''),
            '“' | '”' | '„' => plain.push('"'),
            '–' | '—' => plain.push('-'),
            '→' => plain.push_str("->"),
            '…' => plain.push_str("..."),
            '\u{a0}' => plain.push(' '),
            c if c.is_ascii() => plain.push(c),
            _ => plain.push('?'),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: Picture<'_> = Picture {
        title: "Kopiëren niet toegestaan",
        body: "Gegevens van “Example” blijven in beheerde apps. Kies een app die door uw organisatie wordt beheerd.",
        buttons: &["OK", "Waarom?"],
        code: "D4",
    };

    #[test]
    fn every_line_of_a_box_is_equally_wide() {
        for frame in [Frame::Unicode, Frame::Ascii] {
            let drawn = draw(&PICTURE, frame);
            for line in drawn.lines() {
                assert_eq!(line.chars().count(), TEXT + 4, "{line}");
            }
            assert!(drawn.contains(" D4 ") && drawn.contains("[ Waarom? ]"));
        }
    }

    #[test]
    fn ascii_boxes_are_ascii() {
        assert!(draw(&PICTURE, Frame::Ascii).is_ascii());
        assert_eq!(plain("één – “twee” … ✓"), "een - \"twee\" ... ?");
    }

    #[test]
    fn wraps_at_spaces_and_cuts_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn many_buttons_take_more_rows() {
        let labels: Vec<String> = (0..12).map(|n| format!("[ Button {n} ]")).collect();
        let rows = button_rows(&labels);
        assert!(rows.len() > 1 && rows.iter().all(|row| row.chars().count() <= TEXT));
    }
}
