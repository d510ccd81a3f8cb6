//! The user data folder.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The paths below `--dataPath`.
#[derive(Debug, Clone)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder at `root`, which need not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    /// `--dataPath` itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// `Config/options.json`.
    pub fn options(&self) -> PathBuf {
        self.0.join("Config/options.json")
    }

    /// `Config/options.json.lock`, a folder while the program runs.
    pub fn lock(&self) -> PathBuf {
        self.0.join("Config/options.json.lock")
    }

    /// `Config/license.json`.
    pub fn license(&self) -> PathBuf {
        self.0.join("Config/license.json")
    }

    /// `Config/admin.txt`.
    pub fn admin(&self) -> PathBuf {
        self.0.join("Config/admin.txt")
    }

    /// `Logs`.
    pub fn logs(&self) -> PathBuf {
        self.0.join("Logs")
    }

    /// `Data`, which the program serves to anyone.
    pub fn data(&self) -> PathBuf {
        self.0.join("Data")
    }

    /// `Data/worlds/<id>`.
    pub fn world(&self, id: &str) -> PathBuf {
        self.0.join("Data/worlds").join(id)
    }

    /// `Data/systems/<id>/system.json`.
    pub fn system(&self, id: &str) -> PathBuf {
        self.0.join("Data/systems").join(id).join("system.json")
    }

    /// The ids of the game systems that are installed, in order.
    pub(crate) fn systems(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.join("Data/systems")).into_iter().flatten().flatten();
        let mut ids: Vec<_> = entries
            .filter(|entry| entry.path().join("system.json").is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        ids.sort();
        ids
    }

    /// Makes what is missing and proves that the folder can be written to.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        for folder in ["Config", "Data/worlds", "Data/systems", "Data/modules", "Logs", "Backups"] {
            fs::create_dir_all(self.0.join(folder))?;
        }
        let probe = self.0.join(".permission-test.txt");
        fs::write(&probe, "")?;
        fs::remove_file(probe)
    }
}

/// Writes a file so that a reader, or a power cut, meets the old text or the new one.
pub(crate) fn write_whole(path: &Path, text: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    fs::write(&draft, text)?;
    fs::rename(draft, path)
}
