//! Waiting until an instance is where it was asked to go.
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Refractory;
use crate::Result;
use crate::model::{Fault, Instance, Phase, Power, Principal};
use crate::ports::Endpoint;

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
        let heartbeat = self.worker_options().heartbeat;
        let mut roll_call = Instant::now() + heartbeat + LATE;
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
                () = sleep_until(roll_call) => {
                    if self.workers().await?.is_empty() {
                        return Ok(Settled::NoWorker);
                    }
                    roll_call = Instant::now() + heartbeat + LATE;
                }
            }
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
