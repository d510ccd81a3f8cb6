//! What the vault makes of answers that an emulator does not give.
use refractory_core::config::Span;

use super::*;
use crate::stub_server::{StubRequest, StubResponse, StubServer};

const GOING: &str = "You can't create this secret because a secret with this name is already scheduled for deletion.";

fn vault(server: &StubServer, recovery: Span) -> SecretsManagerVault {
    SecretsManagerVault::new(&server.clients(), &AwsConfig { recovery, ..AwsConfig::default() })
}

fn name(raw: &str) -> SecretName {
    SecretName::new(raw).unwrap()
}

fn refusal(code: &str, message: &str) -> StubResponse {
    StubResponse::json(400, format!(r#"{{"__type":"{code}","message":"{message}"}}"#))
}

fn value(text: &str) -> StubResponse {
    StubResponse::json(200, format!(r#"{{"Name":"refractory/vault/a","SecretString":"{text}"}}"#))
}

fn called(asked: &StubRequest) -> String {
    let target =
        asked.head.lines().find_map(|line| line.strip_prefix("x-amz-target: secretsmanager."));
    target.unwrap().to_owned()
}

fn calls(server: &StubServer) -> Vec<String> {
    server.asked().iter().map(called).collect()
}

#[tokio::test]
async fn a_secret_that_is_there_costs_one_call_and_one_that_is_not_two() {
    let server = StubServer::serve(|_, _| value("first")).await;
    let told = vault(&server, Span::minutes(0)).ensure(&name("a"), &Secret::new("second")).await;
    assert_eq!(told.unwrap(), Observed::Ready(Secret::new("first")));
    assert_eq!(calls(&server), ["getsecretvalue"]);
    let server = StubServer::serve(|_, asked| match called(asked).as_str() {
        "getsecretvalue" => refusal("ResourceNotFoundException", "No."),
        _ => StubResponse::json(200, "{}"),
    })
    .await;
    let told = vault(&server, Span::minutes(0)).ensure(&name("a"), &Secret::new("second")).await;
    assert_eq!(told.unwrap(), Observed::Ready(Secret::new("second")));
    assert_eq!(calls(&server), ["getsecretvalue", "createsecret"]);
    let made = &server.asked()[1].body;
    for part in [
        r#""Name":"refractory/vault/a""#,
        r#"{"Key":"refractory:deployment","Value":"refractory"}"#,
    ] {
        assert!(made.contains(part), "{made}");
    }
}

/// A secret that is made between looking and making is the first writer's.
#[tokio::test]
async fn who_comes_second_is_told_what_the_first_wrote() {
    let server = StubServer::serve(|at, _| match at {
        0 => refusal("ResourceNotFoundException", "No."),
        1 => refusal("ResourceExistsException", "It is there."),
        _ => value("first"),
    })
    .await;
    let told = vault(&server, Span::minutes(0)).ensure(&name("a"), &Secret::new("second")).await;
    assert_eq!(told.unwrap(), Observed::Ready(Secret::new("first")));
}

/// Only what was scheduled for deletion may be deleted: by its own ARN, because the name may be in use again.
#[tokio::test]
async fn ending_a_recovery_names_the_old_secret_by_its_arn() {
    let server = StubServer::serve(|at, asked| match (at, called(asked).as_str()) {
        (0, _) => refusal("InvalidRequestException", GOING),
        (_, "describesecret") => {
            StubResponse::json(200, r#"{"ARN":"arn:old-1a2b3c","DeletedDate":1.0}"#)
        }
        _ => StubResponse::json(200, "{}"),
    })
    .await;
    vault(&server, Span::minutes(7 * 24 * 60))
        .ensure(&name("a"), &Secret::new("new"))
        .await
        .unwrap();
    assert_eq!(
        calls(&server),
        ["getsecretvalue", "describesecret", "deletesecret", "createsecret"]
    );
    let deleted = &server.asked()[2].body;
    assert!(deleted.contains(r#""SecretId":"arn:old-1a2b3c""#), "{deleted}");
    assert!(deleted.contains(r#""ForceDeleteWithoutRecovery":true"#), "{deleted}");
}

/// Another writer ended the recovery and took the name, between our read and our call.
#[tokio::test]
async fn a_secret_that_came_back_meanwhile_is_not_deleted() {
    let server = StubServer::serve(|at, asked| match (at, called(asked).as_str()) {
        (0, _) => refusal("InvalidRequestException", GOING),
        (_, "describesecret") => StubResponse::json(200, r#"{"ARN":"arn:new-4d5e6f"}"#),
        (_, "createsecret") => refusal("ResourceExistsException", "It is there."),
        _ => value("theirs"),
    })
    .await;
    let told =
        vault(&server, Span::minutes(0)).ensure(&name("a"), &Secret::new("ours")).await.unwrap();
    assert_eq!(told, Observed::Ready(Secret::new("theirs")));
    assert!(!calls(&server).contains(&"deletesecret".to_owned()), "{:?}", calls(&server));
}

/// Real deletion takes AWS a moment, in which the name can neither be read nor taken.
#[tokio::test]
async fn a_name_that_is_still_being_deleted_is_waited_for_and_then_unavailable() {
    let in_time = StubServer::serve(|at, asked| match (at, called(asked).as_str()) {
        (_, "getsecretvalue") => refusal("ResourceNotFoundException", "No."),
        (3.., _) => StubResponse::json(200, "{}"),
        _ => refusal("InvalidRequestException", GOING),
    })
    .await;
    let told = vault(&in_time, Span::minutes(0)).ensure(&name("a"), &Secret::new("new")).await;
    assert_eq!(told.unwrap(), Observed::Ready(Secret::new("new")));
    let never = StubServer::serve(|_, asked| match called(asked).as_str() {
        "getsecretvalue" => refusal("ResourceNotFoundException", "No."),
        _ => refusal("InvalidRequestException", GOING),
    })
    .await;
    let told = vault(&never, Span::minutes(0)).ensure(&name("a"), &Secret::new("new")).await;
    let error = told.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true), "{error:?}");
}

#[tokio::test]
async fn what_is_scheduled_for_deletion_is_absent_and_what_cannot_be_asked_is_not() {
    let server = StubServer::serve(|at, _| match at {
        0 => refusal(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        ),
        1 => refusal("InvalidRequestException", "You can't do that to a replica."),
        2 => refusal("AccessDeniedException", "No."),
        _ => StubResponse::json(503, "{}"),
    })
    .await;
    let vault = vault(&server, Span::minutes(0));
    assert_eq!(vault.observe(&name("a")).await.unwrap(), Observed::Absent);
    for kind in [ErrorKind::Invalid, ErrorKind::Forbidden, ErrorKind::Unexpected] {
        assert_eq!(vault.observe(&name("a")).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn removal_waits_as_long_as_the_operator_chose() {
    for (recovery, part) in [
        (Span::minutes(0), r#""ForceDeleteWithoutRecovery":true"#),
        (Span::minutes(9 * 24 * 60), r#""RecoveryWindowInDays":9"#),
    ] {
        let server = StubServer::serve(|_, _| StubResponse::json(200, "{}")).await;
        vault(&server, recovery).remove(&name("a")).await.unwrap();
        let body = &server.asked()[0].body;
        assert!(body.contains(part) && body.matches("Recovery").count() == 1, "{body}");
    }
}

#[tokio::test]
async fn the_list_goes_through_every_page_and_leaves_out_what_is_not_ours() {
    let server = StubServer::serve(|at, _| {
        StubResponse::json(200, match at {
            0 => r#"{"SecretList":[{"Name":"refractory/vault/a"},{"Name":"refractory/vault/b/c"}],"NextToken":"more"}"#,
            1 => r#"{"SecretList":[],"NextToken":"still more"}"#,
            _ => r#"{"SecretList":[{"Name":"refractory/vault/z"},{"Name":"other/refractory/vault/x"},{"Name":"refractory/vault/y","DeletedDate":1.0}]}"#,
        })
    })
    .await;
    let names = vault(&server, Span::minutes(0)).list().await.unwrap();
    assert_eq!(names, ["a", "z"].map(name));
    let tokens = [None, Some("more"), Some("still more")];
    for (asked, token) in server.asked().iter().zip(tokens) {
        let expected = token.map(|token| format!(r#""NextToken":"{token}""#));
        assert_eq!(asked.body.contains("NextToken"), token.is_some());
        assert!(expected.is_none_or(|text| asked.body.contains(&text)), "{asked:?}");
    }
}

#[tokio::test]
async fn a_secret_that_was_changed_by_hand_is_broken_and_none_is_kept_as_a_byte() {
    let server = StubServer::serve(|at, _| {
        // Of base64: a zero byte, and something else.
        StubResponse::json(200, format!(r#"{{"SecretBinary":"{}"}}"#, ["AA==", "AQI="][at]))
    })
    .await;
    let vault = vault(&server, Span::minutes(0));
    assert_eq!(vault.observe(&name("a")).await.unwrap(), Observed::Ready(Secret::default()));
    assert!(matches!(vault.observe(&name("a")).await.unwrap(), Observed::Broken(_)));
}

#[tokio::test]
async fn a_secret_that_is_too_long_is_refused_before_it_is_sent() {
    let server = StubServer::serve(|_, _| StubResponse::json(500, "{}")).await;
    let long = Secret::new("x".repeat(LONGEST + 1));
    let error = vault(&server, Span::minutes(0)).ensure(&name("a"), &long).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false));
    assert!(server.asked().is_empty());
}
