//! `[aws]`.
use refractory_core::config::{Complaint, Doc, Section, Size, Span};
use refractory_core::model::Version;
use refractory_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::image::user_of;

/// `[aws]`: which account, and how tables run there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct AwsConfig {
    /// The region; what the environment or the profile says where `None`.
    pub region: Option<String>,
    /// The profile of the shared configuration files of AWS.
    pub profile: Option<String>,
    /// Where every service is spoken to instead of AWS: an emulator.
    pub endpoint: Option<String>,
    /// What everything made here is named and tagged after; one account may hold several.
    pub deployment: String,
    /// The image that tables run; `{version}` and `{generation}` are the release's.
    pub image: String,
    /// The processors that tables run on.
    pub architecture: Architecture,
    /// Processor time of a table whose own limits say nothing, in thousandths of a core.
    pub cpu_millis: u32,
    /// Memory of a table whose own limits say nothing.
    pub memory: Size,
    /// Whether tables may run on spare capacity, which AWS can take back within two minutes.
    pub spot: bool,
    /// Whether a table that found no spare capacity may run at the full price.
    pub on_demand: bool,
    /// How long a program that was asked to end may take before ECS forces it; at most two minutes.
    pub stop_within: Span,
    /// The user that owns the files of tables that are made from now on, as `uid:gid`; where `None`, the one that felddy's image
    /// for the table's release runs as.
    pub user: Option<String>,
    /// The image of the short tasks that remove, measure and copy volumes: bash, curl, tar and gzip.
    pub helper_image: String,
    /// Where the data of a running table lies.
    pub live_data: LiveData,
    /// How uploads can be read without the portal.
    pub assets: AssetAccess,
    /// How public names come about.
    pub names: NamingChoice,
    /// How requests reach a table.
    pub routing: Routing,
    /// How long a deleted secret can be brought back; zero deletes it at once.
    pub recovery: Span,
    /// How many days logs are kept.
    pub log_days: u16,
}

/// What CloudWatch Logs keeps logs for, in days.
pub(crate) const LOG_DAYS: [u16; 17] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827];

/// The processors that tables run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// Graviton: a fifth cheaper.
    Arm64,
    /// Intel or AMD.
    #[serde(rename = "x86-64")]
    X86,
}

/// Where the data of a running table lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LiveData {
    /// On the file system, where it also rests.
    Efs,
}

/// How uploads can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssetAccess {
    /// Uploads stay on the volume; no bucket is made.
    Volume,
    /// A bucket whose objects anyone may read who knows their name, as Foundry expects it.
    Public,
    /// A bucket that is read with the instance's key only: players and the program reach it through the edge.
    Private,
}

/// How public names come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamingChoice {
    /// One wildcard name leads to the edge.
    Wildcard,
    /// A record for each table that is on.
    Records,
}

/// How requests reach a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Routing {
    /// Through the portal's edge, behind one rule of the load balancer.
    Edge,
    /// Through a target group and a rule of the load balancer for each table: about a hundred at most.
    LoadBalancer,
}

impl Default for AwsConfig {
    fn default() -> Self {
        Self {
            region: None,
            profile: None,
            endpoint: None,
            deployment: "refractory".to_owned(),
            image: "felddy/foundryvtt:{version}".to_owned(),
            architecture: Architecture::Arm64,
            cpu_millis: 1000,
            memory: Size::gib(2),
            spot: false,
            on_demand: true,
            stop_within: Span::seconds(90),
            user: None,
            helper_image: "public.ecr.aws/docker/library/buildpack-deps:bookworm-curl".to_owned(),
            live_data: LiveData::Efs,
            assets: AssetAccess::Public,
            names: NamingChoice::Wildcard,
            routing: Routing::Edge,
            recovery: Span(std::time::Duration::from_hours(7 * 24)),
            log_days: 30,
        }
    }
}

impl AwsConfig {
    /// The settings of the portal on ECS, as a configuration file: all that differ from the defaults. How the account is reached is
    /// each one's own.
    pub fn portal_settings(&self) -> String {
        const OWN: [&str; 4] = ["region", "profile", "endpoint", "deployment"];
        let values = |config: &Self| match serde_json::to_value(config) {
            Ok(serde_json::Value::Object(values)) => values,
            _ => serde_json::Map::new(),
        };
        let defaults = values(&Self::default());
        let mut chosen = values(self);
        chosen.retain(|key, value| {
            !OWN.contains(&key.as_str()) && !value.is_null() && defaults.get(key) != Some(value)
        });
        if chosen.is_empty() {
            return String::new();
        }
        // Every value is a word, a number or a truth, which JSON writes as TOML does.
        let lines = chosen.iter().map(|(key, value)| format!("{key} = {value}\n"));
        format!("[{}]\n{}", Self::NAME, lines.collect::<String>())
    }

    /// The user and the group that own the files of a table that is made for `release`.
    ///
    /// # Errors
    ///
    /// `Invalid`: `user` is not two numbers.
    pub fn owner(&self, release: Option<Version>) -> Result<(u32, u32)> {
        let Some(user) = &self.user else { return Ok(user_of(release)) };
        numbers(user).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "reading the configuration").advise(
                "`user` under `[aws]` is not two numbers. Write it as `user = \"1000:1000\"`, or leave it out.",
            )
        })
    }
}

impl Section for AwsConfig {
    const NAME: &'static str = "aws";
    const ABOUT: &'static str = "Which account of AWS, and how tables run there.";
    const KEYS: &'static [Doc] = &[
        Doc::new("region", "The region; without it, what the environment or the profile says.")
            .example("\"eu-central-1\""),
        Doc::new("profile", "The profile of the shared configuration files of AWS.")
            .example("\"club\""),
        Doc::new("endpoint", "Where every service is spoken to instead of AWS, as an emulator.")
            .example("\"http://127.0.0.1:4566\""),
        Doc::new(
            "deployment",
            "What everything made here is named and tagged after; also the stack's name.",
        ),
        Doc::new(
            "image",
            "The image that tables run; `{version}` and `{generation}` stand for the release's.",
        ),
        Doc::new("architecture", "The processors that tables run on: \"arm64\" or \"x86-64\"."),
        Doc::new(
            "cpu_millis",
            "Processor time of a table whose own limits say nothing, in thousandths of a core.",
        ),
        Doc::new("memory", "Memory of a table whose own limits say nothing."),
        Doc::new(
            "spot",
            "Whether tables may run on spare capacity, which AWS can take back within two minutes.",
        ),
        Doc::new(
            "on_demand",
            "Whether a table that finds no spare capacity may run at the full price.",
        ),
        Doc::new(
            "stop_within",
            "How long a table that is asked to end may take before it is forced; at most \"2m\".",
        ),
        Doc::new(
            "user",
            "The user and group that own a new table's files; without it, those that felddy's image runs as, by release.",
        )
        .example("\"1000:1000\""),
        Doc::new(
            "helper_image",
            "The image of the short tasks that remove and copy data: it needs bash, curl, tar and gzip.",
        ),
        Doc::new("live_data", "Where the data of a running table lies: \"efs\"."),
        Doc::new(
            "assets",
            "Where uploads go: \"public\" buckets, \"private\" ones served by the edge, or the \"volume\".",
        ),
        Doc::new(
            "names",
            "How public names come about: one \"wildcard\", or \"records\" for each table.",
        ),
        Doc::new(
            "routing",
            "How requests reach a table: through the \"edge\", or by a rule of the \"load-balancer\" for each, past the edge: then only Foundry checks who may play, administration pages are closed to everyone, and licenses are not handed over.",
        ),
        Doc::new(
            "recovery",
            "How long a deleted secret can be brought back: \"0s\", or 7 to 30 days.",
        ),
        Doc::new("log_days", "How many days logs are kept."),
    ];

    fn validate(&self) -> std::result::Result<(), Vec<Complaint>> {
        let mut wrong = Vec::new();
        if !legal_deployment(&self.deployment) {
            wrong.push(Complaint::about(
                "deployment",
                "this must begin with a letter and have 2 to 16 lowercase letters, digits and hyphens.",
            ));
        }
        if self.user.as_deref().is_some_and(|user| numbers(user).is_none()) {
            wrong.push(Complaint::about("user", "write two numbers, as in \"1000:1000\"."));
        }
        if self.stop_within > Span::minutes(2) {
            wrong.push(Complaint::about("stop_within", "Fargate waits \"2m\" at most."));
        }
        if self.assets == AssetAccess::Private && self.routing == Routing::LoadBalancer {
            wrong.push(Complaint::about(
                "assets",
                "\"private\" uploads are served by the edge, which `routing = \"load-balancer\"` goes round.",
            ));
        }
        if !legal_recovery(self.recovery) {
            wrong.push(Complaint::about(
                "recovery",
                "this must be \"0s\", or from \"7d\" to \"30d\".",
            ));
        }
        if !LOG_DAYS.contains(&self.log_days) {
            let days = LOG_DAYS.map(|days| days.to_string()).join(", ");
            wrong.push(Complaint::about(
                "log_days",
                format!("AWS keeps logs for one of these: {days}."),
            ));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// `uid:gid`.
fn numbers(user: &str) -> Option<(u32, u32)> {
    let (uid, gid) = user.split_once(':')?;
    Some((uid.parse().ok()?, gid.parse().ok()?))
}

fn legal_deployment(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (2..=16).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.chars().all(legal)
}

fn legal_recovery(span: Span) -> bool {
    let days = span.get().as_secs() / 86_400;
    span.get().is_zero()
        || ((7..=30).contains(&days) && span.get().as_secs().is_multiple_of(86_400))
}

#[cfg(test)]
mod tests;
