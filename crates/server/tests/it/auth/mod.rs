mod behind_proxy;
mod hostile;
mod login;
mod noted;
mod oidc;
mod person;
