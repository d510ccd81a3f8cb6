//! The task definition of a table: plain data, in the words of ECS.
use std::collections::BTreeMap;

use refractory_core::InstanceId;
use refractory_core::digest::sha256_hex;
use refractory_core::model::{Program, Release};
use refractory_core::ports::LaunchSpec;
use refractory_core::{Addressing, Error, ErrorKind, Result};
use serde::Serialize;

use super::secret_text::{ADMIN_KEY, LICENSE, RELEASE_URL};
use super::size::TaskSize;
use crate::image::AS_NODE;
use crate::{Architecture, AssetAccess, AwsConfig, Naming, StackOutputs};

/// The port that the image listens on, always.
pub(super) const PORT: u16 = 30_000;
/// The container that is the table.
pub(super) const FOUNDRY: &str = "foundry";
/// The container that prepares its files, and ends.
pub(super) const PREPARE: &str = "prepare";
/// Where the image has the volume.
const DATA: &str = "/data";
/// The path of the secrets on the task's own disk.
const SECRETS_PATH: &str = "/told";

/// What a definition is made from, beside the spec.
#[derive(Debug, Clone, Copy)]
pub(super) struct DefinitionInputs<'a> {
    pub(super) config: &'a AwsConfig,
    pub(super) outputs: &'a StackOutputs,
    pub(super) naming: &'a Naming,
    pub(super) region: &'a str,
    /// The access point of the volume.
    pub(super) access_point: &'a str,
    /// The ARN of the launch secret.
    pub(super) secret: &'a str,
    /// The ARN of the secret with the credentials for uploads; none where they stay on the volume.
    pub(super) uploads: Option<&'a str>,
}

/// A task definition. Holds names of secrets, never one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Definition {
    pub(super) family: String,
    pub(super) cpu: u32,
    pub(super) memory: u32,
    pub(super) architecture: Architecture,
    pub(super) execution_role: String,
    pub(super) task_role: String,
    pub(super) file_system: String,
    pub(super) access_point: String,
    /// Whether the task has its own volume for secrets.
    pub(super) told: bool,
    pub(super) log_group: String,
    pub(super) log_prefix: String,
    pub(super) region: String,
    /// In the order they start: each waits until the one before has succeeded.
    pub(super) containers: Vec<ContainerSpec>,
}

/// One container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ContainerSpec {
    pub(super) name: &'static str,
    pub(super) image: String,
    /// Whether the task ends with it.
    pub(super) essential: bool,
    pub(super) user: Option<&'static str>,
    /// In the place of the image's own entry point.
    pub(super) entry_point: Vec<&'static str>,
    pub(super) environment: BTreeMap<&'static str, String>,
    /// Variable to where ECS finds its value.
    pub(super) secrets: BTreeMap<&'static str, String>,
    /// Volume to path.
    pub(super) mounts: BTreeMap<&'static str, &'static str>,
    pub(super) port: Option<u16>,
    /// Seconds from the signal to end until it is forced.
    pub(super) stop_timeout: Option<u64>,
}

impl Definition {
    /// The definition of the table `of` as `spec` wants it.
    ///
    /// # Errors
    ///
    /// `Invalid`: no size is large enough, or no image runs the release.
    pub(super) fn of(
        of: &InstanceId,
        spec: &LaunchSpec,
        from: &DefinitionInputs<'_>,
    ) -> Result<Self> {
        let (config, outputs) = (from.config, from.outputs);
        let size = TaskSize::of(&spec.limits, config)?;
        let image = image(&config.image, spec.release.as_ref())?;
        let containers = vec![prepare(&image, spec, from), foundry(image, spec, from)];
        Ok(Self {
            family: from.naming.family(of),
            cpu: size.cpu,
            memory: size.memory,
            architecture: config.architecture,
            execution_role: outputs.execution_role.clone(),
            task_role: outputs.task_role.clone(),
            file_system: outputs.file_system.clone(),
            access_point: from.access_point.to_owned(),
            told: from.uploads.is_some(),
            log_group: outputs.log_group.clone(),
            log_prefix: from.naming.log_prefix(of),
            region: from.region.to_owned(),
            containers,
        })
    }

    /// Names this definition: another digest is another definition.
    ///
    /// # Errors
    ///
    /// `Unexpected`.
    pub(super) fn digest(&self) -> Result<String> {
        let text = serde_json::to_vec(self).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "writing a task definition").caused_by(error)
        })?;
        Ok(sha256_hex(&[&text]))
    }
}

fn prepare(image: &str, spec: &LaunchSpec, from: &DefinitionInputs<'_>) -> ContainerSpec {
    let license = spec.license.as_ref().map(|_| ("LICENSE", key_of(from.secret, LICENSE)));
    let uploads = from.uploads.map(|arn| ("UPLOADS", arn.to_owned()));
    ContainerSpec {
        name: PREPARE,
        image: image.to_owned(),
        essential: false,
        // The task's own folder belongs to the super-user. On the data volume every user acts as its owner.
        user: Some("0"),
        entry_point: vec!["/bin/sh", "-c", include_str!("prepare.sh")],
        environment: from.uploads.and(uploads_at(spec, from.config)).into_iter().collect(),
        secrets: license.into_iter().chain(uploads).collect(),
        mounts: mounts(from),
        port: None,
        stop_timeout: None,
    }
}

/// Where the program reaches its bucket, if not at AWS. A bare origin: what browsers make of a path in it is not known.
fn uploads_at(spec: &LaunchSpec, config: &AwsConfig) -> Option<(&'static str, String)> {
    let at = match config.assets {
        AssetAccess::Volume => None,
        AssetAccess::Public => config.endpoint.clone(),
        // The table's own: what players load from there is the game's own origin, and needs no leave to be drawn.
        AssetAccess::Private => spec.hostname.as_ref().map(|host| {
            let (port, https) = spec.public.unwrap_or((443, true));
            Addressing::new(host, port, https).url_of(host)
        }),
    };
    at.map(|at| ("UPLOADS_AT", at))
}

fn foundry(image: String, spec: &LaunchSpec, from: &DefinitionInputs<'_>) -> ContainerSpec {
    let license =
        spec.license.as_ref().map(|_| ("FOUNDRY_LICENSE_KEY", key_of(from.secret, LICENSE)));
    let release =
        spec.release.as_ref().map(|_| ("FOUNDRY_RELEASE_URL", key_of(from.secret, RELEASE_URL)));
    let admin = ("FOUNDRY_ADMIN_KEY", key_of(from.secret, ADMIN_KEY));
    ContainerSpec {
        name: FOUNDRY,
        image,
        essential: true,
        user: None,
        entry_point: Vec::new(),
        environment: environment(spec, from),
        secrets: std::iter::once(admin).chain(license).chain(release).collect(),
        mounts: mounts(from),
        port: Some(PORT),
        stop_timeout: Some(from.config.stop_within.get().as_secs().max(2)),
    }
}

/// The settings of Foundry, as felddy's image takes them.
fn environment(spec: &LaunchSpec, from: &DefinitionInputs<'_>) -> BTreeMap<&'static str, String> {
    let text = |text: &str| Some(text.to_owned());
    let prefix = Some(spec.route_prefix.clone()).filter(|prefix| !prefix.is_empty());
    let version = spec.release.as_ref().map(|release| release.version);
    // What runs behind an edge needs no discovery of its network.
    let settings = [
        ("FOUNDRY_IP_DISCOVERY", text("false")),
        ("FOUNDRY_TELEMETRY", text("false")),
        ("FOUNDRY_UPNP", text("false")),
        // The program's own defaults, which the image turns off.
        ("FOUNDRY_COMPRESS_WEBSOCKET", text("true")),
        ("FOUNDRY_MINIFY_STATIC_FILES", text("true")),
        // The archive is fetched from the bucket next door, so the volume needs no copy. Without a cache at all the image
        // never ends when the program does.
        ("CONTAINER_CACHE", text("/tmp/container_cache")),
        // The access point maps every user to the owner.
        (
            "CONTAINER_PRESERVE_OWNER",
            version.filter(|version| *version < AS_NODE).and(text("/data.*")),
        ),
        ("FOUNDRY_VERSION", version.map(|version| version.to_string())),
        ("FOUNDRY_LANGUAGE", spec.language.clone()),
        ("FOUNDRY_HOSTNAME", spec.hostname.clone()),
        ("FOUNDRY_ROUTE_PREFIX", prefix),
        ("FOUNDRY_PROXY_PORT", spec.public.map(|(port, _)| port.to_string())),
        ("FOUNDRY_PROXY_SSL", spec.public.map(|(_, https)| https.to_string())),
        ("FOUNDRY_AWS_CONFIG", from.uploads.and(text("/told/aws.json"))),
    ];
    settings.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn mounts(from: &DefinitionInputs<'_>) -> BTreeMap<&'static str, &'static str> {
    let told = from.uploads.map(|_| ("told", SECRETS_PATH));
    std::iter::once(("data", DATA)).chain(told).collect()
}

/// Where ECS finds one key of a secret that is JSON: its current version.
fn key_of(arn: &str, key: &str) -> String {
    format!("{arn}:{key}::")
}

/// The image that runs `release`.
fn image(pattern: &str, release: Option<&Release>) -> Result<String> {
    if release.is_some_and(|release| release.program == Program::Demo) {
        return Err(unsupported_release(
            "The demo runs on one machine only. Add a release of Foundry, and choose that for this table.",
        ));
    }
    let Some(release) = release else {
        if pattern.contains('{') {
            return Err(unsupported_release(
                "This table has no release, so there is no image to run. Add a release under Releases, or with `refractory release add FILE`.",
            ));
        }
        return Ok(pattern.to_owned());
    };
    let version = release.version;
    Ok(pattern
        .replace("{version}", &version.to_string())
        .replace("{generation}", &version.generation.to_string()))
}

fn unsupported_release(sentence: &'static str) -> Error {
    Error::new(ErrorKind::Invalid, "choosing an image").advise(sentence)
}

#[cfg(test)]
mod tests;
