//! The protocol from outside: golden files, acceptance rules, tampering, published vectors.

mod acceptance;
mod common;
mod golden;
mod tamper;
mod vectors;
