//! Uploads in a private bucket: through the edge for those who may, and nowhere for anyone else.
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use testkit::aws::inventory;

use super::boto3;
use crate::house::Said;
use crate::http::get;
use crate::infra::Site;

/// boto3 as an independent client, with what Foundry was told. Every name leads to this machine.
const CLIENT: &str = r#"
import boto3, concurrent.futures, hashlib, io, json, os, socket, sys, urllib.error, urllib.request
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
plain = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: plain("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)
told = json.load(open(sys.argv[1]))
bucket, at, keys = told["buckets"][0], told["endpoint"], told["credentials"]

def client(key=keys["accessKeyId"], secret=keys["secretAccessKey"]):
    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0})
    return boto3.client("s3", region_name=told["region"], endpoint_url=at, config=config,
                        aws_access_key_id=key, aws_secret_access_key=secret)

def refused(call):
    try:
        call()
        return None
    except ClientError as error:
        return error.response["Error"]["Code"]
"#;

/// Uploads as Foundry would, and reads as a browser would; what each attempt came to.
const UPLOAD: &str = r#"
other, direct = sys.argv[2], sys.argv[3]

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
opener = urllib.request.build_opener(Stay)

def browse(path, root=at, method="GET", **headers):
    request = urllib.request.Request(root + path, headers={name.replace("_", "-"): value for name, value in headers.items()}, method=method)
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, dict((name.lower(), value) for name, value in answer.headers.items()), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict((name.lower(), value) for name, value in error.headers.items()), error.read()

own, cave = client(), b"a cave" * 1000
own.put_object(Bucket=bucket, Key="maps/old cave (1).webp", Body=cave, ContentType="image/webp", ACL="public-read")
path = f"/{bucket}/maps/old%20cave%20(1).webp"
status, headers, body = browse(path + "?1700000000")
part, again = browse(path, Range="bytes=2-5"), browse(path, If_None_Match=headers["etag"])
big = os.urandom(9 << 20)
own.upload_fileobj(io.BytesIO(big), bucket, "big.bin", Config=TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=6 << 20))
with concurrent.futures.ThreadPoolExecutor(6) as crew:
    list(crew.map(lambda tile: own.put_object(Bucket=bucket, Key=f"tiles/{tile}.webp", Body=f"tile {tile}".encode(), ContentType="image/webp"), range(300)))
    tiles = list(crew.map(lambda tile: browse(f"/{bucket}/tiles/{tile}.webp"), range(300)))
print(json.dumps({
    "read": [status, headers["content-type"], body == cave, sorted(name for name in headers if name.startswith("x-amz"))],
    "range": [part[0], part[1]["content-range"], part[2].decode()],
    "again": again[0],
    "big": hashlib.sha256(browse(f"/{bucket}/big.bin")[2]).digest() == hashlib.sha256(big).digest(),
    "tiles": sum(1 for at, (status, _, body) in enumerate(tiles) if status == 200 and body == f"tile {at}".encode()),
    "listed": len(own.list_objects_v2(Bucket=bucket, Prefix="tiles/", MaxKeys=1000)["Contents"]),
    "direct": browse(path, root=direct)[0],
    "missing": browse(f"/{bucket}/maps/none.webp")[0],
    "unsigned list": [browse(f"/{bucket}")[0], browse(f"/{bucket}/?list-type=2")[0]],
    "unsigned put": browse(f"/{bucket}/x", method="PUT")[0],
    "presigned": browse(own.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "big.bin"})[len(at):])[0],
    "elsewhere": refused(lambda: own.list_objects_v2(Bucket=other)),
    "buckets": refused(lambda: own.list_buckets()),
    "policy": refused(lambda: own.delete_bucket_policy(Bucket=bucket)),
    "copied": refused(lambda: own.copy_object(Bucket=bucket, Key="copy", CopySource=f"{other}/x")),
    "wrong secret": refused(lambda: client(secret="x" * 40).put_object(Bucket=bucket, Key="x", Body=b"x")),
    "wrong key": refused(lambda: client(key="AKIAINVENTED").put_object(Bucket=bucket, Key="x", Body=b"x")),
}))
"#;

/// What the program is told once its table sleeps.
const ASLEEP: &str = r#"
print(json.dumps(refused(lambda: client().put_object(Bucket=bucket, Key="x", Body=b"x"))))
"#;

/// What Foundry's own client comes to, with the file that Foundry is given.
fn javascript(told: &Path, file: &Path) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/node");
    assert!(
        folder.join("node_modules/@aws-sdk/client-s3").is_dir(),
        "the npm packages are missing: run `npm ci` in testkit/node"
    );
    let mut command = Command::new("node");
    let said = command.arg("uploads.js").arg(told).arg(file).current_dir(folder).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// A copy of the file that Foundry was given, for when its task is gone.
async fn told(site: &Site, port: u16) -> (PathBuf, Value) {
    let running = site.account.tasks().await.unwrap();
    let table = running.iter().find(|running| running.container == "foundry").unwrap();
    let kept = site.house.path().join("told.json");
    std::fs::copy(table.mounts["/told"].join("aws.json"), &kept).unwrap();
    let file: Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
    assert_eq!(file["endpoint"], format!("http://friday.localhost:{port}"));
    assert_eq!(file["forcePathStyle"], true);
    (kept, file)
}

fn python_writes_and_reads(site: &Site, told: &str) {
    let arguments = [told, &site.bucket(), site.account.endpoint()];
    let seen = boto3(&site.account, &format!("{CLIENT}{UPLOAD}"), &arguments);
    let expected = json!({
        "read": [200, "image/webp", true, []],
        "range": [206, "bytes 2-5/6000", "cave"],
        "again": 304,
        "big": true,
        "tiles": 300,
        "listed": 300,
        "direct": 403,
        "missing": 404,
        "unsigned list": [403, 403],
        "unsigned put": 405,
        "presigned": 403,
        "elsewhere": "AccessDenied",
        "buckets": "AccessDenied",
        "policy": "AccessDenied",
        "copied": "NotImplemented",
        "wrong secret": "SignatureDoesNotMatch",
        "wrong key": "InvalidAccessKeyId",
    });
    assert_eq!(seen, expected, "{}", site.house.log());
}

fn foundrys_own_client_writes_and_reads(site: &Site, told: &Path) {
    let picture = site.house.path().join("picture.webp");
    let bytes: Vec<u8> = (0..6_u32 << 20).map(|at| (at % 251).to_le_bytes()[0]).collect();
    std::fs::write(&picture, bytes).unwrap();
    let seen = javascript(told, &picture);
    let same = json!({ "js/whole.webp": true, "js/stream (1).webp": true, "js/parts.webp": true });
    assert_eq!(seen["same"], same, "{seen}");
    let kinds = seen["kinds"]["PutObjectCommand"].as_array().unwrap();
    assert!(kinds.contains(&json!("STREAMING-UNSIGNED-PAYLOAD-TRAILER")), "{seen}");
    for (what, told) in [
        ("type", "image/webp"),
        ("gone", "NotFound"),
        ("all", "AccessDenied"),
        ("policy", "AccessDenied"),
    ] {
        assert_eq!(seen[what], told, "{seen}");
    }
    assert_eq!(seen["folders"], json!(["js/", "maps/", "tiles/"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn private_uploads_are_written_and_read_through_the_edge_alone() {
    let mut site = Site::new().await;
    site.settle_on_aws().await;
    site.house.set("REFRACTORY__AWS__ASSETS", "private");
    let house = &site.house;
    let up = house.up("");
    site.start_friday();
    let mut under_one_host = house.command(["instance", "list"]);
    let said = under_one_host.env("REFRACTORY__WEB__BY_PATH", "true").output().unwrap();
    Said::of(said).failed(2, "needs a name for each table");

    let (path, file) = told(&site, up.port()).await;
    let told = path.display().to_string();
    python_writes_and_reads(&site, &told);
    foundrys_own_client_writes_and_reads(&site, &path);

    let bucket = file["buckets"][0].as_str().unwrap();
    let picture = format!("/{bucket}/tiles/1.webp");
    let status = || get(up.port(), "friday.localhost", &picture).unwrap().code;
    assert_eq!(status(), 200);
    house.run("instance stop friday --wait").ok();
    assert_eq!(status(), 503, "asleep, as all of it");
    assert_eq!(boto3(&site.account, &format!("{CLIENT}{ASLEEP}"), &[&told]), "AccessDenied");
    house.run("instance delete friday --confirm friday --wait").ok();
    assert_eq!(status(), 404);
    let left = serde_json::to_string(&inventory(&site.account).await).unwrap();
    assert!(!left.contains(bucket), "{left}");
}
