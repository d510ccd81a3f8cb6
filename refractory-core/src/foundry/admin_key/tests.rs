use super::*;

#[test]
fn the_hash_is_the_programs_own() {
    // Computed with another implementation of PBKDF2.
    assert_eq!(
        hash_password(&Secret::new(" atropos "), None),
        "d2326bd2303ba399b5b4080f58671a6654f5c36b9bdaa57bdf2fc2bfd410c84ee3faf5dfca030d01022cfffdc7aea0fc75b927fc2fd1a4eb1fda7dae1b4395b9"
    );
    assert_eq!(
        hash_password(
            &Secret::default(),
            Some("68aec1c9c2259e177fb5b628fa94578bad9f30be29c6ad971a5d029476fbbee3")
        ),
        "0fefa5a03ff8c87a8a9c334575382acfc5a6ee7ac5cbcf4538775bee7b7ea2d8754ba49a58e15ff63867e2de6cb2c5904aa1a1e842de5a2934609d729b4a7598"
    );
}

#[tokio::test]
async fn the_salt_of_options_json_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let password = Secret::new("atropos");
    write_admin_key(folder.path(), &password).await.unwrap();
    let admin = folder.path().join("admin.txt");
    assert_eq!(std::fs::read_to_string(&admin).unwrap(), hash_password(&password, None));
    std::fs::write(folder.path().join("options.json"), r#"{"passwordSalt":"pepper"}"#).unwrap();
    write_admin_key(folder.path(), &password).await.unwrap();
    assert_eq!(std::fs::read_to_string(&admin).unwrap(), hash_password(&password, Some("pepper")));
}
