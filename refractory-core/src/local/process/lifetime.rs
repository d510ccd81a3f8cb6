//! Whether programs can outlive the process that started them.
use std::fs;

/// The number of the process namespace of the machine itself. The kernel has fixed it (`PROC_PID_INIT_INO`).
const OF_THE_MACHINE: &str = "pid:[4026531836]";
/// Programs that, as process 1, run on when what they were started for ends.
const MANAGERS: [&str; 8] =
    ["systemd", "init", "openrc-init", "runit", "s6-svscan", "supervisord", "dinit", "procd"];
/// Programs that start one other and end with it: the little inits of containers, and shells that scripts run in.
const WRAPPERS: [&str; 13] = [
    "tini",
    "tini-static",
    "docker-init",
    "dumb-init",
    "catatonit",
    "sh",
    "bash",
    "dash",
    "ash",
    "busybox",
    "gosu",
    "su-exec",
    "setpriv",
];
/// No chain of processes that wrap one another is longer.
const LONGEST: usize = 16;

/// What is known of where this process stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    pid: u32,
    /// The process namespace, as `/proc/self/ns/pid` names it; none where that cannot be read.
    namespace: Option<String>,
    /// The names of the processes above this one, the nearest first; the last is process 1 where it was reached.
    above: Vec<String>,
    /// Whether process 1 is the last of them.
    reaches_first: bool,
}

/// Whether whatever this process starts ends when it ends, whatever session it is in: this is process 1, or process 1 of its
/// namespace has nothing else to wait for. The kernel then ends everything in the namespace, and asks nobody.
///
/// Asked when this process begins: later it may have lost who started it.
pub(super) fn ends_with_us() -> bool {
    judge(&standing())
}

fn judge(at: &Standing) -> bool {
    if at.pid == 1 {
        return true;
    }
    if at.namespace.as_deref().is_none_or(|namespace| namespace == OF_THE_MACHINE) {
        return false;
    }
    let Some((first, between)) = at.above.split_last() else { return false };
    let wraps = |name: &String| WRAPPERS.contains(&name.as_str());
    at.reaches_first && !MANAGERS.contains(&first.as_str()) && between.iter().all(wraps)
}

fn standing() -> Standing {
    let namespace = fs::read_link("/proc/self/ns/pid").ok();
    let (mut above, mut pid, mut reaches_first) = (Vec::new(), std::process::id(), false);
    while above.len() < LONGEST && !reaches_first {
        match parent(pid) {
            Some(parent) if parent != 0 => pid = parent,
            Some(_) | None => break,
        }
        above.push(name(pid));
        reaches_first = pid == 1;
    }
    Standing {
        pid: std::process::id(),
        namespace: namespace.map(|link| link.to_string_lossy().into_owned()),
        above,
        reaches_first,
    }
}

fn parent(pid: u32) -> Option<u32> {
    super::proc::stat(pid).ok().flatten().map(|stat| stat.parent)
}

fn name(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pid: u32, namespace: &str, above: &[&str]) -> bool {
        judge(&Standing {
            pid,
            namespace: Some(namespace.to_owned()),
            above: above.iter().map(|name| (*name).to_owned()).collect(),
            reaches_first: true,
        })
    }

    #[test]
    fn what_process_1_of_a_container_starts_ends_with_it() {
        const OWN: &str = "pid:[4026532700]";
        assert!(at(1, OWN, &[]));
        assert!(at(1, OF_THE_MACHINE, &[]), "a machine that runs nothing else");
        for wrapped in
            [&["tini"][..], &["docker-init"], &["sh", "tini"], &["bash"], &["my-entrypoint"]]
        {
            assert!(at(7, OWN, wrapped), "{wrapped:?}");
        }
        for lives_on in
            [&["systemd"][..], &["supervisord"], &["bash", "sshd", "tini"], &["it-1234", "tini"]]
        {
            assert!(!at(7, OWN, lives_on), "{lives_on:?}");
        }
    }

    #[test]
    fn on_the_machine_itself_and_beside_a_container_s_process_1_programs_live_on() {
        assert!(!at(7, OF_THE_MACHINE, &["sh", "tini"]));
        let entered = Standing {
            pid: 7,
            namespace: Some("pid:[4026532700]".to_owned()),
            above: vec!["sh".to_owned()],
            reaches_first: false,
        };
        assert!(!judge(&entered), "as `docker exec` enters");
        assert!(!judge(&Standing { namespace: None, ..entered }));
    }

    #[test]
    fn a_test_knows_who_started_it() {
        let at = standing();
        assert_eq!(at.pid, std::process::id());
        assert!(at.namespace.is_some() && !at.above.is_empty(), "{at:?}");
        assert!(!judge(&at), "whatever runs tests is no wrapper: {at:?}");
    }
}
