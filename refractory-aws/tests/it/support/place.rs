//! What volumes, snapshots and archives stand on: a cluster, a file system, roles, a bucket; and errands that really run.
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use refractory_aws::{AwsConfig, Clients, EfsStorage, Ground, Naming, S3Snapshots};
use refractory_core::ports::{Observed, Volume, VolumeSpec, WorldStorage};
use refractory_core::{InstanceId, Result, SystemClock};
use testkit::aws::{Account, Emulator, Program};
use testkit::conformance::Contents;
use tokio::time::{Instant, sleep};

/// How long a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// What a test's tables run.
pub(crate) const TABLE_IMAGE: &str = "table";

/// Ground of its own in an account of its own. The image of errands is this machine's own bash, curl, tar and gzip, so that what
/// runs is what runs on AWS.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) account: Account,
    pub(crate) clients: Clients,
    pub(crate) ground: Ground,
    pub(crate) config: AwsConfig,
    pub(crate) naming: Naming,
}

impl Place {
    pub(crate) async fn made() -> Self {
        let account = Emulator::shared().await.account();
        let clients = super::clients(&account);
        let mut config = AwsConfig::default();
        config.deployment = "club".to_owned();
        let ground = ground(&clients, &account).await;
        account.run_as(&config.helper_image, &Program::new("/usr/bin/env", &[])).await.unwrap();
        account.run_as(TABLE_IMAGE, &Program::still()).await.unwrap();
        let naming = Naming::new(&config.deployment);
        Self { account, clients, ground, config, naming }
    }

    /// A storage that remembers nothing, as another process has it.
    pub(crate) fn storage(&self) -> EfsStorage {
        self.storage_over(self.clients.clone())
    }

    pub(crate) fn storage_over(&self, clients: Clients) -> EfsStorage {
        EfsStorage::new(clients, &self.ground, &self.config, Arc::new(SystemClock)).unwrap()
    }

    /// Snapshots in pieces so small that there are always some.
    pub(crate) fn snapshots(&self) -> S3Snapshots {
        self.snapshots_over(self.clients.clone())
    }

    pub(crate) fn snapshots_over(&self, clients: Clients) -> S3Snapshots {
        S3Snapshots::new(self.storage_over(clients.clone()), &clients, &self.ground)
            .with_pieces_of(64 << 10)
    }

    /// Where the data of `of` really lies.
    pub(crate) fn folder(&self, of: &InstanceId) -> PathBuf {
        let path = self.naming.volume_path(of);
        self.account.file_system(&self.ground.file_system).join(path.trim_start_matches('/'))
    }

    pub(crate) async fn volume(&self, of: &InstanceId) -> Volume {
        let (storage, spec) = (self.storage(), VolumeSpec::default());
        ready(|| storage.ensure(of, &spec)).await
    }

    /// Starts a task of the table itself, which does nothing but be there.
    pub(crate) async fn start_table(&self, of: &InstanceId) -> String {
        use aws_sdk_ecs::types::{
            AwsVpcConfiguration, Compatibility, ContainerDefinition, NetworkConfiguration,
            NetworkMode,
        };
        let family = self.naming.family(of);
        let container = ContainerDefinition::builder().name("table").image(TABLE_IMAGE).build();
        let ecs = &self.clients.ecs;
        let made = ecs
            .register_task_definition()
            .family(&family)
            .requires_compatibilities(Compatibility::Fargate);
        let made = made
            .network_mode(NetworkMode::Awsvpc)
            .cpu("256")
            .memory("512")
            .container_definitions(container);
        made.send().await.unwrap();
        let inside = AwsVpcConfiguration::builder().subnets("subnet-a").build().unwrap();
        let network = NetworkConfiguration::builder().awsvpc_configuration(inside).build();
        let begun = ecs
            .run_task()
            .cluster(&self.ground.cluster)
            .task_definition(family)
            .network_configuration(network);
        begun.send().await.unwrap().tasks()[0].task_arn().unwrap().to_owned()
    }

    pub(crate) async fn stop_task(&self, arn: &str) {
        self.clients.ecs.stop_task().cluster(&self.ground.cluster).task(arn).send().await.unwrap();
    }

    /// Every key of the bucket.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let listed =
            self.clients.s3.list_objects_v2().bucket(&self.ground.bucket).send().await.unwrap();
        listed.contents().iter().filter_map(|object| object.key().map(ToOwned::to_owned)).collect()
    }
}

/// The data of volumes, where the emulator keeps it.
impl Contents for Place {
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

async fn ground(clients: &Clients, account: &Account) -> Ground {
    let text = str::to_owned;
    clients.ecs.create_cluster().cluster_name("club").send().await.unwrap();
    clients.logs.create_log_group().log_group_name("/refractory/club").send().await.unwrap();
    let file_system = clients.efs.create_file_system().creation_token("club").send().await.unwrap();
    let bucket = format!("club-{}", account.id());
    let place = BucketLocationConstraint::from(account.region());
    let place = CreateBucketConfiguration::builder().location_constraint(place).build();
    clients
        .s3
        .create_bucket()
        .bucket(&bucket)
        .create_bucket_configuration(place)
        .send()
        .await
        .unwrap();
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
        bucket,
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
