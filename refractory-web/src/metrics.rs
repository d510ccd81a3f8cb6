//! Numbers for Prometheus.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use refractory_core::model::{Health, InstanceState as State, WorkerMark};

use crate::feed::Snapshot;

/// Upper bounds of the duration buckets, in milliseconds.
const BOUNDS: [u64; 8] = [5, 10, 25, 50, 100, 250, 1000, 5000];

/// How long answers of one kind took.
#[derive(Debug, Default)]
struct Durations {
    buckets: [AtomicU64; BOUNDS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

impl Durations {
    fn add(&self, took: Duration) {
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            if took <= Duration::from_millis(bound) {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Counters of this process.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// By the class of the answer's status: 1xx to 5xx.
    answers: [Durations; 5],
    /// Requests passed on to tables.
    proxied: AtomicU64,
}

/// Connections of clients, at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clients {
    pub(crate) connections: usize,
    pub(crate) most: usize,
    pub(crate) streams: usize,
    pub(crate) refused: u64,
    pub(crate) gave_way: u64,
    pub(crate) descriptors: usize,
    pub(crate) most_descriptors: u64,
}

impl Clients {
    fn tell(&self, out: &mut Text) {
        let gauges = [
            ("refractory_connections", "Open connections of clients.", self.connections as u64),
            ("refractory_connections_limit", "How many there may be.", self.most as u64),
            ("refractory_streams", "Open streams of events of the portal.", self.streams as u64),
            ("refractory_open_descriptors", "Open files and sockets.", self.descriptors as u64),
            ("refractory_descriptors_limit", "How many there may be.", self.most_descriptors),
        ];
        for (name, help, value) in gauges {
            out.one(name, "gauge", help, value);
        }
        let refused = "Connections that found no place.";
        out.one("refractory_connections_refused_total", "counter", refused, self.refused);
        let evicted = "Connections that were ended because they kept others waiting.";
        out.one("refractory_connections_evicted_total", "counter", evicted, self.gave_way);
    }
}

/// What workers do on a clock: when each duty was last done by any of them, and how often it failed.
fn duties(out: &mut Text, workers: &[WorkerMark]) {
    let mut all: BTreeMap<&str, (u64, u64, u64, bool)> = BTreeMap::new();
    for duty in workers.iter().flat_map(|mark| &mark.duties) {
        let (last, runs, failures, failing) = all.entry(&duty.name).or_default();
        let at = duty.last.map_or(0, |at| at.0 / 1000);
        *failing = if at >= *last { duty.failure.is_some() } else { *failing };
        *last = (*last).max(at);
        *runs += duty.runs;
        *failures += duty.failures;
    }
    let label = |name: &str| format!("duty=\"{name}\"");
    let name = "refractory_duty_last_run_timestamp_seconds";
    out.family(name, "gauge", "When a duty was last done.");
    for (duty, (last, ..)) in &all {
        out.sample(name, &label(duty), last);
    }
    let name = "refractory_duty_failing";
    out.family(name, "gauge", "Whether a duty failed when it was last done.");
    for (duty, (.., failing)) in &all {
        out.sample(name, &label(duty), u8::from(*failing));
    }
    let name = "refractory_duty_runs_total";
    out.family(name, "counter", "How often a duty was done by the workers that are alive.");
    for (duty, (_, runs, ..)) in &all {
        out.sample(name, &label(duty), runs);
    }
    let name = "refractory_duty_failures_total";
    out.family(name, "counter", "How often it failed.");
    for (duty, (_, _, failures, _)) in &all {
        out.sample(name, &label(duty), failures);
    }
}

impl Metrics {
    /// Counts one answer of the portal.
    pub(crate) fn answered(&self, status: u16, took: Duration) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        if let Some(durations) = self.answers.get(class) {
            durations.add(took);
        }
    }

    /// Counts one request passed on to a table.
    pub(crate) fn passed_on(&self) {
        self.proxied.fetch_add(1, Ordering::Relaxed);
    }

    /// Everything in the text format of Prometheus. `sockets` are the upgraded connections of tables.
    pub(crate) fn text(
        &self,
        snapshot: &Snapshot,
        workers: &[WorkerMark],
        sockets: usize,
        clients: &Clients,
    ) -> String {
        let mut out = Text::default();
        out.family("refractory_tables", "gauge", "Tables by state.");
        let mut states: BTreeMap<State, u64> = State::ALL.map(|state| (state, 0)).into();
        let mut faults = 0;
        for table in snapshot.tables.values() {
            *states.entry(table.state()).or_default() += 1;
            faults += u64::from(table.health() != Health::Fine);
        }
        for (state, count) in states {
            out.sample("refractory_tables", &format!("state=\"{}\"", state.name()), count);
        }
        out.one("refractory_table_faults", "gauge", "Tables with a live fault.", faults);
        out.one("refractory_workers", "gauge", "Workers that are alive.", workers.len() as u64);
        duties(&mut out, workers);
        let proxied = self.proxied.load(Ordering::Relaxed);
        out.one("refractory_proxied_requests_total", "counter", "Requests for tables.", proxied);
        out.one("refractory_proxied_sockets", "gauge", "Open sockets of tables.", sockets as u64);
        clients.tell(&mut out);
        self.durations(&mut out);
        out.0
    }

    fn durations(&self, out: &mut Text) {
        const NAME: &str = "refractory_http_duration_seconds";
        out.family(NAME, "histogram", "How long answers of the portal took.");
        for (class, durations) in self.answers.iter().enumerate() {
            let class = format!("class=\"{}xx\"", class + 1);
            for (bucket, bound) in durations.buckets.iter().zip(BOUNDS) {
                let labels = format!("{class},le=\"{}\"", seconds(bound * 1000));
                out.sample(&format!("{NAME}_bucket"), &labels, bucket.load(Ordering::Relaxed));
            }
            let count = durations.count.load(Ordering::Relaxed);
            out.sample(&format!("{NAME}_bucket"), &format!("{class},le=\"+Inf\""), count);
            let sum = seconds(durations.micros.load(Ordering::Relaxed));
            out.sample(&format!("{NAME}_sum"), &class, sum);
            out.sample(&format!("{NAME}_count"), &class, count);
        }
    }
}

fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _infallible = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _infallible = writeln!(self.0, "{name}{{{labels}}} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.family(name, kind, help);
        let _infallible = writeln!(self.0, "{name} {value}");
    }
}

#[cfg(test)]
mod tests;
