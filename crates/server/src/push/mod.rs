//! Push (protocol §6): an open event stream per app that is open. An event is a hint without authority: the phone
//! checks in. Streams close with their session.

pub(crate) mod api;

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Bytes;
use tokio::time::{Instant, Sleep};
use tokio_stream::{Stream, wrappers::WatchStream};

use crate::{app::Shared, session::Session};

/// A comment line travels this often, so that both sides notice a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The body of one event stream.
pub(crate) struct Events {
    app: Shared,
    session: Arc<Session>,
    changes: WatchStream<i64>,
    timer: Pin<Box<Sleep>>,
    stopping: Pin<Box<dyn Future<Output = ()> + Send>>,
    first: Option<Bytes>,
}

impl Events {
    /// Follows the instance of a session.
    pub(crate) fn new(app: Shared, session: Arc<Session>) -> Self {
        let changes = WatchStream::from_changes(session.active.wake.subscribe());
        session.active.listeners.fetch_add(1, Ordering::Relaxed);
        app.phones.metrics.listeners.inc();
        let stop = Arc::clone(&app);
        Self {
            app,
            session,
            changes,
            timer: Box::pin(tokio::time::sleep(KEEP_ALIVE)),
            stopping: Box::pin(async move { stop.stopping().await }),
            first: Some(Bytes::from_static(b": open\n\n")),
        }
    }

    /// Has the stream begin by telling the phone to check in.
    pub(crate) fn begin_with_change(&mut self) {
        self.first = Some(event(self.app.phones.memory.revision()));
    }

    fn is_over(&self) -> bool {
        self.session.active.is_ended()
            || self.session.expires_at <= self.app.env.now()
            || self.app.phones.sessions.find(self.session.id).is_none()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.session.active.listeners.fetch_sub(1, Ordering::Relaxed);
        self.app.phones.metrics.listeners.dec();
    }
}

impl Stream for Events {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        if self.stopping.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.changes).poll_next(cx) {
            Poll::Ready(Some(_)) if self.is_over() => return Poll::Ready(None),
            Poll::Ready(Some(revision)) => return Poll::Ready(Some(Ok(event(revision)))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {}
        }
        if self.timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        if self.is_over() {
            return Poll::Ready(None);
        }
        self.timer.as_mut().reset(Instant::now() + KEEP_ALIVE);
        Poll::Ready(Some(Ok(Bytes::from_static(b":\n\n"))))
    }
}

fn event(revision: i64) -> Bytes {
    Bytes::from(format!("event: changed\ndata: {{\"revision\":{revision}}}\n\n"))
}
