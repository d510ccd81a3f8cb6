//! Who reads a stream of instances, and what they were sent.
use std::collections::BTreeMap;

use bytes::Bytes;
use refractory_core::model::{Instance, Principal};
use refractory_core::{InstanceId, Verb, can};
use serde_json::json;

use super::stream::event;
use crate::feed::Snapshot;

/// A reader, with what they were sent.
pub(crate) struct Reader {
    who: Principal,
    /// The revisions that were sent.
    sent: BTreeMap<InstanceId, u64>,
    worked: Option<bool>,
}

impl Reader {
    pub(crate) fn new(who: Principal) -> Self {
        Self { who, sent: BTreeMap::new(), worked: None }
    }

    pub(crate) fn who(&self) -> &Principal {
        &self.who
    }

    /// Whether they may see `instance`.
    pub(crate) fn sees(&self, instance: &Instance) -> bool {
        can(&self.who, Verb::SeeInstance, instance)
    }

    /// Whether they were not sent `instance` as it is.
    pub(crate) fn lacks(&self, instance: &Instance) -> bool {
        self.sent.get(&instance.id) != Some(&instance.revision)
    }

    /// Takes note that they are sent `instance`.
    pub(crate) fn note(&mut self, instance: &Instance) {
        self.sent.insert(instance.id.clone(), instance.revision);
    }

    /// What they were sent.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &str> {
        self.sent.keys().map(InstanceId::as_str)
    }

    /// Tells of those that are no part of what they `read` any more: one that they may not see is gone, as one that is deleted.
    pub(crate) fn gone(&mut self, now: &Snapshot, read: impl Fn(&Instance) -> bool) -> Vec<Bytes> {
        let is_shown =
            |id: &InstanceId| now.tables.get(id).is_some_and(|it| read(it) && self.sees(it));
        let gone: Vec<_> = self.sent.keys().filter(|id| !is_shown(id)).cloned().collect();
        for id in &gone {
            self.sent.remove(id);
        }
        gone.iter().map(|id| event("gone", &json!({ "id": id.as_str() }))).collect()
    }

    /// Tells whether a worker is alive, where that has changed.
    pub(crate) fn idle(&mut self, now: &Snapshot) -> Option<Bytes> {
        if now.worked == self.worked {
            return None;
        }
        self.worked = now.worked;
        Some(event("idle", &json!({ "idle": now.worked == Some(false) })))
    }

    /// Goes on as `who` is now. With other rights everything is sent anew, and what is not seen any more is gone.
    pub(crate) fn look_as(&mut self, who: Principal) {
        if has_other_rights(&self.who, &who) {
            self.sent.values_mut().for_each(|revision| *revision = 0);
        }
        self.who = who;
    }
}

/// Whether one who was `before` may do something else `now`.
pub(super) fn has_other_rights(before: &Principal, now: &Principal) -> bool {
    (before.role(), before.groups()) != (now.role(), now.groups())
}
