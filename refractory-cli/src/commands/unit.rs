//! What systemd does to tables when it stops the unit that `up` runs in.
use std::fs;
use std::process::Command;

use refractory_core::finding::Finding;
use refractory_core::local::AtExit;

const ABOUT: &str = "systemd";

/// Whether stopping the unit of the process `up` ends tables with their worlds open; none where it runs in no unit, or systemd
/// can't be asked.
pub(crate) fn examine(up: u32, at_exit: AtExit) -> Option<Finding> {
    let groups = fs::read_to_string(format!("/proc/{up}/cgroup")).ok()?;
    let unit = Unit::of(&groups)?;
    Some(judge(unit.name, &unit.kill_mode()?, at_exit))
}

/// A service of systemd.
#[derive(Debug, PartialEq, Eq)]
struct Unit<'a> {
    name: &'a str,
    /// Whether a user's own systemd runs it.
    is_users: bool,
}

impl<'a> Unit<'a> {
    /// The service that a process in these control groups belongs to.
    fn of(groups: &'a str) -> Option<Self> {
        let paths = groups.lines().filter_map(|line| line.splitn(3, ':').nth(2));
        paths.filter_map(|path| path.rsplit_once('/')).find_map(|(above, name)| {
            let is_unit = name.ends_with(".service") && !name.starts_with("user@");
            is_unit.then(|| Self { name, is_users: above.contains("/user@") })
        })
    }

    fn kill_mode(&self) -> Option<String> {
        let of = if self.is_users { "--user" } else { "--system" };
        let output = Command::new("systemctl")
            .args([of, "show", "--property=KillMode", "--value", "--", self.name])
            .output()
            .ok()?;
        let mode = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (!mode.is_empty()).then_some(mode)
    }
}

fn judge(unit: &str, mode: &str, at_exit: AtExit) -> Finding {
    let is_safe = match mode {
        "process" | "none" => true,
        // Only `up` is told; what is left when it has ended is killed.
        "mixed" => at_exit == AtExit::Close,
        _ => false,
    };
    if is_safe {
        return Finding::fine(
            ABOUT,
            format!("Stopping {unit} is safe for tables (KillMode={mode})."),
        );
    }
    Finding::problem(
        ABOUT,
        format!(
            "Stopping or restarting {unit} ends Foundry without closing its worlds (KillMode={mode})."
        ),
        "Set `KillMode=process` in its unit, so that tables outlive `up`; or `KillMode=mixed` with `at_exit = \"close\"` in `[local]` and a \
         `TimeoutStopSec=` above `stop_grace`. Then run `systemctl daemon-reload`.",
    )
}

#[cfg(test)]
mod tests {
    use refractory_core::finding::State;

    use super::*;

    #[test]
    fn the_service_is_read_from_the_control_group() {
        let of = |groups: &'static str| Unit::of(groups).map(|unit| (unit.name, unit.is_users));
        assert_eq!(
            of("0::/system.slice/refractory.service\n"),
            Some(("refractory.service", false))
        );
        assert_eq!(
            of("12:pids:/system.slice/ssh.service\n1:name=systemd:/x/r.service\n"),
            Some(("ssh.service", false))
        );
        let own = "0::/user.slice/user-7.slice/user@7.service/app.slice/r.service\n";
        assert_eq!(of(own), Some(("r.service", true)));
        for none in [
            "0::/\n",
            "",
            "0::/user.slice/user-7.slice/session-1.scope\n",
            "0::/user.slice/user-7.slice/user@7.service\n",
            "0::/docker/0123\n",
        ] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn what_takes_tables_along_is_a_problem() {
        let state = |mode, at_exit| judge("r.service", mode, at_exit).state;
        for at_exit in [AtExit::Auto, AtExit::Keep, AtExit::Close] {
            assert_eq!(state("control-group", at_exit), State::Problem);
            assert_eq!(state("process", at_exit), State::Fine);
        }
        assert_eq!(state("mixed", AtExit::Auto), State::Problem);
        assert_eq!(state("mixed", AtExit::Close), State::Fine);
        let said = judge("r.service", "control-group", AtExit::Auto);
        assert!(
            said.sentence.contains("r.service")
                && said.remedy.unwrap().contains("KillMode=process")
        );
    }
}
