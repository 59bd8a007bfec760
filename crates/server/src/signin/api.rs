//! `/`, `/auth/login`, `/auth/logout`, `/auth/me`, `/auth/session`, `/auth/oidc/{provider}/{login,callback,logout}`.

use axum::{
    Json as Answer, Router,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringfence_model::Millis;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Attempt, Refused,
    browser::{self, Callback, UNDER_WAY, safe_next},
    pages,
    session::{self, Cookie},
};
use crate::{
    account::{SignIn, SignInError},
    app::{App, Shared},
    authz::Actor,
    http::{ApiError, BODY_MAX, BaseUrl, read_body},
    provider,
    token::{self, ops::SIGN_IN_LIFE},
};

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        // Who opens the server in a browser arrives where people sign in.
        .route("/", get(|| async { Redirect::to("/auth/me") }))
        .route("/auth/login", get(form).post(built_in))
        .route("/auth/me", get(me))
        .route("/auth/session", get(current))
        .route("/auth/logout", post(logout))
        .route("/auth/oidc/{provider}/login", get(begin))
        .route("/auth/oidc/{provider}/callback", get(callback))
        .route("/auth/oidc/{provider}/logout", post(logout))
}

#[derive(Debug, Default, Deserialize)]
struct Next {
    next: Option<String>,
}

async fn form(
    State(app): State<Shared>,
    headers: HeaderMap,
    Query(next): Query<Next>,
) -> Result<Response, ApiError> {
    let form = blank(&app, next.next.as_deref()).await?;
    Ok(pages::sign_in(&app, pages::language(&headers), &form, None))
}

async fn blank(app: &App, next: Option<&str>) -> Result<pages::Form, ApiError> {
    let all = provider::ops::list_offered(&mut *app.db.read().await?, app.tenant).await?;
    let offered = all.into_iter().filter(|provider| provider.settings.client_id.is_some());
    Ok(pages::Form {
        next: safe_next(next),
        providers: offered.map(|provider| (provider.name, provider.settings.display_name)).collect(),
        ..pages::Form::default()
    })
}

/// The members of a form that a browser sent.
async fn read_form(request: Request<Body>) -> Result<impl Fn(&str) -> Option<String>, ApiError> {
    let bytes = read_body(request.into_body(), BODY_MAX).await?;
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(&bytes).into_owned().collect();
    Ok(move |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        found.filter(|value| !value.is_empty())
    })
}

async fn built_in(
    State(app): State<Shared>,
    attempt: Attempt,
    base: BaseUrl,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let lang = pages::language(&headers);
    let member = read_form(request).await?;
    let (name, next) = (member("userName").unwrap_or_default(), member("next"));
    let (password, new, code) =
        (member("password").unwrap_or_default(), member("newPassword"), member("code"));
    let with =
        SignIn { name: &name, password: &password, new_password: new.as_deref(), code: code.as_deref() };
    let outcome = if session::is_cross_site(&base, &headers) {
        Err(Refused::CrossSite)
    } else {
        match attempt.begin(&app) {
            Err(seconds) => Err(Refused::Wait(seconds)),
            Ok(()) => browser::enter_built_in(&app, with, &attempt).await,
        }
    };
    match outcome {
        Ok(secret) => {
            let cookie = Cookie::Session.set(&base, &secret, SIGN_IN_LIFE);
            Ok(see(&safe_next(next.as_deref()), [cookie]))
        }
        Err(refused) => {
            if refused.is_wrong() {
                attempt.failed(&app);
            }
            if let Some(why) = refused.kept_out() {
                attempt.note_administrator(&app, &name, why).await;
            }
            let renews = matches!(refused, Refused::BuiltIn(SignInError::MustChange | SignInError::Weak));
            let form =
                pages::Form { name, renew: renews || new.is_some(), ..blank(&app, next.as_deref()).await? };
            Ok(pages::sign_in(&app, lang, &form, Some(&refused)))
        }
    }
}

async fn begin(
    State(app): State<Shared>,
    base: BaseUrl,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(next): Query<Next>,
) -> Response {
    // Another window of the same browser keeps its sign-in.
    let known = Cookie::SignIn.read(&base, &headers);
    let browser = known.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(app.env.bytes::<32>()));
    match browser::begin(&app, &name, &base, &browser, &safe_next(next.next.as_deref())).await {
        Ok(target) => see(&target, [Cookie::SignIn.set(&base, &browser, UNDER_WAY)]),
        Err(refused) => refuse(&app, &headers, &refused),
    }
}

async fn callback(
    State(app): State<Shared>,
    attempt: Attempt,
    base: BaseUrl,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(answer): Query<Callback>,
) -> Response {
    let browser = Cookie::SignIn.read(&base, &headers);
    let outcome = match attempt.begin(&app) {
        Err(seconds) => Err(browser::Outside { refused: Refused::Wait(seconds), who: None }),
        Ok(()) => browser::complete(&app, &name, &answer, browser.as_deref(), &attempt).await,
    };
    match outcome {
        Ok(entered) => {
            let session = Cookie::Session.set(&base, &entered.secret, SIGN_IN_LIFE);
            see(&entered.next, [session, Cookie::SignIn.set(&base, "", Millis(0))])
        }
        Err(browser::Outside { refused, who }) => {
            if refused.is_wrong() {
                attempt.failed(&app);
            }
            if let Some(why) = refused.kept_out() {
                let object = who.unwrap_or_else(|| "provider:unknown".to_owned());
                attempt.note(&app, object, None, why).await;
            }
            refuse(&app, &headers, &refused)
        }
    }
}

fn refuse(app: &App, headers: &HeaderMap, refused: &Refused) -> Response {
    tracing::info!(code = refused.code(), why = %refused, "nobody was signed in");
    pages::refusal(app, pages::language(headers), refused)
}

/// The session of a request, if it has one: its secret and who it is.
async fn session(
    app: &App,
    base: &BaseUrl,
    headers: &HeaderMap,
) -> Result<Option<(String, Actor)>, ApiError> {
    let Some(secret) = Cookie::Session.read(base, headers) else { return Ok(None) };
    Ok(token::ops::authenticate(&app.db, &app.env, &secret).await?.map(|actor| (secret, actor)))
}

async fn me(State(app): State<Shared>, base: BaseUrl, headers: HeaderMap) -> Result<Response, ApiError> {
    let Some((secret, actor)) = session(&app, &base, &headers).await? else {
        return Ok(see("/auth/login", []));
    };
    let roles: Vec<&str> = actor.roles.iter().map(|role| role.title()).collect();
    let csrf = session::csrf(&secret);
    Ok(pages::signed_in(&app, pages::language(&headers), &actor.name, &roles.join(", "), &csrf))
}

/// For pages with scripts: who is signed in, and what changes must carry.
async fn current(State(app): State<Shared>, base: BaseUrl, headers: HeaderMap) -> Result<Response, ApiError> {
    let (secret, actor) = session(&app, &base, &headers)
        .await?
        .ok_or_else(|| ApiError::no_credentials("nobody is signed in: go to `/auth/login`"))?;
    let roles: Vec<&str> = actor.roles.iter().map(|role| role.as_str()).collect();
    let answer: Value =
        json!({"id": actor.id, "name": actor.name, "roles": roles, "csrfToken": session::csrf(&secret)});
    let mut response = Answer(answer).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Ends the session here, and at the provider where it began.
async fn logout(
    State(app): State<Shared>,
    base: BaseUrl,
    headers: HeaderMap,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let member = read_form(request).await?;
    let Some((secret, actor)) = session(&app, &base, &headers).await? else {
        return Ok(see("/auth/login", [Cookie::Session.set(&base, "", Millis(0))]));
    };
    let given = member("csrf").unwrap_or_default();
    if session::is_cross_site(&base, &headers) || !session::is_csrf(&secret, &given) {
        return Ok(refuse(&app, &headers, &Refused::CrossSite));
    }
    let provider = {
        let mut conn = app.db.read().await?;
        match token::ops::find_provider(&mut conn, &secret).await? {
            Some(id) => provider::ops::find_by_id(&mut conn, actor.tenant, id).await?,
            None => None,
        }
    };
    // What cannot be opened any more must not keep anybody signed in.
    let id_token = token::ops::find_id_token(&app, &actor).await.unwrap_or_default();
    token::ops::end(&app.db, &app.env, &actor).await?;
    let id_token = id_token.as_ref().map(|token| token.as_str());
    let target = match provider {
        Some(provider) => browser::farewell(&app, &provider.name, &base, id_token).await,
        None => None,
    };
    let cookie = Cookie::Session.set(&base, "", Millis(0));
    Ok(see(target.as_deref().unwrap_or("/auth/login"), [cookie]))
}

/// `303` with cookies.
fn see<const N: usize>(target: &str, cookies: [HeaderValue; N]) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(target) {
        headers.insert(header::LOCATION, value);
    }
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
