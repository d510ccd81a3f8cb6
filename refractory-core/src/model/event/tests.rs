use serde_json::{Value, json};

use super::*;

fn read(value: Value) -> Event {
    serde_json::from_value(value).unwrap()
}

fn old(kind: &str) -> Value {
    json!({
        "id": "a", "at": 7, "kind": kind, "instance": "friday", "by": "u1", "name": "anna",
        "via": "web", "address": "127.0.0.1", "text": "anna started Friday.", "revision": 1,
    })
}

#[test]
fn an_event_of_the_first_version_opens_with_its_sentence_and_is_saved_as_it_was() {
    for kind in ["created", "start", "sign-in-failed", "stray"] {
        let event = read(old(kind));
        let text = "anna started Friday.".to_owned();
        assert_eq!(event.kind, EventKind::Recorded { name: kind.to_owned(), text });
        assert_eq!(event.kind.name(), kind);
        let instance = InstanceId::new("friday").unwrap();
        assert_eq!(event.instance, Some(Named::new(instance, "")));
        assert_eq!((event.actor.name.as_str(), event.via), ("anna", Via::Web));
        let again = read(serde_json::to_value(&event).unwrap());
        assert_eq!(again, event);
    }
    let mut older = old("created");
    older.as_object_mut().unwrap().remove("address");
    assert_eq!(read(older).address, None);
}

#[test]
fn an_event_of_a_newer_version_is_kept_as_it_was_written() {
    let details = json!({ "from": { "id": "x" }, "hours": [1, 2.5, null], "deep": { "er": true } });
    let newer = json!({
        "id": "b", "at": 8, "kind": "session-booked", "details": details, "name": "bert",
        "instance": { "id": "friday", "name": "Friday" }, "via": "discord", "revision": 1,
    });
    let event = read(newer);
    assert!(matches!(&event.kind, EventKind::Unknown { name, .. } if name == "session-booked"));
    let again = serde_json::to_value(&event).unwrap();
    assert_eq!((&again["kind"], &again["details"]), (&json!("session-booked"), &details));
    assert_eq!(read(again), event);
    let bare = json!({ "id": "c", "at": 9, "kind": "moon-rose", "name": "", "via": "system" });
    let bare = read(bare);
    let again = serde_json::to_value(&bare).unwrap();
    assert_eq!(again.get("details"), None);
    assert_eq!(read(again), bare);
}

#[test]
fn a_known_kind_with_details_that_cannot_be_read_is_kept_as_well() {
    let details = json!({ "license": "renamed in the year 3000" });
    let event = json!({
        "id": "d", "at": 9, "kind": "license-added", "details": details, "name": "", "via": "cli",
    });
    let event = read(event);
    assert!(matches!(&event.kind, EventKind::Unknown { name, .. } if name == "license-added"));
    assert_eq!(serde_json::to_value(&event).unwrap()["details"], details);
}

#[test]
fn what_is_no_event_is_refused() {
    let no_kind = json!({ "id": "d", "at": 9, "kind": "", "name": "", "via": "cli" });
    assert!(serde_json::from_value::<Event>(no_kind).is_err());
    let no_door = json!({ "id": "d", "at": 9, "kind": "signed-out", "name": "" });
    assert!(serde_json::from_value::<Event>(no_door).is_err());
}

#[test]
fn ids_are_in_the_order_of_time_and_never_the_same() {
    let moments = [0, 1, 255, 256, 1_795_324_440_000, 1_795_324_440_001].map(Timestamp);
    let ids = moments.map(EventId::ordered);
    assert!(ids.is_sorted(), "{ids:?}");
    let same = [moments[3]; 40].map(EventId::ordered);
    assert!(same.is_sorted() && same[0] != same[1], "{same:?}");
    EventId::new(EventId::ordered(Timestamp(u64::MAX)).as_str()).unwrap();
}
