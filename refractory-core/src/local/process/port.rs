//! Choosing where a program listens.
use std::io;
use std::net::{Ipv6Addr, TcpListener};
use std::ops::RangeInclusive;

use crate::digest::sha256_hex;
use crate::{Error, ErrorKind, LaunchId, Result};

/// A port of `range` that nobody listens on and nobody `else_has`.
///
/// An instance begins to look at a place of its own, so that it mostly gets the port it had; after
/// each port that turned out to be taken it begins elsewhere. Nothing keeps a stranger from taking the port
/// before the program does: the program then ends, and the same launch is tried on another.
pub(super) fn choose(
    key: &LaunchId,
    tries: u32,
    range: &RangeInclusive<u16>,
    else_has: impl Fn(u16) -> bool,
) -> Result<u16> {
    let size = u32::from(range.end().saturating_sub(*range.start())) + 1;
    let digest = sha256_hex(&[key.instance.as_str().as_bytes(), &tries.to_le_bytes()]);
    let begin = u32::from_str_radix(&digest[..8], 16).unwrap_or_default() % size;
    let candidates = (0..size).map(|step| (begin + step) % size);
    candidates
        .filter_map(|step| u16::try_from(u32::from(*range.start()) + step).ok())
        .find(|port| !else_has(*port) && is_free(*port))
        .ok_or_else(|| none_left(range))
}

/// Whether a program could listen there on every address, as Foundry does.
fn is_free(port: u16) -> bool {
    let everywhere = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port));
    match everywhere {
        // A machine without IPv6.
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable || unsupported(&error) => {
            TcpListener::bind(("0.0.0.0", port)).is_ok()
        }
        other => other.is_ok(),
    }
}

fn unsupported(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

fn none_left(range: &RangeInclusive<u16>) -> Error {
    Error::new(ErrorKind::Exhausted, "choosing a port").advise(format!(
        "All ports from {} to {} are in use. Stop a table, or extend `ports` in the configuration.",
        range.start(),
        range.end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(instance: &str) -> LaunchId {
        LaunchId { instance: instance.parse().unwrap(), attempt: 1 }
    }

    #[test]
    fn an_instance_keeps_its_port_unless_it_is_taken() {
        let range = 28_100..=28_999;
        let first = choose(&key("a"), 0, &range, |_| false).unwrap();
        assert_eq!(choose(&key("a"), 0, &range, |_| false).unwrap(), first);
        assert_ne!(choose(&key("a"), 0, &range, |port| port == first).unwrap(), first);
        assert_ne!(choose(&key("a"), 1, &range, |_| false).unwrap(), first);
    }

    #[test]
    fn a_range_that_is_used_up_is_said() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = choose(&key("a"), 0, &(port..=port), |_| false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        assert!(error.for_people().contains("extend `ports`"));
    }
}
