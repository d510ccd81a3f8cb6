use std::path::{Path, PathBuf};

use super::Settings;

fn settings(variables: &[(&str, &str)]) -> Settings {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Settings::read(variables, Path::new("/layer")).unwrap()
}

#[test]
fn the_data_are_where_the_volume_is() {
    let mounts = |mounts| settings(&[("REFRACTORY_TASK_MOUNTS", mounts)]).data;
    assert_eq!(settings(&[]).data, PathBuf::from("/data"));
    assert_eq!(mounts(r#"{"/data": "/efs/t1"}"#), PathBuf::from("/efs/t1"));
    assert_eq!(mounts("{}"), PathBuf::from("/layer/data"));
}

#[test]
fn the_cache_is_on_the_volume_unless_it_is_switched_off() {
    let volume = ("REFRACTORY_TASK_MOUNTS", r#"{"/data": "/efs/t1"}"#);
    let cache = |asked: &[_]| settings(&[asked, &[volume]].concat()).cache();
    assert_eq!(cache(&[]), Some("/efs/t1/container_cache".into()));
    assert_eq!(cache(&[("CONTAINER_CACHE", "/cache")]), Some("/layer/cache".into()));
    assert_eq!(cache(&[("CONTAINER_CACHE", "")]), None);
}

#[test]
fn little_reaches_the_program() {
    let kept = settings(&[
        ("FOUNDRY_ADMIN_KEY", "x"),
        ("AWS_ACCESS_KEY_ID", "x"),
        ("NODE_OPTIONS", "--inspect"),
        ("STAND_IN_LAUNCH", "1s"),
        ("REFRACTORY_TASK_ADDRESS", "127.9.9.9"),
        ("HOSTNAME", "ip-127-9-9-9"),
    ])
    .kept();
    let kept: Vec<_> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        kept,
        [
            ("NODE_OPTIONS", "--inspect"),
            ("STAND_IN_BIND", "127.9.9.9"),
            ("STAND_IN_HOSTNAME", "ip-127-9-9-9"),
            ("STAND_IN_LAUNCH", "1s"),
        ]
    );
}
