//! The indexed matcher agrees with the naive one; nothing panics on any text.

use proptest::{collection::vec, option, prelude::*, sample::select};
use ringfence_model::Platform;
use ringfence_policy::browser::{
    Address, BrowserPolicy, Context, Given, Pattern, UrlList, Visit, keys::KEYS,
};

use crate::naive;

fn server(labels: &'static [&'static str], ports: &'static [&'static str]) -> impl Strategy<Value = String> {
    let names = vec(select(labels), 0..4);
    (names, select(&["a", "ab"][..]), option::of(select(ports))).prop_map(|(names, second, port)| {
        let mut host: Vec<&str> = names;
        host.extend([second, "com"]);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", host.join("."))
    })
}

fn path(
    segments: &'static [&'static str],
    endings: &'static [&'static str],
) -> impl Strategy<Value = String> {
    (vec(select(segments), 0..3), select(endings)).prop_map(|(segments, ending)| {
        segments.iter().fold(String::new(), |path, part| path + "/" + part) + ending
    })
}

fn entry() -> impl Strategy<Value = String> {
    (
        select(&["http", "https"][..]),
        server(&["*", "a", "b", "a*", "*b", "*a*", "ab"], &["80", "443", "8080", "*"]),
        path(&["x", "y", "*"], &["", "", "/*"]),
    )
        .prop_map(|(scheme, server, path)| format!("{scheme}://{server}{path}"))
}

fn address() -> impl Strategy<Value = String> {
    (
        select(&["http", "https"][..]),
        server(&["a", "b", "ab", "aab", "ba"], &["80", "443", "8080"]),
        path(&["x", "y", "xy"], &["", "/", "?q=/x", "#/y"]),
    )
        .prop_map(|(scheme, server, path)| {
            let path = if path.starts_with(['?', '#']) { format!("/{path}") } else { path };
            format!("{scheme}://{server}{path}")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn one_entry_agrees_with_the_naive_matcher(entry in entry(), address in address()) {
        let pattern = Pattern::parse(&entry).unwrap();
        let Address::Web(site) = Address::read(&address) else { panic!("{address}") };
        prop_assert_eq!(pattern.fits(&site, &site.path), naive::fits(&entry, &address), "{} {}", entry, address);
    }

    #[test]
    fn a_list_names_the_first_entry_that_the_naive_matcher_names(
        entries in vec(entry(), 1..12),
        address in address(),
    ) {
        let (list, bad) = UrlList::parse(&entries.join("|"));
        prop_assert_eq!(bad.len(), 0);
        let Address::Web(site) = Address::read(&address) else { panic!("{address}") };
        let first = entries.iter().position(|entry| naive::fits(entry, &address)).map(|at| at + 1);
        prop_assert_eq!(list.possibly(&site).map(|entry| entry.number), first);
        prop_assert_eq!(list.surely(&site).map(|entry| entry.number), first);
    }

    #[test]
    fn no_text_panics(
        values in vec((select((0..KEYS.len()).collect::<Vec<_>>()), ".*"), 0..6),
        address in "(view-source:|https?://)?\\PC{0,40}",
        other in ".*",
        personal_account: bool,
        work_link: bool,
        subresource: bool,
    ) {
        let named: Vec<_> = values.iter().map(|(at, value)| (KEYS[*at].documented, value.as_str())).collect();
        let policy = BrowserPolicy::compile(named.iter().map(|(name, value)| Given { name, value, sources: &[] }));
        for address in [&address, &other] {
            let _ = Pattern::parse(address);
            let visit = Visit {
                personal_account,
                work_link,
                subresource,
                ..Visit::new(address, Context::Work, Platform::Ios)
            };
            let judgement = policy.judge(&visit);
            if judgement.decided.is_none() && !subresource {
                prop_assert!(judgement.opens().is_some());
            }
        }
    }

    /// Whatever reaches a browser from several policies, it is not looser than what one of them says about lists.
    #[test]
    fn one_more_list_of_the_same_kind_never_opens_a_page(
        first in vec(entry(), 1..6),
        second in vec(entry(), 1..6),
        allow: bool,
        address in address(),
    ) {
        let name = if allow { "ringfence.browser.allowList" } else { "ringfence.browser.blockList" };
        let open = |lists: &[&Vec<String>]| {
            let values: Vec<String> = lists.iter().map(|list| list.join("|")).collect();
            let policy = BrowserPolicy::compile(values.iter().map(|value| Given { name, value, sources: &[] }));
            policy.judge(&Visit::new(&address, Context::Work, Platform::Ios)).decided.is_none()
                || policy.judge(&Visit::new(&address, Context::Work, Platform::Ios)).opens() == Some(Context::Work)
        };
        prop_assert_eq!(open(&[&first, &second]), open(&[&first]) && open(&[&second]));
    }
}
