//! Task definitions and clusters.
use serde_json::{Value, json};
use testkit::aws::Program;

use super::account;
use super::api::{Cluster, code};

fn fargate(cpu: &str, memory: &str) -> Value {
    json!({
        "family": "f", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": cpu,
        "memory": memory, "containerDefinitions": [{"name": "c", "image": "i"}],
    })
}

#[tokio::test]
async fn fargate_has_certain_sizes() {
    let api = Cluster::new(&account().await).await.api;
    for (cpu, memory, good) in [
        ("256", "512", true),
        ("256", "4096", false),
        ("300", "512", false),
        ("1024", "1024", false),
        ("1024", "8192", true),
        ("16384", "122880", true),
        ("256", "", false),
    ] {
        let (status, said) = api.json("ecs", "RegisterTaskDefinition", &fargate(cpu, memory)).await;
        assert_eq!(status == 200, good, "{cpu} {memory}: {said}");
    }
    let mut logged = fargate("256", "512");
    logged["containerDefinitions"][0]["logConfiguration"] = json!({"logDriver": "awslogs"});
    let said = api.json("ecs", "RegisterTaskDefinition", &logged).await;
    assert_eq!(code(said).1, "ClientException", "logs need an execution role");
    let mut bridged = fargate("256", "512");
    bridged["networkMode"] = json!("bridge");
    assert_eq!(
        code(api.json("ecs", "RegisterTaskDefinition", &bridged).await).1,
        "ClientException"
    );
}

#[tokio::test]
async fn a_definition_goes_in_two_steps_and_once_nobody_uses_it() {
    let cluster = Cluster::new(&account().await).await;
    let (task, _) = cluster.running(&Program::idle()).await;
    let delete = json!({"taskDefinitions": ["t:1"]});
    let said = cluster.api.ecs("DeleteTaskDefinitions", delete.clone()).await;
    assert_eq!(said["taskDefinitions"], json!([]));
    assert!(said["failures"][0]["reason"].as_str().unwrap().contains("still in ACTIVE status"));
    cluster.api.ecs("DeregisterTaskDefinition", json!({"taskDefinition": "t:1"})).await;
    let said = cluster.api.ecs("DeleteTaskDefinitions", delete).await;
    assert_eq!(said["taskDefinitions"][0]["status"], "DELETE_IN_PROGRESS");
    let left = || cluster.api.ecs("ListTaskDefinitions", json!({"status": "DELETE_IN_PROGRESS"}));
    assert_eq!(left().await["taskDefinitionArns"].as_array().unwrap().len(), 1, "a task uses it");
    cluster.api.ecs("StopTask", json!({"cluster": "k", "task": task})).await;
    cluster.until(&task, "STOPPED").await;
    assert_eq!(left().await["taskDefinitionArns"], json!([]));
}

#[tokio::test]
async fn a_cluster_with_tasks_stays() {
    let cluster = Cluster::new(&account().await).await;
    let (task, _) = cluster.running(&Program::idle()).await;
    let delete = json!({"cluster": "k"});
    let said = cluster.api.json("ecs", "DeleteCluster", &delete).await;
    assert_eq!(code(said).1, "ClusterContainsTasksException");
    cluster.api.ecs("StopTask", json!({"cluster": "k", "task": task})).await;
    cluster.until(&task, "STOPPED").await;
    cluster.api.ecs("DeleteCluster", delete).await;
}
