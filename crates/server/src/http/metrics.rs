//! Prometheus metrics. The counters of the request path are plain atomics, found without a map.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// The part of the service a request belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    Phone,
    Graph,
    Api,
    Scim,
    Other,
}

impl Area {
    const ALL: [Self; 5] = [Self::Phone, Self::Graph, Self::Api, Self::Scim, Self::Other];

    const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Graph => "graph",
            Self::Api => "api",
            Self::Scim => "scim",
            Self::Other => "other",
        }
    }
}

/// All metrics of the process; features register more with [`Metrics::register`].
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: [[Counter; 5]; 5],
    seconds: [Histogram; 5],
    /// Connections open now.
    pub connections: Gauge,
    /// Connections closed because the client was silent or slow.
    pub connections_timed_out: Counter,
    /// Requests whose handler panicked.
    pub panics: Counter,
}

type Labels = Vec<(&'static str, &'static str)>;

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
const BUCKETS: [f64; 9] = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 2.5];

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("ringfence");
        let requests = Family::<Labels, Counter>::default();
        let seconds =
            Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let (connections, connections_timed_out, panics) =
            (Gauge::default(), Counter::default(), Counter::default());
        registry.register("http_requests", "Requests answered, by area and status class", requests.clone());
        registry.register("http_request_seconds", "Time to the response head", seconds.clone());
        registry.register("http_connections", "Connections open now", connections.clone());
        registry.register(
            "http_connections_timed_out",
            "Connections closed because the client was silent or slow",
            connections_timed_out.clone(),
        );
        registry.register("http_panics", "Requests whose handler panicked", panics.clone());
        let counter = |area: Area, class| {
            requests.get_or_create(&vec![("area", area.name()), ("status", class)]).clone()
        };
        Self {
            requests: Area::ALL.map(|area| CLASSES.map(|class| counter(area, class))),
            seconds: Area::ALL.map(|area| seconds.get_or_create(&vec![("area", area.name())]).clone()),
            registry: Mutex::new(registry),
            connections,
            connections_timed_out,
            panics,
        }
    }

    /// Lets a feature add its own metrics.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn count(&self, area: Area, status: u16, took: Duration) {
        let class = usize::from((status / 100).clamp(1, 5) - 1);
        self.requests[area as usize][class].inc();
        self.seconds[area as usize].observe(took.as_secs_f64());
    }

    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}
