use super::*;

#[test]
fn each_pause_is_longer_up_to_a_limit() {
    let (waits, id) = (PollBackoff::default(), "a");
    let mut now = MonotonicTime::default();
    for pause in [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000] {
        waits.postpone(&id, now, Progress::new("waiting"));
        let almost = now.after(Duration::from_millis(pause - 1));
        assert!(waits.pending(&id, almost).is_some());
        now = now.after(Duration::from_millis(pause));
        assert_eq!(waits.pending(&id, now), None);
    }
    waits.postpone(&id, now, Progress::new("waiting"));
    waits.clear(&id);
    assert_eq!(waits.pending(&id, now), None);
}
