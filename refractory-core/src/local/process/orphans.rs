//! What process 1 owes to others: taking away what ended and has nobody to wait for it.
use std::collections::BTreeSet;
use std::io;
use std::sync::PoisonError;

use rustix::process::{Pid, WaitOptions, waitpid};

use super::proc::{self, Process};
use super::runtime::Machine;

impl Machine {
    /// Takes away processes that have ended and were left to us by their parents. Only process 1 has any.
    ///
    /// One is taken away when it is seen for the second time: what was just started here, and is not written down as ours yet,
    /// may end in between, and somebody waits for how that went.
    pub(super) fn take_orphans_away(&self) -> io::Result<usize> {
        if std::process::id() != 1 {
            return Ok(0);
        }
        let seen = self.ended_orphans()?;
        let mut before = self.orphans.lock().unwrap_or_else(PoisonError::into_inner);
        let (again, first): (BTreeSet<_>, BTreeSet<_>) =
            seen.into_iter().partition(|orphan| before.contains(orphan));
        *before = first;
        Ok(again.into_iter().filter(|orphan| take_away(orphan.pid)).count())
    }

    fn ended_orphans(&self) -> io::Result<BTreeSet<Process>> {
        let own: BTreeSet<u32> = {
            let children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
            children.values().filter_map(|child| child.id()).collect()
        };
        let mut found = BTreeSet::new();
        for pid in proc::all()?.into_iter().filter(|pid| !own.contains(pid)) {
            if let Some(stat) = proc::stat(pid)?
                && stat.ended
                && stat.parent == 1
            {
                found.insert(stat.process);
            }
        }
        Ok(found)
    }
}

fn take_away(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(Some(_))))
}
