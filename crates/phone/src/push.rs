//! The push stream of an open app: server-sent events, read line by line in a thread of their own.
//!
//! An event has no authority (protocol §6); all that leaves this module is *something changed*.

use std::{
    io::{BufRead, BufReader, Read},
    thread,
};

use crate::http::{Http, NetFail, Request, StreamSwitch};

/// A line longer than this ends the stream: no honest server sends one.
const MAX_LINE_BYTES: u64 = 16 * 1024;

/// What the push stream reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushEvent {
    /// The server accepted the stream.
    Opened,
    /// The server refused it with this status.
    Refused(u16),
    /// An event arrived.
    Event {
        /// Its name; `message` when none was given.
        name: String,
        /// Its data lines, joined by line feeds.
        data: String,
    },
    /// The stream ended or could not be opened.
    Closed(Option<NetFail>),
}

/// A running stream; dropping it ends the connection.
#[derive(Debug)]
pub struct Push {
    switch: Option<StreamSwitch>,
}

impl Push {
    /// Starts a stream; `sink` is called from the stream's thread and ends it by answering `false`.
    pub fn start(
        http: &Http,
        request: &Request,
        sink: impl FnMut(PushEvent) -> bool + Send + 'static,
    ) -> Self {
        let stream = http.stream(request);
        let switch = stream.switch();
        thread::spawn(move || {
            let mut sink = sink;
            let end = match stream.open() {
                Ok((200, body)) => {
                    if sink(PushEvent::Opened) {
                        pump(body, &mut sink);
                    }
                    PushEvent::Closed(None)
                }
                Ok((status, _)) => PushEvent::Refused(status),
                Err(fail) => PushEvent::Closed(Some(fail)),
            };
            sink(end);
        });
        Self { switch: Some(switch) }
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        if let Some(switch) = self.switch.take() {
            switch.off();
        }
    }
}

/// Reads events until the stream ends, a line is too long or `sink` has enough.
fn pump(body: impl Read, sink: &mut impl FnMut(PushEvent) -> bool) {
    let mut reader = BufReader::new(body);
    let mut event = Pending::default();
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(length) if length > 0 && line.last() == Some(&b'\n') => {}
            _ => return,
        }
        let line = String::from_utf8_lossy(&line);
        if let Some(done) = event.feed(line.trim_end_matches(['\r', '\n']))
            && !sink(done)
        {
            return;
        }
    }
}

/// An event whose lines are still arriving (WHATWG HTML §9.2.6).
#[derive(Default)]
struct Pending {
    name: String,
    data: Vec<String>,
}

impl Pending {
    fn feed(&mut self, line: &str) -> Option<PushEvent> {
        if line.is_empty() {
            let Self { name, data } = std::mem::take(self);
            let name = if name.is_empty() { "message".to_owned() } else { name };
            return (!data.is_empty()).then(|| PushEvent::Event { name, data: data.join("\n") });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push(value.to_owned()),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        pump(text.as_bytes(), &mut |event| {
            if let PushEvent::Event { name, data } = event {
                found.push((name, data));
            }
            true
        });
        found
    }

    #[test]
    fn reads_names_data_comments_and_both_line_ends() {
        let text =
            ": hello\n\nevent: changed\ndata: {\"revision\": 7}\n\ndata: a\r\ndata:b\r\n\r\nevent: empty\n\n";
        let expected = [("changed", "{\"revision\": 7}"), ("message", "a\nb")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(events(text), expected);
    }

    #[test]
    fn an_event_cut_off_by_the_end_is_no_event() {
        assert_eq!(events("event: changed\ndata: 1\n"), []);
        assert_eq!(events("data: 1"), []);
    }

    #[test]
    fn endless_lines_end_the_stream() {
        let text = format!("data: {}\n\ndata: after\n\n", "x".repeat(20_000));
        assert_eq!(events(&text), []);
    }

    #[test]
    fn the_sink_may_end_the_stream() {
        let mut count = 0;
        pump("data: 1\n\ndata: 2\n\n".as_bytes(), &mut |_| {
            count += 1;
            false
        });
        assert_eq!(count, 1);
    }
}
