//! People on phones: which ways to sign in there are, and the code that came back from a provider.
//!
//! The phone's app runs the authorization in the system's browser and hands the code over; the server exchanges it, so
//! that the app holds no token of the provider and the provider's answers are judged in one place.

use ringfence_model::SignInMethod;
use ringfence_protocol::{
    problem::ProblemCode,
    register::SignInReply,
    signin::{CodeSignIn, SignInProvider, SignInWays},
};
use url::Url;

use super::{Refused, person};
use crate::{
    account,
    app::App,
    http::ApiError,
    provider::{
        self, Provider,
        code::{CodeError, Returned, identify},
    },
    registration,
    session::auth::problem,
};

const TEXT_MAX: usize = 4096;

/// The ways to sign in on a phone. A provider that does not answer is left out for now.
pub(crate) async fn offer(app: &App) -> Result<SignInWays, ApiError> {
    let all = provider::ops::list_offered(&mut *app.db.read().await?, app.tenant).await?;
    let mut providers = Vec::new();
    for provider in all {
        let Some(client_id) = provider.settings.native_client_id.clone() else { continue };
        let metadata = match app.providers.metadata(&app.env, &provider).await {
            Ok(metadata) => metadata,
            Err(error) => {
                tracing::warn!(%error, "phones are not offered this provider");
                continue;
            }
        };
        let Some(endpoint) = metadata.authorization_endpoint.clone() else { continue };
        providers.push(SignInProvider {
            name: provider.name,
            display_name: provider.settings.display_name,
            issuer: metadata.issuer.clone(),
            names_issuer: metadata.names_issuer,
            authorization_endpoint: endpoint,
            client_id,
            scope: provider.settings.scopes.join(" "),
        });
    }
    Ok(SignInWays { built_in: true, providers })
}

/// Signs a person in by a provider's code; the answer is that of a password.
///
/// # Errors
/// Why not, and who it was as far as that is known.
pub(crate) async fn sign_in(
    app: &App,
    request: &CodeSignIn,
) -> Result<SignInReply, (ApiError, Option<String>)> {
    let nobody = |error: ApiError| (error, None);
    registration::ops::check_from(request.from.as_ref()).map_err(nobody)?;
    check(request).map_err(nobody)?;
    let found = match app.db.read().await {
        Ok(mut conn) => provider::ops::find(&mut conn, app.tenant, &request.provider).await,
        Err(error) => Err(error),
    };
    let provider = found.map_err(|error| nobody(error.into()))?.ok_or(Refused::NoProvider);
    let provider = provider.map_err(|refused| nobody(answer(refused)))?;
    let person = identified(app, &provider, request).await;
    let person = person.map_err(|refused| (answer(refused), Some(format!("provider:{}", provider.name))))?;
    let who = format!("user:{}", person.id);
    let admitted = async {
        let from = request.from.as_ref();
        let person = registration::ops::admit_person(app, from, SignInMethod::Modern, person).await?;
        let access = account::ops::give_access(&app.db, &app.env, app.tenant, person.id).await?;
        Ok(registration::ops::signed_in(app, access, person))
    };
    admitted.await.map_err(|error: ApiError| (error, Some(who)))
}

fn check(request: &CodeSignIn) -> Result<(), ApiError> {
    let texts = [
        ("authorizationCode", &request.authorization_code),
        ("codeVerifier", &request.code_verifier),
        ("nonce", &request.nonce),
        ("redirectUri", &request.redirect_uri),
    ];
    for (name, text) in texts {
        if text.is_empty() || text.len() > TEXT_MAX {
            let detail = format!("`{name}` is empty or longer than {TEXT_MAX} bytes");
            return Err(problem(ProblemCode::Malformed, detail));
        }
    }
    // RFC 7636 §4.1: fewer letters could be guessed; RFC 8252 §7: where an app, and no web site, gets the answer.
    if request.code_verifier.len() < 43 {
        return Err(problem(ProblemCode::Malformed, "`codeVerifier` has fewer than 43 characters"));
    }
    let url = Url::parse(&request.redirect_uri).ok();
    let fits = url.is_some_and(|url| match url.scheme() {
        "http" => provider::is_loopback(&url),
        "https" => true,
        scheme => scheme.contains('.') || scheme.starts_with("msauth"),
    });
    if fits {
        return Ok(());
    }
    let detail =
        "`redirectUri` is neither on a loopback address, nor https, nor of a scheme of the app's own";
    Err(problem(ProblemCode::Malformed, detail))
}

async fn identified(
    app: &App,
    provider: &Provider,
    request: &CodeSignIn,
) -> Result<registration::ops::Person, Refused> {
    let client_id = provider.settings.native_client_id.clone().ok_or(Refused::NoProvider)?;
    let returned = Returned {
        client_id: &client_id,
        secret: None,
        redirect_uri: &request.redirect_uri,
        code: &request.authorization_code,
        verifier: &request.code_verifier,
        nonce: &request.nonce,
    };
    let identity = identify(app, provider, returned).await?.identity;
    let user = person::resolve(app, provider, &identity).await?.ok_or(Refused::Unknown)?;
    Ok(registration::ops::Person {
        id: user.id,
        upn: user.upn,
        display_name: user.display_name,
        enabled: user.enabled,
    })
}

/// The same refusals in the words of the phone protocol.
fn answer(refused: Refused) -> ApiError {
    let text = refused.to_string();
    let code = match refused {
        Refused::Db(error) => return error.into(),
        Refused::Disabled => ProblemCode::AccountDisabled,
        Refused::NoProvider => ProblemCode::NotFound,
        Refused::Code(CodeError::Provider(_)) => ProblemCode::Unavailable,
        _ => ProblemCode::CredentialsInvalid,
    };
    problem(code, text)
}
