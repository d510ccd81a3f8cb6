//! Running programs.
use std::fmt::Debug;
use std::time::Duration;

use super::{Endpoint, Observed};
#[cfg(feature = "accounts")]
use crate::digest::sha256_hex;
use crate::model::{Limits, Release, Urgency};
use crate::{LaunchId, Result, Secret, async_trait};

/// How to stop something.
pub type Stop = Urgency;

/// What to launch. Complete: a runtime needs nothing else to know.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct LaunchSpec {
    /// Which archive to run; none where the deployment stores none.
    pub release: Option<Release>,
    /// How much of the machine it may use.
    pub limits: Limits,
    /// The license key to write down for Foundry; none where none is needed.
    pub license: Option<Secret>,
    /// The administrator's password, the same for the life of the instance.
    pub admin_key: Secret,
    /// Foundry's language.
    pub language: Option<String>,
    /// The public name players use, for invitation links only.
    pub hostname: Option<String>,
    /// The path the edge serves it under, without slashes; empty where it has a name of its own.
    pub route_prefix: String,
    /// The public port and whether it is HTTPS, for invitation links only.
    pub public: Option<(u16, bool)>,
}

impl LaunchSpec {
    /// The same after `change`: `LaunchSpec::default().with(|spec| spec.language = Some("de.core".to_owned()))`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

#[cfg(feature = "accounts")]
impl LaunchSpec {
    /// Returns a digest of this spec, to be written down beside a launch: another digest is another spec. No secret can be read from it.
    ///
    /// The digest is `v2-` and the SHA-256, in lower-case hex, of a text that stays the same in all versions and on all machines. The text is the line
    /// `refractory-launch-2`, then a line for each field that is set: its name, a blank, the length of its value in bytes, a
    /// colon, the value. The fields come in this order: `release` (its id), `memory`, `cpu_millis`, `disk`, `license`, `admin_key`,
    /// `language`, `hostname`, `route_prefix`, `public_port`, `public_https`. Numbers are decimal, flags `true` or `false`; `license` and
    /// `admin_key` are the SHA-256 of the secret. A field that is added later is appended, so that specs without it keep their digest.
    ///
    /// Compare with [`matches_digest`](Self::matches_digest), which knows the digests of former versions.
    pub fn digest(&self) -> String {
        let Self { release, limits, license, admin_key, language, hostname, route_prefix, public } =
            self;
        let hidden = |secret: &Secret| sha256_hex(&[secret.expose().as_bytes()]);
        let fields = [
            ("release", release.as_ref().map(|release| release.id.to_string())),
            ("memory", limits.memory.map(|bytes| bytes.to_string())),
            ("cpu_millis", limits.cpu_millis.map(|millis| millis.to_string())),
            ("disk", limits.disk.map(|bytes| bytes.to_string())),
            ("license", license.as_ref().map(hidden)),
            ("admin_key", Some(hidden(admin_key))),
            ("language", language.clone()),
            ("hostname", hostname.clone()),
            ("route_prefix", Some(route_prefix.clone())),
            ("public_port", public.map(|(port, _)| port.to_string())),
            ("public_https", public.map(|(_, https)| https.to_string())),
        ];
        let mut text = "refractory-launch-2\n".to_owned();
        for (name, value) in fields {
            text.extend(value.map(|value| format!("{name} {}:{value}\n", value.len())));
        }
        format!("v2-{}", sha256_hex(&[text.as_bytes()]))
    }

    /// Whether `written` is the digest of this spec, as this version or a former one wrote it. A launch that was begun before an
    /// upgrade is recognized by it.
    pub fn matches_digest(&self, written: &str) -> bool {
        written == self.digest() || written == self.digest_v1()
    }

    /// The digest as versions before the `v2-` form wrote it: of a debug print, spelled out here.
    fn digest_v1(&self) -> String {
        let hidden = |secret: &Secret| sha256_hex(&[secret.expose().as_bytes()]);
        let Limits { memory, cpu_millis, disk } = &self.limits;
        let text = format!(
            "{:?} Limits {{ memory: {memory:?}, cpu_millis: {cpu_millis:?}, disk: {disk:?} }} {:?} {} {:?} {:?} {:?} {:?}",
            self.release.as_ref().map(|release| release.id.as_str()),
            self.license.as_ref().map(hidden),
            hidden(&self.admin_key),
            self.language,
            self.hostname,
            self.route_prefix,
            self.public,
        );
        sha256_hex(&[text.as_bytes()])
    }
}

/// Runs the program of an instance, one launch for each [`LaunchId`].
///
/// The launch works on the volume of its instance. It outlives the process that asked for it.
#[async_trait]
pub trait InstanceRuntime: Debug + Send + Sync + 'static {
    /// Makes the launch `id` exist.
    ///
    /// *Repeat*: the same id is the same launch; another `spec` under the same id is `Invalid`.
    /// *Answers*: `Pending`, `Ready`, `Broken`; never `Absent`. A launch that has ended is `Broken` and is not revived.
    /// *Dropped*: it may run; the next call finds it by its id.
    ///
    /// # Errors
    ///
    /// `Invalid`, `Exhausted`, `Unavailable`, `Forbidden`.
    async fn ensure(&self, id: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>>;

    /// Looks at the launch `id`.
    ///
    /// *Answers*: all. *Dropped*: nothing happened.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn observe(&self, id: &LaunchId) -> Result<Observed<Endpoint>>;

    /// Makes the launch `id`, and no other, end: asks it to end, waits, then forces it. Each call
    /// moves the stop along and answers at once.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: it may be stopping; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn remove(&self, id: &LaunchId, how: Stop) -> Result<Observed<Endpoint>>;

    /// Every launch of this deployment, and of no other.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn list(&self) -> Result<Vec<LaunchId>>;

    /// How long there is to close what runs when this process is told to end, where no launch can outlive it; `None` where
    /// launches live on by themselves, as they should wherever they can.
    fn closes_within(&self) -> Option<Duration> {
        None
    }

    /// Sees to what only this process can: called every few seconds by a worker. Cheap, and never waits.
    ///
    /// # Errors
    ///
    /// `Unavailable`. The worker goes on without it.
    async fn tend(&self) -> Result<()> {
        Ok(())
    }
}

#[cfg(all(test, feature = "accounts"))]
#[expect(clippy::unwrap_used, reason = "a failed test panics")]
mod tests {
    use super::*;

    fn spec() -> LaunchSpec {
        let release = Release {
            id: crate::ReleaseId::new(&"a".repeat(64)).unwrap(),
            version: crate::model::Version::new(13, 351),
            layout: crate::model::Layout::Node,
            program: crate::model::Program::Node,
            node_major: Some(20),
            size: 1,
            added: crate::Timestamp::default(),
            revision: 0,
        };
        LaunchSpec {
            release: Some(release),
            limits: Limits { memory: Some(1 << 30), cpu_millis: None, disk: Some(5) },
            license: Some(Secret::new("ABCD-EFGH-IJKL-MNOP-QRST-1239")),
            admin_key: Secret::new("hush"),
            language: Some("de.core".to_owned()),
            hostname: Some("friday.games.example".to_owned()),
            route_prefix: "friday".to_owned(),
            public: Some((443, true)),
        }
    }

    const V2_FULL: &str = "v2-8b5558a0a3fc6860dfd9264d6427203a580f69e5199878076c91a3f89ddd4a8c";
    const V2_EMPTY: &str = "v2-3d5da8efe4cab02e3c774948a44d58ff3f61c432559da69670eb7b5c5abcabb4";
    const V1_FULL: &str = "c4cceb791ee348332e34d3fa3417d105384167c196c87667e042927464ab63bd";
    const V1_EMPTY: &str = "45bf1dd7dc7f992ae709eae4c87475f2aff7c3d06587431b2604bafb7631cb23";

    /// These are written beside launches that run: they never change.
    #[test]
    fn the_digest_is_the_same_in_every_version() {
        let (full, empty) = (spec(), LaunchSpec::default());
        assert_eq!(full.digest(), V2_FULL);
        assert_eq!(empty.digest(), V2_EMPTY);
        for (spec, other, written) in
            [(&full, &empty, [V2_FULL, V1_FULL]), (&empty, &full, [V2_EMPTY, V1_EMPTY])]
        {
            for digest in written {
                assert!(spec.matches_digest(digest) && !other.matches_digest(digest), "{digest}");
            }
        }
        assert!(!full.matches_digest("") && !full.matches_digest(&V2_FULL[3..]));
    }

    #[test]
    fn the_digest_moves_with_every_setting() {
        let spec = spec();
        let limits = |limits: Limits| LaunchSpec { limits, ..spec.clone() };
        let other_release = spec.release.clone().map(|release| Release {
            id: crate::ReleaseId::new(&"b".repeat(64)).unwrap(),
            ..release
        });
        let others = [
            spec.clone(),
            LaunchSpec { release: None, ..spec.clone() },
            LaunchSpec { release: other_release, ..spec.clone() },
            limits(Limits { memory: Some(5), disk: Some(1 << 30), ..Limits::default() }),
            limits(Limits { cpu_millis: Some(5), disk: None, ..spec.limits.clone() }),
            limits(Limits::default()),
            LaunchSpec { license: None, ..spec.clone() },
            LaunchSpec { license: Some(Secret::new("hush")), ..spec.clone() },
            LaunchSpec { admin_key: Secret::new("hush2"), ..spec.clone() },
            LaunchSpec { language: None, ..spec.clone() },
            LaunchSpec { language: Some("de.core\nhostname".to_owned()), ..spec.clone() },
            LaunchSpec { hostname: None, ..spec.clone() },
            LaunchSpec { hostname: spec.language.clone(), language: None, ..spec.clone() },
            LaunchSpec { route_prefix: String::new(), ..spec.clone() },
            LaunchSpec { public: None, ..spec.clone() },
            LaunchSpec { public: Some((443, false)), ..spec.clone() },
            LaunchSpec { public: Some((8443, true)), ..spec.clone() },
        ];
        let digests: std::collections::BTreeSet<_> =
            others.iter().map(LaunchSpec::digest).collect();
        assert_eq!(digests.len(), others.len(), "two specs have one digest");
    }
}
