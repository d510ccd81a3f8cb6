//! What AWS does to people and an emulator does not, until it is told to.
use serde::{Deserialize, Serialize};

/// The weather of an account. The default is fair.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// `DescribeTasks` says MISSING of each new task this many times.
    pub missing: u32,
    /// Each new access key is refused this many times before it is known.
    pub fresh_key_refusals: u32,
    /// Where `RunTask` finds no capacity. Refused if a rule stands against each place that was asked for.
    pub no_capacity: Vec<Capacity>,
    /// This many tasks stop with `ResourceInitializationError` instead of starting.
    pub broken_starts: u32,
    /// Seconds for which each new task stays PROVISIONING.
    pub slow_starts: f64,
    /// `DescribeTargetHealth` says `initial` of each new target this many times.
    pub unhealthy: u32,
}

/// No capacity: `times` times, wherever every name that is given fits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// How often it is refused.
    pub times: u32,
    /// The availability zone; of subnets that exist only.
    pub zone: Option<String>,
    /// The subnet.
    pub subnet: Option<String>,
    /// `FARGATE` or `FARGATE_SPOT`.
    pub provider: Option<String>,
}
