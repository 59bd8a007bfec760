//! The pattern rules written a second time, from the text of the rules, without index or library. Understands plain
//! addresses only: `scheme://host[:port][/path]`, lower case.

/// Entries about pages, not ranges.
pub(crate) fn fits(entry: &str, address: &str) -> bool {
    let (entry_scheme, entry) = entry.split_once("://").unwrap();
    let (scheme, address) = address.split_once("://").unwrap();
    let address = address.split(['?', '#']).next().unwrap();
    let (entry_server, entry_path) = entry.split_once('/').unwrap_or((entry, ""));
    let (server, path) = address.split_once('/').unwrap_or((address, ""));
    entry_scheme == scheme
        && port_fits(entry_server, server, scheme)
        && host_fits(&parts(host(entry_server), '.'), &parts(host(server), '.'), true)
        && path_fits(&parts(entry_path, '/'), &parts(path, '/'))
}

fn host(server: &str) -> &str {
    server.split(':').next().unwrap()
}

fn parts(text: &str, at: char) -> Vec<&str> {
    text.split(at).filter(|part| !part.is_empty()).collect()
}

fn port_fits(entry: &str, server: &str, scheme: &str) -> bool {
    let usual = if scheme == "https" { "443" } else { "80" };
    let port = |server: &str| server.split_once(':').map_or(usual, |(_, port)| port).to_owned();
    port(entry) == "*" || port(entry) == port(server)
}

/// A star that is the first label swallows one label or more; any other star exactly one.
fn host_fits(wanted: &[&str], found: &[&str], first: bool) -> bool {
    match (wanted, found) {
        ([], []) => true,
        ([], _) | (_, []) => false,
        (["*", rest @ ..], [_, others @ ..]) => {
            host_fits(rest, others, false) || first && host_fits(wanted, others, true)
        }
        ([label, rest @ ..], [part, others @ ..]) => {
            label_fits(label.as_bytes(), part.as_bytes()) && host_fits(rest, others, false)
        }
    }
}

fn label_fits(wanted: &[u8], found: &[u8]) -> bool {
    match (wanted, found) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            label_fits(rest, found) || !found.is_empty() && label_fits(wanted, &found[1..])
        }
        ([one, rest @ ..], [other, others @ ..]) => one == other && label_fits(rest, others),
        _ => false,
    }
}

/// A star at the end is the folder with all below it; any other star is one segment.
fn path_fits(wanted: &[&str], found: &[&str]) -> bool {
    match (wanted, found) {
        (["*"], _) | ([], []) => true,
        ([segment, rest @ ..], [part, others @ ..]) => {
            (*segment == "*" || segment == part) && path_fits(rest, others)
        }
        _ => false,
    }
}
