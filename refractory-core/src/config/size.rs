//! Sizes as people write them.
use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes in configuration: `"8GiB"`, `"512MiB"`. Never a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Size(pub u64);

/// Units with their number of bytes, largest first.
const UNITS: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl Size {
    /// `count` times 1024³ bytes.
    pub const fn gib(count: u64) -> Self {
        Self(count << 30)
    }

    /// `count` times 1024² bytes.
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// Why a text is not a size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// A number with nothing behind it.
    #[error("`{0}` has no unit: write \"{0}MiB\" or \"{0}GiB\"")]
    NoUnit(String),
    /// A unit nobody knows.
    #[error("`{0}` is not a unit of size: use B, KiB, MiB, GiB or TiB, as in \"8GiB\"")]
    Unit(String),
    /// Not a number where one should be.
    #[error("`{0}` is not a size: write a whole number and a unit, as in \"8GiB\" or \"512MiB\"")]
    Number(String),
    /// More than can be counted.
    #[error("`{0}` is larger than can be counted")]
    TooLarge(String),
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let trimmed = text.trim();
        let digits = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(digits);
        let unit = unit.trim();
        let count: u64 = number.parse().map_err(|_| SizeError::Number(text.to_owned()))?;
        if unit.is_empty() {
            return Err(SizeError::NoUnit(number.to_owned()));
        }
        if unit.starts_with('.') {
            return Err(SizeError::Number(text.to_owned()));
        }
        let (_, bytes) = UNITS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit))
            .ok_or_else(|| SizeError::Unit(unit.to_owned()))?;
        count.checked_mul(*bytes).map(Self).ok_or_else(|| SizeError::TooLarge(text.to_owned()))
    }
}

impl fmt::Display for Size {
    /// The largest unit that says it exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().find(|(_, bytes)| self.0 > 0 && self.0.is_multiple_of(*bytes));
        let (name, bytes) = exact.unwrap_or(&("B", 1));
        write!(f, "{}{name}", self.0 / bytes)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size as \"8GiB\" or \"512MiB\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Size, E> {
        Err(E::custom(SizeError::NoUnit(number.to_string())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Size, E> {
        Err(E::custom(SizeError::NoUnit(number.to_string())))
    }
}

#[cfg(test)]
mod tests;
