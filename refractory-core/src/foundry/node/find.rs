//! Finding the Node.js that a generation runs on.
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::survey::{Environments, Survey};
use super::{FoundNode, NodeVersion, Origin, fetch, least_major, proven_majors};
use crate::foundry::Downloading;
use crate::{Error, ErrorKind, Result};

const LOOKING: &str = "looking for Node.js";

/// Where Node.js is looked for, and where it may be fetched from.
#[derive(Debug, Clone, Default)]
pub struct NodeOptions {
    /// The very one to use for every release, from `[local] node`: nothing else is looked at.
    pub only: Option<PathBuf>,
    /// Executables that the configuration names: looked at first.
    pub configured: Vec<PathBuf>,
    /// Folders that commands are looked for in, as `PATH` lists them.
    pub search: Vec<PathBuf>,
    /// Where fetched ones are kept.
    pub cache: PathBuf,
    /// An npm registry, from `node.registry`; without one nothing is fetched.
    pub registry: Option<String>,
    /// The environment of whoever starts us: shims of version managers find their version by it.
    pub environment: Vec<(OsString, OsString)>,
    /// The environment in which programs are launched: what is found must run there.
    pub launch: Vec<(OsString, OsString)>,
}

/// Finds, and where it is allowed fetches, the Node.js that a generation is known to run on.
#[derive(Debug)]
pub struct NodeFinder {
    options: NodeOptions,
    environments: Environments,
    survey: Survey,
}

impl NodeFinder {
    /// A finder that has looked at nothing yet.
    pub fn new(options: NodeOptions) -> Self {
        let environments =
            Environments { user: options.environment.clone(), launch: options.launch.clone() };
        Self { options, environments, survey: Survey::default() }
    }

    /// Every Node.js there is, in the order they are looked at: what `doctor` shows.
    pub async fn found(&self) -> Vec<FoundNode> {
        let mut found = Vec::new();
        for (path, origin) in self.places() {
            found.extend(self.survey.ask(path, origin, &self.environments).await);
        }
        found
    }

    /// What the configuration names, whether it is one or not.
    pub async fn configured(&self) -> Vec<FoundNode> {
        let mut found = self.found().await;
        found.retain(|node| node.origin == Origin::Configured);
        found
    }

    /// The best Node.js on this machine for `generation`; `least` is the major that the release
    /// itself names as the oldest.
    ///
    /// # Errors
    ///
    /// `NotFound`, or `Invalid` for the one that the configuration names; with a sentence that says what to do.
    pub async fn find(&self, generation: u16, least: Option<u16>) -> Result<PathBuf> {
        self.choose(generation, least).await.map(|node| node.program)
    }

    /// The same with all that is known of it.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn choose(&self, generation: u16, least: Option<u16>) -> Result<FoundNode> {
        let found = self.found().await;
        if self.options.only.is_some() {
            return found.into_iter().next().map_or_else(
                || Err(Error::new(ErrorKind::Unexpected, LOOKING)),
                |node| only(node, generation, least),
            );
        }
        let majors = fitting(generation, least);
        let of_major = |major: u16| {
            found
                .iter()
                .find(|node| node.version.as_ref().is_ok_and(|version| version.major == major))
        };
        majors
            .iter()
            .find_map(|major| of_major(*major))
            .cloned()
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
            // Nothing is put in the place of the one that the configuration names.
            Err(unfit) if self.options.only.is_some() => return Err(unfit),
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
        if let Some(only) = &self.options.only {
            return vec![(only.clone(), Origin::Configured)];
        }
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
        Error::new(ErrorKind::NotFound, LOOKING).advise(format!(
            "Foundry {generation} needs Node.js {}. {next}. {}.",
            wanted.join(" or "),
            there_is(found)
        ))
    }
}

/// The one that the configuration names, where it will do for `generation`.
fn only(node: FoundNode, generation: u16, least: Option<u16>) -> Result<FoundNode> {
    let shown = node.path.display().to_string();
    let refused = |why: String| {
        Error::new(ErrorKind::Invalid, LOOKING).about("path", &shown).advise(format!(
            "{why}. Name another Node.js as `node` in `[local]`, or leave it out to have one found."
        ))
    };
    match &node.version {
        Err(why) => Err(refused(format!("`{shown}` cannot be used as Node.js: {why}"))),
        Ok(version) => match least.or_else(|| least_major(generation)) {
            Some(least) if version.major < least => Err(refused(format!(
                "Foundry {generation} needs Node.js {least} or newer, and `{shown}` is {version}"
            ))),
            _ => Ok(node),
        },
    }
}

/// Whether `generation` is known to run on `version`, and not only on older ones.
pub fn is_proven(generation: u16, version: NodeVersion) -> bool {
    proven_majors(generation).iter().max().is_none_or(|newest| version.major <= *newest)
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
