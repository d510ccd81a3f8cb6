use super::*;

fn settings(public: bool) -> Settings {
    Settings::new(public, "eu-central-1")
}

#[test]
fn an_origin_stands_for_every_table() {
    for (addressing, expected) in [
        (Addressing::new("games.example", 443, true), "https://*.games.example"),
        (Addressing::new("Games.example.", 8443, true), "https://*.games.example:8443"),
        (Addressing::new("localhost", 80, false), "http://*.localhost"),
        (Addressing::new("games.example", 443, true).by_path(true), "https://games.example"),
    ] {
        assert_eq!(origin(&addressing), expected);
    }
}

#[test]
fn a_fingerprint_differs_with_each_setting() {
    let (public, private) = (settings(true), settings(false));
    let elsewhere =
        Settings { origins: vec!["https://*.games.example".to_owned()], ..public.clone() };
    let all = [&public, &private, &elsewhere].map(Settings::fingerprint);
    assert!(all.iter().all(|one| one.len() == 16));
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
}

#[test]
fn only_reading_of_objects_is_public() {
    let policy: serde_json::Value =
        serde_json::from_str(&settings(true).policy("b").unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0]["Action"], "s3:GetObject");
    assert_eq!(statements[0]["Resource"], "arn:aws:s3:::b/*");
    assert_eq!(settings(false).policy("b"), None);
}

#[test]
fn a_private_bucket_cannot_be_made_public() {
    let block = settings(false).access_block();
    assert_eq!(
        (block.block_public_policy(), block.restrict_public_buckets()),
        (Some(true), Some(true))
    );
    assert_eq!((block.block_public_acls(), block.ignore_public_acls()), (Some(true), Some(true)));
    let block = settings(true).access_block();
    assert_eq!((block.block_public_acls(), block.ignore_public_acls()), (Some(false), Some(true)));
}

#[test]
fn a_user_reaches_one_bucket() {
    let settings = settings(true);
    let policy: serde_json::Value = serde_json::from_str(&settings.user_policy("b")).unwrap();
    for statement in policy["Statement"].as_array().unwrap() {
        let resource = statement["Resource"].as_str().unwrap();
        assert!(resource == "arn:aws:s3:::b" || resource == "arn:aws:s3:::b/*", "{resource}");
    }
    // The limit for all policies that stand in a user.
    assert!(settings.user_policy(&"b".repeat(63)).len() < 2_048);
}

#[test]
fn other_partitions_have_their_own_arns() {
    for (region, arn) in [
        ("us-east-1", "arn:aws:s3:::b"),
        ("us-gov-west-1", "arn:aws-us-gov:s3:::b"),
        ("cn-north-1", "arn:aws-cn:s3:::b"),
    ] {
        let settings = Settings::new(true, region);
        let policies = [settings.policy("b").unwrap(), settings.user_policy("b")];
        assert!(policies.iter().all(|policy| policy.contains(arn)), "{region}: {policies:?}");
    }
}
