//! Work on a volume that no program may have open meanwhile.
use std::io;

use super::launch::works_on;
use super::marker;
use super::runtime::{Machine, ProcessRuntime};
use crate::disk::refused;
use crate::{Error, ErrorKind, InstanceId, LaunchId, Result};

impl ProcessRuntime {
    /// Does `work` while no launch of `of` is live, and lets none begin meanwhile. It is given the number of the last
    /// launch, which tells two calls whether there was another one between them. Blocks.
    ///
    /// # Errors
    ///
    /// `Unavailable` where a launch is live, or a program of somebody else's works on the volume.
    pub(in crate::local) fn while_idle<T>(
        &self,
        of: &InstanceId,
        work: impl FnOnce(Option<u32>) -> Result<T>,
    ) -> Result<T> {
        let refuse = |error| refused(error, "looking whether a table is off", &self.0.notes.0);
        self.0.turns.take(of, || {
            if self.0.is_live(of).map_err(refuse)? {
                return Err(Error::new(ErrorKind::Unavailable, "waiting until a table is off")
                    .about("instance", of)
                    .advise(
                        "A program is using this table's data. Stop the table, then try again.",
                    ));
            }
            work(self.0.notes.epochs(of).map_err(refuse)?.into_iter().max())
        })
    }
}

impl Machine {
    fn is_live(&self, of: &InstanceId) -> io::Result<bool> {
        for epoch in self.notes.epochs(of)? {
            let note = self.notes.read(&LaunchId { instance: of.clone(), attempt: epoch })?;
            if let Some(note) = note
                && self.leader(&note)?.is_some()
            {
                return Ok(true);
            }
        }
        let marked = marker::of_instance(self.dir.deployment(), of)?;
        Ok(!marked.is_empty() || works_on(&self.dir.volumes().join(of.as_str()))?.is_some())
    }
}
