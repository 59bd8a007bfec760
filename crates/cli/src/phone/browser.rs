//! The browser in which somebody signs in at a provider: a program that is given the address, or the reader himself.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use ringfence_phone::Opener;

/// Starts the program, or prints the address for somebody to open.
pub(super) fn opener(program: Option<PathBuf>) -> Opener {
    Box::new(move |url| match program {
        None => {
            eprintln!("open this address in a browser on this machine:\n{url}");
            Ok(())
        }
        Some(program) => {
            // What it prints must not mix with the outcome.
            let mut child =
                Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
            std::thread::spawn(move || child.wait());
            Ok(())
        }
    })
}
