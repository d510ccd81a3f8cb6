//! What happened, what programs print, and how the deployment does.
use std::collections::BTreeMap;

use refractory_core::model::{self, DutyReport, WorkerMark};
use refractory_core::ports;
use refractory_core::words::{English, Words as _};
use serde::Serialize;
use utoipa::ToSchema;

use super::InstancePhase;

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Event {
    /// Names the entry.
    pub id: String,
    /// When it happened.
    #[schema(format = DateTime)]
    pub at: String,
    /// What kind of thing happened.
    #[schema(example = "signed-in")]
    pub kind: String,
    /// The id of the instance it is about.
    pub instance: Option<String>,
    /// The name of the user who caused it, as it was then.
    pub by: String,
    /// Where it came from: `web`, `cli`, `discord` or `system`.
    #[schema(example = "web")]
    pub via: String,
    /// The network address it came from. Only for those who may read the whole log.
    pub address: Option<String>,
    /// What it is about, beside the instance: by the names that its kind has.
    #[schema(value_type = Option<Object>)]
    pub details: Option<serde_json::Value>,
    /// What happened, in a sentence.
    pub text: String,
}

impl Event {
    /// `event`, with the network address where `in_full`.
    pub fn of(event: &model::Event, in_full: bool) -> Self {
        let mut written = serde_json::to_value(event).unwrap_or_default();
        let details = written.get_mut("details").map(serde_json::Value::take);
        Self {
            id: event.id.to_string(),
            at: event.at.to_string(),
            kind: event.kind.name().to_owned(),
            instance: event.instance.as_ref().map(|instance| instance.id.to_string()),
            by: event.actor.name.clone(),
            via: word(&event.via),
            address: event.address.filter(|_| in_full).map(|address| address.to_string()),
            details: details.filter(serde_json::Value::is_object),
            text: English.event(event),
        }
    }
}

/// The stable name of an enumeration's value.
fn word(of: &impl Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Lines that the program of an instance printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LogLines {
    /// Whole lines, oldest first.
    pub lines: Vec<String>,
    /// Where the log goes on: the value for `after`. More lines may come there later.
    pub next: String,
}

impl From<ports::LogChunk> for LogLines {
    fn from(chunk: ports::LogChunk) -> Self {
        Self { lines: chunk.lines, next: chunk.next.0 }
    }
}

/// A background service that works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Worker {
    /// Names the worker.
    pub id: String,
    /// Since when it works.
    #[schema(format = DateTime)]
    pub since: String,
    /// When it last gave a sign of life.
    #[schema(format = DateTime)]
    pub seen: String,
    /// What it could not list when it last looked for orphans.
    pub unlisted: Vec<String>,
    /// What it does on a clock.
    pub duties: Vec<Duty>,
}

/// What a worker does on a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Duty {
    /// What it is called.
    pub name: String,
    /// The seconds between two runs.
    pub every_seconds: u64,
    /// When it was last done.
    #[schema(format = DateTime)]
    pub last: Option<String>,
    /// How long that took, in milliseconds.
    pub took_ms: u64,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// How often it was done.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
}

impl From<&DutyReport> for Duty {
    fn from(duty: &DutyReport) -> Self {
        Self {
            name: duty.name.clone(),
            every_seconds: duty.every.as_secs(),
            last: duty.last.map(|at| at.to_string()),
            took_ms: u64::try_from(duty.took.as_millis()).unwrap_or(u64::MAX),
            failure: duty.failure.clone(),
            runs: duty.runs,
            failures: duty.failures,
        }
    }
}

impl From<&WorkerMark> for Worker {
    fn from(mark: &WorkerMark) -> Self {
        Self {
            id: mark.id.to_string(),
            since: mark.born.to_string(),
            seen: mark.seen.to_string(),
            unlisted: mark.unlisted.clone(),
            duties: mark.duties.iter().map(Duty::from).collect(),
        }
    }
}

/// How the deployment does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeploymentStatus {
    /// The version of Refractory.
    pub version: String,
    /// How many workers are alive.
    pub workers: usize,
    /// What workers could not list when they last looked for orphans.
    pub unlisted: Vec<String>,
    /// How many instances are in each phase. Left out by a portal that runs as a function: it does not follow them.
    #[schema(value_type = Option<BTreeMap<String, u64>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<BTreeMap<InstancePhase, u64>>,
    /// The time on the server.
    #[schema(format = DateTime)]
    pub now: String,
}

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DamagedRecord {
    /// What it is a record of.
    #[schema(example = "instance")]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Always `damaged`.
    #[schema(example = "damaged")]
    pub phase: String,
    /// What is wrong with it. Only for administrators.
    pub reason: Option<String>,
}

impl DamagedRecord {
    /// `record`, with what is wrong where `in_full`.
    pub fn of(record: &ports::DamagedRecord, in_full: bool) -> Self {
        Self {
            kind: record.kind.name().to_owned(),
            id: record.id.clone(),
            name: record.name().to_owned(),
            phase: "damaged".to_owned(),
            reason: in_full.then(|| record.reason.clone()),
        }
    }
}
