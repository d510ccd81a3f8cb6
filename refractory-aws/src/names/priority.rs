//! Which priority a rule has. Hosts differ, so the order of tables' rules means nothing; the number only has to be free.
use std::collections::BTreeSet;

use refractory_core::digest::sha256_hex;
use refractory_core::model::Hostname;

/// Below is what comes before any table, above the one that leads everything else to the edge.
const FIRST: u32 = 1_000;
/// How many there are.
const COUNT: u32 = 48_000;

/// A priority that is not `used`: the name's own one, or the next after it. None where all are.
pub(super) fn free(name: &Hostname, used: &BTreeSet<u32>) -> Option<u32> {
    let own = own(name);
    (0..COUNT).map(|step| FIRST + (own + step) % COUNT).find(|at| !used.contains(at))
}

/// A priority that is not `used`, before those of all tables: what a rule with it takes never gets to them.
pub(super) fn before_tables(used: &BTreeSet<u32>) -> Option<u32> {
    (1..FIRST).rev().find(|at| !used.contains(at))
}

/// Two processes that name two tables at once rarely try the same number first.
fn own(name: &Hostname) -> u32 {
    let digest = sha256_hex(&[name.as_str().as_bytes()]);
    u32::from_str_radix(&digest[..8], 16).unwrap_or_default() % COUNT
}

#[cfg(test)]
mod tests;
