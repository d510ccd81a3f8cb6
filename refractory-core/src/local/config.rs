//! `[local]`.
mod node;

use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use node::NodeConfig;

use super::{AtExit, ControlGroup, ProcessSettings};
use crate::config::{Complaint, Doc, Section, Size, Span};
use crate::foundry::node::NodeOptions;
use crate::foundry::site::SiteOptions;

/// `[local]`: how programs run on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LocalConfig {
    /// The very Node.js to use for every release; one that fits is found where none.
    pub node: Option<String>,
    /// The ports that programs listen on.
    pub ports: PortRange,
    /// As [`ProcessSettings::search_path`].
    pub search_path: String,
    /// As [`ProcessSettings::time_zone`].
    pub time_zone: Option<String>,
    /// As [`ProcessSettings::gentle`].
    pub stop_within: Span,
    /// As [`ProcessSettings::hurried`].
    pub stop_now_within: Span,
    /// As [`ProcessSettings::at_exit`].
    pub at_exit: AtExit,
    /// As [`ProcessSettings::grace`].
    pub stop_grace: Span,
    /// As [`ProcessSettings::answer_within`].
    pub answer_within: Span,
    /// As [`ProcessSettings::hung_after`].
    pub hung_after: Span,
    /// As [`ProcessSettings::niceness`].
    pub niceness: i32,
    /// As [`ProcessSettings::open_files`].
    pub open_files: u64,
    /// As [`ProcessSettings::control_group`].
    pub control_group: Option<String>,
    /// How large a log grows before it is rotated.
    pub log_size: Size,
    /// How many rotated logs of a table are kept.
    pub log_files: u64,
    /// The hosts that a timed URL of a release may point to.
    pub download_hosts: Vec<String>,
}

impl Default for LocalConfig {
    fn default() -> Self {
        let settings = ProcessSettings::default();
        Self {
            node: None,
            ports: PortRange(settings.ports),
            search_path: settings.search_path,
            time_zone: settings.time_zone,
            stop_within: settings.gentle.into(),
            stop_now_within: settings.hurried.into(),
            at_exit: settings.at_exit,
            stop_grace: settings.grace.into(),
            answer_within: settings.answer_within.into(),
            hung_after: settings.hung_after.into(),
            niceness: settings.niceness,
            open_files: settings.open_files,
            control_group: None,
            log_size: Size::mib(8),
            log_files: 4,
            download_hosts: SiteOptions::default().download_hosts,
        }
    }
}

impl LocalConfig {
    /// The same as what the runtime takes.
    pub fn settings(&self) -> ProcessSettings {
        ProcessSettings {
            ports: self.ports.0.clone(),
            search_path: self.search_path.clone(),
            time_zone: self.time_zone.clone(),
            gentle: self.stop_within.get(),
            hurried: self.stop_now_within.get(),
            at_exit: self.at_exit,
            grace: self.stop_grace.get(),
            answer_within: self.answer_within.get(),
            hung_after: self.hung_after.get(),
            niceness: self.niceness,
            open_files: self.open_files,
            control_group: self.control_group.as_ref().map(ControlGroup::at),
        }
    }
}

impl LocalConfig {
    /// Where Node.js is looked for: here, as `node` says, and in the folders of `search`. What is fetched is kept in
    /// `cache`; shims are asked in `environment`, that of whoever starts us.
    pub fn nodes(
        &self,
        node: &NodeConfig,
        search: &[PathBuf],
        environment: &[(OsString, OsString)],
        cache: PathBuf,
    ) -> NodeOptions {
        let given = self.search_path.split(':').filter(|folder| !folder.is_empty());
        let search = search.iter().cloned().chain(given.map(PathBuf::from)).collect();
        NodeOptions {
            only: self.node.as_ref().map(PathBuf::from),
            environment: environment.to_vec(),
            launch: self.settings().environment(&cache),
            ..node.options(search, cache)
        }
    }
}

impl Section for LocalConfig {
    const NAME: &'static str = "local";
    const ABOUT: &'static str = "How tables run on this machine.";
    const KEYS: &'static [Doc] = &[
        Doc::new("node", "The Node.js to use for every release. By default, a matching one is found for each release.")
            .example("\"/usr/bin/node\"")
            .path(),
        Doc::new(
            "ports",
            "The ports that tables listen on, one each. Block them from outside in the machine's firewall.",
        ),
        Doc::new("search_path", "The `PATH` of tables."),
        Doc::new("time_zone", "The time zone of tables. The default is the machine's.")
            .example("\"Europe/Berlin\""),
        Doc::new("stop_within", "How long a table may take to stop before it is killed."),
        Doc::new("stop_now_within", "The same for an urgent stop."),
        Doc::new(
            "at_exit",
            "What happens to tables when `up` ends: \"auto\" closes them where they can't outlive it, as in a container, \"close\" always closes them, \"keep\" keeps them running.",
        ),
        Doc::new(
            "stop_grace",
            "How long closing them may take. Whatever stops `up` must wait longer: `docker stop` waits 10 s unless `--time` says more.",
        ),
        Doc::new("answer_within", "How long a request to a table waits for a response."),
        Doc::new(
            "hung_after",
            "How long a table may be unresponsive and print nothing before it is restarted. A migration has no limit.",
        ),
        Doc::new("niceness", "The nice value of tables, from 0 to 19. Higher values give other programs priority."),
        Doc::new("open_files", "How many files and connections a table may have open."),
        Doc::new(
            "control_group",
            "A version 2 control group in which Refractory may create groups to enforce memory and processor limits.",
        )
        .example("\"/sys/fs/cgroup/refractory\""),
        Doc::new("log_size", "How large the log of a table grows before it is rotated."),
        Doc::new("log_files", "How many rotated logs of a table are kept."),
        Doc::new("download_hosts", "The hosts that a timed URL of a release may point to."),
    ];

    fn validate(&self) -> Result<(), Vec<Complaint>> {
        let mut wrong = Vec::new();
        if !(0..=19).contains(&self.niceness) {
            wrong.push(Complaint::about("niceness", "this must be from 0 to 19."));
        }
        if self.open_files < 256 {
            wrong.push(Complaint::about(
                "open_files",
                "this must be at least 256: Foundry opens many files.",
            ));
        }
        if self.log_size < Size(64 << 10) {
            wrong.push(Complaint::about("log_size", "this must be at least \"64KiB\"."));
        }
        if self.stop_grace < Span::seconds(1) {
            wrong.push(Complaint::about("stop_grace", "this must be at least \"1s\"."));
        }
        for (key, span) in [("answer_within", self.answer_within), ("hung_after", self.hung_after)]
        {
            if span < Span(std::time::Duration::from_millis(100)) {
                wrong.push(Complaint::about(key, "this must be at least \"100ms\"."));
            }
        }
        for (key, path) in [("node", &self.node), ("control_group", &self.control_group)] {
            if path.as_ref().is_some_and(|path| !path.starts_with('/')) {
                wrong.push(Complaint::about(
                    key,
                    "this must be an absolute path, beginning with `/`.",
                ));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// A range of TCP ports, written `"30000-30999"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRange(pub RangeInclusive<u16>);

/// Why a text is not a range of ports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a range of ports: write the first and the last, both from 1024 to 65535, as in \"30000-30999\""
)]
pub struct PortRangeError(String);

impl FromStr for PortRange {
    type Err = PortRangeError;

    fn from_str(text: &str) -> Result<Self, PortRangeError> {
        let bad = || PortRangeError(text.chars().take(40).collect());
        let (first, last) = text.split_once('-').ok_or_else(bad)?;
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first >= 1024 && first <= last => Ok(Self(first..=last)),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0.start(), self.0.end())
    }
}

impl Serialize for PortRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PortRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
