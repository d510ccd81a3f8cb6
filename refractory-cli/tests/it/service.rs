//! The portal as a service of ECS, in a container that has nothing but what the template gives it.
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::aws::{Engine, Image, Inventory};

use crate::aws::boto3;
use crate::house::{all_of, soon};
use crate::infra::Site;

const KEY: &str = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX";
const PASSWORD: &str = "a long password of Anna's";
const DOMAIN: &str = "play.example";
/// A debug build on a machine that builds at the same time.
const PATIENCE: Duration = Duration::from_mins(2);

const ZONE: &str = r#"
import boto3, json
route53 = boto3.client("route53")
print(json.dumps(route53.create_hosted_zone(Name="play.example", CallerReference="1")["HostedZone"]["Id"]))
"#;

const NO_ZONE: &str = r#"
import boto3, json, sys
boto3.client("route53").delete_hosted_zone(Id=sys.argv[1])
print("null")
"#;

/// The service, its tasks that are to run, and their containers.
const SEEN: &str = r#"
import boto3, json
ecs = boto3.client("ecs")
service = ecs.describe_services(cluster="club", services=["portal"])["services"][0]
arns = ecs.list_tasks(cluster="club", serviceName="portal")["taskArns"]
tasks = ecs.describe_tasks(cluster="club", tasks=arns)["tasks"] if arns else []
print(json.dumps({"service": service, "tasks": tasks}, default=str))
"#;

const STOP: &str = r#"
import boto3, json, sys
boto3.client("ecs").stop_task(cluster="club", task=sys.argv[1])
print("null")
"#;

const TASK: &str = r#"
import boto3, json, sys
print(json.dumps(boto3.client("ecs").describe_tasks(cluster="club", tasks=[sys.argv[1]])["tasks"][0], default=str))
"#;

const LOGS: &str = r#"
import boto3, json
logs = boto3.client("logs")
said = [logs.filter_log_events(logGroupName=group)["events"] for group in ("/refractory/club/portal", "/refractory/club")]
print(json.dumps("\n".join(event["message"] for events in said for event in events)))
"#;

/// Where a task is.
fn address(task: &Value) -> Option<String> {
    let details = task["attachments"][0]["details"].as_array()?;
    let address = details.iter().find(|detail| detail["name"] == "privateIPv4Address")?;
    address["value"].as_str().map(ToOwned::to_owned)
}

/// A client of the portal: what someone's program says, and hears.
struct Client {
    at: SocketAddr,
    token: Option<String>,
}

impl Client {
    /// What the portal at its address says to `method path` as `host`: a status, and the body.
    fn ask(
        &self,
        host: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Option<(u16, String)> {
        let mut socket = TcpStream::connect_timeout(&self.at, Duration::from_secs(2)).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let body = body.map(ToString::to_string).unwrap_or_default();
        let token = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        let token = token.unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{token}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all(head.as_bytes()).and_then(|()| socket.write_all(body.as_bytes())).ok()?;
        let text = all_of(&mut socket);
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// The JSON of an answer that is well.
    #[track_caller]
    fn api(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, said) = self.ask(DOMAIN, method, &format!("/api/v1{path}"), body).unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {status} {said}");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }
}

/// The program that was built, in an image like that of the Dockerfile.
fn portal() -> Image {
    let dockerfile =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Dockerfile")).unwrap();
    let trusted = std::fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap();
    Image::new()
        .with(env!("CARGO_BIN_EXE_refractory"))
        .with_file("/etc/ssl/certs/ca-certificates.crt", trusted)
        .with_folder("/var/lib/refractory", 1000)
        .like(&dockerfile)
}

/// A site whose tables run the stand-in's image, with everything it takes in the engine.
async fn site() -> Site {
    let engine = Engine::shared().await;
    engine.load("refractory:1", &portal()).await;
    engine.load("foundry:13.351", &Image::for_foundry()).await;
    engine.load(&refractory_aws::AwsConfig::default().helper_image, &Image::for_jobs()).await;
    let mut site = Site::in_docker().await;
    site.house.set("REFRACTORY__AWS__IMAGE", "foundry:{version}");
    site.house.set("REFRACTORY__AWS__STOP_WITHIN", "20s");
    site
}

/// The one task of the service, as soon as it runs and answers; where.
#[track_caller]
fn running(site: &Site) -> (String, Client) {
    let begun = std::time::Instant::now();
    loop {
        let seen = boto3(&site.account, SEEN, &[]);
        let task = &seen["tasks"][0];
        if task["lastStatus"] == "RUNNING"
            && let Some(address) = address(task)
        {
            let client = Client { at: format!("{address}:8080").parse().unwrap(), token: None };
            // As the load balancer asks: by the address.
            if client
                .ask(&format!("{address}:8080"), "GET", "/healthz", None)
                .is_some_and(|(status, _)| status == 200)
            {
                return (task["taskArn"].as_str().unwrap().to_owned(), client);
            }
        }
        assert!(begun.elapsed() < PATIENCE, "{seen:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_runs_in_docker_as_a_service_with_nothing_but_its_role() {
    let mut site = site().await;
    let zone = boto3(&site.account, ZONE, &[]).as_str().unwrap().to_owned();
    site.run(&format!("infra deploy --yes --domain {DOMAIN} --zone {zone} --image refractory:1"))
        .ok();
    let (task, mut client) = running(&site);
    let (status, page) = client.ask(DOMAIN, "GET", "/sign-in", None).unwrap();
    assert!(status == 200 || (300..400).contains(&status), "{status} {page}");

    // The operator's desk, beside it.
    site.house.set("REFRACTORY__CORE__BACKEND", "aws");
    site.house.set("AWS_ACCESS_KEY_ID", site.account.access_key());
    site.house.set("AWS_SECRET_ACCESS_KEY", site.account.secret_key());
    let house = &site.house;
    house.tell("user add anna --role admin", &format!("{PASSWORD}\n")).ok();
    house.run(&format!("release add {}", site.release())).ok();
    house.tell("license add club", KEY).ok();
    house.command(["license", "accept", "club", "--yes-i-accept", "Jane Doe"]).output().unwrap();

    let opened =
        client.api("POST", "/session", Some(&json!({"name": "anna", "password": PASSWORD})));
    client.token = Some(opened["token"].as_str().unwrap().to_owned());
    client.api("POST", "/instances", Some(&json!({"name": "friday"})));
    client.api("POST", "/instances/friday/start", None);
    table_is(&site, &client, "on");
    let host = format!("friday.{DOMAIN}");
    // Its edge hears of that a moment later.
    soon(PATIENCE, || {
        let (status, _) = client.ask(&host, "GET", "/api/status", None)?;
        (status == 200).then_some(())
    });
    client.api("POST", "/instances/friday/stop", None);
    table_is(&site, &client, "off");
    client.api("DELETE", "/instances/friday?confirm=friday", None);
    table_is(&site, &client, "gone");

    shut(&site, &task).await;
    house.run("license remove club").ok();
    house.run("release remove 13.351").ok();
    site.run("infra destroy --with-data --confirm club").ok();
    boto3(&site.account, NO_ZONE, &[&zone]);
    assert_eq!(site.left().await, Inventory::new(), "the account is as empty as it was");
}

/// Waits until the table is `state`: the portal's own worker sees to that.
#[track_caller]
fn table_is(site: &Site, client: &Client, state: &str) {
    let begun = std::time::Instant::now();
    loop {
        let asked = client.ask(DOMAIN, "GET", "/api/v1/instances/friday", None);
        let (status, table) = asked.unwrap_or_default();
        let seen: Value = serde_json::from_str(&table).unwrap_or_default();
        if seen["phase"] == state || (status == 404 && state == "gone") {
            return;
        }
        let in_time = begun.elapsed() < PATIENCE;
        assert!(
            in_time,
            "{seen:#}\n{}",
            boto3(&site.account, LOGS, &[]).as_str().unwrap_or_default()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What the container was told, and how it ends.
async fn shut(site: &Site, task: &str) {
    let all = Engine::shared().await.containers(&site.account).await;
    let of_task = |one: &&Value| one["Config"]["Labels"]["com.amazonaws.ecs.task-arn"] == task;
    let container = all.iter().find(of_task).unwrap();
    let environment = container["Config"]["Env"].to_string();
    assert_eq!(container["Config"]["User"], "1000:1000", "it is nobody's super-user");
    assert!(
        !environment.contains("AWS_SECRET_ACCESS_KEY"),
        "it has its role and no keys: {environment}"
    );
    assert!(!environment.contains(KEY) && !environment.contains(PASSWORD), "{environment}");

    let wish =
        container["Config"]["Labels"]["refractory.stop-timeout"].as_str().unwrap().parse().unwrap();
    let begun = std::time::Instant::now();
    boto3(&site.account, STOP, &[task]);
    let ended = soon(Duration::from_secs(wish), || {
        Some(boto3(&site.account, TASK, &[task])).filter(|task| task["lastStatus"] == "STOPPED")
    });
    assert_eq!(
        ended["containers"][0]["exitCode"],
        0,
        "it ended by itself, after {:?}: {ended:#}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_bot_is_added_beside_the_portal_and_nothing_else_changes() {
    let site = Site::new().await;
    site.run("infra deploy --yes --image refractory:1").ok();
    let shown = site.run("infra diff --json --bot-image bot:1 --bot-secret club/bot").ok().json();
    let changed = shown["changes"].as_array().unwrap().iter();
    let mut changed: Vec<_> =
        changed.map(|change| change["name"].as_str().unwrap_or_default().to_owned()).collect();
    changed.sort();
    // The role may read the one secret more that the bot is given.
    assert_eq!(changed, ["ExecutionRole", "Portal", "PortalTask"], "{shown:#}");
}
