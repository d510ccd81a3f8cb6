use super::super::super::version::Version;
use super::Grace;

#[test]
fn grace_came_late() {
    for (generation, build, wanted) in [
        (9, 280, Grace::Deaf),
        (11, 313, Grace::Deaf),
        (11, 314, Grace::Hasty),
        (13, 351, Grace::Hasty),
        (14, 363, Grace::Hasty),
        (14, 364, Grace::Patient),
    ] {
        assert_eq!(Grace::of(Version::new(generation, build)), wanted, "{generation}.{build}");
    }
}
