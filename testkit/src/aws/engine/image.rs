//! Images put together from programs of this machine.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot have its image has failed"
)]
use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use refractory_core::digest::sha256_hex;

use super::Engine;
use super::containers::escaped;

/// What an image was made from, so that it is not made again.
const FINGERPRINT: &str = "refractory.fingerprint";

/// Programs of this machine with the libraries they need, and how to start them. There is nothing else in it but `/tmp` and
/// the names of two users: root and `node`, 1000.
#[derive(Debug, Clone, Default)]
pub struct Image {
    programs: Vec<PathBuf>,
    folders: Vec<(String, u32)>,
    files: Vec<(String, Vec<u8>)>,
    settings: Vec<String>,
}

impl Image {
    /// An image with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this program as `/bin/<its name>`: a path, or a name to be looked for as a shell does.
    #[must_use]
    pub fn with(mut self, program: impl AsRef<Path>) -> Self {
        self.programs.push(program.as_ref().to_owned());
        self
    }

    /// With a file.
    #[must_use]
    pub fn with_file(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.to_owned(), text.into()));
        self
    }

    /// With a folder that belongs to the user and the group `owner`.
    #[must_use]
    pub fn with_folder(mut self, path: &str, owner: u32) -> Self {
        self.folders.push((path.to_owned(), owner));
        self
    }

    /// Run as this user, as `1000:1000`.
    #[must_use]
    pub fn user(self, user: &str) -> Self {
        self.set(format!("USER {user}"))
    }

    /// Run in this folder.
    #[must_use]
    pub fn folder(self, path: &str) -> Self {
        self.set(format!("WORKDIR {path}"))
    }

    /// Begun with this; a container's command follows it.
    #[must_use]
    pub fn entry(self, words: &[&str]) -> Self {
        self.set(format!("ENTRYPOINT {}", serde_json::json!(words)))
    }

    /// With this in its environment.
    #[must_use]
    pub fn with_env(self, name: &str, value: &str) -> Self {
        self.set(format!("ENV {name}={value}"))
    }

    /// Set up as the last stage of this Dockerfile says: USER, WORKDIR, EXPOSE, ENTRYPOINT and CMD, each on a line.
    #[must_use]
    pub fn like(mut self, dockerfile: &str) -> Self {
        let stage = dockerfile.rsplit("\nFROM ").next().unwrap_or_default();
        let known = ["USER ", "WORKDIR ", "EXPOSE ", "ENTRYPOINT ", "CMD "];
        let said = stage.lines().filter(|line| known.iter().any(|word| line.starts_with(word)));
        self.settings.extend(said.map(ToOwned::to_owned));
        self
    }

    fn set(mut self, setting: String) -> Self {
        self.settings.push(setting);
        self
    }

    /// What the tasks need that remove, measure and copy volumes.
    pub fn for_jobs() -> Self {
        let programs = [
            "bash",
            "curl",
            "tar",
            "gzip",
            "find",
            "awk",
            "cat",
            "chmod",
            "cut",
            "head",
            "ls",
            "mkdir",
            "mktemp",
            "mv",
            "rm",
            "rmdir",
            "sha256sum",
            "sleep",
            "stat",
            "sync",
        ];
        programs.into_iter().fold(Self::new(), Self::with)
    }

    /// The stand-in for felddy's image: run as `node` by 1000, as from 13.333 on.
    #[cfg(feature = "foundry")]
    pub fn for_foundry() -> Self {
        let stand_in = crate::foundry::image_executable();
        let programs = ["sh", "cat", "rm"].into_iter().fold(Self::new().with(stand_in), Self::with);
        programs
            .with_folder("/home/node", 1000)
            .user("1000:1000")
            .folder("/home/node")
            .entry(&["/bin/felddy-stand-in"])
    }

    /// The whole of it, as an archive.
    fn archive(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        folder(&mut tar, "tmp", 0, 0o1777);
        for (path, owner) in &self.folders {
            folder(&mut tar, path, *owner, 0o755);
        }
        let users = "root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n";
        file(&mut tar, "etc/passwd", users.as_bytes(), 0o644);
        for (path, text) in &self.files {
            file(&mut tar, path, text, 0o644);
        }
        let mut libraries = BTreeSet::new();
        for program in &self.programs {
            let found = found(program);
            libraries.extend(libraries_of(&found));
            let name =
                program.file_name().expect("a program has a name").to_string_lossy().into_owned();
            copy(&mut tar, &found, &format!("bin/{name}"));
        }
        for library in libraries {
            copy(&mut tar, Path::new(&library), library.trim_start_matches('/'));
        }
        tar.into_inner().expect("memory suffices")
    }

    /// Tells this from every other image, and from one of the same programs in another version.
    fn fingerprint(&self) -> String {
        let seen = |program: &PathBuf| {
            let of = std::fs::metadata(found(program)).expect("a program that is there");
            (of.len(), of.mtime(), of.mtime_nsec())
        };
        let seen: Vec<_> = self.programs.iter().map(seen).collect();
        sha256_hex(&[format!("{self:?} {seen:?}").as_bytes()])
    }
}

impl Engine {
    /// Makes `image` known as `name`, as `felddy/foundryvtt:13.351`; does nothing where it is.
    pub async fn load(&self, name: &str, image: &Image) {
        let busy = self.folder.join("loading");
        // Another test may be at the same image: it is made once.
        let busy = tokio::task::spawn_blocking(move || {
            let busy = File::create(busy).expect("the engine's folder is there");
            busy.lock().map(|()| busy).expect("a lock is to be had")
        });
        let _busy = busy.await.expect("a lock is waited for");
        let fingerprint = image.fingerprint();
        let known = self.door.get(&format!("/images/{name}/json")).await.unwrap_or_default();
        if known["Config"]["Labels"][FINGERPRINT] == fingerprint.as_str() {
            return;
        }
        let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
        let label = format!("LABEL {FINGERPRINT}={fingerprint}");
        let changes = image.settings.iter().chain([&label]);
        let changes: Vec<_> = changes.map(|change| escaped(change)).collect();
        let changes = changes.join("&changes=");
        let path =
            format!("/images/create?fromSrc=-&repo={repository}&tag={tag}&changes={changes}");
        let (status, said) = self.door.ask(Method::POST, &path, Bytes::from(image.archive())).await;
        let said = String::from_utf8_lossy(&said);
        assert!(status == StatusCode::OK && !said.contains("\"error\""), "{name}: {status} {said}");
    }
}

fn found(program: &Path) -> PathBuf {
    if program.is_absolute() {
        return program.to_owned();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("this machine has no `{}`: `.ci/install` installs what is needed", program.display())
    })
}

/// The paths of every library that `program` is linked with.
fn libraries_of(program: &Path) -> Vec<String> {
    let said = Command::new("ldd").arg(program).output().expect("this machine has `ldd`");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')))
        .map(ToOwned::to_owned)
        .collect()
}

fn folder(tar: &mut tar::Builder<Vec<u8>>, path: &str, owner: u32, mode: u32) {
    let mut header = header(mode, 0);
    header.set_entry_type(tar::EntryType::Directory);
    header.set_uid(owner.into());
    header.set_gid(owner.into());
    append(tar, header, path, &[]);
}

fn file(tar: &mut tar::Builder<Vec<u8>>, path: &str, text: &[u8], mode: u32) {
    append(tar, header(mode, text.len()), path, text);
}

fn copy(tar: &mut tar::Builder<Vec<u8>>, from: &Path, to: &str) {
    let text = std::fs::read(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    file(tar, to, &text, 0o755);
}

fn header(mode: u32, size: usize) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_size(u64::try_from(size).expect("a file that fits"));
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn append(tar: &mut tar::Builder<Vec<u8>>, mut header: tar::Header, path: &str, text: &[u8]) {
    let path = path.trim_start_matches('/');
    tar.append_data(&mut header, path, text).expect("memory suffices");
}
