//! Why a task ended, read from what ECS says about it.
use aws_sdk_ecs::types::{Container, Task, TaskStopCode};

/// What every stop that we ask for begins its reason with.
pub(super) const STOP_PREFIX: &str = "Refractory: ";

/// Why a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StopReason {
    /// We asked for it.
    Requested,
    /// There was no machine for it.
    Capacity,
    /// It never started, and would not start again: an operator has to follow the sentence first.
    Permanent(String),
    /// It ended, or never started for a reason that passes.
    Ended(String),
}

/// What a reason has to say to mean something, in lower case: all of the texts, and whether it is transient.
struct Rule {
    all: &'static [&'static str],
    is_transient: bool,
    sentence: &'static str,
}

const fn rule(all: &'static [&'static str], passes: bool, sentence: &'static str) -> Rule {
    Rule { all, is_transient: passes, sentence }
}

const STACK: &str =
    "`refractory infra deploy` brings the stack up to date, `refractory doctor` says more.";

/// The first row that fits counts.
const RULES: &[Rule] = &[
    rule(
        &["efs utils", "access denied"],
        false,
        "The table's task may not mount its volume: its role or the file system's policy refuses it. {STACK}",
    ),
    rule(
        &["efs utils", "not authorized"],
        false,
        "The table's task may not mount its volume: its role or the file system's policy refuses it. {STACK}",
    ),
    rule(
        &["access point", "not found"],
        false,
        "The access point of this table's volume is gone. `refractory doctor` says what is left of the volume.",
    ),
    rule(
        &["access point", "does not exist"],
        false,
        "The access point of this table's volume is gone. `refractory doctor` says what is left of the volume.",
    ),
    rule(&["efs utils"], true, "Its volume could not be mounted (storage)."),
    rule(&["mount.nfs"], true, "Its volume could not be mounted (storage)."),
    rule(&["failed to resolve", "fs-"], true, "Its volume could not be mounted (storage)."),
    rule(
        &["secret", "accessdenied"],
        false,
        "ECS may not read the secret that this table is started with. {STACK}",
    ),
    rule(
        &["secret", "not authorized"],
        false,
        "ECS may not read the secret that this table is started with. {STACK}",
    ),
    rule(
        &["json key"],
        false,
        "The secret that this table is started with does not hold what the task asks for. Start the table again; if that does not help, report it.",
    ),
    rule(&["secret", "can't find"], true, "The secret that it is started with was not there yet."),
    rule(
        &["secret", "unable to retrieve"],
        true,
        "ECS could not read the secret that it is started with.",
    ),
    rule(
        &["unable to pull secrets"],
        true,
        "ECS could not read the secret that it is started with. If that goes on, the subnets of the tasks have no way out to Secrets Manager.",
    ),
    rule(&["log group"], false, "The log group of this deployment is not there. {STACK}"),
    rule(
        &["log stream", "accessdenied"],
        false,
        "ECS may not write the log of this table. {STACK}",
    ),
    rule(
        &["cannotpullcontainer", "descriptor matching platform"],
        false,
        "The image is not made for these processors. Set `architecture` under `[aws]` to one that the image has.",
    ),
    rule(
        &["cannotpullcontainer", "no matching manifest"],
        false,
        "The image is not made for these processors. Set `architecture` under `[aws]` to one that the image has.",
    ),
    rule(
        &["cannotpullcontainer", "manifest unknown"],
        false,
        "There is no such image. Set `image` under `[aws]` to one that exists for this release.",
    ),
    rule(
        &["cannotpullcontainer", "not found"],
        false,
        "There is no such image. Set `image` under `[aws]` to one that exists for this release.",
    ),
    rule(
        &["cannotpullcontainer", "denied"],
        false,
        "The registry refuses the image. Set `image` under `[aws]` to one that this account may pull.",
    ),
    rule(
        &["cannotpullcontainer", "no space left"],
        false,
        "The image is too large for a task's disk. Set `image` under `[aws]` to a smaller one.",
    ),
    rule(
        &["cannotpullcontainer", "toomanyrequests"],
        true,
        "The registry of the image asks to slow down. A copy of the image in a registry of your own has no such limit.",
    ),
    rule(
        &["cannotpullcontainer", "rate limit"],
        true,
        "The registry of the image asks to slow down. A copy of the image in a registry of your own has no such limit.",
    ),
    rule(
        &["cannotpullcontainer"],
        true,
        "The image could not be pulled. If that goes on, the subnets of the tasks have no way out to the registry.",
    ),
    rule(
        &["exec format error"],
        false,
        "The image is not made for these processors. Set `architecture` under `[aws]` to one that the image has.",
    ),
    rule(
        &["timeout waiting for network interface"],
        true,
        "AWS could not give it a network interface in time.",
    ),
    rule(
        &["network interface"],
        true,
        "AWS could not give it a network interface. If that goes on, the subnets have no free addresses left.",
    ),
    rule(&["outofmemory"], true, "It ran out of memory. Give this table more under its limits."),
];

/// Texts that mean that there was no machine, in lower case.
const CAPACITY: [&str; 4] =
    ["capacity is unavailable", "insufficient capacity", "no capacity", "resource:"];

/// Whether a reason means that there was no machine.
pub(super) fn is_capacity(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    CAPACITY.iter().any(|text| reason.contains(text))
}

impl StopReason {
    /// Why `task`, which has stopped, did.
    pub(super) fn of(task: &Task) -> Self {
        let reason = task.stopped_reason.as_deref().unwrap_or_default();
        if reason.starts_with(STOP_PREFIX) {
            return Self::Requested;
        }
        match task.stop_code {
            Some(TaskStopCode::SpotInterruption) => {
                return over("AWS took the spare capacity back that it ran on.");
            }
            Some(TaskStopCode::TerminationNotice) => {
                return over("AWS retired the machine that it ran on.");
            }
            Some(TaskStopCode::InfrastructureHealth) => {
                return over("The machine that it ran on failed.");
            }
            Some(TaskStopCode::UserInitiated) => {
                return Self::Ended(format!("Its task was stopped in AWS: {reason}"));
            }
            _ => {}
        }
        // Before a container has run, only AWS can have refused it.
        if task.started_at.is_none() && is_capacity(reason) {
            return Self::Capacity;
        }
        let containers = task.containers();
        let told = containers.iter().filter_map(|container| container.reason.as_deref());
        let texts: Vec<_> = std::iter::once(reason).chain(told).map(str::to_lowercase).collect();
        let known =
            |row: &&Rule| texts.iter().any(|text| row.all.iter().all(|part| text.contains(part)));
        match RULES.iter().find(known) {
            Some(row) => row.end(),
            None => exited(containers, reason),
        }
    }
}

impl Rule {
    fn end(&self) -> StopReason {
        let sentence = self.sentence.replace("{STACK}", STACK);
        if self.is_transient {
            StopReason::Ended(sentence)
        } else {
            StopReason::Permanent(sentence)
        }
    }
}

fn over(sentence: &str) -> StopReason {
    StopReason::Ended(sentence.to_owned())
}

/// The meaning of the exit status of a program.
fn exited(containers: &[Container], reason: &str) -> StopReason {
    let failed =
        containers.iter().find(|container| container.exit_code.is_some_and(|code| code != 0));
    let Some(container) = failed.or(containers.last()) else {
        return StopReason::Ended(format!("Its task ended: {reason}"));
    };
    if container.name.as_deref() == Some(super::definition::PREPARE) && failed.is_some() {
        return over("Its files could not be prepared. The log of the table says why.");
    }
    match container.exit_code {
        Some(0) => over("Foundry ended on its own, as after a change of its settings."),
        Some(137) => over(
            "It was killed, as happens when memory runs out. Give this table more under its limits.",
        ),
        Some(134) => over(
            "The program broke off, as Node.js does when memory runs out. Give this table more under its limits.",
        ),
        Some(139) => {
            over("The program crashed in native code. The log of the table may say where.")
        }
        Some(code) => StopReason::Ended(format!(
            "Foundry ended with exit code {code}. The log of the table says why."
        )),
        None => StopReason::Ended(format!("Its task ended: {reason}")),
    }
}

#[cfg(test)]
mod tests;
