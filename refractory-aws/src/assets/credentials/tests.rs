use super::*;

#[test]
fn the_file_is_what_foundry_reads() {
    let file = CredentialsFile {
        buckets: vec!["b".into()],
        region: "eu-central-1".into(),
        credentials: FileCredentials {
            access_key_id: "AKIA".into(),
            secret_access_key: "s".into(),
        },
    };
    let text = r#"{"buckets":["b"],"region":"eu-central-1","credentials":{"accessKeyId":"AKIA","secretAccessKey":"s"}}"#;
    assert_eq!(serde_json::to_string(&file).unwrap(), text);
}

#[test]
fn a_kept_key_shows_no_secret() {
    let kept = AccessKey { id: "AKIA".into(), secret: Secret::new("hush"), version: "v".into() };
    assert!(!format!("{kept:?}").contains("hush"));
}
