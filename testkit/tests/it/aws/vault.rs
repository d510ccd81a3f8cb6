//! Secrets Manager.
use serde_json::{Value, json};

use super::account;
use super::api::{Api, code};

const TOKEN: &str = "12345678-1234-1234-1234-123456789012";

async fn ask(api: &Api, operation: &str, body: Value) -> (u16, Value) {
    api.json("secretsmanager", operation, &body).await
}

#[tokio::test]
async fn a_token_makes_a_secret_once() {
    let api = Api::of(&account().await);
    let create =
        |value: &str| json!({"Name": "s", "SecretString": value, "ClientRequestToken": TOKEN});
    let (_, first) = ask(&api, "CreateSecret", create("v")).await;
    assert_eq!(first["VersionId"], TOKEN);
    let (status, again) = ask(&api, "CreateSecret", create("v")).await;
    assert_eq!((status, &again["ARN"]), (200, &first["ARN"]));
    let said = code(ask(&api, "CreateSecret", create("w")).await);
    assert_eq!(said.1, "ResourceExistsException");
    let said = code(ask(&api, "CreateSecret", json!({"Name": "s", "SecretString": "v"})).await);
    assert_eq!(said.1, "ResourceExistsException");
    let (_, value) = ask(&api, "GetSecretValue", json!({"SecretId": "s"})).await;
    assert_eq!((&value["SecretString"], &value["VersionId"]), (&json!("v"), &json!(TOKEN)));
}

#[tokio::test]
async fn a_name_that_waits_for_deletion_is_taken() {
    let api = Api::of(&account().await);
    let create = json!({"Name": "s", "SecretString": "v"});
    ask(&api, "CreateSecret", create.clone()).await;
    ask(&api, "DeleteSecret", json!({"SecretId": "s", "RecoveryWindowInDays": 7})).await;
    assert_eq!(code(ask(&api, "CreateSecret", create.clone()).await).1, "InvalidRequestException");
    let force = json!({"SecretId": "s", "ForceDeleteWithoutRecovery": true});
    for _ in 0..2 {
        assert_eq!(ask(&api, "DeleteSecret", force.clone()).await.0, 200);
    }
    let said = code(ask(&api, "DeleteSecret", json!({"SecretId": "s"})).await);
    assert_eq!(said.1, "ResourceNotFoundException");
    assert_eq!(ask(&api, "CreateSecret", create).await.0, 200);
}
