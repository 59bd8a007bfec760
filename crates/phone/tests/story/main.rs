//! Virtual phones against a real server: one process, real HTTP over loopback, SQLite in a folder of its own.

mod diagnostics;
mod documents;
mod identity;
mod kit;
mod offline;
mod start;
mod tighten;
mod trust;
mod wipe;
