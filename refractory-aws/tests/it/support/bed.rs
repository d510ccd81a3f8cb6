//! What tables stand on, and what looks after them: runtime, storage, snapshots.
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ecs::types::{
    AwsVpcConfiguration, Compatibility, ContainerDefinition, DesiredStatus, LaunchType,
    NetworkConfiguration, NetworkMode, TaskField,
};
use aws_sdk_efs::types::{PosixUser, RootDirectory, Tag};
use refractory_aws::{AssetAccess, AwsConfig, Clients, Naming, StackOutputs};
use refractory_aws::{CloudWatchLogs, EfsStorage, FargateRuntime, S3Snapshots};
use refractory_core::model::{Layout, Program as Runner, Release, Version};
use refractory_core::ports::{
    Endpoint, InstanceRuntime, LaunchSpec, Observed, Stop, Volume, VolumeSpec, WorldStorage,
};
use refractory_core::{
    Clock, InstanceId, LaunchId, ReleaseId, Result, Secret, SystemClock, Timestamp,
};
use testkit::aws::{Account, Emulator, Engine, Image, Program};
use testkit::conformance::Contents;
use tokio::time::{Instant, sleep};

use super::clock::AheadClock;
use super::outputs::{DEPLOYMENT, outputs};

/// How long a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// The image that the bed's tables run.
pub(crate) const IMAGE: &str = "felddy/foundryvtt:13.351";

/// Its own stack in its own account. Tables run as nothing at all, unless the test says what; jobs run this machine's
/// own bash, curl, tar and gzip, so that what runs is what runs on AWS.
#[derive(Debug, Clone)]
pub(crate) struct Bed {
    pub(crate) account: Account,
    pub(crate) clients: Clients,
    pub(crate) outputs: StackOutputs,
    pub(crate) config: AwsConfig,
    pub(crate) spec: LaunchSpec,
    pub(crate) naming: Naming,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Bed {
    pub(crate) async fn made() -> Self {
        let bed = Self::over(Emulator::shared().await.account()).await;
        bed.account.run_as(IMAGE, &Program::idle()).await.unwrap();
        let jobs = Program::new("/usr/bin/env", &[]);
        bed.account.run_as(&bed.config.helper_image, &jobs).await.unwrap();
        bed
    }

    /// The same with tasks that are containers; tables run `image`, which is called `name` in every test.
    pub(crate) async fn in_docker(name: &str, image: &Image) -> Self {
        let engine = Engine::shared().await;
        let mut bed = Self::over(engine.account().await).await;
        bed.config.image = name.to_owned();
        engine.load(&name.replace("{version}", "13.351"), image).await;
        engine.load(&bed.config.helper_image, &Image::for_jobs()).await;
        bed
    }

    async fn over(account: Account) -> Self {
        let clients = super::clients(&account);
        let mut config = AwsConfig::default();
        (config.deployment, config.assets) = (DEPLOYMENT.to_owned(), AssetAccess::Volume);
        let outputs = outputs(&clients, &account).await;
        let (naming, clock) = (Naming::new(&config.deployment), Arc::new(SystemClock));
        Self { account, clients, outputs, config, spec: spec(), naming, clock }
    }

    /// From now on what is made here has a clock that the test puts forward.
    pub(crate) fn take_the_clock(&mut self) -> AheadClock {
        let clock = AheadClock::default();
        self.clock = Arc::new(clock.clone());
        clock
    }

    /// A runtime that remembers nothing.
    pub(crate) fn runtime(&self) -> FargateRuntime {
        self.runtime_over(self.clients.clone())
    }

    /// The same over other clients.
    pub(crate) fn runtime_over(&self, clients: Clients) -> FargateRuntime {
        let volumes = self.storage();
        FargateRuntime::new(
            clients,
            self.outputs.clone(),
            self.config.clone(),
            volumes,
            Arc::clone(&self.clock),
        )
    }

    /// A storage that remembers nothing, as another process has it.
    pub(crate) fn storage(&self) -> EfsStorage {
        self.storage_over(self.clients.clone())
    }

    /// The same over other clients.
    pub(crate) fn storage_over(&self, clients: Clients) -> EfsStorage {
        EfsStorage::new(clients, &self.outputs, &self.config, Arc::clone(&self.clock)).unwrap()
    }

    /// Snapshots in pieces so small that there are always some.
    pub(crate) fn snapshots(&self) -> S3Snapshots {
        self.snapshots_over(self.clients.clone())
    }

    /// The same over other clients.
    pub(crate) fn snapshots_over(&self, clients: Clients) -> S3Snapshots {
        S3Snapshots::new(self.storage_over(clients.clone()), &clients, &self.outputs)
            .with_pieces_of(64 << 10)
    }

    pub(crate) fn logs(&self) -> CloudWatchLogs {
        CloudWatchLogs::new(
            self.clients.clone(),
            &self.outputs,
            &self.config,
            Arc::new(SystemClock),
        )
    }

    /// Makes the volume of the table called `raw`; the table's first launch.
    pub(crate) async fn table(&self, raw: &str) -> LaunchId {
        let instance = InstanceId::new(raw).unwrap();
        self.volume(&instance).await;
        LaunchId { instance, attempt: 1 }
    }

    /// The same for a table whose folder is not made when it is first mounted: it cannot be.
    pub(crate) async fn table_on_bare_ground(&self, raw: &str) -> LaunchId {
        let instance = InstanceId::new(raw).unwrap();
        let root = RootDirectory::builder().path(self.naming.volume_path(&instance));
        self.access_point(&instance, root.build()).await;
        LaunchId { instance, attempt: 1 }
    }

    async fn access_point(&self, of: &InstanceId, root: RootDirectory) {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
        let call = self.clients.efs.create_access_point().file_system_id(&self.outputs.file_system);
        call.client_token(self.naming.volume_token(of))
            .posix_user(PosixUser::builder().uid(421).gid(421).build().unwrap())
            .root_directory(root)
            .tags(tag("refractory:deployment", DEPLOYMENT))
            .tags(tag("refractory:instance", of.as_str()))
            .send()
            .await
            .unwrap();
    }

    /// Makes the volume of `of`.
    pub(crate) async fn volume(&self, of: &InstanceId) -> Volume {
        let (storage, spec) = (self.storage(), VolumeSpec::default());
        ready(|| storage.ensure(of, &spec)).await
    }

    /// The folder on this machine that is the volume of `of`.
    pub(crate) fn folder(&self, of: &InstanceId) -> PathBuf {
        let path = self.naming.volume_path(of);
        self.account.file_system(&self.outputs.file_system).join(path.trim_start_matches('/'))
    }

    /// A definition of nothing but the image, for tasks of which only the number matters.
    pub(crate) async fn bare_definition(&self, family: &str) -> String {
        let container = ContainerDefinition::builder().name("foundry").image(IMAGE).build();
        let call = self.clients.ecs.register_task_definition().family(family);
        let call = call.container_definitions(container).network_mode(NetworkMode::Awsvpc);
        let call = call.requires_compatibilities(Compatibility::Fargate).cpu("256").memory("512");
        let made = call.send().await.unwrap();
        made.task_definition.unwrap().task_definition_arn.unwrap()
    }

    /// Runs `definition` as if it were the launch `key`; its task.
    pub(crate) async fn run_bare(&self, definition: &str, key: &LaunchId) -> String {
        let tag = |name: &str, value: &str| {
            aws_sdk_ecs::types::Tag::builder().key(name).value(value).build()
        };
        let network = AwsVpcConfiguration::builder().subnets("subnet-a").build().unwrap();
        let network = NetworkConfiguration::builder().awsvpc_configuration(network).build();
        let call = self.clients.ecs.run_task().cluster(&self.outputs.cluster);
        let call = call.task_definition(definition).launch_type(LaunchType::Fargate);
        let call = call
            .network_configuration(network)
            .tags(tag("refractory:deployment", DEPLOYMENT))
            .tags(tag("refractory:key", &key.to_string()));
        call.send().await.unwrap().tasks()[0].task_arn().unwrap().to_owned()
    }

    /// Starts a task of the table `of`, which does nothing but be there.
    pub(crate) async fn start_table(&self, of: &InstanceId) -> String {
        let definition = self.bare_definition(&self.naming.family(of)).await;
        self.run_bare(&definition, &LaunchId { instance: of.clone(), attempt: 1 }).await
    }

    pub(crate) async fn stop_task(&self, arn: &str) {
        self.clients.ecs.stop_task().cluster(&self.outputs.cluster).task(arn).send().await.unwrap();
    }

    /// Every key of the bucket.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let listed =
            self.clients.s3.list_objects_v2().bucket(&self.outputs.bucket).send().await.unwrap();
        listed.contents().iter().filter_map(|object| object.key().map(ToOwned::to_owned)).collect()
    }

    /// Every task of the cluster, stopped ones too, described with its tags.
    pub(crate) async fn tasks(&self) -> Vec<aws_sdk_ecs::types::Task> {
        let mut arns = Vec::new();
        for status in [DesiredStatus::Running, DesiredStatus::Stopped] {
            let call =
                self.clients.ecs.list_tasks().cluster(&self.outputs.cluster).desired_status(status);
            arns.extend(call.send().await.unwrap().task_arns.unwrap_or_default());
        }
        if arns.is_empty() {
            return Vec::new();
        }
        let call = self
            .clients
            .ecs
            .describe_tasks()
            .cluster(&self.outputs.cluster)
            .include(TaskField::Tags);
        call.set_tasks(Some(arns)).send().await.unwrap().tasks.unwrap_or_default()
    }
}

/// The data of volumes, where the emulator keeps it.
impl Contents for Bed {
    fn write(&self, of: &InstanceId, text: &str) {
        let folder = self.folder(of).join("Data");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("world"), text).unwrap();
    }

    fn read(&self, of: &InstanceId) -> Option<String> {
        fs::read_to_string(self.folder(of).join("Data/world")).ok()
    }
}

pub(crate) fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).unwrap()
}

/// Asks for the launch until it is ready, and says where; along the way, what people were told.
pub(crate) async fn up(
    runtime: &FargateRuntime,
    key: &LaunchId,
    spec: &LaunchSpec,
) -> (Endpoint, Vec<String>) {
    let (begun, mut told) = (Instant::now(), Vec::new());
    while begun.elapsed() < PATIENCE {
        match runtime.ensure(key, spec).await.unwrap() {
            Observed::Ready(endpoint) => return (endpoint, told),
            Observed::Pending(progress) => {
                let message = progress.map(|progress| progress.message).unwrap_or_default();
                if told.last() != Some(&message) {
                    told.push(message);
                }
            }
            other => panic!("{other:?} after {told:?}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("never ready: {told:?}");
}

/// Asks it to end until it has.
pub(crate) async fn down(runtime: &FargateRuntime, key: &LaunchId) {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match runtime.remove(key, Stop::Gentle).await.unwrap() {
            Observed::Absent => return,
            Observed::Pending(_) => sleep(Duration::from_millis(20)).await,
            other => panic!("{other:?}"),
        }
    }
    panic!("never gone");
}

/// Looks until what is seen is what is wanted.
pub(crate) async fn seen(
    runtime: &FargateRuntime,
    key: &LaunchId,
    wanted: impl Fn(&Observed<Endpoint>) -> bool,
) -> Observed<Endpoint> {
    let begun = Instant::now();
    loop {
        let seen = runtime.observe(key).await.unwrap();
        if wanted(&seen) {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "still {seen:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Calls until the answer is `Ready`.
pub(crate) async fn ready<T: std::fmt::Debug, F: Future<Output = Result<Observed<T>>>>(
    call: impl Fn() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        match call().await {
            Ok(Observed::Ready(made)) => return made,
            Ok(Observed::Pending(_)) if begun.elapsed() < PATIENCE => {
                sleep(Duration::from_millis(25)).await;
            }
            other => panic!("never ready: {other:?}"),
        }
    }
}

/// Calls until the answer is `Absent`; what fails on the way is tried again.
pub(crate) async fn absent<T: std::fmt::Debug, F: Future<Output = Result<Observed<T>>>>(
    call: impl Fn() -> F,
) {
    let begun = Instant::now();
    loop {
        match call().await {
            Ok(Observed::Absent) => return,
            Ok(Observed::Pending(_)) if begun.elapsed() < PATIENCE => {
                sleep(Duration::from_millis(25)).await;
            }
            Err(error) if error.is_transient() && begun.elapsed() < PATIENCE => {
                sleep(Duration::from_millis(25)).await;
            }
            other => panic!("never gone: {other:?}"),
        }
    }
}

fn spec() -> LaunchSpec {
    let release = Release {
        id: ReleaseId::new(&"a".repeat(64)).unwrap(),
        version: Version::new(13, 351),
        layout: Layout::Node,
        program: Runner::Node,
        node_major: Some(20),
        size: 1,
        added: Timestamp::default(),
        revision: 0,
    };
    LaunchSpec::default().with(|spec| {
        spec.release = Some(release);
        spec.license = Some(Secret::new(testkit::foundry::LICENSE_KEY));
        spec.admin_key = Secret::new("the-password-of-the-administrator");
        spec.hostname = Some("friday.games.example".to_owned());
        spec.public = Some((443, true));
    })
}
