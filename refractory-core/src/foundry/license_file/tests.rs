use super::*;

const KEY: &str = "ABCD-EFGH-IJKL-MNOP-QRST-1239";
const SIGNED: &str = r#"{"license":"ABCDEFGHIJKLMNOPQRST1239","host":"h","signature":"s","new":1}"#;

fn text(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("license.json")).unwrap()
}

#[tokio::test]
async fn a_signature_for_the_same_key_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("license.json"), SIGNED).unwrap();
    write_license(folder.path(), &Secret::new(KEY)).await.unwrap();
    assert_eq!(text(folder.path()), SIGNED);
}

#[tokio::test]
async fn another_key_takes_nothing_over() {
    let folder = tempfile::tempdir().unwrap();
    for before in [SIGNED, "broken", "{}", "{\"license\":null}"] {
        std::fs::write(folder.path().join("license.json"), before).unwrap();
        write_license(folder.path(), &Secret::new(KEY.replace('9', "8"))).await.unwrap();
        let after: Value = serde_json::from_str(&text(folder.path())).unwrap();
        assert_eq!(after, serde_json::json!({"license": "ABCDEFGHIJKLMNOPQRST1238"}));
    }
}

#[tokio::test]
async fn a_mistyped_key_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_license(folder.path(), &Secret::new("ABCD")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(!folder.path().join("license.json").exists());
}

#[tokio::test]
async fn forgetting_is_complete_and_repeats() {
    let folder = tempfile::tempdir().unwrap();
    write_license(&folder.path().join("Config"), &Secret::new(KEY)).await.unwrap();
    forget_license(&folder.path().join("Config")).await.unwrap();
    forget_license(&folder.path().join("Config")).await.unwrap();
    assert!(!folder.path().join("Config/license.json").exists());
}
