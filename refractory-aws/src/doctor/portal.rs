//! The portal's own service on ECS: whether it runs, and what keeps it from running.
use aws_sdk_ecs::types::{Container, DeploymentRolloutState, DesiredStatus, Service, Task};
use refractory_core::finding::Finding;

use super::refusal::check_failed;
use super::stack::DescribedStack;
use crate::Clients;

const ABOUT: &str = "AWS portal";
/// What the template calls it.
const SERVICE: &str = "portal";

/// What was seen of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PortalService {
    wanted: i32,
    running: i32,
    /// ECS has given this version of it up.
    failed: bool,
    /// What ECS says of it last.
    event: Option<String>,
    /// Why its last task ended.
    end: Option<String>,
}

/// What a reason has to hold, in lower case, and what is to be done then. The first row that fits counts.
const REMEDIES: &[(&[&str], &str)] = &[
    (
        &["exec format error", "descriptor matching platform", "no matching manifest"],
        "The image is for other processors: set `architecture` in `[aws]` to those that it was built on, and `refractory infra deploy` again.",
    ),
    (
        &["denied", "not authorized", "unauthorized"],
        "The registry refuses the image: ECS may pull what is in this account's own ECR, or what is public. `refractory infra deploy --image NAME` names another.",
    ),
    (
        &["cannotpullcontainer"],
        "Push the image (docs/aws.md, step 4), or name one that is there: `refractory infra deploy --image NAME`.",
    ),
    (
        &["capacity", "unable to place"],
        "AWS has no machine for it just now, or the account's quota of processors is used up. ECS goes on trying; the findings on quotas say more.",
    ),
    (
        &["health check", "unhealthy"],
        "It starts and does not answer `/healthz` at port 8080: is the image one of Refractory's? {LOG}",
    ),
    (&["essential container", "exited"], "It starts and then ends. {LOG}"),
];
const LOG: &str = "Its log says why: `aws logs tail {GROUP}`.";

/// Looks at the service.
pub(super) async fn check(clients: &Clients, stack: &DescribedStack) -> Finding {
    if stack.parameter("Image").is_none() {
        return absent();
    }
    let cluster = stack.output("Cluster").unwrap_or_default();
    let asked = clients.ecs.describe_services().cluster(cluster).services(SERVICE).send().await;
    let found = match asked {
        Ok(answer) => answer.services.unwrap_or_default().into_iter().next(),
        Err(error) => return check_failed(ABOUT, "ecs:DescribeServices", error),
    };
    let Some(service) = found.filter(|service| service.status() == Some("ACTIVE")) else {
        return gone();
    };
    let mut portal = PortalService::of(&service);
    if portal.running < portal.wanted {
        // Without permission, the finding goes without it.
        portal.end = last_end(clients, cluster).await;
    }
    portal.finding(stack.output("PortalLogGroup").unwrap_or_default())
}

/// Why the last task of the service ended that did.
async fn last_end(clients: &Clients, cluster: &str) -> Option<String> {
    let listed = clients.ecs.list_tasks().cluster(cluster).service_name(SERVICE);
    let listed =
        listed.desired_status(DesiredStatus::Stopped).max_results(100).send().await.ok()?;
    let arns = listed.task_arns.filter(|arns| !arns.is_empty())?;
    let told =
        clients.ecs.describe_tasks().cluster(cluster).set_tasks(Some(arns)).send().await.ok()?;
    let last = told.tasks.unwrap_or_default().into_iter().max_by_key(|task| task.stopped_at)?;
    reason(&last)
}

fn reason(task: &Task) -> Option<String> {
    let of_container = task.containers().iter().find_map(|container| container.reason());
    let of_task = task.stopped_reason().filter(|reason| !reason.is_empty());
    let code = task.containers().iter().find_map(Container::exit_code).filter(|code| *code != 0);
    let said = [of_task, of_container].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let ended = code.map(|code| format!("it ended with {code}"));
    let parts: Vec<_> =
        Some(said).filter(|said| !said.is_empty()).into_iter().chain(ended).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

impl PortalService {
    fn of(service: &Service) -> Self {
        let failed =
            |state: Option<&DeploymentRolloutState>| state == Some(&DeploymentRolloutState::Failed);
        Self {
            wanted: service.desired_count,
            running: service.running_count,
            failed: service
                .deployments()
                .iter()
                .any(|deployment| failed(deployment.rollout_state())),
            event: service
                .events()
                .iter()
                .max_by_key(|event| event.created_at)
                .and_then(|event| event.message.clone()),
            end: None,
        }
    }

    fn finding(&self, log: &str) -> Finding {
        let Self { wanted, running, .. } = self;
        let said = format!("{running} of {wanted} run.");
        if *wanted == 0 {
            return Finding::note(
                ABOUT,
                "Its service is told to run none.",
                "`refractory infra deploy --replicas 1` runs one.",
            );
        }
        if running >= wanted && self.failed {
            return Finding::problem(
                ABOUT,
                format!(
                    "{said} The last change of it did not come up, and was taken back{}",
                    self.because()
                ),
                self.remedy(log),
            );
        }
        if running >= wanted {
            return Finding::fine(ABOUT, said);
        }
        if !self.failed && self.end.is_none() {
            return Finding::note(
                ABOUT,
                format!("{said} It is on its way{}", self.because()),
                "Ask again in a minute: a start takes one or two.",
            );
        }
        Finding::problem(
            ABOUT,
            format!("{said} It does not come up{}", self.because()),
            self.remedy(log),
        )
    }

    /// What is known of why, as the end of a sentence.
    fn because(&self) -> String {
        let told: Vec<_> = [&self.end, &self.event]
            .into_iter()
            .flatten()
            .map(|text| text.trim_end_matches('.'))
            .collect();
        if told.is_empty() { ".".to_owned() } else { format!(": {}.", told.join("; ")) }
    }

    fn remedy(&self, log: &str) -> String {
        let told = [&self.end, &self.event].into_iter().flatten();
        let told = told.map(|text| text.to_lowercase()).collect::<Vec<_>>().join("\n");
        let fits = |row: &&(&[&str], &str)| row.0.iter().any(|part| told.contains(part));
        let remedy = REMEDIES.iter().find(fits).map_or(LOG, |row| row.1);
        remedy.replace("{LOG}", LOG).replace("{GROUP}", log)
    }
}

fn absent() -> Finding {
    Finding::note(
        ABOUT,
        "The stack runs no portal.",
        "`refractory infra deploy --image NAME` runs one on ECS (docs/aws.md, step 4); `refractory up` runs one anywhere.",
    )
}

fn gone() -> Finding {
    Finding::problem(
        ABOUT,
        "The stack should run the portal, and ECS has no such service: it was deleted.",
        "`refractory infra status` shows what differs; `refractory infra deploy --image \"\"`, and then with the image again, creates it again.",
    )
}

#[cfg(test)]
mod tests {
    use refractory_core::finding::State;

    use super::*;

    fn portal(wanted: i32, running: i32) -> PortalService {
        PortalService { wanted, running, ..PortalService::default() }
    }

    fn ended(reason: &str) -> PortalService {
        PortalService { end: Some(reason.to_owned()), ..portal(1, 0) }
    }

    #[test]
    fn every_state_of_the_service_is_told_with_what_to_do() {
        let failed = PortalService {
            failed: true,
            event: Some("(service portal) deployment failed: tasks failed to start.".to_owned()),
            ..portal(1, 0)
        };
        let rows = [
            (portal(1, 1), State::Fine, "1 of 1 run."),
            (portal(2, 3), State::Fine, "3 of 2 run."),
            (portal(0, 0), State::Note, "none"),
            (portal(1, 0), State::Note, "on its way."),
            (failed.clone(), State::Problem, "tasks failed to start."),
            (PortalService { running: 1, ..failed }, State::Problem, "taken back"),
            (
                ended("Essential container in task exited; it ended with 2"),
                State::Problem,
                "it ended with 2.",
            ),
        ];
        for (portal, state, part) in rows {
            let finding = portal.finding("/refractory/club/portal");
            assert_eq!(finding.state, state, "{portal:?}: {finding:?}");
            assert!(finding.sentence.contains(part), "{portal:?}: {finding:?}");
            assert_eq!(finding.remedy.is_none(), state == State::Fine, "{finding:?}");
        }
    }

    #[test]
    fn each_reason_has_its_remedy() {
        let rows = [
            (
                "CannotPullContainerError: pull image manifest has been retried 5 time(s): not found",
                "Push the image",
            ),
            (
                "CannotPullContainerError: ref pull has been retried 1 time(s): pull access denied",
                "refuses the image",
            ),
            (
                "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'",
                "`architecture`",
            ),
            ("exec /usr/local/bin/refractory: exec format error", "`architecture`"),
            (
                "(service portal) was unable to place a task. Reason: Capacity is unavailable at this time.",
                "goes on trying",
            ),
            ("Task failed ELB health checks in (target-group arn)", "/healthz"),
            (
                "Essential container in task exited; it ended with 2",
                "aws logs tail /refractory/club/portal",
            ),
            ("something that nobody has seen yet", "aws logs tail /refractory/club/portal"),
        ];
        for (reason, remedy) in rows {
            let told = ended(reason).finding("/refractory/club/portal").remedy.unwrap();
            assert!(told.contains(remedy), "{reason}: {told}");
            assert!(!told.contains('{'), "{told}");
        }
    }

    #[test]
    fn why_a_task_ended_is_read_from_the_task_and_its_container() {
        let container = |code: Option<i32>, reason: Option<&str>| {
            Container::builder()
                .set_exit_code(code)
                .set_reason(reason.map(ToOwned::to_owned))
                .build()
        };
        let task = |reason: &str, container| {
            Task::builder().stopped_reason(reason).containers(container).build()
        };
        let exited = task("Essential container in task exited", container(Some(2), None));
        assert_eq!(reason(&exited).unwrap(), "Essential container in task exited; it ended with 2");
        let killed = task("", container(Some(137), Some("OutOfMemoryError")));
        assert_eq!(reason(&killed).unwrap(), "OutOfMemoryError; it ended with 137");
        assert_eq!(reason(&task("", container(None, None))), None);
    }
}
