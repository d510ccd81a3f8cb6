//! The backends that this program knows.
use std::ffi::OsString;
use std::path::PathBuf;

use refractory_core::config::Backend;
use refractory_core::foundry::node::registry_in;
use refractory_core::local::{DemoProgram, LocalBackend};
use refractory_core::text::decode;

/// Everything that `[core] backend` may name.
pub(crate) type Backends = Vec<Box<dyn Backend>>;

/// The backends that this program knows. A program with another list is another program.
pub(crate) fn backends() -> Backends {
    vec![
        Box::new(local()),
        #[cfg(feature = "aws")]
        Box::new(refractory_aws::AwsBackend::default()),
    ]
}

fn local() -> LocalBackend {
    LocalBackend::new(demo())
        .with_search(search())
        .with_environment(environment())
        .with_registry(registry())
}

/// The folders that commands are looked for in.
pub(crate) fn search() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The environment that shims of version managers find their version by, without what is ours: it holds secrets.
pub(crate) fn environment() -> Vec<(OsString, OsString)> {
    let is_theirs = |name: &OsString| {
        let name = name.to_string_lossy();
        !name.starts_with("REFRACTORY") && name != "NODE_OPTIONS"
    };
    std::env::vars_os().filter(|(name, _)| is_theirs(name)).collect()
}

/// The npm registry that this user has chosen, if any: nobody else is asked for Node.js.
pub(crate) fn registry() -> Option<String> {
    let file = std::env::home_dir()?.join(".npmrc");
    registry_in(decode(&std::fs::read(file).ok()?).ok()?)
}

#[cfg(feature = "demo")]
fn demo() -> Option<DemoProgram> {
    crate::commands::demo_program()
}

#[cfg(not(feature = "demo"))]
fn demo() -> Option<DemoProgram> {
    None
}
