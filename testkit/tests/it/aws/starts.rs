//! `RunTask`: what it refuses, what it remembers, and what then runs.
use serde_json::{Value, json};
use testkit::aws::Program;

use super::account;
use super::api::{Api, Cluster, address, boto, code};

async fn still() -> (Cluster, String) {
    let account = account().await;
    account.run_as("still", &Program::idle()).await.unwrap();
    let cluster = Cluster::new(&account).await;
    let definition = cluster.define("still", json!({}), json!([])).await;
    (cluster, definition)
}

fn with(request: &Value, name: &str, value: Value) -> Value {
    let mut request = request.clone();
    request[name] = value;
    request
}

#[tokio::test]
async fn arguments_are_checked() {
    let (cluster, definition) = still().await;
    let good = Cluster::request(&definition, &["subnet-a"]);
    for (name, value, wanted) in [
        ("cluster", json!("other"), "ClusterNotFoundException"),
        ("count", json!(11), "InvalidParameterException"),
        ("count", json!(0), "InvalidParameterException"),
        ("networkConfiguration", json!({}), "InvalidParameterException"),
        ("taskDefinition", json!("other:1"), "ClientException"),
        ("clientToken", json!("x".repeat(65)), "InvalidParameterException"),
    ] {
        let said = code(cluster.api.json("ecs", "RunTask", &with(&good, name, value)).await);
        assert_eq!(said, (400, wanted.to_owned()), "{name}");
    }
    cluster.api.ecs("DeregisterTaskDefinition", json!({"taskDefinition": definition})).await;
    assert_eq!(code(cluster.api.json("ecs", "RunTask", &good).await).1, "ClientException");
    let said = cluster.api.ecs("ListTasks", json!({"cluster": "k"})).await;
    assert_eq!(said["taskArns"], json!([]), "nothing was started");
}

#[tokio::test]
async fn a_client_token_launches_once() {
    let (cluster, definition) = still().await;
    let request =
        with(&Cluster::request(&definition, &["subnet-a"]), "clientToken", json!("token"));
    let ask = || cluster.api.ecs("RunTask", request.clone());
    let (first, second) = tokio::join!(ask(), ask());
    let arn = first["tasks"][0]["taskArn"].as_str().unwrap();
    assert_eq!(second["tasks"][0]["taskArn"], arn);
    cluster.until(arn, "RUNNING").await;
    cluster.api.ecs("StopTask", json!({"cluster": "k", "task": arn})).await;
    cluster.until(arn, "STOPPED").await;
    let third = ask().await;
    assert_eq!(third["tasks"][0]["taskArn"], arn, "what has ended is not run again");
    let other = with(&request, "count", json!(2));
    assert_eq!(code(cluster.api.json("ecs", "RunTask", &other).await).1, "ConflictException");
}

#[tokio::test]
async fn a_task_passes_through_its_states_to_an_address_of_its_own() {
    let (cluster, definition) = still().await;
    let said = cluster.api.ecs("RunTask", Cluster::request(&definition, &["subnet-a"])).await;
    assert_eq!(said["tasks"][0]["lastStatus"], "PROVISIONING");
    let one = cluster.until(said["tasks"][0]["taskArn"].as_str().unwrap(), "RUNNING").await;
    let other = cluster.run(&definition).await;
    let other = cluster.until(&other, "RUNNING").await;
    assert!(address(&one).starts_with("127."));
    assert_ne!(address(&one), address(&other));
    let tasks = cluster.api.account.tasks().await.unwrap();
    assert_ne!(tasks[0].environment["HOSTNAME"], tasks[1].environment["HOSTNAME"]);
}

#[tokio::test]
async fn an_image_nobody_has_named_cannot_be_pulled() {
    let cluster = Cluster::new(&account().await).await;
    let definition = cluster.define("nowhere:1", json!({}), json!([])).await;
    let task = cluster.until(&cluster.run(&definition).await, "STOPPED").await;
    assert_eq!(task["stopCode"], "TaskFailedToStart");
    let why = task["stoppedReason"].as_str().unwrap();
    assert!(why.starts_with("CannotPullContainerError: "), "{why}");
}

#[tokio::test]
async fn a_process_has_its_environment_its_secrets_and_its_log() {
    let account = account().await;
    let api = Api::of(&account);
    let secret = json!({"Name": "s", "SecretString": "sesame"});
    let (_, secret) = api.json("secretsmanager", "CreateSecret", &secret).await;
    api.json("logs", "CreateLogGroup", &json!({"logGroupName": "g"})).await;
    let script = r#"echo "$PLAIN $HIDDEN $1"; test "$REFRACTORY_TASK_ADDRESS" && exit 7"#;
    account.run_as("image", &Program::new("sh", &["-c", script, "sh"])).await.unwrap();
    let cluster = Cluster::new(&account).await;
    let more = json!({
        "command": ["told"], "environment": [{"name": "PLAIN", "value": "plain"}],
        "secrets": [{"name": "HIDDEN", "valueFrom": secret["ARN"]}],
        "logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "g", "awslogs-region": account.region(), "awslogs-stream-prefix": "p"}},
    });
    let definition = cluster.define("image", more, json!([])).await;
    let arn = cluster.run(&definition).await;
    let task = cluster.until(&arn, "STOPPED").await;
    assert_eq!(task["stopCode"], "EssentialContainerExited");
    assert_eq!(task["containers"][0]["exitCode"], 7);
    let stream = format!("p/c/{}", arn.rsplit('/').next().unwrap());
    let asked = json!({"logGroupName": "g", "logStreamName": stream});
    let (_, said) = api.json("logs", "GetLogEvents", &asked).await;
    assert_eq!(said["events"][0]["message"], "plain sesame told");
}

#[tokio::test]
async fn a_task_with_a_role_has_its_credentials_and_nobody_else_has_them() {
    let account = account().await;
    let cluster = Cluster::new(&account).await;
    let role = cluster.role().to_owned();
    let allowed = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*"}]});
    let policy = [("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", &allowed.to_string())];
    assert_eq!(cluster.api.query("iam", "PutRolePolicy", &policy).await.0, 200);
    account.run_as("image", &Program::new("sleep", &["1000"])).await.unwrap();
    let told = json!({
        "family": "t", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
        "taskRoleArn": role, "containerDefinitions": [{"name": "c", "image": "image", "essential": true}],
    });
    let made = cluster.api.ecs("RegisterTaskDefinition", told).await;
    let task = cluster.run(made["taskDefinition"]["taskDefinitionArn"].as_str().unwrap()).await;
    cluster.until(&task, "RUNNING").await;
    let environment = account.tasks().await.unwrap().remove(0).environment;
    let place = &environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    let word = &environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"];
    let script = format!(
        r#"
import os, urllib.request, urllib.error
def status(word):
    try:
        return urllib.request.urlopen(urllib.request.Request({place:?}, headers={{"Authorization": word}})).status
    except urllib.error.HTTPError as error:
        return error.code
os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = {place:?}, {word:?}
for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
    os.environ.pop(name, None)
mine = lambda service: boto3.client(service, endpoint_url=endpoint, region_name=region)
print(json.dumps([
    status({word:?}), status("guessed"), mine("sts").get_caller_identity()["Arn"],
    code(mine("ecs").list_clusters), code(mine("ecs").create_cluster, clusterName="more"),
]))"#
    );
    let seen: Value = serde_json::from_str(&boto(&account, &script).await).unwrap();
    let name = task.rsplit('/').next().unwrap();
    let arn = format!("arn:aws:sts::{}:assumed-role/r/{name}", account.id());
    assert_eq!(seen, json!([200, 400, arn, "ok", "AccessDeniedException"]));
    cluster.api.ecs("StopTask", json!({"cluster": "k", "task": task})).await;
    cluster.until(&task, "STOPPED").await;
    let plain = cluster.define("image", json!({}), json!([])).await;
    cluster.until(&cluster.run(&plain).await, "RUNNING").await;
    let environment = account.tasks().await.unwrap().remove(0).environment;
    assert!(!environment.keys().any(|name| name.starts_with("AWS_CONTAINER_")), "{environment:?}");
}
