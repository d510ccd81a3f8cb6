//! What lies beside the script: which program, which version, which files.
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::version::Version;

/// The name in package.json that makes the program a demonstration, which needs no license.
pub(crate) const DEMO_NAME: &str = "refractory-demo";

/// The unpacked release the stand-in plays.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) version: Version,
    /// The oldest major version of Node.js it starts on.
    pub(crate) node_minimum: u32,
    /// Whether it is the demonstration, which needs no license.
    pub(crate) demo: bool,
    home: PathBuf,
}

impl Program {
    /// Reads the package.json beside `script`.
    pub(crate) fn beside(script: &Path) -> Result<Self, String> {
        if !script.is_file() {
            return Err(format!("Error: Cannot find module '{}'", script.display()));
        }
        let home = script.parent().map(Path::to_path_buf).unwrap_or_default();
        let manifest = home.join("package.json");
        let text = std::fs::read(&manifest)
            .map_err(|why| format!("Error: cannot read {}: {why}", manifest.display()))?;
        let package: Value = serde_json::from_slice(&text)
            .map_err(|why| format!("Error: {} is not JSON: {why}", manifest.display()))?;
        let version = version(&package).ok_or_else(|| {
            format!("Error: {} names no release.generation and release.build", manifest.display())
        })?;
        let node_minimum = small(&package["release"]["node_version"]);
        Ok(Self {
            version,
            node_minimum: node_minimum.unwrap_or_else(|| version.node_minimum()),
            demo: package["name"] == DEMO_NAME,
            home,
        })
    }

    /// The folder of the program's own static files.
    pub(crate) fn public(&self) -> PathBuf {
        self.home.join("public")
    }

    /// The sentence the program dies with when `node` (as `20.11.0`) is too old for it.
    pub(crate) fn refusal_of_node(&self, node: &str) -> Option<String> {
        let major: u32 = node.split('.').next()?.parse().ok()?;
        (major < self.node_minimum).then(|| {
            format!(
                "You are using Node.js version {node}. Foundry Virtual Tabletop requires Node.js \
                 version {} or greater.",
                self.node_minimum
            )
        })
    }
}

fn version(package: &Value) -> Option<Version> {
    let release = &package["release"];
    Some(Version::new(small(&release["generation"])?, small(&release["build"])?))
}

fn small(number: &Value) -> Option<u32> {
    number.as_u64().and_then(|number| number.try_into().ok())
}
