//! The tree of commands and their dispatch.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// App protection that explains itself: self-hosted, without device enrolment, and able to prove what it did.
#[derive(Debug, Parser)]
#[command(name = "ringfence", version, about, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play the whole story on this machine: server, phones, policy, refusal, wipe, receipt
    Demo(crate::demo::Args),
    /// Play the situations of the catalogue on this machine: cause, dialog, finding, cure
    Scenario(crate::scenario::Args),
    /// Run the server
    Serve(crate::serve::Args),
    /// Sign in as an administrator; prints a token of twelve hours
    Login(crate::account::Login),
    /// One's own built-in account: add an authenticator app
    Account(crate::account::Args),
    /// Create, list and revoke API tokens
    Token(crate::token::Args),
    /// Trust OpenID Connect providers for sign-in and for access tokens
    Provider(crate::provider::Args),
    /// Register programs that fetch tokens by client credentials
    Program(crate::program::Args),
    /// Import, show, compare, assign and delete app protection policies
    Policy(crate::policy::Args),
    /// Say what a policy decides for a user and an app, and why
    Explain(crate::explain::Args),
    /// Say what happens to a page in the managed browser, and by which entry of which policy
    Browser(crate::browser::Args),
    /// Find out why it does not work: a user, an app, a code read off a phone
    Doctor(crate::doctor::Args),
    /// Remove the organisation's data from apps, and prove it
    Wipe(crate::wipe::Args),
    /// Make references for diagnostics, and read what people sent
    Ticket(crate::ticket::Args),
    /// Show who is protected by what, as the phones report it
    Report(crate::report::Args),
    /// Manage the people of the tenant
    User(crate::user::Args),
    /// Manage groups and their members
    Group(crate::group::Args),
    /// Assign and remove licences
    #[command(alias = "license")]
    Licence(crate::licence::Args),
    /// Manage the app catalogue
    App(crate::app::Args),
    /// Narrow assignments to some phones
    Filter(crate::filter::Args),
    /// Say and show how devices are enrolled
    Device(crate::device::Args),
    /// Use a virtual phone: a folder driven by the real client core
    Phone(crate::phone::Args),
    /// Say who has which role, and how far it reaches
    Role(crate::role::Args),
    /// See who did what, check that the log is whole, write it to a file
    Audit(crate::audit::Args),
    /// Show the keys a phone has to trust
    Keys(crate::keys::Args),
}

/// Runs the command.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Demo(args) => crate::demo::run(&args),
        Command::Scenario(args) => crate::scenario::run(&args),
        Command::Serve(args) => crate::serve::run(&args),
        Command::Login(args) => crate::account::login(&args),
        Command::Account(args) => crate::account::run(&args),
        Command::Token(args) => crate::token::run(args),
        Command::Provider(args) => crate::provider::run(args),
        Command::Program(args) => crate::program::run(args),
        Command::Policy(args) => crate::policy::run(args),
        Command::Explain(args) => crate::explain::run(&args),
        Command::Browser(args) => crate::browser::run(args),
        Command::Doctor(args) => crate::doctor::run(&args),
        Command::Wipe(args) => crate::wipe::run(&args),
        Command::Ticket(args) => crate::ticket::run(args),
        Command::Report(args) => crate::report::run(&args),
        Command::User(args) => crate::user::run(args),
        Command::Group(args) => crate::group::run(args),
        Command::Licence(args) => crate::licence::run(args),
        Command::App(args) => crate::app::run(args),
        Command::Filter(args) => crate::filter::run(args),
        Command::Device(args) => crate::device::run(args),
        Command::Phone(args) => crate::phone::run(args),
        Command::Role(args) => crate::role::run(&args),
        Command::Audit(args) => crate::audit::run(&args),
        Command::Keys(args) => crate::keys::run(&args),
    }
}
