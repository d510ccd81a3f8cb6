use super::*;

fn id(index: usize) -> InstanceId {
    InstanceId::new(&format!("t{index}")).unwrap()
}

fn known() -> Read {
    Read::Known(Arc::new(Known { at: "http://x".to_owned(), keys: Vec::new() }))
}

const BEGIN: MonotonicTime = MonotonicTime(Duration::from_secs(1_000));

fn after(seconds: u64) -> MonotonicTime {
    BEGIN.after(Duration::from_secs(seconds))
}

/// How long one reading is used, in seconds, by whoever found it good or not.
fn used_for(read: Option<fn() -> Read>, found_good: bool) -> u64 {
    let memory = Memory::default();
    let first = memory.reading(&id(0), true, BEGIN);
    if let Some(read) = read {
        first.set(read()).unwrap();
    }
    (0..1_000)
        .find(|at| !Arc::ptr_eq(&first, &memory.reading(&id(0), found_good, after(*at))))
        .unwrap()
}

#[test]
fn a_key_is_read_again_every_five_minutes_and_sooner_by_whoever_misses_one() {
    assert_eq!(used_for(Some(known), true), 300);
    assert_eq!(used_for(Some(known), false), 10);
    assert_eq!(used_for(Some(|| Read::Nothing), true), 10);
    assert_eq!(used_for(Some(|| Read::Failed), true), 1);
    assert_eq!(used_for(None, true), 10, "whoever reads at this moment is waited for");
}

#[test]
fn no_more_tables_are_remembered_than_there_is_room_for() {
    let memory = Memory::default();
    for index in 0..=MOST {
        let at = BEGIN.after(Duration::from_millis(index as u64));
        memory.reading(&id(index), true, at).set(known()).unwrap();
    }
    let all = memory.0.lock().unwrap();
    assert_eq!(all.len(), MOST);
    assert!(!all.contains_key(&id(0)) && all.contains_key(&id(MOST)), "the oldest went");
}

#[test]
fn secrets_are_forgotten_when_they_are_old() {
    let memory = Memory::default();
    memory.reading(&id(0), true, BEGIN).set(known()).unwrap();
    memory.reading(&id(1), true, after(301));
    assert!(!memory.0.lock().unwrap().contains_key(&id(0)));
}

#[test]
fn what_is_remembered_shows_no_secret() {
    let keys = vec![("AKIA".to_owned(), Secret::new("hush"))];
    let memory = Memory::default();
    let known = Read::Known(Arc::new(Known { at: "http://x".to_owned(), keys }));
    memory.reading(&id(0), true, BEGIN).set(known).unwrap();
    let shown = format!("{memory:?}");
    assert!(shown.contains("AKIA") && !shown.contains("hush"), "{shown}");
}
