//! How results reach the terminal: tables and JSON on stdout, messages on stderr, colour only where wanted.

mod style;
mod table;

pub(crate) use style::Style;
pub(crate) use table::{Table, count};

/// Prints a failure with its causes on stderr.
pub(crate) fn error(error: &anyhow::Error) {
    let style = Style::stderr();
    let mut causes = error.chain();
    if let Some(first) = causes.next() {
        eprintln!("{} {first}", style.bad("error:"));
    }
    for cause in causes {
        eprintln!("  {} {cause}", style.dim("because"));
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Prints a value as indented JSON on stdout.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}
