//! What the image is told by its environment.
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::super::version::Version;

/// Where the image has its data.
const DATA: &str = "/data";

/// The environment of a container, and where it really is.
#[derive(Debug)]
pub(super) struct Settings {
    variables: BTreeMap<String, String>,
    /// The container's own layer: gone with the task.
    pub(super) home: PathBuf,
    /// The folder behind `/data`.
    pub(super) data: PathBuf,
}

impl Settings {
    /// Reads `variables`; the container's own layer is `home`.
    pub(super) fn read(
        variables: impl Iterator<Item = (OsString, OsString)>,
        home: &Path,
    ) -> Result<Self, String> {
        let text = |text: OsString| text.to_string_lossy().into_owned();
        let variables: BTreeMap<_, _> =
            variables.map(|(name, value)| (text(name), text(value))).collect();
        let data = match variables.get("REFRACTORY_TASK_MOUNTS") {
            None => DATA.into(),
            Some(mounts) => mounted(mounts)?.unwrap_or_else(|| home.join("data")),
        };
        Ok(Self { variables, home: home.to_owned(), data })
    }

    /// The value of `name`, if it says anything.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Whether `name` says `true`.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// Where releases are kept between starts; an empty variable switches that off.
    pub(super) fn cache(&self) -> Option<PathBuf> {
        let asked = self.variables.get("CONTAINER_CACHE").map(String::as_str);
        match asked {
            Some("") => None,
            asked => Some(self.outside(asked.unwrap_or("/data/container_cache"))),
        }
    }

    /// The version the image is made for; the newest unless it is said.
    pub(super) fn version(&self) -> Result<Version, String> {
        let asked = self.get("FOUNDRY_VERSION").map(str::parse).transpose();
        let asked = asked.map_err(|why| format!("FOUNDRY_VERSION: {why}"))?;
        Ok(asked.unwrap_or(Version::EACH_GENERATION[5]))
    }

    /// What reaches the program: `env -i` keeps little. The stand-in's own switches pass too.
    pub(super) fn kept(&self) -> Vec<(String, String)> {
        let passes = |name: &str| {
            ["HOME", "TZ"].contains(&name)
                || name.starts_with("NODE_")
                || name.starts_with("STAND_IN_")
        };
        let mut kept: BTreeMap<_, _> =
            self.variables.iter().filter(|(name, _)| passes(name)).map(owned).collect();
        let own = [
            ("STAND_IN_HOSTNAME", self.get("HOSTNAME")),
            ("STAND_IN_BIND", self.get("REFRACTORY_TASK_ADDRESS").or(Some("0.0.0.0"))),
        ];
        for (name, value) in own {
            if let Some(value) = value {
                kept.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        kept.into_iter().collect()
    }

    /// Where a path of the container is on this machine.
    fn outside(&self, path: &str) -> PathBuf {
        match Path::new(path).strip_prefix(DATA) {
            Ok(below) => self.data.join(below),
            Err(_) => self.home.join(path.trim_start_matches('/')),
        }
    }
}

fn mounted(mounts: &str) -> Result<Option<PathBuf>, String> {
    let mounts: BTreeMap<String, PathBuf> =
        serde_json::from_str(mounts).map_err(|why| format!("REFRACTORY_TASK_MOUNTS: {why}"))?;
    Ok(mounts.get(DATA).cloned())
}

fn owned((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

#[cfg(test)]
mod tests;
