//! Everyone who is connected.
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::packet::emitted;

/// All sockets, and the users who have just lost theirs.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    sockets: Vec<Socket>,
    lost: Vec<(String, Instant)>,
}

#[derive(Debug)]
struct Socket {
    number: u64,
    user: Option<String>,
    out: UnboundedSender<String>,
}

impl Hub {
    /// A new socket, of a seated user or of a visitor. Its number is its handle.
    pub(super) fn enter(&self, user: Option<String>, out: UnboundedSender<String>) -> u64 {
        let mut inner = self.lock();
        inner.last += 1;
        let number = inner.last;
        if let Some(user) = &user {
            inner.lost.retain(|(lost, _)| lost != user);
        }
        inner.sockets.push(Socket { number, user, out });
        number
    }

    /// The socket is closed; one that was merely `lost` counts on for a while.
    /// Answers the user who has no other socket left.
    pub(super) fn leave(&self, number: u64, lost: bool) -> Option<String> {
        let mut inner = self.lock();
        let at = inner.sockets.iter().position(|socket| socket.number == number)?;
        let user = inner.sockets.swap_remove(at).user?;
        if inner.sockets.iter().any(|socket| socket.user.as_ref() == Some(&user)) {
            return None;
        }
        if lost {
            inner.lost.push((user.clone(), Instant::now()));
        }
        Some(user)
    }

    /// The users with a live socket, and those who lost theirs less than `lag` ago.
    pub(crate) fn active_users(&self, lag: Duration) -> Vec<String> {
        let mut inner = self.lock();
        inner.lost.retain(|(_, since)| since.elapsed() < lag);
        let live = inner.sockets.iter().filter_map(|socket| socket.user.clone());
        let mut users: Vec<String> =
            live.chain(inner.lost.iter().map(|(user, _)| user.clone())).collect();
        users.sort();
        users.dedup();
        users
    }

    /// Sends an event to every socket.
    pub(crate) fn tell_all(&self, name: &str, args: &[Value]) {
        self.tell_others(0, name, args);
    }

    /// Sends an event to every socket but `speaker`.
    pub(super) fn tell_others(&self, speaker: u64, name: &str, args: &[Value]) {
        let text = emitted(name, args);
        for socket in self.lock().sockets.iter().filter(|socket| socket.number != speaker) {
            // A socket that is just being closed hears nothing more.
            let _ = socket.out.send(text.clone());
        }
    }

    /// No one has a seat any more, because the world is closed.
    pub(crate) fn clear_seats(&self) {
        let mut inner = self.lock();
        inner.lost.clear();
        inner.sockets.iter_mut().for_each(|socket| socket.user = None);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
