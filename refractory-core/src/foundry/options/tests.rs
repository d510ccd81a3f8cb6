use super::*;

fn ours() -> Options {
    Options {
        port: 41_000,
        data_path: "/srv/data".into(),
        route_prefix: "/friday/".into(),
        hostname: Some("friday.example.org".into()),
        public: Some((443, true)),
        language: None,
    }
}

fn read_back(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("options.json")).unwrap()).unwrap()
}

#[tokio::test]
async fn fields_that_are_not_ours_stay() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("options.json"),
        r#"{"port":30000,"cssTheme":"scifi","telemetry":true,"language":"de.core","somethingNew":{"a":[1]},"world":"x","upnp":true}"#,
    )
    .unwrap();
    ours().write(folder.path()).await.unwrap();
    let options = read_back(folder.path());
    assert_eq!(options["port"], 41_000);
    assert_eq!(options["routePrefix"], "friday");
    assert_eq!((&options["proxyPort"], &options["proxySSL"]), (&443.into(), &true.into()));
    assert_eq!((&options["world"], &options["upnp"]), (&Value::Null, &false.into()));
    assert_eq!((&options["cssTheme"], &options["telemetry"]), (&"scifi".into(), &true.into()));
    assert_eq!(
        (&options["language"], &options["somethingNew"]["a"][0]),
        (&"de.core".into(), &1.into())
    );
}

#[tokio::test]
async fn a_fresh_folder_gets_a_file_that_asks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("Config");
    Options { language: Some("fr.core".into()), ..Options::default() }
        .write(&config)
        .await
        .unwrap();
    let options = read_back(&config);
    assert_eq!((&options["telemetry"], &options["language"]), (&false.into(), &"fr.core".into()));
    assert_eq!(options["routePrefix"], Value::Null);
}

#[tokio::test]
async fn a_broken_file_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("options.json");
    for broken in ["{\"port\": 30000,", "[]", ""] {
        std::fs::write(&path, broken).unwrap();
        let error = ours().write(folder.path()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.for_people().contains("options.json"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
        assert!(password_salt(folder.path()).await.is_err());
    }
}

#[tokio::test]
async fn a_file_that_says_so_already_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    ours().write(folder.path()).await.unwrap();
    let inode = |path: &Path| {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path.join("options.json")).unwrap().ino()
    };
    let before = inode(folder.path());
    ours().write(folder.path()).await.unwrap();
    assert_eq!(inode(folder.path()), before);
}

#[tokio::test]
async fn the_salt_is_read_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(password_salt(folder.path()).await.unwrap(), None);
    std::fs::write(folder.path().join("options.json"), r#"{"passwordSalt":"pepper"}"#).unwrap();
    assert_eq!(password_salt(folder.path()).await.unwrap().as_deref(), Some("pepper"));
}
