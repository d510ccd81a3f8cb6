use super::*;

#[test]
fn addresses_are_read_and_shown_without_a_password() {
    for (url, shown) in [
        ("sqlite:refractory.db", "sqlite:refractory.db"),
        ("sqlite://data/refractory.db?mode=rwc", "sqlite:data/refractory.db"),
        ("SQLite:///srv/a b/r.db", "sqlite:/srv/a b/r.db"),
        ("sqlite::memory:", "sqlite::memory:"),
        ("sqlite:/srv/what%3F#1 ~ %20/r.db", "sqlite:/srv/what?#1 ~ %20/r.db"),
        ("postgres://ada:hunter2@db.example/tables", "postgres://ada@db.example:5432/tables"),
        ("postgresql://ada:h%40@[::1]:6432", "postgres://ada@[::1]:6432/ada"),
    ] {
        assert_eq!(Address::read(url).unwrap().to_string(), shown, "{url}");
    }
}

#[test]
fn a_bad_address_is_refused_with_examples_and_is_not_repeated() {
    for url in [
        "",
        "refractory.db",
        "mysql://ada:hunter2@host/db",
        "sqlite:",
        "sqlite:x.db?key=hunter2",
        "postgres://ada:hunter2@host:port/db",
        "postgres://ada:hunter2@ho st/db",
    ] {
        let Err(error) = Address::read(url) else { panic!("{url} was taken") };
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        assert!(error.for_people().contains("sqlite:refractory.db"), "{}", error.for_people());
        assert!(!format!("{error:?} {}", error.for_people()).contains("hunter2"), "{error:?}");
    }
}
