//! Public names: whether the zone is asked by the world, and whether names lead to the load balancer.
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use refractory_core::finding::Finding;
use tokio::time::timeout;

use super::refusal::check_failed;
use super::stack::DescribedStack;
use crate::Clients;

const ABOUT: &str = "AWS names";
/// Longer than a resolver takes that will ever answer.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);

/// What was seen of the names of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct NamesState {
    domain: String,
    /// The load balancer's own name.
    balancer: String,
    /// The servers that the zone is asked at; none where names are kept elsewhere.
    servers: Vec<String>,
    /// Where the zone sends the wildcard, if anywhere.
    wildcard: Option<String>,
    /// What this machine's resolver makes of a table's name, and of the load balancer's.
    found: BTreeSet<IpAddr>,
    expected: BTreeSet<IpAddr>,
}

/// Looks at the names of `stack`.
pub(super) async fn check(clients: &Clients, stack: &DescribedStack) -> Vec<Finding> {
    let balancer = stack.output("LoadBalancerName").unwrap_or_default().to_owned();
    let Some(domain) = stack.parameter("Domain") else { return vec![no_domain(&balancer)] };
    let mut seen = NamesState { domain: domain.to_owned(), balancer, ..NamesState::default() };
    if let Some(zone) = stack.parameter("Zone") {
        match zone_of(clients, zone, domain).await {
            Ok((servers, wildcard)) => (seen.servers, seen.wildcard) = (servers, wildcard),
            Err(finding) => return vec![*finding],
        }
    }
    seen.found = resolved(&format!("any-table.{domain}")).await;
    seen.expected = resolved(&seen.balancer).await;
    vec![judge(&seen, stack.parameter("Zone").is_some())]
}

async fn zone_of(
    clients: &Clients,
    zone: &str,
    domain: &str,
) -> Result<(Vec<String>, Option<String>), Box<Finding>> {
    let found = clients.route53.get_hosted_zone().id(zone).send().await;
    let found =
        found.map_err(|error| Box::new(check_failed(ABOUT, "route53:GetHostedZone", error)))?;
    let servers = found.delegation_set.map(|set| set.name_servers).unwrap_or_default();
    let name = format!("*.{domain}.");
    let listed = clients.route53.list_resource_record_sets().hosted_zone_id(zone);
    let listed = listed.start_record_name(&name).max_items(8).send().await;
    let listed = listed
        .map_err(|error| Box::new(check_failed(ABOUT, "route53:ListResourceRecordSets", error)))?;
    // Route 53 writes the star as its number.
    let is_wildcard = |found: &str| found.replace("\\052", "*").eq_ignore_ascii_case(&name);
    let record = listed.resource_record_sets.into_iter().find(|set| is_wildcard(&set.name));
    let leads = record.map(|set| match (set.alias_target, set.resource_records) {
        (Some(alias), _) => alias.dns_name,
        (None, Some(records)) => {
            records.into_iter().map(|record| record.value).next().unwrap_or_default()
        }
        (None, None) => String::new(),
    });
    Ok((servers, leads))
}

async fn resolved(name: &str) -> BTreeSet<IpAddr> {
    match timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host((name, 443))).await {
        Ok(Ok(found)) => found.map(|at| at.ip()).collect(),
        Ok(Err(_)) | Err(_) => BTreeSet::new(),
    }
}

fn no_domain(balancer: &str) -> Finding {
    Finding::note(
        ABOUT,
        format!(
            "The stack has no domain: the portal is at http://{balancer}, and tables are paths of it, without HTTPS."
        ),
        "`refractory infra deploy` takes a domain and its hosted zone.",
    )
}

fn judge(seen: &NamesState, ours: bool) -> Finding {
    let NamesState { domain, balancer, servers, wildcard, found, expected } = seen;
    if ours && wildcard.is_none() {
        return Finding::problem(
            ABOUT,
            format!("The hosted zone has no record `*.{domain}`: no table is found by its name."),
            "`refractory infra deploy` makes it.",
        );
    }
    if let Some(target) = wildcard.as_ref().filter(|target| !same_name(target, balancer)) {
        return Finding::problem(
            ABOUT,
            format!("`*.{domain}` leads to `{target}`, and the load balancer is `{balancer}`."),
            "Remove that record if it is a leftover, and run `refractory infra deploy`.",
        );
    }
    if found.is_empty() {
        return Finding::problem(
            ABOUT,
            format!("`any-table.{domain}` is not found."),
            undelegated(seen, ours),
        );
    }
    if !expected.is_empty() && found.is_disjoint(expected) {
        return Finding::problem(
            ABOUT,
            format!(
                "`any-table.{domain}` is found at {}, which is not the load balancer.",
                told(found)
            ),
            if ours {
                format!(
                    "Other name servers answer for {domain}. Set these at its registrar: {}.",
                    servers.join(", ")
                )
            } else {
                format!(
                    "Let `*.{domain}` and `{domain}` lead to `{balancer}` where the names are kept."
                )
            },
        );
    }
    Finding::fine(ABOUT, format!("`any-table.{domain}` is found at {}.", told(found)))
}

fn undelegated(seen: &NamesState, ours: bool) -> String {
    let NamesState { domain, balancer, servers, .. } = seen;
    if ours {
        format!(
            "The record is there, so the world does not ask this zone yet: let the registrar of {domain} (or the zone above it) name these servers: {}. That takes up to two days to be known everywhere.",
            servers.join(", ")
        )
    } else {
        format!("Make `*.{domain}` and `{domain}` lead to `{balancer}` where the names are kept.")
    }
}

/// AWS puts `dualstack.` before the name, and a dot behind.
fn same_name(one: &str, other: &str) -> bool {
    let bare = |name: &str| {
        let name = name.trim_end_matches('.').to_lowercase();
        name.strip_prefix("dualstack.").map_or(name.clone(), ToOwned::to_owned)
    };
    bare(one) == bare(other)
}

fn told(addresses: &BTreeSet<IpAddr>) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use refractory_core::finding::State;

    use super::*;

    fn good() -> NamesState {
        NamesState {
            domain: "play.example".to_owned(),
            balancer: "club-1.eu-central-1.elb.amazonaws.com".to_owned(),
            servers: vec!["ns-1.example".to_owned(), "ns-2.example".to_owned()],
            wildcard: Some("dualstack.CLUB-1.eu-central-1.elb.amazonaws.com.".to_owned()),
            found: BTreeSet::from([[192, 0, 2, 1].into()]),
            expected: BTreeSet::from([[192, 0, 2, 1].into(), [192, 0, 2, 2].into()]),
        }
    }

    #[test]
    fn names_that_lead_home_are_fine() {
        assert_eq!(judge(&good(), true).state, State::Fine);
        let elsewhere = NamesState { servers: Vec::new(), wildcard: None, ..good() };
        assert_eq!(judge(&elsewhere, false).state, State::Fine, "names may be kept elsewhere");
        let blind = NamesState { expected: BTreeSet::new(), ..good() };
        assert_eq!(judge(&blind, true).state, State::Fine, "what cannot be compared is not blamed");
    }

    #[test]
    fn each_break_on_the_way_has_its_own_remedy() {
        let rows = [
            (NamesState { wildcard: None, ..good() }, true, "has no record", "infra deploy"),
            (
                NamesState { wildcard: Some("old.example".to_owned()), ..good() },
                true,
                "leads to `old.example`",
                "leftover",
            ),
            (
                NamesState { found: BTreeSet::new(), ..good() },
                true,
                "is not found",
                "ns-1.example, ns-2.example",
            ),
            (
                NamesState { found: BTreeSet::new(), wildcard: None, ..good() },
                false,
                "is not found",
                "club-1",
            ),
            (
                NamesState { found: BTreeSet::from([[203, 0, 113, 9].into()]), ..good() },
                true,
                "203.0.113.9",
                "registrar",
            ),
            (
                NamesState {
                    found: BTreeSet::from([[203, 0, 113, 9].into()]),
                    wildcard: None,
                    ..good()
                },
                false,
                "203.0.113.9",
                "club-1",
            ),
        ];
        for (seen, ours, sentence, remedy) in rows {
            let finding = judge(&seen, ours);
            assert_eq!(finding.state, State::Problem, "{seen:?}");
            assert!(finding.sentence.contains(sentence), "{finding:?}");
            assert!(finding.remedy.unwrap().contains(remedy), "{sentence}");
        }
    }
}
