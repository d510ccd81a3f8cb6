//! The lock folder beside options.json.
use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What the program dies with when another one holds its folder.
pub(crate) const HELD: &str = "A fatal error occurred while trying to start the Foundry Virtual \
    Tabletop server: Foundry VTT cannot start in this directory which is already locked by another \
    process.";

/// The lock, held until [`release`](Self::release) or until no one refreshes it.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    ours: SystemTime,
}

impl Lock {
    /// Takes the lock: where there is none, or where the last refresh is older than `stale`.
    pub(crate) fn take(path: PathBuf, stale: Duration) -> Result<Self, String> {
        match fs::create_dir(&path) {
            Ok(()) => {}
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => take_over(&path, stale)?,
            Err(why) => return Err(format!("cannot make {}: {why}", path.display())),
        }
        let mut lock = Self { path, ours: SystemTime::UNIX_EPOCH };
        lock.touch().map_err(|why| format!("cannot refresh the lock: {why}"))?;
        Ok(lock)
    }

    /// Says that the holder lives; `Err` means that someone took the lock away.
    pub(crate) fn refresh(&mut self) -> Result<(), String> {
        const LOST: &str = "ECOMPROMISED: Unable to update lock within the stale threshold";
        match modified(&self.path) {
            Ok(seen) if seen == self.ours => self.touch().map_err(|why| format!("{LOST}: {why}")),
            _ => Err(LOST.into()),
        }
    }

    /// Gives the lock back.
    pub(crate) fn release(self) {
        // Already gone is as good as gone.
        let _ = fs::remove_dir(self.path);
    }

    fn touch(&mut self) -> io::Result<()> {
        File::open(&self.path)?.set_times(FileTimes::new().set_modified(now()))?;
        self.ours = modified(&self.path)?;
        Ok(())
    }
}

fn take_over(path: &Path, stale: Duration) -> Result<(), String> {
    let age = modified(path).ok().and_then(|seen| now().duration_since(seen).ok());
    if age.is_none_or(|age| age < stale) {
        return Err(HELD.into());
    }
    fs::remove_dir_all(path)
        .and_then(|()| fs::create_dir(path))
        .map_err(|why| format!("cannot take over the stale lock: {why}"))
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

#[expect(
    clippy::disallowed_methods,
    reason = "file times are the machine's, whatever clock is about"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests;
