//! The independent listing.
use testkit::aws::inventory;

use super::account;
use super::api::boto;

const MAKE: &str = "
ecs, efs, s3, iam, secrets = (client(name) for name in ('ecs', 'efs', 's3', 'iam', 'secretsmanager'))
ecs.create_cluster(clusterName='k')
for family in ('kept', 'gone'):
    ecs.register_task_definition(family=family, containerDefinitions=[{'name': 'c', 'image': 'i'}])
ecs.deregister_task_definition(taskDefinition='gone:1')
system = efs.create_file_system(CreationToken='a')['FileSystemId']
efs.create_access_point(ClientToken='a', FileSystemId=system)
s3.create_bucket(Bucket='listed', CreateBucketConfiguration={'LocationConstraint': region})
s3.put_bucket_versioning(Bucket='listed', VersioningConfiguration={'Status': 'Enabled'})
s3.put_object(Bucket='listed', Key='old', Body=b'x')
s3.delete_object(Bucket='listed', Key='old')
s3.create_multipart_upload(Bucket='listed', Key='begun')
iam.create_user(UserName='u')
iam.create_access_key(UserName='u')
secrets.create_secret(Name='kept', SecretString='x')
secrets.create_secret(Name='going', SecretString='x')
secrets.delete_secret(SecretId='going')
client('logs').create_log_group(logGroupName='g')
client('route53').create_hosted_zone(Name='example.org', CallerReference='1')
client('dynamodb').create_table(TableName='rows', BillingMode='PAY_PER_REQUEST',
    AttributeDefinitions=[{'AttributeName': 'k', 'AttributeType': 'S'}], KeySchema=[{'AttributeName': 'k', 'KeyType': 'HASH'}])
client('elbv2').create_target_group(Name='g', Protocol='HTTP', Port=80, TargetType='ip', VpcId='vpc-1')
client('ec2').create_vpc(CidrBlock='10.0.0.0/16')
";

#[tokio::test]
async fn everything_is_listed_and_an_empty_account_is_empty() {
    let (account, empty) = (account().await, account().await);
    boto(&account, MAKE).await;
    let found = inventory(&account).await;
    for kind in [
        "ecs cluster",
        "efs file system",
        "efs access point",
        "s3 bucket",
        "s3 version",
        "s3 delete marker",
        "s3 upload",
        "iam user",
        "iam access key",
        "secret",
        "secret scheduled for deletion",
        "log group",
        "hosted zone",
        "dynamodb table",
        "target group",
        "vpc",
    ] {
        assert_eq!(found.get(kind).map(Vec::len), Some(1), "{kind}: {found:#?}");
    }
    let definitions: Vec<_> =
        found["ecs task definition"].iter().map(|name| name.rsplit('/').next().unwrap()).collect();
    assert_eq!(definitions, ["gone:1 INACTIVE", "kept:1 ACTIVE"]);
    assert_eq!(found.get("s3 object"), None, "only a marker hides it");
    assert_eq!(inventory(&empty).await, testkit::aws::Inventory::new());
}
