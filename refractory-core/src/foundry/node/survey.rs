//! Which Node.js there is on this machine.
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::process::Command;
use tokio::time::timeout;

use super::NodeVersion;
use crate::text::one_line;

/// Where a Node.js was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Named by the configuration.
    Configured,
    /// Fetched earlier.
    Fetched,
    /// In one of the folders that commands are looked for in.
    Path,
}

/// A Node.js, or something in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundNode {
    /// Where it is.
    pub path: PathBuf,
    /// What is run: the same, or what the shim of a version manager there leads to.
    pub program: PathBuf,
    /// Where it was found.
    pub origin: Origin,
    /// What it says it is; a sentence where it does not say.
    pub version: Result<NodeVersion, String>,
}

/// The environments that programs are asked in: names and values, nothing else.
#[derive(Debug, Clone, Default)]
pub(super) struct Environments {
    /// That of whoever starts us, by which a version manager's shim finds its version.
    pub(super) user: Vec<(OsString, OsString)>,
    /// That in which programs are launched.
    pub(super) launch: Vec<(OsString, OsString)>,
}

/// What each file said, for as long as it is the same file.
#[derive(Debug, Default)]
pub(super) struct Survey(Mutex<HashMap<PathBuf, (Stamp, NodeVersion)>>);

type Stamp = (Option<SystemTime>, u64);

impl Survey {
    /// Asks the file at `path` what it is; none where there is no file, unless the configuration names it.
    pub(super) async fn ask(
        &self,
        path: PathBuf,
        origin: Origin,
        environments: &Environments,
    ) -> Option<FoundNode> {
        let found =
            |version, program| Some(FoundNode { path: path.clone(), program, origin, version });
        let file = match std::fs::metadata(&path) {
            Ok(file) if file.is_file() => file,
            other if origin == Origin::Configured => {
                return found(Err(no_file(other)), path.clone());
            }
            _ => return None,
        };
        let stamp = (file.modified().ok(), file.len());
        if let Some(version) = self.remembered(&path, stamp) {
            return found(Ok(version), path.clone());
        }
        match asked(&path, environments).await {
            Ok((version, program)) => {
                // A shim may lead somewhere else next time.
                if program == path {
                    let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                    known.insert(path.clone(), (stamp, version));
                }
                found(Ok(version), program)
            }
            Err(why) => found(Err(why), path.clone()),
        }
    }

    fn remembered(&self, path: &Path, stamp: Stamp) -> Option<NodeVersion> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(path).filter(|(then, _)| *then == stamp).map(|(_, version)| *version)
    }
}

fn no_file(found: std::io::Result<std::fs::Metadata>) -> String {
    match found {
        Ok(found) if found.is_dir() => "it is a folder; name the program in it".to_owned(),
        Ok(_) => "it is no file".to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "it is not there".to_owned(),
        Err(error) => format!("it cannot be looked at: {error}"),
    }
}

/// What the program at `path` is, and what is to be launched for it.
///
/// A version manager puts a shim in the place of Node.js, which finds the real one by the home folder and the
/// variables of its user. A table has neither, so the real one is asked for here and launched there.
async fn asked(path: &Path, environments: &Environments) -> Result<(NodeVersion, PathBuf), String> {
    let (version, program) = match introduced(path, &environments.user).await {
        Ok(found) => found,
        // What knows no more than this is no shim.
        Err(why) => {
            let said = run(path, &["--version"], &environments.user).await;
            (said.ok().and_then(|said| said.parse().ok()).ok_or(why)?, PathBuf::new())
        }
    };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let leads_on = program.is_absolute() && real(&program) != real(path);
    let program = if leads_on { program } else { path.to_owned() };
    let launched = run(&program, &["--version"], &environments.launch).await;
    match launched.as_deref().map(str::parse) {
        Ok(Ok(launched)) if version == launched => Ok((version, program)),
        Ok(_) => Err(format!("what it leads to, `{}`, is another version", program.display())),
        Err(why) => Err(format!(
            "it runs for this user, but not in the environment of a table: `{}`: {why}",
            program.display()
        )),
    }
}

/// The version and the place that the Node.js at `path` gives of itself; no place, where it names none.
async fn introduced(
    path: &Path,
    environment: &[(OsString, OsString)],
) -> Result<(NodeVersion, PathBuf), String> {
    let said = run(path, &["-p", "process.version + ' ' + process.execPath"], environment).await?;
    let (version, program) = said.split_once(' ').unwrap_or((&said, ""));
    let version = version.parse().map_err(|()| {
        format!("it is no Node.js: it says `{}`", said.chars().take(40).collect::<String>())
    })?;
    Ok((version, PathBuf::from(program)))
}

/// What `program` prints, with this environment and nothing else of ours.
async fn run(
    program: &Path,
    words: &[&str],
    environment: &[(OsString, OsString)],
) -> Result<String, String> {
    let mut command = Command::new(program);
    command
        .args(words)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(Duration::from_secs(5), command.output())
        .await
        .map_err(|_| "it does not answer".to_owned())?
        .map_err(|error| format!("it cannot be run: {error}"))?;
    let said = |text: &str| one_line(text.trim()).into_owned();
    // What comes before that is a version manager's, as `Now using node v22.1.0`.
    let text =
        said(String::from_utf8_lossy(&output.stdout).trim_end().lines().last().unwrap_or_default());
    if output.status.success() || !text.is_empty() {
        return Ok(text);
    }
    let why: String = said(&String::from_utf8_lossy(&output.stderr)).chars().take(200).collect();
    Err(format!("it ends with `{}`", if why.is_empty() { output.status.to_string() } else { why }))
}
