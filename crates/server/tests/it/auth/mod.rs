mod hostile;
mod login;
mod noted;
mod oidc;
