//! What this process remembers of launches. All of it is found again by whoever remembers nothing.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use refractory_core::{InstanceId, LaunchId, MonotonicTime, Secret};

use super::sight::{Sight, Stage};

/// How long what was launched may be missing from ECS's answers before that is believed: these are eventually consistent.
pub(super) const GRACE: Duration = Duration::from_mins(1);

/// A launch that this process has begun, until it runs.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    /// The digest of what it is launched with.
    pub(super) digest: String,
    /// What it is told: the same text at every try, so that telling it again is no change.
    pub(super) told: Secret,
    /// The ARN of the definition to run, once it is there.
    pub(super) definition: Option<String>,
    /// The ARN of the definition that it takes the place of.
    pub(super) retired: Option<String>,
    /// Somebody else had begun it, and how far that got is not known here.
    pub(super) inherited: bool,
    /// Which attempt is to be made, or was made last.
    pub(super) attempt: u32,
    /// A task was asked for, and the answer is not known.
    pub(super) in_doubt: bool,
    /// When it was begun.
    pub(super) since: MonotonicTime,
    /// When to try again.
    pub(super) retry_at: MonotonicTime,
    /// What people are told meanwhile.
    pub(super) story: Option<String>,
}

impl Begun {
    pub(super) fn new(digest: &str, told: Secret, now: MonotonicTime) -> Self {
        Self {
            digest: digest.to_owned(),
            told,
            definition: None,
            retired: None,
            inherited: false,
            attempt: 0,
            in_doubt: false,
            since: now,
            retry_at: now,
            story: None,
        }
    }
}

/// Whose task an ARN is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    /// The launch; none for tasks that are no launches of tables.
    pub(super) key: Option<LaunchId>,
    /// Whether it has stopped, which is for ever.
    pub(super) over: bool,
}

/// What this process remembers. No lock is held across an await.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    tasks: BTreeMap<LaunchId, Known>,
    begun: BTreeMap<LaunchId, Begun>,
    missed: BTreeMap<LaunchId, MonotonicTime>,
    labels: BTreeMap<String, Label>,
    told: BTreeSet<InstanceId>,
}

#[derive(Debug)]
struct Known {
    arn: String,
    seen: Option<(Sight, MonotonicTime)>,
}

impl Memory {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many launches are known.
    pub(super) fn len(&self) -> usize {
        self.lines().tasks.len()
    }

    /// The task of `key`.
    pub(super) fn arn(&self, key: &LaunchId) -> Option<String> {
        self.lines().tasks.get(key).map(|known| known.arn.clone())
    }

    /// `key` has been launched as `arn`.
    pub(super) fn launched(&self, key: &LaunchId, arn: &str) {
        let mut lines = self.lines();
        lines.tasks.insert(key.clone(), Known { arn: arn.to_owned(), seen: None });
        lines.labels.insert(arn.to_owned(), Label { key: Some(key.clone()), over: false });
        if let Some(begun) = lines.begun.get_mut(key) {
            begun.in_doubt = false;
        }
    }

    /// Somebody looked at a task: of ours, or of nobody's.
    pub(super) fn saw(&self, arn: &str, sight: Option<&Sight>, now: MonotonicTime) {
        let mut lines = self.lines();
        let over = sight.is_none_or(|sight| matches!(sight.stage, Stage::Stopped(_)));
        let key = sight.map(|sight| sight.key.clone());
        lines.labels.insert(arn.to_owned(), Label { key, over });
        let Some(sight) = sight else { return };
        lines.missed.remove(&sight.key);
        let better = lines.tasks.get(&sight.key).is_none_or(|known| {
            known.arn == sight.arn
                || known.seen.as_ref().is_some_and(|(seen, _)| seen.yields_to(sight))
        });
        if better {
            let known = Known { arn: sight.arn.clone(), seen: Some((sight.clone(), now)) };
            lines.tasks.insert(sight.key.clone(), known);
        }
    }

    /// The launch `key`, if it was seen running within `span` before `now`. Odd readings are never answered from memory.
    pub(super) fn running(
        &self,
        key: &LaunchId,
        now: MonotonicTime,
        span: Duration,
    ) -> Option<Sight> {
        let lines = self.lines();
        let (sight, at) = lines.tasks.get(key)?.seen.as_ref()?;
        let fresh = now.since(*at) < span && matches!(sight.stage, Stage::Running(_));
        fresh.then(|| sight.clone())
    }

    /// What was seen of `key` counts no longer: something was done to it.
    pub(super) fn unsee(&self, key: &LaunchId) {
        if let Some(known) = self.lines().tasks.get_mut(key) {
            known.seen = None;
        }
    }

    /// Fills `arns` up to `most` with running tasks, those first that were not looked at for longest: they cost nothing more.
    /// What is `asked` about just now is left out.
    pub(super) fn fill(&self, arns: &mut BTreeSet<String>, asked: &BTreeSet<String>, most: usize) {
        let lines = self.lines();
        let running = lines.tasks.values().filter_map(|known| match &known.seen {
            Some((sight, at)) if matches!(sight.stage, Stage::Running(_)) => {
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
        let since = *self.lines().missed.entry(key.clone()).or_insert(now);
        now.since(since)
    }

    /// `key` is gone: nothing is remembered of it.
    pub(super) fn forget(&self, key: &LaunchId) {
        let mut lines = self.lines();
        lines.tasks.remove(key);
        lines.begun.remove(key);
        lines.missed.remove(key);
    }

    /// What was begun for `key`.
    pub(super) fn begun(&self, key: &LaunchId) -> Option<Begun> {
        self.lines().begun.get(key).cloned()
    }

    /// `key` is begun, unless it has been.
    pub(super) fn begin(&self, key: &LaunchId, fresh: Begun) -> Begun {
        self.lines().begun.entry(key.clone()).or_insert(fresh).clone()
    }

    /// Changes what is known of the beginning of `key`.
    pub(super) fn change(&self, key: &LaunchId, change: impl FnOnce(&mut Begun)) -> Option<Begun> {
        let mut lines = self.lines();
        let begun = lines.begun.get_mut(key)?;
        change(begun);
        Some(begun.clone())
    }

    /// `key` runs: how it was begun matters no longer.
    pub(super) fn settle(&self, key: &LaunchId) {
        self.lines().begun.remove(key);
    }

    /// The next attempt at `key` is made: the task that found no machine counts no longer.
    pub(super) fn detach(&self, key: &LaunchId) {
        self.lines().tasks.remove(key);
    }

    /// Whether the launch secret of `of` is known to exist.
    pub(super) fn was_told(&self, of: &InstanceId) -> bool {
        self.lines().told.contains(of)
    }

    /// The launch secret of `of` exists, or does not.
    pub(super) fn note_told(&self, of: &InstanceId, there: bool) {
        let mut lines = self.lines();
        if there {
            lines.told.insert(of.clone());
        } else {
            lines.told.remove(of);
        }
    }

    /// Whose tasks these are, as far as that is known.
    pub(super) fn labels(&self, arns: &[String]) -> BTreeMap<String, Label> {
        let lines = self.lines();
        arns.iter().filter_map(|arn| Some((arn.clone(), lines.labels.get(arn)?.clone()))).collect()
    }

    /// Forgets whose tasks there were, but for `arns`: nobody lists the others any more.
    pub(super) fn keep_labels(&self, arns: &BTreeSet<&String>) {
        self.lines().labels.retain(|arn, _| arns.contains(arn));
    }
}

#[cfg(test)]
mod tests;
