//! Putting an archive that somebody packed anew back to what the vendor packed.
use std::fs::{File, Metadata};
use std::io::{BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::contents::{identify, open};
use super::entries::{Entries, Kind, damaged};
use super::{Limits, Refusal};
use crate::blocking::{Wanted, blocking};
use crate::disk::refused;
use crate::{Error, ErrorKind, Result};

const DURING: &str = "reading a release archive";

/// Writes the release in the archive `from` to the new file `into`, where the archive was packed anew: with a
/// folder around it, with names as other systems write them, with what they put beside files. Whoever unpacks
/// it then finds what the vendor packed. Says whether it did; an archive that is as it was downloaded stays alone.
///
/// # Errors
///
/// `Invalid` with the sentence of a [`Refusal`]; `NotFound`, `Forbidden`, `Exhausted`, `Unavailable` where a file cannot be used.
pub async fn repack_archive(from: PathBuf, into: PathBuf, limits: Limits) -> Result<bool> {
    blocking(DURING, move |wanted| {
        let written = repack_file(&from, &into, &limits, wanted);
        if written.is_err() {
            // The first failure is the one worth telling.
            let _ = std::fs::remove_file(&into);
        }
        written
    })
    .await
}

fn repack_file(from: &Path, into: &Path, limits: &Limits, wanted: &Wanted) -> Result<bool> {
    let unreadable = |error| refused(error, DURING, from);
    check_is_file(from, &std::fs::metadata(from).map_err(unreadable)?)?;
    let file = File::open(from).map_err(unreadable)?;
    let mut archive = open(BufReader::new(file))?;
    let entries = Entries::read(&mut archive, limits)?;
    if !entries.is_packed_anew() {
        return Ok(false);
    }
    identify(&mut archive, &entries)?;
    let refuse = |error| refused(error, DURING, into);
    let mut writer = ZipWriter::new(File::create_new(into).map_err(refuse)?);
    for (name, entry) in entries.iter() {
        wanted.check()?;
        copy(&mut archive, &mut writer, name, entry.index, &entry.kind)?;
    }
    let file = writer.finish().map_err(|error| damaged(&error))?;
    file.sync_all().map_err(refuse)?;
    check(into, &entries, limits)?;
    Ok(true)
}

/// Refuses folders, and what would be read for ever.
pub(crate) fn check_is_file(path: &Path, found: &Metadata) -> Result<()> {
    let shown = path.display();
    let said = if found.is_file() {
        return Ok(());
    } else if found.is_dir() {
        format!("`{shown}` is a folder. Name the zip of a release, as it was downloaded.")
    } else {
        format!("`{shown}` is no file, but a pipe or a device. Name the zip of a release.")
    };
    Err(Error::new(ErrorKind::Invalid, DURING).about("path", shown).advise(said))
}

/// Copies one entry, packed as it is.
fn copy<R: Read + Seek, W: Write + Seek>(
    archive: &mut zip::ZipArchive<R>,
    writer: &mut ZipWriter<W>,
    name: &str,
    index: usize,
    kind: &Kind,
) -> Result<(), Refusal> {
    let written = match kind {
        Kind::Folder => writer.add_directory(name, SimpleFileOptions::default()),
        Kind::File { .. } | Kind::Link { .. } => {
            archive.by_index_raw(index).and_then(|file| writer.raw_copy_file_rename(file, name))
        }
    };
    written.map_err(|error| damaged(&error))
}

/// Makes sure that the new archive holds what was meant, whatever else its entries brought along.
fn check(into: &Path, meant: &Entries, limits: &Limits) -> Result<()> {
    let file = File::open(into).map_err(|error| refused(error, DURING, into))?;
    let written = Entries::read(&mut open(BufReader::new(file))?, limits)?;
    let same = written
        .iter()
        .map(|(name, entry)| (name, &entry.kind, entry.size))
        .eq(meant.iter().map(|(name, entry)| (name, &entry.kind, entry.size)));
    if same && !written.is_packed_anew() {
        return Ok(());
    }
    Err(Refusal::NotFoundry("it was repacked in a way that can't be undone".to_owned()).into())
}

#[cfg(test)]
mod tests;
