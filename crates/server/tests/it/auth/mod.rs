mod login;
mod oidc;
