use std::path::Path;

use serde_json::{Value, json};

use super::super::super::hash::{DEFAULT_ADMIN_SALT, password_hash};
use super::super::super::version::Version;
use super::super::settings::Settings;
use super::configure;

const KEY: &str = "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF";

fn start(data: &Path, version: Version, variables: &[(&str, &str)]) {
    let mounts = json!({"/data": data}).to_string();
    let variables = [variables, &[("REFRACTORY_TASK_MOUNTS", mounts.as_str())]].concat();
    let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
    configure(&Settings::read(variables, Path::new("/")).unwrap(), version).unwrap();
}

fn options(data: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(data.join("Config/options.json")).unwrap()).unwrap()
}

fn file(data: &Path, name: &str) -> Option<String> {
    std::fs::read_to_string(data.join("Config").join(name)).ok()
}

#[test]
fn variables_become_options() {
    let data = tempfile::tempdir().unwrap();
    start(
        data.path(),
        Version::new(13, 351),
        &[
            ("FOUNDRY_WORLD", "strahd"),
            ("FOUNDRY_HOSTNAME", "t.example.org"),
            ("FOUNDRY_PROXY_PORT", "443"),
            ("FOUNDRY_PROXY_SSL", "true"),
            ("FOUNDRY_ROUTE_PREFIX", "t"),
            ("FOUNDRY_AWS_CONFIG", "/data/Config/aws.json"),
            ("FOUNDRY_TELEMETRY", "false"),
        ],
    );
    let options = options(data.path());
    for (name, wanted) in [
        ("world", json!("strahd")),
        ("hostname", json!("t.example.org")),
        ("proxyPort", json!(443)),
        ("proxySSL", json!(true)),
        ("routePrefix", json!("t")),
        ("awsConfig", json!("/data/Config/aws.json")),
        ("telemetry", json!(false)),
        ("upnp", json!(false)),
        ("language", json!("en.core")),
        ("cssTheme", json!("dark")),
    ] {
        assert_eq!(options[name], wanted, "{name}");
    }
    assert_eq!(options.get("deleteNEDB"), None);
}

#[test]
fn an_older_image_writes_older_options() {
    let data = tempfile::tempdir().unwrap();
    start(data.path(), Version::new(9, 280), &[("FOUNDRY_AWS_CONFIG", "true")]);
    let older = options(data.path());
    assert_eq!(older["awsConfig"], json!("true"));
    assert!(older.get("compressSocket").is_none() && older.get("minifyStaticFiles").is_some());
    start(data.path(), Version::new(14, 364), &[("FOUNDRY_AWS_CONFIG", "true")]);
    assert_eq!(options(data.path())["awsConfig"], json!(true));
}

#[test]
fn a_license_that_is_there_is_never_touched() {
    let data = tempfile::tempdir().unwrap();
    let version = Version::new(13, 351);
    start(data.path(), version, &[("FOUNDRY_LICENSE_KEY", KEY)]);
    let first = file(data.path(), "license.json").unwrap();
    assert_eq!(first, r#"{"license":"AAAABBBBCCCCDDDDEEEEFFFF"}"#);
    start(data.path(), version, &[("FOUNDRY_LICENSE_KEY", &KEY.replace('A', "Z"))]);
    assert_eq!(file(data.path(), "license.json").unwrap(), first);
}

#[test]
fn an_admin_key_is_hashed_and_without_one_the_file_goes() {
    let data = tempfile::tempdir().unwrap();
    let version = Version::new(13, 351);
    start(data.path(), version, &[("FOUNDRY_ADMIN_KEY", "sesame")]);
    let hash = password_hash("sesame", DEFAULT_ADMIN_SALT);
    assert_eq!(file(data.path(), "admin.txt"), Some(hash.clone()));
    start(data.path(), version, &[("CONTAINER_PRESERVE_CONFIG", "true"), ("FOUNDRY_WORLD", "x")]);
    assert_eq!(file(data.path(), "admin.txt"), Some(hash));
    assert_eq!(options(data.path())["world"], Value::Null, "kept as it was");
    start(data.path(), version, &[]);
    assert_eq!(file(data.path(), "admin.txt"), None);
}
