//! Programs as processes of this machine.
mod answer;
mod ask;
mod end;
mod group;
mod idle;
mod launch;
mod lifetime;
mod liveness_tracker;
mod look;
mod marker;
mod note;
mod orphans;
mod port;
mod prepare;
mod proc;
mod runtime;
mod settings;
mod spawn;
mod stop;

pub use group::ControlGroup;
pub use prepare::Invocation;
pub use runtime::{ProcessRuntime, Programs};
pub use settings::{AtExit, ProcessSettings};
