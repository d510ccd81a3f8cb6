//! The backends that this program knows.
use refractory_core::config::Backend;
use refractory_core::local::LocalBackend;

/// Everything that `[core] backend` may name.
pub(crate) type Backends = Vec<Box<dyn Backend>>;

/// The backends that this program knows. A program with another list is another program.
pub(crate) fn backends() -> Backends {
    vec![Box::new(local())]
}

#[cfg(feature = "demo")]
fn local() -> LocalBackend {
    LocalBackend::new(crate::commands::demo_program())
}

#[cfg(not(feature = "demo"))]
fn local() -> LocalBackend {
    LocalBackend::new(None)
}
