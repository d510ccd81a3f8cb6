//! `doctor`: what is missing or wrong, and what to do about it.
use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use refractory_core::MemoryStore;
use refractory_core::config::{CoreConfig, Settings, Size};
use refractory_core::finding::{Finding, State};
use refractory_core::foundry::node::{FoundNode, NodeFinder, is_proven};
use refractory_core::local::{ControlGroup, DataDir, KeyFile, Keyring, LocalConfig, NodeConfig};
use refractory_core::model::{Instance, Principal, Program, Release, WorkerMark};
use refractory_core::ports::DamagedRecord;
use refractory_web::{Descriptors, WebConfig};

use super::follow::idle;
use super::unit;
use crate::compose::{
    App, CliContext, RuntimeInfo, environment, npm_registry, open_folder, search_path,
};
use crate::exit::Exit;
use crate::output::told;

/// The backend whose tables run on this machine.
const LOCAL: &str = "local";
/// Less free space than this is worth a word, or more than a word.
const TIGHT: Size = Size::gib(5);
const TOO_TIGHT: Size = Size::mib(512);

/// What an error says: its sentence holds the remedy.
fn failed(about: &'static str, error: &anyhow::Error) -> Finding {
    Finding::failed(about, told(error).1)
}

pub(crate) async fn run(desk: &CliContext) -> Result<Exit> {
    let findings = examine(desk).await;
    let rows: Vec<_> = findings
        .iter()
        .map(|finding| {
            let mark = match finding.state {
                State::Fine => "ok",
                State::Note => "note",
                State::Problem => "PROBLEM",
            };
            let text = match &finding.remedy {
                Some(remedy) => format!("{}\n-> {remedy}", finding.sentence),
                None => finding.sentence.clone(),
            };
            (finding.clone(), vec![mark.to_owned(), finding.about.to_owned(), text])
        })
        .collect();
    desk.out.list(&[], &rows, "")?;
    let ill = findings.iter().any(|finding| finding.state == State::Problem);
    Ok(if ill { Exit::Attention } else { Exit::Done })
}

async fn examine(desk: &CliContext) -> Vec<Finding> {
    let settings = match desk.settings(None) {
        Ok(settings) => settings,
        Err(error) => return vec![failed("configuration", &error)],
    };
    let mut findings = vec![Finding::fine("configuration", "It is valid.")];
    let (Ok(core), Ok(web)) = (settings.section::<CoreConfig>(), settings.section::<WebConfig>())
    else {
        return findings;
    };
    let mut tables = 0;
    match open_folder(&core, false) {
        Ok(dir) => {
            findings.extend(folder(&dir));
            if core.backend == LOCAL {
                findings.push(key_file(desk, &settings, &dir).await);
                findings.push(limits(&settings.section::<LocalConfig>().unwrap_or_default()));
            }
            let (found, count) = deployment(desk, &settings, &web).await;
            // What is wrong with the key keeps the deployment from being opened, and is said once.
            let said: Vec<String> = findings.iter().map(|known| known.sentence.clone()).collect();
            findings.extend(found.into_iter().filter(|found| !said.contains(&found.sentence)));
            tables = count;
        }
        Err(_) if !Path::new(&core.data).exists() => {
            let said = format!("There is no data folder at `{}` yet.", core.data);
            findings.push(Finding::note("data folder", said, "`refractory up` creates it"));
            findings.push(port(&web.listen));
        }
        Err(error) => findings.push(failed("data folder", &error)),
    }
    findings.push(names(&web.domain));
    findings.extend(shared_domain(&web));
    findings.push(open_files(Descriptors::of_this_process()));
    findings.extend(surroundings(desk, &settings, tables).await);
    findings
}

fn folder(dir: &DataDir) -> Vec<Finding> {
    let mut findings =
        vec![Finding::fine("data folder", format!("{} can be written to.", dir.root().display()))];
    if let Ok(disk) = rustix::fs::statvfs(dir.root()) {
        let free = Size(disk.f_bavail * disk.f_frsize);
        let said = format!("{} MiB are free.", free.bytes() >> 20);
        let remedy = "Free some, or move the data folder to a larger disk: stop `up`, move it, and name it with `--data`.";
        findings.push(if free < TOO_TIGHT {
            Finding::problem("disk space", said, remedy)
        } else if free < TIGHT {
            Finding::note("disk space", said, remedy)
        } else {
            Finding::fine("disk space", said)
        });
    }
    findings
}

/// Whether the kernel keeps the limits that tables are given.
fn limits(local: &LocalConfig) -> Finding {
    let Some(path) = &local.control_group else {
        return Finding::note(
            "limits",
            "Memory limits apply to each process of a table separately. Processor time isn't limited.",
            "To have the kernel enforce both, set `control_group` in `[local]`.",
        );
    };
    match ControlGroup::at(path).prepare() {
        Ok(()) => Finding::fine(
            "limits",
            format!("The kernel enforces memory and processor limits in {path}."),
        ),
        Err(error) => Finding::problem(
            "limits",
            format!("The kernel doesn't enforce limits: {}", error.for_people()),
            "Until then memory limits apply to each process of a table separately, and processor time isn't limited.",
        ),
    }
}

/// Whether the key file is there, private, whole, and the one that the secrets in the store were sealed with.
async fn key_file(desk: &CliContext, settings: &Settings, dir: &DataDir) -> Finding {
    const ABOUT: &str = "key file";
    let path = dir.key_file();
    let shown = path.display();
    let others = |file: std::fs::Metadata| file.permissions().mode() & 0o077 != 0;
    if std::fs::metadata(&path).is_ok_and(others) {
        return Finding::problem(
            ABOUT,
            format!("Other users can read {shown}."),
            format!("chmod 600 {shown}"),
        );
    }
    // Without its store only the file itself can be looked at.
    let store = desk.loader().store(settings, dir.root(), &dir.database()).await;
    let store = store.unwrap_or_else(|_| Arc::new(MemoryStore::default()));
    match Keyring::examine(&path, store).await {
        Ok(KeyFile::None) => Finding::fine(ABOUT, "No secrets are stored yet."),
        Ok(KeyFile::Good) => Finding::fine(
            ABOUT,
            format!("Only you can read {shown}. Keep a copy of it apart from other backups."),
        ),
        Err(error) => failed(ABOUT, &error.into()),
    }
}

/// What there is to say of the deployment, and how many tables it has.
async fn deployment(
    desk: &CliContext,
    settings: &Settings,
    web: &WebConfig,
) -> (Vec<Finding>, usize) {
    let station = match App::open(desk.loader(), settings.clone(), false).await {
        Ok(station) => station,
        Err(error) => return (vec![failed("database", &error), port(&web.listen)], 0),
    };
    let is_local = settings.section::<CoreConfig>().is_ok_and(|core| core.backend == LOCAL);
    let mut findings = if is_local { node(&station, settings).await } else { Vec::new() };
    if let (true, Some(up)) = (is_local, station.running_up()) {
        let local = settings.section::<LocalConfig>().unwrap_or_default();
        findings.extend(unit::examine(up.pid, local.at_exit));
    }
    let tables = station.refractory.list_all(&Principal::operator()).await;
    let tables = tables.map(|found| found.records);
    let count = tables.as_ref().map_or(0, Vec::len);
    findings.push(match &tables {
        Ok(_) => Finding::fine(
            "database",
            format!(
                "The database responds. Tables: {count}. Copy it with `refractory deployment backup FILE`, also while `up` runs: SQLite's file alone may \
                 lack what its `-wal` file has."
            ),
        ),
        Err(error) => Finding::failed("database", error.for_people()),
    });
    findings.extend(tables.iter().flatten().filter_map(|table| shadowed(&station, table)));
    findings.extend(records(&station).await);
    findings.extend(worker(&station, web).await);
    findings.extend(licenses(&station).await);
    (findings, count)
}

/// A table that was called as the portal's own addresses begin, before such names were refused.
fn shadowed(station: &App, table: &Instance) -> Option<Finding> {
    let name = table.slug.as_str();
    let reserved = &station.refractory.addressing().reserved;
    reserved.contains(name).then(|| {
        Finding::note(
            "names",
            format!("The table `{name}` has a name that the portal needs: some of its addresses lead to the portal."),
            format!("refractory instance rename {name} {name}-table"),
        )
    })
}

/// Records that cannot be read. Everything else goes on, so somebody has to look.
async fn records(station: &App) -> Vec<Finding> {
    let damaged = match station.refractory.damaged_all(&Principal::operator()).await {
        Ok(damaged) => damaged,
        Err(error) => return vec![failed("records", &error.into())],
    };
    let finding = |record: &DamagedRecord| {
        let (kind, id) = (record.kind.name(), &record.id);
        Finding::problem(
            "records",
            format!(
                "The record of the {kind} `{}` cannot be read: {}.",
                record.name(),
                record.reason
            ),
            format!(
                "`refractory record show {kind} {id}` shows it, `refractory record remove {kind} {id} --confirm {id}` removes it; or put a backup back."
            ),
        )
    };
    damaged.iter().map(finding).collect()
}

/// What the backend finds.
async fn surroundings(desk: &CliContext, settings: &Settings, tables: usize) -> Vec<Finding> {
    match desk.loader().backend(settings) {
        Ok(backend) => backend.examine(settings, tables).await,
        Err(error) => vec![failed("backend", &error.into())],
    }
}

async fn worker(station: &App, web: &WebConfig) -> Vec<Finding> {
    match station.workers().await {
        Ok(workers) if workers.is_empty() && station.running_up().is_some() => {
            let remedy = "Free space on the disk of the data folder, or resume the process (`kill -CONT PID`). Else restart it.";
            vec![Finding::problem("worker", idle(station), remedy), answers(station)]
        }
        Ok(workers) if workers.is_empty() => vec![
            Finding::note(
                "worker",
                "Refractory's background service isn't running. Running tables keep running, but tables can't start or stop.",
                "refractory up",
            ),
            port(&web.listen),
        ],
        Ok(workers) => vec![alive(&workers), answers(station)],
        Err(error) => vec![failed("worker", &error)],
    }
}

fn alive(workers: &[WorkerMark]) -> Finding {
    let unlisted: BTreeSet<&str> =
        workers.iter().flat_map(|mark| &mark.unlisted).map(String::as_str).collect();
    let alive = format!("Alive: {}.", workers.len());
    if unlisted.is_empty() {
        return Finding::fine("worker", alive);
    }
    let unlisted = unlisted.into_iter().collect::<Vec<_>>().join(", ");
    Finding::note(
        "worker",
        format!(
            "{alive} OrphanedResources of a crash can't be found here because listing fails: {unlisted}."
        ),
        "see the log of `refractory up`",
    )
}

fn answers(station: &App) -> Finding {
    let Some(up) = RuntimeInfo::read(&station.dir) else {
        return Finding::note(
            "portal",
            "The background service runs without a portal here.",
            "run `refractory up` to serve one",
        );
    };
    match TcpStream::connect(("127.0.0.1", up.port)) {
        Ok(_) => Finding::fine("portal", format!("It responds at {}.", up.url)),
        Err(error) => Finding::problem(
            "portal",
            format!("Nothing responds on port {} of this machine: {error}.", up.port),
            "Restart `refractory up`. Its log has the reason.",
        ),
    }
}

fn port(listen: &str) -> Finding {
    match TcpListener::bind(listen) {
        Ok(_) => Finding::fine("port", format!("{listen} is free.")),
        Err(error) => Finding::problem(
            "port",
            format!("Can't listen on {listen}: {error}."),
            "Stop the program that uses it, or choose another address with `--listen` or `listen` in `[web]`.",
        ),
    }
}

fn names(domain: &str) -> Finding {
    let name = format!("any-table.{domain}");
    match (name.as_str(), 80).to_socket_addrs().map(|mut found| found.next()) {
        Ok(Some(at)) => Finding::fine("names", format!("{name} resolves to {}.", at.ip())),
        Ok(None) | Err(_) if domain == "localhost" => Finding::note(
            "names",
            format!("This machine can't resolve {name}."),
            "Browsers resolve it anyway. For other programs install `libnss-myhostname`, or use `by_path` in `[web]`.",
        ),
        Ok(None) | Err(_) => Finding::problem(
            "names",
            format!("{name} can't be resolved."),
            format!(
                "Add a DNS record `*.{domain}` that points to this machine, or use `by_path` in `[web]`."
            ),
        ),
    }
}

/// What it means that the tables' names lie beside the portal's.
fn shared_domain(web: &WebConfig) -> Option<Finding> {
    let domain = &web.domain;
    if web.by_path {
        return Some(Finding::note(
            "shared domain",
            format!(
                "Tables and portal share the origin `{domain}`: a table's scripts can act in the portal as whoever plays there."
            ),
            "Give each table a name of its own: a wildcard name `*.DOMAIN`, and no `by_path` in `[web]`.",
        ));
    }
    let is_local = domain == "localhost" || domain.ends_with(".localhost");
    (!web.https && !is_local).then(|| {
        Finding::note(
            "shared domain",
            format!(
                "Without HTTPS a table's page can set cookies for `{domain}` that browsers send to the portal and to other tables: it can sign people out there, or hide the portal's own cookies behind its own. It cannot read them."
            ),
            "Put something that ends TLS in front, and set `https = true` in `[web]`: the portal's cookies then have names that no other host can set.",
        )
    })
}

/// Fewer open files than this are soon used up by players.
const FEW_FILES: u64 = 4_096;

/// Whether enough files and sockets may be open at once.
fn open_files(limit: Descriptors) -> Finding {
    let said = format!("{} may be open at once; `up` raises that to {}.", limit.now, limit.most);
    if limit.most >= FEW_FILES {
        return Finding::fine("open files", said);
    }
    Finding::note(
        "open files",
        format!("{said} Half of them, less a reserve, are for clients."),
        "Raise the limit of the service: `LimitNOFILE=65536` in its systemd unit, `--ulimit nofile=65536` for Docker, or `nofile` in /etc/security/limits.conf.",
    )
}

async fn licenses(station: &App) -> Vec<Finding> {
    let Ok(all) = station.refractory.licenses(&Principal::operator()).await else {
        return Vec::new();
    };
    let open = all.iter().filter(|view| view.license.acceptance().is_none());
    open.map(|view| {
        let name = &view.license.name;
        Finding::note(
            "license",
            format!(
                "The license agreement for `{name}` hasn't been accepted, so no table can use it."
            ),
            format!("refractory license accept {name:?}"),
        )
    })
    .collect()
}

/// Whether what the configuration names is a Node.js, and each stored release has one to run on: as the worker finds it.
async fn node(station: &App, settings: &Settings) -> Vec<Finding> {
    let local = settings.section::<LocalConfig>().unwrap_or_default();
    let mut node = settings.section::<NodeConfig>().unwrap_or_default();
    node.registry = node.registry.or_else(npm_registry);
    let options = local.nodes(&node, &search_path(), &environment(), station.dir.node());
    let finder = NodeFinder::new(options);
    let mut findings: Vec<_> = finder.configured().await.iter().filter_map(unusable).collect();
    let Ok(releases) = station.refractory.releases(&Principal::operator()).await else {
        return findings;
    };
    for release in releases.iter().filter(|release| release.program == Program::Node) {
        let generation = release.version.generation;
        findings.push(match finder.choose(generation, release.node_major).await {
            Ok(found) => runs_on(release, &found),
            Err(error) => failed("Node.js", &error.into()),
        });
    }
    findings
}

/// What is wrong with a Node.js that the configuration names.
fn unusable(named: &FoundNode) -> Option<Finding> {
    let why = named.version.as_ref().err()?;
    Some(Finding::problem(
        "Node.js",
        format!("`{}` is configured as Node.js and cannot be used: {why}.", named.path.display()),
        "Correct `node` in `[local]` or `programs` in `[node]`, or leave them out to have one found.",
    ))
}

fn runs_on(release: &Release, found: &FoundNode) -> Finding {
    let shown = found.path.display();
    let (version, said) = match &found.version {
        Ok(version) => (*version, format!("Node.js {version}, {shown}")),
        Err(why) => {
            return Finding::problem("Node.js", format!("{shown}: {why}."), "Name another.");
        }
    };
    let program = if found.program == found.path {
        String::new()
    } else {
        format!(", which leads to {}", found.program.display())
    };
    let said = format!("{} runs on {said}{program}.", release.version);
    if is_proven(release.version.generation, version) {
        return Finding::fine("Node.js", said);
    }
    Finding::note(
        "Node.js",
        said,
        format!(
            "Foundry {} is not known to run well on a Node.js this new; name an older one if it does not.",
            release.version.generation
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_limit_of_open_files_is_told_with_what_to_do() {
        let small = open_files(Descriptors { now: 1_024, most: 1_024 });
        assert_eq!(small.state, State::Note);
        assert!(small.sentence.contains("1024") && small.remedy.unwrap().contains("LimitNOFILE"));
        assert_eq!(open_files(Descriptors { now: 1_024, most: 524_288 }).state, State::Fine);
    }

    #[test]
    fn a_domain_shared_without_https_is_told_with_what_it_means() {
        let mut web = WebConfig::default();
        assert!(shared_domain(&web).is_none());
        web.domain = "games.example".to_owned();
        let said = shared_domain(&web).unwrap();
        assert!(said.sentence.contains("cookies") && said.remedy.unwrap().contains("https = true"));
        web.https = true;
        assert!(shared_domain(&web).is_none());
        web.by_path = true;
        assert!(shared_domain(&web).unwrap().sentence.contains("origin"));
    }
}
