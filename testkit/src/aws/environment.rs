//! Where the emulator's Python is, and where its code.
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Overrules where `.ci/emulator` puts the environment.
const OVERRIDE: &str = "REFRACTORY_EMULATOR";

/// The program `name` of the Python environment that `.ci/emulator` makes: `python`, with boto3, or `cfn-lint`.
///
/// # Errors
///
/// A sentence that names the command which makes it.
pub fn tool(name: &str) -> Result<PathBuf, String> {
    let tool = folder(|name| std::env::var_os(name)).join("bin").join(name);
    if tool.is_file() {
        return Ok(tool);
    }
    Err(format!(
        "The AWS emulator is not installed ({} is missing): run `.ci/emulator`, which makes it, or name its folder in \
         {OVERRIDE}.",
        tool.display()
    ))
}

/// The file `name` of the emulator's own code.
pub(super) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("aws").join(name)
}

/// As `.ci/emulator` has it.
fn folder(variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let set = |name: &str| variable(name).filter(|text| !text.is_empty()).map(PathBuf::from);
    set(OVERRIDE).unwrap_or_else(|| {
        let home = || set("HOME").unwrap_or_else(|| "/tmp".into()).join(".cache");
        set("XDG_CACHE_HOME").unwrap_or_else(home).join("refractory/emulator")
    })
}

#[cfg(test)]
mod tests;
