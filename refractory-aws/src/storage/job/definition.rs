//! The task definition of a job.
use aws_sdk_ecs::operation::register_task_definition::builders::RegisterTaskDefinitionInputBuilder;
use aws_sdk_ecs::types::{
    Compatibility, ContainerDefinition, CpuArchitecture, EfsAuthorizationConfig,
    EfsAuthorizationConfigIam, EfsTransitEncryption, EfsVolumeConfiguration, LogConfiguration,
    LogDriver, MountPoint, NetworkMode, OsFamily, RuntimePlatform, Secret, Tag, Volume,
};
use aws_smithy_types::error::operation::BuildError;
use refractory_core::InstanceId;

use crate::naming::{Naming, TAG_DEPLOYMENT, TAG_INSTANCE, TAG_JOB};
use crate::{Architecture, StackOutputs};

/// Where a job mounts its volume.
const MOUNTED: &str = "/volume";
/// Half a processor: packing keeps up with what EFS gives to one reader.
const CPU: &str = "512";
/// MiB.
const MEMORY: &str = "1024";

/// What is to be done in a volume.
#[derive(Debug, Clone)]
pub(crate) struct EcsJob<'a> {
    /// Whose volume it is.
    pub(crate) of: &'a InstanceId,
    /// What it is found again by.
    pub(crate) name: String,
    /// What it runs.
    pub(crate) script: Script,
    /// What it mounts.
    pub(crate) access_point: &'a str,
    /// The attempt that its input belongs to, if it takes any.
    pub(crate) attempt: Option<&'a str>,
    /// The secret with its input.
    pub(crate) input: Option<&'a str>,
    /// How many tries have ended.
    pub(crate) tries: usize,
}

/// The script of a job, in bash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// Removes everything in the volume.
    Clear,
    /// Copies the volume, piece by piece, reading each piece back.
    Copy,
    /// Puts a copy in the place of what the volume holds.
    Restore,
}

impl Script {
    /// The whole program. Its first argument is where the volume is mounted.
    pub(crate) fn text(self) -> String {
        let own = match self {
            Self::Clear => include_str!("clear.sh"),
            Self::Copy => {
                concat!(include_str!("talk.sh"), include_str!("swap.sh"), include_str!("copy.sh"))
            }
            Self::Restore => concat!(
                include_str!("talk.sh"),
                include_str!("swap.sh"),
                include_str!("restore.sh")
            ),
        };
        format!("{}{own}", include_str!("head.sh"))
    }
}

/// What all jobs of a deployment share.
#[derive(Debug, Clone)]
pub(super) struct JobTemplate {
    pub(super) deployment: String,
    pub(super) image: String,
    pub(super) architecture: Architecture,
    pub(super) region: String,
    pub(super) outputs: StackOutputs,
}

impl JobTemplate {
    /// The task definition of `job`.
    pub(super) fn definition(
        &self,
        naming: &Naming,
        job: &EcsJob<'_>,
    ) -> Result<RegisterTaskDefinitionInputBuilder, BuildError> {
        let outputs = &self.outputs;
        Ok(RegisterTaskDefinitionInputBuilder::default()
            .family(naming.job_family(job.of))
            .requires_compatibilities(Compatibility::Fargate)
            .network_mode(NetworkMode::Awsvpc)
            .cpu(CPU)
            .memory(MEMORY)
            .execution_role_arn(&outputs.execution_role)
            .task_role_arn(&outputs.task_role)
            .runtime_platform(self.platform())
            .volumes(self.volume(job.access_point)?)
            .container_definitions(self.container(naming, job)?)
            .set_tags(Some(self.tags(job))))
    }

    /// The tags that identify a job.
    pub(super) fn tags(&self, job: &EcsJob<'_>) -> Vec<Tag> {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        vec![
            tag(TAG_DEPLOYMENT, &self.deployment),
            tag(TAG_INSTANCE, job.of.as_str()),
            tag(TAG_JOB, &job.name),
        ]
    }

    fn platform(&self) -> RuntimePlatform {
        let processor = match self.architecture {
            Architecture::Arm64 => CpuArchitecture::Arm64,
            Architecture::X86 => CpuArchitecture::X8664,
        };
        RuntimePlatform::builder()
            .cpu_architecture(processor)
            .operating_system_family(OsFamily::Linux)
            .build()
    }

    /// The one access point, encrypted on the way, with the role's own permission to mount it.
    fn volume(&self, access_point: &str) -> Result<Volume, BuildError> {
        let by = EfsAuthorizationConfig::builder()
            .access_point_id(access_point)
            .iam(EfsAuthorizationConfigIam::Enabled)
            .build();
        let efs = EfsVolumeConfiguration::builder()
            .file_system_id(&self.outputs.file_system)
            .transit_encryption(EfsTransitEncryption::Enabled)
            .authorization_config(by)
            .build()?;
        Ok(Volume::builder().name("volume").efs_volume_configuration(efs).build())
    }

    fn container(
        &self,
        naming: &Naming,
        job: &EcsJob<'_>,
    ) -> Result<ContainerDefinition, BuildError> {
        let command = [
            "bash".to_owned(),
            "-c".to_owned(),
            job.script.text(),
            "errand".to_owned(),
            MOUNTED.to_owned(),
        ];
        let command = command.into_iter().chain(job.attempt.map(ToOwned::to_owned)).collect();
        let orders = job
            .input
            .map(|arn| Secret::builder().name("ORDERS").value_from(arn).build())
            .transpose()?;
        let log = LogConfiguration::builder()
            .log_driver(LogDriver::Awslogs)
            .options("awslogs-group", &self.outputs.log_group)
            .options("awslogs-region", &self.region)
            .options("awslogs-stream-prefix", naming.job_log_prefix(job.of))
            .build()?;
        Ok(ContainerDefinition::builder()
            .name("errand")
            .image(&self.image)
            .essential(true)
            .set_command(Some(command))
            .set_secrets(orders.map(|orders| vec![orders]))
            .mount_points(
                MountPoint::builder().source_volume("volume").container_path(MOUNTED).build(),
            )
            .log_configuration(log)
            .build())
    }
}
