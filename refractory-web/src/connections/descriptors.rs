//! How many files and sockets this process may have open.
use std::io;

use rustix::process::{Resource, getrlimit, setrlimit};

/// What is assumed where there is no limit at all: enough for everything there is to serve.
const PLENTY: u64 = 1 << 20;

/// How many files and sockets a process may have open (`RLIMIT_NOFILE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptors {
    /// What holds now.
    pub now: u64,
    /// The limit that the process may raise it to.
    pub most: u64,
}

impl Descriptors {
    /// Those of this process.
    pub fn of_this_process() -> Self {
        let limit = getrlimit(Resource::Nofile);
        let number = |limit: Option<u64>| limit.unwrap_or(PLENTY);
        Self { now: number(limit.current), most: number(limit.maximum) }
    }

    /// Raises the limit of this process as far as it goes: for programs, once, at their start.
    ///
    /// # Errors
    ///
    /// As the kernel has them. The former limit holds then.
    pub fn raise() -> io::Result<Self> {
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit)?;
        Ok(Self::of_this_process())
    }

    /// How many this process has open; none if the system does not report it.
    pub fn open() -> Option<usize> {
        Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
    }
}
