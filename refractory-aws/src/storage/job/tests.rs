use std::time::Duration;

use aws_sdk_ecs::operation::register_task_definition::RegisterTaskDefinitionInput;
use refractory_core::{InstanceId, Timestamp};

use super::definition::JobTemplate;
use super::history::{FinishedJob, JobHistory, NextAction};
use super::{EcsJob, Script};
use crate::{Architecture, Naming, StackOutputs};

fn ended(what: &str, code: Option<i32>, at: u64) -> FinishedJob {
    FinishedJob {
        name: what.to_owned(),
        code,
        reason: "it ended".to_owned(),
        at: Timestamp(at * 1000),
    }
}

fn after(ended: Vec<FinishedJob>) -> JobHistory {
    JobHistory { working: Vec::new(), ended }
}

fn at(second: u64) -> Timestamp {
    Timestamp(second * 1000)
}

#[test]
fn what_was_never_begun_is_begun_and_what_is_at_work_is_waited_for() {
    assert!(matches!(JobHistory::default().next("clear", at(0)), NextAction::Start(0)));
    let other = JobHistory {
        working: vec![("copy".to_owned(), "arn".to_owned())],
        ended: vec![ended("clear", Some(0), 1)],
    };
    assert!(matches!(other.next("clear", at(9)), NextAction::Wait));
    assert!(!other.done("clear"), "something has been begun since");
}

#[test]
fn a_failure_is_left_alone_for_longer_each_time_and_forgiven_by_a_success() {
    let failed =
        |tries: u64| after((1..=tries).map(|second| ended("clear", Some(1), second)).collect());
    for (tries, wait) in [(1, 20), (2, 40), (3, 80), (6, 600), (40, 600)] {
        let standing = failed(tries);
        assert!(
            matches!(standing.next("clear", at(tries + wait - 1)), NextAction::Failed(_)),
            "{tries}"
        );
        assert!(
            matches!(standing.next("clear", at(tries + wait)), NextAction::Start(n) if n as u64 == tries),
            "{tries}"
        );
    }
    let mut forgiven = failed(3);
    forgiven.ended.push(ended("clear", Some(0), 9));
    assert!(forgiven.done("clear"));
    assert!(matches!(forgiven.next("clear", at(9)), NextAction::Start(4)), "asked for again");
    assert!(
        matches!(failed(3).next("copy", at(4)), NextAction::Start(0)),
        "another errand has not failed"
    );
}

#[test]
fn what_never_ran_is_no_success() {
    let standing = after(vec![ended("clear", None, 1)]);
    assert!(!standing.done("clear"));
    let NextAction::Failed(error) = standing.next("clear", at(2)) else { panic!("it failed") };
    assert!(error.is_transient() && error.for_people().contains("it ended"));
}

#[test]
fn what_ended_with_a_known_code_says_what_to_do() {
    for (code, says) in [(74, "larger than a copy may be"), (75, "Stop the table first")] {
        let standing = after(vec![ended("copy", Some(code), 1)]);
        let NextAction::Failed(error) = standing.next("copy", at(2)) else { panic!("it failed") };
        assert!(error.for_people().contains(says), "{}", error.for_people());
        assert!(standing.ended_with("copy", code));
    }
}

fn registered(script: Script, orders: Option<&str>) -> RegisterTaskDefinitionInput {
    let outputs = StackOutputs {
        public_ip: true,
        boundary: None,
        cluster: "club".into(),
        subnets: vec!["subnet-a".into()],
        task_group: "sg-1".into(),
        file_system: "fs-1".into(),
        execution_role: "arn:execution".into(),
        task_role: "arn:task".into(),
        log_group: "/refractory/club".into(),
        table: "club".into(),
        bucket: "club".into(),
        vpc: "vpc-1".into(),
        listener: "arn:listener".into(),
        balancer_name: "lb".into(),
        balancer_zone: "Z1".into(),
        zone: None,
    };
    let look = JobTemplate {
        deployment: "club".into(),
        image: "helper:1".into(),
        architecture: Architecture::Arm64,
        region: "eu-central-1".into(),
        outputs,
    };
    let of = InstanceId::new("a").unwrap();
    let job = EcsJob {
        of: &of,
        name: "copy:1".into(),
        script,
        access_point: "fsap-1",
        attempt: orders.map(|_| "x"),
        input: orders,
        tries: 0,
    };
    look.definition(&Naming::new("club"), &job).unwrap().build().unwrap()
}

#[test]
fn an_errand_mounts_one_access_point_and_takes_its_orders_from_a_secret() {
    for (script, orders) in [
        (Script::Clear, None),
        (Script::Copy, Some("arn:orders")),
        (Script::Restore, Some("arn:orders")),
    ] {
        let definition = registered(script, orders);
        let [volume] = definition.volumes() else { panic!("one volume") };
        let efs = volume.efs_volume_configuration().unwrap();
        assert_eq!(efs.authorization_config().unwrap().access_point_id(), Some("fsap-1"));
        assert_eq!(efs.root_directory(), None);
        let [container] = definition.container_definitions() else { panic!("one container") };
        assert_eq!(container.secrets().first().map(aws_sdk_ecs::types::Secret::value_from), orders);
        assert!(container.environment().is_empty());
        let log = container.log_configuration().unwrap().options().unwrap();
        assert_eq!(log["awslogs-stream-prefix"], "a_errand", "what is the table's goes with it");
        assert!(
            definition
                .container_definitions()
                .iter()
                .all(|one| !one.privileged().unwrap_or_default())
        );
    }
}

#[test]
fn no_script_names_a_place_outside_the_volume_or_a_deployment() {
    for script in [Script::Clear, Script::Copy, Script::Restore] {
        let text = script.text();
        assert!(text.contains("cd -- \"$1\"") && text.starts_with('#'));
        for line in text.lines().filter(|line| line.contains("rm -rf")) {
            let known = ["rm -rf -- \"$work\"", "rm -rf -- {} +", "rm -rf -- \"$swap\""];
            assert!(known.iter().any(|known| line.contains(known)), "{line}");
        }
    }
}

#[test]
fn a_wait_is_never_longer_than_ten_minutes() {
    let many = after((0..100).map(|second| ended("x", Some(1), second)).collect());
    assert!(matches!(
        many.next("x", at(99).after(Duration::from_mins(10))),
        NextAction::Start(100)
    ));
}
