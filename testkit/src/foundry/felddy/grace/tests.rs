use super::super::super::version::Version;
use super::StopBehavior;

#[test]
fn grace_came_late() {
    for (generation, build, wanted) in [
        (9, 280, StopBehavior::IgnoresSignal),
        (11, 313, StopBehavior::IgnoresSignal),
        (11, 314, StopBehavior::ExitsAtOnce),
        (13, 351, StopBehavior::ExitsAtOnce),
        (14, 363, StopBehavior::ExitsAtOnce),
        (14, 364, StopBehavior::WaitsForProgram),
    ] {
        assert_eq!(
            StopBehavior::of(Version::new(generation, build)),
            wanted,
            "{generation}.{build}"
        );
    }
}
