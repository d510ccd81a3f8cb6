//! Names of writes: how a write that is sent twice knows itself again.
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use refractory_core::{Error, ErrorKind, Result};

/// How many of a row's last writes it remembers the names of. A write whose answer was lost is sent again within
/// seconds; only a row that others wrote this often meanwhile answers it with a conflict.
pub(super) const REMEMBERED: u64 = 8;

/// The name of one write. It stands in the row beside the revision that the write made: when the SDK repeats a
/// request whose answer was lost, the repetition finds its own name there, and no conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operation([u8; 8]);

impl Operation {
    /// A name that no other write has.
    pub(super) fn fresh() -> Result<Self> {
        random().map(Self)
    }

    /// The name as an attribute.
    pub(super) fn value(self) -> AttributeValue {
        AttributeValue::B(Blob::new(self.0))
    }

    /// The name as a client token.
    pub(super) fn token(self) -> String {
        hex::encode(self.0)
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::new(ErrorKind::Unexpected, "naming a write").caused_by(error))?;
    Ok(bytes)
}

/// The backoff while another transaction is in progress.
#[derive(Debug, Default)]
pub(super) struct Backoff(u32);

impl Backoff {
    const TRIES: u32 = 6;
    const FIRST: Duration = Duration::from_millis(20);

    /// How long to wait before the next try, up to twice as long each time; `None` when it was tried often enough.
    /// In all it is not much more than a second.
    pub(super) fn next(&mut self) -> Result<Option<Duration>> {
        if self.0 == Self::TRIES {
            return Ok(None);
        }
        let most = Self::FIRST * 2_u32.pow(self.0);
        self.0 += 1;
        let [share] = random()?;
        Ok(Some(most * (u32::from(share) + 1) / 256))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_and_ends_within_two_seconds() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = std::iter::from_fn(|| backoff.next().unwrap()).collect();
        assert_eq!(waits.len(), 6);
        let at_most = |at| Duration::from_millis(20) * 2_u32.pow(at);
        assert!(
            (0_u32..).zip(&waits).all(|(at, wait)| !wait.is_zero() && *wait <= at_most(at)),
            "{waits:?}"
        );
        assert_eq!(backoff.next().unwrap(), None);
    }

    #[test]
    fn no_two_writes_have_one_name() {
        assert_ne!(Operation::fresh().unwrap(), Operation::fresh().unwrap());
    }
}
