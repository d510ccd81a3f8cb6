use refractory_core::model::Slug;

use super::*;

#[test]
fn a_group_has_a_name_that_fits() {
    for deployment in ["ab", "refractory", "sixteen-letters1"] {
        let naming = Naming::new(deployment);
        let of = |slug: &str| {
            naming.target_group(&Hostname::under(&Slug::new(slug).unwrap(), "games.example"))
        };
        assert_eq!(of("friday").len(), 32);
        assert_ne!(of("friday"), of("friday-night"));
    }
}

#[test]
fn only_addresses_are_targets() {
    let error = description(&Endpoint::new("table.internal", 30_000)).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false));
    let target = description(&Endpoint::new("10.0.0.1", 30_000)).unwrap();
    assert_eq!((target.id(), target.port()), (Some("10.0.0.1"), Some(30_000)));
}
