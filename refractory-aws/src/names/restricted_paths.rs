//! The doors that a load balancer closes itself, because it leads past the edge, which closes them otherwise.
use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, HostHeaderConditionConfig,
    PathPatternConditionConfig, Rule, RuleCondition, Tag,
};
use refractory_core::foundry::doors;
use refractory_core::model::Hostname;
use refractory_core::{Error, ErrorKind, Result};

use super::balancer::LoadBalancerNames;
use super::listener;
use super::listener::{is_for, load_balancer_full};
use crate::error::{aws_error, code_is};
use crate::naming::TAG_DEPLOYMENT;

/// How many rules this takes: one for all tables.
pub(crate) const RULES: u32 = 1;
const DURING: &str = "closing pages at the load balancer";
/// The text of a closed page; the rule is identified by it.
const CLOSED: &str = "Foundry's setup is closed here. Manage the table in the portal.";

impl LoadBalancerNames {
    /// Has the listener, whose `rules` these are, close the doors of every name beside `name`, before any rule of a table is
    /// looked at; false where the rules have to be read again.
    ///
    /// The rule stays when the last instance goes: removing it would race with a new instance.
    pub(super) async fn restrict_paths(&self, name: &Hostname, rules: &[Rule]) -> Result<bool> {
        let hosts = hosts(name);
        match rules.iter().find(|rule| is_restriction_rule(rule, &hosts)) {
            Some(rule) if paths_of(rule) == paths() => Ok(true),
            Some(rule) => self.update_restriction_rule(rule, &hosts).await.map(|()| true),
            None => self.create_restriction_rule(&hosts, rules).await,
        }
    }

    /// Makes the rule; false if its priority was taken, by another writer or by our own call whose reply was lost.
    async fn create_restriction_rule(&self, hosts: &str, rules: &[Rule]) -> Result<bool> {
        let used = rules.iter().filter_map(|rule| rule.priority()?.parse().ok()).collect();
        let priority = listener::before_tables(&used).ok_or_else(|| {
            load_balancer_full(Error::new(ErrorKind::Exhausted, "finding a free priority"))
        })?;
        let tag = Tag::builder().key(TAG_DEPLOYMENT).value(self.naming().deployment()).build();
        let made = self
            .elb()
            .create_rule()
            .listener_arn(self.listener())
            .priority(i32::try_from(priority).unwrap_or(i32::MAX))
            .set_conditions(Some(conditions(hosts)))
            .actions(closed_response())
            .tags(tag);
        match made.send().await {
            Ok(_) => Ok(true),
            Err(error) if code_is(&error, &["PriorityInUse"]) => Ok(false),
            Err(error) => Err(load_balancer_full(aws_error(DURING, error))),
        }
    }

    /// Has a rule of ours close what is closed now, where an earlier version closed something else.
    async fn update_restriction_rule(&self, rule: &Rule, hosts: &str) -> Result<()> {
        let change = self.elb().modify_rule().set_rule_arn(rule.rule_arn.clone());
        let change = change.set_conditions(Some(conditions(hosts))).actions(closed_response());
        change.send().await.map(|_| ()).map_err(|error| aws_error(DURING, error))
    }
}

/// Every name beside `name`.
fn hosts(name: &Hostname) -> String {
    let domain = name.as_str().split_once('.').map_or("", |(_, domain)| domain);
    format!("*.{domain}")
}

/// What is closed, as regular expressions of paths. The program does not care for case, and a load balancer does.
fn paths() -> BTreeSet<String> {
    [pattern(&doors::ADMINISTRATION), pattern(&doors::NOBODYS)].into()
}

/// The first part of a path is one of `words`, and nothing that only begins with one.
fn pattern(words: &[&str]) -> String {
    let any_case = |word: &&str| -> String {
        word.chars().flat_map(|c| ['[', c, c.to_ascii_uppercase(), ']']).collect()
    };
    let words: Vec<_> = words.iter().map(any_case).collect();
    format!("^/+({})([^A-Za-z0-9_-].*)?$", words.join("|"))
}

fn conditions(hosts: &str) -> Vec<RuleCondition> {
    let host = HostHeaderConditionConfig::builder().values(hosts).build();
    let path =
        PathPatternConditionConfig::builder().set_regex_values(Some(paths().into_iter().collect()));
    vec![
        RuleCondition::builder().field("host-header").host_header_config(host).build(),
        RuleCondition::builder().field("path-pattern").path_pattern_config(path.build()).build(),
    ]
}

/// The response of a closed page.
fn closed_response() -> Action {
    let said = FixedResponseActionConfig::builder().status_code("403").message_body(CLOSED);
    let said = said.content_type("text/plain").build();
    Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(said).build()
}

/// Whether `rule` is the one that closes restricted paths of `hosts`.
fn is_restriction_rule(rule: &Rule, hosts: &str) -> bool {
    let said = |action: &Action| {
        action.fixed_response_config().and_then(|config| config.message_body()) == Some(CLOSED)
    };
    is_for(rule, hosts) && rule.actions().iter().any(said)
}

/// The expressions of a rule.
fn paths_of(rule: &Rule) -> BTreeSet<String> {
    let configs = rule.conditions().iter().filter_map(RuleCondition::path_pattern_config);
    configs.flat_map(|config| config.regex_values().to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_fits_into_one_rule() {
        let conditions = conditions("*.games.example");
        let values = 1 + conditions[1].path_pattern_config().unwrap().regex_values().len();
        assert!(values <= 5, "AWS's limit for a rule");
        for path in paths() {
            assert!(path.len() <= 128, "AWS's limit for an expression: {path}");
        }
    }

    #[test]
    fn every_door_is_closed_however_it_is_written_and_nothing_else() {
        assert_eq!(pattern(&["quit"]), "^/+([qQ][uU][iI][tT])([^A-Za-z0-9_-].*)?$",);
        let all: String = paths().into_iter().collect();
        for word in doors::ADMINISTRATION.into_iter().chain(doors::NOBODYS) {
            assert!(all.contains(&pattern(&[word])[4..word.len() * 4 + 4]), "{word}");
        }
    }
}
