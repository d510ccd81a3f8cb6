//! The options of a deploy: the parameters of the template.
use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Parameter;
use refractory_core::{Error, ErrorKind, Result};

use super::template;

/// What an operator may choose. What is left out stays as it was at the last deploy, or is the template's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeployOptions {
    /// The domain of the portal and, with a wildcard before it, of tables; empty for none.
    pub domain: Option<String>,
    /// The id of the hosted zone that holds the domain; empty for none.
    pub zone: Option<String>,
    /// The ARN of a certificate for the domain and its wildcard; empty to have one made.
    pub certificate: Option<String>,
    /// An existing network; empty to make one.
    pub vpc: Option<String>,
    /// The two subnets, in two zones of an existing network, that the load balancer stands in.
    pub public_subnets: Option<Vec<String>>,
    /// The two subnets, in two zones of an existing network, that tasks run in, where they are others.
    pub task_subnets: Option<Vec<String>>,
    /// The addresses of the network, as `10.42.0.0/16`. The portal believes what they say about a visitor's address, so for
    /// an existing network there is no default.
    pub cidr: Option<String>,
    /// Whether tasks run behind a NAT gateway.
    pub nat: Option<bool>,
    /// Whether the network and its load balancer speak IPv6 too.
    pub ipv6: Option<bool>,
    /// The image of the portal; empty to run none.
    pub image: Option<String>,
    /// How many portals run.
    pub replicas: Option<u8>,
    /// The image of the Discord bot; empty to run none.
    pub bot_image: Option<String>,
    /// The name of the secret with the bot's token, below the deployment's prefix.
    pub bot_secret: Option<String>,
    /// The processors that the portal runs on, as ECS names them.
    pub architecture: Option<String>,
    /// What the portal is to go by, as a configuration file: [`AwsConfig::portal_settings`](crate::AwsConfig::portal_settings).
    pub settings: Option<String>,
    /// How many days logs are kept.
    pub log_days: Option<u16>,
}

impl DeployOptions {
    /// Every parameter of the template, for a deploy of `deployment` onto a stack that has `standing` parameters.
    ///
    /// # Errors
    ///
    /// `Invalid` for what cannot be chosen, or not together, or not any more.
    pub(super) fn parameters(
        &self,
        deployment: &str,
        standing: &BTreeMap<String, String>,
    ) -> Result<Vec<Parameter>> {
        let chosen = self.chosen(deployment);
        check(&chosen, standing, deployment)?;
        let kept = |name: &str| standing.contains_key(name);
        Ok(template::parameters()
            .filter_map(|name| match chosen.get(name) {
                Some(value) => Some(parameter(name).parameter_value(value).build()),
                None if kept(name) => Some(parameter(name).use_previous_value(true).build()),
                None => None,
            })
            .collect())
    }

    /// What was chosen, by the names of the template.
    fn chosen(&self, deployment: &str) -> BTreeMap<&'static str, String> {
        let text = |value: &Option<String>| value.as_ref().map(|text| text.trim().to_owned());
        let list = |value: &Option<Vec<String>>| value.as_ref().map(|all| all.join(","));
        let word = |value: Option<bool>| value.map(|yes| if yes { "yes" } else { "no" }.to_owned());
        let all = [
            ("Deployment", Some(deployment.to_owned())),
            (
                "Domain",
                text(&self.domain).map(|domain| domain.trim_end_matches('.').to_lowercase()),
            ),
            (
                "Zone",
                text(&self.zone).map(|zone| zone.trim_start_matches("/hostedzone/").to_owned()),
            ),
            ("Certificate", text(&self.certificate)),
            ("Vpc", text(&self.vpc)),
            ("PublicSubnets", list(&self.public_subnets)),
            ("TaskSubnets", list(&self.task_subnets)),
            ("VpcCidr", text(&self.cidr)),
            ("Nat", word(self.nat)),
            ("Ipv6", word(self.ipv6)),
            ("Image", text(&self.image)),
            ("Replicas", self.replicas.map(|count| count.to_string())),
            ("BotImage", text(&self.bot_image)),
            ("BotSecret", text(&self.bot_secret)),
            ("Architecture", text(&self.architecture)),
            ("Settings", self.settings.clone()),
            ("LogDays", self.log_days.map(|days| days.to_string())),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

fn parameter(name: &str) -> aws_sdk_cloudformation::types::builders::ParameterBuilder {
    Parameter::builder().parameter_key(name)
}

/// Refuses what CloudFormation would refuse late, or would apply with bad results.
fn check(
    chosen: &BTreeMap<&str, String>,
    standing: &BTreeMap<String, String>,
    deployment: &str,
) -> Result<()> {
    let value = |name: &str| {
        let value = chosen.get(name).or_else(|| standing.get(name));
        value.map(String::as_str).unwrap_or_default()
    };
    let subnets = |name| value(name).split(',').filter(|subnet| !subnet.is_empty()).count();
    let moved = standing.get("Vpc").is_some_and(|before| before != value("Vpc"));
    let secret_elsewhere = !value("BotSecret").is_empty()
        && !value("BotSecret").starts_with(&format!("{deployment}/"));
    let rules = [
        (
            moved,
            "The network of a deployment cannot be changed. Deploy another one with `deployment` in `[aws]`, or leave `--vpc` out.",
        ),
        (
            !value("Vpc").is_empty() && subnets("PublicSubnets") != 2,
            "An existing network needs exactly two public subnets, in two zones: add `--public-subnets subnet-a,subnet-b`.",
        ),
        (
            // The file system can be mounted in two zones; a task in a third would never start.
            subnets("TaskSubnets") != 0 && subnets("TaskSubnets") != 2,
            "Tasks need exactly two subnets, in two zones: write `--task-subnets subnet-a,subnet-b`.",
        ),
        (
            // Whose word about a visitor's address is taken.
            !value("Vpc").is_empty() && value("VpcCidr").is_empty(),
            "The addresses of an existing network must be known: add `--cidr`, as in `--cidr 10.0.0.0/16`.",
        ),
        (
            value("Vpc").is_empty() && subnets("PublicSubnets") + subnets("TaskSubnets") > 0,
            "Subnets belong to an existing network: add `--vpc vpc-…`, or leave them out to have a network made.",
        ),
        (
            !value("Domain").is_empty()
                && value("Zone").is_empty()
                && value("Certificate").is_empty(),
            "A domain needs a certificate: add `--zone` with the id of its hosted zone, in which one is then validated, or `--certificate` with the ARN of one you have.",
        ),
        (
            value("Domain").is_empty()
                && !(value("Zone").is_empty() && value("Certificate").is_empty()),
            "Zone and certificate are those of a domain: add `--domain`.",
        ),
        (
            !value("BotImage").is_empty() && value("Image").is_empty(),
            "The bot runs beside the portal: add `--image`.",
        ),
        (
            secret_elsewhere,
            "The bot's token must lie below the deployment's prefix, as `refractory/bot`.",
        ),
    ];
    match rules.into_iter().find(|(broken, _)| *broken) {
        Some((_, sentence)) => {
            Err(Error::new(ErrorKind::Invalid, "choosing parameters").advise(sentence))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
