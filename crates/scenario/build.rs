//! Embeds every file of `/scenarios`, and writes one test per file, so that nobody keeps a list by hand.

use std::{env, fmt::Write as _, fs, path::PathBuf};

fn main() {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../scenarios");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().unwrap().strip_suffix(".toml").map(str::to_owned)
        })
        .collect();
    names.sort();
    let (mut files, mut tests) = (String::from("&[\n"), String::new());
    for name in &names {
        let path = folder.join(format!("{name}.toml")).canonicalize().unwrap().display().to_string();
        writeln!(files, "    ({name:?}, include_str!({path:?})),").unwrap();
        let function: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect();
        writeln!(tests, "#[test]\nfn {function}() {{\n    super::holds({name:?});\n}}\n").unwrap();
    }
    files.push(']');
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    fs::write(out.join("embedded.rs"), files).unwrap();
    fs::write(out.join("tests.rs"), tests).unwrap();
}
