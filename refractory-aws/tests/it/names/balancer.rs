//! Rules of a load balancer.
use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, HostHeaderConditionConfig,
    PathPatternConditionConfig, Rule as ListenerRule, RuleCondition,
};
use futures_util::StreamExt;
use futures_util::stream;
use refractory_core::ErrorKind;
use refractory_core::foundry::doors;
use refractory_core::ports::{DnsZone, Observed};
use testkit::aws::{Emulator, Fault, FaultProxy, Rule, Switches, inventory};

use crate::support::assets::{id, until};
use crate::support::clients;
use crate::support::names::{Land, Table, name, record, record_at};

async fn land() -> Land {
    Land::new(Emulator::shared().await.account()).await
}

/// Removes a name, as often as it takes.
async fn gone(names: &impl DnsZone, owner: &str, slug: &str) {
    let (owner, name) = (id(owner), name(slug));
    until(async || match names.remove(&owner, &name).await? {
        Observed::Absent => Ok(Observed::Ready(())),
        other => Ok(other.map(drop)),
    })
    .await;
}

/// The rules of the listener but the default one: those of tables, and those that close doors.
async fn rules(land: &Land) -> (Vec<ListenerRule>, Vec<ListenerRule>) {
    let elb = clients(&land.account).elb;
    let rules = elb.describe_rules().listener_arn(&land.outputs.listener).send().await.unwrap();
    let rules = rules.rules.unwrap_or_default().into_iter();
    let closes = |rule: &ListenerRule| {
        let mut paths = rule.conditions().iter().filter_map(RuleCondition::path_pattern_config);
        paths.any(|path| !path.regex_values().is_empty())
    };
    rules.filter(|rule| rule.priority() != Some("default")).partition(|rule| !closes(rule))
}

/// How many rules of tables and target groups there are; and how many priorities.
async fn counted(land: &Land) -> (usize, usize, usize) {
    let elb = clients(&land.account).elb;
    let (rules, _) = rules(land).await;
    let groups = elb.describe_target_groups().send().await.unwrap();
    let priorities: BTreeSet<_> = rules.iter().filter_map(|rule| rule.priority()).collect();
    (rules.len(), groups.target_groups().len(), priorities.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenario_14_an_old_name_never_answers_with_a_reused_address() {
    let land = land().await;
    let names = land.balancer();
    let (a, b) = (id("a"), id("b"));
    let first = Table::start("the table of a", "127.0.0.2", 0).await;
    let port = first.port;
    until(async || names.ensure(&a, &record_at("friday", "127.0.0.2", port)).await).await;
    assert_eq!(land.visit("friday.games.example").await, (200, "the table of a".into()));

    // It dies; its address is given to another table, and it comes back at another one.
    first.stop().await;
    let _theirs = Table::start("the table of b", "127.0.0.2", port).await;
    let _again = Table::start("the table of a, again", "127.0.0.3", port).await;
    until(async || names.ensure(&a, &record_at("friday", "127.0.0.3", port)).await).await;
    until(async || names.ensure(&b, &record_at("monday", "127.0.0.2", port)).await).await;
    for _ in 0..5 {
        assert_eq!(land.visit("friday.games.example").await, (200, "the table of a, again".into()));
        assert_eq!(land.visit("monday.games.example").await, (200, "the table of b".into()));
    }
    // A removed name leads nowhere, whatever listens at its address.
    gone(&names, "a", "friday").await;
    assert_eq!(land.visit("friday.games.example").await, (404, "nobody".into()));
    assert_eq!(land.visit("monday.games.example").await, (200, "the table of b".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenario_14_the_old_address_leaves_before_the_new_one_joins() {
    let land = land().await;
    let proxy = FaultProxy::start(land.account.address()).await;
    let names = land.balancer_at(&proxy.endpoint());
    until(async || names.ensure(&id("a"), &record("friday", "10.0.0.1")).await).await;
    proxy.forget();
    until(async || names.ensure(&id("a"), &record("friday", "10.0.0.2")).await).await;
    let order: Vec<String> = proxy.calls().into_iter().map(|call| call.operation).collect();
    let at = |wanted: &str| order.iter().position(|operation| operation == wanted);
    assert!(at("DeregisterTargets").unwrap() < at("RegisterTargets").unwrap(), "{order:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenario_15_a_hundred_and_fifty_tables_meet_the_limit_of_the_load_balancer() {
    let land = land().await;
    let names = &land.balancer();
    let starts = stream::iter(0..150).map(|index| async move {
        let (owner, record) = (id(&format!("t{index}")), record(&format!("t{index}"), "10.0.0.1"));
        loop {
            match names.ensure(&owner, &record).await {
                Ok(Observed::Ready(_)) => return Ok(index),
                Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(error) if error.is_transient() => {}
                Err(error) => return Err((index, error)),
            }
        }
    });
    let all: Vec<_> = starts.buffer_unordered(16).collect().await;
    let refused: Vec<_> = all.iter().filter_map(|one| one.as_ref().err()).collect();
    // One rule closes doors.
    assert_eq!(all.len() - refused.len(), 99);
    for (_, error) in &refused {
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        assert!(error.for_people().contains("routing = \"edge\""), "{}", error.for_people());
    }
    let (tables, _, priorities) = counted(&land).await;
    assert_eq!((tables, priorities), (99, 99), "none collides");
    assert_eq!(rules(&land).await.1.len(), 1, "one for all of them");
    // A refused table is torn down the ordinary way, and leaves nothing behind.
    for (index, _) in &refused {
        gone(names, &format!("t{index}"), &format!("t{index}")).await;
    }
    assert_eq!(counted(&land).await, (99, 99, 99));
    // And where one goes, there is room for another.
    let (index, _) = refused[0];
    let kept = all.iter().find_map(|one| one.as_ref().ok()).unwrap();
    gone(names, &format!("t{kept}"), &format!("t{kept}")).await;
    let (owner, record) = (id(&format!("t{index}")), record(&format!("t{index}"), "10.0.0.1"));
    until(async || names.ensure(&owner, &record).await).await;
    assert_eq!(names.list().await.unwrap().len(), 99);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_makes_nothing_twice() {
    for operation in
        ["CreateTargetGroup", "CreateRule", "RegisterTargets", "ModifyTargetGroupAttributes"]
    {
        let land = land().await;
        let proxy = FaultProxy::start(land.account.address()).await;
        proxy.arrange(Rule::on("elasticloadbalancing", operation).first(2), Fault::ReplyLost);
        let names = land.balancer_at(&proxy.endpoint());
        until(async || names.ensure(&id("a"), &record("friday", "10.0.0.1")).await).await;
        assert_eq!(counted(&land).await, (1, 1, 1), "{operation}");
        gone(&names, "a", "friday").await;
        assert_eq!(counted(&land).await, (0, 0, 0), "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_cut_off_after_any_call_is_completed_and_removed() {
    let land = land().await;
    let mut before = None;
    let proxy = FaultProxy::start(land.account.address()).await;
    for calls in 1..40 {
        proxy.forget();
        proxy.cut_after(calls);
        let names = land.balancer_at(&proxy.endpoint());
        let life = async {
            until(async || names.ensure(&id("a"), &record("friday", "10.0.0.1")).await).await;
            gone(&names, "a", "friday").await;
        };
        let cut = tokio::select! { () = life => false, () = proxy.cut() => true };
        proxy.heal();
        let names = land.balancer();
        until(async || names.ensure(&id("a"), &record("friday", "10.0.0.1")).await).await;
        assert_eq!(counted(&land).await, (1, 1, 1), "after {calls} calls");
        gone(&names, "a", "friday").await;
        assert_eq!(counted(&land).await, (0, 0, 0), "after {calls} calls");
        assert_eq!(rules(&land).await.1.len(), 1, "after {calls} calls");
        let after = inventory(&land.account).await;
        assert_eq!(after, *before.get_or_insert_with(|| after.clone()), "after {calls} calls");
        if !cut {
            return;
        }
    }
    panic!("a name takes too many calls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ready_means_that_the_load_balancer_finds_the_table_well() {
    let land = land().await;
    land.account.set(&Switches { unhealthy: 2, ..Switches::default() }).await.unwrap();
    let proxy = FaultProxy::start(land.account.address()).await;
    let names = land.balancer_at(&proxy.endpoint());
    let mut told = BTreeSet::new();
    loop {
        match names.ensure(&id("a"), &record("friday", "10.0.0.1")).await {
            Ok(Observed::Ready(_)) => break,
            Ok(Observed::Pending(progress)) => _ = told.insert(progress.unwrap().message),
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(error.is_transient(), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(told.iter().any(|message| message.contains("to be well")), "{told:?}");
    let asked = proxy.count("elasticloadbalancing", "DescribeTargetHealth");
    assert!(asked <= 6, "asked {asked} times, however often the worker asks");
    let group = clients(&land.account).elb.describe_target_groups().send().await.unwrap();
    let group = &group.target_groups()[0];
    assert_eq!(group.health_check_path(), Some("/api/status"));
    assert_eq!(group.matcher().unwrap().http_code(), Some("200"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_is_not_ours_is_never_touched() {
    let land = land().await;
    let elb = clients(&land.account).elb;
    let host = HostHeaderConditionConfig::builder().values("friday.games.example").build();
    let condition = RuleCondition::builder().field("host-header").host_header_config(host).build();
    let said =
        FixedResponseActionConfig::builder().status_code("200").message_body("theirs").build();
    let action =
        Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(said).build();
    let made = elb.create_rule().listener_arn(&land.outputs.listener).priority(7);
    made.conditions(condition).actions(action).send().await.unwrap();
    let names = land.balancer();
    let error = names.ensure(&id("a"), &record("friday", "10.0.0.1")).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Conflict, false));
    gone(&names, "a", "friday").await;
    assert_eq!(counted(&land).await, (1, 0, 1));
    assert_eq!(land.visit("friday.games.example").await, (200, "theirs".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doors_that_the_edge_closes_are_closed_by_the_load_balancer_too() {
    let land = land().await;
    let proxy = FaultProxy::start(land.account.address()).await;
    let names = land.balancer_at(&proxy.endpoint());
    let table = Table::start("the table", "127.0.0.2", 0).await;
    let port = table.port;
    until(async || names.ensure(&id("a"), &record_at("friday", "127.0.0.2", port)).await).await;
    let made: Vec<_> =
        proxy.calls().into_iter().filter(|call| call.operation == "CreateRule").collect();
    assert_eq!(made.len(), 2, "the doors are closed, and then the table is open");
    for door in doors::ADMINISTRATION.iter().chain(&doors::NOBODYS) {
        let odd =
            [door.to_uppercase(), format!("/{door}"), format!("{door}/x"), format!("{door};x")];
        for path in odd.iter().chain([&(*door).to_owned()]) {
            let (status, said) = land.visit_at("friday.games.example", &format!("/{path}")).await;
            assert_eq!((status, said.contains("closed")), (403, true), "/{path}: {said}");
        }
        for path in [format!("/{door}s/map.webp"), format!("/worlds/{door}"), format!("/{door}-x")]
        {
            let (status, _) = land.visit_at("friday.games.example", &path).await;
            assert_eq!(status, 200, "{path}");
        }
    }
    assert_eq!(land.visit_at("friday.games.example", "/join").await.0, 200);
    // It is ours, it comes first, and it is made once.
    let (tables, closing) = rules(&land).await;
    let priority = |rule: &ListenerRule| rule.priority().unwrap().parse::<u32>().unwrap();
    assert!(tables.iter().all(|table| priority(table) > priority(&closing[0])));
    let elb = clients(&land.account).elb;
    let tags =
        elb.describe_tags().set_resource_arns(closing[0].rule_arn.clone().map(|arn| vec![arn]));
    let tags = tags.send().await.unwrap();
    assert_eq!(tags.tag_descriptions()[0].tags()[0].value(), Some("refractory"));
    until(async || land.balancer().ensure(&id("b"), &record("monday", "10.0.0.1")).await).await;
    assert_eq!(rules(&land).await.1.len(), 1);
    assert!(names.bypasses_proxy() && !land.zone().bypasses_proxy());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_was_open_before_has_its_doors_closed_when_it_is_looked_at_again() {
    let land = land().await;
    let table = Table::start("the table", "127.0.0.2", 0).await;
    let friday = record_at("friday", "127.0.0.2", table.port);
    until(async || land.balancer().ensure(&id("a"), &friday).await).await;
    let elb = clients(&land.account).elb;
    let (_, closing) = rules(&land).await;
    elb.delete_rule().set_rule_arn(closing[0].rule_arn.clone()).send().await.unwrap();
    until(async || land.balancer().ensure(&id("a"), &friday).await).await;
    assert_eq!(rules(&land).await.1.len(), 1);
    // And a rule of an earlier version, which closed less, is brought up to date.
    let (_, closing) = rules(&land).await;
    let less = PathPatternConditionConfig::builder().regex_values("^/+setup$").build();
    let less = RuleCondition::builder().field("path-pattern").path_pattern_config(less).build();
    let host = HostHeaderConditionConfig::builder().values("*.games.example").build();
    let host = RuleCondition::builder().field("host-header").host_header_config(host).build();
    let arn = closing[0].rule_arn.clone();
    elb.modify_rule().set_rule_arn(arn).conditions(host).conditions(less).send().await.unwrap();
    assert_eq!(land.visit_at("friday.games.example", "/license").await.0, 200);
    until(async || land.balancer().ensure(&id("a"), &friday).await).await;
    assert_eq!(land.visit_at("friday.games.example", "/license").await.0, 403);
    assert_eq!(rules(&land).await.1.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_record_for_each_name_both_come_and_go() {
    let land = land().await;
    let names = land.balancer().with_records(land.zone());
    until(async || names.ensure(&id("a"), &record("friday", "10.0.0.1")).await).await;
    assert_eq!((counted(&land).await, land.records().await.len()), ((1, 1, 1), 3));
    assert_eq!(names.list().await.unwrap(), [(name("friday"), id("a"))]);
    gone(&names, "a", "friday").await;
    assert_eq!((counted(&land).await, land.records().await.len()), ((0, 0, 0), 0));
    assert_eq!(names.list().await.unwrap(), []);
}
