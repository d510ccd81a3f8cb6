//! Taking the stack away, with and without data.
use aws_sdk_dynamodb::types::AttributeValue;
use refractory_aws::infra::{DeployOptions, DestroyScope, ProposalKind, ResourceProgress};
use refractory_aws::{Naming, Route53Zone};
use refractory_core::model::{Hostname, Slug};
use refractory_core::ports::{DnsZone as _, Endpoint, NameRecord};
use refractory_core::{ErrorKind, InstanceId};
use testkit::aws::{Inventory, Program, inventory};

use super::{NAME, Site, text};
use crate::support::assets::until;

const EVERYTHING: DestroyScope = DestroyScope::Everything { recovery: 0 };

/// Puts something into each piece of data.
async fn fill(site: &Site) {
    let outputs = site.outputs().await;
    let row = site.clients.dynamodb.put_item().table_name(&outputs.table);
    let row = row
        .item("pk", AttributeValue::S("instance".to_owned()))
        .item("sk", AttributeValue::S("one".to_owned()));
    row.send().await.unwrap();
    for text in ["first", "second"] {
        let object = site.clients.s3.put_object().bucket(&outputs.bucket).key("releases/13.zip");
        object.body(text.as_bytes().to_vec().into()).send().await.unwrap();
    }
    let upload =
        site.clients.s3.create_multipart_upload().bucket(&outputs.bucket).key("snapshots/begun");
    upload.send().await.unwrap();
}

#[tokio::test]
async fn a_destroy_keeps_data_and_says_where_and_what_it_costs() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    fill(&site).await;
    let outputs = site.outputs().await;
    let left = site.infra.destroy(DestroyScope::Stack, &mut |_| {}).await.unwrap();
    assert_eq!(left.stack, None);
    let mut handles: Vec<_> = left.data.iter().map(|kept| kept.handle.clone()).collect();
    handles.sort();
    let mut expected = vec![outputs.bucket, outputs.file_system, outputs.log_group, outputs.table];
    expected.extend(outputs.boundary);
    expected.sort();
    assert_eq!(handles, expected);
    let bucket = left.data.iter().find(|kept| kept.what.contains("snapshots")).unwrap();
    assert_eq!(bucket.bytes, Some(11), "both versions count");
    let all = inventory(&site.account).await;
    for kind in ["vpc", "ecs cluster", "load balancer", "iam role", "security group"] {
        assert!(!all.contains_key(kind), "{kind}: {all:?}");
    }
}

#[tokio::test]
async fn the_next_deploy_adopts_what_was_kept() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    fill(&site).await;
    let before = site.outputs().await;
    site.infra.destroy(DestroyScope::Stack, &mut |_| {}).await.unwrap();
    assert_eq!(
        site.deploy(&DeployOptions::default()).await.unwrap(),
        [ProposalKind::Adopt, ProposalKind::Update]
    );
    let after = site.outputs().await;
    assert_eq!(
        (&after.file_system, &after.bucket, &after.table),
        (&before.file_system, &before.bucket, &before.table)
    );
    let row = site.clients.dynamodb.get_item().table_name(&after.table);
    let row = row
        .key("pk", AttributeValue::S("instance".to_owned()))
        .key("sk", AttributeValue::S("one".to_owned()));
    assert!(row.send().await.unwrap().item.is_some());
    assert_eq!(site.deploy(&DeployOptions::default()).await.unwrap(), []);
    assert!(site.infra.destroy(EVERYTHING, &mut |_| {}).await.unwrap().is_empty());
    assert_eq!(inventory(&site.account).await, Inventory::new());
}

/// IAM deletes no policy that is someone's boundary, and users of uploads stay with their buckets.
#[tokio::test]
async fn a_deployment_with_uploads_goes_and_comes_back() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    let boundary = site.outputs().await.boundary;
    beside(&site).await;
    let left = site.infra.destroy(DestroyScope::Stack, &mut |_| {}).await.unwrap();
    assert_eq!((left.stack, left.counted()["user of uploads"]), (None, 1));
    assert_eq!(
        site.deploy(&DeployOptions::default()).await.unwrap(),
        [ProposalKind::Adopt, ProposalKind::Update]
    );
    assert_eq!(site.outputs().await.boundary, boundary);
    assert!(site.infra.destroy(EVERYTHING, &mut |_| {}).await.unwrap().is_empty());
    assert_eq!(inventory(&site.account).await, Inventory::new());
}

/// What writes its data when it is told to end is waited for, before anything is taken from under it.
#[tokio::test]
async fn the_stack_stands_until_tables_have_really_ended() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    let outputs = site.outputs().await;
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("written");
    let slow = format!(
        "trap 'sleep 1; touch {}; exit 0' TERM; while :; do sleep 0.1; done",
        written.display()
    );
    site.account.run_as("slow", &Program::new("/bin/sh", &["-c", &slow])).await.unwrap();
    let tag = aws_sdk_ecs::types::Tag::builder().key("refractory:deployment").value(NAME).build();
    let container =
        aws_sdk_ecs::types::ContainerDefinition::builder().name("table").image("slow").build();
    let ecs = &site.clients.ecs;
    let made = ecs.register_task_definition().family("club-one").cpu("256").memory("512").tags(tag);
    let made = made.network_mode(aws_sdk_ecs::types::NetworkMode::Awsvpc);
    made.container_definitions(container).send().await.unwrap();
    let inside = aws_sdk_ecs::types::AwsVpcConfiguration::builder();
    let inside = inside.set_subnets(Some(outputs.subnets)).build().unwrap();
    let network =
        aws_sdk_ecs::types::NetworkConfiguration::builder().awsvpc_configuration(inside).build();
    let run = ecs.run_task().cluster(&outputs.cluster).task_definition("club-one");
    let run = run.network_configuration(network).send().await.unwrap();
    assert_eq!(run.failures(), []);

    let mut too_early = Vec::new();
    let watch = &mut |progress: &ResourceProgress| {
        if progress.status.starts_with("DELETE") && !written.exists() {
            too_early.push(progress.name.clone());
        }
    };
    assert!(site.infra.destroy(EVERYTHING, watch).await.unwrap().is_empty());
    assert_eq!(too_early, Vec::<String>::new(), "gone while a table still wrote");
    assert!(written.exists(), "it was asked, and had its time");
    assert_eq!(inventory(&site.account).await, Inventory::new());
}

#[tokio::test]
async fn scenario_14_names_go_before_what_they_lead_to() {
    let mut site = Site::new().await;
    let zone = site.zone("tables.example.org").await;
    let choices = DeployOptions {
        domain: text("tables.example.org"),
        zone: Some(zone.clone()),
        ..DeployOptions::default()
    };
    site.deploy(&choices).await.unwrap();
    let outputs = site.outputs().await;
    let names = Route53Zone::new(site.clients.clone(), &outputs, Naming::new(NAME)).unwrap();
    let of = InstanceId::new("one").unwrap();
    let name = Hostname::under(&Slug::new("friday").unwrap(), "tables.example.org");
    let record = NameRecord::new(name.clone(), Endpoint::new("10.0.0.1", 30_000));
    until(async || names.ensure(&of, &record).await).await;
    assert_eq!(site.infra.inventory().await.unwrap().counted()["name"], 1);

    site.infra.destroy(DestroyScope::Stack, &mut |_| {}).await.unwrap();
    let left = site.clients.route53.list_resource_record_sets().hosted_zone_id(&zone);
    let left = left.send().await.unwrap();
    let kinds: Vec<_> = left.resource_record_sets.iter().map(|one| one.r#type().as_str()).collect();
    assert_eq!(kinds, ["NS", "SOA"], "{left:?}");
}

/// A bot's token lies under the deployment's prefix, and is not ours to delete.
#[tokio::test]
async fn what_an_operator_keeps_under_our_prefix_stays() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    let token = site.clients.secrets.create_secret().name("club/bot").secret_string("x");
    token.send().await.unwrap();
    assert!(site.infra.destroy(EVERYTHING, &mut |_| {}).await.unwrap().is_empty());
    let all = inventory(&site.account).await;
    assert_eq!(all.keys().collect::<Vec<_>>(), ["secret"], "{all:?}");
}

#[tokio::test]
async fn a_destroy_of_everything_leaves_an_empty_account() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    fill(&site).await;
    beside(&site).await;
    let survey = site.infra.inventory().await.unwrap();
    assert!(survey.stack.is_some_and(|count| count > 30), "{survey:?}");
    let counted: Vec<_> = survey.counted().into_iter().collect();
    let expected = [
        ("bucket of uploads", 1),
        ("secret", 2),
        ("target group", 1),
        ("task definition", 2),
        ("user of uploads", 1),
    ];
    assert_eq!(counted, expected);
    assert!(survey.cents() >= 80, "{survey:?}");
    let left = site
        .infra
        .destroy(EVERYTHING, &mut |progress| site.told.push(progress.clone()))
        .await
        .unwrap();
    assert!(left.is_empty(), "{left:?}");
    assert!(site.saw("Table", "DELETED") && site.saw(NAME, "DELETE_COMPLETE"), "{:?}", site.told);
    let all = inventory(&site.account).await;
    assert_eq!(all, Inventory::new());
    // Said again, as after a lost reply.
    assert!(site.infra.destroy(EVERYTHING, &mut |_| {}).await.unwrap().is_empty());
}

/// Makes what tables leave.
async fn beside(site: &Site) {
    let clients = &site.clients;
    let key = "refractory:deployment";
    let tag = aws_sdk_iam::types::Tag::builder().key(key).value(NAME).build().unwrap();
    let boundary = site.outputs().await.boundary.unwrap();
    let user = clients.iam.create_user().user_name("club-assets-one").tags(tag);
    user.permissions_boundary(boundary).send().await.unwrap();
    clients.iam.create_access_key().user_name("club-assets-one").send().await.unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}"#;
    let put = clients
        .iam
        .put_user_policy()
        .user_name("club-assets-one")
        .policy_name("uploads")
        .policy_document(policy);
    put.send().await.unwrap();
    let name = format!("foundry-jane-{}", site.account.id());
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuCentral1)
        .build();
    clients
        .s3
        .create_bucket()
        .bucket(&name)
        .create_bucket_configuration(place)
        .send()
        .await
        .unwrap();
    let tag = aws_sdk_s3::types::Tag::builder().key(key).value(NAME).build().unwrap();
    let tags = aws_sdk_s3::types::Tagging::builder().tag_set(tag).build().unwrap();
    clients.s3.put_bucket_tagging().bucket(&name).tagging(tags).send().await.unwrap();
    clients
        .s3
        .put_object()
        .bucket(&name)
        .key("map.webp")
        .body(vec![1].into())
        .send()
        .await
        .unwrap();
    for secret in ["club/vault/key", "club/table/one"] {
        let tag = aws_sdk_secretsmanager::types::Tag::builder().key(key).value(NAME).build();
        let made = clients.secrets.create_secret().name(secret).secret_string("x").tags(tag);
        made.send().await.unwrap();
    }
    let tag = aws_sdk_ecs::types::Tag::builder().key(key).value(NAME).build();
    for _ in 0..2 {
        let container =
            aws_sdk_ecs::types::ContainerDefinition::builder().name("table").image("none").build();
        let family = clients
            .ecs
            .register_task_definition()
            .family("club-one")
            .container_definitions(container);
        family.tags(tag.clone()).send().await.unwrap();
    }
    let tag = aws_sdk_elasticloadbalancingv2::types::Tag::builder().key(key).value(NAME).build();
    let group = clients
        .elb
        .create_target_group()
        .name("club-one")
        .vpc_id(site.outputs().await.vpc)
        .port(30_000)
        .tags(tag);
    let group = group.protocol(aws_sdk_elasticloadbalancingv2::types::ProtocolEnum::Http);
    group
        .target_type(aws_sdk_elasticloadbalancingv2::types::TargetTypeEnum::Ip)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn what_another_deployment_made_is_not_touched() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    let clients = &site.clients;
    let tag =
        aws_sdk_ecs::types::Tag::builder().key("refractory:deployment").value("club-two").build();
    let container =
        aws_sdk_ecs::types::ContainerDefinition::builder().name("table").image("none").build();
    let family = clients
        .ecs
        .register_task_definition()
        .family("club-two-one")
        .container_definitions(container)
        .tags(tag);
    family.send().await.unwrap();
    clients
        .secrets
        .create_secret()
        .name("club-two/vault/key")
        .secret_string("x")
        .send()
        .await
        .unwrap();
    clients.iam.create_user().user_name("club-assets-somebody").send().await.unwrap();
    assert_eq!(site.infra.inventory().await.unwrap().unmanaged, []);
    site.infra.destroy(EVERYTHING, &mut |_| {}).await.unwrap();
    let all = inventory(&site.account).await;
    let mut kinds: Vec<_> = all.keys().map(String::as_str).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["ecs task definition", "iam user", "secret"], "{all:?}");
}

#[tokio::test]
async fn data_that_is_not_ours_stops_a_deploy_before_it_begins() {
    let site = Site::new().await;
    let key = aws_sdk_dynamodb::types::KeySchemaElement::builder()
        .attribute_name("pk")
        .key_type(aws_sdk_dynamodb::types::KeyType::Hash);
    let attribute = aws_sdk_dynamodb::types::AttributeDefinition::builder()
        .attribute_name("pk")
        .attribute_type(aws_sdk_dynamodb::types::ScalarAttributeType::S);
    let table =
        site.clients.dynamodb.create_table().table_name(NAME).key_schema(key.build().unwrap());
    let table = table.attribute_definitions(attribute.build().unwrap());
    // Where a reply comes late the SDK asks again, and hears that the table is there.
    drop(table.billing_mode(aws_sdk_dynamodb::types::BillingMode::PayPerRequest).send().await);
    site.clients.dynamodb.describe_table().table_name(NAME).send().await.unwrap();
    let error = site.infra.propose(&DeployOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error.for_people().contains("does not carry this deployment's tag"),
        "{}",
        error.for_people()
    );
    let error = site.infra.destroy(EVERYTHING, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "and is not destroyed");
}
