//! Status reports, and the writer that makes what phones cause durable, many phones per transaction.

pub(crate) mod api;
pub(crate) mod ops;
mod sql;
mod writer;

use ringfence_model::{InstanceId, UnixMillis};
use ringfence_protocol::status::StatusReport;

pub(crate) use writer::Writer;

/// A report as it is stored; the highest sequence of an instance wins.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) instance: InstanceId,
    pub(crate) report: StatusReport,
    pub(crate) received_at: UnixMillis,
}
