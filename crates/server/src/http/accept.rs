//! The accept loop. hyper alone waits for ever for the first byte of a connection; this loop does not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{Peer, Service, patient::Patient};
use crate::config::Deadlines;

const HEAD_BYTES_MAX: usize = 24 * 1024;
const H2_PING_EVERY: Duration = Duration::from_secs(30);
const H2_PING_WAIT: Duration = Duration::from_secs(10);
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// What the loop needs.
pub(crate) struct Acceptor {
    pub(crate) service: Arc<Service>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) deadlines: Deadlines,
    pub(crate) connections_max: usize,
}

/// Serves until `stopping` turns true, then waits for open requests, at most `deadlines.stop`.
pub(crate) async fn serve(listener: TcpListener, acceptor: Acceptor, mut stopping: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(acceptor.connections_max));
    let acceptor = Arc::new(acceptor);
    let graceful = GracefulShutdown::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        let (stream, peer) = match accepted {
            Ok((stream, addr)) => (stream, Peer(addr.ip())),
            Err(error) => {
                // Out of descriptors, usually: waiting frees some, spinning does not.
                tracing::error!(%error, "cannot accept a connection");
                sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        let (acceptor, watcher) = (Arc::clone(&acceptor), graceful.watcher());
        tokio::spawn(async move {
            let metrics = &acceptor.service.app().metrics;
            metrics.connections.inc();
            if connection((stream, peer), &acceptor, watcher).await == End::TimedOut {
                metrics.connections_timed_out.inc();
            }
            metrics.connections.dec();
            drop(place);
        });
    }
    drop(listener);
    if timeout(acceptor.deadlines.stop, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests still open");
    }
}

#[derive(PartialEq, Eq)]
enum End {
    Closed,
    TimedOut,
}

async fn connection((stream, peer): (TcpStream, Peer), acceptor: &Acceptor, watcher: Watcher) -> End {
    // Small answers must not wait for more to send.
    let _ = stream.set_nodelay(true);
    let deadline = tokio::time::Instant::now() + acceptor.deadlines.first_request;
    match &acceptor.tls {
        None => http((stream, peer), acceptor, watcher, deadline).await,
        Some(tls) => match tokio::time::timeout_at(deadline, tls.accept(stream)).await {
            Ok(Ok(stream)) => http((stream, peer), acceptor, watcher, deadline).await,
            Ok(Err(_)) => End::Closed,
            Err(_) => End::TimedOut,
        },
    }
}

async fn http<S>(
    (stream, peer): (S, Peer),
    acceptor: &Acceptor,
    watcher: Watcher,
    deadline: tokio::time::Instant,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(acceptor.deadlines.header_read)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(H2_PING_EVERY)
        .keep_alive_timeout(H2_PING_WAIT)
        .max_header_list_size(HEAD_BYTES_MAX as u32);
    let asked = Arc::new(AtomicBool::new(false));
    let service = {
        let (service, asked) = (Arc::clone(&acceptor.service), Arc::clone(&asked));
        service_fn(move |mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(peer);
            asked.store(true, Ordering::Relaxed);
            let service = Arc::clone(&service);
            async move { service.call(request).await }
        })
    };
    let io = TokioIo::new(Patient::new(stream, acceptor.deadlines.write_stall));
    let served = watcher.watch(builder.serve_connection(io, service).into_owned());
    let mut served = std::pin::pin!(served);
    let first = tokio::time::timeout_at(deadline, served.as_mut()).await;
    let outcome = match first {
        Ok(outcome) => outcome,
        Err(_) if !asked.load(Ordering::Relaxed) => return End::TimedOut,
        Err(_) => served.await,
    };
    match outcome {
        Err(error) if timed_out(&*error) => End::TimedOut,
        _ => End::Closed,
    }
}

fn timed_out(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let stalled = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut)
    };
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_timeout)
        || std::iter::successors(error.source(), |cause| cause.source()).any(stalled)
}
