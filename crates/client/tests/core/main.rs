//! The client core against a phone and a server in memory.

mod absent;
mod acceptance;
mod access;
mod accounts;
mod browse;
mod crash;
mod exits;
mod hostile;
mod launch;
mod properties;
mod provider;
mod recordings;
mod start;
mod story;
mod support;
