//! Waiting until an instance is where it was asked to go, or an operation has ended.
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Refractory;
use super::watch::WriteSignal;
use crate::model::{Fault, Instance, Operation, Phase, Power, Principal, WorkerMark};
use crate::ports::{ChangeTail, Endpoint, Kind};
use crate::{Error, ErrorKind, OperationId, Result};

/// How much later than it is due a sign of life may come.
const LATE: Duration = Duration::from_secs(1);
/// Longer than any process lives.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settled {
    /// It is on: its program listens here.
    On(Endpoint),
    /// It is off.
    Off,
    /// It is gone, with all of its data.
    Gone,
    /// It was given up: [`Words::fault`](crate::words::Words::fault) has the sentence. Once the cause is put right, [`start`](Refractory::start)
    /// begins anew.
    Failed(Fault),
    /// Someone wants something else of it by now.
    Superseded(Power),
    /// No worker lives that could carry it out. The request is kept.
    NoWorker,
    /// The deadline is over, and it is still under way.
    TimedOut,
}

/// What became of an operation that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettledOperation {
    /// It has ended: [`Operation::end`] says how.
    Ended(Box<Operation>),
    /// No worker lives that could carry it out. The request is kept.
    NoWorker,
    /// The deadline is over, and it is still under way.
    TimedOut,
}

/// What became of the request for `power`, as far as `now` shows it.
pub fn settled(power: Power, now: &Instance) -> Option<Settled> {
    if now.desired.power != power {
        return Some(Settled::Superseded(now.desired.power));
    }
    match (power, now.phase()) {
        (Power::On, _) if now.given_up() => now.live_fault().cloned().map(Settled::Failed),
        (Power::On, Phase::On(endpoint)) => Some(Settled::On(endpoint)),
        (Power::Off, Phase::Off) => Some(Settled::Off),
        (Power::On | Power::Off | Power::Gone, _) => None,
    }
}

impl Refractory {
    /// Waits until the request that was made of an instance is settled; `asked` is the instance as [`start`](Self::start),
    /// [`stop`](Self::stop), [`restart`](Self::restart) or [`delete`](Self::delete) returned it.
    ///
    /// The store is asked for what was written, and not again and again for the instance.
    ///
    /// # Errors
    ///
    /// `Forbidden`, and as the store has them.
    pub async fn settled(
        &self,
        who: &Principal,
        asked: &Instance,
        deadline: Duration,
    ) -> Result<Settled> {
        self.settled_telling(who, asked, deadline, |_| {}).await
    }

    /// The same; each state on the way goes to `report`.
    ///
    /// # Errors
    ///
    /// As [`settled`](Self::settled).
    pub async fn settled_telling(
        &self,
        who: &Principal,
        asked: &Instance,
        deadline: Duration,
        mut report: impl FnMut(&Instance),
    ) -> Result<Settled> {
        let mut watch = self.watch_instance(who, &asked.id);
        let until = Instant::now() + deadline.min(FOR_EVER);
        let mut roll_call = RollCall::of(self);
        loop {
            tokio::select! {
                biased;
                seen = watch.next() => match seen? {
                    None => {
                        let is_asked = asked.desired.power == Power::Gone;
                        let other = Settled::Superseded(Power::Gone);
                        return Ok(if is_asked { Settled::Gone } else { other });
                    }
                    Some(row) => {
                        if let Some(settled) = settled(asked.desired.power, &row) {
                            return Ok(settled);
                        }
                        report(&row);
                    }
                },
                () = sleep_until(until) => return Ok(Settled::TimedOut),
                answer = roll_call.unanswered() => return answer.map(|()| Settled::NoWorker),
            }
        }
    }

    /// Waits until an operation has ended; each state on the way goes to `report`.
    ///
    /// The store is asked for what was written, and not again and again for the operation.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`, and as the store has them.
    pub async fn settled_operation(
        &self,
        who: &Principal,
        id: &OperationId,
        deadline: Duration,
        mut report: impl FnMut(&Operation),
    ) -> Result<SettledOperation> {
        let mut watch = self.watch_operation(who, id);
        let until = Instant::now() + deadline.min(FOR_EVER);
        let mut roll_call = RollCall::of(self);
        loop {
            tokio::select! {
                biased;
                seen = watch.next() => match seen? {
                    None => return Err(Error::new(ErrorKind::NotFound, "waiting for an operation")),
                    Some(operation) if !operation.is_active() => {
                        return Ok(SettledOperation::Ended(Box::new(operation)));
                    }
                    Some(operation) => report(&operation),
                },
                () = sleep_until(until) => return Ok(SettledOperation::TimedOut),
                answer = roll_call.unanswered() => {
                    return answer.map(|()| SettledOperation::NoWorker);
                }
            }
        }
    }

    /// Returns the live workers as soon as there is one. Where there is none, waits for a sign of life for at most `deadline`: the
    /// clock may have been set since the last one.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn workers_within(&self, deadline: Duration) -> Result<Vec<WorkerMark>> {
        let until = Instant::now() + deadline.min(FOR_EVER);
        let (mut signal, mut tail) =
            (WriteSignal::of(&self.deployment), ChangeTail::new(Kind::Worker));
        loop {
            signal.begin();
            let news = tail.poll(self.deployment.ports.store.as_ref()).await?;
            if news.is_none_or(|news| !news.is_empty()) {
                let alive = self.workers().await?;
                if !alive.is_empty() {
                    return Ok(alive);
                }
            }
            tokio::select! {
                () = signal.wait() => {}
                () = sleep_until(until) => return self.workers().await,
            }
        }
    }
}

/// Asks from time to time whether any worker lives.
struct RollCall<'a> {
    refractory: &'a Refractory,
    due: Instant,
}

impl<'a> RollCall<'a> {
    fn of(refractory: &'a Refractory) -> Self {
        Self { refractory, due: Self::next(refractory) }
    }

    fn next(refractory: &Refractory) -> Instant {
        Instant::now() + refractory.worker_options().heartbeat + LATE
    }

    /// Waits until no worker has said lately that it lives.
    async fn unanswered(&mut self) -> Result<()> {
        loop {
            sleep_until(self.due).await;
            if self.refractory.workers().await?.is_empty() {
                return Ok(());
            }
            self.due = Self::next(self.refractory);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Held, Journal, NewInstance, Slug, Step, Urgency};
    use crate::{ErrorKind, InstanceId, Timestamp};

    fn row(power: Power) -> Instance {
        let new = NewInstance::named(Slug::new("friday").unwrap());
        let mut row = Instance::new(InstanceId::new("i").unwrap(), new, Timestamp(1));
        row.want(power, Urgency::Gentle, Timestamp(1));
        row
    }

    fn on() -> Instance {
        let mut row = row(Power::On);
        let mut journal = Journal::default();
        journal.hold(Step::License, Held::License(None));
        journal.hold(Step::Volume, Held::Volume(String::new()));
        journal.hold(Step::Assets, Held::Assets(String::new()));
        journal.hold(Step::Runtime, Held::Runtime(Endpoint::new("h", 1)));
        journal.hold(Step::World, Held::World(None));
        let name = crate::model::Hostname::under(&row.slug, "test");
        journal.hold(Step::Name, Held::Name(name));
        row.journal = journal;
        row
    }

    #[test]
    fn each_request_is_settled_by_what_was_asked_and_by_nothing_else() {
        let mut failed = row(Power::On);
        let fault = Fault {
            step: Step::Volume,
            kind: ErrorKind::Exhausted,
            cause: None,
            message: "No space.".to_owned(),
            attempts: 6,
            retry_at: Timestamp(0),
            wait: None,
            terminal: true,
            generation: failed.generation,
        };
        failed.fault = Some(fault.clone());
        let going = {
            let mut row = on();
            row.want(Power::Off, Urgency::Gentle, Timestamp(2));
            row
        };
        let rows = [
            (Power::On, row(Power::On), None),
            (Power::On, on(), Some(Settled::On(Endpoint::new("h", 1)))),
            (Power::On, failed, Some(Settled::Failed(fault))),
            (Power::On, going.clone(), Some(Settled::Superseded(Power::Off))),
            (Power::Off, going, None),
            (Power::Off, row(Power::Off), Some(Settled::Off)),
            (Power::Off, on(), Some(Settled::Superseded(Power::On))),
            (Power::Gone, row(Power::Gone), None),
            (Power::Off, row(Power::Gone), Some(Settled::Superseded(Power::Gone))),
        ];
        for (power, now, expected) in rows {
            assert_eq!(settled(power, &now), expected, "{power:?} of {:?}", now.phase());
        }
    }
}
