//! Ranges of addresses.
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Why a text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a network; enter an address such as `10.0.0.7`, or a range such as `10.0.0.0/8`"
)]
pub struct NetworkError(String);

/// A range of addresses, as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

impl Network {
    /// Whether `address` lies in it. An IPv4 address written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(raw: &str) -> Result<Self, NetworkError> {
        let bad = || NetworkError(raw.chars().take(80).collect());
        let (address, bits) = raw.split_once('/').map_or((raw, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.trim().parse().map_err(|_| bad())?;
        let Some(bits) = bits else { return Ok(Self(IpNet::from(address))) };
        let bits = bits.trim().parse().map_err(|_| bad())?;
        IpNet::new(address, bits).map(Self).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests;
