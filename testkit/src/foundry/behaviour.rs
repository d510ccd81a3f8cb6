//! Every switch, its default and its spelling.
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::time::Duration;

/// How the stand-in behaves. The default is a healthy program.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "switches are on or off, each by itself")]
pub(crate) struct Behaviour {
    pub(crate) active_early: bool,
    pub(crate) bind: IpAddr,
    pub(crate) check_origin: bool,
    pub(crate) close: Duration,
    pub(crate) crash: CrashTrigger,
    pub(crate) crash_code: ExitKind,
    pub(crate) eula_again: bool,
    pub(crate) hang: bool,
    pub(crate) hostname: Option<String>,
    pub(crate) http_code: Option<u16>,
    pub(crate) keep_lock: bool,
    pub(crate) late_launch_reply: bool,
    pub(crate) launch: Duration,
    pub(crate) launch_fails: bool,
    pub(crate) lock_refresh: Duration,
    pub(crate) lock_stale: Duration,
    pub(crate) memory_mib: usize,
    pub(crate) migration: Duration,
    pub(crate) node: Option<String>,
    pub(crate) ping: Duration,
    pub(crate) repair: Duration,
    pub(crate) sign_fails: bool,
    pub(crate) site: Option<String>,
    pub(crate) spy: bool,
    pub(crate) start: Duration,
    pub(crate) status_code: Option<u16>,
    pub(crate) stop: Duration,
    pub(crate) stop_code: u8,
    pub(crate) users: Option<usize>,
    pub(crate) users_lag: Duration,
    pub(crate) world_size: usize,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            active_early: false,
            bind: Ipv4Addr::LOCALHOST.into(),
            check_origin: true,
            close: Duration::ZERO,
            crash: CrashTrigger::Never,
            crash_code: ExitKind::Exit(1),
            eula_again: false,
            hang: false,
            hostname: None,
            http_code: None,
            keep_lock: false,
            late_launch_reply: false,
            launch: Duration::from_millis(50),
            launch_fails: false,
            lock_refresh: Duration::from_secs(5),
            lock_stale: Duration::from_secs(10),
            memory_mib: 0,
            migration: Duration::from_millis(200),
            node: None,
            ping: Duration::from_secs(25),
            repair: Duration::from_millis(100),
            sign_fails: false,
            site: None,
            spy: false,
            start: Duration::ZERO,
            status_code: None,
            stop: Duration::ZERO,
            stop_code: 0,
            users: None,
            users_lag: Duration::from_secs(15),
            world_size: 0,
        }
    }
}

impl Behaviour {
    /// The behaviour `switches` describe; `Err` is a sentence that names the switch at fault.
    pub(crate) fn read(switches: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut behaviour = Self::default();
        for (switch, value) in switches {
            behaviour.set(switch, value).map_err(|why| {
                format!("the stand-in's switch `{switch}` cannot be `{value}`: {why}")
            })?;
        }
        Ok(behaviour)
    }

    fn set(&mut self, switch: &str, value: &str) -> Result<(), String> {
        match switch {
            "active_early" => self.active_early = yes(value)?,
            "bind" => self.bind = number(value)?,
            "check_origin" => self.check_origin = yes(value)?,
            "close" => self.close = duration(value)?,
            "crash" => self.crash = value.parse()?,
            "crash_code" => self.crash_code = value.parse()?,
            "eula_again" => self.eula_again = yes(value)?,
            "hang" => self.hang = yes(value)?,
            "hostname" => self.hostname = optional(value)?,
            "http_code" => self.http_code = optional(value)?,
            "keep_lock" => self.keep_lock = yes(value)?,
            "late_launch_reply" => self.late_launch_reply = yes(value)?,
            "launch" => self.launch = duration(value)?,
            "launch_fails" => self.launch_fails = yes(value)?,
            "lock_refresh" => self.lock_refresh = duration(value)?,
            "lock_stale" => self.lock_stale = duration(value)?,
            "memory_mib" => self.memory_mib = number(value)?,
            "migration" => self.migration = duration(value)?,
            "node" => self.node = optional(value.trim_start_matches('v'))?,
            "ping" => self.ping = duration(value)?,
            "repair" => self.repair = duration(value)?,
            "sign_fails" => self.sign_fails = yes(value)?,
            "site" => self.site = optional(value)?,
            "spy" => self.spy = yes(value)?,
            "start" => self.start = duration(value)?,
            "status_code" => self.status_code = optional(value)?,
            "stop" => self.stop = duration(value)?,
            "stop_code" => self.stop_code = number(value)?,
            "users" => self.users = optional(value)?,
            "users_lag" => self.users_lag = duration(value)?,
            "world_size" => self.world_size = number(value)?,
            _ => return Err("there is no such switch".into()),
        }
        Ok(())
    }
}

/// When the program dies of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CrashTrigger {
    Never,
    /// As soon as it is read.
    Now,
    /// This long after listening began.
    After(Duration),
    /// At a moment of the program.
    At(Moment),
}

/// A moment in the program's life at which it can be told to die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// After the lock is taken, before the port is.
    Start,
    /// As soon as the port is taken.
    Listen,
    /// In the middle of launching a world.
    Launch,
    /// In the middle of a migration.
    Migration,
    /// In the middle of closing a world.
    Close,
    /// While a world's database takes a change.
    Write,
}

impl FromStr for CrashTrigger {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "" | "false" | "null" | "never" => Self::Never,
            "true" | "now" => Self::Now,
            "start" => Self::At(Moment::Start),
            "listen" => Self::At(Moment::Listen),
            "launch" => Self::At(Moment::Launch),
            "migration" => Self::At(Moment::Migration),
            "close" => Self::At(Moment::Close),
            "write" => Self::At(Moment::Write),
            other => Self::After(duration(other)?),
        })
    }
}

/// What a supervisor sees of a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitKind {
    Exit(u8),
    /// SIGABRT, as node out of heap.
    Abort,
    /// SIGKILL, as the kernel out of memory.
    Kill,
}

impl FromStr for ExitKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "abort" => Ok(Self::Abort),
            "kill" => Ok(Self::Kill),
            code => Ok(Self::Exit(number(code)?)),
        }
    }
}

fn yes(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" | "yes" | "on" => Ok(true),
        "" | "0" | "false" | "no" | "off" | "null" => Ok(false),
        _ => Err("say `true` or `false`".into()),
    }
}

fn number<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|why: T::Err| why.to_string())
}

fn optional<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<Option<T>, String> {
    if matches!(text, "" | "null" | "false") { Ok(None) } else { number(text).map(Some) }
}

/// `250ms`, `2s`, `1m`, or `0`.
fn duration(text: &str) -> Result<Duration, String> {
    const SPELLING: &str = "say a duration as `250ms`, `2s` or `1m`";
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let amount: u64 = digits.parse().map_err(|_| SPELLING.to_owned())?;
    match &text[digits.len()..] {
        "ms" => Ok(Duration::from_millis(amount)),
        "s" => Ok(Duration::from_secs(amount)),
        "m" => Ok(Duration::from_secs(amount.saturating_mul(60))),
        "" if amount == 0 => Ok(Duration::ZERO),
        _ => Err(SPELLING.to_owned()),
    }
}

#[cfg(test)]
mod tests;
