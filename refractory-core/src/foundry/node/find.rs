//! Finding the Node.js that a generation runs on.
use std::path::{Path, PathBuf};

use super::survey::Survey;
use super::{FoundNode, Origin, fetch, proven_majors};
use crate::foundry::Downloading;
use crate::{Error, ErrorKind, Result};

/// Where Node.js is looked for, and where it may be fetched from.
#[derive(Debug, Clone, Default)]
pub struct NodeOptions {
    /// Executables that the configuration names: looked at first.
    pub configured: Vec<PathBuf>,
    /// Folders that commands are looked for in, as `PATH` lists them.
    pub search: Vec<PathBuf>,
    /// Where fetched ones are kept.
    pub cache: PathBuf,
    /// An npm registry, from `node.registry`; without one nothing is fetched.
    pub registry: Option<String>,
}

/// Finds, and where it is allowed fetches, the Node.js that a generation is known to run on.
#[derive(Debug)]
pub struct NodeFinder {
    options: NodeOptions,
    survey: Survey,
}

impl NodeFinder {
    /// A finder that has looked at nothing yet.
    pub fn new(options: NodeOptions) -> Self {
        Self { options, survey: Survey::default() }
    }

    /// Every Node.js there is, in the order they are looked at: what `doctor` shows.
    pub async fn found(&self) -> Vec<FoundNode> {
        let mut found = Vec::new();
        for (path, origin) in self.places() {
            found.extend(self.survey.ask(path, origin).await);
        }
        found
    }

    /// The best Node.js on this machine for `generation`; `least` is the major that the release
    /// itself names as the oldest.
    ///
    /// # Errors
    ///
    /// `NotFound`, with a sentence that says what to do.
    pub async fn find(&self, generation: u16, least: Option<u16>) -> Result<PathBuf> {
        let found = self.found().await;
        let majors = fitting(generation, least);
        let of_major = |major: u16| {
            found
                .iter()
                .find(|node| node.version.as_ref().is_ok_and(|version| version.major == major))
        };
        majors
            .iter()
            .find_map(|major| of_major(*major))
            .map(|node| node.path.clone())
            .ok_or_else(|| self.missing(generation, &majors, &found))
    }

    /// The same, fetched from the registry where none is there and one is configured.
    ///
    /// # Errors
    ///
    /// `NotFound` (none is there, and no registry is configured), `Invalid` (what was fetched is not what the registry vouches for), `Unavailable`, `Exhausted`, `Forbidden`, `Unsupported` (no package for this machine).
    pub async fn provide(
        &self,
        generation: u16,
        least: Option<u16>,
        progress: impl FnMut(Downloading) + Send,
    ) -> Result<PathBuf> {
        let missing = match self.find(generation, least).await {
            Ok(path) => return Ok(path),
            Err(missing) => missing,
        };
        let majors = fitting(generation, least);
        match (&self.options.registry, majors.first()) {
            (Some(registry), Some(major)) => {
                fetch::fetch(registry, *major, &self.options.cache, progress).await
            }
            _ => Err(missing),
        }
    }

    fn places(&self) -> Vec<(PathBuf, Origin)> {
        let of = |origin| move |path: PathBuf| (path, origin);
        let configured = self.options.configured.iter().cloned().map(of(Origin::Configured));
        let fetched = fetch::kept(&self.options.cache).into_iter().map(of(Origin::Fetched));
        let named = |folder: &PathBuf| ["node", "nodejs"].map(|name| folder.join(name));
        let path = self.options.search.iter().flat_map(named).map(of(Origin::Path));
        let mut places: Vec<_> = configured.chain(fetched).chain(path).collect();
        let mut seen = std::collections::HashSet::new();
        places.retain(|(path, _)| seen.insert(real(path)));
        places
    }

    fn missing(&self, generation: u16, majors: &[u16], found: &[FoundNode]) -> Error {
        let wanted: Vec<String> = majors.iter().map(u16::to_string).collect();
        let next = if self.options.registry.is_some() {
            "It can be downloaded from the configured registry".to_owned()
        } else {
            "Install it, or set `node.registry` to an npm registry to download it".to_owned()
        };
        Error::new(ErrorKind::NotFound, "looking for Node.js").advise(format!(
            "Foundry {generation} needs Node.js {}. {next}. {}.",
            wanted.join(" or "),
            there_is(found)
        ))
    }
}

/// The majors that will do, best first.
fn fitting(generation: u16, least: Option<u16>) -> Vec<u16> {
    let least = least.unwrap_or(0);
    let proven: Vec<u16> =
        proven_majors(generation).iter().copied().filter(|major| *major >= least).collect();
    if proven.is_empty() { vec![least.max(24)] } else { proven }
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn there_is(found: &[FoundNode]) -> String {
    let told: Vec<String> = found
        .iter()
        .map(|node| match &node.version {
            Ok(version) => format!("{version} at `{}`", node.path.display()),
            Err(why) => format!("`{}`, but {why}", node.path.display()),
        })
        .collect();
    if told.is_empty() { "None was found".into() } else { format!("Found: {}", told.join("; ")) }
}

#[cfg(test)]
mod tests;
