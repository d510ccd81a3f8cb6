//! Instances: the tables of people.
use std::collections::BTreeMap;

use refractory_core::model::{self, Edit, LicenseChoice, Principal, ReleaseChoice};
use refractory_core::words::{English, Words as _};
use refractory_core::{ErrorKind, InstanceId, MintedToken, Refractory, ReleaseId, Result, Verb};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::links::foundry_setup_url;
use crate::view::Can;

/// Where an instance is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InstancePhase {
    /// Nothing runs.
    Off,
    /// On its way up.
    Starting,
    /// Players can join.
    On,
    /// On its way down.
    Stopping,
    /// Being deleted.
    Deleting,
    /// A start was given up; someone has to do something.
    Attention,
}

impl InstancePhase {
    /// Where `instance` is on its way.
    pub fn of(instance: &model::Instance) -> Self {
        match instance.state() {
            model::InstanceState::Off => Self::Off,
            model::InstanceState::Starting => Self::Starting,
            model::InstanceState::On => Self::On,
            model::InstanceState::Stopping => Self::Stopping,
            model::InstanceState::Deleting => Self::Deleting,
            model::InstanceState::Attention => Self::Attention,
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Starting => "starting",
            Self::On => "on",
            Self::Stopping => "stopping",
            Self::Deleting => "deleting",
            Self::Attention => "attention",
        }
    }
}

/// What is wanted of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// Players can join.
    On,
    /// Nothing runs; the data is kept.
    Off,
    /// It is deleted with its data.
    Gone,
}

/// A step on the way up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceStep {
    /// The license.
    License,
    /// The folder or file system for its data.
    Volume,
    /// The place for its uploads.
    Assets,
    /// The program.
    Runtime,
    /// The world.
    World,
    /// The public name.
    Name,
}

impl From<model::Step> for InstanceStep {
    fn from(step: model::Step) -> Self {
        match step {
            model::Step::License => Self::License,
            model::Step::Volume => Self::Volume,
            model::Step::Assets => Self::Assets,
            model::Step::Runtime => Self::Runtime,
            model::Step::World => Self::World,
            model::Step::Name => Self::Name,
        }
    }
}

/// What the caller may do with an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceAction {
    /// Change it.
    Change,
    /// Delete it.
    Delete,
    /// See its details.
    Inspect,
    /// Read its log.
    ReadLogs,
    /// Enter Foundry's setup.
    SetUp,
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Take the license that it waits for from an instance where no one plays.
    TakeLicense,
    /// Give it another owner.
    Transfer,
}

impl InstanceAction {
    fn all(can: Can) -> Vec<Self> {
        let rows = [
            (can.change, Self::Change),
            (can.delete, Self::Delete),
            (can.inspect, Self::Inspect),
            (can.logs, Self::ReadLogs),
            (can.set_up, Self::SetUp),
            (can.start, Self::Start),
            (can.stop, Self::Stop),
            (can.take, Self::TakeLicense),
            (can.transfer, Self::Transfer),
        ];
        rows.into_iter().filter(|(may, _)| *may).map(|(_, action)| action).collect()
    }
}

/// How much of the machine an instance may use. Null leaves it to the runtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Limits {
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Processor time in thousandths of one core.
    pub cpu_millis: Option<u32>,
    /// Disk space for all of its data in bytes.
    pub disk: Option<u64>,
}

/// Who has which right on an instance: `signed-in`, `anyone`, `group:NAME` and `user:NAME`. Its owner has every right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Access {
    /// Who sees it in lists.
    pub view: Vec<String>,
    /// Who may join its world.
    pub play: Vec<String>,
    /// Who runs it.
    pub game_master: Vec<String>,
    /// Who changes it.
    pub manage: Vec<String>,
}

impl From<&model::NamedGrants> for Access {
    fn from(grants: &model::NamedGrants) -> Self {
        let names = |right| grants.of(right).iter().map(ToString::to_string).collect();
        Self {
            view: names(model::Right::View),
            play: names(model::Right::Play),
            game_master: names(model::Right::GameMaster),
            manage: names(model::Right::Manage),
        }
    }
}

/// A change to who has which right on an instance. A right that is left out stays as it is; one that is named is granted to exactly
/// these: `signed-in`, `anyone`, `group:NAME` and `user:NAME`. An empty list grants it to no one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct AccessPatch {
    /// Who sees it in lists.
    #[schema(value_type = Vec<Grantee>)]
    #[serde(default)]
    pub view: Edit<Vec<String>>,
    /// Who may join its world.
    #[schema(value_type = Vec<Grantee>)]
    #[serde(default)]
    pub play: Edit<Vec<String>>,
    /// Who runs it. Not `anyone`.
    #[schema(value_type = Vec<Grantee>)]
    #[serde(default)]
    pub game_master: Edit<Vec<String>>,
    /// Who changes it. Not `anyone`.
    #[schema(value_type = Vec<Grantee>)]
    #[serde(default)]
    pub manage: Edit<Vec<String>>,
}

/// `signed-in`, `anyone`, `group:NAME` or `user:NAME`.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = "grantee", example = "group:friday-crew")]
#[expect(dead_code, reason = "it describes a text")]
pub(crate) struct Grantee(String);

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// The step that failed.
    pub step: InstanceStep,
    /// What kind of error it was.
    #[schema(example = "unavailable")]
    pub kind: String,
    /// What went wrong, as a stable name. Finer than `kind`.
    #[schema(example = "no-licenses")]
    pub code: Option<String>,
    /// What helps, as a stable name.
    #[schema(example = "add-license")]
    pub remedy: Option<String>,
    /// What went wrong, in a sentence.
    pub message: String,
    /// How often in a row it failed.
    pub attempts: u32,
    /// Whether it is not tried again by itself.
    pub given_up: bool,
    /// When it is tried again. Null where it is not.
    #[schema(format = DateTime)]
    pub retry_at: Option<String>,
}

/// An instance: a table, as people see it. What only those may see who may inspect it is null, or empty, for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Instance {
    /// Names the instance for ever.
    pub id: String,
    /// The label in its address.
    pub name: String,
    /// What people call it; its name where it has no title.
    pub title: String,
    /// Where players find it.
    #[schema(format = "uri")]
    pub url: String,
    /// Where it is on its way.
    pub phase: InstancePhase,
    /// What is wanted of it.
    pub power: Option<Power>,
    /// The step in hand, on the way up or down.
    pub step: Option<InstanceStep>,
    /// What the step in hand is doing, for people.
    pub progress: Option<String>,
    /// How much of that is done, in percent.
    #[schema(maximum = 100)]
    pub percent: Option<u8>,
    /// Names the present launch. Null where nothing was ever launched.
    pub launch: Option<String>,
    /// The process of the program on its machine.
    pub pid: Option<u32>,
    /// Where the program listens. Only for administrators.
    pub endpoint: Option<String>,
    /// How many players are connected. Null where it is not on.
    pub players: Option<u32>,
    /// The version of its release; the id of one that is not stored any more.
    pub release: Option<String>,
    /// The world it opens at every start.
    pub world: Option<String>,
    /// Whether it is on with no world open, in Foundry's setup.
    pub in_setup: bool,
    /// The world that is open.
    pub open_world: Option<String>,
    /// The worlds it is known to have.
    pub worlds: Vec<String>,
    /// The titles of these worlds, by id.
    pub world_titles: BTreeMap<String, String>,
    /// `any`, `not-needed`, or the id of the license it is to run on.
    pub license: Option<String>,
    /// How much of the machine it may use.
    pub limits: Option<Limits>,
    /// Foundry's language. Null is Foundry's default.
    pub language: Option<String>,
    /// The name of the user who owns it.
    pub owner: Option<String>,
    /// Who has which right on it. Null in lists.
    pub access: Option<Access>,
    /// What went wrong last.
    pub fault: Option<Fault>,
    /// The id of the operation that holds it.
    pub held_by: Option<String>,
    /// What the caller may do with it.
    pub can: Vec<InstanceAction>,
    /// When it was created.
    #[schema(format = DateTime)]
    pub created: Option<String>,
    /// How long its last start took, in milliseconds.
    pub last_start_ms: Option<u64>,
    /// Counts changes of what is wanted of it.
    pub generation: Option<u64>,
    /// Counts writes; the number in its `ETag`.
    pub revision: u64,
}

impl Instance {
    /// `instances` as `who` may see them.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn all(
        refractory: &Refractory,
        who: &Principal,
        instances: &[model::Instance],
    ) -> Result<Vec<Self>> {
        let names = Names {
            releases: versions(refractory, who).await?,
            owners: refractory.owners(who, instances).await?,
        };
        Ok(instances.iter().map(|row| Self::named(refractory, who, row, &names)).collect())
    }

    /// `instance` as `who` may see it.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn one(
        refractory: &Refractory,
        who: &Principal,
        instance: &model::Instance,
    ) -> Result<Self> {
        let names = Names {
            releases: versions(refractory, who).await?,
            owners: refractory.owners(who, std::slice::from_ref(instance)).await?,
        };
        let mut form = Self::named(refractory, who, instance, &names);
        if form.can.contains(&InstanceAction::Inspect) {
            form.access = Some(Access::from(&refractory.grants(who, instance).await?));
        }
        Ok(form)
    }

    fn named(
        refractory: &Refractory,
        who: &Principal,
        row: &model::Instance,
        names: &Names,
    ) -> Self {
        let can = Can::of(who, row);
        let bare = Self::bare(refractory, row, can);
        if !can.inspect {
            return bare;
        }
        let spec = &row.desired.spec;
        let on = bare.phase == InstancePhase::On;
        let progress = row.progress();
        let endpoint = row.endpoint();
        Self {
            power: Some(power(row)),
            step: step(row),
            progress: progress.map(|progress| English.progress(progress)),
            percent: progress.and_then(|progress| progress.percent),
            launch: (row.epoch > 0).then(|| row.launch_id().to_string()),
            pid: endpoint.and_then(|endpoint| endpoint.pid),
            endpoint: endpoint.filter(|_| deployment_is_seen_by(who)).map(ToString::to_string),
            players: row.seen.as_ref().filter(|_| on).map(|seen| seen.players),
            release: names.release_of(row),
            world: spec.world.as_ref().map(ToString::to_string),
            open_world: row.open_world().filter(|_| on).map(ToString::to_string),
            worlds: row.worlds.iter().map(|world| world.id.to_string()).collect(),
            world_titles: row
                .worlds
                .iter()
                .map(|world| (world.id.to_string(), world.title.clone()))
                .collect(),
            license: Some(match &spec.license {
                LicenseChoice::Any => "any".to_owned(),
                LicenseChoice::NotNeeded => "not-needed".to_owned(),
                LicenseChoice::Only(id) => id.to_string(),
            }),
            limits: Some(Limits {
                memory: spec.limits.memory,
                cpu_millis: spec.limits.cpu_millis,
                disk: spec.limits.disk,
            }),
            language: spec.language.clone(),
            owner: names.owners.get(&row.id).cloned(),
            fault: row.live_fault().map(|fault| Fault {
                step: fault.step.into(),
                kind: word(fault.kind),
                code: fault.cause.as_ref().map(|cause| cause.code.to_string()),
                remedy: fault
                    .cause
                    .as_ref()
                    .and_then(|cause| cause.remedy)
                    .map(|remedy| remedy.name().to_owned()),
                message: English.fault(fault),
                attempts: fault.attempts,
                given_up: fault.terminal,
                retry_at: (!fault.terminal).then(|| fault.retry_at.to_string()),
            }),
            held_by: row.hold.as_ref().map(|hold| hold.operation.to_string()),
            created: Some(row.created.to_string()),
            last_start_ms: row.last_start,
            generation: Some(row.generation),
            ..bare
        }
    }

    /// What every user who sees that there is such an instance may know of it.
    fn bare(refractory: &Refractory, row: &model::Instance, can: Can) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.slug.to_string(),
            title: row.title().to_owned(),
            url: refractory.public_url(row),
            phase: InstancePhase::of(row),
            in_setup: row.is_in_setup(),
            can: InstanceAction::all(can),
            revision: row.revision,
            power: None,
            step: None,
            progress: None,
            percent: None,
            launch: None,
            pid: None,
            endpoint: None,
            players: None,
            release: None,
            world: None,
            open_world: None,
            worlds: Vec::new(),
            world_titles: BTreeMap::new(),
            license: None,
            limits: None,
            language: None,
            owner: None,
            access: None,
            fault: None,
            held_by: None,
            created: None,
            last_start_ms: None,
            generation: None,
        }
    }
}

/// What the forms of instances name beside them.
struct Names {
    releases: BTreeMap<ReleaseId, String>,
    owners: BTreeMap<InstanceId, String>,
}

impl Names {
    fn release_of(&self, row: &model::Instance) -> Option<String> {
        let version = |id: &ReleaseId| self.releases.get(id).cloned();
        match (&row.desired.spec.release, &row.release) {
            (ReleaseChoice::Exact(id), _) => version(id).or_else(|| Some(id.to_string())),
            (ReleaseChoice::Version(version), _) => Some(version.to_string()),
            (ReleaseChoice::Newest, pinned) => pinned.as_ref().and_then(version),
        }
    }
}

/// The versions of the stored releases; none for those who may not see which there are.
async fn versions(refractory: &Refractory, who: &Principal) -> Result<BTreeMap<ReleaseId, String>> {
    match refractory.releases(who).await {
        Ok(all) => {
            Ok(all.into_iter().map(|release| (release.id, release.version.to_string())).collect())
        }
        Err(error) if error.kind() == ErrorKind::Forbidden => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

fn deployment_is_seen_by(who: &Principal) -> bool {
    refractory_core::may(who, Verb::SeeDeployment)
}

fn power(row: &model::Instance) -> Power {
    match row.desired.power {
        model::Power::On => Power::On,
        model::Power::Off => Power::Off,
        model::Power::Gone => Power::Gone,
    }
}

fn step(row: &model::Instance) -> Option<InstanceStep> {
    match row.phase() {
        model::Phase::Starting(step) | model::Phase::Stopping(step) => Some(step.into()),
        model::Phase::Off | model::Phase::On(_) => None,
    }
}

/// The stable name of a kind of error.
pub(crate) fn word(kind: ErrorKind) -> String {
    kind.to_string().replace(' ', "-")
}

/// An instance to create.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct NewInstance {
    /// The label in its address; made from the title where it is left out.
    #[schema(min_length = 1, max_length = 63, format = "instance-name")]
    #[serde(default)]
    pub name: Option<String>,
    /// What people call it.
    #[schema(max_length = 80, format = "label")]
    #[serde(default)]
    pub title: Option<String>,
    /// A version, the id of a release or its beginning, or `newest`.
    #[schema(min_length = 1, format = "release")]
    #[serde(default)]
    pub release: Option<String>,
    /// The world to open at every start.
    #[schema(min_length = 1, max_length = 255, format = "world")]
    #[serde(default)]
    pub world: Option<String>,
    /// `any`, `not-needed`, or the id or name of a license.
    #[schema(min_length = 1, format = "license")]
    #[serde(default)]
    pub license: Option<String>,
    /// How much of the machine it may use.
    #[schema(value_type = Option<LimitsPatch>)]
    #[serde(default)]
    pub limits: Option<LimitsPatch>,
    /// Foundry's language, as `en.core`.
    #[schema(max_length = 64, format = "language")]
    #[serde(default)]
    pub language: Option<String>,
    /// The name of the user who is to own it; the caller where it is left out.
    #[schema(min_length = 1, format = "owner")]
    #[serde(default)]
    pub owner: Option<String>,
    /// Who has which right on it. Where nothing is said, every user sees it, and anyone may play.
    #[schema(value_type = Option<AccessPatch>)]
    #[serde(default)]
    pub access: Option<AccessPatch>,
}

/// A change to an instance: a merge patch. What it leaves out stays, and null clears what may be empty.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct InstancePatch {
    /// The label in its address. Takes effect at once.
    #[schema(value_type = String, min_length = 1, max_length = 63, format = "instance-name")]
    #[serde(default)]
    pub name: Edit<String>,
    /// What people call it.
    #[schema(value_type = Option<String>, max_length = 80, format = "label")]
    #[serde(default)]
    pub title: Edit<String>,
    /// A version, the id of a release or its beginning, or `newest`. Takes effect at the next start, as all that follows.
    #[schema(value_type = String, min_length = 1, format = "release")]
    #[serde(default)]
    pub release: Edit<String>,
    /// The world to open at every start.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255, format = "world")]
    #[serde(default)]
    pub world: Edit<String>,
    /// `any`, `not-needed`, or the id or name of a license.
    #[schema(value_type = Option<String>, min_length = 1, format = "license")]
    #[serde(default)]
    pub license: Edit<String>,
    /// How much of the machine it may use.
    #[schema(value_type = Option<LimitsPatch>)]
    #[serde(default)]
    pub limits: Edit<LimitsPatch>,
    /// Foundry's language, as `en.core`.
    #[schema(value_type = Option<String>, max_length = 64, format = "language")]
    #[serde(default)]
    pub language: Edit<String>,
    /// The name of the user who is to own it. For administrators.
    #[schema(value_type = Option<String>, min_length = 1, format = "owner")]
    #[serde(default)]
    pub owner: Edit<String>,
    /// Who has which right on it. Takes effect at once.
    #[schema(value_type = AccessPatch)]
    #[serde(default)]
    pub access: Edit<AccessPatch>,
}

/// A change to how much of the machine an instance may use.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct LimitsPatch {
    /// Memory in bytes.
    #[schema(value_type = Option<u64>, minimum = 67_108_864)]
    #[serde(default)]
    pub memory: Edit<u64>,
    /// Processor time in thousandths of one core.
    #[schema(value_type = Option<u32>, minimum = 100, maximum = 4_294_967_295_u32)]
    #[serde(default)]
    pub cpu_millis: Edit<u32>,
    /// Disk space for all of its data in bytes.
    #[schema(value_type = Option<u64>, minimum = 67_108_864)]
    #[serde(default)]
    pub disk: Edit<u64>,
}

impl From<LimitsPatch> for model::LimitsChange {
    fn from(patch: LimitsPatch) -> Self {
        let LimitsPatch { memory, cpu_millis, disk } = patch;
        Self { memory, cpu_millis, disk }
    }
}

/// A link that lets one browser into Foundry's setup, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SetupLink {
    /// The name of the instance.
    pub name: String,
    /// The link.
    #[schema(format = "uri")]
    pub link: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub until: String,
}

impl SetupLink {
    /// The link of `minted`, a token of [`setup_ticket`](Refractory::setup_ticket) for `instance`.
    pub fn of(refractory: &Refractory, instance: &model::Instance, minted: &MintedToken) -> Self {
        Self {
            name: instance.slug.to_string(),
            link: foundry_setup_url(refractory, instance, minted),
            until: minted.token.until.to_string(),
        }
    }
}
