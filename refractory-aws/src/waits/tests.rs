use super::*;

#[test]
fn each_pause_is_longer_up_to_a_limit() {
    let (waits, id) = (Waits::default(), "a");
    let mut now = Timestamp(0);
    for pause in [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000] {
        waits.later(&id, now, Progress::new("waiting"));
        assert!(waits.open(&id, Timestamp(now.0 + pause - 1)).is_some());
        now = Timestamp(now.0 + pause);
        assert_eq!(waits.open(&id, now), None);
    }
    waits.later(&id, now, Progress::new("waiting"));
    waits.close(&id);
    assert_eq!(waits.open(&id, now), None);
}
