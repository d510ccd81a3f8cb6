//! What exactly one policy allows: the emulator enforces policies.
use std::fmt::Debug;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem};
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, ContainerDefinition, NetworkConfiguration, NetworkMode,
};
use aws_sdk_iam::types::Tag as UserTag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_aws::infra::policy::{PolicyScope, PolicySubject, policies};
use refractory_aws::infra::{DeployOptions, DestroyScope};
use refractory_aws::{Clients, StackOutputs};

use super::{NAME, Site, infra, patient, text};

const KEY: &str = "refractory:deployment";

/// Clients of a new user that has exactly the policies of `whose`.
async fn somebody(site: &Site, whose: PolicySubject, zone: Option<&str>) -> Clients {
    let iam = &site.clients.iam;
    let user = format!("{whose:?}").to_lowercase();
    iam.create_user().user_name(&user).send().await.unwrap();
    let names = PolicyScope::new(NAME, site.account.region(), site.account.id(), zone);
    for policy in policies(whose, &names) {
        let made = iam.create_policy().policy_name(format!("test-{}", policy.name));
        let made = made.policy_document(policy.document.to_string()).send().await.unwrap();
        let arn = made.policy.unwrap().arn.unwrap();
        iam.attach_user_policy().user_name(&user).policy_arn(arn).send().await.unwrap();
    }
    let key = iam.create_access_key().user_name(&user).send().await.unwrap().access_key.unwrap();
    patient(&site.account, &key.access_key_id, &key.secret_access_key)
}

/// Whether AWS said that this may not be done.
#[track_caller]
fn refused<T: Debug, E: Debug, R: Debug>(
    asked: Result<T, aws_smithy_runtime_api::client::result::SdkError<E, R>>,
) {
    // The emulator's answer for Route 53 has the code where the SDK does not look for it.
    let told = format!("{:?}", asked.unwrap_err());
    assert!(told.contains("AccessDenied"), "{told}");
}

async fn register(
    clients: &Clients,
    family: &str,
    role: &str,
    tagged: bool,
) -> Result<String, String> {
    let container = ContainerDefinition::builder().name("table").image("none").build();
    let tag = aws_sdk_ecs::types::Tag::builder().key(KEY).value(NAME).build();
    let asked =
        clients.ecs.register_task_definition().family(family).container_definitions(container);
    let asked =
        asked.network_mode(NetworkMode::Awsvpc).cpu("256").memory("512").task_role_arn(role);
    let asked = if tagged { asked.tags(tag) } else { asked };
    match asked.send().await {
        Ok(told) => Ok(told.task_definition.unwrap().task_definition_arn.unwrap()),
        Err(error) => Err(error.code().unwrap_or_default().to_owned()),
    }
}

#[tokio::test]
async fn the_controller_runs_its_own_tasks_with_its_own_roles_and_no_others() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    let controller = somebody(&site, PolicySubject::Controller, None).await;
    let outputs = StackOutputs::of_stack(&controller, NAME).await.unwrap();
    refused(controller.cloudformation.delete_stack().stack_name(NAME).send().await);

    let definition = register(&controller, "club-one", &outputs.task_role, true).await.unwrap();
    assert_eq!(
        register(&controller, "club-one", &outputs.task_role, false).await.unwrap_err(),
        "AccessDeniedException"
    );
    let status = site.infra.status(false).await.unwrap();
    let theirs = register(&controller, "club-one", &status.outputs["ControllerRole"], true).await;
    assert_eq!(theirs.unwrap_err(), "AccessDeniedException", "that would be a way to more");
    let foreign = register(&site.clients, "other-one", &outputs.task_role, true).await.unwrap();

    let network =
        AwsVpcConfiguration::builder().set_subnets(Some(outputs.subnets.clone())).build().unwrap();
    let network = NetworkConfiguration::builder().awsvpc_configuration(network).build();
    let run = |clients: &Clients, definition: &str| {
        clients
            .ecs
            .run_task()
            .cluster(NAME)
            .task_definition(definition)
            .network_configuration(network.clone())
    };
    refused(run(&controller, &foreign).send().await);
    let ran = run(&controller, &definition).send().await.unwrap();
    let task = ran.tasks()[0].task_arn().unwrap().to_owned();
    controller.ecs.list_tasks().cluster(NAME).send().await.unwrap();
    controller.ecs.describe_tasks().cluster(NAME).tasks(&task).send().await.unwrap();
    controller.ecs.stop_task().cluster(NAME).task(&task).send().await.unwrap();
    refused(controller.ecs.list_tasks().cluster("other").send().await);
    refused(controller.ecs.delete_cluster().cluster(NAME).send().await);
    controller.ecs.deregister_task_definition().task_definition(&definition).send().await.unwrap();
    controller.ecs.delete_task_definitions().task_definitions(&definition).send().await.unwrap();
    controller.logs.describe_log_streams().log_group_name(&outputs.log_group).send().await.unwrap();
    refused(
        controller.logs.describe_log_streams().log_group_name("/refractory/other").send().await,
    );
}

#[tokio::test]
async fn the_controller_makes_users_that_can_never_do_more_than_reach_uploads() {
    let mut site = Site::new().await;
    site.deploy(&DeployOptions::default()).await.unwrap();
    let controller = somebody(&site, PolicySubject::Controller, None).await;
    let iam = &controller.iam;
    let name = "club-assets-one";
    let tag = UserTag::builder().key(KEY).value(NAME).build().unwrap();
    refused(iam.create_user().user_name(name).tags(tag.clone()).send().await);
    let boundary = format!("arn:aws:iam::{}:policy/club-table-boundary", site.account.id());
    let made = iam.create_user().user_name(name).permissions_boundary(&boundary).tags(tag);
    made.send().await.unwrap();
    let everything =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let put =
        iam.put_user_policy().user_name(name).policy_name("uploads").policy_document(everything);
    put.send().await.unwrap();
    let key = iam.create_access_key().user_name(name).send().await.unwrap().access_key.unwrap();
    let user = patient(&site.account, &key.access_key_id, &key.secret_access_key);
    refused(user.iam.list_users().send().await);
    refused(user.s3.list_objects_v2().bucket(site.outputs().await.bucket).send().await);
    refused(iam.create_user().user_name("somebody").permissions_boundary(&boundary).send().await);
    refused(iam.create_access_key().user_name("controller").send().await);
    refused(iam.delete_user_permissions_boundary().user_name(name).send().await);
}

#[tokio::test]
async fn the_controller_reaches_its_own_data_and_nobody_elses() {
    let mut site = Site::new().await;
    let (zone, other) = (site.zone("tables.example.org").await, site.zone("example.com").await);
    let choices = DeployOptions {
        domain: text("tables.example.org"),
        zone: Some(zone.clone()),
        ..DeployOptions::default()
    };
    site.deploy(&choices).await.unwrap();
    let outputs = site.outputs().await;
    let controller = somebody(&site, PolicySubject::Controller, Some(&zone)).await;

    let point = |tagged: bool| {
        let tag = aws_sdk_efs::types::Tag::builder().key(KEY).value(NAME).build().unwrap();
        let asked = controller
            .efs
            .create_access_point()
            .file_system_id(&outputs.file_system)
            .client_token(tagged.to_string());
        if tagged { asked.tags(tag) } else { asked }
    };
    refused(point(false).send().await);
    let made = point(true).send().await.unwrap().access_point_id.unwrap();
    controller
        .efs
        .describe_access_points()
        .file_system_id(&outputs.file_system)
        .send()
        .await
        .unwrap();
    controller.efs.delete_access_point().access_point_id(made).send().await.unwrap();
    let foreign = site
        .clients
        .efs
        .create_access_point()
        .file_system_id(&outputs.file_system)
        .client_token("foreign");
    let foreign = foreign.send().await.unwrap().access_point_id.unwrap();
    refused(controller.efs.delete_access_point().access_point_id(foreign).send().await);
    refused(controller.efs.delete_file_system().file_system_id(&outputs.file_system).send().await);

    let item =
        Put::builder().table_name(&outputs.table).item("pk", AttributeValue::S("a".to_owned()));
    let item = item.item("sk", AttributeValue::S("b".to_owned())).build().unwrap();
    let write = controller
        .dynamodb
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(item).build());
    write.send().await.unwrap();
    let query = controller.dynamodb.query().table_name(&outputs.table).index_name("heads");
    let query = query
        .key_condition_expression("pk = :p")
        .expression_attribute_values(":p", AttributeValue::S("a".to_owned()));
    query.send().await.unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let key = [("pk".to_owned(), text("a")), ("sk".to_owned(), text("b"))];
    let keys = KeysAndAttributes::builder().keys(key.into()).build().unwrap();
    let several = controller.dynamodb.batch_get_item().request_items(&outputs.table, keys);
    several.send().await.unwrap();
    refused(controller.dynamodb.delete_table().table_name(&outputs.table).send().await);
    refused(controller.dynamodb.scan().table_name(&outputs.table).send().await);

    controller
        .secrets
        .create_secret()
        .name("club/vault/key")
        .secret_string("x")
        .send()
        .await
        .unwrap();
    controller.secrets.get_secret_value().secret_id("club/vault/key").send().await.unwrap();
    refused(
        controller.secrets.create_secret().name("other/vault/key").secret_string("x").send().await,
    );

    controller
        .s3
        .put_object()
        .bucket(&outputs.bucket)
        .key("releases/1")
        .body(vec![1].into())
        .send()
        .await
        .unwrap();
    controller.s3.get_object().bucket(&outputs.bucket).key("releases/1").send().await.unwrap();
    refused(controller.s3.delete_bucket().bucket(&outputs.bucket).send().await);
    refused(
        controller.s3.create_bucket().bucket(format!("mine-{}", site.account.id())).send().await,
    );

    controller.route53.list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap();
    refused(controller.route53.list_resource_record_sets().hosted_zone_id(&other).send().await);
    controller.elb.describe_rules().listener_arn(&outputs.listener).send().await.unwrap();
    refused(controller.elb.delete_listener().listener_arn(&outputs.listener).send().await);
}

#[tokio::test]
async fn an_operator_deploys_and_destroys_with_the_operators_policies_alone() {
    let mut site = Site::new().await;
    let operator = somebody(&site, PolicySubject::Operator, None).await;
    site.infra = infra(&operator);
    site.deploy(&DeployOptions::default()).await.unwrap();
    let status = site.infra.status(true).await.unwrap();
    assert!(status.is_ready, "{status:?}");
    for secret in ["club/vault/key", "club/vault/other"] {
        let tag = aws_sdk_secretsmanager::types::Tag::builder();
        let tag = tag.key("refractory:deployment").value("club").build();
        let made = site.clients.secrets.create_secret().name(secret).secret_string("x").tags(tag);
        made.send().await.unwrap();
    }
    refused(operator.secrets.get_secret_value().secret_id("club/vault/key").send().await);
    let left =
        site.infra.destroy(DestroyScope::Everything { recovery: 0 }, &mut |_| {}).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
    refused(operator.cloudformation.delete_stack().stack_name("other").send().await);
}
