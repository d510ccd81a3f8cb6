//! What an upload is to a table, to a browser and to everyone else.
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ObjectCannedAcl;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_aws::AssetAccess;
use refractory_core::{Addressing, InstanceId};
use testkit::aws::Emulator;

use crate::support::assets::{Tables, browse};
use crate::support::clients;

/// The client of a table's program, with what lies in its secret.
async fn program(tables: &Tables, of: &InstanceId) -> (aws_sdk_s3::Client, serde_json::Value) {
    let clients = clients(&tables.account);
    let kept = clients.secrets.get_secret_value().secret_id(tables.naming().assets_secret(of));
    let text = kept.send().await.unwrap().secret_string.unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let text = |key: &str| file["credentials"][key].as_str().unwrap().to_owned();
    let keys =
        Credentials::new(text("accessKeyId"), text("secretAccessKey"), None, None, "the table's");
    let config = clients.s3.config().to_builder();
    let config = config.credentials_provider(SharedCredentialsProvider::new(keys)).build();
    (aws_sdk_s3::Client::from_conf(config), file)
}

/// Uploads as Foundry does: with a list of grants that says `public-read`.
async fn upload(program: &aws_sdk_s3::Client, bucket: &str, key: &str) -> Result<(), String> {
    let body = ByteStream::from_static(b"a map");
    let put = program.put_object().bucket(bucket).key(key).acl(ObjectCannedAcl::PublicRead);
    let put = put.content_type("image/webp").body(body).send().await;
    put.map(drop).map_err(|error| error.code().unwrap_or_default().to_owned())
}

async fn public_tables() -> Tables {
    Tables::new(&Emulator::shared().await.account())
}

#[tokio::test]
async fn an_upload_is_read_as_a_browser_reads_it() {
    let tables = public_tables().await;
    let table = tables.add("a").await;
    let port = tables.port().with_origins(&Addressing::new("games.example", 443, true));
    let bucket = tables.ready(&port, &table).await.handle;
    let (program, file) = program(&tables, &table).await;
    assert_eq!(file["buckets"], serde_json::json!([bucket]));
    assert_eq!(file["region"], "eu-central-1");
    upload(&program, &bucket, "maps/inn.webp").await.unwrap();

    let path = format!("/{bucket}/maps/inn.webp");
    let account = &tables.account;
    let page = browse(account, "GET", &path, "origin: https://friday.games.example\r\n").await;
    assert_eq!((page.status, page.body.as_slice()), (200, b"a map".as_slice()));
    assert!(page.head.contains("access-control-allow-origin: https://friday.games.example"));
    assert!(page.head.contains("content-type: image/webp"));

    let asks = "access-control-request-method: GET\r\naccess-control-request-headers: range\r\n";
    for (origin, status) in [
        ("https://friday.games.example", 200),
        ("https://evil.example", 403),
        ("http://friday.games.example", 403),
    ] {
        let asked = format!("origin: {origin}\r\n{asks}");
        assert_eq!(browse(account, "OPTIONS", &path, &asked).await.status, status, "{origin}");
    }
    let put = "origin: https://friday.games.example\r\naccess-control-request-method: PUT\r\n";
    assert_eq!(browse(account, "OPTIONS", &path, put).await.status, 403, "only reading");
}

#[tokio::test]
async fn everything_else_is_refused() {
    let tables = public_tables().await;
    let (ours, other) = (tables.add("a").await, tables.add("b").await);
    let port = tables.port();
    let bucket = tables.ready(&port, &ours).await.handle;
    let theirs = tables.ready(&port, &other).await.handle;
    let (program, _) = program(&tables, &ours).await;
    upload(&program, &bucket, "map").await.unwrap();

    for (method, path) in [
        ("GET", format!("/{bucket}")),
        ("GET", format!("/{bucket}?versions")),
        ("GET", format!("/{bucket}?policy")),
        ("PUT", format!("/{bucket}/mine")),
        ("DELETE", format!("/{bucket}/map")),
    ] {
        let page = browse(&tables.account, method, &path, "").await;
        assert_eq!(page.status, 403, "{method} {path}");
    }
    assert_eq!(upload(&program, &theirs, "x").await, Err("AccessDenied".into()));
    let listed = program.list_objects_v2().bucket(&theirs).send().await.unwrap_err();
    assert_eq!(listed.code(), Some("AccessDenied"));
    let all = program.list_buckets().send().await.unwrap_err();
    assert_eq!(all.code(), Some("AccessDenied"));
    let policy = program.delete_bucket_policy().bucket(&bucket).send().await.unwrap_err();
    assert_eq!(policy.code(), Some("AccessDenied"));
    // What Foundry asks for is allowed.
    program.list_objects_v2().bucket(&bucket).delimiter("/").send().await.unwrap();
    program.delete_object().bucket(&bucket).key("map").send().await.unwrap();
}

#[tokio::test]
async fn a_place_that_is_made_private_is_so_at_the_next_call() {
    let mut tables = public_tables().await;
    let table = tables.add("a").await;
    let bucket = tables.ready(&tables.port(), &table).await.handle;
    let (program, _) = program(&tables, &table).await;
    upload(&program, &bucket, "map").await.unwrap();
    let path = format!("/{bucket}/map");
    assert_eq!(browse(&tables.account, "GET", &path, "").await.status, 200);
    tables.config.assets = AssetAccess::Private;
    tables.ready(&tables.port(), &table).await;
    assert_eq!(browse(&tables.account, "GET", &path, "").await.status, 403);
    tables.config.assets = AssetAccess::Public;
    tables.ready(&tables.port(), &table).await;
    assert_eq!(browse(&tables.account, "GET", &path, "").await.status, 200);
}

#[tokio::test]
async fn what_is_replaced_or_deleted_can_be_brought_back_for_a_month() {
    let tables = public_tables().await;
    let table = tables.add("a").await;
    let bucket = tables.ready(&tables.port(), &table).await.handle;
    let (program, _) = program(&tables, &table).await;
    upload(&program, &bucket, "map").await.unwrap();
    upload(&program, &bucket, "map").await.unwrap();
    program.delete_object().bucket(&bucket).key("map").send().await.unwrap();
    let s3 = clients(&tables.account).s3;
    let versions = s3.list_object_versions().bucket(&bucket).send().await.unwrap();
    assert_eq!((versions.versions().len(), versions.delete_markers().len()), (2, 1));
    let rules = s3.get_bucket_lifecycle_configuration().bucket(&bucket).send().await.unwrap();
    let old = rules.rules()[0].noncurrent_version_expiration().unwrap();
    assert_eq!(old.noncurrent_days(), Some(30));
    let parts = rules.rules()[0].abort_incomplete_multipart_upload().unwrap();
    assert_eq!(parts.days_after_initiation(), Some(2));
    let sealed = s3.get_bucket_encryption().bucket(&bucket).send().await.unwrap();
    assert_eq!(sealed.server_side_encryption_configuration().unwrap().rules().len(), 1);
}
