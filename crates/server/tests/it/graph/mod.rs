mod batch;
pub(crate) mod device_app_management;
mod directory;
mod errors;
mod groups;
mod levels;
mod queries;
mod tier_a;
mod users;
