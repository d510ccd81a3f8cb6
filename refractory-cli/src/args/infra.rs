//! `infra`.
use clap::{Args, Subcommand, ValueEnum};
use refractory_aws::infra::DeployOptions;
use refractory_aws::infra::policy::PolicySubject;
use refractory_aws::{Architecture, AwsConfig};

/// What can be done to what a deployment on AWS stands on.
#[derive(Debug, Subcommand)]
pub(crate) enum InfraCommand {
    /// Create or update the infrastructure; shows the changes first
    Deploy(Deploy),
    /// Show what a deploy would change
    Diff(Chosen),
    /// Show the status, and manual changes in the account
    Status(Status),
    /// Delete the infrastructure; data is kept unless requested
    Destroy(Destroy),
    /// Print the required IAM policies as JSON
    Policy(Policy),
}

const DEPLOY: &str = "\
Examples:
  refractory infra deploy                                     a trial: plain HTTP, no names, no portal
  refractory infra deploy --domain tables.example.org --zone Z0123456789ABC --image IMAGE
  refractory infra deploy --image IMAGE --yes                 the next version of the portal

Choices are remembered: the next deploy needs only the changes, and an empty value, such as
`--image \"\"`, resets a choice. The name of the stack is `deployment` in `[aws]`.
An interrupted deploy continues on AWS; run the same command again to follow it.";

/// Create or update the infrastructure of a deployment.
#[derive(Debug, Args)]
#[command(after_help = DEPLOY)]
pub(crate) struct Deploy {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// Continue without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Continue even if a resource that holds data is replaced
    #[arg(long)]
    pub(crate) part_with_data: bool,
}

/// What can be chosen. What is left out stays as it was.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// The domain of the portal; tables are below it
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// The ID of the hosted zone that contains the domain
    #[arg(long, value_name = "ID")]
    zone: Option<String>,
    /// An existing certificate for the domain and its wildcard, instead of a new one
    #[arg(long, value_name = "ARN")]
    certificate: Option<String>,
    /// An existing network, instead of a new one
    #[arg(long, value_name = "ID")]
    vpc: Option<String>,
    /// Two subnets, in two zones of that network, for the load balancer
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    public_subnets: Option<Vec<String>>,
    /// Two subnets, in two zones of that network, for tasks, if they differ
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    task_subnets: Option<Vec<String>>,
    /// The address range of the network, such as 10.42.0.0/16; required for an existing network
    #[arg(long, value_name = "CIDR")]
    cidr: Option<String>,
    /// Whether tasks run behind a NAT gateway, for about 40 USD a month
    #[arg(long, value_enum, value_name = "YES|NO", hide_possible_values = true)]
    nat: Option<YesNo>,
    /// Whether the network and its load balancer also use IPv6
    #[arg(long, value_enum, value_name = "YES|NO", hide_possible_values = true)]
    ipv6: Option<YesNo>,
    /// The image of the portal; without it no portal runs
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// The number of portals
    #[arg(long, value_name = "COUNT")]
    replicas: Option<u8>,
    /// The image of the Discord bot, which runs beside the portal
    #[arg(long, value_name = "IMAGE")]
    bot_image: Option<String>,
    /// The secret that contains the bot's token, such as refractory/bot
    #[arg(long, value_name = "NAME")]
    bot_secret: Option<String>,
}

/// A plain answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum YesNo {
    Yes,
    No,
}

impl Chosen {
    /// The same for the library, with what the configuration says.
    pub(crate) fn choices(self, config: &AwsConfig) -> DeployOptions {
        let yes = |answer: Option<YesNo>| answer.map(|answer| answer == YesNo::Yes);
        let architecture = match config.architecture {
            Architecture::Arm64 => "ARM64",
            Architecture::X86 => "X86_64",
        };
        DeployOptions {
            domain: self.domain,
            zone: self.zone,
            certificate: self.certificate,
            vpc: self.vpc,
            public_subnets: self.public_subnets,
            task_subnets: self.task_subnets,
            cidr: self.cidr,
            nat: yes(self.nat),
            ipv6: yes(self.ipv6),
            image: self.image,
            replicas: self.replicas,
            bot_image: self.bot_image,
            bot_secret: self.bot_secret,
            architecture: Some(architecture.to_owned()),
            settings: Some(config.portal_settings()),
            log_days: Some(config.log_days),
        }
    }
}

/// How it is.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory infra status --quick")]
pub(crate) struct Status {
    /// Skip the check for manual changes, which takes up to a minute
    #[arg(short, long)]
    pub(crate) quick: bool,
}

const DESTROY: &str = "\
Examples:
  refractory infra destroy                                    data is kept, and the next deploy uses it again
  refractory infra destroy --with-data                        everything, for good; asks for the deployment's name
  refractory infra destroy --with-data --confirm refractory";

/// Delete the infrastructure of a deployment.
#[derive(Debug, Args)]
#[command(after_help = DESTROY)]
pub(crate) struct Destroy {
    /// Delete all data too: files and uploads of tables, snapshots, keys and records
    #[arg(long)]
    pub(crate) with_data: bool,
    /// The deployment's name, to skip the question
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
}

const POLICY: &str = "\
Examples:
  refractory infra policy controller                          what Refractory itself needs, wherever it runs
  refractory infra policy front-end                           what a bot or the API behind Lambda needs: docs/front-ends.md
  refractory infra policy operator                            for users who deploy, destroy and inspect
  refractory infra policy controller --why                    the same, row by row with the reason
  refractory infra policy operator --account 123456789012     without asking AWS, before anything is there

Each document is small enough for a managed policy. The deployment has the controller's already.";

/// Print the required IAM policies.
#[derive(Debug, Args)]
#[command(after_help = POLICY)]
pub(crate) struct Policy {
    /// The policy to print
    #[arg(value_enum, value_name = "WHOSE", default_value = "controller")]
    pub(crate) whose: WhoseArg,
    /// The account [default: the account of the current credentials]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// The hosted zone [default: the deployment's]
    #[arg(long, value_name = "ID")]
    pub(crate) zone: Option<String>,
    /// Print a table with a reason for each row instead
    #[arg(long)]
    pub(crate) why: bool,
}

/// Whose policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhoseArg {
    /// Refractory itself
    Controller,
    /// A front end that is no worker: the API behind Lambda, a bot
    FrontEnd,
    /// Users who deploy, destroy and inspect
    Operator,
    /// The user of a table's uploads: its maximum permissions
    Table,
}

impl From<WhoseArg> for PolicySubject {
    fn from(whose: WhoseArg) -> Self {
        match whose {
            WhoseArg::Controller => Self::Controller,
            WhoseArg::FrontEnd => Self::FrontEnd,
            WhoseArg::Operator => Self::Operator,
            WhoseArg::Table => Self::Table,
        }
    }
}
