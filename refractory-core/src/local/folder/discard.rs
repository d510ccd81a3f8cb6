//! Removing a tree a little at a time.
use std::fs;
use std::io;
use std::path::Path;

/// Removes at most `budget` entries of the tree at `root`, never following a link; says whether all is gone.
pub(super) fn discard(root: &Path, budget: &mut usize) -> io::Result<bool> {
    let found = match fs::symlink_metadata(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        found => found?,
    };
    if !found.is_dir() {
        return fs::remove_file(root).map(|()| true);
    }
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.last().cloned() {
        match emptied(&folder, budget)? {
            Emptied::Deeper(inner) => open.push(inner),
            Emptied::OutOfBudget => return Ok(false),
            Emptied::Empty => {
                fs::remove_dir(&folder)?;
                open.pop();
            }
        }
    }
    Ok(true)
}

enum Emptied {
    Empty,
    Deeper(std::path::PathBuf),
    OutOfBudget,
}

fn emptied(folder: &Path, budget: &mut usize) -> io::Result<Emptied> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if *budget == 0 {
            return Ok(Emptied::OutOfBudget);
        }
        *budget -= 1;
        if entry.file_type()?.is_dir() {
            return Ok(Emptied::Deeper(entry.path()));
        }
        fs::remove_file(entry.path())?;
    }
    Ok(Emptied::Empty)
}
