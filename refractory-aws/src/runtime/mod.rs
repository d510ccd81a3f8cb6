//! Tables as tasks of ECS on Fargate, and what they print.
//!
//! Three families of names lead back to everything: the tags of a task, the family of a table's task definitions, and the
//! version of the table's secret that is named after a launch. A new process finds all of it again.
mod batch_loader;
mod cleanup;
mod context;
mod definition;
#[cfg(test)]
mod fixtures;
mod launch;
mod launch_cache;
mod launch_secret;
mod logs;
mod lookup;
mod observed_task;
mod placement;
mod port;
mod register;
mod run;
mod secret_text;
mod size;
mod stop;
mod stop_reason;

pub use logs::CloudWatchLogs;
pub use port::FargateRuntime;
