//! What an operator may say about the portal and the edge.
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use refractory_core::config::{Complaint, Doc, Section, Size, Span};
use serde::{Deserialize, Serialize};

use crate::connections::FEWEST_CONNECTIONS;
use crate::proxy::{Network, NetworkError, ProxyTimeouts};

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricsAccess {
    /// This machine without signing in, and administrators.
    #[default]
    Private,
    /// Anybody who reaches the listener.
    Open,
    /// Nobody: the path does not exist.
    Off,
}

/// The section `[web]`. The default serves `http://localhost:8080` to this machine alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct WebConfig {
    /// Address and port of the one listener, as `127.0.0.1:8080`. Port 0 takes any free one.
    pub listen: String,
    /// The domain under which each table has its name. `localhost` needs no set-up.
    pub domain: String,
    /// Whether users reach the portal over HTTPS, terminated by a proxy in front of it.
    pub https: bool,
    /// The port people see, where something in front listens on another than this.
    pub public_port: Option<u16>,
    /// Serve tables under `/name/` of one host: no wildcard name is needed, but all tables and the portal share one origin.
    pub by_path: bool,
    /// Addresses and ranges of the proxies in front, as `10.0.0.0/8`: what they say in `X-Forwarded-For` or `Forwarded`,
    /// `X-Forwarded-Proto` and `X-Forwarded-Host` is believed.
    pub trusted_proxies: Vec<String>,
    /// The largest release archive that may be uploaded.
    pub upload_limit: Size,
    /// Where uploads wait until they are read; the system's folder for temporary files where none is named.
    pub upload_dir: Option<PathBuf>,
    /// Who may read `/metrics`.
    pub metrics: MetricsAccess,
    /// Threads that answer requests.
    pub threads: usize,
    /// Connections of all clients together; where left out, as many as the descriptors of the process allow.
    pub connections: Option<usize>,
    /// Connections of one client; where left out, a quarter of all. Proxies that are trusted may have them all.
    pub connections_each: Option<usize>,
    /// As [`ProxyTimeouts::connect`].
    pub connect_within: Span,
    /// As [`ProxyTimeouts::head`].
    pub answer_within: Span,
    /// As [`ProxyTimeouts::body`].
    pub stalled_after: Span,
    /// As [`ProxyTimeouts::tunnel`]; zero waits for ever.
    pub quiet_socket: Span,
}

impl Default for WebConfig {
    fn default() -> Self {
        let timeouts = ProxyTimeouts::default();
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            domain: "localhost".to_owned(),
            https: false,
            public_port: None,
            by_path: false,
            trusted_proxies: Vec::new(),
            upload_limit: Size::gib(2),
            upload_dir: None,
            metrics: MetricsAccess::default(),
            threads: 2,
            connections: None,
            connections_each: None,
            connect_within: timeouts.connect.into(),
            answer_within: timeouts.head.into(),
            stalled_after: timeouts.body.into(),
            quiet_socket: timeouts.tunnel.unwrap_or_default().into(),
        }
    }
}

impl WebConfig {
    /// The default listening at `listen`.
    pub fn listening_at(listen: impl Into<String>) -> Self {
        Self { listen: listen.into(), ..Self::default() }
    }

    /// What `listen` means on this machine.
    pub(crate) fn listen_addresses(&self) -> Result<Vec<SocketAddr>, String> {
        match self.listen.to_socket_addrs() {
            Ok(found) => Ok(found.collect()),
            Err(_) => Err(format!(
                "`{}` is not a listen address; enter address and port, such as `127.0.0.1:8080`",
                self.listen
            )),
        }
    }

    /// How long the edge waits for what.
    pub(crate) fn proxy_timeouts(&self) -> ProxyTimeouts {
        ProxyTimeouts {
            connect: self.connect_within.get(),
            head: self.answer_within.get(),
            body: self.stalled_after.get(),
            tunnel: Some(self.quiet_socket.get()).filter(|span| !span.is_zero()),
            ..ProxyTimeouts::default()
        }
    }

    /// The networks that `trusted_proxies` names.
    pub(crate) fn trusted_networks(&self) -> Result<Vec<Network>, NetworkError> {
        self.trusted_proxies.iter().map(|network| network.parse()).collect()
    }
}

impl Section for WebConfig {
    const NAME: &'static str = "web";
    const ABOUT: &'static str =
        "The portal and the edge: one listener for pages, JSON API and tables.";
    const KEYS: &'static [Doc] = &[
        Doc::new("listen", "Address and port to listen on. Port 0 uses any free port."),
        Doc::new("domain", "The domain under which each table has its name. `localhost` needs no setup."),
        Doc::new("https", "Whether users reach the portal over HTTPS, terminated by a proxy in front of it."),
        Doc::new("public_port", "The public port, if a proxy in front listens on another one.").example("443"),
        Doc::new("by_path", "Serve tables under `/name/` of one host: no wildcard name is needed, but tables and portal share one origin."),
        Doc::new("trusted_proxies", "Addresses and ranges of proxies whose `X-Forwarded-For` or `Forwarded`, `-Proto` and `-Host` are trusted, such as `10.0.0.0/8`."),
        Doc::new("upload_limit", "The largest release archive that may be uploaded."),
        Doc::new("upload_dir", "Where uploads are stored while they are checked. The default is the system's temporary folder.").example("\"/var/tmp\"").path(),
        Doc::new("metrics", "Who may read `/metrics`: `private` (this machine and administrators), `open` or `off`."),
        Doc::new("threads", "Threads that answer requests."),
        Doc::new("connections", "Connections of all clients together; where left out, as many as the limit of open files allows.").example("2000"),
        Doc::new("connections_each", "Connections of one client; where left out, a quarter of all. Trusted proxies may have them all.").example("500"),
        Doc::new("connect_within", "How long a table may take to accept a connection."),
        Doc::new("answer_within", "How long a table may take to begin its response after it has received the request."),
        Doc::new("stalled_after", "How long an upload or download may make no progress."),
        Doc::new("quiet_socket", "How long a websocket or event stream may be silent, Foundry's own pings included. \"0s\" means no limit."),
    ];

    fn validate(&self) -> Result<(), Vec<Complaint>> {
        let checks = [
            ("listen", self.listen_addresses().err()),
            ("domain", (!is_domain(&self.domain)).then(|| {
                format!("`{}` is not a domain; enter a name without scheme and port, such as `games.example.org`", self.domain)
            })),
            ("trusted_proxies", self.trusted_networks().err().map(|error| error.to_string())),
            ("threads", (!(1..=64).contains(&self.threads)).then(|| {
                format!("{} threads is not possible; use 1 to 64", self.threads)
            })),
            ("connections", too_few("connections", self.connections)),
            ("connections_each", too_few("connections of one client", self.connections_each)),
            ("upload_limit", (self.upload_limit.bytes() == 0).then(|| {
                "a limit of zero rejects every archive; use a limit such as \"2GiB\"".to_owned()
            })),
            ("upload_dir", self.upload_dir.as_ref().filter(|dir| !dir.is_dir()).map(|dir| {
                format!("`{}` is not a folder; create it, or remove the key", dir.display())
            })),
        ];
        let spans = [
            ("connect_within", self.connect_within),
            ("answer_within", self.answer_within),
            ("stalled_after", self.stalled_after),
        ];
        let hasty = spans
            .into_iter()
            .filter(|(_, span)| *span < Span::seconds(1))
            .map(|(key, _)| (key, Some("this is too short; use \"1s\" or more".to_owned())));
        let all: Vec<_> = checks
            .into_iter()
            .chain(hasty)
            .filter_map(|(key, sentence)| Some(Complaint::about(key, sentence?)))
            .collect();
        if all.is_empty() { Ok(()) } else { Err(all) }
    }
}

fn too_few(what: &str, number: Option<usize>) -> Option<String> {
    let number = number.filter(|number| *number < FEWEST_CONNECTIONS)?;
    Some(format!(
        "{number} {what} cannot serve; use {FEWEST_CONNECTIONS} or more, or leave the key out"
    ))
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 190 && domain.split('.').all(label)
}

#[cfg(test)]
mod tests;
