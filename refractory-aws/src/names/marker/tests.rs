use super::*;

#[test]
fn a_mark_is_read_as_it_was_written() {
    let (naming, owner) = (Naming::new("club"), InstanceId::new("abc").unwrap());
    let name = Hostname::under(&Slug::new("friday").unwrap(), "games.example");
    assert_eq!(marker_name(&name), "_refractory.friday.games.example");
    assert_eq!(marked_name("_refractory.friday.games.example."), Some(name));
    assert_eq!(marked_name("friday.games.example."), None);
    let text = marker_text(&naming, &owner);
    assert_eq!(text, "\"refractory owner=club/abc\"");
    assert_eq!(marked_owner(&naming, &text), Some(owner));
    assert_eq!(marked_owner(&Naming::new("clubs"), &text), None);
    assert_eq!(marked_owner(&naming, "\"v=spf1 -all\""), None);
}
