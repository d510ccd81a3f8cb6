//! Starting a process that is on its own from its first moment.
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Stdio;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessSession};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setpriority_process};
use tokio::process::Command;

use super::ProcessSettings;
use super::marker::VARIABLE;
use super::prepare::Invocation;
use crate::model::Limits;

/// What a process is started with.
pub(super) struct Start<'a> {
    pub(super) invocation: &'a Invocation,
    pub(super) settings: &'a ProcessSettings,
    pub(super) limits: &'a Limits,
    /// The volume: its working folder, its home and its data.
    pub(super) folder: &'a Path,
    pub(super) port: u16,
    /// What the variable of the mark says.
    pub(super) mark: String,
}

impl Start<'_> {
    /// Starts it: a session of its own, all output to `output`, nothing inherited.
    ///
    /// Comes back once the new program has taken the place of ours in the child, or could not.
    pub(super) fn spawn(&self, output: File) -> io::Result<Box<dyn ChildWrapper>> {
        let errors = output.try_clone()?;
        let mut command = Command::new(&self.invocation.program);
        command
            .args(&self.invocation.before)
            .arg(&self.invocation.script)
            .arg(format!("--port={}", self.port))
            .arg(self.data_path())
            .args(["--noupdate", "--noupnp", "--noipdiscovery", "--headless"])
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        self.environment(&mut command);
        let child = CommandWrap::from(command).wrap(ProcessSession).spawn()?.into_inner();
        if let Some(pid) = child.id() {
            self.restrain(pid);
        }
        Ok(child)
    }

    fn data_path(&self) -> std::ffi::OsString {
        let mut word = std::ffi::OsString::from("--dataPath=");
        word.push(self.folder);
        word
    }

    /// Secrets of ours are in our environment; none of it is theirs.
    fn environment(&self, command: &mut Command) {
        command.env_clear().env(VARIABLE, &self.mark).envs(self.settings.environment(self.folder));
        if let Some(memory) = self.limits.memory {
            command.env("NODE_OPTIONS", format!("--max-old-space-size={}", heap(memory)));
        }
    }

    /// Limits that can only be set on a process that is there. Doing without is no reason to stop it.
    fn restrain(&self, pid: u32) {
        let Some(process) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
        let most = getrlimit(Resource::Nofile).maximum;
        let files =
            most.map_or(self.settings.open_files, |most| most.min(self.settings.open_files));
        let mut limits = vec![
            (Resource::Nofile, Rlimit { current: Some(files), maximum: Some(files) }),
            (Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }),
        ];
        if !self.is_confined(pid) {
            let data = |memory| Rlimit { current: Some(memory), maximum: Some(memory) };
            limits.extend(self.limits.memory.map(|memory| (Resource::Data, data(memory))));
        }
        for (what, limit) in limits {
            if let Err(error) = prlimit(Some(process), what, limit) {
                tracing::warn!(pid, ?what, %error, "a limit was not set");
            }
        }
        if self.settings.niceness != 0
            && let Err(error) = setpriority_process(Some(process), self.settings.niceness)
        {
            tracing::warn!(pid, %error, "the priority was not set");
        }
    }

    /// Puts the process into a control group of its own, where there are any; whether the kernel keeps its limits there.
    fn is_confined(&self, pid: u32) -> bool {
        let Some(groups) = &self.settings.control_group else { return false };
        let entered = groups.enter(&self.mark, pid, self.limits);
        if let Err(error) = &entered {
            tracing::warn!(pid, ?groups, %error, "there is no control group for a launch");
        }
        entered.is_ok()
    }
}

/// Mebibytes of heap that leave room for everything else Node.js keeps in `memory` bytes.
fn heap(memory: u64) -> u64 {
    ((memory / 5 * 4) >> 20).max(64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_heap_leaves_a_fifth_of_the_memory() {
        assert_eq!(super::heap(1 << 30), 819);
        assert_eq!(super::heap(1), 64);
    }
}
