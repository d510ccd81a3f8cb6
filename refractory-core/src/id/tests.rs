use super::*;
use std::collections::BTreeSet;

#[test]
fn fresh_ids_are_legal_and_differ() {
    let ids: BTreeSet<_> = (0..1000).map(|_| InstanceId::fresh()).collect();
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().all(|id| InstanceId::new(id.as_str()).as_ref() == Ok(id)));
}

#[test]
fn what_could_leave_a_folder_is_not_an_id() {
    for raw in ["", "..", ".hidden", "a/b", "A", "a b", "ü", &"x".repeat(65)] {
        assert!(InstanceId::new(raw).is_err(), "{raw}");
    }
}

#[test]
fn a_key_is_read_back_and_fits_a_client_token() {
    let key = LaunchId { instance: InstanceId::fresh(), attempt: u32::MAX };
    assert_eq!(key.to_string().parse(), Ok(key.clone()));
    assert!(key.to_string().len() <= 64);
    assert!("no-epoch".parse::<LaunchId>().is_err());
}
