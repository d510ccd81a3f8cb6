//! The backends of this program.
use std::ffi::OsString;
use std::path::PathBuf;

use refractory_core::config::Backend;
use refractory_core::foundry::node::registry_in;
use refractory_core::local::{DemoProgram, LocalBackend};
use refractory_core::text::decode;

/// The values of `[core] backend`.
pub(crate) type Backends = Vec<Box<dyn Backend>>;

/// The backends of this program.
pub(crate) fn backends() -> Backends {
    vec![
        Box::new(local()),
        #[cfg(feature = "aws")]
        Box::new(refractory_aws::AwsBackend::default()),
    ]
}

fn local() -> LocalBackend {
    LocalBackend::new(demo())
        .with_search(search_path())
        .with_environment(environment())
        .with_registry(npm_registry())
}

/// The folders of the search path.
pub(crate) fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The environment for shims of version managers, without our own variables: they hold secrets.
pub(crate) fn environment() -> Vec<(OsString, OsString)> {
    let is_theirs = |name: &OsString| {
        let name = name.to_string_lossy();
        !name.starts_with("REFRACTORY") && name != "NODE_OPTIONS"
    };
    std::env::vars_os().filter(|(name, _)| is_theirs(name)).collect()
}

/// The npm registry of this user, if one is configured. Node.js comes from no other one.
pub(crate) fn npm_registry() -> Option<String> {
    let file = std::env::home_dir()?.join(".npmrc");
    registry_in(decode(&std::fs::read(file).ok()?).ok()?)
}

#[cfg(feature = "demo")]
fn demo() -> Option<DemoProgram> {
    super::demo_program::demo_program()
}

#[cfg(not(feature = "demo"))]
fn demo() -> Option<DemoProgram> {
    None
}
