//! A place in a log that is read by time.
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use refractory_core::ports::LogPosition;

/// A moment, and how many lines of that very moment have been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LogCursor {
    /// Milliseconds since the Unix epoch.
    pub(super) at: u64,
    /// Lines of that millisecond that have been read.
    pub(super) read: usize,
}

impl LogCursor {
    /// What `position` says; the beginning of everything where it says nothing.
    pub(super) fn from_position(position: &LogPosition) -> Self {
        let numbers = position.0.split_once(':');
        let place = numbers
            .and_then(|(at, read)| Some(Self { at: at.parse().ok()?, read: read.parse().ok()? }));
        place.unwrap_or_default()
    }

    /// Whether any line has been read.
    pub(super) fn has_read(self) -> bool {
        self.read > 0
    }

    /// At most `limit` lines of `events`, which begin at this moment, and the place after them.
    pub(super) fn take_lines(
        self,
        events: Vec<FilteredLogEvent>,
        limit: usize,
    ) -> (Vec<String>, Self) {
        let moment = |event: &FilteredLogEvent| {
            event.timestamp.and_then(|at| u64::try_from(at).ok()).unwrap_or_default()
        };
        let (mut lines, mut place, mut skipped) = (Vec::new(), self, 0);
        for event in events {
            let at = moment(&event);
            if at == self.at && skipped < self.read {
                skipped += 1;
                continue;
            }
            if lines.len() == limit {
                break;
            }
            place = if at == place.at {
                Self { read: place.read + 1, ..place }
            } else {
                Self { at, read: 1 }
            };
            lines.push(line(event.message.as_deref().unwrap_or_default()));
        }
        (lines, place)
    }
}

/// A line without its end. What has several would not be one.
fn line(message: &str) -> String {
    let bare = message.trim_end_matches(['\r', '\n']);
    if bare.contains('\n') { bare.replace('\n', " ") } else { bare.to_owned() }
}

impl From<LogCursor> for LogPosition {
    fn from(place: LogCursor) -> Self {
        Self(format!("{}:{}", place.at, place.read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(told: &[(i64, &str)]) -> Vec<FilteredLogEvent> {
        let event = |(at, text): &(i64, &str)| {
            FilteredLogEvent::builder().timestamp(*at).message(*text).build()
        };
        told.iter().map(event).collect()
    }

    fn read(place: LogCursor, told: &[(i64, &str)], limit: usize) -> (Vec<String>, LogCursor) {
        place.take_lines(events(told), limit)
    }

    #[test]
    fn lines_of_one_moment_are_read_once_each() {
        let log = [(5, "a"), (5, "b\n"), (5, "c"), (7, "d")];
        let (lines, place) = read(LogCursor { at: 1, read: 0 }, &log, 2);
        assert_eq!(
            (lines, place),
            (vec!["a".to_owned(), "b".to_owned()], LogCursor { at: 5, read: 2 })
        );
        let (lines, place) = read(place, &log, 1);
        assert_eq!((lines, place), (vec!["c".to_owned()], LogCursor { at: 5, read: 3 }));
        let (lines, place) = read(place, &log, 9);
        assert_eq!((lines, place), (vec!["d".to_owned()], LogCursor { at: 7, read: 1 }));
        assert_eq!(read(place, &log[3..], 9), (vec![], place), "nothing new");
    }

    #[test]
    fn a_position_is_read_as_it_was_written_and_a_strange_one_is_the_beginning() {
        let place = LogCursor { at: 12, read: 3 };
        assert_eq!(LogCursor::from_position(&place.into()), place);
        for strange in ["", "no position at all", "1:", ":1", "1:x", "-1:2"] {
            assert_eq!(
                LogCursor::from_position(&LogPosition(strange.to_owned())),
                LogCursor::default()
            );
        }
    }
}
