//! The sizes that Fargate sells.
use refractory_core::model::Limits;
use refractory_core::{Error, ErrorKind, Result};

use crate::AwsConfig;

const GIB: u32 = 1024;

/// What a task may be: its processor time in thousand-and-twenty-fourths of a core, and the least memory, the most, and
/// the steps between, in MiB.
const SIZES: &[(u32, u32, u32, u32)] = &[
    (512, GIB, 4 * GIB, GIB),
    (1024, 2 * GIB, 8 * GIB, GIB),
    (2048, 4 * GIB, 16 * GIB, GIB),
    (4096, 8 * GIB, 30 * GIB, GIB),
    (8192, 16 * GIB, 60 * GIB, 4 * GIB),
    (16_384, 32 * GIB, 120 * GIB, 8 * GIB),
];

/// A quarter of a core comes with these, in irregular steps.
const QUARTER: [u32; 3] = [512, GIB, 2 * GIB];

/// What a task gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskSize {
    /// Processor time, in thousand-and-twenty-fourths of a core.
    pub(crate) cpu: u32,
    /// Memory in MiB.
    pub(crate) memory: u32,
}

impl TaskSize {
    /// The smallest size that holds what `limits` ask for; where they say nothing, what `config` says.
    ///
    /// # Errors
    ///
    /// `Invalid`: nothing that Fargate sells is large enough.
    pub(crate) fn of(limits: &Limits, config: &AwsConfig) -> Result<Self> {
        let millis = limits.cpu_millis.unwrap_or(config.cpu_millis);
        let bytes = limits.memory.unwrap_or(config.memory.bytes());
        Self::holding(millis, bytes.div_ceil(1 << 20)).ok_or_else(|| too_large(millis, bytes))
    }

    fn holding(millis: u32, mebibytes: u64) -> Option<Self> {
        let wanted = u64::from(millis).saturating_mul(1024).div_ceil(1000);
        let quarter = QUARTER.into_iter().find(|memory| u64::from(*memory) >= mebibytes);
        if wanted <= 256
            && let Some(memory) = quarter
        {
            return Some(Self { cpu: 256, memory });
        }
        SIZES.iter().filter(|(cpu, ..)| u64::from(*cpu) >= wanted).find_map(
            |(cpu, least, most, step)| {
                let steps = mebibytes.saturating_sub(u64::from(*least)).div_ceil(u64::from(*step));
                let memory = u32::try_from(steps).ok()?.checked_mul(*step)?.checked_add(*least)?;
                (memory <= *most).then_some(Self { cpu: *cpu, memory })
            },
        )
    }
}

fn too_large(millis: u32, bytes: u64) -> Error {
    Error::new(ErrorKind::Invalid, "choosing a size of Fargate")
        .about("cpu", millis)
        .about("memory", bytes)
        .advise("Fargate sells at most 16 cores and 120 GiB for one table. Lower the limits of this table.")
}

#[cfg(test)]
mod tests;
