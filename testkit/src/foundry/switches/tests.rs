use super::*;

fn env(pairs: &[(&str, &str)]) -> StandInEnv {
    StandInEnv::from_vars(pairs.iter().map(|(name, value)| (name.into(), value.into())))
}

#[test]
fn only_the_stand_ins_variables_become_switches() {
    let env = env(&[("STAND_IN_HANG", "1"), ("PATH", "/bin"), ("HOME", "/home/gm")]);
    assert_eq!(env.switches().keys().collect::<Vec<_>>(), ["hang"]);
    assert_eq!(env.default_data_path(), Some("/home/gm/.local/share/FoundryVTT".into()));
}

#[test]
fn the_programs_own_variable_names_the_data_folder() {
    let env = env(&[("HOME", "/home/gm"), ("FOUNDRY_VTT_DATA_PATH", "/data")]);
    assert_eq!(env.default_data_path(), Some("/data".into()));
}

#[test]
fn the_control_file_overrules_the_environment_while_it_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let switches = Switches::new(&env(&[("STAND_IN_USERS", "1")]), folder.path()).unwrap();
    assert_eq!(switches.now().users, Some(1));
    std::fs::write(folder.path().join("stand-in.json"), r#"{"users": 7, "hang": true}"#).unwrap();
    switches.reread().unwrap();
    assert_eq!((switches.now().users, switches.now().hang), (Some(7), true));
    std::fs::remove_file(folder.path().join("stand-in.json")).unwrap();
    switches.reread().unwrap();
    assert_eq!((switches.now().users, switches.now().hang), (Some(1), false));
}

#[test]
fn a_control_file_that_makes_no_sense_changes_nothing_and_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let switches = Switches::new(&StandInEnv::default(), folder.path()).unwrap();
    std::fs::write(folder.path().join("stand-in.json"), r#"{"users": "#).unwrap();
    assert!(switches.reread().is_err());
    assert_eq!(switches.reread(), Ok(false));
    assert_eq!(switches.now().users, None);
}
