#![expect(
    clippy::too_many_lines,
    clippy::wildcard_enum_match_arm,
    reason = "a table is as long as its rows; any other answer fails"
)]
use aws_smithy_types::DateTime;

use super::*;

fn stopped(code: TaskStopCode, reason: &str) -> StopReason {
    StopReason::of(&Task::builder().stop_code(code).stopped_reason(reason).build())
}

fn unstarted(reason: &str) -> StopReason {
    stopped(TaskStopCode::TaskFailedToStart, reason)
}

fn exited(name: &str, code: i32, reason: Option<&str>) -> StopReason {
    let container = Container::builder()
        .name(name)
        .exit_code(code)
        .set_reason(reason.map(str::to_owned))
        .build();
    let task = Task::builder().stop_code(TaskStopCode::EssentialContainerExited);
    let task = task.stopped_reason("Essential container in task exited").containers(container);
    StopReason::of(&task.started_at(DateTime::from_secs(1)).build())
}

/// Texts as ECS writes them: its documentation of stopped tasks, and reports of those who met them.
#[test]
fn scenario_11_what_passes_is_tried_again_and_what_does_not_is_said() {
    for (text, passes, says) in [
        (
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"fs-0a1.efs.eu-central-1.amazonaws.com\" - check that your file system ID is correct",
            true,
            "(storage)",
        ),
        (
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection reset by peer' : unsuccessful EFS utils command execution; code: 32",
            true,
            "(storage)",
        ),
        (
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'",
            false,
            "may not mount",
        ),
        (
            "ResourceInitializationError: failed to invoke EFS utils commands: access point fsap-1 not found",
            false,
            "access point",
        ),
        (
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: AccessDeniedException: User is not authorized to perform: secretsmanager:GetSecretValue",
            false,
            "ECS may not read the secret",
        ),
        (
            "ResourceInitializationError: unable to pull secrets or registry auth: pull command failed: RequestCanceled: request context canceled caused by: context deadline exceeded",
            true,
            "way out",
        ),
        (
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
            false,
            "log group",
        ),
        (
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/felddy/foundryvtt:13.999: docker.io/felddy/foundryvtt:13.999: not found",
            false,
            "no such image",
        ),
        (
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/arm64'",
            false,
            "architecture",
        ),
        (
            "CannotPullContainerError: inspect image has been retried 5 time(s): httpReadSeeker: failed open: unexpected status code 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit",
            true,
            "slow down",
        ),
        (
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): dial tcp 1.2.3.4:443: i/o timeout",
            true,
            "way out",
        ),
        (
            "Timeout waiting for network interface provisioning to complete.",
            true,
            "network interface",
        ),
    ] {
        let (end, sentence) = match unstarted(text) {
            StopReason::Ended(sentence) => (true, sentence),
            StopReason::Permanent(sentence) => (false, sentence),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(end, passes, "{text}");
        assert!(sentence.contains(says) && !sentence.contains('{'), "{text}: {sentence}");
    }
}

#[test]
fn scenario_10_no_machine_is_no_end_of_a_program() {
    let text = "Capacity is unavailable at this time. Please try again later or in a different availability zone";
    assert_eq!(unstarted(text), StopReason::Capacity);
    let ran = Task::builder().stopped_reason(text).started_at(DateTime::from_secs(1)).build();
    assert!(matches!(StopReason::of(&ran), StopReason::Ended(_)), "what ran has ended");
    assert!(is_capacity("RESOURCE:MEMORY") && !is_capacity("AGENT"));
}

#[test]
fn stops_say_who_asked() {
    assert_eq!(
        stopped(TaskStopCode::UserInitiated, "Refractory: the table is stopped"),
        StopReason::Requested
    );
    let by_hand = stopped(TaskStopCode::UserInitiated, "testing");
    assert_eq!(by_hand, StopReason::Ended("Its task was stopped in AWS: testing".to_owned()));
    let StopReason::Ended(sentence) =
        stopped(TaskStopCode::SpotInterruption, "Your Spot Task was interrupted.")
    else {
        panic!("it ended")
    };
    assert!(sentence.contains("spare capacity"));
}

#[test]
fn a_program_that_ended_says_how() {
    let says = |end: StopReason, text: &str| matches!(&end, StopReason::Ended(sentence) if sentence.contains(text));
    assert!(says(exited("foundry", 0, None), "on its own"));
    assert!(says(exited("foundry", 1, None), "exit code 1"));
    assert!(says(exited("foundry", 137, None), "memory"));
    assert!(says(
        exited("foundry", 1, Some("OutOfMemoryError: Container killed due to memory usage")),
        "memory"
    ));
    assert!(says(exited("prepare", 2, None), "prepared"));
}
