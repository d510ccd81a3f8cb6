//! AWS by plain HTTP: root's requests need no signature that is right, only one that names the account.
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::aws::{Account, Program, tool};
use testkit::http::RawClient;
use tokio::process::Command;

/// A client of one account.
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub(super) account: Account,
    at: SocketAddr,
}

/// A status, and what was said.
pub(super) type Said = (u16, String);

impl Api {
    pub(super) fn of(account: &Account) -> Self {
        Self { account: account.clone(), at: account.address() }
    }

    /// The same account by way of a proxy.
    pub(super) fn through(account: &Account, at: SocketAddr) -> Self {
        Self { account: account.clone(), at }
    }

    pub(super) async fn rest(&self, service: &str, method: &str, path: &str, body: &str) -> Said {
        self.send(service, method, path, "", body).await
    }

    pub(super) async fn query(&self, service: &str, action: &str, with: &[(&str, &str)]) -> Said {
        let mut body = format!("Action={action}");
        for (name, value) in with {
            let _ = write!(body, "&{name}={}", escaped(value));
        }
        let form = "content-type: application/x-www-form-urlencoded\r\n";
        self.send(service, "POST", "/", form, &body).await
    }

    pub(super) async fn json(&self, service: &str, operation: &str, body: &Value) -> (u16, Value) {
        let prefix = match service {
            "ecs" => "AmazonEC2ContainerServiceV20141113",
            "logs" => "Logs_20140328",
            "dynamodb" => "DynamoDB_20120810",
            service => service,
        };
        let head = format!(
            "content-type: application/x-amz-json-1.1\r\nx-amz-target: {prefix}.{operation}\r\n"
        );
        let (status, said) = self.send(service, "POST", "/", &head, &body.to_string()).await;
        (status, serde_json::from_str(&said).unwrap())
    }

    /// What a call that must succeed says.
    pub(super) async fn ecs(&self, operation: &str, body: Value) -> Value {
        let (status, said) = self.json("ecs", operation, &body).await;
        assert_eq!(status, 200, "{operation}: {said}");
        said
    }

    async fn send(&self, service: &str, method: &str, path: &str, head: &str, body: &str) -> Said {
        let answer =
            RawClient::ask(self.at, self.question(service, method, path, head, body)).await;
        (answer.status, answer.text())
    }

    /// A request as it goes over the wire.
    pub(super) fn question(
        &self,
        service: &str,
        method: &str,
        path: &str,
        head: &str,
        body: &str,
    ) -> String {
        let (key, region, length) = (self.account.access_key(), self.account.region(), body.len());
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential={key}/20261125/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
             {head}content-length: {length}\r\n\r\n{body}",
            self.at
        )
    }
}

/// The code of a refusal of a JSON service.
pub(super) fn code((status, said): (u16, Value)) -> (u16, String) {
    let name = said["__type"].as_str().unwrap_or_else(|| panic!("{said}"));
    (status, name.rsplit('#').next().unwrap().to_owned())
}

/// The text between `<name>` and its end.
pub(super) fn between<'a>(said: &'a str, name: &str) -> &'a str {
    let (_, rest) = said.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{said}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

/// A cluster `k` and a role `r`, and tasks of Fargate in it.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) api: Api,
    role: String,
}

impl Cluster {
    pub(super) async fn new(account: &Account) -> Self {
        let api = Api::of(account);
        api.ecs("CreateCluster", json!({"clusterName": "k"})).await;
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole",
        }]});
        let trust = trust.to_string();
        let made = [("RoleName", "r"), ("AssumeRolePolicyDocument", trust.as_str())];
        let (status, said) = api.query("iam", "CreateRole", &made).await;
        assert_eq!(status, 200, "{said}");
        Self { role: between(&said, "Arn").to_owned(), api }
    }

    /// The ARN of the role.
    pub(super) fn role(&self) -> &str {
        &self.role
    }

    /// Registers family `t` with one container `c`; `more` is added to it, and `volumes` to the task.
    pub(super) async fn define(&self, image: &str, more: Value, volumes: Value) -> String {
        let mut container = json!({"name": "c", "image": image, "essential": true});
        container.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let told = json!({
            "family": "t", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256",
            "memory": "512", "executionRoleArn": self.role, "containerDefinitions": [container],
            "volumes": volumes,
        });
        let said = self.api.ecs("RegisterTaskDefinition", told).await;
        said["taskDefinition"]["taskDefinitionArn"].as_str().unwrap().to_owned()
    }

    /// A request to run `definition`.
    pub(super) fn request(definition: &str, subnets: &[&str]) -> Value {
        json!({
            "cluster": "k", "taskDefinition": definition, "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}},
        })
    }

    /// Runs `definition`; the task's ARN.
    pub(super) async fn run(&self, definition: &str) -> String {
        let said = self.api.ecs("RunTask", Self::request(definition, &["subnet-a"])).await;
        said["tasks"][0]["taskArn"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    /// A task of `program` that is running, and its address.
    pub(super) async fn running(&self, program: &Program) -> (String, String) {
        self.api.account.run_as("image", program).await.unwrap();
        let definition = self.define("image", json!({}), json!([])).await;
        let task = self.run(&definition).await;
        let address = address(&self.until(&task, "RUNNING").await);
        (task, address)
    }

    pub(super) async fn describe(&self, task: &str) -> Value {
        self.api.ecs("DescribeTasks", json!({"cluster": "k", "tasks": [task]})).await
    }

    /// Waits until the task's last status is `status`; the task.
    pub(super) async fn until(&self, task: &str, status: &str) -> Value {
        for _ in 0..2000 {
            let said = self.describe(task).await;
            if said["tasks"][0]["lastStatus"] == status {
                return said["tasks"][0].clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{task} does not become {status}: {}", self.describe(task).await);
    }
}

/// The address in a task's attachment.
pub(super) fn address(task: &Value) -> String {
    let details = task["attachments"][0]["details"].as_array().unwrap_or_else(|| panic!("{task}"));
    let ip = details.iter().find(|one| one["name"] == "privateIPv4Address").unwrap();
    ip["value"].as_str().unwrap().to_owned()
}

/// Runs `script` with boto3, root's `client(service, key=.., secret=..)` and `code(call, ..)` at hand; what it prints.
pub(super) async fn boto(account: &Account, script: &str) -> String {
    const AROUND: &str = "\
import boto3, json, sys
from botocore.config import Config
from botocore.exceptions import ClientError
endpoint, region, root = sys.argv[1:4]
def client(service, key=root, secret='root'):
    return boto3.client(service, endpoint_url=endpoint, region_name=region, aws_access_key_id=key,
                        aws_secret_access_key=secret, config=Config(retries={'max_attempts': 0}))
def code(call, *args, **named):
    try:
        call(*args, **named)
        return 'ok'
    except ClientError as error:
        return error.response['Error']['Code']
";
    let mut command = Command::new(tool("python").unwrap());
    command.args(["-IBc", &format!("{AROUND}{script}")]);
    command.args([account.endpoint(), account.region(), account.access_key()]);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().fold(String::new(), |mut out, byte| {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
