//! What an archive says it holds, checked before a byte of it is written.
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::names::{ancestors, checked_name, is_extra};
use super::refusal::shown;
use super::{Limits, Refusal};

/// How long the target of a symbolic link may be.
const LONGEST_LINK: u64 = 1024;
/// Below this size a file may be packed as tightly as it likes.
const RATIO_FROM: u64 = 1 << 20;
/// The same for all files together.
const TOTAL_RATIO_FROM: u64 = 64 << 20;
/// How many folders may lie around a release, one in the other.
const FOLDERS_AROUND: usize = 3;

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

/// Every entry under its checked name, as the vendor packs it.
#[derive(Debug)]
pub(super) struct Entries {
    by_name: BTreeMap<String, Entry>,
    /// Whether the archive itself has other names, or more in it than a release.
    packed_anew: bool,
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
            return Err(Refusal::Twice("a file".into()));
        }
        if archive.has_overlapping_files().map_err(|error| damaged(&error))? {
            return Err(Refusal::TooMuch("files that share their bytes".into()));
        }
        let mut entries = Self { by_name: BTreeMap::new(), packed_anew: false };
        let mut sum = Sum::default();
        for index in 0..archive.len() {
            entries.take_in(read_entry(archive, index, limits, &mut sum)?)?;
        }
        sum.check(limits)?;
        entries.leave_folder_around();
        entries.check_case()?;
        entries.check_paths()?;
        Ok(entries)
    }

    fn take_in(&mut self, found: Found) -> Result<(), Refusal> {
        let Found { raw, name, entry } = found;
        let Some(name) = name.filter(|name| !is_extra(name)) else {
            self.packed_anew = true;
            return Ok(());
        };
        self.packed_anew |= raw.strip_suffix('/').unwrap_or(&raw) != name;
        if self.by_name.contains_key(&name) {
            return Err(Refusal::Twice(format!("`{}`", shown(&name))));
        }
        self.by_name.insert(name, entry);
        Ok(())
    }

    /// Takes a folder away that the whole release lies in.
    fn leave_folder_around(&mut self) {
        for _ in 0..FOLDERS_AROUND {
            let Some(around) = self.folder_around().map(|around| format!("{around}/")) else {
                return;
            };
            let inside = |(name, entry): (String, Entry)| {
                Some((name.strip_prefix(&around)?.to_owned(), entry))
            };
            self.by_name =
                std::mem::take(&mut self.by_name).into_iter().filter_map(inside).collect();
            self.packed_anew = true;
        }
    }

    /// The one folder that everything lies in, where a release is in it and not beside it.
    fn folder_around(&self) -> Option<&str> {
        let is_release = |at: &str| {
            self.by_name.contains_key(&format!("{at}package.json"))
                || self.by_name.contains_key(&format!("{at}resources/app/package.json"))
        };
        let first = self.by_name.keys().next()?;
        let around = first.split('/').next()?;
        let within = |name: &String| {
            name.strip_prefix(around).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // One that is called so is a program of macOS'.
        let is_program =
            Path::new(around).extension().is_some_and(|end| end.eq_ignore_ascii_case("app"));
        let is_folder =
            !is_program && self.by_name.get(around).is_none_or(|entry| entry.kind == Kind::Folder);
        let somewhere = self.by_name.keys().any(|name| name.ends_with("/package.json"));
        (is_folder && somewhere && !is_release("") && self.by_name.keys().all(within))
            .then_some(around)
    }

    /// Whether this is not what the vendor packed, name by name.
    pub(super) fn is_packed_anew(&self) -> bool {
        self.packed_anew
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

    /// No two names are one where case does not count.
    fn check_case(&self) -> Result<(), Refusal> {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for name in self.by_name.keys() {
            if let Some(other) = seen.insert(name.to_lowercase(), name) {
                return Err(Refusal::Alike(shown(other), shown(name)));
            }
        }
        Ok(())
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
                    Some(Kind::File { .. }) => {
                        return Err(Refusal::Twice(format!("`{}`", shown(above))));
                    }
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

/// An entry, with the name it has and the one it should have.
struct Found {
    raw: String,
    name: Option<String>,
    entry: Entry,
}

/// Bytes of all entries, and of their packed forms.
#[derive(Default)]
struct Sum {
    size: u64,
    packed: u64,
}

impl Sum {
    fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        if self.size > limits.total {
            return Err(Refusal::TooMuch(format!("more than {} bytes", limits.total)));
        }
        if self.size > TOTAL_RATIO_FROM && self.size / self.packed.max(1) > limits.total_ratio {
            return Err(Refusal::TooMuch(format!(
                "more than {} times the size of the archive",
                limits.total_ratio
            )));
        }
        Ok(())
    }
}

fn read_entry<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    limits: &Limits,
    sum: &mut Sum,
) -> Result<Found, Refusal> {
    let entry = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
    let raw = entry.name().map_err(|error| damaged(&error))?.into_owned();
    let name = checked_name(&raw)?;
    if entry.encrypted() || !is_usual(entry.compression()) {
        return Err(Refusal::Unreadable(shown(&raw)));
    }
    let (size, packed) = (entry.size(), entry.compressed_size());
    check_size(&raw, size, packed, limits)?;
    sum.size = sum.size.saturating_add(size);
    sum.packed = sum.packed.saturating_add(packed);
    let mode = entry.unix_mode().unwrap_or(0o644);
    let is_folder = entry.is_dir() || raw.ends_with(['/', '\\']);
    let is_link = entry.is_symlink();
    drop(entry);
    let kind = if is_folder {
        Kind::Folder
    } else if is_link {
        Kind::Link { target: link_target(archive, index, &raw, size)? }
    } else {
        Kind::File { executable: mode & 0o111 != 0 }
    };
    Ok(Found { raw, name, entry: Entry { index, size, kind } })
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

/// What an error of the zip reader means.
pub(super) fn damaged(error: &ZipError) -> Refusal {
    Refusal::Damaged(error.to_string())
}
