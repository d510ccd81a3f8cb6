//! Misbehaviour on demand: what the stand-in is told to do wrong.
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::behaviour::Behaviour;

/// What is said when the control file was read.
pub(crate) const REREAD: &str = "The stand-in has read its control file";

/// The environment as far as the stand-in looks at it.
#[derive(Debug, Clone, Default)]
pub struct StandInEnv {
    switches: BTreeMap<String, String>,
    data_path: Option<PathBuf>,
    home: Option<PathBuf>,
}

impl StandInEnv {
    /// Picks the `STAND_IN_*` variables, `FOUNDRY_VTT_DATA_PATH` and `HOME` out of `vars`.
    pub fn from_vars(vars: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut env = Self::default();
        for (name, value) in vars {
            match name.to_str() {
                Some("FOUNDRY_VTT_DATA_PATH") => env.data_path = Some(value.into()),
                Some("HOME") => env.home = Some(value.into()),
                Some(name) => env.take_switch(name, &value.to_string_lossy()),
                None => {}
            }
        }
        env
    }

    /// The same with one switch more, named as in the control file.
    #[must_use]
    pub fn with(mut self, switch: &str, value: impl Into<String>) -> Self {
        self.switches.insert(switch.to_owned(), value.into());
        self
    }

    /// The switches by their names in the control file.
    pub(crate) fn switches(&self) -> &BTreeMap<String, String> {
        &self.switches
    }

    /// Where the program keeps its data when no flag says so.
    pub(crate) fn default_data_path(&self) -> Option<PathBuf> {
        let home = || self.home.as_ref().map(|home| home.join(".local/share/FoundryVTT"));
        self.data_path.clone().or_else(home)
    }

    fn take_switch(&mut self, name: &str, value: &str) {
        if let Some(switch) = name.strip_prefix("STAND_IN_") {
            self.switches.insert(switch.to_ascii_lowercase(), value.to_owned());
        }
    }
}

/// The behaviour in force: the environment's, overruled by the control file's.
#[derive(Debug)]
pub(crate) struct Switches {
    environment: BTreeMap<String, String>,
    file: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    text: Option<Vec<u8>>,
    behaviour: Arc<Behaviour>,
}

impl Switches {
    /// Switches from the environment, and from `stand-in.json` in `folder` once it is read.
    pub(crate) fn new(env: &StandInEnv, folder: &Path) -> Result<Self, String> {
        let environment = env.switches().clone();
        let behaviour = Arc::new(Behaviour::read(&environment)?);
        let seen = Mutex::new(Seen { text: None, behaviour });
        let switches = Self { environment, file: folder.join("stand-in.json"), seen };
        switches.reread()?;
        Ok(switches)
    }

    /// What is in force.
    pub(crate) fn now(&self) -> Arc<Behaviour> {
        Arc::clone(&self.lock().behaviour)
    }

    /// Reads the control file, and says whether its text has changed; what it cannot make sense of
    /// changes nothing.
    pub(crate) fn reread(&self) -> Result<bool, String> {
        let text = std::fs::read(&self.file).ok();
        let mut seen = self.lock();
        if seen.text == text {
            return Ok(false);
        }
        let overruled = self.overruled(text.as_deref().unwrap_or(b"{}"));
        seen.text = text;
        seen.behaviour = Arc::new(Behaviour::read(&overruled?)?);
        Ok(true)
    }

    fn overruled(&self, text: &[u8]) -> Result<BTreeMap<String, String>, String> {
        let file: BTreeMap<String, serde_json::Value> = serde_json::from_slice(text)
            .map_err(|why| format!("stand-in.json is not read: {why}"))?;
        let mut all = self.environment.clone();
        all.extend(file.into_iter().map(|(switch, value)| (switch, plain(&value))));
        Ok(all)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests;
