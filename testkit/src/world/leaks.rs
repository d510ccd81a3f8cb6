//! What is left, and what went wrong on the way.
use refractory_core::model::{Backup, License, RetainedAdminKey};
use refractory_core::ports::{Collection, UniqueKey, Vault};
use refractory_core::{Clock, Result};

use super::World;
use super::call::ready_now;

impl World {
    /// What is left behind of instances: empty when nothing leaks.
    pub fn orphaned_resources(&self) -> Vec<String> {
        self.apply_late_effects();
        let mut left = self.left_in_the_cloud();
        left.extend(self.left_written().unwrap_or_else(|error| vec![error.to_string()]));
        left
    }

    fn left_in_the_cloud(&self) -> Vec<String> {
        let ledger = self.ledger();
        let machines = ledger.machines.keys().map(|key| format!("machine {key}"));
        let names = ledger.names.keys().map(|name| format!("name {name}"));
        let volumes = ledger.volumes.keys().map(|of| format!("volume {of}"));
        let spaces = ledger.spaces.iter().map(|of| format!("assets {of}"));
        let remains = ledger.remains.iter().map(|(name, of)| format!("{name} of {of}"));
        machines.chain(remains).chain(names).chain(volumes).chain(spaces).collect()
    }

    fn left_written(&self) -> Result<Vec<String>> {
        let now = self.clock.now();
        let mut left = Vec::new();
        for License { name, lease, reserved, .. } in
            ready_now(Collection::<License>::of(self.rows().as_ref()).list())?
        {
            left.extend(lease.map(|lease| format!("lease of {name} to {}", lease.holder)));
            let kept = reserved.filter(|kept| kept.until > now);
            left.extend(kept.map(|kept| format!("{name} kept for {}", kept.instance)));
        }
        for name in self.ledger().snapshots.keys() {
            let key = UniqueKey::backup(&name.of, name.at);
            if ready_now(Collection::<Backup>::of(self.rows().as_ref()).find(&key))?.is_none() {
                left.push(format!("a snapshot of {} that no record is of", name.of));
            }
        }
        let secrets = ready_now(self.vault.list())?;
        // What is kept for the next table of a name is no leftover.
        let kept = ready_now(Collection::<RetainedAdminKey>::of(self.rows().as_ref()).list())?;
        let keys = secrets.iter().filter(|name| name.as_str().starts_with("admin-key"));
        let keys = keys.filter(|name| kept.iter().all(|kept| kept.secret != **name));
        left.extend(keys.map(|name| format!("secret {name}")));
        Ok(left)
    }

    /// Rules of the house that were broken at any moment, not only at the end.
    pub fn violations(&self) -> Vec<String> {
        self.apply_late_effects();
        self.ledger().violations.clone()
    }
}
