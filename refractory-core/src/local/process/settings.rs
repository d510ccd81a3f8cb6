//! How programs are run.
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use super::ControlGroup;

/// How programs are run on this machine.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProcessSettings {
    /// The ports programs listen on, one each. Below the range the system hands out by itself.
    pub ports: RangeInclusive<u16>,
    /// Where programs find other programs: the `PATH` they are given.
    pub search_path: String,
    /// The time zone they are given, as `Europe/Berlin`; the machine's where none.
    pub time_zone: Option<String>,
    /// How long after it was asked to end a program is ended by force, when nobody is in a hurry.
    pub gentle: Duration,
    /// The same when somebody is.
    pub hurried: Duration,
    /// How long one question to a program waits for its answer.
    pub answer_within: Duration,
    /// How long a program may neither answer nor print anything before it counts as hung.
    pub hung_after: Duration,
    /// How much the processor prefers others over programs, from 0 to 19.
    pub niceness: i32,
    /// How many files and connections a program may have open.
    pub open_files: u64,
    /// A version 2 control group this process may make groups in; limits of memory and processor time are then kept by
    /// the kernel. Without one a limit of memory holds for what each process of a launch claims for itself, and
    /// nothing limits processor time.
    pub control_group: Option<ControlGroup>,
    /// Whether programs are ended when this process is.
    pub at_exit: AtExit,
    /// How long there is for that.
    pub grace: Duration,
}

/// What becomes of programs when the process that started them is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AtExit {
    /// They are closed where they cannot outlive it, and live on everywhere else.
    #[default]
    Auto,
    /// They are closed.
    Close,
    /// They live on; whoever says so knows that they can.
    Keep,
}

impl ProcessSettings {
    /// The environment that programs get in the home folder `home`: nothing of ours is in it.
    pub(in crate::local) fn environment(&self, home: &Path) -> Vec<(OsString, OsString)> {
        let mut variables = vec![
            ("PATH".into(), self.search_path.clone().into()),
            ("HOME".into(), home.as_os_str().to_owned()),
            ("LANG".into(), "C.UTF-8".into()),
        ];
        variables.extend(self.time_zone.as_ref().map(|zone| ("TZ".into(), zone.into())));
        variables
    }
}

impl Default for ProcessSettings {
    fn default() -> Self {
        Self {
            ports: 30_000..=30_999,
            search_path: "/usr/local/bin:/usr/bin:/bin".to_owned(),
            time_zone: None,
            gentle: Duration::from_secs(30),
            hurried: Duration::from_secs(10),
            answer_within: Duration::from_secs(2),
            hung_after: Duration::from_mins(2),
            niceness: 0,
            open_files: 65_536,
            control_group: None,
            at_exit: AtExit::Auto,
            grace: Duration::from_secs(8),
        }
    }
}
