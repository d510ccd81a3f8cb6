//! Machines: the runtime of the world.
use std::time::Duration;

use refractory_core::ports::{
    Endpoint, InstanceRuntime, LaunchSpec, Observed, Progress, Reason, Stop,
};
use refractory_core::{Clock, Error, ErrorKind, LaunchId, Result, async_trait};

use super::World;
use super::state::{Game, Machine, WorldState};

#[async_trait]
impl InstanceRuntime for World {
    async fn ensure(&self, key: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        let (key, spec) = (key.clone(), spec.clone());
        self.call("runtime.ensure", move |world| world.launch(&key, spec)).await
    }

    async fn observe(&self, key: &LaunchId) -> Result<Observed<Endpoint>> {
        let key = key.clone();
        self.call("runtime.observe", move |world| world.look_at(&key)).await
    }

    async fn remove(&self, key: &LaunchId, how: Stop) -> Result<Observed<Endpoint>> {
        let key = key.clone();
        self.call("runtime.remove", move |world| world.stop(&key, how)).await
    }

    async fn list(&self) -> Result<Vec<LaunchId>> {
        self.call("runtime.list", |world| {
            let ledger = world.ledger();
            let known = ledger.machines.iter().filter(|(_, machine)| !machine.unreachable);
            Ok(known.map(|(key, _)| key.clone()).collect())
        })
        .await
    }

    fn closes_within(&self) -> Option<Duration> {
        self.ledger().settings.closes_within
    }
}

impl World {
    fn launch(&self, key: &LaunchId, spec: LaunchSpec) -> Result<Observed<Endpoint>> {
        let known = {
            let ledger = self.ledger();
            if ledger.ended.contains(key) {
                return Ok(Observed::Broken(Reason("Foundry has ended.".to_owned())));
            }
            ledger.machines.get(key).cloned()
        };
        match known {
            Some(machine) if machine.unreachable => Err(unreachable_node()),
            Some(machine) if machine.spec != spec => {
                Err(Error::new(ErrorKind::Invalid, "launching under a key with another spec"))
            }
            Some(_) => self.look_at(key),
            None => {
                self.check_launch(key, &spec);
                let mut ledger = self.ledger();
                ledger.launched += 1;
                let endpoint = Endpoint::new("10.0.0.1", ledger.launched);
                // What launches are told is kept from one to the next.
                ledger.remains.insert(format!("told-{}", key.instance), key.instance.clone());
                let lines = ledger.printed.entry(key.instance.clone()).or_default();
                lines.push(format!("launch {key} begins"));
                let machine = Machine {
                    spec,
                    endpoint,
                    polls: 0,
                    stopping: None,
                    game: Game::Setup,
                    unreachable: false,
                    dies: None,
                };
                ledger.machines.insert(key.clone(), machine);
                drop(ledger);
                self.look_at(key)
            }
        }
    }

    fn look_at(&self, key: &LaunchId) -> Result<Observed<Endpoint>> {
        let mut ledger = self.ledger();
        let boots = ledger.settings.boot_polls;
        let Some(machine) = ledger.machines.get_mut(key) else {
            return Ok(Observed::Absent);
        };
        if machine.unreachable {
            return Err(unreachable_node());
        }
        if machine.stopping.is_some() {
            return Ok(Observed::Pending(Some(Progress::new("stopping"))));
        }
        if machine.polls < boots {
            machine.polls += 1;
            return Ok(Observed::Pending(Some(Progress::new(format!("boot {}", machine.polls)))));
        }
        Ok(Observed::Ready(machine.endpoint.clone()))
    }

    fn stop(&self, key: &LaunchId, how: Stop) -> Result<Observed<Endpoint>> {
        let now = self.time.now();
        let known = self.ledger().machines.get(key).cloned();
        let Some(machine) = known else {
            // A launch that was never seen is not kept from landing later; one that was removed is.
            return Ok(Observed::Absent);
        };
        if machine.unreachable {
            return Err(unreachable_node());
        }
        if machine.stopping.is_none() && machine.runs(now) {
            self.check_stop(key, &machine, how);
        }
        Ok(end(&mut self.ledger(), key))
    }
}

/// Moves the stop of a machine along.
fn end(ledger: &mut WorldState, key: &LaunchId) -> Observed<Endpoint> {
    let polls = ledger.settings.stop_polls;
    let Some(machine) = ledger.machines.get_mut(key) else { return Observed::Absent };
    let left = machine.stopping.unwrap_or(polls);
    if left > 0 {
        machine.stopping = Some(left - 1);
        return Observed::Pending(None);
    }
    ledger.machines.remove(key);
    ledger.ended.insert(key.clone());
    Observed::Absent
}

fn unreachable_node() -> Error {
    Error::new(ErrorKind::Unavailable, "asking a node that does not answer")
}
