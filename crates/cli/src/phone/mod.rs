//! `ringfence phone`: a virtual phone is a folder driven by the real client core over real HTTP.
//!
//! Exit status: 0 done or allowed, 1 it could not be done, 2 wrong usage, 3 refused by a rule (with a dialog).

mod accounts;
mod act;
mod args;
mod browse;
mod browser;
mod device;
mod diagnostics;
mod needs;
mod remote;
mod secret;
mod show;
mod stay;

use std::process::ExitCode;

pub(crate) use args::Args;
use args::{AppCommand, Command};
use ringfence_messages::Lang;
use ringfence_phone::PhoneError;
use show::Screen;

/// The exit status of a refusal.
const REFUSED: u8 = 3;

/// The exit status of wrong usage, as clap gives it too.
const USAGE: u8 = 2;

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match dispatch(args) {
        Err(error) if matches!(error.downcast_ref(), Some(PhoneError::Invalid { .. })) => {
            crate::output::error(&error);
            Ok(ExitCode::from(USAGE))
        }
        other => other,
    }
}

fn dispatch(args: Args) -> anyhow::Result<ExitCode> {
    let screen = Screen::new(&args);
    match args.command {
        Command::Make(make) => device::make(&make, args.lang, screen),
        Command::Show { dir } => device::show(&device::open(&dir, args.lang)?, screen),
        Command::Install(install) => device::install(&install, screen),
        Command::Update { app, version } => {
            device::update(&device::open(&app.dir, args.lang)?, &app.app, &version)
        }
        Command::ClearData { dir, app } => device::clear_data(&device::open(&dir, args.lang)?, &app),
        Command::Reset { dir } => device::reset(&device::open(&dir, args.lang)?),
        Command::Uninstall { app } => device::uninstall(&device::open(&app.dir, args.lang)?, &app.app),
        Command::Accounts { dir } => accounts::list(&device::open(&dir, args.lang)?, screen),
        Command::RemoveAccount { dir, user } => {
            accounts::remove(&device::open(&dir, args.lang)?, &user, screen)
        }
        Command::Set { dir, facts } => device::set(&device::open(&dir, args.lang)?, &facts, screen),
        Command::Offline { dir } => device::online(&device::open(&dir, args.lang)?, false),
        Command::Online { dir } => device::online(&device::open(&dir, args.lang)?, true),
        Command::Restart { dir } => device::restart(&device::open(&dir, args.lang)?),
        Command::Clock { dir, advance, set } => {
            device::clock(&device::open(&dir, args.lang)?, advance.as_deref(), set.as_deref())
        }
        Command::Fault(fault) => device::fault(&fault),
        Command::Log { app } => device::log(&device::open(&app.dir, args.lang)?, &app.app, screen),
        Command::SendLogs { dir, app, ticket } => {
            diagnostics::send(&device::open(&dir, args.lang)?, &ticket, app.as_deref(), screen)
        }
        Command::Replay { file, until } => diagnostics::replay(&file, until, args.json),
        Command::Run { app } => stay::stay(&device::open(&app.dir, args.lang)?, &app.app, screen),
        Command::App(command) => in_app(command, args.lang, screen),
    }
}

/// Acts in an app: through the process that has it open, or else by opening it here.
fn in_app(mut command: AppCommand, lang: Option<Lang>, screen: Screen) -> anyhow::Result<ExitCode> {
    command.complete()?;
    let arg = command.app();
    let phone = device::open(&arg.dir, lang)?;
    let id = phone.app(&arg.app)?.id;
    let screen = screen.of(&phone)?;
    let shown = match remote::forward(&phone, &id, &command, screen)? {
        Some(shown) => shown,
        None => act::run(&phone, &id, &command, screen)?,
    };
    shown.print()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_tree_of_commands_is_sound() {
        crate::cli::Cli::command().debug_assert();
    }
}
