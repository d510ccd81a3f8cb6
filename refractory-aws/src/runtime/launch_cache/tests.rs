use super::*;
use crate::runtime::stop_reason::StopReason;

const NOW: MonotonicTime = MonotonicTime(Duration::from_secs(1_000));

fn sight(key: &str, arn: &str, stage: TaskStage) -> ObservedTask {
    ObservedTask {
        arn: arn.to_owned(),
        key: key.parse().unwrap(),
        digest: String::new(),
        attempt: 0,
        prefix: String::new(),
        stage,
    }
}

fn runs(key: &str, arn: &str) -> ObservedTask {
    sight(key, arn, TaskStage::Running("10.0.0.1".to_owned()))
}

#[test]
fn only_a_plain_reading_is_answered_from_memory_and_only_for_a_while() {
    let memory = LaunchCache::default();
    let key: LaunchId = "a.1".parse().unwrap();
    let within = |now| memory.running(&key, now, Duration::from_secs(3)).is_some();
    memory.record_observation("arn", Some(&runs("a.1", "arn")), NOW);
    assert!(within(NOW.after(Duration::from_secs(2))));
    assert!(!within(NOW.after(Duration::from_secs(3))));
    memory.record_observation("arn", Some(&sight("a.1", "arn", TaskStage::Stopping)), NOW);
    assert!(!within(NOW), "an odd reading is asked about again");
    memory.record_observation("arn", Some(&runs("a.1", "arn")), NOW);
    memory.invalidate(&key);
    assert!(!within(NOW), "something was done to it");
}

#[test]
fn a_question_is_filled_with_those_not_looked_at_for_longest() {
    let memory = LaunchCache::default();
    for (at, name) in ["c", "a", "b"].into_iter().enumerate() {
        let (key, arn) = (format!("{name}.1"), format!("arn-{name}"));
        memory.record_observation(
            &arn,
            Some(&runs(&key, &arn)),
            MonotonicTime(Duration::from_secs(u64::try_from(at).unwrap())),
        );
    }
    memory.record_observation(
        "arn-d",
        Some(&sight("d.1", "arn-d", TaskStage::Stopping)),
        MonotonicTime::default(),
    );
    let mut arns = BTreeSet::from(["arn-x".to_owned()]);
    memory.fill(&mut arns, &BTreeSet::new(), 3);
    assert_eq!(arns.into_iter().collect::<Vec<_>>(), ["arn-a", "arn-c", "arn-x"]);
}

#[test]
fn a_task_that_runs_counts_before_one_that_stopped() {
    let memory = LaunchCache::default();
    let key: LaunchId = "a.1".parse().unwrap();
    let stopped = sight("a.1", "arn-1", TaskStage::Stopped(StopReason::Capacity));
    memory.record_observation("arn-1", Some(&stopped), NOW);
    memory.record_observation("arn-2", Some(&runs("a.1", "arn-2")), NOW);
    assert_eq!(memory.arn(&key).as_deref(), Some("arn-2"));
    memory.record_observation("arn-1", Some(&stopped), NOW);
    assert_eq!(memory.arn(&key).as_deref(), Some("arn-2"));
}

#[test]
fn what_is_missing_is_missed_since_it_was_first_missed() {
    let memory = LaunchCache::default();
    let key: LaunchId = "a.1".parse().unwrap();
    assert_eq!(memory.missed(&key, NOW), Duration::ZERO);
    assert_eq!(memory.missed(&key, NOW.after(GRACE)), GRACE);
    memory.record_observation("arn", Some(&runs("a.1", "arn")), NOW);
    assert_eq!(memory.missed(&key, NOW.after(GRACE)), Duration::ZERO, "it was seen meanwhile");
}
