//! `infra`.
use clap::{Args, Subcommand, ValueEnum};
use refractory_aws::infra::Choices;
use refractory_aws::infra::policy::Whose;
use refractory_aws::{Architecture, AwsConfig};

/// What can be done to what a deployment on AWS stands on.
#[derive(Debug, Subcommand)]
pub(crate) enum InfraCommand {
    /// Make it, or bring it up to date; shows what changes first
    Deploy(Deploy),
    /// What a deploy would change
    Diff(Chosen),
    /// How it is, and what differs from it in the account
    Status(Status),
    /// Take it away; data is kept unless asked for
    Destroy(Destroy),
    /// Print who needs to be allowed what, as JSON for IAM
    Policy(Policy),
}

const DEPLOY: &str = "\
Examples:
  refractory infra deploy                                     a trial: plain HTTP, no names, no portal
  refractory infra deploy --domain tables.example.org --zone Z0123456789ABC --image IMAGE
  refractory infra deploy --image IMAGE --yes                 the next version of the portal

What is chosen once is remembered: the next deploy needs only what is to be different, and an empty
value, as `--image \"\"`, takes a choice back. The name of the stack is `deployment` in `[aws]`.
A deploy that was interrupted goes on at AWS; say the same again to follow it.";

/// Make what a deployment stands on, or bring it up to date.
#[derive(Debug, Args)]
#[command(after_help = DEPLOY)]
pub(crate) struct Deploy {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// Do it without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Do it even where another takes the place of something that holds data
    #[arg(long)]
    pub(crate) part_with_data: bool,
}

/// What can be chosen. What is left out stays as it was.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// The domain of the portal; tables are found below it
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// The id of the hosted zone that holds the domain
    #[arg(long, value_name = "ID")]
    zone: Option<String>,
    /// A certificate for the domain and its wildcard, instead of one that is made
    #[arg(long, value_name = "ARN")]
    certificate: Option<String>,
    /// An existing network, instead of one that is made
    #[arg(long, value_name = "ID")]
    vpc: Option<String>,
    /// Two subnets, in two zones of that network, for the load balancer
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    public_subnets: Option<Vec<String>>,
    /// Two subnets, in two zones of that network, that tasks run in where they are others
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    task_subnets: Option<Vec<String>>,
    /// The addresses of the network, as 10.42.0.0/16; of an existing one there is no default
    #[arg(long, value_name = "CIDR")]
    cidr: Option<String>,
    /// Whether tasks run behind a NAT gateway, for about 40 USD a month
    #[arg(long, value_enum, value_name = "YES|NO", hide_possible_values = true)]
    nat: Option<YesNo>,
    /// Whether the network and its load balancer speak IPv6 too
    #[arg(long, value_enum, value_name = "YES|NO", hide_possible_values = true)]
    ipv6: Option<YesNo>,
    /// The image of the portal; none runs without it
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// How many portals run
    #[arg(long, value_name = "COUNT")]
    replicas: Option<u8>,
    /// The image of the Discord bot, which runs beside the portal
    #[arg(long, value_name = "IMAGE")]
    bot_image: Option<String>,
    /// The secret that holds the bot's token, as refractory/bot
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
    pub(crate) fn choices(self, config: &AwsConfig) -> Choices {
        let yes = |answer: Option<YesNo>| answer.map(|answer| answer == YesNo::Yes);
        let architecture = match config.architecture {
            Architecture::Arm64 => "ARM64",
            Architecture::X86 => "X86_64",
        };
        Choices {
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
            settings: Some(config.for_the_portal()),
            log_days: Some(config.log_days),
        }
    }
}

/// How it is.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory infra status --quick")]
pub(crate) struct Status {
    /// Do not look for what somebody changed by hand, which takes up to a minute
    #[arg(short, long)]
    pub(crate) quick: bool,
}

const DESTROY: &str = "\
Examples:
  refractory infra destroy                                    data is kept, and the next deploy takes it up
  refractory infra destroy --with-data                        everything, for good; asks for the deployment's name
  refractory infra destroy --with-data --confirm refractory";

/// Take away what a deployment stands on.
#[derive(Debug, Args)]
#[command(after_help = DESTROY)]
pub(crate) struct Destroy {
    /// Take data too: tables' files and uploads, snapshots, keys, everything that is written down
    #[arg(long)]
    pub(crate) with_data: bool,
    /// The deployment's name, instead of being asked for it
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
}

const POLICY: &str = "\
Examples:
  refractory infra policy controller                          what Refractory itself needs, wherever it runs
  refractory infra policy operator                            what people need who deploy, destroy and look
  refractory infra policy controller --why                    the same, row by row with the reason
  refractory infra policy operator --account 123456789012     without asking AWS, before anything is there

Each document is small enough for a managed policy. The deployment has the controller's already.";

/// Print who needs to be allowed what.
#[derive(Debug, Args)]
#[command(after_help = POLICY)]
pub(crate) struct Policy {
    /// Whose
    #[arg(value_enum, value_name = "WHOSE", default_value = "controller")]
    pub(crate) whose: WhoseArg,
    /// The account, instead of that of the credentials in use
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// The hosted zone, instead of the deployment's
    #[arg(long, value_name = "ID")]
    pub(crate) zone: Option<String>,
    /// Print a table with the reason for every row instead
    #[arg(long)]
    pub(crate) why: bool,
}

/// Whose policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhoseArg {
    /// Refractory itself
    Controller,
    /// People who deploy, destroy and look
    Operator,
    /// The user of a table's uploads: the most it can ever do
    Table,
}

impl From<WhoseArg> for Whose {
    fn from(whose: WhoseArg) -> Self {
        match whose {
            WhoseArg::Controller => Self::Controller,
            WhoseArg::Operator => Self::Operator,
            WhoseArg::Table => Self::Table,
        }
    }
}
