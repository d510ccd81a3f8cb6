//! How many connections there may be, and of which kind.
use crate::config::WebConfig;

/// More than this is never needed, and each costs memory.
const MOST: usize = 10_000;
/// Fewer cannot serve anybody.
pub(crate) const FEWEST: usize = 16;

/// How many connections there may be, and of which kind.
///
/// A quarter of the descriptors is kept for everything else: the store, programs and their logs, probes, files. Of the rest
/// each client may need two: its own, and one to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Of all clients together.
    pub(crate) connections: usize,
    /// Of one client.
    pub(crate) each: usize,
    /// Streams of events of the portal.
    pub(crate) streams: usize,
    /// The same of one client.
    pub(crate) streams_each: usize,
    /// Websockets of tables.
    pub(crate) tunnels: usize,
    /// The same of one client.
    pub(crate) tunnels_each: usize,
}

impl Limits {
    /// What fits into so many descriptors.
    pub(crate) fn within(descriptors: u64) -> Self {
        let all = usize::try_from(descriptors).unwrap_or(usize::MAX);
        let reserve = (all / 4).clamp(64, 1_024);
        Self::of((all.saturating_sub(reserve) / 2).clamp(FEWEST, MOST), None)
    }

    /// The same as far as the configuration says nothing else.
    pub(crate) fn configured(config: &WebConfig, descriptors: u64) -> Self {
        let derived = Self::within(descriptors);
        Self::of(config.connections.unwrap_or(derived.connections), config.connections_each)
    }

    fn of(connections: usize, each: Option<usize>) -> Self {
        let part = |of: usize, n: usize| (of / n).max(4);
        let each = each.unwrap_or_else(|| part(connections, 4)).min(connections);
        Self {
            connections,
            each,
            streams: part(connections, 4),
            streams_each: part(each, 4),
            tunnels: part(connections, 2),
            tunnels_each: part(each, 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_kept_whatever_the_descriptors_allow() {
        for descriptors in [256, 1_024, 4_096, 20_000, 1 << 20, u64::MAX] {
            let limits = Limits::within(descriptors);
            let used = 2 * limits.connections as u64;
            assert!(used + 64 <= descriptors, "{descriptors}: {limits:?}");
            assert!(limits.streams + limits.tunnels < limits.connections, "{limits:?}");
            assert!(limits.streams_each + limits.tunnels_each < limits.each, "{limits:?}");
            assert!(limits.each * 2 <= limits.connections, "{limits:?}");
        }
        let usual = Limits::within(1_024);
        assert_eq!(
            (usual.connections, usual.each, usual.streams, usual.tunnels),
            (384, 96, 96, 192)
        );
        assert_eq!(Limits::within(0).connections, FEWEST);
    }

    #[test]
    fn the_configuration_has_the_last_word() {
        let config = WebConfig {
            connections: Some(200),
            connections_each: Some(20),
            ..WebConfig::default()
        };
        let limits = Limits::configured(&config, 1_024);
        assert_eq!((limits.connections, limits.each, limits.tunnels), (200, 20, 100));
    }
}
