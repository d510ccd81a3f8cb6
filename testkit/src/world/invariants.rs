//! The rules of the house.
use refractory_core::model::{Instance, License, Power};
use refractory_core::ports::{Collection, LaunchSpec, Stop};
use refractory_core::{Clock, Error, ErrorKind, InstanceId, LaunchId, Result};

use super::World;
use super::call::ready_now;
use super::state::Machine;

impl World {
    pub(super) fn record_violation(&self, what: String) {
        self.ledger().violations.push(what);
    }

    /// A machine has a lease for its key, alone, and is the only launch of its instance.
    pub(super) fn check_launch(&self, key: &LaunchId, spec: &LaunchSpec) {
        let now = self.time.now();
        let others: Vec<_> = {
            let ledger = self.ledger();
            let running = ledger.machines.iter().filter(|(_, machine)| machine.runs(now));
            running.map(|(key, machine)| (key.clone(), machine.spec.license.clone())).collect()
        };
        for (other, license) in others {
            if other.instance == key.instance {
                self.record_violation(format!("{key} was launched while {other} runs"));
            } else if license.is_some() && license == spec.license {
                self.record_violation(format!("{key} and {other} run on one key"));
            }
        }
        if spec.license.is_some() && !self.holds_lease(&key.instance) {
            self.record_violation(format!("{key} was launched without a lease"));
        }
    }

    fn holds_lease(&self, of: &InstanceId) -> bool {
        let all =
            ready_now(Collection::<License>::of(self.rows().as_ref()).list()).unwrap_or_default();
        all.iter().any(|license| license.lease.as_ref().is_some_and(|lease| lease.holder == *of))
    }

    /// A lease is not returned, and not given to another, while the machine runs that uses it.
    pub(super) fn check_lease(&self, before: &License, after: &License) {
        let Some(lease) = &before.lease else { return };
        if after.lease.as_ref().is_some_and(|now| now.holder == lease.holder) {
            return;
        }
        let now = self.time.now();
        let runs = {
            let ledger = self.ledger();
            let mut own = ledger.machines.iter().filter(|(key, _)| key.instance == lease.holder);
            own.any(|(_, machine)| machine.runs(now) && machine.spec.license.is_some())
        };
        if runs {
            self.record_violation(format!(
                "{} lost its lease while its machine runs",
                lease.holder
            ));
        }
    }

    /// A machine stops when no name leads to it, no world is open in it and none is migrated.
    pub(super) fn check_stop(&self, key: &LaunchId, machine: &Machine, how: Stop) {
        let (led_to, never_closes) = {
            let ledger = self.ledger();
            let led_to = ledger.names.values().any(|(_, target)| *target == machine.endpoint);
            (led_to, ledger.settings.never_closes)
        };
        if led_to {
            self.record_violation(format!("{key} was stopped while its name leads to it"));
        }
        if machine.is_migrating() {
            self.record_violation(format!("{key} was stopped in the middle of a migration"));
        } else if machine.is_open() && how == Stop::Gentle && !never_closes {
            self.record_violation(format!("{key} was stopped with its world open"));
        }
    }

    /// Data is copied and replaced while no machine works on it.
    pub(super) fn check_at_rest(&self, of: &InstanceId, what: &str) -> Result<()> {
        if !self.is_running(of) {
            return Ok(());
        }
        self.record_violation(format!("data of {of} was {what} under its machine"));
        Err(Error::new(ErrorKind::Unavailable, "looking for machines on a volume"))
    }

    /// Data goes with its instance, and not while anything runs on it.
    pub(super) fn check_destruction(&self, of: &InstanceId) {
        let row = ready_now(Collection::<Instance>::of(self.rows().as_ref()).load(of.as_str()));
        if !matches!(row, Ok(Some(row)) if row.desired.power == Power::Gone) {
            self.record_violation(format!("data of {of} was destroyed, and nobody wanted it gone"));
        }
        if self.is_running(of) {
            self.record_violation(format!("data of {of} was destroyed under its machine"));
        }
    }

    fn is_running(&self, of: &InstanceId) -> bool {
        let now = self.time.now();
        let ledger = self.ledger();
        ledger.machines.iter().any(|(key, it)| key.instance == *of && it.runs(now))
    }
}
