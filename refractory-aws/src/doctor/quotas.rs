//! Whether what the account may have is enough for its tables.
use std::collections::BTreeMap;

use refractory_core::finding::Finding;

use super::refusal::check_failed;
use crate::cost::{LIMITS, Limit, Setup, Usage};
use crate::{AwsConfig, Clients};

const ABOUT: &str = "AWS quotas";

/// Quotas of one service by their names in small letters.
type Quotas = BTreeMap<String, f64>;

/// Compares what the account may have with what so many tables need, used as [`Habits`] says.
pub(super) async fn check(clients: &Clients, config: &AwsConfig, tables: u32) -> Vec<Finding> {
    let (mut findings, mut known) = (Vec::new(), Quotas::new());
    let mut services: Vec<_> = LIMITS.iter().filter_map(|limit| Some(limit.quota_of?.0)).collect();
    services.sort_unstable();
    services.dedup();
    for service in services {
        match quotas_of(clients, service).await {
            Ok(quotas) => known.extend(quotas),
            Err(finding) => {
                findings.push(*finding);
                // What refuses one service refuses all.
                break;
            }
        }
    }
    findings.extend(judge(&Setup::of(config), tables.max(1), &known));
    findings
}

async fn quotas_of(clients: &Clients, service: &str) -> Result<Quotas, Box<Finding>> {
    let mut pages =
        clients.quotas.list_service_quotas().service_code(service).into_paginator().send();
    let mut all = Quotas::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| {
            Box::new(check_failed(ABOUT, "servicequotas:ListServiceQuotas", error))
        })?;
        let quotas = page.quotas.unwrap_or_default().into_iter();
        all.extend(
            quotas.filter_map(|quota| Some((quota.quota_name?.to_lowercase(), quota.value?))),
        );
    }
    Ok(all)
}

fn judge(setup: &Setup, tables: u32, known: &Quotas) -> Vec<Finding> {
    let habits = Usage::default();
    let quota = |limit: &Limit| {
        let told = limit.quota_of.and_then(|(_, name)| known.get(&name.to_lowercase()));
        told.copied().unwrap_or(limit.quota)
    };
    let short = |limit: &&Limit, tables| limit.need(tables, setup, &habits) > quota(limit);
    let now: Vec<_> = LIMITS.iter().filter(|limit| short(limit, tables)).collect();
    let soon = LIMITS.iter().filter(|limit| !short(limit, tables) && short(limit, tables * 2));
    let told = |limit: &Limit, tables| {
        let (need, has) = (limit.need(tables, setup, &habits).ceil(), quota(limit));
        format!(
            "{}: {tables} tables need about {need:.0}, and the account has {has:.0}.",
            limit.name
        )
    };
    let mut findings: Vec<_> = now
        .iter()
        .map(|limit| Finding::problem(ABOUT, told(limit, tables), remedy(limit)))
        .collect();
    findings.extend(soon.map(|limit| Finding::note(ABOUT, told(limit, tables * 2), remedy(limit))));
    if now.is_empty() {
        let seen = LIMITS.iter().filter(|limit| {
            limit.quota_of.is_some_and(|(_, name)| known.contains_key(&name.to_lowercase()))
        });
        let said = format!(
            "Enough for the tables there are ({tables}); {} of {} as the account has them, the rest as AWS gives them by default.",
            seen.count(),
            LIMITS.len()
        );
        findings.insert(0, Finding::fine(ABOUT, said));
    }
    findings
}

fn remedy(limit: &Limit) -> String {
    if limit.adjustable {
        format!("Ask AWS for more, in the console under Service Quotas. {}", limit.remedy)
    } else {
        limit.remedy.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use refractory_core::finding::State;

    use super::*;

    fn states(tables: u32, known: &[(&str, f64)]) -> Vec<(State, String)> {
        let known = known.iter().map(|(name, value)| (name.to_lowercase(), *value)).collect();
        let findings = judge(&Setup::of(&AwsConfig::default()), tables, &known);
        findings.into_iter().map(|finding| (finding.state, finding.sentence)).collect()
    }

    const CPU: &str = "Fargate On-Demand vCPU resource count";

    #[test]
    fn a_quota_that_is_short_is_a_problem_with_both_numbers() {
        let told = states(50, &[(CPU, 6.0)]);
        assert_eq!(told[0].0, State::Problem);
        assert!(told[0].1.contains("50 tables need about 11, and the account has 6."), "{told:?}");
    }

    #[test]
    fn a_quota_that_was_raised_is_enough_and_one_that_ends_soon_is_a_note() {
        let told = states(50, &[(CPU, 100.0)]);
        assert_eq!(told.iter().map(|(state, _)| *state).collect::<Vec<_>>(), [State::Fine]);
        let told = states(50, &[(CPU, 12.0)]);
        assert_eq!(
            told.iter().map(|(state, _)| *state).collect::<Vec<_>>(),
            [State::Fine, State::Note]
        );
        assert!(told[1].1.contains("100 tables need about 21"), "{told:?}");
    }

    #[test]
    fn what_aws_does_not_tell_is_taken_as_its_default() {
        let told = states(50, &[]);
        assert_eq!(told[0].0, State::Problem, "six processors are the default");
        assert_eq!(states(1, &[])[0].0, State::Fine);
    }
}
