//! A community on AWS, over an emulator: from an empty account to an empty account.
mod private;

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use testkit::aws::{Account, Engine, Image, Inventory, Program, tool};
use testkit::foundry::{Layout, Version, image_executable, release_zip};

use crate::house::soon;
use crate::http::{game_socket, get, is_alive};
use crate::infra::Site;

const KEY: &str = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX";

/// Runs a program of boto3, as an independent client, and reads the JSON it prints.
pub(crate) fn boto3(account: &Account, program: &str, arguments: &[&str]) -> Value {
    let mut command = Command::new(tool("python").unwrap());
    command.args(["-IB", "-c", program]).args(arguments);
    command.env("AWS_ENDPOINT_URL", account.endpoint()).env("AWS_DEFAULT_REGION", account.region());
    command.env("AWS_ACCESS_KEY_ID", account.access_key());
    command.env("AWS_SECRET_ACCESS_KEY", account.secret_key());
    let said = command.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// A user who may do exactly what the policies of the stack say, which are those that were printed; the keys of it.
const CONTROLLER: &str = r#"
import boto3, json, sys
iam = boto3.client("iam")
iam.create_user(UserName="controller")
for name, document in json.loads(sys.argv[1]).items():
    made = iam.get_policy(PolicyArn=f"arn:aws:iam::{sys.argv[2]}:policy/{name}")["Policy"]
    kept = iam.get_policy_version(PolicyArn=made["Arn"], VersionId=made["DefaultVersionId"])["PolicyVersion"]
    assert kept["Document"] == document, (name, kept["Document"], document)
    iam.attach_user_policy(UserName="controller", PolicyArn=made["Arn"])
key = iam.create_access_key(UserName="controller")["AccessKey"]
print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"]]))
"#;

const NO_CONTROLLER: &str = r#"
import boto3, json
iam = boto3.client("iam")
for key in iam.list_access_keys(UserName="controller")["AccessKeyMetadata"]:
    iam.delete_access_key(UserName="controller", AccessKeyId=key["AccessKeyId"])
for policy in iam.list_attached_user_policies(UserName="controller")["AttachedPolicies"]:
    iam.detach_user_policy(UserName="controller", PolicyArn=policy["PolicyArn"])
iam.delete_user(UserName="controller")
print("null")
"#;

/// Uploads with the table's own key, as Foundry would, then reads as a browser would; what each attempt came to.
const UPLOAD: &str = r#"
import boto3, json, sys, urllib.request, urllib.error
from botocore.exceptions import ClientError
told = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=sys.argv[1])["SecretString"])
bucket = told["buckets"][0]
own = boto3.client("s3", aws_access_key_id=told["credentials"]["accessKeyId"], aws_secret_access_key=told["credentials"]["secretAccessKey"])
own.put_object(Bucket=bucket, Key="maps/cave.webp", Body=b"a cave", ContentType="image/webp")
def status(path):
    try:
        return urllib.request.urlopen(f"{own.meta.endpoint_url}/{bucket}{path}").status
    except urllib.error.HTTPError as error:
        return error.code
def refused(call):
    try:
        call()
        return False
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDenied"
print(json.dumps({
    "read": status("/maps/cave.webp"), "listed": status("/"),
    "elsewhere": refused(lambda: own.list_objects_v2(Bucket=sys.argv[2])),
    "buckets": refused(lambda: own.list_buckets()),
}))
"#;

impl Site {
    /// The program runs as `keys` from now on, with AWS as its backend.
    fn moves_to_aws(&mut self, keys: &Value) {
        self.house.set("AWS_ACCESS_KEY_ID", keys[0].as_str().unwrap());
        self.house.set("AWS_SECRET_ACCESS_KEY", keys[1].as_str().unwrap());
        self.house.set("REFRACTORY__CORE__BACKEND", "aws");
        self.house.set("REFRACTORY__AWS__IMAGE", "foundry:{version}");
    }

    pub(crate) fn release(&self) -> String {
        let zip = release_zip(Version::new(13, 351), Layout::Node).unwrap();
        let path = self.house.path().join("release.zip");
        std::fs::write(&path, zip).unwrap();
        path.display().to_string()
    }

    /// Makes everything that a deployment stands on, with programs of this machine as images.
    async fn settle_on_aws(&mut self) {
        let image = Program::new(image_executable(), &[]);
        self.account.run_as("foundry:13.351", &image).await.unwrap();
        let helper = refractory_aws::AwsConfig::default().helper_image;
        self.account.run_as(&helper, &Program::new("/usr/bin/env", &[])).await.unwrap();
        self.deploys();
    }

    /// Deploys; the program runs as exactly the controller from now on.
    fn deploys(&mut self) {
        self.run("infra deploy --yes").ok();
        let id = self.account.id();
        let policies = self.run(&format!("infra policy controller --account {id}"));
        let keys = boto3(&self.account, CONTROLLER, &[&policies.ok().json().to_string(), id]);
        self.moves_to_aws(&keys);
    }

    /// Starts a table called `friday`, on its own license.
    fn start_friday(&self) {
        let house = &self.house;
        house.run(&format!("release add {}", self.release())).ok();
        house.tell("license add club", KEY).ok();
        let accepted = ["license", "accept", "club", "--yes-i-accept", "Jane Doe"];
        house.command(accepted).output().unwrap();
        house.run("instance create friday --release 13.351").ok();
        let started = house.run("instance start friday --wait --json");
        assert_eq!(started.code, 0, "{started:?}\n{}", house.log());
        assert_eq!(started.json()["phase"], "on");
    }

    /// The bucket of the deployment, which is no table's.
    fn bucket(&self) -> String {
        let ground = self.run("infra status --quick --json").ok().json();
        ground["outputs"]["Bucket"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_lives_its_whole_life_on_aws_as_exactly_the_controller() {
    let mut site = Site::new().await;
    site.settle_on_aws().await;
    a_whole_life(site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_life_is_lived_in_containers_of_docker() {
    let mut site = Site::in_docker().await;
    let engine = Engine::shared().await;
    engine.load("foundry:13.351", &Image::for_foundry()).await;
    engine.load(&refractory_aws::AwsConfig::default().helper_image, &Image::for_jobs()).await;
    let account = site.account.clone();
    site.deploys();
    a_whole_life(site).await;
    soon(Duration::from_secs(20), || {
        let left = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(engine.containers(&account))
        });
        left.is_empty().then_some(())
    });
}

async fn a_whole_life(site: Site) {
    let house = &site.house;
    let up = house.up("");
    site.start_friday();

    // The edge hears of it from the store, as fast as it looks; until then its page looks again after three seconds.
    soon(Duration::from_secs(3), || {
        get(up.port(), "friday.localhost", "/").filter(|page| (200..400).contains(&page.code))
    });
    let mut socket = game_socket(up.port(), "friday.localhost");
    assert!(is_alive(&mut socket), "the edge passes sockets through to the task");
    let logs = soon(Duration::from_secs(20), || {
        Some(house.run("instance logs friday").ok().out).filter(|text| !text.is_empty())
    });
    assert!(!logs.contains(KEY) && !logs.contains(&KEY.replace('-', "")), "{logs}");

    let id = house.table("friday")["id"].as_str().unwrap().to_owned();
    let seen = boto3(&site.account, UPLOAD, &[&format!("club/assets/{id}"), &site.bucket()]);
    assert_eq!(
        seen,
        serde_json::json!({ "read": 200, "listed": 403, "elsewhere": true, "buckets": true })
    );

    let stopped = house.run("instance stop friday --wait");
    assert_eq!(stopped.code, 0, "{stopped:?}\n{}", house.log());
    let deleted = house.run("instance delete friday --confirm friday --wait");
    assert_eq!(deleted.code, 0, "{deleted:?}\n{}", house.log());
    house.run("license remove club").ok();
    let release = house.run("release list --json").ok().json();
    house.run(&format!("release remove {}", release[0]["version"].as_str().unwrap())).ok();
    up.signal("TERM");
    assert_eq!(up.end(Duration::from_secs(30)), Some(0));

    boto3(&site.account, NO_CONTROLLER, &[]);
    site.run("infra destroy --with-data --confirm club").ok();
    assert_eq!(site.left().await, Inventory::new(), "the account is as empty as it was");
}
