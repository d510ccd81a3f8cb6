//! Running programs.
use std::fmt::Debug;
use std::time::Duration;

use super::{Endpoint, Observed};
#[cfg(feature = "accounts")]
use crate::digest::sha256_hex;
use crate::model::{Limits, Release, Urgency};
use crate::{Key, Result, Secret, async_trait};

/// How to stop something.
pub type Stop = Urgency;

/// What to launch. Complete: a runtime needs nothing else to know.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LaunchSpec {
    /// Which archive to run; none where the deployment stores none.
    pub release: Option<Release>,
    /// How much of the machine it may use.
    pub limits: Limits,
    /// The licence key to write down for Foundry; none where none is needed.
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

#[cfg(feature = "accounts")]
impl LaunchSpec {
    /// Names what is to be launched: another digest is another launch. Holds no secret that could be read back.
    pub fn digest(&self) -> String {
        let hidden = |secret: &Secret| sha256_hex(&[secret.expose().as_bytes()]);
        let release = self.release.as_ref().map(|release| release.id.as_str());
        let text = format!(
            "{release:?} {:?} {:?} {} {:?} {:?} {:?} {:?}",
            self.limits,
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

/// Runs the program of an instance, one launch for each [`Key`].
///
/// The launch works on the volume of the key's instance. It outlives the process that asked for it.
#[async_trait]
pub trait InstanceRuntime: Debug + Send + Sync + 'static {
    /// Makes the launch `key` exist.
    ///
    /// *Repeat*: the same key is the same launch; another `spec` under the same key is `Invalid`.
    /// *Answers*: `Pending`, `Ready`, `Broken`; never `Absent`. A launch that has ended is `Broken` and is not revived.
    /// *Dropped*: it may run; the next call finds it by its key.
    ///
    /// # Errors
    ///
    /// `Invalid`, `Exhausted`, `Unavailable`, `Forbidden`.
    async fn ensure(&self, key: &Key, spec: &LaunchSpec) -> Result<Observed<Endpoint>>;

    /// Looks at the launch `key`.
    ///
    /// *Answers*: all. *Dropped*: nothing happened.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn observe(&self, key: &Key) -> Result<Observed<Endpoint>>;

    /// Makes the launch `key`, and no other, end: asks it to end, waits, then forces it. Each call
    /// moves the stop along and answers at once.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: it may be stopping; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn remove(&self, key: &Key, how: Stop) -> Result<Observed<Endpoint>>;

    /// Every launch of this deployment, and of no other.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn list(&self) -> Result<Vec<Key>>;

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
mod tests {
    use super::*;

    #[test]
    fn the_digest_moves_with_every_setting_and_hides_secrets() {
        let spec = LaunchSpec {
            license: Some(Secret::new("a")),
            admin_key: Secret::new("hush"),
            ..LaunchSpec::default()
        };
        let first = spec.digest();
        assert_eq!(first, spec.clone().digest());
        let others = [
            LaunchSpec { admin_key: Secret::new("hush2"), ..spec.clone() },
            LaunchSpec { license: None, ..spec.clone() },
            LaunchSpec { language: Some("de.core".to_owned()), ..spec.clone() },
            LaunchSpec { hostname: Some("a.example.org".to_owned()), ..spec.clone() },
            LaunchSpec { public: Some((443, true)), ..spec.clone() },
            LaunchSpec {
                limits: Limits { cpu_millis: Some(1), ..Limits::default() },
                ..spec.clone()
            },
            LaunchSpec { route_prefix: "a".to_owned(), ..spec },
        ];
        assert!(others.iter().all(|other| other.digest() != first));
    }
}
