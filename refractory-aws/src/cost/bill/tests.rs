use super::*;
use crate::AwsConfig;
use crate::config::AssetAccess;

fn bill(tables: u32, setup: &Setup) -> Bill {
    Bill::of(tables, setup, &Usage::default(), &Prices::EU_CENTRAL_1)
}

fn line(bill: &Bill, what: &str) -> f64 {
    bill.items.iter().find(|item| item.what == what).map_or(0.0, |item| item.usd)
}

fn about(have: f64, want: f64) {
    assert!((have - want).abs() < 0.005, "{have} instead of {want}");
}

#[test]
fn the_lines_of_one_table_are_what_a_person_reckons() {
    let bill = bill(1, &Setup::default_setup());
    about(line(&bill, "load balancer"), 19.71);
    about(line(&bill, "load balancer, two public addresses"), 7.30);
    about(line(&bill, "portal, public address"), 3.65);
    // A quarter of a processor and half a GB, 730 hours.
    about(line(&bill, "portal, edge and worker"), 8.29);
    // 17.3 hours of one processor and two GB.
    about(line(&bill, "tables, processor"), 0.64);
    about(line(&bill, "tables, memory"), 0.14);
    about(line(&bill, "tables, public addresses while on"), 0.09);
    about(line(&bill, "secrets of tables"), 1.20);
    about(line(&bill, "data on EFS"), 0.38);
    about(line(&bill, "traffic to players"), 0.0);
}

#[test]
fn an_empty_deployment_costs_its_fixed_part() {
    let bill = bill(0, &Setup::default_setup());
    about(bill.sum(Part::Tables), 0.0);
    assert!((40.0..47.0).contains(&bill.total()), "{}", bill.total());
}

#[test]
fn fifty_weekly_groups_pay_less_than_six_dollars_each() {
    let bill = bill(50, &Setup::default_setup());
    assert!(bill.per_table() < 6.0, "{}", bill.per_table());
}

#[test]
fn more_tables_cost_more_and_each_of_them_less() {
    let mut last = bill(1, &Setup::default_setup());
    for tables in [2, 10, 50, 500, 5_000, 50_000] {
        let next = bill(tables, &Setup::default_setup());
        assert!(next.total() > last.total(), "{tables}");
        assert!(next.sum(Part::Fixed) >= last.sum(Part::Fixed), "{tables}");
        // Traffic is free at first, so a table may cost a little more once it no longer is.
        assert!(next.per_table() < last.per_table() + 0.3, "{tables}");
        last = next;
    }
}

#[test]
fn each_choice_changes_what_it_is_about() {
    let before = bill(500, &Setup::default_setup());
    let spot = bill(500, &Setup { spot: true, ..Setup::default_setup() });
    about(line(&spot, "tables, processor") / line(&before, "tables, processor"), 0.30);
    let nat = bill(500, &Setup { nat: true, ..Setup::default_setup() });
    about(line(&nat, "tables, public addresses while on"), 0.0);
    about(line(&nat, "NAT gateway"), 41.61);
    let x86 = bill(500, &Setup { architecture: Architecture::X86, ..Setup::default_setup() });
    assert!(line(&x86, "tables, processor") > line(&before, "tables, processor"));
    let config = AwsConfig { assets: AssetAccess::Volume, ..AwsConfig::default() };
    let volume = bill(500, &Setup::of(&config));
    about(line(&volume, "uploads in S3"), 0.0);
    about(line(&volume, "secrets of tables"), 400.0);
    assert!(line(&volume, "data on EFS") > line(&before, "data on EFS") * 2.0);
}

#[test]
fn crowds_need_more_than_one_edge() {
    // 50 000 tables, a fifth of them on, five people at each: 50 000 sockets.
    let one = line(&bill(1, &Setup::default_setup()), "portal, edge and worker");
    about(line(&bill(50_000, &Setup::default_setup()), "portal, edge and worker") / one, 3.0);
}

#[test]
fn looking_for_changes_does_not_cost_more_with_more_tables() {
    let looking =
        |tables| line(&bill(tables, &Setup::default_setup()), "looking for changes in DynamoDB");
    // Three that look twice a second, and one that looks at the index of operations twice a minute, a unit each time.
    about(looking(1), 2.42);
    about(looking(5_000), looking(1));
    // Sockets need three portals there.
    about(looking(50_000), 3.0 * looking(1));
    assert!(looking(50_000) < 10.0);
}
