use super::*;

fn read(switch: &str, value: &str) -> Result<Behaviour, String> {
    Behaviour::read(&BTreeMap::from([(switch.to_owned(), value.to_owned())]))
}

#[test]
fn durations_carry_their_unit() {
    assert_eq!(read("start", "250ms").unwrap().start, Duration::from_millis(250));
    assert_eq!(read("stop", "2s").unwrap().stop, Duration::from_secs(2));
    assert_eq!(read("users_lag", "0").unwrap().users_lag, Duration::ZERO);
    assert!(read("start", "250").is_err());
    assert!(read("start", "fast").is_err_and(|why| why.contains("start") && why.contains("250ms")));
}

#[test]
fn a_crash_has_a_moment_or_a_time() {
    assert_eq!(read("crash", "launch").unwrap().crash, CrashTrigger::At(Moment::Launch));
    assert_eq!(read("crash", "3s").unwrap().crash, CrashTrigger::After(Duration::from_secs(3)));
    assert_eq!(read("crash", "true").unwrap().crash, CrashTrigger::Now);
    assert_eq!(read("crash_code", "abort").unwrap().crash_code, ExitKind::Abort);
    assert_eq!(read("crash_code", "7").unwrap().crash_code, ExitKind::Exit(7));
}

#[test]
fn null_takes_an_optional_switch_back() {
    assert_eq!(read("users", "null").unwrap().users, None);
    assert_eq!(read("users", "4").unwrap().users, Some(4));
    assert_eq!(read("node", "v20.11.0").unwrap().node.as_deref(), Some("20.11.0"));
}

#[test]
fn an_unknown_switch_is_an_error_and_not_a_shrug() {
    assert!(read("slow", "true").is_err_and(|why| why.contains("slow")));
}
