//! The built command against a running server: what a person at a terminal gets.

mod audit;
mod bad_input;
mod demo;
mod directory;
mod import;
mod kit;
mod languages;
mod phone;
mod phone_run;
mod postgres;
mod scenario;
mod serve;
mod tls;
mod token;
