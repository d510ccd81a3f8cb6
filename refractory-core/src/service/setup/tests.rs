use super::*;

fn pass() -> SetupPass {
    SetupPass {
        instance: InstanceId::new("friday").unwrap(),
        generation: 3,
        until: Timestamp(10_000),
        user: Some(UserId::new("anna").unwrap()),
    }
}

#[test]
fn a_pass_is_read_as_it_was_written() {
    let key = Secret::new("key");
    for pass in [pass(), SetupPass { user: None, ..pass() }] {
        assert_eq!(SetupPass::open(pass.seal(&key).expose(), &key), Some(pass));
    }
}

#[test]
fn nothing_forged_is_a_pass() {
    let key = Secret::new("key");
    let good = pass().seal(&key).expose().to_owned();
    let (payload, mac) = good.rsplit_once(':').unwrap();
    let later = payload.replace("10000", "99999");
    let forged = [
        String::new(),
        payload.to_owned(),
        format!("{payload}:"),
        format!("{payload}:00"),
        format!("{later}:{mac}"),
        format!("{}:{mac}", payload.replace("friday", "monday")),
        format!("{}:{mac}", payload.replace(":3:", ":4:")),
        format!("{}:{mac}", payload.replace("anna", "bert")),
        format!("{payload}:{}", &mac[..62]),
        pass().seal(&Secret::new("another")).expose().to_owned(),
        good.replace(':', ";"),
        "é:é:é:é:é".to_owned(),
    ];
    for text in forged {
        assert_eq!(SetupPass::open(&text, &key), None, "{text}");
    }
}

#[test]
fn a_pass_ends_by_time_and_by_count_and_no_clock_makes_it_last() {
    let pass = pass();
    assert!(pass.is_good_for(3, Timestamp(9_999)));
    assert!(!pass.is_good_for(3, Timestamp(10_000)), "its time is over");
    assert!(!pass.is_good_for(4, Timestamp(9_000)), "it was revoked");
    assert!(pass.is_good_for(2, Timestamp(9_000)), "what is known is older than the pass");
    let lasting = SetupPass { until: Timestamp(0).after(PASS * 3), ..pass };
    assert!(!lasting.is_good_for(3, Timestamp(1)), "a clock was set back");
}
