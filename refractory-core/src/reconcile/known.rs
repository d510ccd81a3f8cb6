//! What never changes as long as it is there, so that whoever looks every few seconds need not ask for it each time.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::Version;
use crate::{InstanceId, ReleaseId, Secret};

/// Passwords of instances and versions of releases, as far as this process has met them.
#[derive(Debug, Default)]
pub(crate) struct Known {
    passwords: Mutex<BTreeMap<InstanceId, Secret>>,
    versions: Mutex<BTreeMap<ReleaseId, Version>>,
}

impl Known {
    /// The administrator's password of `of`.
    pub(super) fn password(&self, of: &InstanceId) -> Option<Secret> {
        lock(&self.passwords).get(of).cloned()
    }

    /// `of` has this password; none when it is gone.
    pub(super) fn note_password(&self, of: &InstanceId, password: Option<&Secret>) {
        let mut passwords = lock(&self.passwords);
        match password {
            Some(password) => passwords.insert(of.clone(), password.clone()),
            None => passwords.remove(of),
        };
    }

    /// The version of a release. Its id is a digest of what it is, so another one never has it.
    pub(super) fn version(&self, of: &ReleaseId) -> Option<Version> {
        lock(&self.versions).get(of).copied()
    }

    /// A release is of this version.
    pub(super) fn note_version(&self, of: &ReleaseId, version: Version) {
        lock(&self.versions).insert(of.clone(), version);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
