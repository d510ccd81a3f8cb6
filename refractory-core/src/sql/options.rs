//! How a database is used.
use std::time::Duration;

/// How a database is used. The defaults suit one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqlOptions {
    /// Connections that read at the same time. SQLite has one more that writes.
    pub connections: u32,
    /// How long a call waits for a connection, for another writer, and on PostgreSQL for its answer.
    /// Keep it below the deadline of whoever calls: a call given up by then has no further effect.
    pub patience: Duration,
}

impl Default for SqlOptions {
    fn default() -> Self {
        Self { connections: 4, patience: Duration::from_secs(10) }
    }
}

impl SqlOptions {
    /// The same with this many connections, at least one.
    #[must_use]
    pub fn with_connections(mut self, connections: u32) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// The same with this patience.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}
