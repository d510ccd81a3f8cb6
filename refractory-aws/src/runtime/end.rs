//! Why a task ended, read from what ECS says about it.
use aws_sdk_ecs::types::{Container, Task, TaskStopCode};

/// What every stop that we ask for begins its reason with.
pub(super) const ASKED: &str = "Refractory: ";

/// Why a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// We asked for it.
    Asked,
    /// There was no machine for it.
    Capacity,
    /// It never started, and would not start again: somebody has to do what the sentence says first.
    Misplaced(String),
    /// It ended, or never started for a reason that passes.
    Over(String),
}

/// What a reason has to say to mean something, in lower case: all of the texts, and whether it passes by itself.
struct Row {
    all: &'static [&'static str],
    passes: bool,
    sentence: &'static str,
}

const fn row(all: &'static [&'static str], passes: bool, sentence: &'static str) -> Row {
    Row { all, passes, sentence }
}

const STACK: &str =
    "`refractory infra deploy` brings the stack up to date, `refractory doctor` says more.";

/// The first row that fits counts.
const TABLE: &[Row] = &[
    row(
        &["efs utils", "access denied"],
        false,
        "The table's task may not mount its volume: its role or the file system's policy refuses it. {STACK}",
    ),
    row(
        &["efs utils", "not authorized"],
        false,
        "The table's task may not mount its volume: its role or the file system's policy refuses it. {STACK}",
    ),
    row(
        &["access point", "not found"],
        false,
        "The access point of this table's volume is gone. `refractory doctor` says what is left of the volume.",
    ),
    row(
        &["access point", "does not exist"],
        false,
        "The access point of this table's volume is gone. `refractory doctor` says what is left of the volume.",
    ),
    row(&["efs utils"], true, "Its volume could not be mounted (storage)."),
    row(&["mount.nfs"], true, "Its volume could not be mounted (storage)."),
    row(&["failed to resolve", "fs-"], true, "Its volume could not be mounted (storage)."),
    row(
        &["secret", "accessdenied"],
        false,
        "ECS may not read the secret that this table is started with. {STACK}",
    ),
    row(
        &["secret", "not authorized"],
        false,
        "ECS may not read the secret that this table is started with. {STACK}",
    ),
    row(
        &["json key"],
        false,
        "The secret that this table is started with does not hold what the task asks for. Start the table again; if that does not help, report it.",
    ),
    row(&["secret", "can't find"], true, "The secret that it is started with was not there yet."),
    row(
        &["secret", "unable to retrieve"],
        true,
        "ECS could not read the secret that it is started with.",
    ),
    row(
        &["unable to pull secrets"],
        true,
        "ECS could not read the secret that it is started with. If that goes on, the subnets of the tasks have no way out to Secrets Manager.",
    ),
    row(&["log group"], false, "The log group of this deployment is not there. {STACK}"),
    row(&["log stream", "accessdenied"], false, "ECS may not write the log of this table. {STACK}"),
    row(
        &["cannotpullcontainer", "descriptor matching platform"],
        false,
        "The image is not made for these processors. Set `architecture` under `[aws]` to one that the image has.",
    ),
    row(
        &["cannotpullcontainer", "no matching manifest"],
        false,
        "The image is not made for these processors. Set `architecture` under `[aws]` to one that the image has.",
    ),
    row(
        &["cannotpullcontainer", "manifest unknown"],
        false,
        "There is no such image. Set `image` under `[aws]` to one that exists for this release.",
    ),
    row(
        &["cannotpullcontainer", "not found"],
        false,
        "There is no such image. Set `image` under `[aws]` to one that exists for this release.",
    ),
    row(
        &["cannotpullcontainer", "denied"],
        false,
        "The registry refuses the image. Set `image` under `[aws]` to one that this account may pull.",
    ),
    row(
        &["cannotpullcontainer", "no space left"],
        false,
        "The image is too large for a task's disk. Set `image` under `[aws]` to a smaller one.",
    ),
    row(
        &["cannotpullcontainer", "toomanyrequests"],
        true,
        "The registry of the image asks to slow down. A copy of the image in a registry of your own has no such limit.",
    ),
    row(
        &["cannotpullcontainer", "rate limit"],
        true,
        "The registry of the image asks to slow down. A copy of the image in a registry of your own has no such limit.",
    ),
    row(
        &["cannotpullcontainer"],
        true,
        "The image could not be pulled. If that goes on, the subnets of the tasks have no way out to the registry.",
    ),
    row(
        &["exec format error"],
        false,
        "The image is not made for these processors. Set `architecture` under `[aws]` to one that the image has.",
    ),
    row(
        &["timeout waiting for network interface"],
        true,
        "AWS could not give it a network interface in time.",
    ),
    row(
        &["network interface"],
        true,
        "AWS could not give it a network interface. If that goes on, the subnets have no free addresses left.",
    ),
    row(&["outofmemory"], true, "It ran out of memory. Give this table more under its limits."),
];

/// Texts that mean that there was no machine, in lower case.
const CAPACITY: [&str; 4] =
    ["capacity is unavailable", "insufficient capacity", "no capacity", "resource:"];

/// Whether a reason means that there was no machine.
pub(super) fn is_capacity(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    CAPACITY.iter().any(|text| reason.contains(text))
}

impl End {
    /// Why `task`, which has stopped, did.
    pub(super) fn of(task: &Task) -> Self {
        let reason = task.stopped_reason.as_deref().unwrap_or_default();
        if reason.starts_with(ASKED) {
            return Self::Asked;
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
                return Self::Over(format!("Its task was stopped in AWS: {reason}"));
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
            |row: &&Row| texts.iter().any(|text| row.all.iter().all(|part| text.contains(part)));
        match TABLE.iter().find(known) {
            Some(row) => row.end(),
            None => exited(containers, reason),
        }
    }
}

impl Row {
    fn end(&self) -> End {
        let sentence = self.sentence.replace("{STACK}", STACK);
        if self.passes { End::Over(sentence) } else { End::Misplaced(sentence) }
    }
}

fn over(sentence: &str) -> End {
    End::Over(sentence.to_owned())
}

/// What the status of a program that ended by itself means.
fn exited(containers: &[Container], reason: &str) -> End {
    let failed =
        containers.iter().find(|container| container.exit_code.is_some_and(|code| code != 0));
    let Some(container) = failed.or(containers.last()) else {
        return End::Over(format!("Its task ended: {reason}"));
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
        Some(code) => End::Over(format!(
            "Foundry ended with exit code {code}. The log of the table says why."
        )),
        None => End::Over(format!("Its task ended: {reason}")),
    }
}

#[cfg(test)]
mod tests;
