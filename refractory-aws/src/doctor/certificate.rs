//! The certificate: whether it is there, covers what it should, and will still tomorrow.
use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, CertificateType};
use refractory_core::Timestamp;
use refractory_core::finding::Finding;

use super::refusal::check_failed;
use super::stack::DescribedStack;
use crate::Clients;

const ABOUT: &str = "AWS certificate";
const DAY: u64 = 24 * 3600 * 1000;
/// AWS renews sixty days ahead: what is nearer to its end than this has not been renewed.
const NEAR: u64 = 30 * DAY;

/// What was seen of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CertificateState {
    status: CertificateStatus,
    names: Vec<String>,
    ends: Option<Timestamp>,
    /// Whether AWS renews it automatically.
    is_amazon_issued: bool,
    /// Records that prove whose the domain is: name, value, and whether the zone has it, where that could be seen.
    proofs: Vec<(String, String, Option<bool>)>,
}

/// Looks at the certificate of the listener of `stack`.
pub(super) async fn check(
    clients: &Clients,
    stack: &DescribedStack,
    now: Timestamp,
) -> Vec<Finding> {
    let (Some(domain), Some(listener)) = (stack.parameter("Domain"), stack.output("Listener"))
    else {
        return Vec::new();
    };
    let told = clients.elb.describe_listeners().listener_arns(listener).send().await;
    let told = match told {
        Ok(told) => told.listeners.unwrap_or_default(),
        Err(error) => {
            return vec![check_failed(ABOUT, "elasticloadbalancing:DescribeListeners", error)];
        }
    };
    let mut held = told.into_iter().flat_map(|listener| listener.certificates.unwrap_or_default());
    let Some(arn) = held.find_map(|held| held.certificate_arn) else {
        return vec![plain(domain)];
    };
    match clients.acm.describe_certificate().certificate_arn(arn).send().await {
        Ok(answer) => {
            let Some(detail) = answer.certificate else { return vec![plain(domain)] };
            let seen = seen(clients, stack.parameter("Zone"), detail).await;
            vec![judge(domain, &seen, now)]
        }
        Err(error) => vec![check_failed(ABOUT, "acm:DescribeCertificate", error)],
    }
}

async fn seen(
    clients: &Clients,
    zone: Option<&str>,
    detail: CertificateDetail,
) -> CertificateState {
    let mut names = detail.subject_alternative_names.unwrap_or_default();
    names.extend(detail.domain_name);
    let status = detail.status.unwrap_or(CertificateStatus::Inactive);
    let mut proofs = Vec::new();
    // Once it is issued, only its renewal needs them, and AWS says so in time.
    if status == CertificateStatus::PendingValidation {
        for option in detail.domain_validation_options.unwrap_or_default() {
            let Some(record) = option.resource_record else { continue };
            let is_there = match zone {
                Some(zone) => has_record(clients, zone, &record.name).await,
                None => None,
            };
            proofs.push((record.name, record.value, is_there));
        }
        proofs.sort();
        proofs.dedup();
    }
    CertificateState {
        status,
        names,
        ends: detail
            .not_after
            .and_then(|at| u64::try_from(at.to_millis().ok()?).ok())
            .map(Timestamp),
        is_amazon_issued: detail.r#type == Some(CertificateType::AmazonIssued),
        proofs,
    }
}

async fn has_record(clients: &Clients, zone: &str, name: &str) -> Option<bool> {
    let listed = clients.route53.list_resource_record_sets().hosted_zone_id(zone);
    let listed = listed.start_record_name(name).max_items(1).send().await.ok()?;
    let bare = |name: &str| name.trim_end_matches('.').to_lowercase();
    Some(listed.resource_record_sets.iter().any(|set| bare(&set.name) == bare(name)))
}

fn plain(domain: &str) -> Finding {
    Finding::note(
        ABOUT,
        format!(
            "The load balancer speaks plain HTTP: passwords and sessions for {domain} can be read on the way."
        ),
        "`refractory infra deploy` asks for a certificate where it is given the hosted zone of the domain, or takes one that there is.",
    )
}

fn judge(domain: &str, seen: &CertificateState, now: Timestamp) -> Finding {
    if seen.status == CertificateStatus::PendingValidation {
        return waiting(domain, seen);
    }
    if seen.status != CertificateStatus::Issued {
        return Finding::problem(
            ABOUT,
            format!("The certificate for {domain} is {}.", seen.status.as_str()),
            "Ask for a new one: `refractory infra deploy`, or give it another.",
        );
    }
    for name in [domain.to_owned(), format!("*.{domain}")] {
        if !seen.names.iter().any(|named| named.eq_ignore_ascii_case(&name)) {
            return Finding::problem(
                ABOUT,
                format!(
                    "The certificate does not cover `{name}`, so browsers refuse it: it is for {}.",
                    seen.names.join(", ")
                ),
                format!(
                    "Give `refractory infra deploy` one for `{domain}` and `*.{domain}`, or none, and it asks for one."
                ),
            );
        }
    }
    ending(domain, seen, now)
}

fn waiting(domain: &str, seen: &CertificateState) -> Finding {
    let missing = seen.proofs.iter().filter(|(_, _, is_there)| *is_there != Some(true));
    let records: Vec<_> = missing.map(|(name, value, _)| format!("{name} CNAME {value}")).collect();
    let said =
        format!("The certificate for {domain} waits for the proof that the domain is yours.");
    if records.is_empty() {
        let wait = "The records are there; it comes within half an hour once the world asks this zone, see `AWS names`.";
        return Finding::note(ABOUT, said, wait);
    }
    Finding::problem(
        ABOUT,
        said,
        format!("Make these records where the names are kept: {}.", records.join("; ")),
    )
}

fn ending(domain: &str, seen: &CertificateState, now: Timestamp) -> Finding {
    let left = seen.ends.map(|ends| ends.0.saturating_sub(now.0));
    let days = left.unwrap_or(u64::MAX) / DAY;
    if left.is_none_or(|left| left > NEAR) {
        let until = if left.is_some() { format!(", for {days} more days") } else { String::new() };
        let renewed = if seen.is_amazon_issued {
            " AWS renews it automatically."
        } else {
            " It was imported, so you have to renew it."
        };
        return Finding::fine(
            ABOUT,
            format!("It covers {domain} and every table{until}.{renewed}"),
        );
    }
    let said = format!("The certificate for {domain} ends in {days} days.");
    let remedy = if seen.is_amazon_issued {
        "AWS should have renewed it: see whether its validation records are still in the zone (`AWS names`), and what ACM says in the console."
    } else {
        "Import the new one into ACM under the same ARN: nothing else has to change."
    };
    if days < 7 {
        Finding::problem(ABOUT, said, remedy)
    } else {
        Finding::note(ABOUT, said, remedy)
    }
}

#[cfg(test)]
mod tests {
    use refractory_core::finding::State;

    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn good() -> CertificateState {
        CertificateState {
            status: CertificateStatus::Issued,
            names: vec!["play.example".to_owned(), "*.PLAY.example".to_owned()],
            ends: Some(Timestamp(NOW.0 + 200 * DAY)),
            is_amazon_issued: true,
            proofs: Vec::new(),
        }
    }

    fn ends_in(days: u64, is_ours: bool) -> CertificateState {
        CertificateState {
            ends: Some(Timestamp(NOW.0 + days * DAY)),
            is_amazon_issued: is_ours,
            ..good()
        }
    }

    fn waits(is_there: Option<bool>) -> CertificateState {
        let proofs = vec![("_x.play.example".to_owned(), "_y.acm".to_owned(), is_there)];
        CertificateState { status: CertificateStatus::PendingValidation, proofs, ..good() }
    }

    #[test]
    fn every_state_of_a_certificate_is_judged() {
        let rows = [
            (good(), State::Fine, "200 more days"),
            (
                CertificateState { is_amazon_issued: false, ..good() },
                State::Fine,
                "you have to renew it",
            ),
            (CertificateState { ends: None, ..good() }, State::Fine, "covers play.example"),
            (ends_in(20, true), State::Note, "ends in 20 days"),
            (ends_in(3, false), State::Problem, "ends in 3 days"),
            (ends_in(0, true), State::Problem, "ends in 0 days"),
            (waits(Some(true)), State::Note, "waits for the proof"),
            (waits(Some(false)), State::Problem, "waits for the proof"),
            (waits(None), State::Problem, "waits for the proof"),
            (
                CertificateState { status: CertificateStatus::Expired, ..good() },
                State::Problem,
                "EXPIRED",
            ),
            (
                CertificateState { names: vec!["play.example".to_owned()], ..good() },
                State::Problem,
                "`*.play.example`",
            ),
            (
                CertificateState { names: vec!["*.play.example".to_owned()], ..good() },
                State::Problem,
                "`play.example`",
            ),
        ];
        for (seen, state, part) in rows {
            let finding = judge("play.example", &seen, NOW);
            assert_eq!(finding.state, state, "{seen:?}");
            assert!(finding.sentence.contains(part), "{finding:?}");
        }
    }

    #[test]
    fn a_missing_proof_is_told_as_the_record_to_make() {
        let finding = judge("play.example", &waits(Some(false)), NOW);
        assert!(finding.remedy.unwrap().contains("_x.play.example CNAME _y.acm"));
    }
}
