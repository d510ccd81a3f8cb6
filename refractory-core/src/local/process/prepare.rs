//! What a volume needs before a program starts on it.
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::foundry::{Holder, Options, clear_lock, forget_license, write_admin_key, write_license};
use crate::ports::LaunchSpec;
use crate::{Result, Timestamp};

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
