//! What is due when. Each is in hand at most once; the earliest time wins.
use std::collections::{BTreeMap, BTreeSet};

use crate::MonotonicTime;

/// What is due when, and what is in hand.
#[derive(Debug)]
pub(crate) struct Queue<K> {
    due: BTreeMap<K, MonotonicTime>,
    /// The same in the order of time: at a start all instances are due at once.
    order: BTreeSet<(MonotonicTime, K)>,
    in_hand: BTreeMap<K, Option<MonotonicTime>>,
}

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Self { due: BTreeMap::new(), order: BTreeSet::new(), in_hand: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Queue<K> {
    /// Makes `id` due at `at`, or earlier if it is due earlier already.
    pub(crate) fn push(&mut self, id: &K, at: MonotonicTime) {
        if let Some(again) = self.in_hand.get_mut(id) {
            *again = Some(again.map_or(at, |earlier| earlier.min(at)));
            return;
        }
        match self.due.get(id) {
            Some(due) if *due <= at => {}
            Some(_) | None => {
                self.forget(id);
                self.due.insert(id.clone(), at);
                self.order.insert((at, id.clone()));
            }
        }
    }

    /// Makes `id` due at `at`, unless it is known already.
    pub(crate) fn meet(&mut self, id: &K, at: MonotonicTime) {
        if !self.in_hand.contains_key(id) && !self.due.contains_key(id) {
            self.push(id, at);
        }
    }

    /// Takes everything that is due at `now` into hand, at most `limit` in hand at once.
    pub(crate) fn take(&mut self, now: MonotonicTime, limit: usize) -> Vec<K> {
        let mut taken = Vec::new();
        while self.in_hand.len() < limit
            && self.order.first().is_some_and(|(at, _)| *at <= now)
            && let Some((_, id)) = self.order.pop_first()
        {
            self.due.remove(&id);
            self.in_hand.insert(id.clone(), None);
            taken.push(id);
        }
        taken
    }

    /// Puts `id` back, due at `at` or at whatever earlier moment was asked for meanwhile; `None` for never.
    pub(crate) fn put_back(&mut self, id: &K, at: Option<MonotonicTime>) {
        let asked = self.in_hand.remove(id).flatten();
        let due = match (asked, at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if let Some(due) = due {
            self.push(id, due);
        }
    }

    /// Whether `id` is in hand.
    pub(crate) fn is_in_hand(&self, id: &K) -> bool {
        self.in_hand.contains_key(id)
    }

    /// The next moment anything is due.
    pub(crate) fn next(&self) -> Option<MonotonicTime> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Forgets when `id` is due.
    pub(crate) fn forget(&mut self, id: &K) {
        if let Some(at) = self.due.remove(id) {
            self.order.remove(&(at, id.clone()));
        }
    }
}

#[cfg(test)]
mod tests;
