use super::*;
use crate::runtime::end::End;

const NOW: MonotonicTime = MonotonicTime(Duration::from_secs(1_000));

fn sight(key: &str, arn: &str, stage: Stage) -> Sight {
    Sight {
        arn: arn.to_owned(),
        key: key.parse().unwrap(),
        digest: String::new(),
        attempt: 0,
        prefix: String::new(),
        stage,
    }
}

fn runs(key: &str, arn: &str) -> Sight {
    sight(key, arn, Stage::Running("10.0.0.1".to_owned()))
}

#[test]
fn only_a_plain_reading_is_answered_from_memory_and_only_for_a_while() {
    let memory = Memory::default();
    let key: LaunchId = "a.1".parse().unwrap();
    let within = |now| memory.running(&key, now, Duration::from_secs(3)).is_some();
    memory.saw("arn", Some(&runs("a.1", "arn")), NOW);
    assert!(within(NOW.after(Duration::from_secs(2))));
    assert!(!within(NOW.after(Duration::from_secs(3))));
    memory.saw("arn", Some(&sight("a.1", "arn", Stage::Stopping)), NOW);
    assert!(!within(NOW), "an odd reading is asked about again");
    memory.saw("arn", Some(&runs("a.1", "arn")), NOW);
    memory.unsee(&key);
    assert!(!within(NOW), "something was done to it");
}

#[test]
fn a_question_is_filled_with_those_not_looked_at_for_longest() {
    let memory = Memory::default();
    for (at, name) in ["c", "a", "b"].into_iter().enumerate() {
        let (key, arn) = (format!("{name}.1"), format!("arn-{name}"));
        memory.saw(
            &arn,
            Some(&runs(&key, &arn)),
            MonotonicTime(Duration::from_secs(u64::try_from(at).unwrap())),
        );
    }
    memory.saw("arn-d", Some(&sight("d.1", "arn-d", Stage::Stopping)), MonotonicTime::default());
    let mut arns = BTreeSet::from(["arn-x".to_owned()]);
    memory.fill(&mut arns, &BTreeSet::new(), 3);
    assert_eq!(arns.into_iter().collect::<Vec<_>>(), ["arn-a", "arn-c", "arn-x"]);
}

#[test]
fn a_task_that_runs_counts_before_one_that_stopped() {
    let memory = Memory::default();
    let key: LaunchId = "a.1".parse().unwrap();
    let stopped = sight("a.1", "arn-1", Stage::Stopped(End::Capacity));
    memory.saw("arn-1", Some(&stopped), NOW);
    memory.saw("arn-2", Some(&runs("a.1", "arn-2")), NOW);
    assert_eq!(memory.arn(&key).as_deref(), Some("arn-2"));
    memory.saw("arn-1", Some(&stopped), NOW);
    assert_eq!(memory.arn(&key).as_deref(), Some("arn-2"));
}

#[test]
fn what_is_missing_is_missed_since_it_was_first_missed() {
    let memory = Memory::default();
    let key: LaunchId = "a.1".parse().unwrap();
    assert_eq!(memory.missed(&key, NOW), Duration::ZERO);
    assert_eq!(memory.missed(&key, NOW.after(GRACE)), GRACE);
    memory.saw("arn", Some(&runs("a.1", "arn")), NOW);
    assert_eq!(memory.missed(&key, NOW.after(GRACE)), Duration::ZERO, "it was seen meanwhile");
}
