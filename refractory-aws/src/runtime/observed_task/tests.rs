use aws_sdk_ecs::types::{KeyValuePair, Tag};

use super::*;

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn task(last: &str, desired: &str, address: Option<&str>) -> Task {
    let mut task = Task::builder()
        .task_arn("arn:task/1")
        .last_status(last)
        .desired_status(desired)
        .tags(tag(TAG_DEPLOYMENT, "club"))
        .tags(tag(TAG_KEY, "abc.3"));
    if let Some(address) = address {
        let detail = KeyValuePair::builder().name("privateIPv4Address").value(address).build();
        task = task.attachments(
            Attachment::builder().r#type("ElasticNetworkInterface").details(detail).build(),
        );
    }
    task.build()
}

#[test]
fn every_state_of_ecs_means_something() {
    let stage = |last, desired, address| {
        ObservedTask::read(&task(last, desired, address), "club").unwrap().stage
    };
    let here = Some("10.0.0.7");
    assert_eq!(
        stage("PROVISIONING", "RUNNING", None),
        TaskStage::Starting("AWS prepares a machine")
    );
    assert!(matches!(stage("PENDING", "RUNNING", here), TaskStage::Starting(_)));
    assert!(matches!(stage("ACTIVATING", "RUNNING", here), TaskStage::Starting(_)));
    assert_eq!(stage("RUNNING", "RUNNING", here), TaskStage::Running("10.0.0.7".to_owned()));
    for last in ["RUNNING", "PROVISIONING", "DEACTIVATING", "STOPPING", "DEPROVISIONING"] {
        assert_eq!(stage(last, "STOPPED", here), TaskStage::Stopping, "{last}");
    }
    assert!(matches!(stage("STOPPED", "STOPPED", None), TaskStage::Stopped(_)));
}

#[test]
fn scenario_14_running_without_an_address_is_on_its_way() {
    for address in [None, Some("")] {
        let seen = ObservedTask::read(&task("RUNNING", "RUNNING", address), "club").unwrap();
        assert_eq!(seen.stage, TaskStage::Starting("waiting for its address"));
    }
}

#[test]
fn only_launches_of_this_deployment_are_seen() {
    let task = task("RUNNING", "RUNNING", None);
    assert_eq!(ObservedTask::read(&task, "club").unwrap().key.to_string(), "abc.3");
    assert_eq!(ObservedTask::read(&task, "other"), None);
    let untagged = Task::builder().task_arn("arn:task/2").tags(tag(TAG_DEPLOYMENT, "club")).build();
    assert_eq!(ObservedTask::read(&untagged, "club"), None, "the portal's own task is no launch");
}
