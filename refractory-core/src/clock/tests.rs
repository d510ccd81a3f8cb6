use super::*;

#[test]
fn moments_read_as_utc() {
    for (millis, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_400_000, "2000-02-29T00:00:00Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59Z"),
        (1_795_321_285_000, "2026-11-22T04:21:25Z"),
        (4_102_444_800_000, "2100-01-01T00:00:00Z"),
    ] {
        assert_eq!(Timestamp(millis).to_string(), text);
    }
}

#[test]
fn durations_saturate() {
    assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
    assert_eq!(Timestamp(9).since(Timestamp(5)), Duration::from_millis(4));
    assert_eq!(Timestamp(1).after(Duration::MAX), Timestamp(u64::MAX));
}
