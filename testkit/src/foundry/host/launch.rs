//! How the stand-in is to be started.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot unpack a release has failed"
)]
use std::ffi::OsString;
use std::io::Cursor;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::foundry::archive::{Layout, release_zip};
use crate::foundry::folder::DataFolder;
use crate::foundry::version::Version;

/// A start in the making.
#[derive(Debug)]
pub struct Launch {
    pub(super) exe: Option<PathBuf>,
    pub(super) script: PathBuf,
    pub(super) flags: Vec<OsString>,
    pub(super) switches: Vec<(String, String)>,
    pub(super) data: DataFolder,
    pub(super) temporary: Vec<TempDir>,
}

impl Launch {
    /// Runs `exe` as `version`, unpacked into a temporary folder, with an empty data folder.
    pub fn of(exe: impl Into<PathBuf>, version: Version) -> Self {
        Self { exe: Some(exe.into()), ..Self::here(version) }
    }

    /// The same with any archive that holds a `main.js`.
    pub fn of_archive(exe: impl Into<PathBuf>, archive: Vec<u8>) -> Self {
        Self { exe: Some(exe.into()), ..Self::unpacked(archive) }
    }

    /// Runs `version` on a thread of this process: no executable needed, but no process id either.
    pub fn here(version: Version) -> Self {
        let layout = Layout::of(version).last().copied().unwrap_or(Layout::Electron);
        Self::unpacked(release_zip(version, layout).expect("memory suffices"))
    }

    /// Runs the `script` of a release that is unpacked already with `exe`, on an empty data folder.
    pub fn of_script(exe: impl Into<PathBuf>, script: impl Into<PathBuf>) -> Self {
        Self { exe: Some(exe.into()), ..Self::scripted(script.into()) }
    }

    fn unpacked(archive: Vec<u8>) -> Self {
        let home = TempDir::new().expect("a temporary folder can be made");
        let mut zip = zip::ZipArchive::new(Cursor::new(archive)).expect("the archive is sound");
        zip.extract(home.path()).expect("the archive can be unpacked");
        let scripts = ["main.js", "resources/app/main.js"].map(|script| home.path().join(script));
        let script = scripts.into_iter().find(|script| script.is_file());
        let mut launch = Self::scripted(script.expect("there is a script"));
        launch.temporary.push(home);
        launch
    }

    fn scripted(script: PathBuf) -> Self {
        let data = TempDir::new().expect("a temporary folder can be made");
        Self {
            exe: None,
            script,
            flags: Vec::new(),
            switches: Vec::new(),
            data: DataFolder::at(data.path()),
            temporary: vec![data],
        }
    }

    /// Prepares the data folder.
    #[must_use]
    pub fn prepared(mut self, prepare: impl FnOnce(DataFolder) -> DataFolder) -> Self {
        self.data = prepare(self.data);
        self
    }

    /// Uses this data folder, which outlives the stand-in.
    #[must_use]
    pub fn on(mut self, data: &DataFolder) -> Self {
        self.data = data.clone();
        self
    }

    /// Adds a flag of the program, as `--world=demo`. The last one of a name counts.
    #[must_use]
    pub fn flag(mut self, flag: impl Into<OsString>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Sets a switch of the stand-in through its environment.
    #[must_use]
    pub fn switch(mut self, name: &str, value: &str) -> Self {
        self.switches.push((format!("STAND_IN_{}", name.to_uppercase()), value.to_owned()));
        self
    }
}
