//! Closing every world before this process ends, where nothing that runs can outlive it. What people want stays as it is, so
//! the next process starts everything again.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::Worker;
use crate::model::{Event, EventKind, Instance, Power, Step, Urgency};
use crate::plan::{Decision, decide};
use crate::ports::{Collection, Index, Query};
use crate::{ErrorKind, InstanceId};

/// The longest pause between two steps of one instance: there is little time, and nobody else to spare.
const PAUSE: Duration = Duration::from_millis(250);
/// The shortest: the program closes while we wait.
const LEAST: Duration = Duration::from_millis(20);

/// Which instances are not closed yet, by what people call them.
type Open = Vec<String>;

impl Worker {
    /// Closes the worlds of all instances, side by side, and ends their programs, until `until`, when `grace` is over; in a hurry from when `hurry`
    /// completes. A lease stays with its instance, which goes on with it when it starts again.
    pub(super) async fn close_all(
        &self,
        grace: Duration,
        until: Instant,
        hurry: impl Future<Output = ()>,
    ) {
        let rows = self.rows_that_run().await;
        if rows.is_empty() {
            return;
        }
        tracing::info!(
            tables = rows.len(),
            ?grace,
            "nothing that runs here outlives this process: closing every world first"
        );
        let hurried = Arc::new(AtomicBool::new(false));
        let mut open: std::collections::BTreeMap<InstanceId, String> =
            rows.iter().map(|row| (row.id.clone(), row.title().to_owned())).collect();
        let mut closers = JoinSet::new();
        for row in rows {
            let (worker, hurried) = (self.clone(), Arc::clone(&hurried));
            closers.spawn(async move {
                let id = row.id.clone();
                worker.close(row, &hurried).await;
                id
            });
        }
        let mut hurry = std::pin::pin!(hurry);
        loop {
            tokio::select! {
                closed = closers.join_next() => match closed {
                    Some(Ok(id)) => drop(open.remove(&id)),
                    Some(Err(error)) => tracing::error!(%error, "closing a world"),
                    None => break,
                },
                () = &mut hurry, if !hurried.load(Ordering::SeqCst) => {
                    tracing::info!("closing in a hurry; a third signal leaves at once");
                    hurried.store(true, Ordering::SeqCst);
                }
                () = sleep_until(until) => break,
            }
        }
        tell_of_open(&open.into_values().collect(), grace);
    }

    /// Every instance of which something may run. Where the store does not say, there is nothing to go by.
    async fn rows_that_run(&self) -> Vec<Instance> {
        let table = Collection::<Instance>::of(self.deployment.ports.store.as_ref());
        let (rows, damaged) = match table.gather(Query::index(Index::InstanceActive)).await {
            Ok(active) => active,
            Err(error) => {
                tracing::error!(?error, "what runs is not known, so nothing is closed");
                return Vec::new();
            }
        };
        for record in damaged {
            tracing::error!(
                instance = record.id,
                reason = record.reason,
                "whether it runs is not known, so it is not closed"
            );
        }
        rows.into_iter().filter(|row| next(row, Urgency::Gentle).is_some()).collect()
    }

    /// Takes one instance down as far as its program. What cannot be written down is done all the same: a full disk is no
    /// reason to end a program with its world open, and the next process finds out what became of it.
    async fn close(&self, mut row: Instance, hurried: &AtomicBool) {
        loop {
            let ages = self.ages_of(&row);
            let urgency =
                if hurried.load(Ordering::SeqCst) { Urgency::Now } else { Urgency::Gentle };
            let Some(step) = next(&row, urgency) else { break };
            let decision = Decision::Remove(step);
            if self.terms(&ages).begin_undoing(&mut row, step) {
                row = self.noted(row).await;
            }
            let outcome = self.act(&switched_off(&row, urgency), decision, &ages).await;
            let fault = row.fault.take();
            let wait = self.terms(&ages).settle(&mut row, decision, outcome);
            self.ages.plan(row.id.as_str(), wait);
            if let Some(failed) = std::mem::replace(&mut row.fault, fault) {
                tracing::warn!(instance = %row.id, step = step.name(), "{}", failed.message);
            }
            row = self.noted(row).await;
            sleep(wait.clamp(LEAST, PAUSE)).await;
        }
        let now = self.deployment.clock.now();
        let kind = EventKind::InstanceSuspended { resumes: row.is_desired_on() };
        let event = Event::by_system(now, kind).about(&row);
        self.deployment.record(event).await;
    }

    /// The row as it is written down now. Where somebody else wrote it meanwhile, theirs counts; where nothing can be
    /// written, ours does.
    async fn noted(&self, row: Instance) -> Instance {
        let table = Collection::<Instance>::of(self.deployment.ports.store.as_ref());
        match table.save(&row).await {
            Ok(saved) => saved,
            Err(error) if error.kind() == ErrorKind::Conflict => {
                match table.load(row.id.as_str()).await {
                    Ok(Some(theirs)) => theirs,
                    Ok(None) | Err(_) => row,
                }
            }
            Err(error) => {
                tracing::debug!(instance = %row.id, ?error, "a step of closing was not written down");
                row
            }
        }
    }
}

/// The instance as if people wanted it off.
fn switched_off(row: &Instance, urgency: Urgency) -> Instance {
    let mut row = row.clone();
    row.desired.power = Power::Off;
    row.desired.urgency = urgency;
    row.fault = None;
    row
}

/// What of a running instance goes next; `None` once only a lease and data are left.
fn next(row: &Instance, urgency: Urgency) -> Option<Step> {
    // Switched off, it has no fault that could wait.
    match decide(&switched_off(row, urgency), Duration::ZERO) {
        Decision::Remove(step) if step != Step::License => Some(step),
        Decision::Remove(_)
        | Decision::Intend(_)
        | Decision::Ensure(_)
        | Decision::Probe
        | Decision::Wait(_)
        | Decision::Rest
        | Decision::Forget => None,
    }
}

fn tell_of_open(open: &Open, grace: Duration) {
    if open.is_empty() {
        tracing::info!("every world is closed");
        return;
    }
    tracing::error!(
        tables = open.join(", "),
        ?grace,
        "the grace is over and these are not closed: their worlds may be damaged. Allow more time: `stop_grace` in [local], and \
         more than that to whatever stops this, as `docker stop --time` (10 s without it) or `stop_grace_period`"
    );
}
