use super::*;

/// A folder with the files that the kernel shows in a control group.
fn imitation(offered: &str, on: &str) -> (tempfile::TempDir, ControlGroup) {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("cgroup.controllers"), offered).unwrap();
    fs::write(place.path().join("cgroup.subtree_control"), on).unwrap();
    let group = ControlGroup::at(place.path());
    (place, group)
}

fn written(place: &tempfile::TempDir, file: &str) -> Option<String> {
    fs::read_to_string(place.path().join("refractory-deployment-a.3").join(file)).ok()
}

const MARK: &str = "deployment/a.3";

#[test]
fn a_launch_gets_a_group_of_its_own_with_its_limits() {
    let (place, group) = imitation("cpuset cpu io memory pids\n", "cpu memory\n");
    group.prepare().unwrap();
    let limits = Limits { memory: Some(512 << 20), cpu_millis: Some(1_500), disk: None };
    group.enter(MARK, 4711, &limits).unwrap();
    let expected = [
        ("memory.max", "536870912"),
        ("memory.swap.max", "0"),
        ("memory.oom.group", "1"),
        ("cpu.max", "150000 100000"),
        ("cgroup.procs", "4711"),
    ];
    for (file, text) in expected {
        assert_eq!(written(&place, file).as_deref(), Some(text), "{file}");
    }
}

#[test]
fn what_is_not_limited_is_left_as_the_kernel_has_it() {
    let (place, group) = imitation("cpu memory", "cpu memory");
    group.enter(MARK, 1, &Limits::default()).unwrap();
    assert_eq!(written(&place, "cgroup.procs").as_deref(), Some("1"));
    for file in ["memory.max", "memory.swap.max", "memory.oom.group", "cpu.max"] {
        assert_eq!(written(&place, file), None, "{file}");
    }
}

#[test]
fn controllers_that_are_off_are_turned_on() {
    let (place, group) = imitation("cpu memory", "");
    group.prepare().unwrap();
    let on = fs::read_to_string(place.path().join("cgroup.subtree_control")).unwrap();
    assert_eq!(on, "+memory", "the kernel adds each that is written");
}

#[test]
fn what_the_kernel_ended_for_want_of_memory_is_known() {
    let (place, group) = imitation("cpu memory", "cpu memory");
    group.enter(MARK, 1, &Limits::default()).unwrap();
    assert!(!group.ran_out_of_memory(MARK), "nothing is told");
    let events = place.path().join("refractory-deployment-a.3/memory.events");
    fs::write(&events, "low 0\nhigh 0\nmax 3\noom 1\noom_kill 0\noom_group_kill 0\n").unwrap();
    assert!(!group.ran_out_of_memory(MARK));
    fs::write(&events, "low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 1\n").unwrap();
    assert!(group.ran_out_of_memory(MARK));
}

#[test]
fn what_keeps_no_limits_says_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let says = |group: &ControlGroup| {
        let error = group.prepare().unwrap_err();
        (error.kind(), error.for_people().into_owned())
    };
    let (kind, sentence) = says(&ControlGroup::at(place.path().join("none")));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(sentence.contains("Create one with `mkdir"), "{sentence}");
    let (_place, group) = imitation("hugetlb", "");
    let (kind, sentence) = says(&group);
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(sentence.contains("echo +cpu +memory >"), "{sentence}");
    assert!(group.enter(MARK, 1, &Limits::default()).is_ok(), "an imitation refuses nothing");
    for (kind, expected) in [
        (Io::ResourceBusy, "Create an empty group inside it"),
        (Io::PermissionDenied, "chown -R USER"),
        (Io::ReadOnlyFilesystem, "chown -R USER"),
        (Io::AlreadyExists, "Try again"),
    ] {
        let sentence = group.untouchable(kind.into()).for_people().into_owned();
        assert!(sentence.contains(expected), "{sentence}");
    }
}
