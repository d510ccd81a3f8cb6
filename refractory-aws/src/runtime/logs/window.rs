//! A stretch of time in which a log is read.
use std::time::Duration;

use refractory_core::Timestamp;

/// How far back one looks, in steps; then as far as the log is kept.
const STEPS: [Duration; 3] =
    [Duration::from_mins(15), Duration::from_hours(4), Duration::from_hours(48)];
/// Shorter ones are not cut in two: no program prints that much in a second.
const MIN_MILLIS: u64 = 1_000;

/// A stretch of time, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeWindow {
    /// Its first millisecond.
    pub(super) from: u64,
    /// Its last millisecond; to the very end of the log where there is none, whatever the clocks say.
    pub(super) to: Option<u64>,
}

impl TimeWindow {
    /// All of a log that is `kept` for so long, in stretches that grow longer as they go back; the latest is the last.
    pub(super) fn back_from(now: Timestamp, kept: Duration) -> Vec<Self> {
        let before = |span: Duration| {
            now.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
        };
        let (mut all, mut to) = (Vec::new(), None);
        for span in STEPS.into_iter().filter(|step| *step < kept).chain([kept]) {
            let from = before(span);
            all.push(Self { from, to });
            let Some(earlier) = from.checked_sub(1) else { break };
            to = Some(earlier);
        }
        all.reverse();
        all
    }

    /// Its two halves, the later one last; none where it is too short.
    pub(super) fn split(self, now: Timestamp) -> Option<[Self; 2]> {
        let end = self.to.unwrap_or(now.0.max(self.from));
        if end - self.from < MIN_MILLIS {
            return None;
        }
        let middle = self.from + (end - self.from) / 2;
        Some([Self { to: Some(middle), ..self }, Self { from: middle + 1, ..self }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn each_begins_where_the_one_before_ends(all: &[TimeWindow]) {
        for pair in all.windows(2) {
            assert_eq!(pair[0].to.unwrap() + 1, pair[1].from);
        }
    }

    #[test]
    fn stretches_cover_all_that_is_kept_once() {
        let all = TimeWindow::back_from(NOW, Duration::from_hours(24 * 7));
        assert_eq!((all.len(), all[0].from), (4, NOW.0 - 7 * 86_400_000));
        assert_eq!(all[3], TimeWindow { from: NOW.0 - 900_000, to: None });
        each_begins_where_the_one_before_ends(&all);
        assert_eq!(TimeWindow::back_from(NOW, Duration::from_hours(1)).len(), 2);
        assert_eq!(TimeWindow::back_from(Timestamp(5), Duration::from_hours(9)).len(), 1);
    }

    #[test]
    fn halves_are_the_whole_and_get_too_short_in_the_end() {
        let mut stretch = TimeWindow { from: NOW.0 - 900_000, to: None };
        let mut cuts = 0;
        while let Some(halves) = stretch.split(NOW) {
            assert_eq!((halves[0].from, halves[1].to), (stretch.from, stretch.to));
            each_begins_where_the_one_before_ends(&halves);
            (stretch, cuts) = (halves[1], cuts + 1);
        }
        assert_eq!(cuts, 10);
    }
}
