use super::Span;

fn said(text: &str) -> String {
    match text.parse::<Span>() {
        Ok(span) => span.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_duration_reads_as_people_write_it_and_prints_as_short_as_it_can() {
    for (text, printed) in [
        ("20s", "20s"),
        ("120s", "2m"),
        ("1h30m", "90m"),
        ("1h 30m", "90m"),
        ("250ms", "250ms"),
        ("48h", "2d"),
        ("0s", "0s"),
    ] {
        assert_eq!(said(text), printed, "{text}");
    }
}

#[test]
fn a_bad_duration_says_what_to_write() {
    for (text, told) in [
        ("20", "`20` has no unit"),
        ("20 sec", "`sec` is not a unit of time"),
        ("soon", "`soon` is not a duration"),
        ("", "`` is not a duration"),
        ("-5s", "`-5s` is not a duration"),
        ("999999999999999999d", "longer than can be counted"),
    ] {
        assert!(said(text).contains(told), "{text}: {}", said(text));
    }
}
