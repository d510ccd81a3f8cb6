//! What failed, and what to do about it: one table.
use refractory_core::{Error, ErrorKind};

use super::progress::ResourceProgress;

/// What a reason holds, the kind of error it is, and what to do.
const REMEDIES: &[(&str, ErrorKind, &str)] = &[
    (
        "is not authorized to perform",
        ErrorKind::Forbidden,
        "Your credentials may not do that: give them the policy that `refractory infra policy operator` prints",
    ),
    (
        "AccessDenied",
        ErrorKind::Forbidden,
        "Your credentials may not do that: give them the policy that `refractory infra policy operator` prints",
    ),
    (
        "service linked role",
        ErrorKind::Unavailable,
        "AWS makes that role when a service is first used in an account: wait a minute",
    ),
    (
        "already exists",
        ErrorKind::Conflict,
        "Something that is not of this deployment has the name: remove it, or choose another name with `deployment` in `[aws]`",
    ),
    (
        "AlreadyExists",
        ErrorKind::Conflict,
        "Something that is not of this deployment has the name: remove it, or choose another name with `deployment` in `[aws]`",
    ),
    (
        "maximum number of",
        ErrorKind::Exhausted,
        "A quota of the account is reached: have it raised under Service Quotas, or remove what is not used",
    ),
    (
        "limit",
        ErrorKind::Exhausted,
        "A quota of the account is reached: have it raised under Service Quotas, or remove what is not used",
    ),
    (
        "quota",
        ErrorKind::Exhausted,
        "A quota of the account is reached: have it raised under Service Quotas, or remove what is not used",
    ),
    (
        "hosted zone",
        ErrorKind::Invalid,
        "Look whether `--zone` is the id of a public hosted zone of this account that holds the domain",
    ),
    (
        "HostedZone",
        ErrorKind::Invalid,
        "Look whether `--zone` is the id of a public hosted zone of this account that holds the domain",
    ),
    (
        "ertificate",
        ErrorKind::Invalid,
        "Look whether the certificate is issued, for the domain and its wildcard, in this region; one that is made here waits until the zone's name servers are those of the domain",
    ),
    (
        "Circuit Breaker",
        ErrorKind::Invalid,
        "The portal did not start: its log group and the events of the service `portal` say why. Look whether `--image` is right for the processors it runs on",
    ),
    (
        "CannotPull",
        ErrorKind::Invalid,
        "The image cannot be pulled: look at `--image`, and whether this account may read it",
    ),
    (
        "in use",
        ErrorKind::Conflict,
        "Something that was made beside the stack still uses it: `refractory infra status` shows what there is",
    ),
    (
        "DependencyViolation",
        ErrorKind::Conflict,
        "Something that was made beside the stack still uses it: `refractory infra status` shows what there is",
    ),
    ("ClusterContains", ErrorKind::Conflict, "Tables still run: wait until they have ended"),
    ("Rate exceeded", ErrorKind::Unavailable, "AWS asks to slow down: wait a minute"),
];

/// What an operation on the stack that failed means, by the causes that were seen.
pub(super) fn deploy_error(
    during: &'static str,
    again: &str,
    status: &str,
    causes: &[ResourceProgress],
) -> Error {
    let cause = causes.first();
    let reason = cause
        .and_then(|cause| cause.reason.as_deref())
        .unwrap_or("AWS gave no reason")
        .trim_end_matches('.');
    let (kind, remedy) = remedy(reason);
    let name = cause.map_or("the stack", |cause| cause.name.as_str());
    let more = match causes.len() {
        0 | 1 => String::new(),
        count => format!(" ({} more)", count - 1),
    };
    Error::new(kind, during).about("status", status).permanent().advise(format!(
        "`{name}` failed{more}: {reason}. {remedy}, then run `refractory infra {again}` again."
    ))
}

fn remedy(reason: &str) -> (ErrorKind, &'static str) {
    let known = REMEDIES.iter().find(|(part, ..)| reason.contains(part));
    known.map_or((ErrorKind::Unexpected, "Put that right"), |(_, kind, remedy)| (*kind, *remedy))
}

#[cfg(test)]
mod tests;
