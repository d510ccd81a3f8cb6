use super::*;

#[test]
fn an_event_carries_its_name_its_arguments_and_its_number() {
    let read = Packet::read(r#"4217["modifyDocument",{"a":[1]},2]"#);
    let Packet::Event { name, args, ack } = read else { panic!("{read:?}") };
    assert_eq!((name.as_str(), ack), ("modifyDocument", Some(17)));
    assert_eq!(args, [json!({"a": [1]}), json!(2)]);
}

#[test]
fn an_event_without_a_number_awaits_no_answer() {
    let read = Packet::read(r#"42["time"]"#);
    assert_eq!(read, Packet::Event { name: "time".into(), args: vec![], ack: None });
}

#[test]
fn engine_packets_are_told_apart() {
    for (text, expected) in [
        ("3", Packet::Pong),
        ("2probe", Packet::Probe),
        ("5", Packet::Upgrade),
        ("1", Packet::Close),
        ("40", Packet::Connect),
        ("41", Packet::Disconnect),
        ("", Packet::Other),
        ("42", Packet::Other),
        ("42[]", Packet::Other),
        ("42[1]", Packet::Other),
        ("ü", Packet::Other),
    ] {
        assert_eq!(Packet::read(text), expected, "{text}");
    }
}

#[test]
fn an_answer_bears_the_number_of_its_question() {
    assert_eq!(answered(3, &json!({"a": 1})), r#"433[{"a":1}]"#);
    assert_eq!(emitted("pause", &[json!(true)]), r#"42["pause",true]"#);
}
