//! Which program runs a release.
use std::ffi::OsString;
use std::path::PathBuf;

use super::fetching::Fetching;
use super::{Invocation, LocalArchives, Programs};
use crate::foundry::node::{NodeFinder, NodeOptions};
use crate::model::{Program, Release};
use crate::ports::Observed;
use crate::{Code, Error, ErrorKind, Remedy, Result, async_trait};

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
    fetching: Fetching,
    demo: Option<DemoProgram>,
}

impl ReleasePrograms {
    /// Runs what `archives` store on what is found as `nodes` say.
    pub fn new(archives: LocalArchives, nodes: NodeOptions) -> Self {
        let allowed = nodes.registry.is_some();
        let fetching = Fetching::new(NodeFinder::new(nodes), allowed);
        Self { archives, fetching, demo: None }
    }

    /// The same with this for releases of the demo.
    #[must_use]
    pub fn with_demo(mut self, demo: Option<DemoProgram>) -> Self {
        self.demo = demo;
        self
    }

    async fn runner(&self, release: &Release) -> Result<Observed<(PathBuf, Vec<OsString>)>> {
        match release.program {
            Program::Demo => {
                let demo = self.demo.clone().ok_or_else(no_demo)?;
                Ok(Observed::Ready((demo.program, demo.before)))
            }
            Program::Node => Ok(self.fetching.node(release).await?.map(|node| (node, Vec::new()))),
        }
    }
}

#[async_trait]
impl Programs for ReleasePrograms {
    async fn resolve(&self, release: Option<&Release>) -> Result<Observed<Invocation>> {
        let release = release.ok_or_else(no_release)?;
        // Both are begun before either is waited for.
        let script = self.archives.script(release)?;
        Ok(match (self.runner(release).await?, script) {
            (Observed::Ready((program, before)), script) => {
                script.map(|script| Invocation { program, before, script })
            }
            (Observed::Pending(progress), _) => Observed::Pending(progress),
            (Observed::Broken(reason), _) => Observed::Broken(reason),
            (Observed::Absent, _) => Observed::Absent,
        })
    }
}

fn no_release() -> Error {
    Error::new(ErrorKind::Invalid, "choosing a program")
        .coded(Code::NO_RELEASES)
        .helped_by(Remedy::AddRelease)
}

fn no_demo() -> Error {
    Error::new(ErrorKind::Invalid, "choosing a program")
        .advise("This build doesn't include the demo. Choose another release for this table.")
}
