//! Times as people say them.
use std::time::Duration;

use refractory_core::Timestamp;

/// How long ago `then` was.
pub(crate) fn ago(then: Timestamp, now: Timestamp) -> String {
    let since = now.since(then);
    if since < Duration::from_secs(2) { "now".to_owned() } else { format!("{} ago", length(since)) }
}

/// A number of bytes in its largest unit.
pub(crate) fn size(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, shift)| bytes >> shift > 0);
    unit.map_or_else(|| format!("{bytes} B"), |(name, shift)| format!("{} {name}", bytes >> shift))
}

/// A length of time in its largest unit.
fn length(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}
