//! Settings of the edge.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::{Addressing, Refractory};

use super::{Network, Pages, PlainPages};

/// Settings of the edge.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EdgeSettings {
    /// How the deployment is reached from outside.
    pub addressing: Addressing,
    /// Names of the portal's own cookies: never shown to an instance, never set by one.
    pub cookies: Vec<String>,
    /// Proxies whose forwarding headers are trusted.
    pub trusted_proxies: Vec<Network>,
    /// Whether managers of a table may use Foundry's administration paths.
    pub managers_pass: bool,
    /// How long to wait for what.
    pub timeouts: ProxyTimeouts,
    /// Upgraded connections to one instance.
    pub tunnels_per_instance: usize,
    /// Upgraded connections to all instances together.
    pub tunnels: usize,
    /// The same of one client.
    pub tunnels_per_client: usize,
    /// What is shown instead of the game.
    pub pages: Arc<dyn Pages>,
    /// The handle that authorizes requests for private uploads; without one, all requests
    /// are the tables' own.
    pub uploads: Option<Refractory>,
    /// Grants access to Foundry's setup; without it, no one gets there.
    pub setup: Option<SetupGate>,
}

/// Grants access to Foundry's setup.
#[derive(Debug, Clone)]
pub struct SetupGate {
    /// Whom to ask.
    pub refractory: Refractory,
    /// The cookie that carries a pass. It belongs among [`EdgeSettings::cookies`] too.
    pub cookie: String,
}

impl EdgeSettings {
    /// The defaults for a deployment reached like this.
    pub fn new(addressing: Addressing) -> Self {
        Self {
            addressing,
            cookies: vec!["refractory_session".to_owned()],
            trusted_proxies: Vec::new(),
            managers_pass: false,
            timeouts: ProxyTimeouts::default(),
            tunnels_per_instance: 1_000,
            tunnels: 20_000,
            tunnels_per_client: 20_000,
            pages: Arc::new(PlainPages),
            uploads: None,
            setup: None,
        }
    }
}

/// How long the edge waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyTimeouts {
    /// For an instance to take a connection.
    pub connect: Duration,
    /// For the head of an answer, counted from the last byte of the question.
    pub head: Duration,
    /// For the next piece of a body, from either side: a body that moves may take as long as it likes.
    /// A stream of events may be silent, and has the timeout of an upgraded connection.
    pub body: Duration,
    /// For anything at all on an upgraded connection or a stream of events; `None` waits for as long as its instance is
    /// there. Long enough that only clients that have gone unnoticed time out; a browser reopens a stream of events automatically.
    pub tunnel: Option<Duration>,
    /// Keeps a connection without a request. Below the five seconds after which node closes it.
    pub idle: Duration,
}

impl Default for ProxyTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            head: Duration::from_mins(5),
            body: Duration::from_mins(2),
            tunnel: Some(Duration::from_mins(10)),
            idle: Duration::from_secs(4),
        }
    }
}
