//! The table of behaviour §7.1 row by row, and the corners that `docs/browser.md` decides.

use ringfence_policy::browser::{Address, Pattern, PatternError, Site, UrlList};

fn site(address: &str) -> Site {
    match Address::read(address) {
        Address::Web(site) => site,
        other => panic!("{address}: {other:?}"),
    }
}

/// The same for both kinds of list: where they differ there is a test of its own.
fn fits(entry: &str, address: &str) -> bool {
    let (list, bad) = UrlList::parse(entry);
    assert_eq!(bad, [], "{entry}");
    let (surely, possibly) = (list.surely(&site(address)), list.possibly(&site(address)));
    assert_eq!(surely, possibly, "{entry} {address}");
    surely.is_some()
}

fn check(entry: &str, matches: &[&str], others: &[&str]) {
    for address in matches {
        assert!(fits(entry, address), "`{entry}` must match {address}");
    }
    for address in others {
        assert!(!fits(entry, address), "`{entry}` must not match {address}");
    }
}

macro_rules! rows {
    ($($name:ident: $entry:literal matches [$($yes:literal),*] not [$($no:literal),*];)+) => {
        $(#[test]
        fn $name() {
            check($entry, &[$($yes),*], &[$($no),*]);
        })+
    };
}

rows! {
    row_01_a_host_is_its_root_page: "http://www.contoso.com"
        matches ["http://www.contoso.com", "http://www.contoso.com/"]
        not ["http://host.contoso.com", "http://www.contoso.com/images", "http://contoso.com/"];
    row_02_the_apex_is_its_root_page: "http://contoso.com"
        matches ["http://contoso.com/"]
        not ["http://host.contoso.com", "http://www.contoso.com", "http://www.contoso.com/images"];
    row_03_everything_on_a_host: "http://www.contoso.com/*"
        matches ["http://www.contoso.com", "http://www.contoso.com/images", "http://www.contoso.com/videos/tvshows"]
        not ["http://host.contoso.com", "http://host.contoso.com/images"];
    row_04_every_subdomain: "http://*.contoso.com/*"
        matches ["http://developer.contoso.com/resources", "http://news.contoso.com/images"]
        not ["http://contoso.host.com", "http://news-contoso.com"];
    row_05_part_of_a_label: "http://*contoso.com/*"
        matches ["http://news-contoso.com", "http://news-contoso.com/daily"]
        not ["http://news-contoso.host.com", "http://news.contoso.com"];
    row_06_one_page: "http://www.contoso.com/images"
        matches ["http://www.contoso.com/images"]
        not ["http://www.contoso.com/images/dogs"];
    row_07_a_folder: "http://www.contoso.com/images/*"
        matches ["http://www.contoso.com/images/dogs", "http://www.contoso.com/images/cats"]
        not ["http://www.contoso.com/videos"];
    row_08_the_usual_port: "http://www.contoso.com:80"
        matches ["http://www.contoso.com:80", "http://www.contoso.com"]
        not ["http://www.contoso.com:8080", "https://www.contoso.com"];
    row_09_https_only: "https://www.contoso.com"
        matches ["https://www.contoso.com"]
        not ["http://www.contoso.com", "https://www.contoso.com/images"];
    row_10_any_port: "http://contoso.com:*"
        matches ["http://contoso.com:80", "http://contoso.com:8080", "http://contoso.com"]
        not ["http://contoso.com:8080/images", "https://contoso.com:8080"];
    row_11_a_range_of_addresses: "10.0.0.0/24"
        matches ["http://10.0.0.0", "http://10.0.0.100/any/page", "https://10.0.0.255:8443"]
        not ["http://192.168.1.1", "http://10.0.1.0", "http://ten.example"];

    corner_apex_is_no_subdomain: "http://*.contoso.com/*"
        matches ["http://a.b.contoso.com/", "http://a.b.c.contoso.com/x"] not ["http://contoso.com/", "http://contoso.com/x"];
    corner_star_between_labels_is_one_label: "https://www.*.example.org/*"
        matches ["https://www.a.example.org/"] not ["https://www.example.org/", "https://www.a.b.example.org/"];
    corner_a_folder_is_part_of_itself: "http://contoso.com/images/*"
        matches ["http://contoso.com/images", "http://contoso.com/images/"] not ["http://contoso.com/images2", "http://contoso.com/"];
    corner_star_between_slashes_is_one_segment: "http://contoso.com/*/cats"
        matches ["http://contoso.com/a/cats"] not ["http://contoso.com/cats", "http://contoso.com/a/b/cats", "http://contoso.com/a/cats/x"];
    corner_star_with_a_slash_behind_is_one_segment: "http://contoso.com/a/*/"
        matches ["http://contoso.com/a/b", "http://contoso.com/a/b/"] not ["http://contoso.com/a", "http://contoso.com/a/b/c"];
    corner_final_slash: "http://contoso.com/images/"
        matches ["http://contoso.com/images", "http://contoso.com/images/"] not ["http://contoso.com/images/a"];
    corner_queries_and_fragments_never_count: "http://contoso.com/images"
        matches ["http://contoso.com/images?size=9", "http://contoso.com/images#top", "http://contoso.com/images/?a/b"]
        not ["http://contoso.com/?images", "http://contoso.com/#/images"];
    corner_case: "HTTP://WWW.Contoso.com/Images"
        matches ["http://www.contoso.com/images", "http://WWW.CONTOSO.COM/IMAGES"] not ["https://www.contoso.com/images"];
    corner_idn: "https://b\u{fc}cher.example/*"
        matches ["https://xn--bcher-kva.example/x", "https://B\u{dc}CHER.example"] not ["https://bucher.example"];
    corner_punycode: "https://*.xn--bcher-kva.example/*"
        matches ["https://www.b\u{fc}cher.example/"] not ["https://b\u{fc}cher.example/"];
    corner_user_names_are_no_hosts: "http://contoso.com/*"
        matches ["http://evil.example@contoso.com/"] not ["http://contoso.com@evil.example/", "http://contoso.com:80@evil.example/"];
    corner_final_dot: "http://contoso.com./*"
        matches ["http://contoso.com/", "http://contoso.com./a"] not ["http://www.contoso.com./"];
    corner_ports: "https://contoso.com:443/*"
        matches ["https://contoso.com/", "https://contoso.com:443/a"] not ["https://contoso.com:8443/a", "http://contoso.com:443/"];
    corner_ipv6: "http://[2001:db8::1]/*"
        matches ["http://[2001:DB8:0:0:0:0:0:1]/x"] not ["http://[2001:db8::2]/x"];
    corner_ipv6_range: "2001:db8::/32"
        matches ["http://[2001:db8:ffff::9]/", "https://[2001:db8::]:8443/x"] not ["http://[2001:db9::]/", "http://10.0.0.1/"];
    corner_range_with_host_bits: "127.0.0.1/24"
        matches ["http://127.0.0.0", "http://127.0.0.255"] not ["http://127.0.1.0"];
    corner_one_address: "10.0.0.7/32" matches ["http://10.0.0.7"] not ["http://10.0.0.6", "http://10.0.0.8"];
    corner_all_addresses: "0.0.0.0/0" matches ["http://1.2.3.4"] not ["http://contoso.com", "http://[::1]/"];
    corner_addresses_in_disguise: "10.0.0.0/24"
        matches ["http://0x0a000001/", "http://167772161/", "http://10.1/", "http://[::ffff:10.0.0.1]/", "http://[::ffff:a00:1]/"]
        not ["http://10.0.0.0.example/"];
    corner_percent_encoding: "http://contoso.com/images"
        matches ["http://contoso.com/%69mages", "http://%63ontoso.com/%49mages"] not ["http://contoso.com/%2569mages"];
    corner_dots: "http://contoso.com/images/*"
        matches ["http://contoso.com/open/../images/x", "http://contoso.com/open/%2e%2e/images", "http://contoso.com/./images"]
        not ["http://contoso.com/images/../open", "http://contoso.com/images/%2E%2E/open"];
    corner_empty_segments: "http://contoso.com/images/*"
        matches ["http://contoso.com//images//x", "http:\\\\contoso.com\\images"] not ["http://contoso.com//x//images"];
    corner_several_stars_in_a_label: "http://*shop*.example/*"
        matches ["http://myshop24.example/", "http://shop.example/"] not ["http://my.shop.example/", "http://shap.example/"];
}

/// A path that servers read in two ways is blocked when one of them is, and allowed when both are.
#[test]
fn corner_paths_with_two_readings() {
    for (entry, address) in [
        ("http://c.com/images/*", "http://c.com/images%2Fdogs"),
        ("http://c.com/shut/*", "http://c.com/open/..%2fshut/x"),
        ("http://c.com/shut/*", "http://c.com/open/..%5Cshut/x"),
    ] {
        let (list, _) = UrlList::parse(entry);
        assert!(list.possibly(&site(address)).is_some(), "{entry} {address}");
        assert!(list.surely(&site(address)).is_none(), "{entry} {address}");
    }
    let (list, _) = UrlList::parse("http://c.com/*");
    assert!(list.surely(&site("http://c.com/open/..%2fshut")).is_some());
}

#[test]
fn invalid_entries_are_named_with_the_reason() {
    use PatternError as E;
    let table = [
        ("*.com", E::Scheme),
        ("*.contoso/*", E::Scheme),
        ("www.contoso.com/*images", E::Scheme),
        ("www.contoso.com/*images*pigs", E::Scheme),
        ("www.contoso.com/page*", E::Scheme),
        ("https://*", E::WholeHost),
        ("http://*", E::WholeHost),
        ("http://www.contoso.com: /*", E::Space),
        ("10.0.0.1", E::BareAddress),
        // The same behind a scheme, and more.
        ("http://*.com", E::WholeHost),
        ("http://*.*.com/*", E::WholeHost),
        ("http://*.contoso/*", E::WholeHost),
        ("http://*/*", E::WholeHost),
        ("http://contoso.*", E::TopLevel),
        ("http://contoso.c*", E::TopLevel),
        ("http://www.contoso.com/*images", E::PartOfSegment),
        ("http://www.contoso.com/*images*pigs", E::PartOfSegment),
        ("http://www.contoso.com/page*", E::PartOfSegment),
        ("http://www.contoso.com/**", E::PartOfSegment),
        ("", E::Empty),
        ("ftp://contoso.com", E::Scheme),
        ("edge://flags", E::Scheme),
        ("contoso.com", E::Scheme),
        ("contoso.com/24", E::Scheme),
        ("cafe/24", E::Scheme),
        ("10.0.0.0/33", E::Range),
        ("10.0.0/24", E::Range),
        ("10.0.0.0/", E::Range),
        ("10.0.0.0/+8", E::Range),
        ("2001:db8::/129", E::Range),
        ("::ffff:10.0.0.0/64", E::Range),
        ("http://10.0.0.*/", E::StarInAddress),
        ("http://a*.1/", E::StarInAddress),
        ("http://b\u{fc}*.example", E::StarInForeignLabel),
        ("http://u:p@contoso.com", E::UserInfo),
        ("http://contoso.com:0", E::Port),
        ("http://contoso.com:", E::Port),
        ("http://contoso.com:65536", E::Port),
        ("http://contoso.com:8*", E::Port),
        ("http://contoso.com:+80", E::Port),
        ("http://contoso.com/a?b=c", E::Query),
        ("http://contoso.com/a#b", E::Query),
        ("http://contoso.com\\a", E::Backslash),
        ("http://", E::Host),
        ("http:///a", E::Host),
        ("http://[2001:db8::1", E::Host),
        ("http://[::1]x/", E::Host),
        ("http://a_b*.c|d", E::Host),
        ("http://contoso.com/../a", E::Segment),
        ("http://contoso.com/a%2fb", E::Segment),
        ("http://contoso.com/%2e%2e/b", E::Segment),
    ];
    for (entry, error) in table {
        assert_eq!(Pattern::parse(entry), Err(error), "{entry}");
        assert!(!error.allowed().is_empty() && !error.code().is_empty());
    }
    assert_eq!(Pattern::parse(&format!("http://c.com/{}", "a".repeat(2_048))), Err(E::TooLong));
}

#[test]
fn bad_entries_are_left_out_and_the_rest_counts() {
    let (list, bad) = UrlList::parse("http://a.com/*|b.com| http://c.com/* |http://*|");
    assert_eq!(
        bad.iter().map(|bad| (bad.number, bad.text.as_str())).collect::<Vec<_>>(),
        [(2, "b.com"), (4, "http://*")]
    );
    let hit = list.possibly(&site("http://c.com/x")).unwrap();
    assert_eq!((hit.number, hit.text), (3, "http://c.com/*"));
    assert!(list.possibly(&site("http://b.com/")).is_none());
}

#[test]
fn the_first_of_several_entries_is_named() {
    let (list, _) =
        UrlList::parse("10.0.0.0/8|http://*.c.com/*|http://a.c.com/x|http://10.0.0.1/|http://*c.com/*");
    assert_eq!(list.possibly(&site("http://a.c.com/x")).unwrap().number, 2);
    assert_eq!(list.possibly(&site("http://10.0.0.1/")).unwrap().number, 1);
    assert_eq!(list.possibly(&site("http://abc.com/")).unwrap().number, 5);
}

/// A thousand entries count, what comes after them does not.
#[test]
fn a_thousand_entries_count() {
    let entries: Vec<String> = (0..1_001).map(|n| format!("http://host{n}.example/*")).collect();
    let (list, bad) = UrlList::parse(&entries.join("|"));
    assert_eq!((list.len(), bad.len()), (1_000, 0));
    assert!(list.possibly(&site("http://host999.example/")).is_some());
    assert!(list.possibly(&site("http://host1000.example/")).is_none());
}
