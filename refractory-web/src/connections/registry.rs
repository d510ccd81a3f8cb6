//! Every connection there is, and which of them gives way.
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use super::slots::{household, leave};

/// In which the clients' turn is not.
const BUSY: u64 = 0;

/// Every connection there is.
#[derive(Debug)]
pub(crate) struct ClientConnections {
    most: usize,
    each: usize,
    begun: Instant,
    all: Mutex<RegistryState>,
    refused: AtomicU64,
    evicted: AtomicU64,
}

#[derive(Debug, Default)]
struct RegistryState {
    next: u64,
    open: HashMap<u64, Arc<Connection>>,
    by_client: HashMap<IpAddr, usize>,
}

/// What is known of one connection by all who have to do with it.
#[derive(Debug)]
pub(crate) struct Connection {
    number: u64,
    client: IpAddr,
    /// Whether it counts against its client: not where that is a proxy that speaks for many.
    counts: bool,
    begun: Instant,
    /// Since when it is the client's turn to send; [`BUSY`] while it is ours.
    waiting_since: AtomicU64,
    /// Since when it is the client's turn to take what we send; [`BUSY`] while it does.
    stuck_since: AtomicU64,
    /// Counts beginnings and ends of requests: it is odd within one.
    turn: AtomicU64,
    evicted: AtomicBool,
    /// How many bytes may still come that belong to the request there is.
    left: AtomicU64,
    /// Whether a part of that request has not been read by its handler.
    is_unread: AtomicBool,
    /// Whether no request may follow.
    is_over: AtomicBool,
    waker: AtomicWaker,
}

impl ClientConnections {
    /// None yet, and never more than `most`, or than `each` of one client.
    pub(crate) fn new(most: usize, each: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            each,
            begun: Instant::now(),
            all: Mutex::default(),
            refused: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
        })
    }

    /// How many there may be.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// How many there are.
    pub(crate) fn open(&self) -> usize {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).open.len()
    }

    /// Those that found no place, so far.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Those that were ended so that another found a place, so far.
    pub(crate) fn gave_way(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// A place for a connection from `peer`, where there is one, or where one that keeps us waiting gives way.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr, counts: bool) -> Option<ConnectionPermit> {
        let client = household(peer);
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = all.by_client.get(&client).copied().unwrap_or_default();
        let is_free = if counts && theirs >= self.each {
            self.evict_one(&mut all, |other| other.counts && other.client == client)
        } else {
            all.open.len() < self.most || self.evict_one(&mut all, |_| true)
        };
        if !is_free {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        all.next += 1;
        let connection = Arc::new(Connection {
            number: all.next,
            client,
            counts,
            begun: self.begun,
            waiting_since: AtomicU64::new(BUSY),
            stuck_since: AtomicU64::new(BUSY),
            turn: AtomicU64::new(0),
            evicted: AtomicBool::new(false),
            left: AtomicU64::new(0),
            is_unread: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        connection.wait();
        all.open.insert(connection.number, Arc::clone(&connection));
        if counts {
            *all.by_client.entry(client).or_default() += 1;
        }
        Some(ConnectionPermit { connections: Arc::clone(self), connection })
    }

    /// Ends whichever of `these` has kept us waiting for longest; whether there was one.
    fn evict_one(&self, all: &mut RegistryState, these: impl Fn(&Connection) -> bool) -> bool {
        let waiting = all.open.values().filter(|other| these(other));
        let waiting = waiting.filter_map(|other| Some((other.delaying_since()?, other)));
        let longest = waiting.min_by_key(|(since, other)| (*since, other.number));
        let Some(longest) = longest.map(|(_, other)| Arc::clone(other)) else { return false };
        all.forget(&longest);
        self.evicted.fetch_add(1, Ordering::Relaxed);
        longest.evicted.store(true, Ordering::Release);
        longest.waker.wake();
        true
    }
}

impl RegistryState {
    fn forget(&mut self, connection: &Connection) {
        if self.open.remove(&connection.number).is_some() && connection.counts {
            leave(&mut self.by_client, connection.client);
        }
        if self.open.is_empty() {
            self.open.shrink_to_fit();
        }
    }
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    connections: Arc<ClientConnections>,
    connection: Arc<Connection>,
}

impl ConnectionPermit {
    /// Whose place it is.
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut all = self.connections.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.forget(&self.connection);
    }
}

impl Connection {
    /// From here on it is the client's turn to send.
    pub(crate) fn wait(&self) {
        self.mark(&self.waiting_since);
    }

    /// From here on it is ours.
    pub(crate) fn proceed(&self) {
        self.waiting_since.store(BUSY, Ordering::Relaxed);
    }

    /// The client takes nothing of what we send.
    pub(crate) fn is_stuck(&self) {
        self.mark(&self.stuck_since);
    }

    /// It does again.
    pub(crate) fn takes(&self) {
        self.stuck_since.store(BUSY, Ordering::Relaxed);
    }

    fn mark(&self, since: &AtomicU64) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let now = now.saturating_add(BUSY + 1);
        let _already = since.compare_exchange(BUSY, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Since when the client keeps us waiting, where it does.
    fn delaying_since(&self) -> Option<u64> {
        [&self.waiting_since, &self.stuck_since]
            .into_iter()
            .map(|since| since.load(Ordering::Relaxed))
            .filter(|since| *since != BUSY)
            .min()
    }

    /// A request has come, and so many bytes behind its head belong to it.
    pub(crate) fn begin(&self, left: u64) {
        self.turn.fetch_add(1, Ordering::Relaxed);
        self.left.store(left, Ordering::Relaxed);
        self.is_unread.store(left > 0, Ordering::Relaxed);
        self.proceed();
        // Until now nothing behind the head was handed over.
        self.waker.wake();
    }

    /// It is answered.
    pub(crate) fn end(&self) {
        self.turn.fetch_add(1, Ordering::Relaxed);
        self.wait();
        // The next one may have come meanwhile.
        self.waker.wake();
    }

    /// How many bytes may still come that belong to the request there is.
    pub(crate) fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// So many of them came.
    pub(crate) fn came(&self, count: usize) {
        self.left.store(self.left().saturating_sub(count as u64), Ordering::Relaxed);
    }

    /// The body of the request was read to its end.
    pub(crate) fn was_read(&self) {
        self.left.store(0, Ordering::Relaxed);
        self.is_unread.store(false, Ordering::Relaxed);
    }

    /// Whether something of the request has not been read.
    pub(crate) fn is_unread(&self) -> bool {
        self.is_unread.load(Ordering::Relaxed)
    }

    /// No request may follow the one there is.
    pub(crate) fn end_here(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Whether no request may follow on this connection.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// The number of this turn, and whether there is a request in it.
    pub(crate) fn turn(&self) -> (u64, bool) {
        let turn = self.turn.load(Ordering::Relaxed);
        (turn, turn % 2 == 1)
    }

    /// Whether it was evicted; if not yet, `waker` is woken when it is.
    pub(crate) fn is_evicted(&self, waker: &std::task::Waker) -> bool {
        self.waker.register(waker);
        self.evicted.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    fn is_ended(admission: &ConnectionPermit) -> bool {
        admission.connection.evicted.load(Ordering::Relaxed)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_keeps_us_waiting_longest_gives_way() {
        let connections = ClientConnections::new(3, 3);
        let mut held = Vec::new();
        for last in 1..=3 {
            held.push(connections.admit(ip(last), true).unwrap());
            tokio::time::advance(std::time::Duration::from_millis(10)).await;
        }
        held[0].connection.begin(0);
        let _fourth = connections.admit(ip(4), true).unwrap();
        assert_eq!(held.iter().map(is_ended).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!((connections.open(), connections.gave_way(), connections.refused()), (3, 1, 0));
        drop(held);
        assert_eq!(connections.open(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_with_too_many_loses_its_own_and_nobody_elses() {
        let connections = ClientConnections::new(100, 2);
        let other = connections.admit(ip(9), true).unwrap();
        let held: Vec<_> = (0..50).map(|_| connections.admit(ip(1), true).unwrap()).collect();
        assert_eq!(held.iter().filter(|held| !is_ended(held)).count(), 2);
        assert!(!is_ended(&other));
        for held in &held {
            held.connection.begin(0);
        }
        assert!(connections.admit(ip(1), true).is_none(), "who is being served does not give way");
        assert!(connections.admit(ip(1), false).is_some(), "a proxy speaks for many");
        assert_eq!(connections.refused(), 1);
    }

    #[tokio::test]
    async fn what_is_gone_is_not_counted() {
        let connections = ClientConnections::new(2, 2);
        for _ in 0..100 {
            let one = connections.admit(ip(1), true).unwrap();
            one.connection.begin(0);
            drop(one);
        }
        assert_eq!(connections.open(), 0);
        assert!(connections.all.lock().unwrap().by_client.is_empty());
    }
}
