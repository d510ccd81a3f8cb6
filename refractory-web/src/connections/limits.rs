//! How many connections there may be, and of which kind.

/// Fewer are not enough to serve requests.
pub(crate) const FEWEST_CONNECTIONS: usize = 16;
/// More than this is never needed, and each costs memory.
const MOST: usize = 10_000;

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
        Self::of((all.saturating_sub(reserve) / 2).clamp(FEWEST_CONNECTIONS, MOST), None)
    }

    /// The same, with the configured numbers of connections, of all clients and of each, where there are any.
    pub(crate) fn configured(all: Option<usize>, each: Option<usize>, descriptors: u64) -> Self {
        let derived = Self::within(descriptors);
        Self::of(all.unwrap_or(derived.connections), each)
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
        assert_eq!(Limits::within(0).connections, FEWEST_CONNECTIONS);
    }

    #[test]
    fn the_configuration_has_the_last_word() {
        let limits = Limits::configured(Some(200), Some(20), 1_024);
        assert_eq!((limits.connections, limits.each, limits.tunnels), (200, 20, 100));
    }
}
