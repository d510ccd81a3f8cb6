//! What is on its way out.
use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use super::discard::discard;
use crate::disk::refused;
use crate::id::random_text;
use crate::{InstanceId, Result};

/// Entries removed at a time.
pub(super) const SLICE: usize = 5_000;

/// The folder for what is on its way out, on one file system with what goes there: moving there is all or nothing.
/// Everything in it says whose it is.
#[derive(Debug, Clone)]
pub(super) struct Trash(PathBuf);

impl Trash {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Where something of `of` lies that is called `name`.
    pub(super) fn named(&self, of: &InstanceId, name: &str) -> PathBuf {
        self.0.join(format!("{of}~{name}"))
    }

    /// A name that is not taken for something of `of` of this kind.
    pub(super) fn fresh(&self, of: &InstanceId, kind: &str) -> PathBuf {
        self.named(of, &format!("{kind}-{}", random_text(8)))
    }

    /// Moves `path` here, if it is there.
    pub(super) fn throw_away(&self, path: &Path, of: &InstanceId, kind: &str) -> Result<()> {
        match fs::rename(path, self.fresh(of, kind)) {
            Err(error) if error.kind() != Io::NotFound => {
                Err(refused(error, "moving into the trash", path))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Everything of `of` that is here.
    pub(super) fn of(&self, of: &InstanceId) -> Result<Vec<PathBuf>> {
        let during = "looking into the trash";
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == Io::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| refused(error, during, &self.0))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| refused(error, during, &self.0))?;
            let name = entry.file_name();
            let owner = name.to_str().and_then(|name| name.split_once('~'));
            if owner.is_some_and(|(owner, _)| owner == of.as_str()) {
                found.push(entry.path());
            }
        }
        Ok(found)
    }

    /// Removes everything of `of` of this kind, and asks before each piece of that whether to go on.
    pub(super) fn empty_of(
        &self,
        of: &InstanceId,
        kind: &str,
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<()> {
        let begins = format!("{of}~{kind}-");
        for path in self.of(of)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let mut left = name.starts_with(&begins);
            while left {
                go_on()?;
                let gone = discard(&path, &mut SLICE.clone());
                left = !gone.map_err(|error| refused(error, "emptying the trash", &path))?;
            }
        }
        Ok(())
    }
}
