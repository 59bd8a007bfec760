//! `docs/browser.md`: rules, decided corners, and the table of keys.

use std::fmt::Write as _;

use super::keys::{KEYS, OWN};

const HEAD: &str = "# The managed browser

Written by `ringfence_policy::browser::page`; `RINGFENCE_BLESS=1 cargo test -p ringfence-policy` rewrites it.

A browser app that embeds the client core asks before it opens a page. What it may open arrives as app configuration
(`customSettings` of a `targetedManagedAppConfiguration` that covers the browser); the browser needs an app protection
policy as well, because configuration reaches only apps that are protected. `ringfence browser check URL` says what
happens to a page, by which entry of which policy: for a user through the server, or for policy files without one.

## Keys

Every key has two names, which mean the same: ours, and the documented one of the reference system. Names are compared with
case; a name that differs only in case is refused where the policy is written. Values that cannot be used are refused there
as well, with the number of the entry; a phone that meets one all the same leaves it out. Keys that are not in the table
pass through to the app untouched.

| key | documented name | value | not set | several values |
|---|---|---|---|---|
";

const REST: &str = "
Several values of one key (from several policies) are combined so that the result is never looser than one of them and does
not depend on their order. An empty list is no list. An allow list without a usable entry allows nothing.

## Lists

- With an allow list, only the pages on it open. With a block list, all open but those on it. **With both, only the allow
  list counts**, as in the reference system; administrators should use one.
- Lists hold under the **work account** only; pages under a personal account and in private windows are not looked at.
- Lists hold for pages, not for what a page embeds, unless `blockSubresources` is on. An embedded part that is refused is left
  out without a dialog.
- The addresses of the Ringfence service itself (same scheme, host and port) always open, so that nobody is locked out of
  signing in. `about:` pages always open.
- Other schemes (`file:`, `data:`, `javascript:` and so on) are on no list: an allow list closes them, a block list does not. In
  `view-source:` and `blob:` addresses what is inside decides. An address that cannot be read opens nowhere while there is a
  list.
- A list holds entries separated by `|`, at most 1000 that count, of at most 2048 bytes each.
- A list cannot see through a service that shows pages of others, such as a translator: the page that the browser opens is
  the service's.

## Entries

`http://` or `https://`, a host, perhaps a port, perhaps a path; or a range of addresses such as `10.0.0.0/24`.

| rule | decided |
|---|---|
| scheme | must agree; a range stands for both, on every port and path |
| port | 80 and 443 when none is given; `:8443`; `:*` for every port, on iOS and Android alike |
| `*` as a label | any label; **as the first label one or more**, so `*.example.org` means every subdomain at any depth |
| `*.example.org` and `example.org` | the apex is no subdomain of itself: give it an entry of its own |
| `*` inside a label | any run of characters without a dot: `*example.org` means `my-example.org`, not `my.example.org` |
| `*` for the whole host or the top-level domain | refused: `http://*`, `http://*.org`, `http://*.intranet`, `http://example.*` |
| no path, or `/` | the root page only |
| `/*` at the end | the folder **and itself**: `/images/*` means `/images`, `/images/` and all below |
| `*` between slashes | exactly one segment |
| `*` inside a segment | refused: `/page*` |
| slash at the end, several slashes | never count: `/images/` is `/images` |
| query, fragment | never count; an entry with one is refused |
| case | never counts, neither in hosts nor in paths (ASCII letters) |
| international names | compared in their ASCII form: `bücher.example` is `xn--bcher-kva.example`; a label with letters and a `*` must be ASCII |
| user name, password | never count in a page's address (the host is what stands after the `@`); an entry with one is refused |
| dot after the host | never counts |
| numeric hosts | in their usual form: `0x0a000001`, `167772161` and `[::ffff:10.0.0.1]` are `10.0.0.1` |
| IPv6 | in brackets behind a scheme, or as a range: `2001:db8::/32` |
| ranges | IPv4 and IPv6; bits behind the prefix do not count: `127.0.0.1/24` is `127.0.0.0/24`; a bare address needs `/32` or a scheme |
| percent-encoding | decoded once before comparing: `/%69mages` is `/images` |
| `.` and `..` | resolved in a page's address, refused in an entry |
| encoded slashes and dots (`%2F`, `%5C`, `..%2f`) | servers differ in how they read them, so both readings count: a block list closes the page when one of them is on it, an allow list opens it only when both are |

## A page that is closed

| `allowTransition` | `openInPrivate` | personal account | what happens |
|---|---|---|---|
| false | any | any | a message (RF-181, RF-182) |
| true | false | signed in | the user may switch to it (RF-183) |
| true | false | none, but allowed | the user may add one (RF-184) |
| true | false | not allowed (`onlyWorkAccount`) | a message |
| true | true | none, or not allowed | opens in a private window; a notice says so (RF-186) |
| true | true | signed in | the user chooses (RF-185) |

- `autoTransition` decides without asking: 1 = to the personal account when there is one, else as 2; 2 = into a private window
  where `openInPrivate` permits it. What cannot be done so follows the table.
- `inprivate` among the `disabledFeatures` closes private windows.
- A link from a work app opens under the work account, also when it is closed there (`workLinks` 1); with 2 a closed link goes to
  the personal account, else to a private window, while `allowTransition` is on.
- With `ignorePost` a form that would be sent from elsewhere is not sent on iOS: the page stays closed.
- Only a button that the dialog had opens the page, and only the page that the dialog was about.

## A browser without policy (I2)

Without a work account, a licence or a policy that covers it, the browser is an ordinary one: it says so once each time it comes
to the front (I2), opens every page under the personal account and never gets work data. Links from work apps are refused:
they need a managed browser (D1 when nobody is signed in, I1 when no policy covers the browser). While the account is known
and its policy cannot be had (offline, lease ended, wipe under way), pages under the work account stay closed with the
reason, and personal pages open.

Homepage, icons and bookmarks belong to the work account. The homepage takes the first of at most eight icons.
";

/// The page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for row in &KEYS {
        let default = match row.default {
            "none" | "no list" => row.default.to_owned(),
            value => format!("`{value}`"),
        };
        let _ = writeln!(
            page,
            "| `{OWN}{}` | `{}` | {} | {default} | {} |",
            row.own,
            row.documented,
            row.form.allowed().replace('|', "\\|"),
            row.several,
        );
    }
    page.push_str(REST);
    page
}
