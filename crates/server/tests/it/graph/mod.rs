pub(crate) mod device_app_management;
mod errors;
mod groups;
mod users;
