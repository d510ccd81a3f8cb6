use super::*;

fn ladder(spot: bool, on_demand: bool, subnets: &[&str]) -> PlacementPlan {
    let config = AwsConfig { spot, on_demand, ..AwsConfig::default() };
    PlacementPlan::of(&config, &crate::runtime::fixtures::outputs(subnets))
}

fn places(ladder: &PlacementPlan) -> Vec<String> {
    let text = |place: &Placement| format!("{} {}", place.provider.name(), place.subnets.join("+"));
    ladder.0.iter().map(text).collect()
}

#[test]
fn spare_capacity_is_tried_everywhere_before_the_full_price() {
    assert_eq!(
        places(&ladder(true, true, &["a", "b"])),
        [
            "FARGATE_SPOT a+b",
            "FARGATE_SPOT a",
            "FARGATE_SPOT b",
            "FARGATE a+b",
            "FARGATE a",
            "FARGATE b"
        ]
    );
    assert_eq!(places(&ladder(true, false, &["a"])), ["FARGATE_SPOT a"]);
    assert_eq!(places(&ladder(false, false, &["a"])), ["FARGATE a"], "something must be allowed");
    assert_eq!(
        places(&ladder(false, true, &["a", "b"])),
        ["FARGATE a+b", "FARGATE a", "FARGATE b"]
    );
}

#[test]
fn rounds_begin_again_and_stop_telling_news() {
    let ladder = ladder(true, true, &["a"]);
    assert_eq!(ladder.placement(5).provider, CapacityProvider::OnDemand);
    assert_eq!(
        [0, 1, 2, 3, 4].map(|attempt| ladder.begins_round(attempt)),
        [false, false, true, false, true]
    );
    assert!(ladder.message(1).contains("full price"));
    assert_eq!(ladder.message(2), ladder.message(5));
}
