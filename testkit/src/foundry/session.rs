//! Sessions: in memory, and gone with the process.
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::hash::random_hex;

const LIFE: Duration = Duration::from_hours(24);

/// One visitor.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The value of the `session` cookie: 24 hex digits.
    pub(crate) id: String,
    /// Whether the admin password was given.
    pub(crate) admin: bool,
    /// The user of the active world it plays as.
    pub(crate) user: Option<String>,
    since: Instant,
}

/// All visitors.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Session>>);

impl Sessions {
    /// The living session called `id`.
    pub(crate) fn find(&self, id: &str) -> Option<Session> {
        self.lock().get(id).filter(|session| session.since.elapsed() < LIFE).cloned()
    }

    /// A new session.
    pub(crate) fn begin(&self) -> Session {
        let id = random_hex(24);
        let session = Session { id: id.clone(), admin: false, user: None, since: Instant::now() };
        let mut sessions = self.lock();
        if sessions.len() % 1024 == 1023 {
            sessions.retain(|_, session| session.since.elapsed() < LIFE);
        }
        sessions.insert(id, session.clone());
        session
    }

    /// Makes the session an admin's, or no longer.
    pub(crate) fn set_admin(&self, id: &str, admin: bool) {
        self.change(id, |session| session.admin = admin);
    }

    /// Seats the session as `user`, or takes it from its seat.
    pub(crate) fn seat(&self, id: &str, user: Option<String>) {
        self.change(id, |session| session.user = user);
    }

    /// Takes everyone from their seats, because the world is closed.
    pub(crate) fn clear_seats(&self) {
        self.lock().values_mut().for_each(|session| session.user = None);
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Session)) {
        self.lock().get_mut(id).map(change);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
