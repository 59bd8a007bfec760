//! `ringfence demo`: the whole story on this machine, over real HTTP, each step with its proof.
//!
//! Nothing here is told that was not observed: a step holds when what it measured is what it claims.

mod scene;
mod story;
mod world;

use std::process::ExitCode;

use ringfence_messages::Lang;

use scene::{Stage, Verdict};
use world::World;

/// Arguments of `ringfence demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// End after the last step instead of leaving the server running
    #[arg(long)]
    once: bool,
    /// Language of the dialogs: en or nl
    #[arg(long, default_value = "en")]
    lang: Lang,
}

/// Plays the story; exit status 0 only if every step held.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut world = World::new(args.lang)?;
    let mut stage = Stage::new();
    for (title, step) in story::STEPS {
        stage.play(title, |scene| step(&mut world, scene));
    }
    let verdict = stage.verdict();
    if !args.once {
        world.linger()?;
    }
    world.end();
    println!("{verdict}");
    Ok(if verdict.all() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many steps of the story held.
impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "demo: {} of {} steps held", self.held, self.played)
    }
}
