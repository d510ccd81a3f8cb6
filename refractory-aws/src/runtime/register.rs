//! Task definitions in ECS: one family for each table.
use aws_sdk_ecs::operation::register_task_definition::builders::RegisterTaskDefinitionFluentBuilder;
use aws_sdk_ecs::types::{
    Compatibility, ContainerCondition, ContainerDefinition, ContainerDependency, CpuArchitecture,
    EfsAuthorizationConfig, EfsAuthorizationConfigIam, EfsTransitEncryption,
    EfsVolumeConfiguration, HostVolumeProperties, KeyValuePair, LogConfiguration, LogDriver,
    MountPoint, NetworkMode, OsFamily, PortMapping, RuntimePlatform, Secret, Tag,
    TaskDefinitionField, TaskDefinitionStatus, TransportProtocol, Volume,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use refractory_core::{Error, ErrorKind, InstanceId, Result};

use super::context::FargateContext;
use super::definition::{ContainerSpec, Definition, PREPARE};
use crate::Architecture;
use crate::error::aws_error;
use crate::naming::{TAG_DEPLOYMENT, TAG_DIGEST, TAG_INSTANCE};

const DURING: &str = "registering a task definition";

/// A definition that is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RegisteredDefinition {
    pub(super) arn: String,
    pub(super) digest: Option<String>,
}

impl FargateContext {
    /// The newest definition of a table, if it has one.
    pub(super) async fn newest_definition(
        &self,
        of: &InstanceId,
    ) -> Result<Option<RegisteredDefinition>> {
        let call =
            self.clients.ecs.describe_task_definition().task_definition(self.naming.family(of));
        let answer = call.include(TaskDefinitionField::Tags).send().await;
        let found = match answer {
            // AWS has no separate code for a family that has none.
            Err(error)
                if error.message().is_some_and(|text| text.contains("Unable to describe")) =>
            {
                return Ok(None);
            }
            other => other.map_err(|error| aws_error("looking at a task definition", error))?,
        };
        let tags = found.tags.unwrap_or_default();
        let digest =
            tags.into_iter().find(|tag| tag.key() == Some(TAG_DIGEST)).and_then(|tag| tag.value);
        let active = found
            .task_definition
            .filter(|found| found.status == Some(TaskDefinitionStatus::Active));
        Ok(active.and_then(|found| {
            Some(RegisteredDefinition { arn: found.task_definition_arn?, digest })
        }))
    }

    /// Registers `definition`; its ARN.
    pub(super) async fn register(
        &self,
        of: &InstanceId,
        definition: &Definition,
        digest: &str,
    ) -> Result<String> {
        let call = self.clients.ecs.register_task_definition();
        let call = described(call, definition).map_err(unbuilt)?;
        let tags = [
            (TAG_DEPLOYMENT, self.naming.deployment()),
            (TAG_INSTANCE, of.as_str()),
            (TAG_DIGEST, digest),
        ];
        let call =
            call.set_tags(Some(tags.into_iter().map(|(key, value)| tag(key, value)).collect()));
        let answer = call.send().await.map_err(|error| aws_error(DURING, error))?;
        let arn = answer.task_definition.and_then(|made| made.task_definition_arn);
        arn.ok_or_else(|| Error::new(ErrorKind::Unexpected, DURING))
    }

    /// Takes away a definition that another one has taken the place of. Definitions cost nothing, and what is left here
    /// goes with the table, so a failure is only logged.
    pub(super) async fn retire(&self, arn: &str) {
        let ecs = &self.clients.ecs;
        if let Err(error) = ecs.deregister_task_definition().task_definition(arn).send().await {
            tracing::debug!(arn, error = error.code(), "a task definition was not deregistered");
            return;
        }
        if let Err(error) = ecs.delete_task_definitions().task_definitions(arn).send().await {
            tracing::debug!(arn, error = error.code(), "a task definition was not deleted");
        }
    }
}

/// A tag of ECS.
pub(super) fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn unbuilt(error: BuildError) -> Error {
    Error::new(ErrorKind::Unexpected, DURING).caused_by(error)
}

fn described(
    call: RegisterTaskDefinitionFluentBuilder,
    definition: &Definition,
) -> Result<RegisterTaskDefinitionFluentBuilder, BuildError> {
    let platform = RuntimePlatform::builder().operating_system_family(OsFamily::Linux);
    let platform = platform.cpu_architecture(match definition.architecture {
        Architecture::Arm64 => CpuArchitecture::Arm64,
        Architecture::X86 => CpuArchitecture::X8664,
    });
    let containers = definition.containers.iter().map(|job| container(job, definition));
    let told = definition.told.then(|| {
        Volume::builder().name("told").host(HostVolumeProperties::builder().build()).build()
    });
    Ok(call
        .family(&definition.family)
        .requires_compatibilities(Compatibility::Fargate)
        .network_mode(NetworkMode::Awsvpc)
        .cpu(definition.cpu.to_string())
        .memory(definition.memory.to_string())
        .runtime_platform(platform.build())
        .execution_role_arn(&definition.execution_role)
        .task_role_arn(&definition.task_role)
        .set_volumes(Some(std::iter::once(data(definition)?).chain(told).collect()))
        .set_container_definitions(Some(containers.collect::<Result<_, _>>()?)))
}

/// The table's volume: its own access point, encrypted on the way, and only with the task's role.
fn data(definition: &Definition) -> Result<Volume, BuildError> {
    let access = EfsAuthorizationConfig::builder()
        .access_point_id(&definition.access_point)
        .iam(EfsAuthorizationConfigIam::Enabled)
        .build();
    let volume = EfsVolumeConfiguration::builder()
        .file_system_id(&definition.file_system)
        .transit_encryption(EfsTransitEncryption::Enabled)
        .authorization_config(access)
        .build()?;
    Ok(Volume::builder().name("data").efs_volume_configuration(volume).build())
}

fn container(
    job: &ContainerSpec,
    definition: &Definition,
) -> Result<ContainerDefinition, BuildError> {
    let environment = job
        .environment
        .iter()
        .map(|(name, value)| KeyValuePair::builder().name(*name).value(value).build());
    let secrets = job
        .secrets
        .iter()
        .map(|(name, from)| Secret::builder().name(*name).value_from(from).build());
    let mounts = job.mounts.iter().map(|(volume, path)| {
        MountPoint::builder().source_volume(*volume).container_path(*path).read_only(false).build()
    });
    let port = job.port.map(|port| {
        let port = i32::from(port);
        vec![
            PortMapping::builder()
                .container_port(port)
                .host_port(port)
                .protocol(TransportProtocol::Tcp)
                .build(),
        ]
    });
    let entry = (!job.entry_point.is_empty())
        .then(|| job.entry_point.iter().map(|word| (*word).to_owned()).collect());
    let after = if job.name == PREPARE { None } else { Some(vec![prepared()?]) };
    Ok(ContainerDefinition::builder()
        .name(job.name)
        .image(&job.image)
        .essential(job.essential)
        .set_user(job.user.map(ToOwned::to_owned))
        .set_entry_point(entry)
        .set_environment(Some(environment.collect()))
        .set_secrets(Some(secrets.collect::<Result<_, _>>()?))
        .set_mount_points(Some(mounts.collect()))
        .set_port_mappings(port)
        .set_stop_timeout(job.stop_timeout.and_then(|seconds| i32::try_from(seconds).ok()))
        .set_depends_on(after)
        .log_configuration(log(definition)?)
        .build())
}

fn prepared() -> Result<ContainerDependency, BuildError> {
    ContainerDependency::builder()
        .container_name(PREPARE)
        .condition(ContainerCondition::Success)
        .build()
}

/// A log that is slow must not hold a game up: what does not fit is dropped.
fn log(definition: &Definition) -> Result<LogConfiguration, BuildError> {
    LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options("awslogs-group", &definition.log_group)
        .options("awslogs-region", &definition.region)
        .options("awslogs-stream-prefix", &definition.log_prefix)
        .options("mode", "non-blocking")
        .options("max-buffer-size", "4m")
        .build()
}
