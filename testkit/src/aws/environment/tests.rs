use std::path::Path;

use super::folder;

fn with(set: &[(&str, &str)]) -> String {
    let variable = |name: &str| {
        let found = set.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).into())
    };
    folder(variable).display().to_string()
}

#[test]
fn the_environment_is_where_the_script_makes_it() {
    assert_eq!(with(&[("HOME", "/h")]), "/h/.cache/refractory/emulator");
    assert_eq!(with(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]), "/c/refractory/emulator");
    assert_eq!(with(&[("HOME", "/h"), ("REFRACTORY_EMULATOR", "/e")]), "/e");
    assert_eq!(with(&[("XDG_CACHE_HOME", "")]), "/tmp/.cache/refractory/emulator");
}

#[test]
fn the_script_that_the_sentence_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    assert!(root.join(".ci/emulator").is_file());
}
