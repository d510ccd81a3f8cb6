//! What tasks stand on: a cluster, a file system, roles, a bucket, and the volumes of tables.
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_ecs::types::{
    AwsVpcConfiguration, Compatibility, ContainerDefinition, DesiredStatus, LaunchType,
    NetworkConfiguration, NetworkMode, TaskField,
};
use aws_sdk_efs::types::{CreationInfo, PosixUser, RootDirectory, Tag};
use refractory_aws::{AssetAccess, AwsConfig, Clients, Ground, Naming};
use refractory_aws::{CloudWatchLogs, EfsStorage, FargateRuntime};
use refractory_core::model::{Layout, Program as Runner, Release, Version};
use refractory_core::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Stop};
use refractory_core::{Clock, InstanceId, Key, ReleaseId, Secret, SystemClock, Timestamp};
use testkit::aws::{Account, Emulator, Engine, Image, Program};
use tokio::time::{Instant, sleep};

/// How long a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// The image that the bed's tables run.
pub(crate) const IMAGE: &str = "felddy/foundryvtt:13.351";

/// Ground of its own in an account of its own. Tables run as nothing at all, unless the test says what.
pub(crate) struct Bed {
    pub(crate) account: Account,
    pub(crate) clients: Clients,
    pub(crate) ground: Ground,
    pub(crate) config: AwsConfig,
    pub(crate) spec: LaunchSpec,
    pub(crate) naming: Naming,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A clock that goes on when a test says so.
#[derive(Debug, Default)]
pub(crate) struct HeldClock(AtomicU64);

impl HeldClock {
    pub(crate) fn wait(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000 + self.0.load(Ordering::SeqCst))
    }
}

impl Bed {
    pub(crate) async fn made() -> Self {
        let bed = Self::over(Emulator::shared().await.account()).await;
        bed.account.run_as(IMAGE, &Program::still()).await.unwrap();
        bed
    }

    /// The same with tasks that are containers; tables run `image`, which is called `name` in every test.
    pub(crate) async fn in_docker(name: &str, image: &Image) -> Self {
        let engine = Engine::shared().await;
        let mut bed = Self::over(engine.account().await).await;
        bed.config.image = name.to_owned();
        engine.load(&name.replace("{version}", "13.351"), image).await;
        engine.load(&bed.config.helper_image, &Image::of_errands()).await;
        bed
    }

    async fn over(account: Account) -> Self {
        let clients = super::clients(&account);
        let mut config = AwsConfig::default();
        (config.deployment, config.assets) = ("club".to_owned(), AssetAccess::Volume);
        let ground = ground(&clients, account.id()).await;
        let naming = Naming::new(&config.deployment);
        Self {
            account,
            clients,
            ground,
            config,
            spec: spec(),
            naming,
            clock: Arc::new(SystemClock),
        }
    }

    /// From now on runtimes have a clock that only the test moves.
    pub(crate) fn hold_the_clock(&mut self) -> Arc<HeldClock> {
        let clock: Arc<HeldClock> = Arc::default();
        self.clock = Arc::clone(&clock) as _;
        clock
    }

    /// A runtime that remembers nothing.
    pub(crate) fn runtime(&self) -> FargateRuntime {
        self.runtime_over(self.clients.clone())
    }

    /// The same over other clients.
    pub(crate) fn runtime_over(&self, clients: Clients) -> FargateRuntime {
        let volumes = self.volumes();
        FargateRuntime::new(
            clients,
            self.ground.clone(),
            self.config.clone(),
            volumes,
            Arc::clone(&self.clock),
        )
    }

    pub(crate) fn volumes(&self) -> EfsStorage {
        EfsStorage::new(self.clients.clone(), &self.ground, &self.config, Arc::clone(&self.clock))
            .unwrap()
    }

    pub(crate) fn logs(&self) -> CloudWatchLogs {
        CloudWatchLogs::new(self.clients.clone(), &self.ground, &self.config, Arc::new(SystemClock))
    }

    /// Makes the volume of the table called `raw`; the table's first launch.
    pub(crate) async fn table(&self, raw: &str) -> Key {
        let instance = InstanceId::new(raw).unwrap();
        self.volume(&instance).await;
        Key { instance, epoch: 1 }
    }

    /// The same for a table whose folder is not made when it is first mounted: it cannot be.
    pub(crate) async fn table_on_bare_ground(&self, raw: &str) -> Key {
        let instance = InstanceId::new(raw).unwrap();
        let root = RootDirectory::builder().path(self.naming.volume_path(&instance));
        self.access_point(&instance, root.build()).await;
        Key { instance, epoch: 1 }
    }

    /// Makes the access point of `of`, as the storage does.
    pub(crate) async fn volume(&self, of: &InstanceId) {
        let made = CreationInfo::builder()
            .owner_uid(421)
            .owner_gid(421)
            .permissions("0750")
            .build()
            .unwrap();
        let root = RootDirectory::builder().path(self.naming.volume_path(of)).creation_info(made);
        self.access_point(of, root.build()).await;
    }

    async fn access_point(&self, of: &InstanceId, root: RootDirectory) {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
        let call = self.clients.efs.create_access_point().file_system_id(&self.ground.file_system);
        call.client_token(self.naming.volume_token(of))
            .posix_user(PosixUser::builder().uid(421).gid(421).build().unwrap())
            .root_directory(root)
            .tags(tag("refractory:deployment", "club"))
            .tags(tag("refractory:instance", of.as_str()))
            .send()
            .await
            .unwrap();
    }

    /// The folder on this machine that is the volume of `of`.
    pub(crate) fn folder_of(&self, of: &InstanceId) -> PathBuf {
        let path = self.naming.volume_path(of);
        self.account.file_system(&self.ground.file_system).join(path.trim_start_matches('/'))
    }

    /// A definition of nothing but the image, for tasks of which only the number matters.
    pub(crate) async fn bare_definition(&self) -> String {
        let container = ContainerDefinition::builder().name("foundry").image(IMAGE).build();
        let call = self
            .clients
            .ecs
            .register_task_definition()
            .family("bare")
            .container_definitions(container);
        let call =
            call.requires_compatibilities(Compatibility::Fargate).network_mode(NetworkMode::Awsvpc);
        let made = call.cpu("256").memory("512").send().await.unwrap();
        made.task_definition.unwrap().task_definition_arn.unwrap()
    }

    /// Runs `definition` as if it were the launch `key`.
    pub(crate) async fn run_bare(&self, definition: &str, key: &Key) {
        let tag = |name: &str, value: &str| {
            aws_sdk_ecs::types::Tag::builder().key(name).value(value).build()
        };
        let network = AwsVpcConfiguration::builder().subnets("subnet-a").build().unwrap();
        let call =
            self.clients.ecs.run_task().cluster(&self.ground.cluster).task_definition(definition);
        call.network_configuration(
            NetworkConfiguration::builder().awsvpc_configuration(network).build(),
        )
        .launch_type(LaunchType::Fargate)
        .tags(tag("refractory:deployment", "club"))
        .tags(tag("refractory:key", &key.to_string()))
        .send()
        .await
        .unwrap();
    }

    /// Every task of the cluster, stopped ones too, described with its tags.
    pub(crate) async fn tasks(&self) -> Vec<aws_sdk_ecs::types::Task> {
        let mut arns = Vec::new();
        for status in [DesiredStatus::Running, DesiredStatus::Stopped] {
            let call =
                self.clients.ecs.list_tasks().cluster(&self.ground.cluster).desired_status(status);
            arns.extend(call.send().await.unwrap().task_arns.unwrap_or_default());
        }
        if arns.is_empty() {
            return Vec::new();
        }
        let call = self
            .clients
            .ecs
            .describe_tasks()
            .cluster(&self.ground.cluster)
            .include(TaskField::Tags);
        call.set_tasks(Some(arns)).send().await.unwrap().tasks.unwrap_or_default()
    }
}

/// Asks for the launch until it is ready, and says where; along the way, what people were told.
pub(crate) async fn up(
    runtime: &FargateRuntime,
    key: &Key,
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
pub(crate) async fn down(runtime: &FargateRuntime, key: &Key) {
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
    key: &Key,
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
    LaunchSpec {
        release: Some(release),
        license: Some(Secret::new(testkit::foundry::LICENSE_KEY)),
        admin_key: Secret::new("the-password-of-the-administrator"),
        hostname: Some("friday.games.example".to_owned()),
        public: Some((443, true)),
        ..LaunchSpec::default()
    }
}

async fn ground(clients: &Clients, account: &str) -> Ground {
    let text = str::to_owned;
    clients.ecs.create_cluster().cluster_name("club").send().await.unwrap();
    let file_system = clients.efs.create_file_system().creation_token("club").send().await.unwrap();
    clients.logs.create_log_group().log_group_name("/refractory/club").send().await.unwrap();
    Ground {
        public_ip: true,
        boundary: None,
        cluster: text("club"),
        subnets: vec![text("subnet-a"), text("subnet-b")],
        task_group: text("sg-1"),
        file_system: file_system.file_system_id,
        execution_role: role(clients, "execution").await,
        task_role: role(clients, "task").await,
        log_group: text("/refractory/club"),
        table: text("club"),
        bucket: format!("club-{account}"),
        vpc: text("vpc-1"),
        listener: text("arn:listener"),
        balancer_name: text("club.elb.amazonaws.com"),
        balancer_zone: text("Z1"),
        zone: None,
    }
}

async fn role(clients: &Clients, name: &str) -> String {
    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let made = clients.iam.create_role().role_name(name).assume_role_policy_document(TRUST);
    made.send().await.unwrap().role.unwrap().arn
}
