//! Lengths of time, sizes and moments as people say them.
use std::time::Duration;

use refractory_core::model::Fault;
use refractory_core::words::{English, Words as _};
use refractory_core::{Error, Remedy, Timestamp};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// As `5 s`, `0.8 s`, `12 s`, `3 min`, `2 h`.
pub(crate) fn length(of: Duration) -> String {
    let seconds = of.as_secs();
    match seconds {
        0 if of.subsec_millis() < 100 => "less than 0.1 s".to_owned(),
        0..10 if of.subsec_millis() < 100 => format!("{seconds} s"),
        0..10 => format!("{}.{} s", seconds, of.subsec_millis() / 100),
        10..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

/// As `in 4 seconds`, `in 3 minutes`.
pub(crate) fn wait(seconds: u64) -> String {
    match seconds {
        0 => "now".to_owned(),
        1 => "in 1 second".to_owned(),
        2..120 => format!("in {seconds} seconds"),
        _ => format!("in {} minutes", seconds / 60),
    }
}

/// As `312 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    for (name, unit) in units {
        if bytes >= unit {
            let tenths = bytes * 10 / unit;
            return if tenths < 100 && !tenths.is_multiple_of(10) {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            } else {
                format!("{} {name}", tenths / 10)
            };
        }
    }
    format!("{bytes} bytes")
}

/// Advice from a leaf error is a fragment; on a page it stands alone.
pub(crate) fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    let end = if fragment.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// What helps, as the portal says it; none where the front end knows nothing of it.
pub(crate) fn remedy(remedy: Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::AddLicense => "Add one under Licenses.",
        Remedy::ChooseLicense | Remedy::ChooseWorld => "Choose another one in its settings.",
        Remedy::AcceptAgreement => "Accept it under Licenses.",
        Remedy::ListLicenses => "See Licenses.",
        Remedy::AddRelease => "Add it under Releases.",
        Remedy::ListReleases => "See Releases.",
        Remedy::ReadLog => "See the table's log.",
        Remedy::Start => "Start it again.",
        Remedy::ListDamagedRecords => "An operator sees what to do with `refractory record list`.",
        Remedy::CreateSignInLink => "Ask an administrator for a sign-in link.",
        Remedy::ReadServiceLog => "See Refractory's log.",
        Remedy::Other | _ => return None,
    })
}

/// `sentence`, and what helps.
pub(crate) fn with_remedy(sentence: String, what: Option<Remedy>) -> String {
    match what.and_then(remedy) {
        Some(helps) => format!("{sentence} {helps}"),
        None => sentence,
    }
}

/// What went wrong, and what helps.
pub(crate) fn error(error: &Error) -> String {
    with_remedy(English.error(error), error.remedy())
}

/// Why a table fails, and what helps.
pub(crate) fn fault(fault: &Fault) -> String {
    with_remedy(English.fault(fault), fault.cause.as_ref().and_then(|cause| cause.remedy))
}

/// A moment for machines and for people without scripts.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Moment {
    /// RFC 3339.
    iso: String,
    /// As `Nov 22, 2026, 5:14 AM UTC`: what the script makes of it in the same language, but for the zone.
    text: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let iso = at.to_string();
        let month: usize = iso[5..7].parse().unwrap_or(1);
        let name = MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or("Jan");
        let day = iso[8..10].trim_start_matches('0');
        let hour: u8 = iso[11..13].parse().unwrap_or(0);
        let (half, hour) = (if hour < 12 { "AM" } else { "PM" }, (hour + 11) % 12 + 1);
        let text = format!("{name} {day}, {}, {hour}:{} {half} UTC", &iso[..4], &iso[14..16]);
        Self { iso, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_sizes_and_moments_read_well() {
        let lengths = [3, 850, 5_000, 9_999, 12_000, 119_000, 180_000, 7_200_000];
        let said = lengths.map(|ms| length(Duration::from_millis(ms)));
        let read = ["less than 0.1 s", "0.8 s", "5 s", "9.9 s", "12 s", "119 s", "3 min", "2 h"];
        assert_eq!(said, read);
        let sizes = [12, 2048, 1_572_864, 327_155_712, 1 << 33];
        assert_eq!(sizes.map(size), ["12 bytes", "2 KiB", "1.5 MiB", "312 MiB", "8 GiB"]);
        let moment = Moment::from(Timestamp(1_795_324_440_000));
        assert_eq!(moment.text, "Nov 22, 2026, 5:14 AM UTC");
        let noon = Moment::from(Timestamp(1_795_348_800_000));
        assert_eq!(noon.text, "Nov 22, 2026, 12:00 PM UTC");
        let waits = [0, 1, 4, 119, 120, 300].map(wait);
        assert_eq!(
            waits,
            [
                "now",
                "in 1 second",
                "in 4 seconds",
                "in 119 seconds",
                "in 2 minutes",
                "in 5 minutes"
            ]
        );
    }
}
