//! A plain table: aligned columns, no lines, readable by `cut` and by people.

use std::io::Write;

use super::Style;

/// Rows under headings.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { headings: headings.iter().map(|&text| text.to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row; missing cells stay empty.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Prints the table on stdout; a table without rows says so on stderr.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        if self.rows.is_empty() {
            eprintln!("nothing to show");
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        out.write_all(self.render(Style::stdout()).as_bytes())?;
        Ok(())
    }

    /// The table as text, for output that goes elsewhere first.
    pub(crate) fn text(&self, style: Style) -> String {
        if self.rows.is_empty() { String::new() } else { self.render(style) }
    }

    fn render(&self, style: Style) -> String {
        let widths = self.widths();
        let mut text = style.strong(&line(&self.headings, &widths));
        text.push('\n');
        for row in &self.rows {
            text.push_str(&line(row, &widths));
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.headings.iter().map(|text| text.chars().count()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        widths
    }
}

fn line<T: AsRef<str>>(cells: &[T], widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let cell = cell.as_ref();
        text.push_str(cell);
        text.extend(std::iter::repeat_n(' ', width - cell.chars().count().min(*width) + 2));
    }
    text.truncate(text.trim_end().len());
    text
}

/// A quantity with its noun: `1 file`, `2 files`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_lines_do_not_trail() {
        let mut table = Table::new(&["name", "n"]);
        table.row(["Ågot".to_owned(), "1".to_owned()]);
        table.row(["B".to_owned(), String::new()]);
        let text = table.render(Style::stdout());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1..], ["Ågot  1", "B"]);
    }

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!(count(1, "file", "files"), "1 file");
        assert_eq!(count(0, "file", "files"), "0 files");
    }
}
