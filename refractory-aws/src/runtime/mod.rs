//! Tables as tasks of ECS on Fargate, and what they print.
//!
//! Three families of names lead back to everything: the tags of a task, the family of a table's task definitions, and the
//! version of the table's secret that is named after a launch. Whoever remembers nothing finds all of it again.
mod begin;
mod capacity;
mod definition;
mod end;
mod fleet;
mod forget;
mod gather;
mod logs;
mod look;
mod memory;
mod place;
mod port;
mod register;
mod run;
#[cfg(test)]
mod sample;
mod sight;
mod size;
mod stop;
mod stretch;
mod tell;
mod told;

pub use logs::CloudWatchLogs;
pub use port::FargateRuntime;
