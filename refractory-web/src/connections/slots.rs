//! Places that one client may have a few of, and all together some more.
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Places that one client may have a few of, and all together some more.
#[derive(Debug, Clone)]
pub(crate) struct Slots(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    all: usize,
    each: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_client: HashMap<IpAddr, usize>,
}

impl Slots {
    /// So many for all, and so many for each client.
    pub(crate) fn new(all: usize, each: usize) -> Self {
        Self(Arc::new(Inner { all, each, taken: Mutex::default() }))
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner).all
    }

    /// A place for `client`, where there is one left.
    pub(crate) fn take(&self, client: IpAddr) -> Option<Slot> {
        let client = household(client);
        let mut taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = taken.by_client.get(&client).copied().unwrap_or_default();
        if taken.all >= self.0.all || theirs >= self.0.each {
            return None;
        }
        taken.all += 1;
        taken.by_client.insert(client, theirs + 1);
        Some(Slot { of: Arc::clone(&self.0), client })
    }
}

/// One place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    of: Arc<Inner>,
    client: IpAddr,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        leave(&mut taken.by_client, self.client);
    }
}

/// Counts `client` down, and forgets it with the last.
pub(super) fn leave(counts: &mut HashMap<IpAddr, usize>, client: IpAddr) {
    if let Some(count) = counts.get_mut(&client) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(&client);
        }
    }
    if counts.is_empty() {
        counts.shrink_to_fit();
    }
}

/// Whom an address stands for: in IPv6 one household has a whole /64 to itself.
pub(super) fn household(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_its_part_and_leaves_the_rest() {
        let slots = Slots::new(5, 2);
        let (one, other): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let held: Vec<_> = (0..2).map(|_| slots.take(one).unwrap()).collect();
        assert!(slots.take(one).is_none());
        let more: Vec<_> = (0..2).map(|_| slots.take(other).unwrap()).collect();
        let last = slots.take([10, 0, 0, 3].into()).unwrap();
        assert!(slots.take([10, 0, 0, 4].into()).is_none());
        drop((held, more, last));
        assert_eq!(slots.taken(), 0);
        assert!(slots.take(one).is_some());
    }

    #[test]
    fn a_household_is_one_client() {
        let slots = Slots::new(10, 1);
        let _held = slots.take("2001:db8::1".parse().unwrap()).unwrap();
        assert!(slots.take("2001:db8::ffff:1".parse().unwrap()).is_none());
        assert!(slots.take("2001:db8:0:1::1".parse().unwrap()).is_some());
        let _mapped = slots.take("::ffff:10.0.0.1".parse().unwrap()).unwrap();
        assert!(slots.take("10.0.0.1".parse().unwrap()).is_none());
    }
}
