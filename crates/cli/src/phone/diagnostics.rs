//! `ringfence phone send-logs` and `ringfence phone replay`.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use anyhow::Context;
use ringfence_client::recording::{self, Played, Replay};
use ringfence_phone::Phone;
use serde_json::{Value, json};

use super::show::Screen;
use crate::output::{self, say};

pub(super) fn send(
    phone: &Phone,
    ticket: &str,
    app: Option<&str>,
    screen: Screen,
) -> anyhow::Result<ExitCode> {
    let screen = screen.of(phone)?;
    if !screen.json {
        // What is sent is told before anything is.
        for key in ["logs-told", "logs-not-told"] {
            eprintln!("{}", say(screen.lang, key, []));
        }
    }
    let sent = phone.send_logs(ticket, app)?;
    if screen.json {
        output::json(&sent)?;
    } else {
        for one in sent {
            let count = one.bytes.to_string();
            let values = [("app", one.app.as_str()), ("count", &count), ("ticket", ticket)];
            println!("{}", say(screen.lang, "logs-sent", values));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn replay(file: &Path, until: Option<usize>, json: bool) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let replay = recording::replay(&text, until).with_context(|| file.display().to_string())?;
    if json {
        output::json(&as_json(&replay))?;
    } else {
        for step in &replay.steps {
            print!("{}", shown(step));
        }
        print!("{}", ending(&replay));
    }
    Ok(if replay.difference.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn shown(step: &Played) -> String {
    let line = &step.recorded;
    let mut text = String::new();
    let input = serde_json::to_value(&line.input).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}.{} at {} < {}", step.process, line.step, line.now.wall.0, brief(&input));
    for effect in &line.effects {
        let _ = match effect.get("showDialog") {
            Some(dialog) => {
                writeln!(text, "    > dialog {}: {}", member(dialog, "code"), member(dialog, "title"))
            }
            None => writeln!(text, "    > {}", brief(effect)),
        };
    }
    text
}

fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// One line, short enough for a terminal; `--json` shows all of it.
fn brief(value: &Value) -> String {
    const LENGTH: usize = 160;
    let text = value.to_string();
    if text.chars().count() <= LENGTH { text } else { text.chars().take(LENGTH).chain(['…']).collect() }
}

fn ending(replay: &Replay) -> String {
    let mut text = String::new();
    let unplayed = replay.steps.len().saturating_sub(replay.played);
    // Writing to a string cannot fail.
    if unplayed > 0 {
        let _ =
            writeln!(text, "{unplayed} steps can be read and not replayed: steps before them were not kept");
    }
    if replay.cut_off {
        let _ = writeln!(text, "the last line is cut off: the recording goes on behind what is in this file");
    }
    if let Some(difference) = &replay.difference {
        let side = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
        let _ = writeln!(text, "first difference in step {}.{}", difference.process, difference.step);
        let _ = writeln!(text, "    recorded: {}", side(&difference.recorded));
        let _ = writeln!(text, "    replayed: {}", side(&difference.replayed));
    }
    let _ = writeln!(text, "replay: {} of {} steps the same", replay.same, replay.played);
    text
}

fn as_json(replay: &Replay) -> Value {
    let step = |step: &Played| json!({ "process": step.process, "recorded": step.recorded, "replayed": step.effects });
    let difference = replay.difference.as_ref().map(|difference| {
        json!({
            "process": difference.process,
            "step": difference.step,
            "recorded": difference.recorded,
            "replayed": difference.replayed,
        })
    });
    json!({
        "steps": replay.steps.iter().map(step).collect::<Vec<_>>(),
        "played": replay.played,
        "same": replay.same,
        "difference": difference,
        "cutOff": replay.cut_off,
    })
}
