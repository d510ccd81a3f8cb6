//! Records of a hosted zone.
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_route53::types::RrType;
use futures_util::future::join_all;
use refractory_aws::{Naming, Route53Zone};
use refractory_core::ErrorKind;
use refractory_core::ports::{DnsZone, Observed};
use testkit::aws::{Emulator, Fault, FaultProxy, Rule};

use crate::support::assets::{id, until};
use crate::support::limited::Limited;
use crate::support::names::{Land, name, record};

async fn land() -> Land {
    Land::new(Emulator::shared().await.account()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenario_13_a_hundred_starts_in_a_minute_all_get_names() {
    let land = land().await;
    let limited = Limited::start(land.account.address()).await;
    let zone = land.zone_at(&limited.endpoint());
    // Twenty at once and then more of them, each asking again as a worker does, while others use the account too.
    let starts = (0..100).map(|index| {
        let (zone, limited) = (&zone, &limited);
        async move {
            tokio::time::sleep(Duration::from_millis(600 * (index / 20))).await;
            if index % 25 == 0 {
                limited.somebody_else();
            }
            let (owner, record) =
                (id(&format!("t{index}")), record(&format!("t{index}"), "10.0.0.1"));
            until(async || zone.ensure(&owner, &record).await).await
        }
    });
    let begun = std::time::Instant::now();
    let named = join_all(starts).await;
    assert_eq!(named.len(), 100);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    assert_eq!(zone.list().await.unwrap().len(), 100);
    let counts = limited.counts();
    assert_eq!(counts.overlapping, 0, "one change at a time");
    assert!(counts.throttled <= 4, "{counts:?}");
    assert!(counts.changes <= 20, "they share their changes: {counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenario_13_whoever_is_throttled_waits_and_does_not_fail() {
    let land = land().await;
    let proxy = FaultProxy::start(land.account.address()).await;
    // Three attempts of the client are one call of ours.
    let busy = Fault::Refused(400, "PriorRequestNotComplete");
    proxy.arrange(Rule::on("route53", "ChangeResourceRecordSets").first(4), busy);
    proxy.arrange(Rule::on("route53", "ChangeResourceRecordSets").nth(5), Fault::Throttled);
    let (zone, owner, friday) =
        (land.zone_at(&proxy.endpoint()), id("a"), record("friday", "10.0.0.1"));
    let first = zone.ensure(&owner, &friday).await.unwrap();
    assert!(matches!(first, Observed::Pending(Some(_))), "{first:?}");
    until(async || {
        let answer = zone.ensure(&owner, &friday).await;
        assert!(answer.is_ok(), "{answer:?}");
        answer
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_name_does_not_spoil_a_batch() {
    let land = land().await;
    land.write("t7.games.example", RrType::A, "192.0.2.1").await;
    land.write("t9.games.example", RrType::Cname, "elsewhere.example").await;
    let proxy = FaultProxy::start(land.account.address()).await;
    let zone = land.zone_at(&proxy.endpoint());
    let all = (0..20).map(|index| {
        let zone = &zone;
        async move {
            let (owner, record) =
                (id(&format!("t{index}")), record(&format!("t{index}"), "10.0.0.1"));
            loop {
                match zone.ensure(&owner, &record).await {
                    Ok(Observed::Ready(_)) => return None,
                    Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                    Err(error) => return Some((index, error)),
                }
            }
        }
    });
    let failed: Vec<_> = join_all(all).await.into_iter().flatten().collect();
    assert_eq!(failed.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [7, 9]);
    for (_, error) in failed {
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Conflict, false));
        assert!(error.for_people().contains("Route 53"), "{}", error.for_people());
    }
    let changes = proxy.count("route53", "ChangeResourceRecordSets");
    assert!(changes <= 8, "{changes} changes");
    assert_eq!(land.records().await.len(), 18 * 3 + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_is_not_ours_is_never_touched() {
    let land = land().await;
    land.write("friday.games.example", RrType::A, "192.0.2.1").await;
    land.write("friday.games.example", RrType::Mx, "10 mail.example").await;
    let before = land.records().await;
    let zone = land.zone();
    let error = zone.ensure(&id("a"), &record("friday", "10.0.0.1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(zone.remove(&id("a"), &name("friday")).await.unwrap(), Observed::Absent);
    assert_eq!(land.records().await, before);
    assert_eq!(zone.list().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_deployment_in_the_zone_is_somebody_else() {
    let land = land().await;
    let clients = crate::support::clients(&land.account);
    let other = Route53Zone::new(clients, &land.outputs, Naming::new("other")).unwrap();
    let (owner, friday) = (id("a"), record("friday", "10.0.0.1"));
    until(async || other.ensure(&owner, &friday).await).await;
    let zone = land.zone();
    assert_eq!(zone.ensure(&owner, &friday).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(zone.remove(&owner, &friday.name).await.unwrap(), Observed::Absent);
    assert_eq!(zone.list().await.unwrap(), []);
    assert_eq!(other.list().await.unwrap(), [(friday.name, owner)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_a_name_all_the_same() {
    let land = land().await;
    let proxy = FaultProxy::start(land.account.address()).await;
    proxy.arrange(Rule::on("route53", "ChangeResourceRecordSets").first(1), Fault::ReplyLost);
    let (zone, owner, friday) =
        (land.zone_at(&proxy.endpoint()), id("a"), record("friday", "10.0.0.1"));
    until(async || zone.ensure(&owner, &friday).await).await;
    let wanted = [
        "friday.games.example A",
        "friday.games.example AAAA",
        "_refractory.friday.games.example TXT",
    ];
    assert_eq!(land.records().await, wanted);
    proxy.forget();
    proxy.heal();
    proxy.arrange(Rule::on("route53", "ChangeResourceRecordSets").first(1), Fault::ReplyLost);
    let gone = async || match zone.remove(&owner, &friday.name).await? {
        Observed::Absent => Ok(Observed::Ready(())),
        other => Ok(other.map(drop)),
    };
    until(gone).await;
    assert_eq!(land.records().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_comes_after_finds_the_name_and_makes_it_lead_here() {
    let mut land = land().await;
    let (owner, friday) = (id("a"), record("friday", "10.0.0.1"));
    // A load balancer that was known by its name only; it has a zone by now.
    let zone = std::mem::take(&mut land.outputs.balancer_zone);
    let before = land.zone();
    until(async || before.ensure(&owner, &friday).await).await;
    let led = land.records().await;
    assert_eq!(led, ["friday.games.example CNAME", "_refractory.friday.games.example TXT"]);
    land.outputs.balancer_zone = zone;
    let after = land.zone();
    until(async || after.ensure(&owner, &friday).await).await;
    assert_eq!(after.list().await.unwrap(), [(friday.name.clone(), owner.clone())]);
    assert_eq!(land.records().await.len(), 3);
    let gone = land.zone().remove(&owner, &friday.name).await.unwrap();
    assert_eq!(gone, Observed::Absent);
    assert_eq!(land.records().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_dropped_takes_nobody_along() {
    let land = land().await;
    let zone = Arc::new(land.zone());
    let (a, b) = (record("a", "10.0.0.1"), record("b", "10.0.0.1"));
    let (owner_a, owner_b) = (id("a"), id("b"));
    // The first opens the batch, the second joins it, and the first goes before it is sent.
    let first = tokio::time::timeout(Duration::from_millis(100), zone.ensure(&owner_a, &a));
    let second = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        until(async || zone.ensure(&owner_b, &b).await).await
    };
    let (dropped, _) = tokio::join!(first, second);
    assert!(dropped.is_err(), "it was dropped");
    assert_eq!(zone.list().await.unwrap(), [(b.name, owner_b)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_outside_of_the_zone_is_refused_with_a_sentence() {
    let land = land().await;
    let mut outside = record("friday", "10.0.0.1");
    let slug = refractory_core::model::Slug::new("friday").unwrap();
    outside.name = refractory_core::model::Hostname::under(&slug, "elsewhere.example");
    let error = land.zone().ensure(&id("a"), &outside).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false));
    assert!(error.for_people().contains("friday.elsewhere.example"), "{}", error.for_people());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_ready_when_every_name_server_has_it() {
    let land = land().await;
    let proxy = FaultProxy::start(land.account.address()).await;
    let (zone, owner, friday) =
        (land.zone_at(&proxy.endpoint()), id("a"), record("friday", "10.0.0.1"));
    let first = zone.ensure(&owner, &friday).await.unwrap();
    assert!(matches!(first, Observed::Pending(Some(_))), "{first:?}");
    // Asked at once and again: that costs nothing.
    for _ in 0..50 {
        assert!(matches!(zone.ensure(&owner, &friday).await.unwrap(), Observed::Pending(_)));
    }
    assert_eq!(proxy.calls().len(), 1);
    until(async || zone.ensure(&owner, &friday).await).await;
    assert_eq!(proxy.count("route53", "GetChange"), 2, "pending, then everywhere");
    assert_eq!(proxy.count("route53", "ListResourceRecordSets"), 0, "nothing has to be read");
}
