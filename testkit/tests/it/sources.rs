//! The files of this repository, as text.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file under `folder` that ends like this, by its path in the repository, with its text.
pub(crate) fn files(folder: &str, end: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && name != "node_modules" && name != ".git" {
                folders.push(path);
            } else if name.ends_with(end) {
                let shown = path.strip_prefix(root()).unwrap().display().to_string();
                found.extend(std::fs::read_to_string(&path).ok().map(|text| (shown, text)));
            }
        }
    }
    assert!(!found.is_empty() || folder == "examples", "nothing under {folder}");
    found
}
