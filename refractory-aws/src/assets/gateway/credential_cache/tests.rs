use super::*;

fn id(index: usize) -> InstanceId {
    InstanceId::new(&format!("t{index}")).unwrap()
}

fn known() -> Lookup {
    Lookup::Found(Arc::new(BucketCredentials { at: "http://x".to_owned(), keys: Vec::new() }))
}

const BEGIN: MonotonicTime = MonotonicTime(Duration::from_secs(1_000));

fn after(seconds: u64) -> MonotonicTime {
    BEGIN.after(Duration::from_secs(seconds))
}

/// How long one lookup is used, in seconds, by callers that found their key in it or did not.
fn used_for(read: Option<fn() -> Lookup>, found_good: bool) -> u64 {
    let memory = CredentialCache::default();
    let first = memory.lookup(&id(0), true, BEGIN);
    if let Some(read) = read {
        first.set(read()).unwrap();
    }
    (0..1_000)
        .find(|at| !Arc::ptr_eq(&first, &memory.lookup(&id(0), found_good, after(*at))))
        .unwrap()
}

#[test]
fn a_key_is_read_again_every_five_minutes_and_sooner_by_whoever_misses_one() {
    assert_eq!(used_for(Some(known), true), 300);
    assert_eq!(used_for(Some(known), false), 10);
    assert_eq!(used_for(Some(|| Lookup::Missing), true), 10);
    assert_eq!(used_for(Some(|| Lookup::Failed), true), 1);
    assert_eq!(used_for(None, true), 10, "whoever reads at this moment is waited for");
}

#[test]
fn no_more_tables_are_remembered_than_there_is_room_for() {
    let memory = CredentialCache::default();
    for index in 0..=CAPACITY {
        let at = BEGIN.after(Duration::from_millis(index as u64));
        memory.lookup(&id(index), true, at).set(known()).unwrap();
    }
    let all = memory.0.lock().unwrap();
    assert_eq!(all.len(), CAPACITY);
    assert!(!all.contains_key(&id(0)) && all.contains_key(&id(CAPACITY)), "the oldest went");
}

#[test]
fn secrets_are_forgotten_when_they_are_old() {
    let memory = CredentialCache::default();
    memory.lookup(&id(0), true, BEGIN).set(known()).unwrap();
    memory.lookup(&id(1), true, after(301));
    assert!(!memory.0.lock().unwrap().contains_key(&id(0)));
}

#[test]
fn what_is_remembered_shows_no_secret() {
    let keys = vec![("AKIA".to_owned(), Secret::new("hush"))];
    let memory = CredentialCache::default();
    let known = Lookup::Found(Arc::new(BucketCredentials { at: "http://x".to_owned(), keys }));
    memory.lookup(&id(0), true, BEGIN).set(known).unwrap();
    let shown = format!("{memory:?}");
    assert!(shown.contains("AKIA") && !shown.contains("hush"), "{shown}");
}
