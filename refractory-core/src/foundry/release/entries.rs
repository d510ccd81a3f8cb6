//! What an archive says it holds, checked before a byte of it is written.
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Limits, Refusal};

/// How long the target of a symbolic link may be.
const LONGEST_LINK: u64 = 1024;
/// Below this size a file may be packed as tightly as it likes.
const RATIO_FROM: u64 = 1 << 20;

/// What one entry becomes on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File { executable: bool },
    Link { target: String },
}

/// One entry, by its place in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) index: usize,
    pub(super) size: u64,
    pub(super) kind: Kind,
}

impl Entry {
    /// Hands the bytes of this entry to `take`, piece by piece and against their checksum. Never
    /// more of them than the directory of the archive says.
    pub(super) fn read<R: Read + Seek, E: From<Refusal>>(
        &self,
        archive: &mut ZipArchive<R>,
        name: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut file = archive.by_index(self.index).map_err(|error| damaged(&error))?;
        let mut buffer = vec![0; 1 << 16];
        let mut left = self.size;
        loop {
            let got = file
                .read(&mut buffer)
                .map_err(|error| Refusal::Damaged(format!("`{}`: {error}", shown(name))))?;
            if got == 0 {
                break;
            }
            left = left.checked_sub(got as u64).ok_or_else(|| {
                Refusal::TooMuch(format!("`{}` is longer than it says", shown(name)))
            })?;
            take(&buffer[..got])?;
        }
        if left > 0 {
            return Err(Refusal::Damaged(format!("`{}` is too short", shown(name))).into());
        }
        Ok(())
    }
}

/// Every entry under its checked name.
#[derive(Debug)]
pub(super) struct Entries {
    by_name: BTreeMap<String, Entry>,
}

impl Entries {
    /// Reads the directory of an archive; nothing in it can lead outside the folder it is unpacked to.
    pub(super) fn read<R: Read + Seek>(
        archive: &mut ZipArchive<R>,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        if archive.len() > limits.entries {
            return Err(Refusal::TooMuch(format!("{} entries", archive.len())));
        }
        if archive.has_duplicate_names() {
            return Err(Refusal::Twice("an entry".into()));
        }
        if archive.has_overlapping_files().map_err(|error| damaged(&error))? {
            return Err(Refusal::TooMuch("files that share their bytes".into()));
        }
        let mut entries = Self { by_name: BTreeMap::new() };
        let mut left = limits.total;
        for index in 0..archive.len() {
            let (name, entry) = read_entry(archive, index, limits)?;
            left = left
                .checked_sub(entry.size)
                .ok_or_else(|| Refusal::TooMuch(format!("more than {} bytes", limits.total)))?;
            if entries.by_name.insert(name.clone(), entry).is_some() {
                return Err(Refusal::Twice(shown(&name)));
            }
        }
        entries.check_paths()?;
        Ok(entries)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.by_name.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// Bytes of all files.
    pub(super) fn total(&self) -> u64 {
        self.by_name.values().map(|entry| entry.size).sum()
    }

    /// Nothing lies under a file or a link, and every link leads to something in here.
    fn check_paths(&self) -> Result<(), Refusal> {
        let folders = self.folders()?;
        for (name, entry) in self.iter() {
            if let Kind::Link { target } = &entry.kind
                && !self.leads_inside(&folders, name, target)
            {
                return Err(Refusal::Escapes(shown(name)));
            }
        }
        Ok(())
    }

    /// Every folder, named or only implied.
    fn folders(&self) -> Result<BTreeSet<&str>, Refusal> {
        let mut folders = BTreeSet::from([""]);
        for (name, entry) in self.iter() {
            if entry.kind == Kind::Folder {
                folders.insert(name);
            }
            for above in ancestors(name) {
                match self.by_name.get(above).map(|entry| &entry.kind) {
                    None | Some(Kind::Folder) => folders.insert(above),
                    Some(Kind::File { .. }) => return Err(Refusal::Twice(shown(above))),
                    Some(Kind::Link { .. }) => return Err(Refusal::Escapes(shown(name))),
                };
            }
        }
        Ok(folders)
    }

    /// Whether every step from the link `name` along `target` stays inside and on real folders.
    fn leads_inside(&self, folders: &BTreeSet<&str>, name: &str, target: &str) -> bool {
        let parent = name.rsplit_once('/').map_or("", |(parent, _)| parent);
        let mut at: Vec<&str> = parent.split('/').filter(|part| !part.is_empty()).collect();
        for step in target.split('/').filter(|step| !matches!(*step, "" | ".")) {
            if !folders.contains(at.join("/").as_str()) {
                return false;
            }
            if step == ".." {
                if at.pop().is_none() {
                    return false;
                }
            } else {
                at.push(step);
            }
        }
        let end = at.join("/");
        let is_file = matches!(self.get(&end), Some(Entry { kind: Kind::File { .. }, .. }));
        !target.starts_with('/') && (is_file || folders.contains(end.as_str()))
    }
}

fn read_entry<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    limits: &Limits,
) -> Result<(String, Entry), Refusal> {
    let entry = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
    let raw = entry.name().map_err(|error| damaged(&error))?.into_owned();
    let name = checked_name(&raw)?;
    if entry.encrypted() || !is_usual(entry.compression()) {
        return Err(Refusal::Unreadable(shown(&raw)));
    }
    let size = entry.size();
    check_size(&raw, size, entry.compressed_size(), limits)?;
    let mode = entry.unix_mode().unwrap_or(0o644);
    let (is_folder, is_link) = (entry.is_dir(), entry.is_symlink());
    drop(entry);
    let kind = if is_folder {
        Kind::Folder
    } else if is_link {
        Kind::Link { target: link_target(archive, index, &raw, size)? }
    } else {
        Kind::File { executable: mode & 0o111 != 0 }
    };
    Ok((name, Entry { index, size, kind }))
}

fn is_usual(method: zip::CompressionMethod) -> bool {
    method == zip::CompressionMethod::Stored || method == zip::CompressionMethod::Deflated
}

fn check_size(name: &str, size: u64, packed: u64, limits: &Limits) -> Result<(), Refusal> {
    if size > limits.file {
        return Err(Refusal::TooMuch(format!("`{}` alone has {size} bytes", shown(name))));
    }
    if size > RATIO_FROM && size / packed.max(1) > limits.ratio {
        return Err(Refusal::TooMuch(format!(
            "`{}` unpacks to more than {} times its size",
            shown(name),
            limits.ratio
        )));
    }
    Ok(())
}

fn link_target<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    name: &str,
    size: u64,
) -> Result<String, Refusal> {
    if size > LONGEST_LINK {
        return Err(Refusal::Escapes(shown(name)));
    }
    let mut target = String::new();
    let mut entry = archive.by_index(index).map_err(|error| damaged(&error))?;
    Read::by_ref(&mut entry)
        .take(LONGEST_LINK + 1)
        .read_to_string(&mut target)
        .map_err(|error| Refusal::Damaged(error.to_string()))?;
    if target.is_empty() || target.contains(['\\', '\0']) || target.len() as u64 > LONGEST_LINK {
        return Err(Refusal::Escapes(shown(name)));
    }
    Ok(target)
}

/// The name without its last slash, where it is one that can only mean one place inside.
fn checked_name(raw: &str) -> Result<String, Refusal> {
    let name = raw.strip_suffix('/').unwrap_or(raw);
    let plain = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= 255;
    let drive = name.as_bytes().get(1) == Some(&b':');
    let odd = name.contains(|c: char| c == '\\' || c.is_control());
    if drive || odd || name.len() > 1024 || !name.split('/').all(plain) {
        return Err(Refusal::Escapes(shown(raw)));
    }
    Ok(name.to_owned())
}

fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

/// A name as it may be shown in a sentence.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// What an error of the zip reader means.
pub(super) fn damaged(error: &ZipError) -> Refusal {
    Refusal::Damaged(error.to_string())
}
