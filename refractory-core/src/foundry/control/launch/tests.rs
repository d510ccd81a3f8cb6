use super::*;

fn event(step: &str, percent: u8) -> Event {
    let told = json!({"action": "launchWorld", "step": step, "id": "w", "pct": percent});
    Event { name: "progress".into(), args: vec![told] }
}

fn launch(told: Told) -> Launch {
    let world = WorldId::new("w").unwrap();
    Launch { world, told: Arc::new(Mutex::new(told)), _ear: JoinSet::new() }
}

#[test]
fn scenario_24_a_migration_must_not_be_broken_off() {
    let mut told = Told::default();
    assert!(!told.take(&event("connectWorld", 0)));
    assert_eq!(told.phase, Phase::Opening);
    for step in ["migrateWorld", "migrateCore", "migrateSystem", "migratePackage"] {
        assert!(!told.take(&event(step, 40)));
        assert_eq!(told.phase, Phase::Migrating, "{step}");
    }
    let progress = launch(told).progress();
    assert!(progress.uninterruptible);
    assert_eq!(progress.percent, Some(40));
    assert!(!launch(Told { phase: Phase::Opening, ..Told::default() }).progress().uninterruptible);
}

#[test]
fn scenario_24_what_is_not_heard_of_is_taken_for_a_migration() {
    assert!(launch(Told::default()).progress().uninterruptible);
}

#[test]
fn the_end_is_noticed_and_a_failure_keeps_its_words() {
    let mut told = Told::default();
    assert!(!told.take(&Event { name: "progress".into(), args: vec![] }));
    let other = json!({"action": "installPackage", "step": "error"});
    assert!(!told.take(&Event { name: "progress".into(), args: vec![other] }));
    assert!(told.take(&event("complete", 100)));
    assert!(told.take(&event("error", 100)));
    assert_eq!(launch(told).failed().as_deref(), Some(""));
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_was_promised_and_never_heard_of_has_not_begun() {
    let silent = launch(Told { promised: Some(Instant::now()), ..Told::default() });
    let heard =
        launch(Told { promised: Some(Instant::now()), phase: Phase::Migrating, ..Told::default() });
    let unanswered = launch(Told::default());
    assert_eq!(silent.failed(), None);
    tokio::time::advance(PROMISE * 2).await;
    assert_eq!(silent.failed().as_deref(), Some(""));
    assert_eq!((heard.failed(), unanswered.failed()), (None, None));
}
