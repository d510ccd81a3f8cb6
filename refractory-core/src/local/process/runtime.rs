//! The runtime port over processes.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;

use super::lifetime::ends_with_us;
use super::liveness_tracker::LivenessTracker;
use super::look::Seen;
use super::note::Notes;
use super::prepare::Invocation;
use super::proc::Process;
use super::stop::Grace;
use super::{AtExit, ProcessSettings, marker, proc};
use crate::blocking::blocking;
use crate::disk::refused;
use crate::local::DataDir;
use crate::local::folder::Measure;
use crate::local::keyed_mutex::KeyedMutex;
use crate::local::logs::LogFiles;
use crate::model::{Release, Waiting};
use crate::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Progress, Reason, Stop};
use crate::{Clock, LaunchId, Result, async_trait};

/// Which program runs a release, and where its script lies.
#[async_trait]
pub trait Programs: Debug + Send + Sync + 'static {
    /// How to run `release`: `Ready`, or `Pending` while something is unpacked or fetched for it.
    ///
    /// # Errors
    ///
    /// `Invalid`, `Exhausted`, `Unavailable`, `Forbidden`.
    async fn resolve(&self, release: Option<&Release>) -> Result<Observed<Invocation>>;
}

/// Runs each launch as a process of its own session, which outlives this one.
///
/// A launch is found again after any crash: by the note written down before it was started, and by the
/// mark in the environment of its processes. A process counts as the launch's only if its number, its
/// start time and the boot of the machine are the ones noted, or if it carries the mark.
///
/// A launch that answers `GET /api/status` is ready. One that runs and was ready, and does not answer, is
/// not known to be anything (`Unavailable`) until it has neither answered nor printed
/// anything for [`ProcessSettings::hung_after`]; then it is `Broken`, except in the middle of a migration.
///
/// Foundry listens on every address of the machine, and offers no setting against it: keep the ports of
/// [`ProcessSettings::ports`] closed to others in the machine's firewall. The edge uses 127.0.0.1 only.
#[derive(Debug, Clone)]
pub struct ProcessRuntime(pub(super) Arc<Machine>);

/// What all calls share.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) dir: DataDir,
    pub(super) boot: String,
    pub(super) notes: Notes,
    pub(super) logs: LogFiles,
    pub(super) settings: ProcessSettings,
    pub(super) programs: Arc<dyn Programs>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) measure: Measure,
    pub(super) voices: LivenessTracker,
    /// How long each launch that was asked to end has had for it.
    pub(super) graces: Mutex<BTreeMap<LaunchId, Grace>>,
    /// The processes this one started, so that they are reaped and their exit status is known.
    pub(super) children: Mutex<BTreeMap<LaunchId, Box<dyn ChildWrapper>>>,
    pub(super) turns: KeyedMutex,
    /// What had ended and was nobody's when it was last looked for.
    pub(super) orphans: Mutex<BTreeSet<Process>>,
    /// Whether programs end when this process does.
    ends_with_us: bool,
}

impl ProcessRuntime {
    /// Runs programs on the volumes of `dir`. Whoever works with it holds [`DataDir::lock`].
    ///
    /// # Errors
    ///
    /// `Unsupported` on a machine without `/proc`.
    pub(in crate::local) fn new(
        dir: DataDir,
        programs: Arc<dyn Programs>,
        settings: ProcessSettings,
        logs: LogFiles,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let boot = proc::boot().map_err(|error| {
            crate::Error::new(crate::ErrorKind::Unsupported, "looking for /proc")
                .advise("Refractory needs Linux with `/proc` mounted to track processes.")
                .caused_by(error)
        })?;
        let ends_with_us = match settings.at_exit {
            AtExit::Auto => ends_with_us(),
            AtExit::Close => true,
            AtExit::Keep => false,
        };
        Ok(Self(Arc::new(Machine {
            orphans: Mutex::default(),
            ends_with_us,
            boot,
            notes: Notes(dir.runtime()),
            logs,
            settings,
            programs,
            measure: Measure::new(Arc::clone(&clock)),
            clock,
            voices: LivenessTracker::default(),
            graces: Mutex::default(),
            children: Mutex::default(),
            turns: KeyedMutex::default(),
            dir,
        })))
    }
}

impl Machine {
    fn list(&self) -> Result<Vec<LaunchId>> {
        let during = "listing launches";
        let written = self.notes.all().map_err(|error| refused(error, during, &self.notes.0))?;
        let marked = marker::scan(self.dir.deployment())
            .map_err(|error| refused(error, during, "/proc".as_ref()))?;
        let noted = written.into_iter().filter(|note| !note.is_gone()).map(|note| note.key);
        let mut keys: Vec<_> = noted.chain(marked.into_iter().map(|marked| marked.key)).collect();
        keys.sort();
        keys.dedup();
        Ok(keys)
    }
}

#[async_trait]
impl InstanceRuntime for ProcessRuntime {
    async fn ensure(&self, key: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        let (me, of, wanted_spec) = (Arc::clone(&self.0), key.clone(), spec.clone());
        let seen = blocking("looking at a launch", move |_| {
            me.turns.take(&of.instance, || me.look(&of, Some(&wanted_spec)))
        })
        .await?;
        if seen.tries().is_none() {
            return self.0.ensured(key, seen).await;
        }
        let invocation = match self.0.programs.resolve(spec.release.as_ref()).await? {
            Observed::Ready(invocation) => invocation,
            Observed::Pending(progress) => return Ok(Observed::Pending(progress)),
            Observed::Broken(reason) => return Ok(Observed::Broken(reason)),
            Observed::Absent => return Ok(Observed::Broken(no_program())),
        };
        let (me, of, spec) = (Arc::clone(&self.0), key.clone(), spec.clone());
        let seen = blocking("starting a program", move |wanted| {
            me.turns.take(&of.instance, || {
                let seen = me.look(&of, Some(&spec))?;
                match seen.tries() {
                    Some(tries) => me.launch(&of, &spec, &invocation, tries, wanted),
                    None => Ok(seen),
                }
            })
        })
        .await?;
        self.0.ensured(key, seen).await
    }

    async fn observe(&self, key: &LaunchId) -> Result<Observed<Endpoint>> {
        let (me, of) = (Arc::clone(&self.0), key.clone());
        let seen = blocking("looking at a launch", move |_| {
            me.turns.take(&of.instance, || me.look(&of, None))
        })
        .await?;
        self.0.answered(key, seen).await
    }

    async fn remove(&self, key: &LaunchId, how: Stop) -> Result<Observed<Endpoint>> {
        let (me, key) = (Arc::clone(&self.0), key.clone());
        blocking("stopping a program", move |wanted| {
            me.turns.take(&key.instance, || me.stop(&key, how, wanted))
        })
        .await
    }

    async fn list(&self) -> Result<Vec<LaunchId>> {
        let me = Arc::clone(&self.0);
        blocking("listing launches", move |_| me.list()).await
    }

    fn closes_within(&self) -> Option<Duration> {
        self.0.ends_with_us.then_some(self.0.settings.grace)
    }

    async fn tend(&self) -> Result<()> {
        if std::process::id() != 1 {
            return Ok(());
        }
        let me = Arc::clone(&self.0);
        blocking("taking orphans away", move |_| {
            me.take_orphans_away()
                .map(|_| ())
                .map_err(|error| refused(error, "taking orphans away", "/proc".as_ref()))
        })
        .await
    }
}

fn no_program() -> Reason {
    Reason("This release can't be run. Add it again.".to_owned())
}

impl Machine {
    /// What `seen` means to a caller who wants it: what is over is not begun again.
    async fn ensured(self: &Arc<Self>, key: &LaunchId, seen: Seen) -> Result<Observed<Endpoint>> {
        let over = |text: &str| Ok(Observed::Broken(Reason(text.to_owned())));
        match seen {
            Seen::Gone => over("This launch was removed. Start the table again."),
            Seen::Superseded => over("A later launch of this table replaced it."),
            seen @ (Seen::Nothing
            | Seen::Orphan
            | Seen::Runs(..)
            | Seen::PortTaken(_)
            | Seen::Ended(_)) => self.answered(key, seen).await,
        }
    }

    /// What `seen` means to a caller; asks the program itself where it runs.
    async fn answered(self: &Arc<Self>, key: &LaunchId, seen: Seen) -> Result<Observed<Endpoint>> {
        let pending = |text: &str| Ok(Observed::Pending(Some(Progress::new(text))));
        match seen {
            Seen::Nothing | Seen::Gone | Seen::Superseded => Ok(Observed::Absent),
            Seen::PortTaken(note) => {
                pending(&format!("port {} was in use, trying another one", note.port))
            }
            Seen::Orphan => Ok(Observed::Broken(Reason(
                "It is running, but its records were lost. It is stopped and started again."
                    .to_owned(),
            ))),
            Seen::Ended(reason) => Ok(Observed::Broken(Reason(reason))),
            Seen::Runs(note, _) if note.stopping.is_some() => {
                Ok(Observed::Pending(Some(Progress::waiting(Waiting::ProgramStop))))
            }
            Seen::Runs(note, process) => self.ask(key, note, process).await,
        }
    }
}
