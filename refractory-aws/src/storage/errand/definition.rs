//! The task definition of an errand.
use aws_sdk_ecs::operation::register_task_definition::builders::RegisterTaskDefinitionInputBuilder;
use aws_sdk_ecs::types::{
    Compatibility, ContainerDefinition, CpuArchitecture, EfsAuthorizationConfig,
    EfsAuthorizationConfigIam, EfsTransitEncryption, EfsVolumeConfiguration, LogConfiguration,
    LogDriver, MountPoint, NetworkMode, OsFamily, RuntimePlatform, Secret, Tag, Volume,
};
use aws_smithy_types::error::operation::BuildError;

use super::tasks::Errand;
use crate::naming::{Naming, TAG_DEPLOYMENT, TAG_ERRAND, TAG_INSTANCE};
use crate::{Architecture, Ground};

/// Where an errand sees its volume.
const MOUNTED: &str = "/volume";
/// Half a processor: packing keeps up with what EFS gives to one reader.
const CPU: &str = "512";
/// MiB.
const MEMORY: &str = "1024";

/// What all errands of a deployment have in common.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) deployment: String,
    pub(super) image: String,
    pub(super) architecture: Architecture,
    pub(super) region: String,
    pub(super) ground: Ground,
}

impl Look {
    /// What is registered for `errand`.
    pub(super) fn definition(
        &self,
        naming: &Naming,
        errand: &Errand<'_>,
    ) -> Result<RegisterTaskDefinitionInputBuilder, BuildError> {
        let ground = &self.ground;
        Ok(RegisterTaskDefinitionInputBuilder::default()
            .family(naming.errand_family(errand.of))
            .requires_compatibilities(Compatibility::Fargate)
            .network_mode(NetworkMode::Awsvpc)
            .cpu(CPU)
            .memory(MEMORY)
            .execution_role_arn(&ground.execution_role)
            .task_role_arn(&ground.task_role)
            .runtime_platform(self.platform())
            .volumes(self.volume(errand.access_point)?)
            .container_definitions(self.container(naming, errand)?)
            .set_tags(Some(self.tags(errand))))
    }

    /// What an errand is found again by.
    pub(super) fn tags(&self, errand: &Errand<'_>) -> Vec<Tag> {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        vec![
            tag(TAG_DEPLOYMENT, &self.deployment),
            tag(TAG_INSTANCE, errand.of.as_str()),
            tag(TAG_ERRAND, &errand.what),
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
            .file_system_id(&self.ground.file_system)
            .transit_encryption(EfsTransitEncryption::Enabled)
            .authorization_config(by)
            .build()?;
        Ok(Volume::builder().name("volume").efs_volume_configuration(efs).build())
    }

    fn container(
        &self,
        naming: &Naming,
        errand: &Errand<'_>,
    ) -> Result<ContainerDefinition, BuildError> {
        let command = [
            "bash".to_owned(),
            "-c".to_owned(),
            errand.script.text(),
            "errand".to_owned(),
            MOUNTED.to_owned(),
        ];
        let command = command.into_iter().chain(errand.attempt.map(ToOwned::to_owned)).collect();
        let orders = errand
            .orders
            .map(|arn| Secret::builder().name("ORDERS").value_from(arn).build())
            .transpose()?;
        let log = LogConfiguration::builder()
            .log_driver(LogDriver::Awslogs)
            .options("awslogs-group", &self.ground.log_group)
            .options("awslogs-region", &self.region)
            .options("awslogs-stream-prefix", naming.errand_log_prefix(errand.of))
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
