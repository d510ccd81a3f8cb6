//! Limits of memory and processor time: kept by the kernel in a control group, or by each process.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use refractory_core::local::{ControlGroup, Invocation, Programs};
use refractory_core::model::{Release, Urgency};
use refractory_core::ports::Observed;
use refractory_core::{Result, async_trait};
use rustix::process::Signal;
use tempfile::TempDir;

use super::bed::{Bed, gone, kill};

/// A control group to try with: the kernel's where we may make one that keeps limits, or a folder that imitates its files.
enum Ground {
    Kernel(PathBuf),
    Imitation(TempDir),
}

impl Ground {
    fn found() -> Self {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        for mount in mounts.lines().filter(|line| line.contains(" cgroup2 ")) {
            let root = mount.split(' ').nth(1).unwrap();
            let path = Path::new(root).join(format!("refractory-test-{}", std::process::id()));
            let usable = fs::create_dir(&path).is_ok() && ControlGroup::at(&path).prepare().is_ok();
            if usable {
                return Self::Kernel(path);
            }
            drop(fs::remove_dir(&path));
        }
        let place = tempfile::tempdir().unwrap();
        for file in ["cgroup.controllers", "cgroup.subtree_control"] {
            fs::write(place.path().join(file), "cpu memory").unwrap();
        }
        Self::Imitation(place)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kernel(path) => path,
            Self::Imitation(place) => place.path(),
        }
    }

    /// What is written in the group of the only launch.
    fn written(&self, file: &str) -> String {
        fs::read_to_string(self.launches().remove(0).join(file)).unwrap_or_default()
    }

    fn launches(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Self::Kernel(path) = self {
            drop(fs::remove_dir(path));
        }
    }
}

async fn limited(ground: &Ground) -> Bed {
    let mut bed = Bed::made().await;
    bed.config.control_group = Some(ground.path().display().to_string());
    (bed.spec.limits.memory, bed.spec.limits.cpu_millis) = (Some(256 << 20), Some(1_500));
    bed
}

#[tokio::test]
async fn a_launch_is_in_a_group_of_its_own_that_goes_with_it() {
    let ground = Ground::found();
    let bed = limited(&ground).await;
    let runtime = bed.runtime();
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    let inside = ground.written("cgroup.procs");
    assert!(inside.lines().any(|line| line == pid.to_string()), "{inside}");
    assert_eq!(ground.written("memory.max").trim(), (256 << 20).to_string());
    assert_eq!(ground.written("cpu.max").trim(), "150000 100000");
    bed.down(&runtime, 1, Urgency::Now).await;
    // A folder with files in it is not removed as a group is.
    let kept = usize::from(matches!(ground, Ground::Imitation(_)));
    assert_eq!(ground.launches().len(), kept);
}

/// A shell that wants more and more memory.
#[derive(Debug)]
struct Hog;

#[async_trait]
impl Programs for Hog {
    async fn resolve(&self, _: Option<&Release>) -> Result<Observed<Invocation>> {
        Ok(Observed::Ready(Invocation {
            program: "/bin/sh".into(),
            before: vec!["-c".into()],
            script: "x=0123456789abcdef; while :; do x=$x$x; done".into(),
        }))
    }
}

#[tokio::test]
async fn a_program_that_the_kernel_ended_for_want_of_memory_is_told_as_one() {
    let ground = Ground::found();
    let bed = limited(&ground).await;
    let said = if let Ground::Kernel(_) = &ground {
        bed.broken(&bed.ports().runtime_for(Arc::new(Hog)).unwrap(), 1).await
    } else {
        let runtime = bed.runtime();
        let pid = bed.up(&runtime, 1).await.pid.unwrap();
        let events = ground.launches().remove(0).join("memory.events");
        fs::write(events, "oom 1\noom_kill 1\n").unwrap();
        kill(pid, Signal::KILL);
        gone(pid).await;
        bed.broken(&runtime, 1).await
    };
    assert!(said.contains("ran out of the memory it may have"), "{said}");
}

#[tokio::test]
async fn without_a_group_a_limit_of_memory_holds_for_each_process() {
    let mut bed = Bed::made().await;
    bed.spec.limits.memory = Some(256 << 20);
    for group in [None, Some(bed.root().join("no-group").display().to_string())] {
        bed.config.control_group = group;
        let runtime = bed.runtime();
        let pid = bed.up(&runtime, 1).await.pid.unwrap();
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let data = limits.lines().find(|line| line.starts_with("Max data size")).unwrap();
        assert_eq!(data.split_whitespace().nth(3), Some("268435456"), "{data}");
        bed.down(&runtime, 1, Urgency::Now).await;
        fs::remove_dir_all(bed.root().join("runtime").join(bed.instance.as_str())).unwrap();
    }
}
