//! What commands say in the language of the user.

use ringfence_messages::{Args, Lang, text};

/// The text `terminal-<key>`.
pub(crate) fn say<const N: usize>(lang: Lang, key: &str, values: [(&str, &str); N]) -> String {
    let values: Args = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    text(&format!("terminal-{key}"), lang, &values)
}
