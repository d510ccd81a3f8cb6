//! A target group: what one name leads to, and whether it is well.
use std::net::Ipv4Addr;

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, Tag, TargetDescription, TargetGroupAttribute, TargetHealthStateEnum,
    TargetTypeEnum,
};
use refractory_core::digest::sha256_hex;
use refractory_core::model::Hostname;
use refractory_core::ports::{Endpoint, Progress};
use refractory_core::{Error, ErrorKind, InstanceId, Result};

use super::balancer::{LoadBalancerNames, TargetGroup};
use super::listener::load_balancer_full;
use crate::Naming;
use crate::error::{aws_error, code_is};
use crate::naming::{TAG_DEPLOYMENT, TAG_INSTANCE};

/// The tag of a target group that says which name leads there.
const TAG_NAME: &str = "refractory:name";
/// How long requests that are under way may go on when a target leaves.
const DRAIN_SECONDS: &str = "10";

impl Naming {
    /// The target group of a name: 32 characters, which is what there is room for. It is the name's, so that
    /// two tables cannot both have one.
    pub fn target_group(&self, name: &Hostname) -> String {
        let digest = sha256_hex(&[name.as_str().as_bytes()]);
        format!("{}-{}", self.deployment(), &digest[..31 - self.deployment().len().min(16)])
    }
}

impl LoadBalancerNames {
    /// The target group of `name`, by its own name.
    pub(super) async fn group(&self, name: &Hostname) -> Result<Option<TargetGroup>> {
        let asked = self.elb().describe_target_groups().names(self.naming().target_group(name));
        let found = match asked.send().await {
            Err(error) if code_is(&error, &["TargetGroupNotFound"]) => return Ok(None),
            found => found.map_err(|error| aws_error("looking for a target group", error))?,
        };
        let Some(arn) = found.target_groups().first().and_then(|group| group.target_group_arn())
        else {
            return Ok(None);
        };
        Ok(self.owned(&[arn.to_owned()]).await?.into_iter().next())
    }

    /// The same groups with whose they are: one call for twenty.
    pub(super) async fn owned(&self, arns: &[String]) -> Result<Vec<TargetGroup>> {
        let mut groups = Vec::new();
        for some in arns.chunks(20) {
            let asked =
                self.elb().describe_tags().set_resource_arns(Some(some.to_vec())).send().await;
            let answer = match asked {
                // One of them was removed meanwhile: a repeated call finds the others.
                Err(error) if code_is(&error, &["TargetGroupNotFound"]) && some.len() == 1 => {
                    continue;
                }
                answer => {
                    answer.map_err(|error| aws_error("reading the tags of target groups", error))?
                }
            };
            groups.extend(answer.tag_descriptions().iter().filter_map(|described| {
                let arn = described.resource_arn()?.to_owned();
                Some(TargetGroup { arn, of: self.read_tags(described.tags()) })
            }));
        }
        Ok(groups)
    }

    fn read_tags(&self, tags: &[Tag]) -> Option<(Hostname, InstanceId)> {
        let value = |key: &str| tags.iter().find(|tag| tag.key() == Some(key)).and_then(Tag::value);
        let ours = value(TAG_DEPLOYMENT) == Some(self.naming().deployment());
        let name = super::marker::hostname(value(TAG_NAME)?)?;
        let owner = InstanceId::new(value(TAG_INSTANCE)?).ok()?;
        ours.then_some((name, owner))
    }

    /// Every target group of this deployment.
    pub(super) async fn groups(&self) -> Result<Vec<TargetGroup>> {
        let prefix = format!("{}-", self.naming().deployment());
        let mut arns = Vec::new();
        let mut pages = self.elb().describe_target_groups().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing target groups", error))?;
            arns.extend(page.target_groups().iter().filter_map(|group| {
                let ours = group.target_group_name()?.starts_with(&prefix);
                ours.then(|| group.target_group_arn().map(ToOwned::to_owned)).flatten()
            }));
        }
        self.owned(&arns).await
    }

    /// Makes the target group of `name`.
    pub(super) async fn make_group(
        &self,
        owner: &InstanceId,
        name: &Hostname,
        target: &Endpoint,
    ) -> Result<()> {
        let slash = if target.prefix.is_empty() { "" } else { "/" };
        let made = self
            .elb()
            .create_target_group()
            .name(self.naming().target_group(name))
            .vpc_id(self.vpc())
            .target_type(TargetTypeEnum::Ip)
            .protocol(ProtocolEnum::Http)
            .port(i32::from(target.port))
            .health_check_path(format!("{slash}{}/api/status", target.prefix))
            .health_check_interval_seconds(10)
            .health_check_timeout_seconds(5)
            .healthy_threshold_count(2)
            .unhealthy_threshold_count(3)
            .matcher(Matcher::builder().http_code("200").build())
            .set_tags(Some(self.tags(owner, name)))
            .send()
            .await;
        match made {
            // Made by a call whose answer was lost, or by another deployment: the owner is checked next.
            Err(error) if code_is(&error, &["DuplicateTargetGroupName"]) => Ok(()),
            made => made
                .map(|_| ())
                .map_err(|error| load_balancer_full(aws_error("making a target group", error))),
        }
    }

    fn tags(&self, owner: &InstanceId, name: &Hostname) -> Vec<Tag> {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        vec![
            tag(TAG_DEPLOYMENT, self.naming().deployment()),
            tag(TAG_INSTANCE, owner.as_str()),
            tag(TAG_NAME, name.as_str()),
        ]
    }

    /// How it treats its target. Written before there is a rule, so that an existing rule implies it.
    pub(super) async fn configure_group(&self, group: &str) -> Result<()> {
        let set =
            |key: &str, value: &str| TargetGroupAttribute::builder().key(key).value(value).build();
        let tuned = self
            .elb()
            .modify_target_group_attributes()
            .target_group_arn(group)
            .attributes(set("deregistration_delay.timeout_seconds", DRAIN_SECONDS))
            .attributes(set("stickiness.enabled", "false"));
        tuned.send().await.map_err(|error| aws_error("tuning a target group", error))?;
        Ok(())
    }

    /// Has the group lead to `target` and nowhere else; none once the target is well.
    ///
    /// What is not the target leaves first: its address may be another table's by now.
    pub(super) async fn set_target(
        &self,
        group: &str,
        target: &Endpoint,
    ) -> Result<Option<Progress>> {
        let wanted = description(target)?;
        let answer = self.elb().describe_target_health().target_group_arn(group).send().await;
        let answer = answer.map_err(|error| aws_error("asking whether a table is well", error))?;
        let mut state = None;
        let mut old = Vec::new();
        for found in answer.target_health_descriptions() {
            let Some(at) = found.target() else { continue };
            let health = found.target_health();
            let now = health.and_then(|health| health.state()).cloned();
            let draining = now == Some(TargetHealthStateEnum::Draining);
            if at.id() == wanted.id() && at.port() == wanted.port() {
                let why = health.and_then(|health| health.description()).map(ToOwned::to_owned);
                state = (!draining).then_some((now, why));
            } else if !draining {
                old.push(at.clone());
            }
        }
        if !old.is_empty() {
            let leave =
                self.elb().deregister_targets().target_group_arn(group).set_targets(Some(old));
            leave.send().await.map_err(|error| aws_error("letting an old address go", error))?;
        }
        match state {
            None => {
                let join = self.elb().register_targets().target_group_arn(group).targets(wanted);
                let joined = join.send().await;
                joined
                    .map_err(|error| load_balancer_full(aws_error("registering a table", error)))?;
                Ok(Some(Progress::new("the load balancer has been told where the table is")))
            }
            Some((
                Some(TargetHealthStateEnum::Healthy | TargetHealthStateEnum::Unavailable),
                _,
            )) => Ok(None),
            Some((_, why)) => Ok(Some(Progress::new(match why {
                Some(why) => format!("the load balancer waits for the table to be well: {why}"),
                None => "the load balancer waits for the table to be well".to_owned(),
            }))),
        }
    }

    /// Deletes the group; false while something still leads there.
    pub(super) async fn delete_group(&self, group: &str) -> Result<bool> {
        match self.elb().delete_target_group().target_group_arn(group).send().await {
            Err(error) if code_is(&error, &["ResourceInUse"]) => Ok(false),
            Err(error) if !code_is(&error, &["TargetGroupNotFound"]) => {
                Err(aws_error("deleting a target group", error))
            }
            _ => Ok(true),
        }
    }
}

fn description(target: &Endpoint) -> Result<TargetDescription> {
    if target.host.parse::<Ipv4Addr>().is_err() {
        return Err(Error::new(ErrorKind::Invalid, "registering a table").about("host", &target.host).advise(
            "A load balancer leads to addresses (IPv4), and this table has none. Set `routing = \"edge\"` under `[aws]`.",
        ));
    }
    Ok(TargetDescription::builder().id(&target.host).port(i32::from(target.port)).build())
}

#[cfg(test)]
mod tests;
