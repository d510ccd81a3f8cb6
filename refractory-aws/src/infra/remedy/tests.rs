use super::super::progress::ResourceState;
use super::super::progress::plain;
use super::*;

fn cause(reason: &str) -> ResourceProgress {
    let mut cause =
        ResourceProgress::ours("Thing", "AWS::Some::Thing", ResourceState::Failed, "CREATE_FAILED");
    cause.reason = Some(plain(reason));
    cause
}

#[test]
fn reasons_as_aws_gives_them_lead_to_what_to_do() {
    let table = [
        (
            "Resource handler returned message: \"The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400, Request ID: x)\" (RequestToken: y, HandlerErrorCode: ServiceLimitExceeded)",
            ErrorKind::Exhausted,
            "Service Quotas",
        ),
        (
            "Resource handler returned message: \"User: arn:aws:iam::1:user/x is not authorized to perform: ec2:CreateVpc\" (RequestToken: y)",
            ErrorKind::Forbidden,
            "infra policy operator",
        ),
        ("refractory-1-eu-central-1 already exists", ErrorKind::Conflict, "deployment"),
        (
            "Resource of type 'AWS::DynamoDB::Table' with identifier 'x' already exists. (RequestToken: y)",
            ErrorKind::Conflict,
            "deployment",
        ),
        (
            "Invalid request provided: CreateCluster Invalid Request: Unable to assume the service linked role.",
            ErrorKind::Unavailable,
            "wait",
        ),
        ("The hosted zone ID Z1 cannot be found", ErrorKind::Invalid, "--zone"),
        ("Certificate 'arn:aws:acm:x' not found", ErrorKind::Invalid, "certificate"),
        (
            "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.",
            ErrorKind::Invalid,
            "portal",
        ),
        (
            "The vpc 'vpc-1' has dependencies and cannot be deleted. (DependencyViolation)",
            ErrorKind::Conflict,
            "beside",
        ),
        ("Rate exceeded", ErrorKind::Unavailable, "minute"),
        ("Something nobody foresaw", ErrorKind::Unexpected, "Put that right"),
    ];
    for (reason, kind, part) in table {
        let error = deploy_error("deploying", "deploy", "ROLLBACK_COMPLETE", &[cause(reason)]);
        let told = error.for_people();
        assert_eq!(error.kind(), kind, "{told}");
        assert!(told.contains(part) && told.contains("`Thing` failed"), "{told}");
        assert!(told.ends_with("then run `refractory infra deploy` again."), "{told}");
        assert!(!told.contains("RequestToken") && !told.contains("Request ID"), "{told}");
    }
}

#[test]
fn a_failure_without_a_reason_says_so() {
    let error = deploy_error("deploying", "deploy", "UPDATE_ROLLBACK_COMPLETE", &[]);
    assert!(error.for_people().contains("AWS gave no reason"), "{}", error.for_people());
}

#[test]
fn the_first_of_several_causes_is_told() {
    let error = deploy_error(
        "deploying",
        "deploy",
        "ROLLBACK_COMPLETE",
        &[cause("first"), cause("second")],
    );
    assert!(
        error.for_people().starts_with("`Thing` failed (1 more): first."),
        "{}",
        error.for_people()
    );
}
