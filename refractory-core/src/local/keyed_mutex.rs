//! One at a time, for each instance.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use crate::InstanceId;

/// Lets one caller at a time at what belongs to an instance. A turn is never held across an await.
#[derive(Debug, Default)]
pub(super) struct KeyedMutex(Mutex<BTreeMap<InstanceId, Arc<Mutex<()>>>>);

impl KeyedMutex {
    fn of(&self, of: &InstanceId) -> Arc<Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(of.clone()).or_default())
    }

    /// Does `work` when it is our turn. Blocks.
    pub(super) fn take<T>(&self, of: &InstanceId, work: impl FnOnce() -> T) -> T {
        let turn = self.of(of);
        let _mine = turn.lock().unwrap_or_else(PoisonError::into_inner);
        work()
    }

    /// Does `work` if nobody else is at it now.
    pub(super) fn try_take<T>(&self, of: &InstanceId, work: impl FnOnce() -> T) -> Option<T> {
        let turn = self.of(of);
        let _mine = match turn.try_lock() {
            Ok(mine) => mine,
            Err(TryLockError::Poisoned(mine)) => mine.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(work())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_let_in_at_a_time_and_instances_do_not_wait_for_each_other() {
        let turns = KeyedMutex::default();
        let (a, b) = (InstanceId::new("a").unwrap(), InstanceId::new("b").unwrap());
        turns.take(&a, || {
            assert_eq!(turns.try_take(&a, || ()), None);
            assert_eq!(turns.try_take(&b, || ()), Some(()));
        });
        assert_eq!(turns.try_take(&a, || 7), Some(7));
    }
}
