//! Which program runs a release.
use std::ffi::OsString;
use std::path::PathBuf;

use super::{Invocation, LocalArchives, Programs};
use crate::model::{Program, Release};
use crate::ports::Observed;
use crate::{Error, ErrorKind, Result, async_trait};

/// The executable that plays the demo, and the words it needs before the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoProgram {
    /// The executable.
    pub program: PathBuf,
    /// Words before the script, as a subcommand.
    pub before: Vec<OsString>,
}

/// Runs stored releases: unpacked on demand, each on the Node.js that fits it, the demo's on its stand-in.
#[derive(Debug, Clone)]
pub struct ReleasePrograms {
    archives: LocalArchives,
    node: Option<PathBuf>,
    demo: Option<DemoProgram>,
}

impl ReleasePrograms {
    /// Runs what `archives` store.
    pub fn new(archives: LocalArchives) -> Self {
        Self { archives, node: None, demo: None }
    }

    /// The same on this Node.js, whatever the release.
    #[must_use]
    pub fn with_node(mut self, node: Option<PathBuf>) -> Self {
        self.node = node;
        self
    }

    /// The same with this for releases of the demo.
    #[must_use]
    pub fn with_demo(mut self, demo: Option<DemoProgram>) -> Self {
        self.demo = demo;
        self
    }

    fn runner(&self, release: &Release) -> Result<(PathBuf, Vec<OsString>)> {
        match release.program {
            Program::Node => self.node.clone().map(|node| (node, Vec::new())).ok_or_else(no_node),
            Program::Demo => {
                let demo = self.demo.clone().ok_or_else(no_demo)?;
                Ok((demo.program, demo.before))
            }
        }
    }
}

#[async_trait]
impl Programs for ReleasePrograms {
    async fn resolve(&self, release: Option<&Release>) -> Result<Observed<Invocation>> {
        let release = release.ok_or_else(no_release)?;
        let (program, before) = self.runner(release)?;
        Ok(self.archives.script(release)?.map(|script| Invocation { program, before, script }))
    }
}

fn no_release() -> Error {
    Error::new(ErrorKind::Invalid, "choosing a program").advise(
        "There is no release of Foundry here yet. Add one under Releases, or with `refractory release add FILE`.",
    )
}

fn no_demo() -> Error {
    Error::new(ErrorKind::Invalid, "choosing a program")
        .advise("This program was built without the demo. Choose another release for this table.")
}

fn no_node() -> Error {
    Error::new(ErrorKind::Invalid, "choosing a program")
        .advise("No Node.js is set. Write its path to `node` in the section `[local]`.")
}
