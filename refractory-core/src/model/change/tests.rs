use super::*;
use crate::{LicenseId, ReleaseId};

fn full() -> InstanceSpec {
    InstanceSpec {
        title: "Curse of Strahd".to_owned(),
        release: ReleaseChoice::Exact(ReleaseId::new("r1").unwrap()),
        world: Some(WorldId::new("barovia").unwrap()),
        license: LicenseChoice::Only(LicenseId::new("l1").unwrap()),
        limits: Limits { memory: Some(1 << 31), cpu_millis: Some(1500), disk: Some(1 << 34) },
        language: Some("de.deutsch".to_owned()),
    }
}

#[test]
fn what_a_change_does_not_name_stays_as_it_is() {
    let mut spec = full();
    SpecChange::default().apply(&mut spec).unwrap();
    assert_eq!(spec, full());
    let change = SpecChange { world: Edit::Clear, ..SpecChange::default() };
    change.apply(&mut spec).unwrap();
    assert_eq!(spec, InstanceSpec { world: None, ..full() });
    let limits =
        LimitsChange { memory: Edit::Set(7), disk: Edit::Clear, ..LimitsChange::default() };
    SpecChange { limits: Edit::Set(limits), ..SpecChange::default() }.apply(&mut spec).unwrap();
    let limits = Limits { memory: Some(7), cpu_millis: Some(1500), disk: None };
    assert_eq!(spec, InstanceSpec { world: None, limits, ..full() });
    assert_eq!(differences(&full(), &spec), ["world", "limits"]);
}

#[test]
fn a_release_is_never_cleared() {
    let mut spec = full();
    let change = SpecChange { release: Edit::Clear, ..SpecChange::default() };
    let error = change.apply(&mut spec).unwrap_err();
    assert_eq!((error.kind(), spec.release), (ErrorKind::Invalid, full().release));
}

/// A patch, and what it does to a spec.
#[cfg(all(feature = "serde", feature = "foundry"))]
type Row = (&'static str, fn(&mut InstanceSpec));

#[cfg(all(feature = "serde", feature = "foundry"))]
#[test]
fn json_is_read_as_a_merge_patch() {
    let read = |text: &str| serde_json::from_str::<SpecChange>(text);
    let rows: [Row; 8] = [
        ("{}", |_| ()),
        (r#"{"world":"abc"}"#, |spec| spec.world = Some(WorldId::new("abc").unwrap())),
        (r#"{"world":null}"#, |spec| spec.world = None),
        (r#"{"title":null,"language":null}"#, |spec| {
            spec.title = String::new();
            spec.language = None;
        }),
        (r#"{"license":null}"#, |spec| spec.license = LicenseChoice::Any),
        (r#"{"limits":{"cpu_millis":null}}"#, |spec| spec.limits.cpu_millis = None),
        (r#"{"limits":null}"#, |spec| spec.limits = Limits::default()),
        (r#"{"release":"newest"}"#, |spec| spec.release = ReleaseChoice::Newest),
    ];
    for (text, expected) in rows {
        let (mut spec, mut wanted) = (full(), full());
        read(text).unwrap().apply(&mut spec).unwrap();
        expected(&mut wanted);
        assert_eq!(spec, wanted, "{text}");
    }
    for (text, key) in [
        (r#"{"wrold":"abc"}"#, "wrold"),
        (r#"{"limits":{"memroy":1}}"#, "memroy"),
        (r#"{"limits":{"memory":1,"cpu":2}}"#, "cpu"),
        (r#"{"world":"a","world":"b"}"#, "world"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(key), "{text}: {error}");
    }
}

#[test]
fn what_a_change_names_is_held_to_the_bounds_of_a_spec() {
    let titled =
        |title: &str| SpecChange { title: Edit::Set(title.into()), ..SpecChange::default() };
    assert_eq!(titled(" Friday\u{200b} ").checked().unwrap(), titled("Friday"));
    assert!(titled("a\0b").checked().is_err() && titled(&"x".repeat(81)).checked().is_err());
    let spoken = SpecChange { language: Edit::Set("en\n".into()), ..SpecChange::default() };
    assert!(spoken.checked().is_err());
    let cleared = SpecChange { title: Edit::Clear, ..SpecChange::default() };
    assert_eq!(cleared.clone().checked().unwrap(), cleared);
}
