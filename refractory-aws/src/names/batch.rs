//! Changes of one short while go to Route 53 together.
//!
//! Every caller that waits for a batch can send it; the first to have waited long enough does. If that one is dropped in
//! the middle, the next sends it again, which the changes allow: see `record`. A dropped caller takes its own change
//! out. Batches are sent one after another, so that what is asked for first is done first.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_route53::error::SdkError;
use aws_sdk_route53::operation::change_resource_record_sets::ChangeResourceRecordSetsError;
use aws_sdk_route53::types::{Change, ChangeBatch};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::model::Hostname;
use refractory_core::{Error, ErrorKind, Result};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::pending_changes::PendingChange;
use super::rate_limiter::RateLimiter;
use crate::error::{aws_error, code_is};

/// How long the first of a batch waits for others.
const WINDOW: Duration = Duration::from_millis(200);
/// How long a caller waits for its turn before it answers that it waits.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(3);
/// Changes in one batch. Route 53 allows a thousand.
pub(crate) const MAX_CHANGES: usize = 400;

/// What became of a set of changes.
#[derive(Debug, Clone)]
pub(super) enum BatchResult {
    /// It is written, with this change.
    Written(Arc<PendingChange>),
    /// The zone is not as the changes suppose; what Route 53 said about it.
    Clash(String),
    /// Route 53 has too much to do.
    Busy,
}

/// What became of a batch.
#[derive(Debug)]
enum BatchOutcome {
    Answered(BTreeMap<Hostname, BatchResult>),
    Refused(SharedError),
}

/// An error that several have met.
#[derive(Debug)]
struct SharedError {
    kind: ErrorKind,
    transient: bool,
    advice: String,
    cause: String,
}

impl SharedError {
    fn of(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            transient: error.is_transient(),
            advice: error.for_people().into_owned(),
            cause: format!("{error:?}"),
        }
    }

    fn to_error(&self) -> Error {
        let told = Error::new(self.kind, "changing records").caused_by(self.cause.clone());
        let told = told.advise(self.advice.clone());
        if self.transient { told.retry_after(Duration::ZERO) } else { told.permanent() }
    }
}

type ChangeSets = Vec<(Hostname, Vec<Change>)>;

#[derive(Debug)]
struct Batch {
    at: Instant,
    sets: Mutex<(ChangeSets, BatchState)>,
    outcome: OnceCell<BatchOutcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BatchState {
    Open,
    Closed,
}

impl Batch {
    fn new(at: Instant, name: &Hostname, changes: Vec<Change>) -> Self {
        let sets = Mutex::new((vec![(name.clone(), changes)], BatchState::Open));
        Self { at, sets, outcome: OnceCell::new() }
    }

    /// Takes changes in, unless it is too late, too full, or about the same name already.
    fn admit(&self, name: &Hostname, changes: &[Change]) -> bool {
        let mut guard = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let (sets, door) = &mut *guard;
        let count: usize = sets.iter().map(|(_, changes)| changes.len()).sum();
        let fits =
            count + changes.len() <= MAX_CHANGES && sets.iter().all(|(known, _)| known != name);
        if *door == BatchState::Closed || !fits {
            return false;
        }
        sets.push((name.clone(), changes.to_vec()));
        true
    }

    fn close(&self) -> ChangeSets {
        let mut guard = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        guard.1 = BatchState::Closed;
        guard.0.clone()
    }

    fn leave(&self, name: &Hostname) {
        let mut guard = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0.retain(|(known, _)| known != name);
    }
}

/// The slot of a caller in a batch. Dropping it takes its changes out.
struct BatchSlot<'a> {
    batch: &'a Batch,
    name: &'a Hostname,
}

impl Drop for BatchSlot<'_> {
    fn drop(&mut self) {
        self.batch.leave(self.name);
    }
}

/// Sends changes of one zone in batches.
#[derive(Debug)]
pub(super) struct ChangeBatcher {
    route53: aws_sdk_route53::Client,
    zone: String,
    pace: Arc<RateLimiter>,
    open: Mutex<Option<Arc<Batch>>>,
    turn: Semaphore,
}

impl ChangeBatcher {
    pub(super) fn new(
        route53: aws_sdk_route53::Client,
        zone: String,
        pace: Arc<RateLimiter>,
    ) -> Self {
        Self { route53, zone, pace, open: Mutex::default(), turn: Semaphore::new(1) }
    }

    /// Has `changes`, all about `name`, written together with what else is asked for at the time.
    pub(super) async fn submit(
        &self,
        name: &Hostname,
        changes: Vec<Change>,
    ) -> Result<BatchResult> {
        let Some(batch) = self.join(name, changes) else { return Ok(BatchResult::Busy) };
        let _place = BatchSlot { batch: &batch, name };
        sleep_until(batch.at).await;
        match batch.outcome.get_or_init(|| self.send(&batch)).await {
            BatchOutcome::Answered(answers) => {
                Ok(answers.get(name).cloned().unwrap_or(BatchResult::Busy))
            }
            BatchOutcome::Refused(refusal) => Err(refusal.to_error()),
        }
    }

    /// The batch that is open, or a new one; none where it would have to wait for too long.
    fn join(&self, name: &Hostname, changes: Vec<Change>) -> Option<Arc<Batch>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(batch) = open.as_ref()
            && batch.admit(name, &changes)
        {
            return Some(Arc::clone(batch));
        }
        let batch = Arc::new(Batch::new(self.pace.reserve(WINDOW, MAX_WAIT)?, name, changes));
        *open = Some(Arc::clone(&batch));
        Some(batch)
    }

    async fn send(&self, batch: &Batch) -> BatchOutcome {
        let _turn = self.turn.acquire().await;
        let mut left = batch.close();
        let mut answers = BTreeMap::new();
        loop {
            let answer = match self.write(&left).await {
                Ok(Some(ticket)) => BatchResult::Written(ticket),
                Ok(None) => BatchResult::Busy,
                Err(error) => match failure_scope(&error, &left) {
                    FailureScope::Batch => {
                        return BatchOutcome::Refused(SharedError::of(&aws_error(
                            "changing records",
                            error,
                        )));
                    }
                    FailureScope::Unknown(said) => BatchResult::Clash(said),
                    FailureScope::Names(names, said) => {
                        left.retain(|(name, _)| !names.contains(name));
                        let clash = |name| (name, BatchResult::Clash(said.clone()));
                        answers.extend(names.into_iter().map(clash));
                        if self.pace.wait(MAX_WAIT).await {
                            continue;
                        }
                        BatchResult::Busy
                    }
                },
            };
            answers.extend(left.into_iter().map(|(name, _)| (name, answer.clone())));
            return BatchOutcome::Answered(answers);
        }
    }

    /// One request; none where Route 53 has too much to do. The client has tried more than once by then.
    async fn write(
        &self,
        sets: &ChangeSets,
    ) -> Result<Option<Arc<PendingChange>>, SdkError<ChangeResourceRecordSetsError>> {
        let changes = sets.iter().flat_map(|(_, changes)| changes.clone()).collect();
        let batch = ChangeBatch::builder().set_changes(Some(changes)).build();
        let batch = batch.map_err(SdkError::construction_failure)?;
        let sent = self.route53.change_resource_record_sets().hosted_zone_id(&self.zone);
        match sent.change_batch(batch).send().await {
            Ok(answer) => {
                let id = answer.change_info.map(|info| info.id).unwrap_or_default();
                Ok(Some(PendingChange::new(id)))
            }
            Err(error) if code_is(&error, BUSY) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What Route 53 says when it is asked too much, or about a zone that it has not done with.
pub(super) const BUSY: &[&str] = &["Throttling", "ThrottlingException", "PriorRequestNotComplete"];

/// The names that made Route 53 refuse a batch.
enum FailureScope {
    /// The whole batch: it would be refused for each name.
    Batch,
    /// Unknown: perhaps any of them.
    Unknown(String),
    /// These names.
    Names(Vec<Hostname>, String),
}

fn failure_scope(
    error: &SdkError<ChangeResourceRecordSetsError>,
    sets: &ChangeSets,
) -> FailureScope {
    if !code_is(error, &["InvalidChangeBatch", "InvalidInput"]) || sets.is_empty() {
        return FailureScope::Batch;
    }
    let failure_text = said(error);
    let named = named(&failure_text, sets.iter().map(|(name, _)| name));
    if named.is_empty() || named.len() == sets.len() {
        return FailureScope::Unknown(failure_text);
    }
    FailureScope::Names(named, failure_text)
}

/// All that Route 53 says was wrong.
fn said(error: &SdkError<ChangeResourceRecordSetsError>) -> String {
    let mut all = vec![error.message().unwrap_or_default().to_owned()];
    if let Some(ChangeResourceRecordSetsError::InvalidChangeBatch(batch)) = error.as_service_error()
    {
        all.extend(batch.messages().iter().cloned());
    }
    all.join(" ")
}

/// Those of `names` that a text is about: whole names, as `friday.games.example` is none in `black-friday.games.example`.
fn named<'a>(text: &str, names: impl Iterator<Item = &'a Hostname>) -> Vec<Hostname> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let words: Vec<&str> = text
        .split(|c| !part(c))
        .map(|word| word.trim_end_matches('.'))
        .map(|word| word.strip_prefix("_refractory.").unwrap_or(word))
        .collect();
    names.filter(|name| words.contains(&name.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests;
