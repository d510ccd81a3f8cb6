use super::*;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).unwrap()
}

#[test]
fn buckets_have_legal_names() {
    let naming = Naming::new("refractory");
    for (owner, expected) in [
        ("ann", "foundry-ann-abcdefghijk2"),
        ("Ann.B_c", "foundry-ann-b-c-abcdefghijk2"),
        ("-", "foundry-table-abcdefghijk2"),
        ("a-very-long-name-of-thirty-two-x", "foundry-a-very-long-name-of-thirty-two-abcdefghijk2"),
    ] {
        assert_eq!(naming.assets_bucket(owner, &id("abcdefghijk2")), expected);
    }
    let longest = naming.assets_bucket(&"o".repeat(32), &id(&"i_".repeat(32)));
    assert!(longest.len() <= 63, "{longest}");
}

#[test]
fn a_user_tells_whose_it_is() {
    let naming = Naming::new("club");
    assert_eq!(owner_of_user(&naming, "club-assets-abc"), UserOwner::Instance(id("abc")));
    assert_eq!(owner_of_user(&naming, "other-assets-abc"), UserOwner::Foreign);
    assert_eq!(owner_of_user(&naming, "clubs-assets-abc"), UserOwner::Foreign);
    assert_eq!(owner_of_user(&naming, &naming.assets_user(&id("a_b"))), UserOwner::Ambiguous);
}

#[test]
fn a_deployment_whose_name_goes_on_like_ours_is_not_taken_for_ours() {
    let (ours, theirs) = (Naming::new("club"), Naming::new("club-assets"));
    let user = theirs.assets_user(&id("abc"));
    assert_eq!(owner_of_user(&ours, &user), UserOwner::Ambiguous);
    assert_eq!(owner_of_user(&theirs, &user), UserOwner::Ambiguous);
}
