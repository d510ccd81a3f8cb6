//! What a volume needs before a program starts on it.
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::digest::sha256_hex;
use crate::foundry::{Holder, Options, clear_lock, forget_license, write_admin_key, write_license};
use crate::ports::LaunchSpec;
use crate::{Result, Secret, Timestamp};

/// How to run a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The executable.
    pub program: PathBuf,
    /// Words before the script, for an executable that is more than a runner of scripts.
    pub before: Vec<OsString>,
    /// The script that is the server.
    pub script: PathBuf,
}

/// Names what is to be launched: another digest is another launch. Holds no secret that could be read back.
pub(super) fn digest(spec: &LaunchSpec) -> String {
    let hidden = |secret: &Secret| sha256_hex(&[secret.expose().as_bytes()]);
    let release = spec.release.as_ref().map(|release| release.id.as_str());
    let text = format!(
        "{release:?} {:?} {:?} {} {:?} {:?} {:?} {:?}",
        spec.limits,
        spec.license.as_ref().map(hidden),
        hidden(&spec.admin_key),
        spec.language,
        spec.hostname,
        spec.route_prefix,
        spec.public,
    );
    sha256_hex(&[text.as_bytes()])
}

/// Writes the program's own files into the volume `folder`.
pub(super) async fn write_files(
    folder: &Path,
    spec: &LaunchSpec,
    port: u16,
    holder: Holder,
    now: Timestamp,
) -> Result<()> {
    let config = folder.join("Config");
    clear_lock(&config, holder, now).await?;
    let options = Options {
        port,
        data_path: folder.to_owned(),
        route_prefix: spec.route_prefix.clone(),
        hostname: spec.hostname.clone(),
        public: spec.public,
        language: spec.language.clone(),
    };
    options.write(&config).await?;
    write_admin_key(&config, &spec.admin_key).await?;
    match &spec.license {
        Some(key) => write_license(&config, key).await,
        None => forget_license(&config).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_moves_with_every_setting_and_hides_secrets() {
        let spec = LaunchSpec { admin_key: Secret::new("hush"), ..LaunchSpec::default() };
        let first = digest(&spec);
        assert_eq!(first, digest(&spec.clone()));
        let others = [
            LaunchSpec { admin_key: Secret::new("hush2"), ..spec.clone() },
            LaunchSpec { license: Some(Secret::new("a")), ..spec.clone() },
            LaunchSpec { language: Some("de.core".to_owned()), ..spec.clone() },
            LaunchSpec { public: Some((443, true)), ..spec.clone() },
            LaunchSpec { route_prefix: "a".to_owned(), ..spec },
        ];
        assert!(others.iter().all(|other| digest(other) != first));
    }
}
