//! The client core against a phone and a server in memory.

mod crash;
mod hostile;
mod properties;
mod story;
mod support;
