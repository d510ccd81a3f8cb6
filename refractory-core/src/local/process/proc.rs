//! What the kernel says about processes.
use std::fs;
use std::io::{self, ErrorKind as Io};
use std::path::Path;

/// A process, named so that a reused number is not mistaken for it: a number and a start time are
/// one process for as long as the machine is up.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub(super) struct Process {
    /// Its number.
    pub(super) pid: u32,
    /// When it was started, in clock ticks since the machine came up.
    pub(super) start: u64,
}

/// A line of `/proc/<pid>/stat`, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) process: Process,
    /// The number of the process it belongs to.
    pub(super) parent: u32,
    /// The number of its session: its own, where it leads one.
    pub(super) session: u32,
    /// Ended, and only waiting to be reaped.
    pub(super) ended: bool,
}

/// The name of this boot of the machine.
pub(super) fn boot() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// What is known of the process `pid`; `None` where there is none.
pub(super) fn stat(pid: u32) -> io::Result<Option<Stat>> {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(line) => parse(pid, &line).map(Some).ok_or_else(|| io::Error::from(Io::InvalidData)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The program's name stands in brackets and may hold anything, brackets too.
fn parse(pid: u32, line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat {
        process: Process { pid, start: fields.get(19)?.parse().ok()? },
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        ended: matches!(*fields.first()?, "Z" | "X" | "x"),
    })
}

/// Whether `process` still runs.
pub(super) fn runs(process: Process) -> io::Result<bool> {
    Ok(stat(process.pid)?.is_some_and(|found| found.process == process && !found.ended))
}

/// The numbers of all processes.
pub(super) fn all() -> io::Result<Vec<u32>> {
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    Ok(fs::read_dir("/proc")?.flatten().filter_map(number).collect())
}

/// The value of `name` in the environment `pid` was started with; `None` where it has none, where it
/// is gone, and where it is somebody else's.
pub(super) fn variable(pid: u32, name: &str) -> io::Result<Option<String>> {
    let environment = part(pid, "environ")?;
    let found = environment.split(|byte| *byte == 0).find_map(|entry| {
        let text = std::str::from_utf8(entry).ok()?;
        text.strip_prefix(name)?.strip_prefix('=').map(ToOwned::to_owned)
    });
    Ok(found)
}

/// The words `pid` was started with.
pub(super) fn command_line(pid: u32) -> io::Result<Vec<String>> {
    let line = part(pid, "cmdline")?;
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    Ok(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
}

fn part(pid: u32, name: &str) -> io::Result<Vec<u8>> {
    match fs::read(format!("/proc/{pid}/{name}")) {
        Err(error) if is_gone(&error) || error.kind() == Io::PermissionDenied => Ok(Vec::new()),
        read => read,
    }
}

/// The processes that listen on TCP port `port` in our network, as numbers of sockets.
fn listening_sockets(port: u16) -> io::Result<Vec<u64>> {
    const LISTENS: &str = "0A";
    let wanted = format!(":{port:04X}");
    let mut found = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = match fs::read_to_string(table) {
            Err(error) if error.kind() == Io::NotFound => continue,
            text => text?,
        };
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if let (Some(local), Some(&LISTENS), Some(socket)) =
                (fields.get(1), fields.get(3), fields.get(9))
                && local.ends_with(&wanted)
            {
                found.extend(socket.parse::<u64>());
            }
        }
    }
    Ok(found)
}

/// Whether one of `pids` listens on `port`.
pub(super) fn listens(pids: &[u32], port: u16) -> io::Result<bool> {
    let sockets = listening_sockets(port)?;
    let is_it = |target: &Path| {
        let name = target.to_str().and_then(|name| name.strip_prefix("socket:["));
        let number = name.and_then(|name| name.strip_suffix(']')?.parse::<u64>().ok());
        number.is_some_and(|number| sockets.contains(&number))
    };
    for pid in pids {
        let files = match fs::read_dir(format!("/proc/{pid}/fd")) {
            Err(error) if is_gone(&error) => continue,
            files => files?,
        };
        if files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|to| is_it(&to))) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == Io::NotFound
        || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let line = "7 (a) R (b) c) S 1 7 5 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 12345 0 0";
        let stat = parse(7, line).unwrap();
        assert_eq!(
            stat,
            Stat {
                process: Process { pid: 7, start: 12_345 },
                parent: 1,
                session: 5,
                ended: false
            }
        );
        assert!(parse(7, &line.replace(" S ", " Z ")).unwrap().ended);
        assert!(parse(7, "nonsense").is_none());
    }

    #[test]
    fn we_run_and_a_namesake_with_another_start_does_not() {
        let me = stat(std::process::id()).unwrap().unwrap();
        assert!(runs(me.process).unwrap());
        assert!(!runs(Process { start: me.process.start + 1, ..me.process }).unwrap());
        assert!(all().unwrap().contains(&me.process.pid));
        assert!(!boot().unwrap().is_empty());
    }

    #[test]
    fn who_listens_is_known() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        assert!(listens(&[std::process::id()], port).unwrap());
        drop(socket);
        assert!(!listens(&[std::process::id()], port).unwrap());
    }
}
