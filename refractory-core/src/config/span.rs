//! Durations as people write them.
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration in configuration: `"20s"`, `"5m"`, `"1h30m"`, `"250ms"`. Never a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(pub Duration);

/// Units with their length in milliseconds, longest first.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Span {
    /// `seconds` seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// `minutes` minutes.
    pub const fn minutes(minutes: u64) -> Self {
        Self(Duration::from_mins(minutes))
    }

    /// The duration.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpanError {
    /// A number with nothing behind it.
    #[error(
        "`{0}` has no unit: write \"{0}s\" for seconds, \"{0}m\" for minutes or \"{0}h\" for hours"
    )]
    NoUnit(String),
    /// A unit nobody knows.
    #[error("`{0}` is not a unit of time: use ms, s, m, h or d, as in \"20s\"")]
    Unit(String),
    /// Not a number where one should be.
    #[error(
        "`{0}` is not a duration: write a whole number and a unit, as in \"20s\", \"5m\" or \"2h\""
    )]
    Number(String),
    /// More than can be counted.
    #[error("`{0}` is longer than can be counted")]
    TooLong(String),
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let mut rest = text.trim();
        let mut total = 0_u64;
        if rest.is_empty() {
            return Err(SpanError::Number(text.to_owned()));
        }
        while !rest.is_empty() {
            let (number, unit, behind) = part(rest);
            let count = number.parse::<u64>().map_err(|_| SpanError::Number(text.to_owned()))?;
            if unit.is_empty() {
                return Err(SpanError::NoUnit(number.to_owned()));
            }
            let (_, length) = UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .ok_or_else(|| SpanError::Unit(unit.to_owned()))?;
            total = count
                .checked_mul(*length)
                .and_then(|length| total.checked_add(length))
                .ok_or_else(|| SpanError::TooLong(text.to_owned()))?;
            rest = behind.trim_start();
        }
        Ok(Self(Duration::from_millis(total)))
    }
}

/// Splits off digits and the letters behind them.
fn part(text: &str) -> (&str, &str, &str) {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let rest = rest.trim_start();
    let letters = rest.find(|c: char| c.is_ascii_digit() || c == ' ').unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(letters);
    (number, unit, rest)
}

impl fmt::Display for Span {
    /// The longest unit that says it exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if millis == 0 {
            return f.write_str("0s");
        }
        let exact = UNITS.iter().find(|(_, length)| millis.is_multiple_of(*length));
        let (name, length) = exact.unwrap_or(&("ms", 1));
        write!(f, "{}{name}", millis / length)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration as \"20s\", \"5m\" or \"2h\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Span, E> {
        Err(E::custom(SpanError::NoUnit(number.to_string())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Span, E> {
        Err(E::custom(SpanError::NoUnit(number.to_string())))
    }
}

#[cfg(test)]
mod tests;
