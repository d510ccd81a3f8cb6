use super::*;

#[tokio::test(start_paused = true)]
async fn never_more_than_four_in_a_second() {
    let (pace, begin) = (RateLimiter::new(), Instant::now());
    let mut sent = Vec::new();
    for _ in 0..20 {
        assert!(pace.wait(Duration::from_mins(1)).await);
        sent.push(begin.elapsed());
    }
    for (index, at) in sent.iter().enumerate().skip(4) {
        assert!((*at).checked_sub(sent[index - 4]).unwrap() >= Duration::from_secs(1), "{sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_will_not_wait_takes_no_turn() {
    let pace = RateLimiter::new();
    assert!(pace.free());
    assert!(!pace.free());
    assert!(!pace.wait(GAP / 2).await);
    assert!(pace.wait(GAP).await);
}
