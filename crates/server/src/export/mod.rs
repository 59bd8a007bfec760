//! Reports about app protection in the names of Graph: as answers, as files asked for and fetched later, and behind the
//! well-known ids of `managedAppStatuses`. All are the live report of [`crate::report`] in other columns.

pub(crate) mod api;
mod archive;
pub(crate) mod download;
mod jobs;
mod sql;
pub(crate) mod status;
mod table;

pub(crate) use jobs::Running;
