use super::*;

#[test]
fn dns_labels_are_slugs() {
    for good in ["a", "friday-night", "5e", &"x".repeat(63)] {
        assert_eq!(Slug::new(good).map(String::from), Ok(good.to_owned()));
    }
}

#[test]
fn what_is_no_label_is_told_what_would_be() {
    assert_eq!(Slug::new(""), Err(SlugError::Empty));
    assert!(matches!(Slug::new(&"x".repeat(64)), Err(SlugError::TooLong(_, 64))));
    for (raw, hint) in [("Curse of Strahd!", "curse-of-strahd"), ("a_b", "a-b"), ("ünder", "nder")]
    {
        assert!(
            matches!(Slug::new(raw), Err(SlugError::Illegal(_, _, better)) if better == hint),
            "{raw}"
        );
    }
    for raw in ["-a", "a-", "xn--abc"] {
        assert!(
            matches!(Slug::new(raw), Err(SlugError::Hyphen(_, better)) if Slug::new(&better).is_ok()),
            "{raw}"
        );
    }
    assert!(matches!(Slug::new("www"), Err(SlugError::Reserved(_))));
}

#[test]
fn a_suggestion_is_always_legal() {
    for raw in ["", "---", "日本", "xn--", "A  b--c", &"y ".repeat(90)] {
        assert!(Slug::new(&Slug::suggest(raw)).is_ok(), "{raw} became {}", Slug::suggest(raw));
    }
}

#[test]
fn hostnames_join_slug_and_domain() {
    let slug = Slug::new("friday").unwrap();
    assert_eq!(Hostname::under(&slug, "Games.Example.").as_str(), "friday.games.example");
}
