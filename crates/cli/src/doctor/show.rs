//! The ladder, the cause and the cure on the terminal.

use ringfence_messages::{Lang, args, text as said};
use serde_json::Value;

use crate::{api::text, output::Style};

/// Prints a whole answer.
pub(super) fn diagnosis(answer: &Value, lang: Lang) {
    let style = Style::stdout();
    let say = |key: &str| said(&format!("doctor-label-{key}"), lang, &args([]));
    let place: Vec<String> = ["user", "appName", "platform", "device"]
        .map(|name| text(answer, name))
        .into_iter()
        .filter(|t| !t.is_empty())
        .collect();
    if !place.is_empty() {
        println!("{}", style.strong(&place.join("  ")));
    }
    for check in list(answer, "checks") {
        rung(check, style, &say);
    }
    let cause = &answer["cause"];
    if !cause.is_null() {
        println!("\n{}: {}", style.bad(&say("cause")), headline(cause));
        println!("  {}", text(cause, "text"));
        if let Some(outstanding) = cause.get("outstanding").filter(|value| !value.is_null()) {
            println!(
                "{}: {}{}",
                style.strong(&say("outstanding")),
                text(outstanding, "what"),
                since(outstanding, lang)
            );
        }
        cure(cause, style, &say);
    } else if !place.is_empty() {
        println!("\n{}", style.good(&text(answer, "summary")));
    }
    if !answer["code"].is_null() && cause.is_null() {
        code(&answer["code"], lang, style, &say);
    }
    for also in list(answer, "also") {
        println!("{}: {}", say("also"), headline(also));
    }
    others(answer, style, &say);
}

fn rung(check: &Value, style: Style, say: &impl Fn(&str) -> String) {
    let mark = match text(check, "outcome").as_str() {
        "pass" => style.good("✓"),
        "fail" => style.bad("✗"),
        "unknown" => style.strong("?"),
        _ => style.dim("–"),
    };
    println!("{mark} {}", text(check, "title"));
    for line in list(check, "evidence") {
        let at = line["at"].as_i64().map(moment);
        let at = at.map(|at| format!(" ({at})")).unwrap_or_default();
        println!("    {}{}", text(line, "text"), style.dim(&at));
    }
    let how = text(check, "howToFindOut");
    if !how.is_empty() {
        println!("    {}: {how}", style.dim(&say("how")));
    }
}

/// `A2 Title (not_licensed, I4)`
fn headline(cause: &Value) -> String {
    let rows: Vec<&str> =
        cause["catalogueIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let marks: Vec<String> =
        ["reason", "code"].map(|name| text(cause, name)).into_iter().filter(|t| !t.is_empty()).collect();
    let rows = if rows.is_empty() { String::new() } else { format!("{} ", rows.join("/")) };
    let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
    format!("{rows}{}{marks}", text(cause, "title"))
}

fn cure(cause: &Value, style: Style, say: &impl Fn(&str) -> String) {
    for who in ["user", "admin"] {
        let told = text(&cause["cure"], who);
        if !told.is_empty() {
            println!("{}: {told}", style.strong(&say(who)));
        }
    }
}

/// What a code means, where it comes from and who has it.
fn code(code: &Value, lang: Lang, style: Style, say: &impl Fn(&str) -> String) {
    println!("\n{}", style.strong(&format!("{}  {}", text(code, "code"), text(code, "title"))));
    println!("  {}", text(code, "text"));
    let platforms: Vec<String> = [("iOS", "ios"), ("Android", "android")]
        .into_iter()
        .map(|(shown, name)| (shown, text(code, name)))
        .filter(|(_, code)| !code.is_empty())
        .map(|(shown, code)| format!("{shown} {code}"))
        .collect();
    if !platforms.is_empty() {
        println!("  {}", platforms.join(", "));
    }
    println!("{}:", style.strong(&say("causes")));
    for cause in list(code, "causes") {
        println!("  {}", text(cause, "title"));
    }
    let settings = list(code, "settings");
    println!("{}:", style.strong(&say(if settings.is_empty() { "no-settings" } else { "settings" })));
    for source in settings {
        println!("  {}: {} = {}", text(source, "policyName"), text(source, "setting"), text(source, "value"));
    }
    let reporters = list(code, "reportedBy");
    if reporters.is_empty() {
        println!("{}", say("nobody"));
    } else {
        let count = args([("count", text(code, "reporters"))]);
        println!("{}", style.strong(&said("doctor-label-reporters", lang, &count)));
    }
    for found in reporters {
        let at = found["at"].as_i64().map(moment).unwrap_or_default();
        println!("  {}  {}  {}  {at}", text(found, "user"), text(found, "app"), text(found, "device"));
    }
    cure(code, style, say);
}

fn others(answer: &Value, style: Style, say: &impl Fn(&str) -> String) {
    let others = list(answer, "others");
    if others.is_empty() {
        return;
    }
    println!("\n{}:", style.strong(&say("others")));
    for other in others {
        let title = text(other, "title");
        let told = if title.is_empty() { style.good(&say("fine")) } else { title };
        println!(
            "  {}  {}  {}  {told}",
            text(other, "appName"),
            text(other, "platform"),
            text(other, "device")
        );
    }
}

fn since(outstanding: &Value, lang: Lang) -> String {
    let Some(at) = outstanding["since"].as_i64() else { return String::new() };
    format!(", {}", said("doctor-label-since", lang, &args([("at", moment(at))])))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// A time as `2026-01-02 03:04:05 UTC`.
fn moment(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
        .unwrap_or_default()
}
