//! Rules of a listener: their hosts, their limit and their priorities. Hosts differ, so the order of tables' rules means
//! nothing; a priority only has to be free.
use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{Rule, RuleCondition};
use refractory_core::digest::sha256_hex;
use refractory_core::model::Hostname;
use refractory_core::{Error, ErrorKind};

/// Below is what comes before any table, above the one that leads everything else to the edge.
const FIRST: u32 = 1_000;
/// How many there are.
const COUNT: u32 = 48_000;

/// A priority that is not `used`: the name's own one, or the next after it. None where all are.
pub(super) fn free(name: &Hostname, used: &BTreeSet<u32>) -> Option<u32> {
    let preferred = own(name);
    (0..COUNT).map(|step| FIRST + (preferred + step) % COUNT).find(|at| !used.contains(at))
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

/// Whether `rule` is about the host `name`.
pub(super) fn is_for(rule: &Rule, name: &str) -> bool {
    let hosts = |condition: &RuleCondition| {
        let told = condition.host_header_config().map(|config| config.values().to_vec());
        [condition.values().to_vec(), told.unwrap_or_default()].concat()
    };
    let host =
        rule.conditions().iter().filter(|condition| condition.field() == Some("host-header"));
    host.flat_map(hosts).any(|host| host.eq_ignore_ascii_case(name))
}

/// Adds advice to the error of a full load balancer.
pub(super) fn load_balancer_full(error: Error) -> Error {
    if error.kind() != ErrorKind::Exhausted {
        return error;
    }
    error.permanent().advise(
        "The load balancer has no room for another table: it takes about a hundred. Set `routing = \"edge\"` under `[aws]`, \
         which has no such limit.",
    )
}

#[cfg(test)]
mod tests;
