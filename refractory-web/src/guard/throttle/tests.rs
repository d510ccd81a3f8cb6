use futures_util::FutureExt;
use futures_util::future::join_all;

use super::*;

fn v4(at: u32) -> IpAddr {
    IpAddr::from(std::net::Ipv4Addr::from_bits(0x0a00_0000 + at))
}

fn name(raw: &str) -> UserName {
    UserName::new(raw).unwrap()
}

/// One failure from `client`; whether it got as far as the password.
async fn fail(throttle: &Throttle, client: IpAddr, raw: &str) -> bool {
    throttle.begin(Subject::unknown_device(client, &name(raw))).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn an_account_takes_at_most_a_hundred_failures_in_any_hour_from_everywhere_together() {
    let throttle = Throttle::default();
    let mut reached = std::collections::VecDeque::new();
    // Six hours of a guess each second, each from another household, in every spelling of the name.
    for second in 0..6 * 3600 {
        let spelling = [" anna", "ANNA", "anna\u{a0}", "\u{3000}Anna "][second as usize % 4];
        if fail(&throttle, v4(second), spelling).await {
            reached.push_back(second);
        }
        while reached.front().is_some_and(|first| first + 3600 <= second) {
            reached.pop_front();
        }
        assert!(reached.len() <= 100, "{} in the hour before second {second}", reached.len());
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!(reached.len() > 40, "some are let through: {}", reached.len());
}

#[tokio::test(start_paused = true)]
async fn one_household_does_not_use_up_an_account() {
    let throttle = Throttle::default();
    for second in 0..3600 {
        fail(&throttle, v4(1), "anna").await;
        assert!(
            throttle
                .begin(Subject::unknown_device(v4(2), &name("anna")))
                .await
                .map(Attempt::succeeded)
                .is_ok(),
            "the owner is elsewhere, at second {second}"
        );
        tokio::time::advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_made_at_once_are_no_more_than_those_made_one_by_one() {
    let throttle = Throttle::default();
    let reached = std::sync::atomic::AtomicU32::new(0);
    let guess = |at: u32| {
        let (throttle, reached) = (&throttle, &reached);
        async move {
            let Ok(attempt) = throttle.begin(Subject::unknown_device(v4(at), &name("anna"))).await
            else {
                return;
            };
            reached.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(attempt);
        }
    };
    join_all((0..500).map(guess)).await;
    assert_eq!(reached.into_inner(), 50);
}

#[tokio::test(start_paused = true)]
async fn right_ones_cost_nothing_however_many_come_at_once() {
    let throttle = Throttle::default();
    let enter = |at: u32| {
        let throttle = &throttle;
        async move {
            let who = Subject::unknown_device(v4(7), &name(&format!("player{at}")));
            let attempt = throttle.begin(who).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            attempt.succeeded();
        }
    };
    join_all((0..200).map(enter)).await;
    assert!(throttle.lock().iter().all(|accounts| accounts.0.is_empty()), "nothing is kept");
}

#[tokio::test(start_paused = true)]
async fn a_known_device_gets_in_while_its_account_and_its_household_are_exhausted() {
    let throttle = Throttle::default();
    for at in 0..200 {
        fail(&throttle, v4(at % 5), "anna").await;
    }
    assert!(!fail(&throttle, v4(1), "anna").await);
    let device = || vec![Subject::Device("laptop".into())];
    throttle.begin(device()).await.unwrap().succeeded();
    // A thief of the cookie guesses no faster.
    let mut reached = 0;
    for _ in 0..3600 {
        reached += u32::from(throttle.begin(device()).await.is_ok());
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!((100..=131).contains(&reached), "{reached}");
}

#[tokio::test(start_paused = true)]
async fn a_household_is_a_v4_address_or_a_v6_network_of_64_bits() {
    let throttle = Throttle::default();
    let v6 = |text: &str| text.parse::<IpAddr>().unwrap();
    let mut reached = 0;
    for at in 0..100 {
        let client = v6(&format!("2001:db8:0:1::{at:x}"));
        reached += u32::from(fail(&throttle, client, &format!("user{at}")).await);
    }
    assert_eq!(reached, 30);
    assert!(fail(&throttle, v6("2001:db8:0:2::1"), "user1").await);
    assert_eq!(household(v6("::ffff:10.0.0.1")), v4(1));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_names_neither_fills_the_memory_nor_frees_an_account_under_attack() {
    let throttle = Throttle::default();
    for at in 0..60 {
        fail(&throttle, v4(at), "anna").await;
    }
    for at in 0..30_000 {
        fail(&throttle, v4(1000 + at), &format!("n{at}")).await;
    }
    for accounts in throttle.lock().iter() {
        assert!(accounts.0.len() <= CAPACITY, "{}", accounts.0.len());
    }
    assert!(!fail(&throttle, v4(90_000), "anna").await, "anna is not forgotten");
}

#[tokio::test(start_paused = true)]
async fn the_sentence_says_when_and_then_it_is_so() {
    let throttle = Throttle::default();
    for _ in 0..10 {
        assert!(fail(&throttle, v4(1), "anna").await);
    }
    tokio::time::advance(Duration::from_secs(107)).await;
    let refused = throttle.begin(Subject::unknown_device(v4(1), &name("anna"))).await.unwrap_err();
    assert_eq!(refused.sentence(), "Too many attempts. Try again in 13 seconds.");
    tokio::time::advance(Duration::from_secs(12)).await;
    let refused = throttle.begin(Subject::unknown_device(v4(1), &name("anna"))).await.unwrap_err();
    assert_eq!(refused.sentence(), "Too many attempts. Try again in 1 second.");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(fail(&throttle, v4(1), "anna").await);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_could_be_too_many_waits_for_the_one_before_it() {
    let throttle = Throttle::default();
    let who = || Subject::unknown_device(v4(1), &name("anna"));
    for _ in 0..9 {
        fail(&throttle, v4(1), "anna").await;
    }
    let first = throttle.begin(who()).await.unwrap();
    let second = throttle.begin(who());
    tokio::pin!(second);
    assert!((&mut second).now_or_never().is_none(), "it waits");
    first.succeeded();
    second.await.unwrap().succeeded();
}

#[tokio::test(start_paused = true)]
async fn each_caller_of_the_api_has_a_rate() {
    let rate = ApiRate::default();
    let (anna, here) = (UserId::new("anna").unwrap(), v4(1));
    let count =
        |caller: &Caller, times: u32| (0..times).filter(|_| rate.count(caller).is_ok()).count();
    let person = Caller::new(Some(&anna), here);
    assert_eq!(count(&person, 500), 200);
    assert_eq!(count(&Caller::new(None, here), 10), 10, "somebody else");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(count(&person, 500), 20);
    let refused = rate.count(&person).unwrap_err();
    assert_eq!(refused.sentence(), "Too many attempts. Try again in 1 second.");
}
