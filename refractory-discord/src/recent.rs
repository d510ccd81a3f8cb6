//! What was done lately: an interaction that is delivered twice, and a button that is pressed twice, do one thing.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::interaction::Snowflake;

/// For how long an interaction may be answered, and so how long a second delivery can come.
const DELIVERY: Duration = Duration::from_mins(15);
/// For how long after it was done a second press is taken for a double click.
const CLICK: Duration = Duration::from_millis(1_500);
/// How many deliveries are remembered at most.
const MOST: usize = 20_000;

/// What was done lately.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    deliveries: Mutex<HashMap<Snowflake, Instant>>,
    presses: Arc<Mutex<HashMap<u64, Option<Instant>>>>,
}

/// A press that is being worked on.
#[derive(Debug)]
pub(crate) struct Pressed {
    presses: Arc<Mutex<HashMap<u64, Option<Instant>>>>,
    key: u64,
    is_click: bool,
}

impl Recent {
    /// Whether `interaction` was not delivered before.
    pub(crate) fn is_first(&self, interaction: Snowflake) -> bool {
        let mut seen = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if seen.len() >= MOST {
            seen.retain(|_, at| now.duration_since(*at) < DELIVERY);
        }
        seen.insert(interaction, now).is_none_or(|at| now.duration_since(at) >= DELIVERY)
    }

    /// Begins what `key` stands for; none while that is being done, and for a click also a moment later.
    pub(crate) fn press(&self, key: u64, is_click: bool) -> Option<Pressed> {
        let mut presses = self.presses.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        presses.retain(|_, done| done.is_none_or(|at| now.duration_since(at) < CLICK));
        if presses.contains_key(&key) {
            return None;
        }
        presses.insert(key, None);
        Some(Pressed { presses: Arc::clone(&self.presses), key, is_click })
    }
}

impl Drop for Pressed {
    fn drop(&mut self) {
        let mut presses = self.presses.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_click {
            presses.insert(self.key, Some(Instant::now()));
        } else {
            presses.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_delivery_and_a_second_click_are_recognized() {
        let recent = Recent::default();
        assert!(recent.is_first(Snowflake(1)) && recent.is_first(Snowflake(2)));
        assert!(!recent.is_first(Snowflake(1)));
        tokio::time::advance(DELIVERY).await;
        assert!(recent.is_first(Snowflake(2)), "no token is good any more");

        let first = recent.press(1, true).unwrap();
        assert!(recent.press(1, true).is_none());
        assert!(recent.press(2, false).is_some());
        drop(first);
        assert!(recent.press(1, true).is_none(), "a double click");
        assert!(recent.press(2, false).is_some(), "a command that is typed again is meant");
        tokio::time::advance(CLICK).await;
        assert!(recent.press(1, true).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_of_deliveries_is_bounded() {
        let recent = Recent::default();
        for id in 0..MOST as u64 {
            assert!(recent.is_first(Snowflake(id)));
        }
        tokio::time::advance(DELIVERY).await;
        assert!(recent.is_first(Snowflake(u64::MAX)));
        assert_eq!(recent.deliveries.lock().unwrap().len(), 1);
    }
}
