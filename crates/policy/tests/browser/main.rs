//! The managed browser: the table of patterns, the table of transitions, corners, and a matcher written twice.

mod config;
mod naive;
mod patterns;
mod properties;
mod transitions;
