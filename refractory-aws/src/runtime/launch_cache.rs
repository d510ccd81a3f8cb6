//! The cache of launches. A new process finds all of it again from AWS.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use refractory_core::{InstanceId, LaunchId, MonotonicTime, Secret};

use super::observed_task::{ObservedTask, TaskStage};

/// How long what was launched may be missing from ECS's answers before that is believed: these are eventually consistent.
pub(super) const GRACE: Duration = Duration::from_mins(1);

/// A launch that this process has begun, until it runs.
#[derive(Debug, Clone)]
pub(super) struct PendingLaunch {
    /// The digest of what it is launched with.
    pub(super) digest: String,
    /// The launch secret: the same text at every attempt, so that writing it again is no change.
    pub(super) secrets: Secret,
    /// The ARN of the definition to run, once it is there.
    pub(super) definition: Option<String>,
    /// The ARN of the definition that it takes the place of.
    pub(super) retired: Option<String>,
    /// Another process had begun it, and how far that got is not known here.
    pub(super) inherited: bool,
    /// Which attempt is to be made, or was made last.
    pub(super) attempt: u32,
    /// A task was asked for, and the answer is not known.
    pub(super) unconfirmed: bool,
    /// When it was begun.
    pub(super) since: MonotonicTime,
    /// When to try again.
    pub(super) retry_at: MonotonicTime,
    /// The progress message.
    pub(super) message: Option<String>,
}

impl PendingLaunch {
    pub(super) fn new(digest: &str, told: Secret, now: MonotonicTime) -> Self {
        Self {
            digest: digest.to_owned(),
            secrets: told,
            definition: None,
            retired: None,
            inherited: false,
            attempt: 0,
            unconfirmed: false,
            since: now,
            retry_at: now,
            message: None,
        }
    }
}

/// Whose task an ARN is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TaskLabel {
    /// The launch; none for tasks that are no launches of tables.
    pub(super) key: Option<LaunchId>,
    /// Whether it has stopped, which is for ever.
    pub(super) has_stopped: bool,
}

/// What this process remembers. No lock is held across an await.
#[derive(Debug, Default)]
pub(super) struct LaunchCache(Mutex<CacheEntries>);

#[derive(Debug, Default)]
struct CacheEntries {
    tasks: BTreeMap<LaunchId, KnownTask>,
    begun: BTreeMap<LaunchId, PendingLaunch>,
    missing_since: BTreeMap<LaunchId, MonotonicTime>,
    labels: BTreeMap<String, TaskLabel>,
    with_secret: BTreeSet<InstanceId>,
}

#[derive(Debug)]
struct KnownTask {
    arn: String,
    seen: Option<(ObservedTask, MonotonicTime)>,
}

impl LaunchCache {
    fn entries(&self) -> MutexGuard<'_, CacheEntries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many launches are known.
    pub(super) fn len(&self) -> usize {
        self.entries().tasks.len()
    }

    /// The task of `key`.
    pub(super) fn arn(&self, key: &LaunchId) -> Option<String> {
        self.entries().tasks.get(key).map(|known| known.arn.clone())
    }

    /// `key` has been launched as `arn`.
    pub(super) fn launched(&self, key: &LaunchId, arn: &str) {
        let mut lines = self.entries();
        lines.tasks.insert(key.clone(), KnownTask { arn: arn.to_owned(), seen: None });
        lines
            .labels
            .insert(arn.to_owned(), TaskLabel { key: Some(key.clone()), has_stopped: false });
        if let Some(begun) = lines.begun.get_mut(key) {
            begun.unconfirmed = false;
        }
    }

    /// Records an observation of a task, or that the task is not ours.
    pub(super) fn record_observation(
        &self,
        arn: &str,
        sight: Option<&ObservedTask>,
        now: MonotonicTime,
    ) {
        let mut lines = self.entries();
        let over = sight.is_none_or(|sight| matches!(sight.stage, TaskStage::Stopped(_)));
        let key = sight.map(|sight| sight.key.clone());
        lines.labels.insert(arn.to_owned(), TaskLabel { key, has_stopped: over });
        let Some(sight) = sight else { return };
        lines.missing_since.remove(&sight.key);
        let better = lines.tasks.get(&sight.key).is_none_or(|known| {
            known.arn == sight.arn
                || known.seen.as_ref().is_some_and(|(seen, _)| seen.is_superseded_by(sight))
        });
        if better {
            let known = KnownTask { arn: sight.arn.clone(), seen: Some((sight.clone(), now)) };
            lines.tasks.insert(sight.key.clone(), known);
        }
    }

    /// The launch `key`, if it was seen running within `span` before `now`. Odd readings are never answered from memory.
    pub(super) fn running(
        &self,
        key: &LaunchId,
        now: MonotonicTime,
        span: Duration,
    ) -> Option<ObservedTask> {
        let lines = self.entries();
        let (sight, at) = lines.tasks.get(key)?.seen.as_ref()?;
        let fresh = now.since(*at) < span && matches!(sight.stage, TaskStage::Running(_));
        fresh.then(|| sight.clone())
    }

    /// What was seen of `key` counts no longer: something was done to it.
    pub(super) fn invalidate(&self, key: &LaunchId) {
        if let Some(known) = self.entries().tasks.get_mut(key) {
            known.seen = None;
        }
    }

    /// Fills `arns` up to `most` with running tasks, those first that were not looked at for longest: they cost nothing more.
    /// What is `asked` about just now is left out.
    pub(super) fn fill(&self, arns: &mut BTreeSet<String>, asked: &BTreeSet<String>, most: usize) {
        let lines = self.entries();
        let running = lines.tasks.values().filter_map(|known| match &known.seen {
            Some((sight, at)) if matches!(sight.stage, TaskStage::Running(_)) => {
                Some((*at, &known.arn))
            }
            Some(_) | None => None,
        });
        let fresh = |arn: &String| !arns.contains(arn) && !asked.contains(arn);
        let mut running: Vec<_> = running.filter(|(_, arn)| fresh(arn)).collect();
        running.sort();
        let room = most.saturating_sub(arns.len());
        arns.extend(running.into_iter().take(room).map(|(_, arn)| arn.clone()));
    }

    /// `key` was looked for and not found; says for how long that has been so.
    pub(super) fn missed(&self, key: &LaunchId, now: MonotonicTime) -> Duration {
        let since = *self.entries().missing_since.entry(key.clone()).or_insert(now);
        now.since(since)
    }

    /// `key` is gone: nothing is remembered of it.
    pub(super) fn forget(&self, key: &LaunchId) {
        let mut lines = self.entries();
        lines.tasks.remove(key);
        lines.begun.remove(key);
        lines.missing_since.remove(key);
    }

    /// What was begun for `key`.
    pub(super) fn begun(&self, key: &LaunchId) -> Option<PendingLaunch> {
        self.entries().begun.get(key).cloned()
    }

    /// `key` is begun, unless it has been.
    pub(super) fn begin(&self, key: &LaunchId, fresh: PendingLaunch) -> PendingLaunch {
        self.entries().begun.entry(key.clone()).or_insert(fresh).clone()
    }

    /// Changes what is known of the beginning of `key`.
    pub(super) fn change(
        &self,
        key: &LaunchId,
        change: impl FnOnce(&mut PendingLaunch),
    ) -> Option<PendingLaunch> {
        let mut lines = self.entries();
        let begun = lines.begun.get_mut(key)?;
        change(begun);
        Some(begun.clone())
    }

    /// `key` runs: how it was begun matters no longer.
    pub(super) fn launch_confirmed(&self, key: &LaunchId) {
        self.entries().begun.remove(key);
    }

    /// The next attempt at `key` is made: the task that found no machine counts no longer.
    pub(super) fn detach(&self, key: &LaunchId) {
        self.entries().tasks.remove(key);
    }

    /// Whether the launch secret of `of` is known to exist.
    pub(super) fn has_secret(&self, of: &InstanceId) -> bool {
        self.entries().with_secret.contains(of)
    }

    /// The launch secret of `of` exists, or does not.
    pub(super) fn record_secret(&self, of: &InstanceId, there: bool) {
        let mut lines = self.entries();
        if there {
            lines.with_secret.insert(of.clone());
        } else {
            lines.with_secret.remove(of);
        }
    }

    /// Whose tasks these are, as far as that is known.
    pub(super) fn labels(&self, arns: &[String]) -> BTreeMap<String, TaskLabel> {
        let lines = self.entries();
        arns.iter().filter_map(|arn| Some((arn.clone(), lines.labels.get(arn)?.clone()))).collect()
    }

    /// Forgets all labels except those of `arns`: the others are not listed any more.
    pub(super) fn keep_labels(&self, arns: &BTreeSet<&String>) {
        self.entries().labels.retain(|arn, _| arns.contains(arn));
    }
}

#[cfg(test)]
mod tests;
