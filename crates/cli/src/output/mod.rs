//! How results reach the terminal: tables and JSON on stdout, messages on stderr, colour only where wanted.

mod style;
mod table;
mod words;

pub(crate) use style::Style;
pub(crate) use table::{Table, count};
pub(crate) use words::say;

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

/// Makes `println!` to a closed pipe (`ringfence … | head`) the end of the command instead of a panic.
pub(crate) fn end_quietly_with_the_reader() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if text.starts_with("failed printing to") && text.contains("Broken pipe") {
            std::process::exit(0);
        }
        report(panic);
    }));
}

/// Whether a command failed only because nobody reads its output any more.
pub(crate) fn reader_is_gone(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
        || error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind)
            == Some(std::io::ErrorKind::BrokenPipe)
}

/// Reads a secret: the next line of stdin, asked for when stdin is a terminal.
pub(crate) fn ask_secret(what: &str) -> anyhow::Result<String> {
    use std::io::{BufRead, IsTerminal};
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprint!("{what}: ");
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    let secret = line.trim_end_matches(['\r', '\n']).to_owned();
    anyhow::ensure!(!secret.is_empty(), "no {what}: write it on stdin");
    Ok(secret)
}

/// A time in UTC, to the second.
pub(crate) fn time(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
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
