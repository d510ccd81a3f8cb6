use super::*;
use crate::AwsConfig;
use crate::config::AssetAccess;

fn reach(name: &str, setup: &Setup) -> Reach {
    let limit = LIMITS.iter().find(|limit| limit.name == name).unwrap();
    limit.reach(setup, &Usage::default())
}

fn first(setup: &Setup, known: &[&str]) -> (&'static str, Reach) {
    let left = LIMITS.iter().filter(|limit| !known.contains(&limit.name));
    let reaches = left.map(|limit| (limit.name, limit.reach(setup, &Usage::default())));
    reaches.min_by_key(|(_, reach)| *reach).unwrap()
}

#[test]
fn no_limit_is_eased_by_more_tables() {
    for setup in [Setup::default_setup(), Setup::per_table()] {
        for limit in LIMITS {
            let mut last = 0.0;
            for tables in [0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] {
                let need = limit.need(tables, &setup, &Usage::default());
                assert!(need >= last && need.is_finite(), "{} at {tables}", limit.name);
                last = need;
            }
        }
    }
}

#[test]
fn a_reach_is_the_last_number_that_fits() {
    let habits = Usage::default();
    for limit in LIMITS {
        let Reach::Tables(last) = limit.reach(&Setup::default_setup(), &habits) else { continue };
        assert!(
            limit.need(last, &Setup::default_setup(), &habits) <= limit.quota,
            "{}",
            limit.name
        );
        assert!(
            limit.need(last + 1, &Setup::default_setup(), &habits) > limit.quota,
            "{}",
            limit.name
        );
    }
}

#[test]
fn the_processors_of_a_new_account_end_first_and_then_its_users() {
    let cpu = "Fargate vCPU of a new account";
    assert_eq!(first(&Setup::default_setup(), &[]), (cpu, Reach::Tables(28)));
    assert_eq!(
        first(&Setup::default_setup(), &[cpu]),
        ("IAM users of an account", Reach::Tables(5000))
    );
}

#[test]
fn scenario_15_the_edge_frees_tables_from_the_load_balancer() {
    // A fifth of the tables is on at once; one rule closes the administrators' pages of all of them.
    for (name, tables) in
        [("Target groups of a load balancer", 495), ("Rules of a load balancer", 490)]
    {
        assert_eq!(reach(name, &Setup::default_setup()), Reach::Beyond);
        assert_eq!(reach(name, &Setup::per_table()), Reach::Tables(tables));
    }
}

#[test]
fn a_zone_holds_every_record_of_each_table_that_is_on() {
    // A fifth of 16 660 tables, three records each, beside the stack's own four.
    assert_eq!(reach("Records of a hosted zone", &Setup::per_table()), Reach::Tables(16_660));
    let calls = LIMITS.iter().find(|limit| limit.name.starts_with("Calls of Route 53")).unwrap();
    let said = format!("up to {} names in one call", names_at_once());
    assert!(calls.remedy.contains(&said), "{said}");
}

#[test]
fn names_end_only_where_each_table_has_one() {
    for name in ["Records of a hosted zone", "Calls of Route 53, each second"] {
        assert_eq!(reach(name, &Setup::default_setup()), Reach::Beyond);
        assert!(reach(name, &Setup::per_table()) < Reach::Tables(2_000_000), "{name}");
    }
}

#[test]
fn uploads_on_the_volume_need_no_users() {
    let config = AwsConfig { assets: AssetAccess::Volume, ..AwsConfig::default() };
    let volume = Setup::of(&config);
    assert_eq!(reach("IAM users of an account", &volume), Reach::Beyond);
    assert_eq!(reach("Buckets of an account", &volume), Reach::Beyond);
}

#[test]
fn what_is_read_depends_on_what_changes_and_not_on_what_there_is() {
    let name = "Reads of one DynamoDB partition, each second";
    assert!(reach(name, &Setup::default_setup()) > Reach::Tables(30_000));
    let limit = LIMITS.iter().find(|limit| limit.name == name).unwrap();
    let quiet = Usage { peak: 0.0, ..Usage::default() };
    let need = |tables| limit.need(tables, &Setup::default_setup(), &quiet);
    assert!((need(50_000) - need(1)).abs() < f64::EPSILON, "{}", need(50_000));
}
