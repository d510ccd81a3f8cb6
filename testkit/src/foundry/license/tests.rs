use serde_json::json;

use super::*;

const KEY: &str = "AAAABBBBCCCCDDDDEEEEFFF1";

fn license(fields: Value) -> License {
    License(serde_json::from_value(fields).unwrap())
}

#[test]
fn each_standing_has_its_file() {
    let signed = signature_of(KEY, "table");
    for (fields, expected) in [
        (json!({}), LicenseState::NoKey),
        (json!({"license": "too short"}), LicenseState::NoKey),
        (json!({"license": KEY}), LicenseState::Unsigned),
        (json!({"license": KEY, "host": "table", "signature": "forged"}), LicenseState::Rejected),
        (json!({"license": KEY, "host": "other", "signature": signed}), LicenseState::Rejected),
        (json!({"license": KEY, "host": "table", "signature": signed}), LicenseState::Signed),
    ] {
        assert_eq!(license(fields.clone()).state("table"), expected, "{fields}");
    }
}

#[test]
fn a_signature_is_bound_to_the_host() {
    let fields = json!({"license": KEY, "host": "table", "signature": signature_of(KEY, "table")});
    assert_eq!(license(fields).state("another"), LicenseState::Rejected);
}

#[test]
fn keys_are_taken_with_and_without_dashes_but_never_with_a_zero() {
    assert_eq!(plain_key("AAAA-BBBB-CCCC-DDDD-EEEE-FFF1").as_deref(), Some(KEY));
    assert_eq!(plain_key(KEY).as_deref(), Some(KEY));
    assert_eq!(plain_key("AAAA-BBBB-CCCC-DDDD-EEEE-FFF0"), None);
    assert_eq!(plain_key("AAAA-BBBB"), None);
}

#[test]
fn signing_keeps_fields_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::at(folder.path());
    data.prepare().unwrap();
    let mut license = license(json!({"license": KEY, "companion": 3}));
    let signed = Map::from_iter([("signature".to_owned(), json!("s"))]);
    license.sign(signed, &data).unwrap();
    let stored = std::fs::read_to_string(data.license()).unwrap();
    assert!(stored.contains("companion") && stored.contains("signature"));
}
