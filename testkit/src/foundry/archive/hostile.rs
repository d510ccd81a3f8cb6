//! Archives that must not be installed.
use std::io;

use serde_json::json;

use super::raw::RawZip;
use super::release::{Layout, package, program, release_zip};
use super::writer::Archive;
use crate::foundry::version::Version;

const VERSION: Version = Version::EACH_GENERATION[4];

/// What is wrong with an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hostile {
    /// No bytes at all.
    Empty,
    /// Bytes, but no archive.
    NotAZip,
    /// An archive of nothing.
    NoEntries,
    /// A sound archive of something else.
    NotFoundry,
    /// A release whose second half is missing.
    Truncated,
    /// A release with a flipped bit in a file.
    Corrupt,
    /// A file called `../../evil.js`.
    ClimbingName,
    /// A file called `/tmp/evil.js`.
    AbsoluteName,
    /// A file called `..\..\evil.js`.
    BackslashName,
    /// A link out of the archive, and a file written through it.
    Symlink,
    /// 16 MiB of zeros in a few kilobytes.
    HighRatio,
    /// The same 16 MiB under 500 names: 8 GiB in a few kilobytes.
    Overlapping,
    /// A file that says it is 10 bytes long, and is 1 MiB.
    LyingSize,
    /// 60 000 empty files.
    ManyEntries,
    /// Two files called `main.js`.
    DuplicateNames,
    /// A package.json that is not JSON.
    PackageNotJson,
    /// A package.json that names no release.
    PackageWithoutRelease,
    /// A package.json of a generation no one has heard of.
    UnknownGeneration,
    /// A release without `main.js` and `main.mjs`.
    NoScript,
}

impl Hostile {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Empty,
        Self::NotAZip,
        Self::NoEntries,
        Self::NotFoundry,
        Self::Truncated,
        Self::Corrupt,
        Self::ClimbingName,
        Self::AbsoluteName,
        Self::BackslashName,
        Self::Symlink,
        Self::HighRatio,
        Self::Overlapping,
        Self::LyingSize,
        Self::ManyEntries,
        Self::DuplicateNames,
        Self::PackageNotJson,
        Self::PackageWithoutRelease,
        Self::UnknownGeneration,
        Self::NoScript,
    ];

    /// The archive.
    ///
    /// # Errors
    /// None that memory does not give.
    pub fn archive(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Empty => Ok(Vec::new()),
            Self::NotAZip => Ok(b"<!doctype html><title>Please sign in</title>\n".repeat(40)),
            Self::NoEntries => Archive::below("").finish(),
            Self::NotFoundry => not_foundry(),
            Self::Truncated => truncated(),
            Self::Corrupt => corrupt(),
            Self::ClimbingName => with(|zip| zip.exactly("../../evil.js", "evil")),
            Self::AbsoluteName => with(|zip| zip.exactly("/tmp/evil.js", "evil")),
            Self::BackslashName => with(|zip| zip.exactly("..\\..\\evil.js", "evil")),
            Self::Symlink => with(|zip| {
                zip.link("public/out", "/tmp")?;
                zip.exactly("public/out/evil.js", "evil")
            }),
            Self::HighRatio => with(|zip| zip.exactly("public/zeros.bin", vec![0; 16 << 20])),
            Self::Overlapping => overlapping(),
            Self::LyingSize => lying_size(),
            Self::ManyEntries => Ok(many_entries()),
            Self::DuplicateNames => Ok(duplicate_names()),
            Self::PackageNotJson => packaged("{\"release\": "),
            Self::PackageWithoutRelease => {
                packaged(&json!({"name": "something-else", "version": "3.2.1"}).to_string())
            }
            Self::UnknownGeneration => {
                packaged(&package(Version::new(99, 9001), "foundryvtt").to_string())
            }
            Self::NoScript => no_script(),
        }
    }
}

/// A release, and something more.
fn with(more: impl FnOnce(&mut Archive) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut archive = Archive::below(Layout::Node.root());
    program(&mut archive)?;
    archive.file("package.json", package(VERSION, "foundryvtt").to_string())?;
    more(&mut archive)?;
    archive.finish()
}

fn packaged(package: &str) -> io::Result<Vec<u8>> {
    let mut archive = Archive::below(Layout::Node.root());
    program(&mut archive)?;
    archive.file("package.json", package)?;
    archive.finish()
}

fn no_script() -> io::Result<Vec<u8>> {
    let mut archive = Archive::below(Layout::Node.root());
    archive.file("package.json", package(VERSION, "foundryvtt").to_string())?;
    archive.finish()
}

fn not_foundry() -> io::Result<Vec<u8>> {
    let mut archive = Archive::below("holiday/");
    archive.file("beach.jpg", "no picture")?;
    archive.file("notes.txt", "sun, mostly")?;
    archive.finish()
}

fn truncated() -> io::Result<Vec<u8>> {
    let mut whole = release_zip(VERSION, Layout::Node)?;
    whole.truncate(whole.len() / 2);
    Ok(whole)
}

fn corrupt() -> io::Result<Vec<u8>> {
    let mut bytes = release_zip(VERSION, Layout::Node)?;
    // The first file's data begins after its header of 30 bytes and its name.
    let first = 30 + "main.js".len();
    bytes[first + 8] ^= 0x10;
    Ok(bytes)
}

/// A release, header by header.
fn raw() -> RawZip {
    let mut zip = RawZip::default();
    zip.plain("main.js", b"// the one\n");
    zip.plain("main.mjs", b"// the one\n");
    zip.plain("package.json", package(VERSION, "foundryvtt").to_string().as_bytes());
    zip
}

fn overlapping() -> io::Result<Vec<u8>> {
    let mut zip = raw();
    let kernel = zip.deflated("public/0.bin", &vec![0; 16 << 20])?;
    (1..500).for_each(|n| zip.again(&format!("public/{n}.bin"), kernel));
    Ok(zip.finish())
}

fn lying_size() -> io::Result<Vec<u8>> {
    let mut zip = raw();
    zip.lying("public/small.bin", &vec![0; 1 << 20], 10)?;
    Ok(zip.finish())
}

fn many_entries() -> Vec<u8> {
    let mut zip = raw();
    for n in 0..60_000 {
        zip.plain(&format!("public/{n}"), b"");
    }
    zip.finish()
}

fn duplicate_names() -> Vec<u8> {
    let mut zip = raw();
    zip.plain("main.js", b"// the other one\n");
    zip.finish()
}

#[cfg(test)]
mod tests;
