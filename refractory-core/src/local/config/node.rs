//! `[node]`.
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::{Complaint, Doc, Section};
use crate::foundry::node::NodeOptions;

/// `[node]`: where Node.js comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct NodeConfig {
    /// Executables that are looked at first.
    pub programs: Vec<String>,
    /// The npm registry that a missing one is fetched from; none is fetched without it.
    pub registry: Option<String>,
}

impl NodeConfig {
    /// The same as what the finder takes: after `programs` it looks into the folders of `search`, and
    /// it keeps what it fetches in `cache`.
    pub fn options(&self, search: Vec<PathBuf>, cache: PathBuf) -> NodeOptions {
        NodeOptions {
            configured: self.programs.iter().map(PathBuf::from).collect(),
            search,
            cache,
            registry: self.registry.clone(),
            ..NodeOptions::default()
        }
    }
}

impl Section for NodeConfig {
    const NAME: &'static str = "node";
    const ABOUT: &'static str = "Where to find Node.js for tables.";
    const KEYS: &'static [Doc] = &[
        Doc::new("programs", "Node.js executables to try first.").path(),
        Doc::new(
            "registry",
            "The npm registry from which a missing Node.js is downloaded. By default, nothing is downloaded.",
        )
        .example("\"https://registry.example/npm\""),
    ];

    fn validate(&self) -> Result<(), Vec<Complaint>> {
        let mut wrong = Vec::new();
        if self.programs.iter().any(|path| !path.starts_with('/')) {
            wrong.push(Complaint::about(
                "programs",
                "each must be an absolute path, beginning with `/`.",
            ));
        }
        let is_address =
            |text: &String| text.starts_with("https://") || text.starts_with("http://");
        if self.registry.as_ref().is_some_and(|registry| !is_address(registry)) {
            wrong.push(Complaint::about(
                "registry",
                "this must be an address, beginning with `https://`.",
            ));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}
