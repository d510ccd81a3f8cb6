use super::*;

#[test]
fn a_retiring_key_is_read_as_it_was_written() {
    for epoch in [None, Some(0), Some(7)] {
        let retiring = RetiringKey { id: "AKIAEXAMPLE".to_owned(), epoch };
        assert_eq!(RetiringKey::read(&retiring.text()), Some(retiring));
    }
    assert_eq!(RetiringKey::read("nonsense"), None);
}
