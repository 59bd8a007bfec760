//! `ringfence phone run`: an app that stays open, obeys pushes and prints every event.

use std::{io::Write as _, process::ExitCode, time::Instant};

use ringfence_messages::{Args, Lang, text};
use ringfence_phone::{App, AppEvent, CoreStatus, Phone, level_name};
use serde_json::{Value, json};

use super::{remote::Ear, show::Screen};
use crate::output::{Style, say};

/// Runs until the process is interrupted or the phone restarts.
pub(super) fn stay(phone: &Phone, app: &str, screen: Screen) -> anyhow::Result<ExitCode> {
    let screen = screen.of(phone)?;
    let handle = phone.start(app)?;
    let ear = Ear::open(phone, handle.id());
    let events = handle.events()?;
    let started = Instant::now();
    if !screen.json {
        eprintln!("{}", say(screen.lang, "run-open", [("app", app)]));
    }
    let mut last = handle.foreground()?.status;
    if let Some(status) = &last {
        print(
            screen,
            started,
            &status_line(status, screen.lang),
            || json!({ "event": "status", "status": status }),
        )?;
    }
    for event in events {
        show(&event, screen, started)?;
        if event == AppEvent::Ended {
            break;
        }
        changed(&handle, &mut last, screen, started)?;
    }
    drop(ear);
    handle.join()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the status when an event changed what matters.
fn changed(app: &App, last: &mut Option<CoreStatus>, screen: Screen, started: Instant) -> anyhow::Result<()> {
    // The process may have ended meanwhile; its last event says so.
    let Ok(status) = app.status() else { return Ok(()) };
    let same = last.as_ref().is_some_and(|before| {
        (before.state, before.obeyed_version, &before.blocked_by)
            == (status.state, status.obeyed_version, &status.blocked_by)
    });
    if !same {
        print(
            screen,
            started,
            &status_line(&status, screen.lang),
            || json!({ "event": "status", "status": status }),
        )?;
        *last = Some(status);
    }
    Ok(())
}

fn show(event: &AppEvent, screen: Screen, started: Instant) -> anyhow::Result<()> {
    let word = |key: &str| say(screen.lang, key, []);
    match event {
        AppEvent::Dialog(dialog) if !screen.json => {
            print(screen, started, &say(screen.lang, "run-dialog", [("code", &dialog.code)]), || {
                Value::Null
            })?;
            std::io::stdout().lock().write_all(screen.draw(dialog).as_bytes())?;
            Ok(())
        }
        AppEvent::Dialog(dialog) => {
            print(screen, started, "", || json!({ "event": "dialog", "dialog": dialog }))
        }
        AppEvent::DialogClosed(code) => {
            let line = say(screen.lang, "run-dialog-closed", [("code", code)]);
            print(screen, started, &line, || json!({ "event": "dialogClosed", "code": code }))
        }
        AppEvent::RestartRequired => {
            print(screen, started, &word("run-restart"), || json!({ "event": "restartRequired" }))
        }
        AppEvent::PageOpened { url, context, .. } => {
            let context_said = text(context.key(), screen.lang, &Args::new());
            let line = say(screen.lang, "run-page", [("url", url), ("context", &context_said)]);
            let value = || json!({ "event": "pageOpened", "url": url, "context": context });
            print(screen, started, &line, value)
        }
        AppEvent::PushOpened => {
            print(screen, started, &word("run-push-open"), || json!({ "event": "pushOpened" }))
        }
        AppEvent::PushHint => {
            print(screen, started, &word("run-push-hint"), || json!({ "event": "pushHint" }))
        }
        AppEvent::PushEnded => {
            print(screen, started, &word("run-push-end"), || json!({ "event": "pushEnded" }))
        }
        AppEvent::Online(online) => {
            let line = word(if *online { "network-on" } else { "network-off" });
            print(screen, started, &line, || json!({ "event": "network", "online": online }))
        }
        AppEvent::Log { level, event, detail } => {
            let line = format!("{} {event} {detail}", level_name(*level));
            print(
                screen,
                started,
                line.trim_end(),
                || json!({ "event": "log", "level": level_name(*level), "name": event, "detail": detail }),
            )
        }
        AppEvent::Ended => print(screen, started, &word("run-ended"), || json!({ "event": "ended" })),
    }
}

/// One line: seconds since the start, then what happened; or one JSON object.
fn print(screen: Screen, started: Instant, line: &str, value: impl FnOnce() -> Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let at = started.elapsed();
    if screen.json {
        let mut value = value();
        if let Value::Object(body) = &mut value {
            body.insert("elapsedMs".to_owned(), json!(at.as_millis() as u64));
        }
        writeln!(out, "{value}")?;
    } else {
        writeln!(out, "{}  {line}", Style::stdout().dim(&format!("{:>8.3}s", at.as_secs_f64())))?;
    }
    Ok(out.flush()?)
}

/// `protected, obeys version 7`
pub(super) fn status_line(status: &CoreStatus, lang: Lang) -> String {
    let state = serde_json::to_value(status.state).ok();
    let state = state.as_ref().and_then(Value::as_str).unwrap_or("unknown").replace('_', "-");
    let mut line = say(lang, &format!("state-{state}"), []);
    if let Some(version) = status.obeyed_version {
        line = say(lang, "state-obeys", [("state", &line), ("version", &version.to_string())]);
    }
    if !status.blocked_by.is_empty() {
        let reasons: Vec<&str> = status.blocked_by.iter().map(|reason| reason.as_str()).collect();
        line = say(lang, "state-withheld", [("state", &line), ("reasons", &reasons.join(", "))]);
    }
    line
}
