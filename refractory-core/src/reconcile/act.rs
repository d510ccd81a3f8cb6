//! One decision, one call.
use std::time::Duration;

use super::settle::Outcome;
use crate::model::{
    Held, Hostname, Instance, Record, Release, ReleaseChoice, Step, Urgency, Version,
};
use crate::ports::{
    Collection, GameTarget, Granted, LaunchSpec, NameRecord, Observed, VolumeSpec, WorldRef,
};
use crate::service::Deployment;
use crate::{Code, Error, ErrorKind, ReleaseId, Remedy, Result};

/// Ends `call` by the deadline of the deployment.
pub(crate) async fn bounded<T>(
    deadline: Duration,
    during: &'static str,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::time::timeout(deadline, call).await.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Unavailable, during).about("deadline", format!("{deadline:?}")))
    })
}

impl Deployment {
    /// Makes what `step` needs exist.
    pub(crate) async fn make(&self, instance: &Instance, step: Step) -> Outcome {
        if step > Step::Runtime
            && let Some(outcome) = self.found_dead(instance).await
        {
            return outcome;
        }
        Outcome::Made(
            bounded(self.options.deadline, step.name(), self.make_step(instance, step)).await,
        )
    }

    async fn make_step(&self, instance: &Instance, step: Step) -> Result<Observed<Held>> {
        let (ports, id) = (&self.ports, &instance.id);
        match step {
            Step::License => {
                let granted = ports.licenses.ensure(id, &instance.desired.spec.license).await?;
                Ok(granted.map(|granted| {
                    Held::License(Some((granted.lease.license, granted.lease.fence)))
                }))
            }
            Step::Volume => {
                let release = match self.pick_release(instance).await {
                    // That there is no such release, or none that can be read, the launch says.
                    Err(error)
                        if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Damaged) =>
                    {
                        None
                    }
                    picked => picked?,
                };
                let spec = VolumeSpec {
                    quota: instance.desired.spec.limits.disk,
                    release: release.map(|release| release.version),
                };
                Ok(ports.storage.ensure(id, &spec).await?.map(|volume| Held::Volume(volume.handle)))
            }
            Step::Assets => {
                Ok(ports.assets.ensure(id).await?.map(|space| Held::Assets(space.handle)))
            }
            Step::Runtime => {
                let spec = self.launch_spec(instance).await?;
                Ok(ports.runtime.ensure(&instance.launch_id(), &spec).await?.map(Held::Runtime))
            }
            Step::World => {
                let world = self.world_ref(instance).await?;
                let open = ports.game.ensure(&self.target(instance).await?, &world).await?;
                Ok(open.map(|_| Held::World(world.world)))
            }
            Step::Name => {
                let name = self.name_in_hand(instance);
                let target = instance.endpoint().cloned().ok_or_else(no_endpoint)?;
                Ok(ports.dns.ensure(id, &NameRecord { name, target }).await?.map(Held::Name))
            }
        }
    }

    /// A program that died while a world was opened in it is no reason to ask the world again.
    async fn found_dead(&self, instance: &Instance) -> Option<Outcome> {
        let looked = bounded(
            self.options.deadline,
            "looking at a launch",
            self.ports.runtime.observe(&instance.launch_id()),
        )
        .await;
        match looked {
            Ok(Observed::Absent) => Some(Outcome::Dead(crate::ports::Reason(
                "Foundry ended during the start. See the log.".into(),
            ))),
            Ok(Observed::Broken(reason)) => Some(Outcome::Dead(reason)),
            Ok(Observed::Ready(_) | Observed::Pending(_)) | Err(_) => None,
        }
    }

    /// Makes what `step` needs not exist.
    pub(crate) async fn unmake(
        &self,
        instance: &Instance,
        step: Step,
        urgency: Urgency,
    ) -> Outcome {
        Outcome::Undone(
            bounded(self.options.deadline, step.name(), self.unmake_step(instance, step, urgency))
                .await,
        )
    }

    async fn unmake_step(
        &self,
        instance: &Instance,
        step: Step,
        urgency: Urgency,
    ) -> Result<Observed<()>> {
        let (ports, id) = (&self.ports, &instance.id);
        match step {
            Step::License => Ok(ports.licenses.remove(id).await?.map(|_| ())),
            Step::Volume => Ok(ports.storage.remove(id).await?.map(|_| ())),
            Step::Assets => Ok(ports.assets.remove(id).await?.map(|_| ())),
            Step::Runtime => {
                Ok(ports.runtime.remove(&instance.launch_id(), urgency).await?.map(|_| ()))
            }
            // Where nothing is known to listen, no world can be open.
            Step::World if instance.endpoint().is_none() => Ok(Observed::Absent),
            Step::World => {
                Ok(ports.game.remove(&self.target(instance).await?, urgency).await?.map(|_| ()))
            }
            Step::Name => Ok(ports.dns.remove(id, &self.name_in_hand(instance)).await?.map(|_| ())),
        }
    }

    /// The name that was written down before it was asked for; a rename in between does not change it.
    fn name_in_hand(&self, instance: &Instance) -> Hostname {
        let written = match instance.journal.get(Step::Name) {
            Some(Record::Held(Held::Name(name))) => Some(name.clone()),
            Some(Record::Intended(attempt)) => attempt.name.clone(),
            Some(Record::Held(_) | Record::Lost) | None => None,
        };
        written.unwrap_or_else(|| Hostname::under(&instance.slug, &self.addressing.domain))
    }

    /// Looks at a running instance: the program first, then the game in it.
    pub(crate) async fn look(&self, instance: &Instance) -> Outcome {
        let deadline = self.options.deadline;
        let runtime = bounded(
            deadline,
            "looking at a launch",
            self.ports.runtime.observe(&instance.launch_id()),
        )
        .await;
        let game = match &runtime {
            Ok(Observed::Ready(_)) => {
                Some(bounded(deadline, "asking the game", self.ask_game(instance)).await)
            }
            Ok(Observed::Absent | Observed::Pending(_) | Observed::Broken(_)) | Err(_) => None,
        };
        Outcome::Looked(runtime, game)
    }

    pub(crate) async fn ask_game(
        &self,
        instance: &Instance,
    ) -> Result<Observed<crate::ports::GameStatus>> {
        self.ports.game.observe(&self.target(instance).await?).await
    }

    /// Removes what is still held of an instance that is gone; says whether nothing is left.
    pub(crate) async fn forget_the_rest(&self, instance: &Instance) -> Result<bool> {
        let (deadline, ports) = (self.options.deadline, &self.ports);
        let rest = ports.orphaned_resources.remove(&instance.id);
        let rest = bounded(deadline, "forgetting what is left", rest).await?;
        self.known.note_password(&instance.id, None);
        Ok(rest == Observed::Absent)
    }

    /// Picks the archive a launch will run.
    pub(crate) async fn pick_release(&self, instance: &Instance) -> Result<Option<Release>> {
        let table = Collection::<Release>::of(self.ports.store.as_ref());
        if let ReleaseChoice::Exact(id) = &instance.desired.spec.release {
            // One that cannot be read says so, and is not taken for removed.
            table.load(id.as_str()).await?;
        }
        choose_release(&instance.desired.spec.release, table.list().await?)
    }

    async fn launch_spec(&self, instance: &Instance) -> Result<LaunchSpec> {
        let release = match &instance.release {
            Some(id) => Some(self.release(id).await?.ok_or_else(no_release)?),
            None => None,
        };
        let spec = &instance.desired.spec;
        let by_path = self.addressing.by_path;
        Ok(LaunchSpec {
            release,
            limits: spec.limits.clone(),
            license: self
                .granted(instance)
                .await?
                .filter(|granted| !granted.key.is_empty())
                .map(|granted| granted.key),
            admin_key: self.admin_key(instance).await?,
            language: spec.language.clone(),
            hostname: (!by_path)
                .then(|| Hostname::under(&instance.slug, &self.addressing.domain).to_string()),
            route_prefix: if by_path { instance.slug.to_string() } else { String::new() },
            public: Some((self.addressing.port, self.addressing.https)),
        })
    }

    async fn release(&self, id: &ReleaseId) -> Result<Option<Release>> {
        Collection::of(self.ports.store.as_ref()).load(id.as_str()).await
    }

    async fn granted(&self, instance: &Instance) -> Result<Option<Granted>> {
        match instance.journal.held(Step::License) {
            Some(Held::License(Some(_))) => {}
            _ => return Ok(None),
        }
        match self.ports.licenses.observe(&instance.id).await? {
            Observed::Ready(granted) => Ok(Some(granted)),
            Observed::Absent | Observed::Pending(_) | Observed::Broken(_) => Ok(None),
        }
    }

    async fn world_ref(&self, instance: &Instance) -> Result<WorldRef> {
        let granted = self.granted(instance).await?;
        let eula_accepted = granted.as_ref().is_some_and(|granted| granted.eula_accepted);
        let license = granted.map(|granted| granted.key).filter(|key| !key.is_empty());
        Ok(WorldRef { world: instance.desired.spec.world.clone(), license, eula_accepted })
    }

    pub(crate) async fn target(&self, instance: &Instance) -> Result<GameTarget> {
        let endpoint = instance.endpoint().cloned().ok_or_else(no_endpoint)?;
        let version = match &instance.release {
            Some(id) => self.version(id).await?,
            None => None,
        };
        // Whoever looks at a thousand tables every few seconds must not ask for as many secrets.
        let admin_key = match self.known.password(&instance.id) {
            Some(known) => known,
            None => self.admin_key(instance).await?,
        };
        Ok(GameTarget { endpoint, version: version.unwrap_or(Version::new(13, 0)), admin_key })
    }

    async fn version(&self, of: &ReleaseId) -> Result<Option<Version>> {
        if let Some(known) = self.known.version(of) {
            return Ok(Some(known));
        }
        // A program that runs is asked all the same where the record of its release cannot be read.
        let table = Collection::<Release>::of(self.ports.store.as_ref());
        let version = table.load_readable(of.as_str()).await?.map(|release| release.version);
        if let Some(version) = version {
            self.known.note_version(of, version);
        }
        Ok(version)
    }
}

/// The archive that `choice` means among `all`; none where none is stored and none was named: not every runtime needs one.
pub(crate) fn choose_release(choice: &ReleaseChoice, all: Vec<Release>) -> Result<Option<Release>> {
    let matching = all.into_iter().filter(|release| match choice {
        ReleaseChoice::Newest => true,
        ReleaseChoice::Version(version) => release.version == *version,
        ReleaseChoice::Exact(id) => release.id == *id,
    });
    match matching.max_by_key(|release| (release.version, release.added)) {
        None if *choice != ReleaseChoice::Newest => Err(no_release()),
        chosen => Ok(chosen),
    }
}

fn no_release() -> Error {
    Error::new(ErrorKind::Invalid, "choosing a release")
        .coded(Code::NO_RELEASE)
        .helped_by(Remedy::AddRelease)
}

fn no_endpoint() -> Error {
    Error::new(ErrorKind::Unavailable, "finding where the program listens")
}
