use super::*;

#[test]
fn a_name_that_was_reserved_later_is_read_and_given_to_no_other_table() {
    assert!(matches!(Slug::new("groups"), Err(SlugError::Reserved(_))));
    assert_eq!(Slug::try_from("groups".to_owned()).unwrap().as_str(), "groups");
    assert!(Slug::try_from("no spaces".to_owned()).is_err());
}

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
    for (raw, hint) in
        [("Curse of Strahd!", "curse-of-strahd"), ("a_b", "a-b"), ("ünder", "uender")]
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

#[test]
fn letters_of_every_latin_alphabet_are_written_with_the_first_twenty_six() {
    for (title, slug) in [
        ("Höhlen", "hoehlen"),
        ("Ho\u{308}hlen", "hoehlen"),
        ("HÖHLEN", "hoehlen"),
        ("Über den Flüssen", "ueber-den-fluessen"),
        ("Straße", "strasse"),
        ("STRAẞE", "strasse"),
        ("Æther", "aether"),
        ("Œuvre", "oeuvre"),
        ("Łódź", "lodz"),
        ("Ło\u{301}dz\u{301}", "lodz"),
        ("Þórr & Óðinn", "thorr-odinn"),
        ("Smørrebrød på Ærø", "smorrebrod-pa-aero"),
        ("Ångström", "angstroem"),
        ("Señor Ñandú", "senor-nandu"),
        ("Crème Brûlée", "creme-brulee"),
        ("İstanbul ışığı", "istanbul-isigi"),
        ("Đà Nẵng", "da-nang"),
        ("Příliš žluťoučký kůň", "prilis-zlutoucky-kun"),
        ("Curse of Strahd 日本", "curse-of-strahd"),
        ("D&D — Freitag", "d-d-freitag"),
        ("Teil 2", "teil-2"),
    ] {
        assert_eq!(Slug::from_title(title).map(String::from).as_deref(), Ok(slug), "{title}");
    }
}

#[test]
fn a_title_without_latin_letters_is_told_to_need_a_name() {
    for title in ["Пятница", "Пятница 2", "日本", "金曜日の夜", "Παρασκευή", "الجمعة", "!!!", "🎲"]
    {
        let refused = Slug::from_title(title).unwrap_err();
        assert_eq!(refused, SlugError::NotLatin(title.to_owned()));
        assert!(refused.to_string().contains("friday-night"), "{refused}");
    }
    assert_eq!(Slug::from_title(" "), Err(SlugError::Empty));
}

#[test]
fn a_typed_name_may_have_capitals_and_marks_and_nothing_else() {
    for (typed, slug) in [
        ("friday-night", "friday-night"),
        (" Friday ", "friday"),
        ("Höhlen", "hoehlen"),
        ("Ho\u{308}hlen-2", "hoehlen-2"),
        ("Łódź", "lodz"),
    ] {
        assert_eq!(Slug::from_name(typed).map(String::from).as_deref(), Ok(slug), "{typed}");
    }
    for (typed, better) in
        [("Friday Night", "friday-night"), ("Höhlen!", "hoehlen"), ("a_b", "a-b")]
    {
        assert!(
            matches!(Slug::from_name(typed), Err(SlugError::Illegal(_, _, hint)) if hint == better),
            "{typed}: {:?}",
            Slug::from_name(typed)
        );
    }
    assert!(matches!(Slug::from_name("Пятница"), Err(SlugError::NotLatin(_))));
    assert!(matches!(Slug::from_name("Friday日"), Err(SlugError::NotLatin(_))));
    assert!(matches!(Slug::from_name("-Ü"), Err(SlugError::Illegal(..) | SlugError::Hyphen(..))));
    assert!(matches!(Slug::from_name("WWW"), Err(SlugError::Reserved(_))));
    assert_eq!(Slug::from_name("  "), Err(SlugError::Empty));
}
