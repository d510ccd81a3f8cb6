//! What a stack makes, made by hand: in a twentieth of the time.
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use refractory_aws::{Clients, StackOutputs};
use testkit::aws::Account;

/// The deployment that stands on it.
pub(crate) const DEPLOYMENT: &str = "club";

/// Outputs of a stack of which nothing is there.
pub(crate) fn nowhere() -> StackOutputs {
    let text = str::to_owned;
    StackOutputs {
        public_ip: true,
        boundary: None,
        cluster: text(DEPLOYMENT),
        subnets: vec![text("subnet-a"), text("subnet-b")],
        task_group: text("sg-1"),
        file_system: text("fs-1"),
        execution_role: text("arn:execution"),
        task_role: text("arn:task"),
        log_group: text("/refractory/club"),
        table: text(DEPLOYMENT),
        bucket: text("club-1"),
        vpc: text("vpc-1"),
        listener: text("arn:listener"),
        balancer_name: text("club.elb.amazonaws.com"),
        balancer_zone: text("Z1"),
        zone: None,
    }
}

/// Outputs for tasks and data: a cluster, a file system, roles, a log group and a bucket.
pub(crate) async fn outputs(clients: &Clients, account: &Account) -> StackOutputs {
    let outputs = StackOutputs { bucket: format!("club-{}", account.id()), ..nowhere() };
    clients.ecs.create_cluster().cluster_name(&outputs.cluster).send().await.unwrap();
    clients.logs.create_log_group().log_group_name(&outputs.log_group).send().await.unwrap();
    let file_system = clients.efs.create_file_system().creation_token(DEPLOYMENT).send().await;
    make_bucket(clients, &outputs.bucket).await;
    StackOutputs {
        file_system: file_system.unwrap().file_system_id,
        execution_role: role(clients, "execution").await,
        task_role: role(clients, "task").await,
        ..outputs
    }
}

/// Makes a bucket.
pub(crate) async fn make_bucket(clients: &Clients, name: &str) {
    let here = BucketLocationConstraint::from(clients.region.as_str());
    let here = CreateBucketConfiguration::builder().location_constraint(here).build();
    let made = clients.s3.create_bucket().bucket(name).create_bucket_configuration(here);
    made.send().await.unwrap();
}

async fn role(clients: &Clients, name: &str) -> String {
    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let made = clients.iam.create_role().role_name(name).assume_role_policy_document(TRUST);
    made.send().await.unwrap().role.unwrap().arn
}
