//! Rows as people and programs are shown them.
use refractory_core::model::{
    DutyReport, Instance, LicenseChoice, NamedGrants, Phase, Release, ReleaseChoice, Step, User,
    WorkerMark,
};
use refractory_core::words::{English, Words as _};
use refractory_core::{LicenseView, Refractory};
use serde::Serialize;

use super::access::GrantsJson;
use super::say;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TableJson {
    id: String,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) url: String,
    /// `off`, `starting`, `on`, `stopping`, `deleting` or `attention`.
    pub(crate) phase: &'static str,
    /// The step in hand, on the way up or down.
    step: Option<&'static str>,
    pub(crate) progress: Option<String>,
    percent: Option<u8>,
    /// Names the present launch; none where nothing was ever launched.
    launch: Option<String>,
    pub(crate) pid: Option<u32>,
    pub(crate) endpoint: Option<String>,
    pub(crate) players: Option<u32>,
    pub(crate) release: Option<String>,
    pub(crate) world: Option<String>,
    /// Whether it is on with no world open, in Foundry's setup.
    in_setup: bool,
    /// The world that is open.
    open_world: Option<String>,
    /// The worlds it is known to have.
    pub(crate) worlds: Vec<String>,
    license: String,
    /// The name of the user who owns it.
    pub(crate) owner: Option<String>,
    /// Who has which right; where one table is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access: Option<GrantsJson>,
    pub(crate) fault: Option<FaultJson>,
    pub(crate) created: String,
    last_start_ms: Option<u64>,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FaultJson {
    pub(crate) step: &'static str,
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) attempts: u32,
    pub(crate) given_up: bool,
}

impl TableJson {
    pub(crate) fn of(refractory: &Refractory, releases: &[Release], table: &Instance) -> Self {
        let spec = &table.desired.spec;
        let on = matches!(table.phase(), Phase::On(_));
        let progress = table.progress();
        Self {
            id: table.id.to_string(),
            name: table.slug.to_string(),
            title: table.title().to_owned(),
            url: refractory.public_url(table),
            phase: table.state().name(),
            step: step(table).map(Step::name),
            progress: progress.map(|progress| English.progress(progress)),
            percent: progress.and_then(|progress| progress.percent),
            launch: (table.epoch > 0).then(|| table.launch_id().to_string()),
            pid: table.endpoint().and_then(|endpoint| endpoint.pid),
            endpoint: table.endpoint().map(ToString::to_string),
            players: table.seen.as_ref().filter(|_| on).map(|seen| seen.players),
            release: release(table, releases),
            world: spec.world.as_ref().map(ToString::to_string),
            in_setup: table.is_in_setup(),
            open_world: table.open_world().filter(|_| on).map(ToString::to_string),
            worlds: table.worlds.iter().map(|world| world.id.to_string()).collect(),
            license: match &spec.license {
                LicenseChoice::Any => "any".to_owned(),
                LicenseChoice::NotNeeded => "not-needed".to_owned(),
                LicenseChoice::Only(id) => id.to_string(),
            },
            owner: None,
            access: None,
            fault: table.live_fault().map(|fault| FaultJson {
                step: fault.step.name(),
                kind: fault.kind.to_string(),
                message: say::fault(fault),
                attempts: fault.attempts,
                given_up: fault.terminal,
            }),
            created: table.created.to_string(),
            last_start_ms: table.last_start,
        }
    }
}

impl TableJson {
    /// The same with what its owner is called.
    pub(crate) fn owned_by(mut self, owner: Option<&String>) -> Self {
        self.owner = owner.cloned();
        self
    }

    /// The same with who has which right on it.
    pub(crate) fn granting(mut self, grants: &NamedGrants) -> Self {
        self.access = Some(GrantsJson::from(grants));
        self
    }
}

/// As part of a line.
fn lower_case(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn step(table: &Instance) -> Option<Step> {
    match table.phase() {
        Phase::Starting(step) | Phase::Stopping(step) => Some(step),
        Phase::Off | Phase::On(_) => None,
    }
}

/// What a table is doing, in a few words.
pub(crate) fn words(table: &Instance) -> String {
    // Why a start was given up is what people want to know, not what is undone because of it.
    if table.given_up()
        && let Some(fault) = table.live_fault()
    {
        return say::fault(fault);
    }
    let doing = match table.phase() {
        Phase::Starting(_) if table.hold.is_some() => "waiting to start".to_owned(),
        Phase::Starting(step) => {
            lower_case(English.going_up(step, table.desired.spec.world.is_some()))
        }
        Phase::Stopping(step) => lower_case(English.going_down(step)),
        Phase::On(_) if table.is_in_setup() => {
            let slug = &table.slug;
            return format!(
                "in Foundry's setup, with no world open; to make one, run `refractory instance open {slug} --setup`"
            );
        }
        Phase::On(_) => "on".to_owned(),
        Phase::Off => "off".to_owned(),
    };
    match table.progress() {
        Some(progress) => match progress.percent {
            Some(percent) => format!("{doing}: {} ({percent} %)", English.progress(progress)),
            None => format!("{doing}: {}", English.progress(progress)),
        },
        None => match table.live_fault() {
            Some(fault) => format!("{doing}: {} (attempt {})", say::fault(fault), fault.attempts),
            None => doing,
        },
    }
}

fn release(table: &Instance, releases: &[Release]) -> Option<String> {
    let version = |id| releases.iter().find(|row| row.id == id).map(|row| row.version.to_string());
    match (&table.desired.spec.release, &table.release) {
        (ReleaseChoice::Exact(id), _) => version(id.clone()).or_else(|| Some(id.to_string())),
        (ReleaseChoice::Version(version), _) => Some(version.to_string()),
        (ReleaseChoice::Newest, pinned) => pinned.clone().and_then(version),
    }
}

/// A license; the key is masked.
#[derive(Debug, Serialize)]
pub(crate) struct LicenseJson {
    id: String,
    name: String,
    key: String,
    accepted_by: Option<String>,
    accepted_at: Option<String>,
    holder: Option<String>,
}

impl From<&LicenseView> for LicenseJson {
    fn from(view: &LicenseView) -> Self {
        let LicenseView { license, holder } = view;
        let eula = license.acceptance();
        Self {
            id: license.id.to_string(),
            name: license.name.clone(),
            key: license.masked.clone(),
            accepted_by: eula.map(|eula| eula.name.clone()),
            accepted_at: eula.map(|eula| eula.at.to_string()),
            holder: holder.as_ref().map(|(_, title)| title.clone()),
        }
    }
}

/// A release.
#[derive(Debug, Serialize)]
pub(crate) struct ReleaseJson {
    id: String,
    version: String,
    program: &'static str,
    node_major: Option<u16>,
    size: u64,
    added: String,
}

impl From<&Release> for ReleaseJson {
    fn from(release: &Release) -> Self {
        Self {
            id: release.id.to_string(),
            version: release.version.to_string(),
            program: match release.program {
                refractory_core::model::Program::Node => "node",
                refractory_core::model::Program::Demo => "demo",
            },
            node_major: release.node_major,
            size: release.size,
            added: release.added.to_string(),
        }
    }
}

/// An account.
#[derive(Debug, Serialize)]
pub(crate) struct UserJson {
    id: String,
    name: String,
    role: &'static str,
    /// `active` or `disabled`.
    state: &'static str,
    has_password: bool,
    /// `password`, `discord:ID`, `oidc:ISSUER:SUB`.
    identities: Vec<String>,
    email: Option<String>,
    locale: Option<String>,
    added: String,
}

impl From<&User> for UserJson {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.to_string(),
            role: user.role.name(),
            state: user.state.name(),
            identities: user.identities().map(|identity| identity.to_string()).collect(),
            email: user.email.as_ref().map(ToString::to_string),
            locale: user.locale.as_ref().map(ToString::to_string),
            has_password: user.password.is_some(),
            added: user.added.to_string(),
        }
    }
}

/// A worker.
#[derive(Debug, Serialize)]
pub(crate) struct WorkerJson {
    id: String,
    since: String,
    seen: String,
    unlisted: Vec<String>,
    duties: Vec<DutyJson>,
}

/// What a worker does on a clock.
#[derive(Debug, Serialize)]
pub(crate) struct DutyJson {
    pub(crate) name: String,
    pub(crate) every_seconds: u64,
    /// When it was last done; none where it was not yet.
    pub(crate) last: Option<String>,
    pub(crate) took_ms: u64,
    pub(crate) failure: Option<String>,
    pub(crate) runs: u64,
    pub(crate) failures: u64,
}

impl From<&DutyReport> for DutyJson {
    fn from(duty: &DutyReport) -> Self {
        Self {
            name: duty.name.clone(),
            every_seconds: duty.every.as_secs(),
            last: duty.last.map(|at| at.to_string()),
            took_ms: u64::try_from(duty.took.as_millis()).unwrap_or(u64::MAX),
            failure: duty.failure.clone(),
            runs: duty.runs,
            failures: duty.failures,
        }
    }
}

impl From<&WorkerMark> for WorkerJson {
    fn from(mark: &WorkerMark) -> Self {
        Self {
            id: mark.id.to_string(),
            since: mark.born.to_string(),
            seen: mark.seen.to_string(),
            unlisted: mark.unlisted.clone(),
            duties: mark.duties.iter().map(DutyJson::from).collect(),
        }
    }
}
