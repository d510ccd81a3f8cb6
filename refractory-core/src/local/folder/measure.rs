//! How full a folder is.
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{Clock, MonotonicTime};

/// How long a measured size is good enough.
const FRESH: Duration = Duration::from_secs(30);

/// Measures folders by walking them, and remembers the answer for half a minute.
#[derive(Debug, Clone)]
pub(in crate::local) struct Measure {
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<BTreeMap<PathBuf, (MonotonicTime, u64)>>>,
}

impl Measure {
    pub(in crate::local) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, known: Arc::default() }
    }

    /// Bytes of all files under `folder`, at most half a minute old. Blocks.
    pub(in crate::local) fn bytes(&self, folder: &Path) -> io::Result<u64> {
        let now = self.clock.monotonic();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(folder).copied();
        if let Some((at, bytes)) = known
            && now.since(at) < FRESH
        {
            return Ok(bytes);
        }
        let bytes = bytes_under(folder)?;
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(folder.to_owned(), (now, bytes));
        Ok(bytes)
    }

    /// Forgets what was measured of `folder`.
    pub(in crate::local) fn forget(&self, folder: &Path) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
    }
}

/// Bytes of all files under `folder`. Never follows a link, and shrugs at what vanishes while it walks: a program may be at work there.
pub(super) fn bytes_under(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            match entry.metadata() {
                Ok(found) if found.is_dir() => left.push(entry.path()),
                Ok(found) => sum += found.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(sum)
}
