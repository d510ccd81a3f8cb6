//! Making and changing the stack.
use std::time::Duration;

use refractory_aws::StackOutputs;
use refractory_aws::infra::{Action, DeployOptions, Drift, Infra, ProposalKind, ResourceProgress};
use refractory_core::ErrorKind;
use testkit::aws::{Inventory, inventory};

use super::{NAME, Site, text};

#[tokio::test]
async fn a_deploy_makes_all_that_a_deployment_stands_on_and_the_next_finds_nothing_to_do() {
    let mut site = Site::new().await;
    assert_eq!(site.deploy(&DeployOptions::default()).await.unwrap(), [ProposalKind::Create]);
    let outputs = site.outputs().await;
    assert_eq!(outputs.cluster, NAME);
    assert_eq!(outputs.table, NAME);
    assert_eq!(outputs.log_group, "/refractory/club");
    assert_eq!(outputs.bucket, format!("club-{}-eu-central-1", site.account.id()));
    assert_eq!(outputs.subnets.len(), 2);
    assert_eq!(outputs.zone, None);
    assert!(
        site.saw("FileSystem", "CREATE_COMPLETE") && site.saw(NAME, "CREATE_COMPLETE"),
        "{:?}",
        site.told
    );
    assert_eq!(site.infra.propose(&DeployOptions::default()).await.unwrap(), None);
    assert_eq!(site.deploy(&DeployOptions::default()).await.unwrap(), []);
}

#[tokio::test]
async fn what_would_be_made_is_shown_first_and_withdrawn_without_a_trace() {
    let site = Site::new().await;
    let proposal = site.infra.propose(&DeployOptions::default()).await.unwrap().unwrap();
    assert_eq!(proposal.kind, ProposalKind::Create);
    assert!(
        proposal.changes.iter().all(|change| change.action == Action::Add),
        "{:?}",
        proposal.changes
    );
    let data: Vec<_> = proposal
        .changes
        .iter()
        .filter(|change| change.is_data)
        .map(|change| change.name.as_str())
        .collect();
    assert_eq!(data, ["Bucket", "FileSystem", "LogGroup", "Table", "TableBoundary"]);
    site.infra.cancel(&proposal).await.unwrap();
    assert_eq!(inventory(&site.account).await, Inventory::new());
    // Said twice, as after a lost reply.
    site.infra.cancel(&proposal).await.unwrap();
}

#[tokio::test]
async fn a_proposal_that_nobody_carried_out_is_in_nobodys_way() {
    let mut site = Site::new().await;
    site.infra.propose(&DeployOptions::default()).await.unwrap();
    let again = site
        .infra
        .propose(&DeployOptions { nat: Some(true), ..DeployOptions::default() })
        .await
        .unwrap()
        .unwrap();
    assert!(again.changes.iter().any(|change| change.name == "NatGateway"), "{:?}", again.changes);
    assert_eq!(site.deploy(&DeployOptions::default()).await.unwrap(), [ProposalKind::Create]);
}

#[tokio::test]
async fn what_was_chosen_is_remembered_and_a_change_is_shown_as_such() {
    let mut site = Site::new().await;
    let zone = site.zone("tables.example.org").await;
    let first = DeployOptions {
        domain: text("tables.example.org"),
        zone: Some(zone.clone()),
        ..DeployOptions::default()
    };
    site.deploy(&first).await.unwrap();
    let proposal = site
        .infra
        .propose(&DeployOptions { log_days: Some(7), ..DeployOptions::default() })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(proposal.kind, ProposalKind::Update);
    let changed: Vec<_> = proposal
        .changes
        .iter()
        .map(|change| (change.name.as_str(), change.action, change.is_data))
        .collect();
    assert_eq!(
        changed,
        [("LogGroup", Action::Modify, true), ("PortalLogs", Action::Modify, false)]
    );
    assert_eq!(proposal.changes[0].properties, ["RetentionInDays"]);
    assert!(!proposal.changes[0].loses_data());
    site.carry_out(&proposal).await.unwrap();
    let status = site.infra.status(false).await.unwrap();
    assert_eq!(status.parameters["Zone"], zone);
    assert_eq!(status.parameters["LogDays"], "7");
    assert_eq!(status.outputs["Url"], "https://tables.example.org/");
    assert!(status.is_ready && status.attention.is_none(), "{status:?}");
}

#[tokio::test]
async fn tls_and_names_come_with_a_zone_and_go_where_they_are_taken_back() {
    let mut site = Site::new().await;
    let zone = site.zone("tables.example.org").await;
    site.deploy(&DeployOptions {
        domain: text("tables.example.org"),
        zone: Some(zone),
        ..DeployOptions::default()
    })
    .await
    .unwrap();
    let all = inventory(&site.account).await;
    let names = all["record"].join("\n");
    for part in ["\\052.tables.example.org", "tables.example.org. A", "AAAA"] {
        assert!(names.replace('*', "\\052").contains(part), "{part}: {names}");
    }
    let none = DeployOptions { domain: text(""), zone: text(""), ..DeployOptions::default() };
    let proposal = site.infra.propose(&none).await.unwrap().unwrap();
    let gone = |name: &str| {
        proposal.changes.iter().any(|change| change.name == name && change.action == Action::Remove)
    };
    assert!(
        gone("SecureListener") && gone("WildcardName") && gone("OwnedCertificate"),
        "{:?}",
        proposal.changes
    );
    assert!(
        !proposal.changes.iter().any(refractory_aws::infra::Change::loses_data),
        "{:?}",
        proposal.changes
    );
    site.carry_out(&proposal).await.unwrap();
    let status = site.infra.status(false).await.unwrap();
    assert!(status.outputs["Url"].starts_with("http://"), "{status:?}");
}

#[tokio::test]
async fn networks_of_every_sort_carry_a_deployment() {
    let mut own = Site::new().await;
    own.deploy(&DeployOptions { nat: Some(true), ipv6: Some(false), ..DeployOptions::default() })
        .await
        .unwrap();
    let outputs = own.outputs().await;
    let status = own.infra.status(false).await.unwrap();
    assert_eq!(status.outputs["PublicIp"], "DISABLED");
    let all = inventory(&own.account).await;
    assert_eq!(all["subnet"].len(), 4, "{all:?}");

    // Another deployment in the network of the first.
    let infra = Infra::new(own.clients.clone(), "other").with_pace(Duration::from_millis(50));
    let public: Vec<_> = all["subnet"]
        .iter()
        .filter(|subnet| !outputs.subnets.iter().any(|own| subnet.contains(own.as_str())))
        .collect();
    let ids = public.iter().map(|subnet| subnet.split(' ').next().unwrap().to_owned()).collect();
    let choices = DeployOptions {
        vpc: Some(outputs.vpc.clone()),
        public_subnets: Some(ids),
        task_subnets: Some(outputs.subnets.clone()),
        cidr: text("10.42.0.0/16"),
        nat: Some(true),
        ..DeployOptions::default()
    };
    let proposal = infra.propose(&choices).await.unwrap().unwrap();
    assert!(
        !proposal
            .changes
            .iter()
            .any(|change| change.kind == "AWS::EC2::VPC" || change.kind == "AWS::EC2::Subnet")
    );
    infra.apply(&proposal, &mut |_| {}).await.unwrap();
    let other = StackOutputs::of_stack(&own.clients, "other").await.unwrap();
    assert_eq!((other.vpc, other.subnets), (outputs.vpc, outputs.subnets));
}

#[tokio::test]
async fn a_deploy_that_fails_is_undone_explained_and_begun_again() {
    let mut site = Site::new().await;
    let wrong = DeployOptions {
        domain: text("tables.example.org"),
        zone: text("Z0000000000NOSUCHZONE"),
        ..DeployOptions::default()
    };
    let error = site.deploy(&wrong).await.unwrap_err();
    let told = error.for_people().into_owned();
    assert!(told.contains("failed") && told.contains("`refractory infra deploy` again"), "{told}");
    assert!(site.saw(NAME, "ROLLBACK_COMPLETE"), "{:?}", site.told);
    let all = inventory(&site.account).await;
    for kind in ["efs file system", "dynamodb table", "s3 bucket"] {
        assert!(!all.contains_key(kind), "data that never held anything is left: {all:?}");
    }

    let error = site.infra.propose(&DeployOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.for_people().contains("did not come to its end. `"), "{}", error.for_people());
    let status = site.infra.status(true).await.unwrap();
    assert_eq!(status.stack.as_deref(), Some("ROLLBACK_COMPLETE"));
    assert!(status.attention.unwrap().contains("begins again") && !status.is_ready);

    assert_eq!(site.deploy(&DeployOptions::default()).await.unwrap(), [ProposalKind::Create]);
}

#[tokio::test]
async fn a_change_that_fails_leaves_what_stood() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    let before = site.outputs().await;
    let wrong = DeployOptions {
        domain: text("tables.example.org"),
        zone: text("Z0000000000NOSUCHZONE"),
        ..DeployOptions::default()
    };
    site.deploy(&wrong).await.unwrap_err();
    assert_eq!(site.outputs().await, before);
    let status = site.infra.status(false).await.unwrap();
    assert_eq!(status.stack.as_deref(), Some("UPDATE_ROLLBACK_COMPLETE"));
    assert!(status.is_ready && status.attention.unwrap().contains("undone"));
    assert_eq!(status.parameters["Zone"], "", "what failed is not remembered");
    assert_eq!(site.deploy(&DeployOptions::default()).await.unwrap(), []);
}

#[tokio::test]
async fn a_deploy_that_was_broken_off_is_waited_for() {
    let mut site = Site::new().await;
    let proposal = site.infra.propose(&DeployOptions::default()).await.unwrap().unwrap();
    let (seen, first) = tokio::sync::oneshot::channel();
    let mut seen = Some(seen);
    let mut tell = |_: &ResourceProgress| {
        if let Some(seen) = seen.take() {
            seen.send(()).unwrap();
        }
    };
    // The process that began it is gone after the first event.
    tokio::select! {
        ended = site.infra.apply(&proposal, &mut tell) => panic!("{ended:?}"),
        _ = first => {}
    }
    assert_eq!(site.deploy(&DeployOptions::default()).await.unwrap(), []);
    assert_eq!(site.outputs().await.cluster, NAME);
}

#[tokio::test]
async fn what_somebody_changed_by_hand_is_told() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    assert_eq!(site.infra.status(true).await.unwrap().drift, Drift::None);
    let outputs = site.outputs().await;
    let changed = site
        .clients
        .logs
        .put_retention_policy()
        .log_group_name(&outputs.log_group)
        .retention_in_days(1);
    changed.send().await.unwrap();
    site.clients
        .logs
        .delete_log_group()
        .log_group_name("/refractory/club/portal")
        .send()
        .await
        .unwrap();
    let status = site.infra.status(true).await.unwrap();
    let Drift::Some(drifted) = status.drift else { panic!("{status:?}") };
    let told: Vec<_> = drifted.iter().map(|one| (one.name.as_str(), one.what.clone())).collect();
    assert!(told.contains(&("LogGroup", Some(vec!["RetentionInDays".to_owned()]))), "{told:?}");
    assert!(told.contains(&("PortalLogs", None)), "{told:?}");
    assert!(status.attention.unwrap().contains("Resources of the stack were changed"));
}
