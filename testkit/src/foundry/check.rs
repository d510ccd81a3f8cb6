//! The suite of the game control, run against any release there is.
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use refractory_core::foundry::node::{NodeFinder, NodeOptions};
use refractory_core::foundry::release::{self, Limits};
use refractory_core::model::LicenseKey;
use refractory_core::ports::ArchiveInfo;
use refractory_core::{Error, ErrorKind, Result};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{FixtureRelease, FoundryFixture, Launch, Version};
use crate::conformance::game;

/// How `check-foundry` is called.
pub const USAGE: &str = "\
Usage: check-foundry --release ZIP --license KEY [--node PATH] [--accept-eula]

Starts the release in temporary folders, on this machine only, and checks clause by clause that it
behaves as it is thought to. Without --accept-eula only the clauses before the license agreement are
checked; give it only if you have read and accepted that agreement for this key.";

/// What is to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckOptions {
    /// The archive of the release.
    pub release: PathBuf,
    /// The license key.
    pub license: LicenseKey,
    /// What runs it; looked for where `None`.
    pub node: Option<PathBuf>,
    /// Whether the one who asks has accepted the license agreement.
    pub accept_eula: bool,
}

impl CheckOptions {
    /// Reads a command line without the program's own name; `Err` is a sentence.
    ///
    /// # Errors
    ///
    /// What is missing, or not understood.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut release, mut license, mut node, mut accept_eula) = (None, None, None, false);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("`{word}` needs a value."));
            match word.as_str() {
                "--release" => release = Some(PathBuf::from(value()?)),
                "--license" => {
                    license = Some(LicenseKey::new(&value()?).map_err(|why| format!("{why}."))?);
                }
                "--node" => node = Some(PathBuf::from(value()?)),
                "--accept-eula" => accept_eula = true,
                _ => return Err(format!("`{word}` is not understood.")),
            }
        }
        let release = release.ok_or("`--release` is missing.")?;
        let license = license.ok_or("`--license` is missing.")?;
        Ok(Self { release, license, node, accept_eula })
    }
}

type Run = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One clause.
#[derive(Clone, Copy)]
struct Clause {
    name: &'static str,
    run: fn(Arc<FoundryFixture>) -> Run,
}

macro_rules! clauses {
    (() $($case:ident),* $(,)?) => {
        [$(Clause {
            name: stringify!($case),
            run: |house| Box::pin(async move { game::$case(house.as_ref()).await }),
        }),*]
    };
}

/// These need a license that no one has accepted the agreement for.
const BEFORE_THE_AGREEMENT: [&str; 3] = [
    "an_unaccepted_agreement_is_forbidden",
    "a_missing_license_is_forbidden",
    "observe_changes_nothing",
];
/// The clause whose house signs the license for the others, so that the vendor is asked once.
const SIGNS: &str = "opens_a_world";

/// Checks a release and tells the outcome line by line; says whether all clauses hold.
///
/// # Errors
///
/// `Invalid` (no release), `NotFound` (no file, or no Node.js for it), `Exhausted`, `Unavailable`.
pub async fn check(
    order: &CheckOptions,
    search: Vec<PathBuf>,
    mut tell: impl FnMut(String),
) -> Result<bool> {
    let bench = CheckRunner::set_up(order, search).await?;
    tell(format!("Foundry {} with {}", bench.info.version, bench.node.display()));
    let mut signed = None;
    let mut all_hold = true;
    let mut clauses = crate::game_cases!([clauses]);
    // Stable: what comes before the agreement stays first, then the one that signs.
    clauses.sort_by_key(|clause| match clause.name {
        name if BEFORE_THE_AGREEMENT.contains(&name) => 0,
        SIGNS => 1,
        _ => 2,
    });
    for clause in clauses {
        let before = BEFORE_THE_AGREEMENT.contains(&clause.name);
        let needs_signature = !before && clause.name != SIGNS;
        if !before && !order.accept_eula {
            tell(format!("skipped  {}: needs --accept-eula", clause.name));
            continue;
        }
        if needs_signature && signed.is_none() {
            tell(format!("skipped  {}: the license could not be signed", clause.name));
            continue;
        }
        let house = bench.house(if before { None } else { signed.clone() }).await?;
        let outcome = run_clause(clause, Arc::clone(&house)).await;
        all_hold &= outcome.is_ok();
        tell(match outcome {
            Ok(()) => format!("passed   {}", clause.name),
            Err(why) => format!("FAILED   {}: {why}", clause.name),
        });
        if clause.name == SIGNS {
            signed = house.signed();
        }
    }
    Ok(all_hold)
}

/// Runs one clause; `Err` is why it failed.
async fn run_clause(clause: Clause, house: Arc<FoundryFixture>) -> Result<(), String> {
    let mut run = JoinSet::new();
    run.spawn((clause.run)(house));
    match run.join_next().await {
        Some(Err(lost)) => Err(why(lost)),
        Some(Ok(())) | None => Ok(()),
    }
}

fn why(lost: tokio::task::JoinError) -> String {
    let Ok(panic) = lost.try_into_panic() else { return "it was broken off".into() };
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The release, unpacked, and what runs it.
struct CheckRunner {
    info: ArchiveInfo,
    node: PathBuf,
    script: PathBuf,
    license: String,
    _home: TempDir,
}

impl CheckRunner {
    async fn set_up(order: &CheckOptions, search: Vec<PathBuf>) -> Result<Self> {
        let info = release::read_archive(order.release.clone(), Limits::default()).await?;
        let node = if let Some(node) = &order.node {
            node.clone()
        } else {
            let finder = NodeFinder::new(NodeOptions { search, ..NodeOptions::default() });
            finder.find(info.version.generation, info.node_major).await?
        };
        let home = TempDir::new().map_err(|error| {
            Error::new(ErrorKind::Unavailable, "making a temporary folder").caused_by(error)
        })?;
        let unpacked = home.path().join("release");
        release::unpack(&order.release, &unpacked, Limits::default(), |_| ()).await?;
        let script = script(&unpacked.join(info.layout.root()));
        let license = order.license.expose().to_owned();
        Ok(Self { info, node, script, license, _home: home })
    }

    async fn house(&self, signed: Option<Vec<u8>>) -> Result<Arc<FoundryFixture>> {
        let version = self.info.version;
        let plan = FixtureRelease {
            version: Version::new(version.generation.into(), version.build),
            license: self.license.clone(),
            signed,
        };
        let launch = Launch::of_script(&self.node, &self.script);
        let mut start = JoinSet::new();
        start.spawn(async move { Arc::new(FoundryFixture::open(launch, plan).await) });
        match start.join_next().await {
            Some(Ok(house)) => Ok(house),
            Some(Err(lost)) => Err(did_not_start(&why(lost))),
            None => Err(did_not_start("")),
        }
    }
}

fn script(root: &Path) -> PathBuf {
    let [module, plain] = ["main.mjs", "main.js"].map(|main| root.join(main));
    if module.is_file() { module } else { plain }
}

fn did_not_start(why: &str) -> Error {
    Error::new(ErrorKind::Unavailable, "starting a release")
        .advise(format!("The release did not start: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<CheckOptions, String> {
        CheckOptions::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn an_order_is_read_or_refused_with_a_sentence() {
        let order =
            read("--release f.zip --license AAAABBBBCCCCDDDDEEEEFFFF --accept-eula").unwrap();
        assert!(order.accept_eula && order.node.is_none());
        for line in ["", "--release", "--release f.zip", "--release f.zip --license A", "--what"] {
            assert!(read(line).unwrap_err().ends_with('.'), "{line}");
        }
    }
}
