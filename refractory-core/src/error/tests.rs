use super::*;

#[test]
fn transience_follows_from_the_kind_unless_said_otherwise() {
    let transient = [ErrorKind::Unavailable, ErrorKind::Conflict, ErrorKind::Exhausted];
    let permanent = [
        ErrorKind::NotFound,
        ErrorKind::Invalid,
        ErrorKind::Forbidden,
        ErrorKind::Unsupported,
        ErrorKind::Damaged,
        ErrorKind::Outdated,
        ErrorKind::Unexpected,
    ];
    assert!(transient.into_iter().all(|kind| Error::new(kind, "a test").is_transient()));
    assert!(!permanent.into_iter().any(|kind| Error::new(kind, "a test").is_transient()));
    assert!(!Error::new(ErrorKind::Unavailable, "a test").permanent().is_transient());
    let told = Error::new(ErrorKind::Forbidden, "a test").retry_after(Duration::from_secs(3));
    assert!(told.is_transient());
    assert_eq!(told.wait_hint(), Some(Duration::from_secs(3)));
}

#[test]
fn display_is_one_line_and_debug_walks_the_chain() {
    let inner = Error::new(ErrorKind::Invalid, "parsing");
    let outer = Error::new(ErrorKind::Unexpected, "loading").about("row", 7).caused_by(inner);
    assert_eq!(outer.to_string(), "unexpected while loading, row `7`");
    assert_eq!(
        format!("{outer:?}"),
        "unexpected while loading, row `7`\n  because invalid while parsing"
    );
}

#[test]
fn a_program_that_ends_with_an_error_says_what_to_do() {
    let full =
        Error::new(ErrorKind::Exhausted, "saving").advise("The disk is full. Free some space.");
    let outer = full.caused_by(Error::new(ErrorKind::Unavailable, "writing"));
    assert_eq!(
        format!("{outer:?}"),
        "exhausted while saving\n  because unavailable while writing\n  The disk is full. Free some space."
    );
}

#[test]
fn people_read_advice_where_there_is_some() {
    let plain = Error::new(ErrorKind::NotFound, "loading");
    assert_eq!(plain.for_people(), "It doesn't exist, or no longer exists.");
    assert_eq!(plain.advise("There is no table `x`.").for_people(), "There is no table `x`.");
}

#[test]
fn results_stay_small() {
    assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
}
