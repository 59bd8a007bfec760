//! The pages: one form, one page of who is signed in, one of why not. Plain HTML without scripts, made on the server, with
//! nothing from elsewhere.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringfence_messages::{Args, Lang, args, text};

use super::Refused;
use crate::{account::SignInError, app::App, http::challenge};

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f2f4f7; color: #1d2433; }
main { box-sizing: border-box; width: min(26rem, 94vw); padding: 2rem; background: #fff; border-radius: .75rem;
  border: 1px solid #d9dee7; }
h1 { margin: 0 0 .25rem; font-size: 1.4rem; } p { margin: .25rem 0 1rem; }
label { display: block; margin-top: 1rem; font-size: .9rem; }
input { box-sizing: border-box; width: 100%; font: inherit; padding: .55rem .7rem; border: 1px solid #8d97a8;
  border-radius: .4rem; background: inherit; color: inherit; }
button, a.way { box-sizing: border-box; display: block; width: 100%; margin-top: 1.25rem; padding: .65rem; font: inherit;
  text-align: center; text-decoration: none; border-radius: .4rem; border: 1px solid #1f4fd1; cursor: pointer; }
button { background: #1f4fd1; color: #fff; } a.way { color: #1f4fd1; }
.or { margin: 1.25rem 0 0; text-align: center; color: #5a6579; }
.no { padding: .7rem .9rem; border-left: .3rem solid #b42318; background: #fef3f2; color: #7a1a12; }
:focus-visible { outline: .2rem solid #f5a524; outline-offset: .1rem; }
@media (prefers-color-scheme: dark) {
  body { background: #10141c; color: #e8ebf1; } main { background: #191f2b; border-color: #323b4d; }
  a.way { color: #9db8ff; border-color: #9db8ff; } .or { color: #a5afc1; } .no { background: #3a1512; color: #ffd5d1; }
}
";

/// The language that a browser prefers of those we have.
pub(super) fn language(headers: &HeaderMap) -> Lang {
    let wanted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (Lang::En, 0.0_f32);
    for part in wanted.split(',').take(20) {
        let (tag, quality) = part.split_once(';').unwrap_or((part, "q=1"));
        let quality: f32 = quality.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0);
        if let Ok(lang) = tag.trim().parse::<Lang>()
            && quality > best.1
        {
            best = (lang, quality);
        }
    }
    best.0
}

/// What the form is filled with.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) name: String,
    pub(super) next: String,
    /// Ask for a new password.
    pub(super) renew: bool,
    /// Providers: name and display name.
    pub(super) providers: Vec<(String, String)>,
}

/// The form, with what went wrong before.
pub(super) fn sign_in(app: &App, lang: Lang, form: &Form, refused: Option<&Refused>) -> Response {
    let say = |key: &str| escape(&text(key, lang, &Args::new()));
    let mut body = format!("<h1>{}</h1><p>{}</p>", say("signin-page-title"), say("signin-page-lead"));
    if let Some(refused) = refused {
        body.push_str(&reason(lang, refused));
    }
    let new = if form.renew {
        format!(
            "<label>{}<input name=\"newPassword\" type=\"password\" autocomplete=\"new-password\" required></label>",
            say("signin-page-new-password")
        )
    } else {
        String::new()
    };
    body.push_str(&format!(
        "<form method=\"post\" action=\"/auth/login\">
<label>{}<input name=\"userName\" autocomplete=\"username\" required value=\"{}\"></label>
<label>{}<input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>{new}
<label>{}<input name=\"code\" inputmode=\"text\" autocomplete=\"one-time-code\"></label>
<input type=\"hidden\" name=\"next\" value=\"{}\"><button>{}</button></form>",
        say("signin-page-name"),
        escape(&form.name),
        say("signin-page-password"),
        say("signin-page-code"),
        escape(&form.next),
        say("signin-page-submit"),
    ));
    if !form.providers.is_empty() {
        body.push_str(&format!("<p class=\"or\">{}</p>", say("signin-page-or")));
    }
    for (name, display) in &form.providers {
        let next: String = url::form_urlencoded::byte_serialize(form.next.as_bytes()).collect();
        let label = text("signin-page-with", lang, &args([("target", display.clone())]));
        body.push_str(&format!(
            "<a class=\"way\" href=\"/auth/oidc/{name}/login?next={next}\">{}</a>",
            escape(&label)
        ));
    }
    let status = refused.map_or(StatusCode::OK, Refused::status);
    challenged(page(app, lang, status, &say("signin-page-title"), &body), refused)
}

/// Who is signed in, with a button to sign out.
pub(super) fn signed_in(app: &App, lang: Lang, name: &str, roles: &str, csrf: &str) -> Response {
    let say = |key: &str, name: &str| escape(&text(key, lang, &args([("target", name.to_owned())])));
    let body = format!(
        "<h1>{}</h1><p>{}</p><p>{}</p><form method=\"post\" action=\"/auth/logout\">
<input type=\"hidden\" name=\"csrf\" value=\"{}\"><button>{}</button></form>",
        say("signin-page-me", ""),
        say("signin-page-as", name),
        say("signin-page-roles", roles),
        escape(csrf),
        say("signin-page-out", ""),
    );
    page(app, lang, StatusCode::OK, &say("signin-page-me", ""), &body)
}

/// Why nobody was signed in, with the way back.
pub(super) fn refusal(app: &App, lang: Lang, refused: &Refused) -> Response {
    let say = |key: &str| escape(&text(key, lang, &Args::new()));
    let body = format!(
        "<h1>{}</h1>{}<a class=\"way\" href=\"/auth/login\">{}</a>",
        say("signin-page-failed"),
        reason(lang, refused),
        say("signin-page-again"),
    );
    challenged(page(app, lang, refused.status(), &say("signin-page-failed"), &body), Some(refused))
}

/// RFC 9110 §11.6.1 demands a challenge with every 401. `Bearer` makes no browser ask for a password of its own.
fn challenged(mut response: Response, refused: Option<&Refused>) -> Response {
    if let Some(refused) = refused.filter(|refused| refused.status() == StatusCode::UNAUTHORIZED) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge("Bearer", None, &refused.to_string()));
    }
    response
}

fn reason(lang: Lang, refused: &Refused) -> String {
    let name = match refused {
        Refused::ByProvider(code) => code.clone(),
        Refused::Wait(seconds) | Refused::BuiltIn(SignInError::Locked { wait_s: seconds }) => {
            seconds.to_string()
        }
        _ => String::new(),
    };
    let said = text(refused.code(), lang, &args([("target", name)]));
    format!("<p class=\"no\" role=\"alert\" id=\"{}\">{}</p>", refused.code(), escape(&said))
}

fn page(app: &App, lang: Lang, status: StatusCode, title: &str, body: &str) -> Response {
    let nonce = STANDARD.encode(app.env.bytes::<16>());
    let html = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title} · Ringfence</title>
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style nonce=\"{nonce}\">{STYLE}</style></head>
<body><main>{body}</main></body></html>\n"
    );
    let policy =
        format!("default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'");
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_chosen_by_quality() {
        let cases = [
            ("nl", Lang::Nl),
            ("nl-BE,nl;q=0.9,en;q=0.8", Lang::Nl),
            ("en-GB,nl;q=0.9", Lang::En),
            ("de,fr;q=0.9,nl;q=0.2", Lang::Nl),
            ("", Lang::En),
            ("nl;q=0", Lang::En),
            (";;;,,q=", Lang::En),
        ];
        for (wanted, lang) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, wanted.parse().unwrap());
            assert_eq!(language(&headers), lang, "{wanted}");
        }
    }

    #[test]
    fn every_reason_has_a_text_in_every_language() {
        let all = [
            Refused::NoProvider,
            Refused::StateUnknown,
            Refused::Issuer,
            Refused::ByProvider("access_denied".into()),
            Refused::Unknown,
            Refused::Taken,
            Refused::Disabled,
            Refused::NoRole,
            Refused::BuiltIn(SignInError::Wrong),
            Refused::BuiltIn(SignInError::MustChange),
            Refused::BuiltIn(SignInError::Weak),
            Refused::BuiltIn(SignInError::CodeNeeded),
            Refused::BuiltIn(SignInError::CodeWrong),
            Refused::Wait(7),
            Refused::CrossSite,
            Refused::Unfit(String::new()),
            Refused::Code(crate::provider::code::CodeError::Nonce),
        ];
        for (refused, lang) in all.iter().flat_map(|refused| Lang::ALL.map(|lang| (refused, lang))) {
            let said = reason(lang, refused);
            assert!(!said.contains(&format!(">{}<", refused.code())), "{said}");
        }
        assert!(reason(Lang::Nl, &Refused::ByProvider("<script>".into())).contains("&lt;script&gt;"));
    }
}
